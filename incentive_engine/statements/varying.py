"""What would have changed a payout, as its payee reads it: each line one thing that could have been otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from incentive_engine.engine.changes import ALL_AT_TARGET, AT_TARGET, NEXT_POINT
from incentive_engine.rulesets.resolving import ROOT, MeasureNode, nodes_under
from incentive_engine.statements.languages import Language
from incentive_engine.statements.measure_variations import MeasureVariations
from incentive_engine.statements.reading import Reading, Row
from incentive_engine.statements.sums import Block, titles_of
from incentive_engine.statements.values import Alternatives, Card, Perspective, Variation, Varied

_NOTHING: Final = Decimal(0)


class Heading(NamedTuple):
    """What could have been otherwise: a measure with its result, or the rules."""

    title: str
    perspective: Perspective
    now: str


class Told(NamedTuple):
    """One change in words, the same for all days for which it is the same."""

    name: str
    result: str = ""
    arithmetic: str = ""
    note: str = ""
    why: str = ""
    """What to say in the place of the note where the payout stays as it is."""


class VariationWriter:
    """The changes of one plan, in one language."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._words = reading, reading.words["variations"]
        nodes = list(nodes_under(reading.plan.root))
        self._nodes = {node.path: node for node in nodes}
        self._measures = {
            node.path: MeasureVariations(reading, node) for node in nodes if isinstance(node, MeasureNode)
        }

    def told(self, rows: Sequence[Row], trace: Row, cards: Sequence[Card]) -> Iterator[tuple[Heading, Told, Decimal]]:
        """Every change of the days of one row of the trace, and what it adds to what the rules work out."""
        of_measures = {card.path: self._heading(card) for card in cards}
        targets = {(row["node"], row["value"]) for row in rows if row["change"] == AT_TARGET}
        order = {path: at for at, path in enumerate(of_measures)}
        for row in sorted(rows, key=lambda row: order.get(row["node"], len(order))):
            path, change = row["node"], row["change"]
            if row["after"] is None or (change == NEXT_POINT and (path, row["value"]) in targets):
                continue
            more = row["after"] - row["before"]
            if change == ALL_AT_TARGET:
                yield Heading(str(self._words["all"]), "other", ""), Told(str(self._words["all_at_target"])), more
            elif row["number"] is not None:
                yield Heading(str(self._words["rules"]), "other", ""), self._without(row, trace), more
            else:
                yield of_measures[path], Told(*self._measures[path].told(row, trace)), more

    def _heading(self, card: Card) -> Heading:
        now = str(self._words["counted"]).format(whose=card.whose, result=card.result)
        return Heading(card.title, card.perspective, now)

    def bounds(self, path: str, rows: Sequence[Row], trace: Row) -> Iterator[str]:
        """What bound the measure at `path`: where its curve ends, and what its own steps cost or gave."""
        yield from self._measures[path].curve_bounds(trace)
        for row in rows:
            if row["node"] == path and row["number"] is not None and row["after"] is not None:
                more = row["after"] - row["before"]
                effect = str(self._words["cost" if more > 0 else "gave"])
                told = effect.format(amount=self._reading.language.numbers.money(abs(more)))
                yield str(self._words["bound"][row["change"]]).format(about=self._about(row, trace), effect=told)

    def _without(self, row: Row, trace: Row) -> Told:
        """Without one of the steps of the rules."""
        node = self._nodes[row["node"]]
        name = str(self._words["without"][row["change"]]).format(about=self._about(row, trace))
        return Told(name if node.path == ROOT else f"{name} · {self._reading.language.label(node.title)}")

    def _about(self, row: Row, trace: Row) -> str:
        """Why there is a condition or a factor, or where a limit lies."""
        steps, kind = self._nodes[row["node"]].steps, row["change"]
        if kind in ("gate", "modifier"):
            step = (steps.gates if kind == "gate" else steps.modifiers)[row["number"] - 1]
            return self._reading.language.label(step.because)
        bound = self._reading.parameter(getattr(steps, kind), trace)
        return "" if bound is None else self._reading.score(bound)


class AlternativesWriter:
    """All that is paid by one name, in one language."""

    def __init__(self, language: Language) -> None:
        self._language, self._words = language, language.words["variations"]

    def alternatives(
        self, blocks: Sequence[Block], told: Mapping[int, Sequence[tuple[Heading, Told, Decimal]]], *, several: bool
    ) -> Alternatives | None:
        """What could have been otherwise; `told`: by the place of each block. None where nothing is paid in money."""
        title = ", ".join(titles_of(blocks)) if several else ""
        amounts = [block.computed for block in blocks]
        if any(block.plan.pool is not None for block in blocks):
            return Alternatives(title, (str(self._words["pool"]),), ())
        changes: dict[Heading, dict[Told, Decimal]] = {}
        everywhere = set.intersection(*({each[:2] for each in told[at]} for at in range(len(blocks))))
        apart = False
        for at, block in enumerate(blocks):
            for heading, said, more in told[at]:
                same = changes.setdefault(heading, {})
                if heading.now and (heading, said) not in everywhere:  # on other days it would lead to something else
                    said, apart = said._replace(name=f"{said.name} · {block.pay.days}"), True
                same[said] = same.get(said, _NOTHING) + more
        if not changes or None in amounts:
            return None
        total = sum((amount for amount in amounts if amount is not None), _NOTHING)
        varied = tuple(
            Varied(
                heading.title,
                heading.perspective,
                heading.now,
                tuple(self._variation(said, total, more) for said, more in same.items()),
            )
            for heading, same in sorted(changes.items(), key=self._place)
        )
        return Alternatives(title, tuple(self._said(blocks, total, apart)), varied)

    def _place(self, change: tuple[Heading, Mapping[Told, Decimal]]) -> int:
        """Measures come first, then all of them together, then the rules."""
        return 0 if change[0].now else 1 if change[0].title == self._words["all"] else 2

    def _said(self, blocks: Sequence[Block], total: Decimal, apart: bool) -> Iterator[str]:
        yield str(self._words["lead"])
        if apart:
            yield str(self._words["days"])
        yield str(self._words["now"]).format(payout=self._language.numbers.money(total))
        if any(block.computed != block.payout for block in blocks):
            yield str(self._words["decided"])
        if any(block.paid is not None and block.paid[0] != block.currency for block in blocks):
            yield str(self._words["converted"])

    def _variation(self, told: Told, total: Decimal, more: Decimal) -> Variation:
        money = self._language.numbers.money
        change = money(more) if more <= 0 else f"+{money(more)}"
        note = told.note if more else ", ".join(filter(None, (told.note, told.why or str(self._words["nothing"]))))
        way: Literal["up", "down", "same"] = "up" if more > 0 else "down" if more < 0 else "same"
        return Variation(told.name, told.result, told.arithmetic, note, money(total + more), change, way)
