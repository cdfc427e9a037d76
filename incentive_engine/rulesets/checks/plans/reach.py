"""How far results, attainments and rates can go, proved on the ranges that columns and KPIs are declared to have.

What a proof says cannot be reached cannot be, whatever the data: results outside their ranges are held. Where nothing
can be proved, as of ranks, which depend on the others, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Final

from incentive_engine.exact import CannotProve, Exact, Scale
from incentive_engine.formulas import Formula
from incentive_engine.formulas.outcomes import Outcomes, Span, outcomes
from incentive_engine.kinds.attainments import ATTAINMENTS, Compared
from incentive_engine.kinds.base import FromColumn, FromTable
from incentive_engine.kinds.curves import CurveKind, Graded, Logistic
from incentive_engine.rulesets.checks.plans.rule import Linted
from incentive_engine.rulesets.models import AnyMeasure, BestOf, Kpi
from incentive_engine.rulesets.resolving import chosen_rounding
from incentive_engine.rulesets.walking import Placed, PlacedWay

_SHARE: Final = Exact.column("share", Scale(10, 0, 10**10))
"""The share of the period for which somebody is there."""
_TARGET: Final = "target"


def attainment_span(linted: Linted, placed: Placed, way: PlacedWay, kpi_name: str) -> Span | None:
    """The attainments that results can have on a way; None where nothing is proved."""
    kind, measure, kpi = ATTAINMENTS[way.way.attainment], placed.node, linted.rules.kpis[kpi_name]
    curve, rounding = linted.rules.curves[way.way.curve], chosen_rounding(way.way.attainment_rounding)
    if kind.ranked or not isinstance(measure, AnyMeasure):
        return None
    falls_back = _TARGET in fallbacks(measure, kpi)
    if falls_back and isinstance(measure, BestOf):
        return None  # the target of one way is the result of all
    try:
        numbers = _numbers(linted, way, measure, kpi)
        if numbers is None:
            return None
        results = [Exact.column(kpi_name, linted.ranges.results[kpi_name])]
        results += [numbers[_TARGET]] if falls_back and _TARGET in numbers else []
        end = None if curve.upper_end is None else Exact.of(curve.upper_end)
        found = [kind.attainment(Compared(result, numbers, kpi.better, end)) for result in results]
        return _together((each if rounding is None else rounding.of(each)).bounds for each in found)
    except CannotProve:
        return None


def fallbacks(measure: AnyMeasure, kpi: Kpi) -> tuple[str, ...]:
    """What may count in place of the own result."""
    return (measure.on_missing, *([kpi.reliability.otherwise] if kpi.reliability else []))


def _numbers(linted: Linted, way: PlacedWay, measure: AnyMeasure, kpi: Kpi) -> Mapping[str, Exact] | None:
    """What the attainment reads besides the result; None where one of them has no range."""
    numbers: dict[str, Exact] = {}
    for name in ATTAINMENTS[way.way.attainment].needs:
        match getattr(way.way, name):
            case FromTable(table=table, column=column):
                scale = linted.ranges.parameters.get((table, column))
            case FromColumn(column=column):
                own = linted.rules.exchange.own if linted.rules.exchange else ()
                scale = None if column in own else linted.ranges.workforce.get(column)
            case constant:
                numbers[name] = Exact.of(constant)
                continue
        if scale is None:
            return None
        numbers[name] = Exact.column(name, scale)
    if _TARGET in numbers and measure.target_for == "presence":
        numbers[_TARGET] = kpi.rounding.of(numbers[_TARGET].times(_SHARE))
    return numbers


def rate_span(curve: CurveKind, attainments: Span | None) -> Span | None:
    """The rates that a curve can give for attainments; None where nothing is known of it."""
    rates, rounding = list(_rates(curve, attainments)), chosen_rounding(curve.rounding)
    rounded = [rate if rounding is None else rounding.of(Exact.of(rate)).bounds[0] for rate in rates]
    return (min(rounded), max(rounded)) if rounded else None


def _rates(curve: CurveKind, attainments: Span | None) -> Iterator[Fraction]:
    """Rates between which all others lie."""
    if attainments is None and isinstance(curve, Graded):
        return  # it may rise for ever
    if attainments is not None and curve.across is None:
        yield from (rate for end in attainments if (rate := curve.exact(end)) is not None)
    if attainments is not None and isinstance(curve, Logistic):
        return
    for outline in curve.outlines():
        for x, corner in outline:
            if attainments is None or curve.across is not None or attainments[0] <= x <= attainments[1]:
                yield Fraction(corner)


def _together(spans: Iterable[Span]) -> Span:
    lows, highs = zip(*spans, strict=True)
    return min(lows), max(highs)


def spans_of(linted: Linted) -> Mapping[str, Span]:
    """The ranges of what formulas about payees may name: results, and columns that no rate of exchange changes."""
    own = linted.rules.exchange.own if linted.rules.exchange else ()
    columns = {name: scale.span() for name, scale in linted.ranges.workforce.items() if name not in own}
    return columns | {name: scale.span() for name, scale in linted.ranges.results.items()}


def outcomes_of(linted: Linted, condition: Formula) -> Outcomes:
    """What a condition of payees can turn out to be."""
    return outcomes(condition, spans_of(linted), lambda curve, at: rate_span(linted.rules.curves[curve], at))
