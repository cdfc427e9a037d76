"""A plan as its payee reads it: target pay to payout, measures to score, and what brought how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from incentive_engine.compiler.program import DAYS, PRORATION
from incentive_engine.rulesets.resolving import GroupNode, MeasureNode, Node, chosen_rounding
from incentive_engine.statements.cards import CardWriter, Results
from incentive_engine.statements.drawing import Piece, drawing
from incentive_engine.statements.reading import Reading, Row, bracketed, printable
from incentive_engine.statements.steps import NodeSteps
from incentive_engine.statements.values import Card, Drawing, Line, Part, Pay

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """A group where it stands in the scorecard, with what is the same for all payees."""

    node: GroupNode
    above: GroupNode | None
    depth: int
    title: str
    rule: str
    steps: NodeSteps


class PlanWriter:
    """One plan in one language; its parts are looked up once and filled in for each payee."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._words = reading, reading.words
        self._numbers = reading.language.numbers
        plan = reading.plan
        self._title = reading.language.label(plan.title)
        self._rule = reading.rule(plan.at)
        self._target_pay = None if plan.target_pay is None else reading.formula(plan.target_pay, "payee")
        self._constants = {
            "period_days": Decimal(plan.period.days),
            "period_start": plan.period.start,
            "period_end": plan.period.end,
        }
        self._groups: list[GroupPlace] = []
        self._cards: list[tuple[CardWriter, MeasureNode, GroupNode]] = []
        self._look_up(plan.root, None, 0)

    def _look_up(self, group: GroupNode, above: GroupNode | None, depth: int) -> None:
        title, rule = self._reading.language.label(group.title), self._reading.rule(group.at)
        self._groups.append(GroupPlace(group, above, depth, title, rule, NodeSteps(self._reading, group)))
        for item in group.items:
            if isinstance(item, GroupNode):
                self._look_up(item, group, depth + 1)
            else:
                self._cards.append((CardWriter(self._reading, item, group), item, group))

    def pay(self, payout: Row, trace: Row, measured: Mapping[str | None, Row], results: Results) -> Pay:
        """What one payee reads of this plan, from their rows of `payouts`, the trace and `contributions`."""
        row = {**self._constants, **trace}
        parts = tuple(
            Part(
                place.title,
                place.node.path,
                place.depth,
                (
                    *self._group(place.node, place.steps, row, measured),
                    *self._brought(place.node, place.above, row, measured),
                ),
                place.rule,
            )
            for place in self._groups
        )
        cards = tuple(
            writer.card(row, measured[node.path], results, self._brought(node, group, row, measured))
            for writer, node, group in self._cards
        )
        money, customer = payout["payout"], payout["customer_pay"]
        return Pay(
            plan=self._reading.plan.name,
            title=self._title,
            pays=self._reading.plan.pays,
            payout=money,
            customer=customer,
            score=self._numbers.percent(payout["score"]),
            sentence=self._sentence(money, customer),
            lines=tuple(self._lines(payout, row)),
            parts=parts,
            cards=cards,
            drawing=self._drawing(payout, cards, measured),
            rule=self._rule,
        )

    def _sentence(self, money: Decimal | None, customer: Decimal | None) -> str:
        words, show = self._words["shares"], self._numbers.money
        if money is None or customer is None:
            return str(words["scored"])
        if money == 0:
            return str(words["zero"])
        which = "all" if customer == money else "some" if customer else "none"
        return str(words[which]).format(customer=show(customer), payout=show(money))

    def _drawing(self, payout: Row, cards: tuple[Card, ...], measured: Mapping[str | None, Row]) -> Drawing | None:
        money, words = payout["payout"], self._words["steps"]
        if money is None:
            return None
        pieces: list[Piece] = [(card.title, card.perspective, measured[card.path]["pay"]) for card in cards]
        if None in measured:
            pieces.append((words["other"], "other", measured[None]["pay"]))
        share = payout[PRORATION]
        full = payout["target_pay"] if share is None else payout["target_pay"] * share
        return drawing(pieces, words["payout"], money, full, self._numbers)

    def _lines(self, payout: Row, row: Row) -> Iterator[Line]:
        """Target pay × score × proration = payout."""
        words, numbers, plan = self._words["steps"], self._numbers, self._reading.plan
        money, target, score = payout["payout"], payout["target_pay"], payout["score"]
        factors, exact = [numbers.percent(score)], score
        if self._target_pay is not None and target is not None:
            arithmetic, shown = self._target_pay.with_values(row), numbers.money(target)
            yield Line(
                words["target_pay"],
                shown,
                "" if arithmetic == numbers.number(target) else arithmetic,
                words["target_pay_note"],
            )
            factors.insert(0, shown)
            exact = exact * target
        days = row.get(DAYS)
        if plan.proration is not None and days is not None:
            share, whole = payout[PRORATION], plan.proration.whole(plan.period)
            show = numbers.percent
            note = self._reading.rounded(chosen_rounding(plan.proration.rounding), days / whole, share, show)
            yield Line(words["proration"], show(share), f"{numbers.number(days)} ÷ {numbers.number(whole)}", note)
            factors.append(show(share))
            exact = exact * share
        yield Line(words["score"], numbers.percent(score), "", words["score_note"])
        if money is not None:
            note = self._reading.rounded(plan.payout_rounding, exact, money, numbers.money)
            yield Line(words["payout"], numbers.money(money), " × ".join(factors), note)

    def _group(
        self, group: GroupNode, steps: NodeSteps, row: Row, measured: Mapping[str | None, Row]
    ) -> Iterator[Line]:
        """From the items' scores to the group's."""
        score = row.get(f"{group.path}.score")
        if not isinstance(score, Decimal):
            yield Line(self._words["steps"]["score"], self._words["steps"]["left_out"])
            return
        present = [(weight, item) for weight, item in self._items(group, row, measured) if item is not None]
        percent = self._numbers.percent
        if not group.weighted:
            yield from steps.score(
                row, score, " + ".join(percent(item) for _, item in present), sum((i for _, i in present), _NOTHING)
            )
            return
        arithmetic = " + ".join(f"{percent(weight)} × {percent(item)}" for weight, item in present)
        exact = sum((weight * item for weight, item in present), _NOTHING)
        if len(present) < len(group.items):
            weights = [weight for weight, _ in present]
            arithmetic = f"({arithmetic}) ÷ {bracketed(' + '.join(map(percent, weights)))}"
            exact = exact / sum(weights)
        yield from steps.score(row, score, arithmetic, exact)

    def _items(
        self, group: GroupNode, row: Row, measured: Mapping[str | None, Row]
    ) -> Iterator[tuple[Decimal, Decimal | None]]:
        """Weight and score of each item; no score where it is left out."""
        for item in group.items:
            weight, score = self._weight_and_score(item, row, measured)
            yield (Decimal(1) if weight is None else weight), score

    def _weight_and_score(
        self, item: Node, row: Row, measured: Mapping[str | None, Row]
    ) -> tuple[Decimal | None, Decimal | None]:
        if not isinstance(item, GroupNode):
            return measured[item.path]["weight"], measured[item.path]["score"]
        score = row.get(f"{item.path}.score")
        return self._reading.parameter(item.weight, row), score if isinstance(score, Decimal) else None

    def _brought(
        self, item: Node, group: GroupNode | None, row: Row, measured: Mapping[str | None, Row]
    ) -> Iterator[Line]:
        """The part of a group's money that came to one of its items."""
        money = row.get(f"{item.path}.money")
        if money is None and isinstance(item, MeasureNode):
            money = measured[item.path]["pay"]
        if money is None or group is None:
            return
        words, numbers = self._words["steps"], self._numbers
        whole, shown = self._money(group, row), numbers.money(money)
        total = sum((weight * (score or _NOTHING) for weight, score in self._items(group, row, measured)), _NOTHING)
        weight, score = self._weight_and_score(item, row, measured)
        if whole is None or not score or not total or len(group.items) == 1:
            yield Line(words["brought"], shown)
            return
        own = numbers.percent(score) if weight is None else f"({numbers.percent(weight)} × {numbers.percent(score)})"
        note = "" if whole * (score if weight is None else weight * score) / total == money else words["brought_note"]
        arithmetic = f"{numbers.money(whole)} × {own} ÷ {numbers.percent(printable(total))}"
        yield Line(words["brought"], shown, arithmetic, note)

    def _money(self, group: GroupNode, row: Row) -> Decimal | None:
        """The money that a group's items divide."""
        for name in (f"{group.path}.earned", f"{group.path}.money", "payout"):
            value = row.get(name)
            if isinstance(value, Decimal):
                return value
        return None
