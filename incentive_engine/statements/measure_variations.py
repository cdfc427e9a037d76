"""Another result of one measure, as its payee reads it: how it comes about, and the rate that it leads to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeAlias

from incentive_engine.compiler.inputs import PREVIOUS
from incentive_engine.compiler.measures import PATH, SOURCES
from incentive_engine.engine.changes import AT_TARGET, DENOMINATOR, NEXT_POINT, NUMERATOR
from incentive_engine.engine.comparing import Number, compared, exact_attainment
from incentive_engine.kinds.base import Rounding
from incentive_engine.kinds.kpi_kind import OneMore
from incentive_engine.rulesets.resolving import MeasureNode, PathNode
from incentive_engine.statements.reading import Reading, Row, Show, in_percent, number_in

Said: TypeAlias = tuple[str, str, str, str, str]
"""Name, result, arithmetic, note; and what to say in its place where the payout stays as it is."""
_FAR: Final = 10**6
"""So far behind its last point a curve shows whether it goes on."""


class MeasureVariations:
    """One measure of a plan, in one language."""

    def __init__(self, reading: Reading, node: MeasureNode) -> None:
        self._reading, self._node, self._words = reading, node, reading.words["variations"]
        self._numbers = reading.language.numbers
        self._value: Show = self._numbers.percent if in_percent(node.kpi) else self._numbers.number
        self._unit = f" {reading.language.label(node.kpi.unit)}" if node.kpi.unit else ""
        self._more = node.kpi.compute.one_more(node.kpi.better)
        self._parts = {part.name: reading.language.period(part.name, part.start) for part in node.parts}
        self._goals = [way.curve.goals(_step(way)) for way in node.paths]
        self._beyond = [_beyond(way, goals) for way, goals in zip(node.paths, self._goals, strict=True)]

    def told(self, row: Row, trace: Row) -> Said:
        """One row of `variations`, in words."""
        way, value = self._way(trace), row["value"]
        result = "" if value is None else self._value(value) + self._unit
        rate, unchanged = row["rate"], row["rate"] == number_in(trace, f"{self._node.path}.rate")
        said = "" if rate is None else str(self._words["rate"]).format(rate=self._reading.score(rate))
        why = self._unmoved(row["attainment"], way) if unchanged else str(self._words["limited"])
        if row["change"] == AT_TARGET:
            aim = self._words["at"][way.attainment.aim]
            return self._name(str(aim), row, trace), result, "", said, why
        if row["change"] == NEXT_POINT:
            arithmetic, note = self._needed(row, trace, way)
            reached = row["goal"] if row["attainment"] is None else row["attainment"]
            name = str(self._words["next"]).format(goal=self._attained(way)(reached))
        else:
            assert self._more is not None, "there is one more"
            arithmetic, note = self._counted(row, self._more)
            name = str(self._words["one_more"][self._more.word])
        return self._name(name, row, trace), result, arithmetic, ", ".join(filter(None, (note, said))), why

    def curve_bounds(self, trace: Row) -> Iterator[str]:
        """That the result lies where the curve pays nothing, or beyond its last point, where that is known."""
        path, way = self._node.path, self._way(trace)
        attainment = number_in(trace, ".".join(filter(None, (path, way.name, "attainment"))))
        at, rises, show = self._node.paths.index(way), way.curve.trend() > 0, self._attained(way)
        goals, (begins, ends) = self._goals[at], self._beyond[at]
        if attainment is None or not goals:
            return
        last = max(goals) if rises else min(goals)
        if attainment >= last if rises else attainment <= last:
            if ends:
                yield str(self._words["ends"])
        elif begins and rises and attainment < min(goals) and not number_in(trace, f"{path}.rate"):
            yield str(self._words["starts"]).format(goal=show(min(goals)))

    def _way(self, trace: Row) -> PathNode:
        """The way that decided."""
        return self._node.paths[trace.get(f"{self._node.path}.{PATH}") or 0]

    def _name(self, name: str, row: Row, trace: Row) -> str:
        if row["when"] in self._parts:
            return f"{name} · {self._parts[row['when']]}"
        own = row["subject_kind"] == self._node.of and row["when"] != PREVIOUS
        weighted = trace.get(f"{self._node.path}.source") == SOURCES["weighted"]
        return str(self._words["own"]).format(name=name) if own and weighted else name

    def _attained(self, way: PathNode) -> Show:
        kind = way.attainment
        percent = kind.in_percent or (in_percent(self._node.kpi) and not kind.ranked)
        return self._numbers.percent if percent else self._numbers.number

    def _counted(self, row: Row, more: OneMore) -> tuple[str, str]:
        """What one more record adds, above and below the line."""
        number, rounding = self._numbers.number, self._node.kpi.rounding
        above, below, value = row[NUMERATOR], row[DENOMINATOR], row["value"]
        arithmetic, exact = _added(number(above), more.above, number), more.above + above
        if more.below:
            arithmetic = f"({arithmetic})" if more.above else arithmetic
            arithmetic = f"{arithmetic} ÷ ({_added(number(below), more.below, number)})"
            value *= more.below + below
        return arithmetic, "" if value == exact else self._reading.rounding(rounding, self._value)

    def _needed(self, row: Row, trace: Row, way: PathNode) -> tuple[str, str]:
        """From the attainment to be reached to the result that has it."""
        numbers, inside = compared(self._node, way, trace, self._reading.by_kpi), self._numbers.inside
        value, shown = row["value"], self._attained(way)
        written = {name: inside(each, self._value) for name, each in numbers.items() if each is not None}
        arithmetic = way.attainment.backwards.format(**{**written, "goal": inside(row["goal"], shown)})
        if not way.parameters:  # the attainment is the result
            return "", ""
        if exact_attainment(self._node, way, {**numbers, "actual": value}) == row["goal"]:
            return arithmetic, ""
        actual = numbers["actual"]
        rises = actual is None or value > actual
        places = 0 if self._node.kpi.compute.whole else self._node.kpi.rounding.kept
        rounding = Rounding(places=places, mode="ceil" if rises else "floor")
        return arithmetic, self._reading.rounding(rounding, self._value)

    def _unmoved(self, attainment: Number | None, way: PathNode) -> str:
        """Why the rate is as before: the next point is not reached, or there is none."""
        goals, show = self._goals[self._node.paths.index(way)], self._attained(way)
        if attainment is None or not goals:
            return str(self._words["nothing"])
        rises = way.curve.trend() > 0
        ahead = [goal for goal in goals if (goal > attainment if rises else goal < attainment)]
        if not ahead:
            return str(self._words["end"]).format(attainment=show(attainment))
        goal = min(ahead) if rises else max(ahead)
        return str(self._words["short"]).format(attainment=show(attainment), goal=show(goal))


def _step(way: PathNode) -> Decimal:
    rounding = way.attainment_rounding
    return Decimal(1).scaleb(-4 if rounding is None else -rounding.kept)


def _beyond(way: PathNode, goals: Sequence[Decimal]) -> tuple[bool, bool]:
    """Whether a curve pays nothing right before the first of its goals, and no more than at the last however far."""
    if not goals:
        return False, False
    rate, last = way.curve.exact, max(goals) if way.curve.trend() > 0 else min(goals)
    far = last + way.curve.trend() * _FAR
    return rate(Fraction(min(goals) - _step(way))) == 0, rate(Fraction(far)) == rate(Fraction(last))


def _added(before: str, more: int | Decimal, number: Callable[[Number | int], str]) -> str:
    if not more:
        return before
    return f"{before} {'+' if more > 0 else '−'} {number(-more if more < 0 else more)}"
