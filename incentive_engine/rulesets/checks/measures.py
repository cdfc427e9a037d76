"""Measures: each of their ways has what its attainment needs, and compares what can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from incentive_engine.errors import Problem
from incentive_engine.kinds.attainments import ATTAINMENTS
from incentive_engine.kinds.base import written
from incentive_engine.kinds.kpis import Given, Nps
from incentive_engine.rulesets.checked import Checked, tells, unknown
from incentive_engine.rulesets.models import Kpi, MeasureFields, Way
from incentive_engine.rulesets.walking import OF_WAYS, PlacedWay


@tells(*(f"missing-{each}" for each in OF_WAYS), *(f"{each}-not-used" for each in OF_WAYS), about=(Way,))
def ways_have_what_they_need(checked: Checked) -> Iterator[Problem]:
    """A result is compared with exactly the numbers that its attainment reads."""
    for placed, way, _ in checked.ways:
        kind = ATTAINMENTS[way.way.attainment]
        for field in OF_WAYS:
            there, needed = getattr(way.way, field) is not None, field in kind.needs
            if needed and not there:
                message = f"{way.told(placed.name)} has no {field}, which `{kind.name}` needs"
                hint = f"add `{field}:` with a number, `{{table: …}}` or `{{column: …}}`"
                yield Problem(f"missing-{field}", message, checked.at(*way.at, "attainment"), hint)
            if there and not needed:
                others = " or ".join(f"`{name}`" for name, each in ATTAINMENTS.items() if field in each.needs)
                hint = f"leave `{field}` out, or use the attainment {others}"
                message = f"`{kind.name}` reads no {field}"
                yield Problem(f"{field}-not-used", message, checked.key(*way.at, field), hint)


@tells("target-not-positive", about=(Way,))
def divisors_are_positive(checked: Checked) -> Iterator[Problem]:
    """A constant that divides a result is above zero."""
    for _, way, _ in checked.ways:
        kind = ATTAINMENTS[way.way.attainment]
        for field in kind.positive:
            value = getattr(way.way, field)
            if isinstance(value, Decimal) and value <= 0:
                message = f"a {field} of {written(value)} cannot divide"
                hint = f"`{kind.name}` needs a {field} above zero"
                yield Problem(f"{field}-not-positive", message, checked.at(*way.at, field), hint)


@tells("benchmark-is-threshold", "benchmark-is-baseline", "benchmark-is-worse", about=(Way,))
def benchmarks_lead_somewhere(checked: Checked) -> Iterator[Problem]:
    """A benchmark differs from where the way to it starts, and (a warning) is better by the KPI."""
    for _, way, name in checked.ways:
        kpi, kind = checked.rules.kpis.get(name), ATTAINMENTS[way.way.attainment]
        if "benchmark" not in kind.needs:
            continue
        start = next(field for field in kind.needs if field != "benchmark")
        begin, end = getattr(way.way, start), way.way.benchmark
        if not isinstance(begin, Decimal) or not isinstance(end, Decimal):
            continue
        where = checked.at(*way.at, "benchmark")
        if begin == end:
            message = f"the benchmark is the {start}, {written(end)}: there is no way between them"
            yield Problem(f"benchmark-is-{start}", message, where, "correct one of them")
        elif kpi is not None and (end > begin) != (kpi.better == "higher"):
            message = f"the benchmark {written(end)} is worse than the {start} {written(begin)}: "
            message += f"`{name}` is better when {kpi.better}"
            hint = f"swap them, or correct the KPI's `better`, or the {start}"
            yield Problem("benchmark-is-worse", message, where, hint, level="warning")


@tells("missing-among", "among-not-used", "unknown-population", about=(Way,))
def ranks_are_in_populations(checked: Checked) -> Iterator[Problem]:
    """A rank or a percentile is `among` a declared population; nothing else is."""
    populations = checked.rules.populations
    for placed, way, _ in checked.ways:
        kind, among = ATTAINMENTS[way.way.attainment], way.way.among
        if kind.ranked and among is None:
            message = f"{way.told(placed.name)} does not say among whom `{kind.name}` ranks"
            hint = "declare them under `populations`, and add `among:` with their name"
            yield Problem("missing-among", message, checked.at(*way.at, "attainment"), hint)
        if not kind.ranked and among is not None:
            ranked = ", ".join(f"`{name}`" for name, each in ATTAINMENTS.items() if each.ranked)
            hint = f"leave `among` out, or use one of {ranked}"
            yield Problem("among-not-used", f"`{kind.name}` ranks nobody", checked.key(*way.at, "among"), hint)
        elif among is not None and among not in populations:
            yield unknown("population", among, checked.at(*way.at, "among"), populations, "`populations`")


@tells("rank-not-allowed", about=(Way,))
def ranks_compare_several(checked: Checked) -> Iterator[Problem]:
    """What is ranked is one of several subjects, by its result of the whole period."""
    for placed, way, _ in checked.ways:
        measure, kind = placed.node, ATTAINMENTS[way.way.attainment]
        if not kind.ranked or not isinstance(measure, MeasureFields):
            continue
        if measure.of == "company":
            message = f"`{kind.name}` ranks nothing at `{placed.path}`: there is one company"
            yield Problem(
                "rank-not-allowed", message, checked.at(*placed.at, "of"), "rank payees, teams or departments"
            )
        if measure.average_of is not None:
            message = f"`{kind.name}` ranks results of the whole period, and `{placed.path}` averages its parts"
            hint = "leave `average_of` out, or use another attainment"
            yield Problem("rank-not-allowed", message, checked.at(*placed.at, "average_of"), hint)


@tells("ratio-of-negative", about=(Way,))
def ratios_are_of_positive_results(checked: Checked) -> Iterator[Problem]:
    """A KPI that can be negative is held against its target by difference."""
    for _, way, name in checked.ways:
        kpi = checked.rules.kpis.get(name)
        if kpi is not None and _negative(kpi) and not ATTAINMENTS[way.way.attainment].negative_actual:
            yield ratio_of_negative(checked, way, name)


def ratio_of_negative(checked: Checked, way: PlacedWay, kpi: str, hint: str = "") -> Problem:
    """The problem of a ratio whose result can be below zero."""
    message = f"`{kpi}` can be negative, and `{way.way.attainment}` says nothing about results below zero"
    where = checked.at(*way.at, "attainment")
    return Problem("ratio-of-negative", message, where, hint or "use `attainment: difference`, with a curve in points")


def _negative(kpi: Kpi) -> bool:
    return isinstance(kpi.compute, Nps) or (isinstance(kpi.compute, Given) and kpi.compute.at_least < 0)


@tells("endless-curve", about=(Way,))
def inverse_ratios_end(checked: Checked) -> Iterator[Problem]:
    """A result of zero, which an inverse ratio takes to the end of its curve, finds one."""
    for placed, way, _ in checked.ways:
        kind, curve = ATTAINMENTS[way.way.attainment], checked.rules.curves.get(way.way.curve)
        if kind.rises_with == "inverse" and curve is not None and curve.upper_end is None:
            message = f"a result of 0 has no rate at `{placed.path}`: `{kind.name}` goes to the end of its curve, "
            message += f"and `{way.way.curve}` has none"
            hint = "use a curve that ends: `kind: linear`, `stepped`"
            yield Problem("endless-curve", message, checked.at(*way.at, "curve"), hint)


@tells("pays-for-worse", about=(Way,))
def better_results_pay_more(checked: Checked) -> Iterator[Problem]:
    """A KPI that is better when lower does not pay more when it is higher, nor the other way round (a warning)."""
    for placed, way, name in checked.ways:
        kpi, curve = checked.rules.kpis.get(name), checked.rules.curves.get(way.way.curve)
        trend = curve.trend() if curve else 0
        if kpi is None or not trend:
            continue
        pays = pays_for(kpi, way.way.attainment, trend)
        if pays != kpi.better:
            message = f"`{placed.path}` pays more for {pays} results, but `{name}` is better when {kpi.better}"
            hint = "compare `attainment`, the `curve` and the KPI's `better`"
            yield Problem("pays-for-worse", message, checked.at(*way.at, "attainment"), hint, level="warning")


def pays_for(kpi: Kpi, attainment: str, trend: int) -> str:
    """`higher` or `lower`: for which results a curve that rises or falls pays more."""
    worse = "lower" if kpi.better == "higher" else "higher"
    rises_with = {"result": "higher", "inverse": "lower", "merit": kpi.better, "demerit": worse}
    falls_with = {"result": "lower", "inverse": "higher", "merit": worse, "demerit": kpi.better}
    return (rises_with if trend > 0 else falls_with)[ATTAINMENTS[attainment].rises_with]
