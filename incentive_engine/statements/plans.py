"""A plan as its payee reads it: target pay to payout, measures to score, and what brought how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from incentive_engine.compiler.inputs import FIRST_DAY, SEGMENT
from incentive_engine.compiler.program import PAYOUT
from incentive_engine.engine.comparing import Number
from incentive_engine.engine.deciding import Decided
from incentive_engine.engine.recalled import STINT, stint_of
from incentive_engine.kinds.combinations import Item
from incentive_engine.rulesets.resolving import ROOT, GroupNode, MeasureNode
from incentive_engine.statements.bringing import Bringing, Scored
from incentive_engine.statements.cards import CardWriter
from incentive_engine.statements.digits import ends
from incentive_engine.statements.paying import PayWriter
from incentive_engine.statements.people import Person
from incentive_engine.statements.pools import PoolWriter
from incentive_engine.statements.reading import Reading, Row, number_in
from incentive_engine.statements.results import Results
from incentive_engine.statements.steps import NodeSteps
from incentive_engine.statements.values import Line, Part, Pay
from incentive_engine.statements.varying import VariationWriter
from incentive_engine.statements.waterfalls import Brought, Reached, WaterfallWriter


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
        self._edition = reading.edition if len(reading.rules.editions) > 1 else ""
        self._constants = {
            "period_days": Decimal(plan.period.days),
            "period_start": plan.period.start,
            "period_end": plan.period.end,
        }
        self._bringing, self._paying = Bringing(reading), PayWriter(reading)
        self._waterfall = WaterfallWriter(reading)
        self.variations = VariationWriter(reading)
        """Who tells what would have changed the pay."""
        self._pool = None if plan.pool is None else PoolWriter(reading, plan.pool)
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

    def pay(
        self,
        trace: Row,
        brought: Brought,
        results: Results,
        person: Person,
        days: str,
        decided: Decided | None,
        reached: Reached | None,
        varied: Sequence[Row],
    ) -> Pay:
        """What one payee reads of this plan: from one row of the trace, what was brought, and what was decided.

        `reached`: what is paid up to each bar of the plan, where that is known; `varied`: what would have changed it.
        """
        plan = self._reading.plan
        row, bringing = {**self._constants, **trace, STINT: stint_of(person.on(trace[FIRST_DAY]))}, self._bringing
        reference = "-".join((row["payee"], plan.period.name, plan.name, *([str(row[SEGMENT])] if days else [])))
        scored = {place.node.path: bringing.scored(place.node, row) for place in self._groups}
        cards = tuple(
            writer.card(
                row,
                brought.measured[node.path],
                results,
                bringing.lines(node, group, row, scored),
                reference,
                self.variations.bounds(node.path, varied, row),
            )
            for writer, node, group in self._cards
        )
        score = number_in(row, f"{ROOT}.score")
        assert score is not None, "who is told what they are paid has a score"
        return Pay(
            plan=plan.name,
            reference=reference,
            title=self._title,
            days=days,
            edition=self._edition,
            payout=row.get(PAYOUT),
            score=self._reading.score(score),
            lines=tuple(self._paying.lines(row, person, decided)),
            pool=None if self._pool is None else self._pool.pool(row),
            without=tuple(self._paying.without(row)),
            parts=tuple(self._parts(row, reference, scored)),
            cards=cards,
            as_for="",
            brought=(),
            drawing=self._waterfall.drawing(row, reached, brought),
        )

    def _parts(self, row: Row, reference: str, scored: Mapping[str, Scored]) -> Iterator[Part]:
        """Every group, and what it brought."""
        for place in self._groups:
            path = place.node.path
            lines = tuple(self._group(place, row, scored[path]))
            brought = tuple(self._bringing.lines(place.node, place.above, row, scored))
            yield Part(place.title, path, f"{reference}-{path}", place.depth, lines, brought, place.rule)

    def _group(self, place: GroupPlace, row: Row, scored: Scored) -> Iterator[Line]:
        """From the items' scores to the group's."""
        group, words = place.node, self._words["steps"]
        if number_in(row, f"{group.path}.score") is None:
            few = "" if group.at_least == 1 else str(words["too_few"])
            counts = {"least": group.at_least, "all": len(group.items)}
            written = {name: self._numbers.number(count) for name, count in counts.items()}
            yield Line(words["score"], words["left_out"], "", few.format(**written))
            return
        items = [self._bringing.shown(item) for item in scored.items.values()]
        weights = [self._numbers.percent(item.weight) for item in scored.items.values() if item.weight is not None]
        known = {
            "points": f"({' + '.join(items)})",
            "items_present": self._numbers.number(len(items)),
            "weight_present": f"({' + '.join(weights)})" if len(weights) > 1 else "".join(weights),
        }
        all_there = len(items) == len(group.items)
        arithmetic = group.combine.arithmetic(
            items, lambda name: None if all_there else known.get(name), self._reading.language.of_rules
        )
        yield from place.steps.score(row, arithmetic, _combined(group, scored))


def _combined(group: GroupNode, scored: Scored) -> Number:
    """The score of a group before its steps, exact."""
    items = list(scored.items.values())
    exact: Number = group.combine.exact(items)
    if ends(exact):
        return exact
    whole = [Item(Fraction(each.score), None if each.weight is None else Fraction(each.weight)) for each in items]
    return group.combine.exact(whole)
