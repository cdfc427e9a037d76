"""The results at which a measure's curve begins to pay otherwise: the last before, the first there, one step on.

Results are counted in the decimals that their KPI keeps, and attainments are rounded as the rules say: 3.1998 of 4 may
be 80 % already. So the place is looked for among the results themselves, between those that bracket it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final, TypeAlias

from incentive_engine.compiler.inputs import StandingKey
from incentive_engine.compiler.measures import TARGET, target_column
from incentive_engine.engine.outcomes import Outcome
from incentive_engine.exact import Scale
from incentive_engine.formulas.working import rounded
from incentive_engine.kinds.base import Rounding, written
from incentive_engine.kinds.curve_kind import End
from incentive_engine.rulesets.example import Example
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import MeasureNode, PathNode
from incentive_engine.simulation.plan_tests.other_values import in_decimals, with_result
from incentive_engine.simulation.plan_tests.places import Compiled
from incentive_engine.simulation.plan_tests.stretches import reached

Given: TypeAlias = Callable[[Example, Fraction], Example]
"""An example with a result in the place of one."""
_AMONG: Final = 100
"""How many others there are where somebody is ranked: enough for every percentage."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """A place on the curve of a measure, and the results on both sides of it."""

    node: MeasureNode
    way: PathNode
    end: End
    results: tuple[tuple[str, Fraction], ...]
    """The last result whose attainment is below, the first that is there, and the first above, each with its words."""
    plain: Fraction
    """A result there that has as few decimals as can be."""
    given: Given
    rates: tuple[tuple[Fraction, Fraction], ...]
    """What the curve pays there and before, each with the result; none where a second number decides, too."""

    def title(self, where: str) -> str:
        """What an example with one of the results shows."""
        at = written(self.end[0], percent=self.way.attainment.in_percent)
        by = f" by {self.way.name}" if self.way.name else ""
        return f"{self.node.path}{by}: attainment {where} {at}"


def boundaries(rules: Rules, compiled: Compiled, outcome: Outcome) -> Iterator[Boundary]:
    """The boundaries of every measure with the numbers that the payee of an example has, in order of attainment."""
    for node in compiled.plan.measures():
        for way in node.paths:
            results = _results(rules, compiled, outcome, node, way)
            if results is not None:
                yield from _of_way(node, way, results)


def _of_way(node: MeasureNode, way: PathNode, results: _Results) -> Iterator[Boundary]:
    given = partial(_placed, node, way) if way.attainment.ranked else partial(_with_own, node)
    for end in sorted(set(way.curve.starts())):
        if found := results.around(end):
            there = dict(found)["just above" if end[1] else "at"]
            plain = results.plain(there)
            paid = ((results.rate(way, result), result) for result in (found[0][1], plain))
            rates = tuple((rate, result) for rate, result in paid if rate is not None)
            yield Boundary(node, way, end, found, plain, given, rates)


def _with_own(node: MeasureNode, example: Example, result: Fraction) -> Example:
    return with_result(example, node.kpi_name, node.of, result)


def _placed(node: MeasureNode, way: PathNode, example: Example, better: Fraction) -> Example:
    """The payee among others, so many of whom are better."""
    key = StandingKey(node.kpi_name, node.of, way.among or "")
    counts = {"better": better, "distinct": better, "equal": Fraction(1), "size": Fraction(_AMONG)}
    parameters = {key.column(name): in_decimals(count) for name, count in counts.items()}
    return example.model_copy(update={"parameters": {**example.parameters, **parameters}})


def _results(rules: Rules, compiled: Compiled, outcome: Outcome, node: MeasureNode, way: PathNode) -> _Results | None:
    """The results that a payee may have, or how many may be better; None where something else is missing."""
    if way.attainment.ranked:
        return _Results(partial(_rank, node, way), Scale(0, 0, _AMONG - 1), positive=False)
    numbers: dict[str, Fraction] = {}
    for name, parameter in way.parameters.items():
        lessened = outcome.number(target_column(node, way)) if name == TARGET and node.for_presence else None
        value = outcome.value(compiled.parameter(parameter, node.kpi_name)) if lessened is None else lessened
        if value is None:
            return None
        numbers[name] = value
    scale, inverse = rules.ranges.results[node.kpi_name], way.attainment.rises_with == "inverse"
    return _Results(partial(_of, node, way, numbers), scale, positive=inverse)


def _rank(node: MeasureNode, way: PathNode, better: Fraction) -> Fraction | None:
    counts = {"better": better, "distinct": better, "worse": _AMONG - 1 - better}
    return _of(node, way, {**counts, "equal": Fraction(1), "size": Fraction(_AMONG)}, better)


def _of(node: MeasureNode, way: PathNode, numbers: Mapping[str, Fraction], result: Fraction) -> Fraction | None:
    exact = way.attainment.exact({**numbers, "actual": result}, node.kpi.better)
    return None if exact is None else _kept(exact, way.attainment_rounding)


def _kept(value: Fraction, rounding: Rounding | None) -> Fraction:
    while rounding is not None:
        value, rounding = rounded(value, rounding.places, rounding.mode), rounding.then
    return value


class _Results:
    """The results that are declared for a measure, in order, each with its attainment."""

    def __init__(self, attainment: Callable[[Fraction], Fraction | None], scale: Scale, positive: bool) -> None:
        self._attainment, self._places = attainment, scale.places
        self._low, self._high = (max(scale.low, 1) if positive else scale.low), scale.high

    def around(self, end: End) -> tuple[tuple[str, Fraction], ...]:
        """The results beside an end, with words; none where all lie on one side, or nothing can be said."""
        at, after = end
        into = None if after else self._beside((at, False))
        out = self._beside((at, True))
        if into is None:  # the place begins right after, or every result that can be is there
            return () if out is None else (("at", out[0]), ("just above", out[1]))
        found = (("just below", into[0]), ("at", into[1]))
        return found if out is None else (*found, ("just above", out[1]))

    def rate(self, way: PathNode, result: Fraction) -> Fraction | None:
        """What a way's curve pays for a result."""
        attainment = self._attainment(result)
        return None if attainment is None or way.curve.across is not None else way.curve.exact(attainment)

    def plain(self, result: Fraction) -> Fraction:
        """A result with the attainment of this one that has as few decimals as can be."""
        wanted = self._attainment(result)
        for places in range(self._places):
            unit = Fraction(10) ** -places
            for count in (math.floor(result / unit), math.ceil(result / unit)):
                if (
                    self._attainment(count * unit) == wanted
                    and self._low <= count * unit * 10**self._places <= self._high
                ):
                    return count * unit
        return result

    def _beside(self, end: End) -> tuple[Fraction, Fraction] | None:
        """The last result that does not lie beyond an end, and the first that does."""
        first, last = self._low, self._high
        start, stop = self._beyond(first, end), self._beyond(last, end)
        if start is None or stop is None or start == stop:
            return None
        while last - first > 1:
            middle = (first + last) // 2
            side = self._beyond(middle, end)
            if side is None:
                return None
            first, last = (middle, last) if side == start else (first, middle)
        unit = Fraction(10) ** -self._places
        return (first * unit, last * unit) if stop else (last * unit, first * unit)

    def _beyond(self, count: int, end: End) -> bool | None:
        found = self._attainment(Fraction(count, 10**self._places))
        return None if found is None else reached(end, found)
