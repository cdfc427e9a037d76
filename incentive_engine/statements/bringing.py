"""What each node brought, in money: the arithmetic by which the payout is divided down the scorecard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from incentive_engine.compiler.explaining_pay import UNEARNED, WHOLE
from incentive_engine.compiler.pay import SCORE
from incentive_engine.compiler.pools import part_column
from incentive_engine.compiler.program import PAYOUT
from incentive_engine.engine.comparing import Number
from incentive_engine.engine.deciding import computed
from incentive_engine.kinds.combinations import Item
from incentive_engine.kinds.pools import SharedOut
from incentive_engine.rulesets.resolving import ROOT, GroupNode, MeasureNode, Node, nodes_under
from incentive_engine.statements.digits import alike
from incentive_engine.statements.reading import Reading, Row, bracketed, number_in
from incentive_engine.statements.values import Line

_ONE_NUMBER: Final = re.compile(r"\(([^()+−×÷]*)\)$")
"""Brackets around a single number."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A group of one payee: its items that count, by path, and in which proportion they brought its score."""

    items: Mapping[str, Item[Any]]
    shares: Mapping[str, Any]
    total: Any


class Bringing:
    """The money of every node of one plan, in one language."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._plan = reading, reading.plan
        self._words, self._numbers = reading.words["steps"], reading.language.numbers
        formula = self._plan.payout
        paths = [SCORE if node.path == ROOT else node.path for node in nodes_under(self._plan.root)]
        self._named = [path for path in paths if formula is not None and path in formula.names]
        """The nodes whose scores a payout's formula names."""

    def scored(self, group: GroupNode, row: Row) -> Scored:
        """Score and weight of each item that counts."""
        found: list[tuple[str, Number, Number | None]] = []
        for item in group.items:
            score = number_in(row, f"{item.path}.score")
            if score is not None:
                kpi = item.kpi_name if isinstance(item, MeasureNode) else None
                found.append((item.path, score, self._reading.parameter(item.weight, row, kpi)))
        numbers = iter(alike([number for _, *pair in found for number in pair if number is not None]))
        items = {path: Item(next(numbers), None if weight is None else next(numbers)) for path, _, weight in found}
        shares = dict(zip(items, group.combine.exact_shares(list(items.values())), strict=True)) if items else {}
        return Scored(items, shares, sum(shares.values()))

    def shown(self, item: Item[Any]) -> str:
        """An item as it enters the arithmetic of its group."""
        percent, inside = self._numbers.percent, self._numbers.inside
        score = inside(item.score, self._reading.score)
        return score if item.weight is None else f"{inside(item.weight, percent)} × {score}"

    def lines(self, node: Node, above: GroupNode | None, row: Row, scored: Mapping[str, Scored]) -> Iterator[Line]:
        """The money of a node: how it follows from the payout or from the group above, and what of it was earned.

        `scored`: every group of the payee, by path.
        """
        money = self._money(node, above, row)
        if money is None:
            return
        line = self._from_formula(node, row, money) or self._from_pool(node, row, money)
        if line is None and above is not None:
            line = self._from_above(node, above, row, money, scored[above.path])
        if line is not None:
            yield line
        earned = number_in(row, f"{node.path}.earned")
        if earned is not None and earned != money:
            yield self._earned(node, row, money, earned)

    def _money(self, node: Node, above: GroupNode | None, row: Row) -> Number | None:
        """What came to a node, before what no measure earned is taken out of it."""
        for name in ("money", "pay"):
            value = number_in(row, f"{node.path}.{name}")
            if value is not None:
                return value
        plain = self._plan.payout is None and not self._shared
        return computed(row) if above is None and plain else None

    def _divided(self, group: GroupNode, row: Row) -> Number | None:
        """What a group's items divide."""
        earned = number_in(row, f"{group.path}.earned")
        if earned is not None:
            return earned
        return self._money(group, None if group.path == ROOT else group, row)

    @property
    def _shared(self) -> bool:
        return self._plan.pool is not None and isinstance(self._plan.pool.rules, SharedOut)

    def _line(self, name: str, money: Number, arithmetic: str, exact: Number | None) -> Line:
        note = "" if exact is None or exact == money else str(self._words["brought_note"])
        return Line(str(self._words[name]), self._numbers.money(money), arithmetic, note)

    def _from_formula(self, node: Node, row: Row, money: Number) -> Line | None:
        """Of a payout by formula: what it gives less what it would give without the node."""
        name = SCORE if node.path == ROOT else node.path
        if name not in self._named:
            return None
        numbers = [computed(row), *(number_in(row, column) for column in (WHOLE, UNEARNED))]
        without = {each: number_in(row, f"{PAYOUT}.without_{each}") for each in self._named}
        if any(number is None for number in (*numbers, *without.values())):
            return None
        payout, whole, unearned, *others = alike(
            number for number in (*numbers, *without.values()) if number is not None
        )
        parts = {each: whole - number for each, number in zip(without, others, strict=True)}
        total = sum(parts.values(), unearned)
        if not total or not money:
            return self._line("brought", money, "", None)
        show = self._amount
        shown = [f"({show(whole)} − {show(whole - part)})" for part in parts.values()]
        summed = " + ".join([*shown, show(unearned)])
        arithmetic = f"{show(payout)} × ({show(whole)} − {show(whole - parts[name])}) ÷ ({summed})"
        return self._line("brought", money, arithmetic, payout * parts[name] / total)

    def _from_pool(self, node: Node, row: Row, money: Number) -> Line | None:
        """Of a pool's amount: what the results earned of it."""
        pool = self._plan.pool
        if node.path != ROOT or pool is None or not isinstance(pool.rules, SharedOut):
            return None
        payout = computed(row)
        earned = [number_in(row, part_column(name, "earned")) for name in pool.rules.parts]
        unearned = [number_in(row, part_column(name, "unearned")) for name in pool.rules.parts]
        if number_in(row, "pool.unearned") is not None:
            unearned = [number_in(row, "pool.unearned")]
        known = alike(number for number in (*earned, *unearned) if number is not None)
        total = sum(known)
        if payout is None or not total or not money:
            return self._line("brought", money, "", None)
        show = self._amount
        above = bracketed(" + ".join(show(number) for number in known[: len(earned)]))
        arithmetic = f"{show(payout)} × {above} ÷ ({' + '.join(map(show, known))})"
        whole, *known = alike((payout, *known))
        return self._line("brought", money, arithmetic, whole * sum(known[: len(earned)]) / sum(known))

    def _from_above(self, node: Node, above: GroupNode, row: Row, money: Number, scored: Scored) -> Line | None:
        """Of a group's money: in the proportion in which its items brought its score."""
        whole, own = self._divided(above, row), scored.items.get(node.path)
        if whole is None:
            return self._line("not_read", money, "", None)
        if own is None or not scored.total or len(above.items) == 1 or not scored.shares[node.path]:
            return self._line("brought", money, "", None)
        item = self.shown(own) if own.weight is None else f"({self.shown(own)})"
        total = self._numbers.inside(scored.total, self._reading.score)
        arithmetic = above.combine.brought(self._amount(whole), item, [total], self._reading.language.of_rules)
        money_whole, share, divisor = alike((whole, scored.shares[node.path], scored.total))
        exact = money_whole * share / divisor
        return self._line("brought", money, _ONE_NUMBER.sub(r"\1", arithmetic), exact)

    def _earned(self, node: Node, row: Row, money: Number, earned: Number) -> Line:
        """Of a node's money: the part that its results earned, without what added points and floors gave."""
        part, whole = (number_in(row, f"{node.path}.{name}") for name in ("earned_score", self._last(node)))
        if part is None or not whole:
            return self._line("earned_money", earned, "", None)
        shown, below = (self._numbers.inside(number, self._reading.score) for number in (part, whole))
        amount, above, divisor = alike((money, part, whole))
        exact = amount * above / divisor
        return self._line("earned_money", earned, f"{self._amount(money)} × {shown} ÷ {below}", exact)

    @staticmethod
    def _last(node: Node) -> str:
        steps = node.steps
        if steps.cap is not None or steps.floor is not None:
            return "after_floor" if steps.cap is None else "after_cap"
        return f"after_gate_{len(steps.gates)}" if steps.gates else f"after_modifier_{len(steps.modifiers)}"

    def _amount(self, number: Number) -> str:
        return self._numbers.inside(number, self._numbers.money)
