"""How the pay came about, drawn: from target pay to the payout, or from nothing where a formula or a pool decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from incentive_engine.compiler.program import PAYOUT, PRORATION, TARGET_PAY
from incentive_engine.compiler.waterfall import Bar as Change
from incentive_engine.compiler.waterfall import bars_of, from_nothing
from incentive_engine.engine.comparing import Number
from incentive_engine.rulesets.resolving import ROOT, MeasureNode, Node, nodes_under
from incentive_engine.statements.drawing import Piece, Scale, bars, whole
from incentive_engine.statements.reading import Reading, Row, combined, number_in
from incentive_engine.statements.values import Bar, Drawing, Perspective

Reached: TypeAlias = tuple[Sequence[Decimal], Sequence[Decimal] | None]
"""What is paid up to each of a plan's bars, and the scores that it is paid for; no scores where one has no end."""


@dataclass(frozen=True, slots=True)
class Brought:
    """The rows of `contributions` for one stretch of days: those of measures, and those of money that none earned."""

    measured: dict[str, Row]
    unearned: list[Row]


class WaterfallWriter:
    """The bars of one plan, in one language."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._words, self._numbers = reading, reading.words["waterfall"], reading.language.numbers
        self._plan = plan = reading.plan
        self._nodes = {node.path: node for node in nodes_under(plan.root)}
        self._titles = {path: reading.language.label(node.title) for path, node in self._nodes.items()}
        self._perspectives: dict[str, Perspective] = {
            path: node.kpi.perspective for path, node in self._nodes.items() if isinstance(node, MeasureNode)
        }
        self._changes = tuple((change, self._title(change)) for change in bars_of(plan))
        self._from_nothing = from_nothing(plan)
        full = self._reading.score(Decimal(0 if self._from_nothing else 1))
        self._full = str(self._words["all_at"]).format(full=full)
        minor = reading.rounded(plan.payout_rounding, Decimal(0), Decimal(1), self._numbers.money)
        lead = self._words["lead_nothing" if self._from_nothing else "lead"]
        self._lead = f"{lead} {self._words['rounded'].format(rounded=minor)}"
        self._instead = str(self._words["instead"]).replace("{full}", full)

    def _title(self, change: Change) -> str:
        """What a bar is called."""
        steps, node = self._reading.words["steps"], self._nodes[change.node]
        if change.kind == "start":
            return str(steps["target_pay"])
        if change.kind == "measure":
            return self._titles[node.path]
        if change.kind == "proration":
            return str(steps["proration"])
        said = self._step(change, node)
        return said if node.path == ROOT else f"{self._titles[node.path]} · {said}"

    def _step(self, change: Change, node: Node) -> str:
        steps, label = self._reading.words["steps"], self._reading.language.label
        if change.kind == "gate":
            return str(steps["gate"]).format(because=label(node.steps.gates[change.number - 1].because))
        if change.kind == "modifier":
            modifier = node.steps.modifiers[change.number - 1]
            word = "factor" if modifier.sign == "×" else "points"
            return str(steps[word]).format(because=label(modifier.because))
        return str(steps[change.kind])

    def drawing(self, row: Row, reached: Reached | None, brought: Brought) -> Drawing | None:
        """The bars of one row of the trace; None where nothing is paid in money."""
        money = row.get(PAYOUT)
        if money is None:
            return None
        if reached is None or not self._changes:
            return self._from_measures(row, money, brought)
        pieces = list(self._pieces(row, *reached))
        first, *others = pieces
        others += self._decided(first.reached if not others else others[-1].reached, brought)
        amounts = [first.reached, *(piece.reached for piece in others), money]
        scale = Scale(amounts, shorten=not self._from_nothing)
        drawn = bars([first, *others], scale, self._numbers)
        if self._from_nothing:
            drawn = drawn[1:]
        else:
            drawn = (whole(first, scale, self._numbers), *drawn[1:])
        lead = f"{self._lead} {self._words['shortened']}" if scale.shortened else self._lead
        return Drawing(self._words["title"], lead, drawn, self._total(money, scale), scale.shortened)

    def _total(self, money: Decimal, scale: Scale) -> Bar:
        return whole(Piece(self._reading.words["steps"]["payout"], "other", money), scale, self._numbers)

    def _pieces(self, row: Row, amounts: Sequence[Decimal], scores: Sequence[Decimal] | None) -> Iterator[Piece]:
        """The changes that a payee is told of: all measures, and the steps that change anything."""
        target, before = number_in(row, TARGET_PAY), None
        for at, (change, title) in enumerate(self._changes):
            amount = amounts[at]
            if amount != before or change.kind == "measure":
                arithmetic = ""
                if scores is not None and target is not None and amount != before:
                    share = number_in(row, PRORATION) if change.kind == "proration" else None
                    arithmetic = self._arithmetic(target, scores[at], share)
                perspective = self._perspectives.get(change.node, "other") if change.kind == "measure" else "other"
                yield Piece(title, perspective, amount, arithmetic, self._note(change, row))
            before = amount

    def _arithmetic(self, target: Number, score: Decimal, share: Number | None) -> str:
        """Target pay times score and share."""
        numbers = self._numbers
        shown = f"{numbers.inside(target, numbers.money)} × {numbers.inside(score, self._reading.score)}"
        return shown if share is None else f"{shown} × {numbers.inside(share, numbers.percent)}"

    def _note(self, change: Change, row: Row) -> str:
        """What a bar rests on: the rate of a measure, the number of a step."""
        node, numbers, words = self._nodes[change.node], self._numbers, self._reading.words["steps"]
        match change.kind:
            case "start":
                return self._full
            case "proration":
                return ""
            case "gate":
                effect = node.steps.gates[change.number - 1].effect(self._reading.language.of_rules)
                return self._reading.in_words(effect)
            case "modifier":
                number = number_in(row, f"{node.path}.modifier_{change.number}")
                sign = node.steps.modifiers[change.number - 1].sign
                show = numbers.number if sign == "×" else self._reading.score
                return "" if number is None else f"{sign} {numbers.inside(number, show)}"
            case "floor" | "cap":
                bound = self._reading.parameter(getattr(node.steps, change.kind), row)
                assert bound is not None, "the bar is a bound"
                return str(words["bounds"][change.kind]["applied"]).format(bound=self._reading.score(bound))
        rate = number_in(row, f"{change.node}.rate")
        if rate is None:
            return str(self._words["without_result"])
        own = self._reading.score(rate)
        return own if self._from_nothing or rate == 1 else self._instead.format(own=own)

    def _decided(self, paid: Decimal, brought: Brought) -> Iterator[Piece]:
        """What guarantees and adjustments add to what the rules work out."""
        for each in brought.unearned:
            if each["source"] is not None:
                shown = self._numbers.inside(paid, self._numbers.money)
                arithmetic = combined(shown, "+", each["pay"], self._numbers.money)
                paid += each["pay"]
                yield Piece(self._reading.words["decided"][each["source"]], "other", paid, arithmetic)

    def _from_measures(self, row: Row, money: Decimal, brought: Brought) -> Drawing:
        """What brought the money: a bar for what each measure brought, and for what none did."""
        steps, decided = self._reading.words["steps"], self._reading.words["decided"]
        parts: list[tuple[str, Perspective, Decimal]] = [
            (self._titles[path], self._perspectives[path], measured["pay"])
            for path, measured in brought.measured.items()
        ]
        for each in brought.unearned:
            title = steps["other"] if each["source"] is None else decided[each["source"]]
            parts.append((title, "other", each["pay"]))
        reached, pieces = Decimal(0), []
        for title, perspective, pay in parts:
            reached += pay
            pieces.append(Piece(title, perspective, reached))
        scale = Scale([*(piece.reached for piece in pieces), money])
        drawn = bars(pieces, scale, self._numbers)
        return Drawing(self._words["title_brought"], self._words["lead_brought"], drawn, self._total(money, scale))
