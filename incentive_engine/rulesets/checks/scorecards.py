"""Scorecards: weights, targets and limits that can be paid on."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from incentive_engine.errors import Location, Problem
from incentive_engine.kinds.attainments import ATTAINMENTS
from incentive_engine.kinds.base import written
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.kinds.kpis import Given, Nps
from incentive_engine.rulesets.checked import Checked
from incentive_engine.rulesets.models import Kpi, Measure
from incentive_engine.rulesets.walking import Placed


def weights_add_up(checked: Checked) -> Iterator[Problem]:
    """Under `weighted_sum` every item has a weight, and constants add up to exactly 100 %; elsewhere none has one."""
    for placed in checked.nodes:
        if isinstance(placed.node, Measure):
            continue
        if placed.node.combine == "weighted_sum":
            yield from _weighted(checked, placed)
            continue
        for name, item in placed.items.items():
            if item.weight is not None:
                message = f"`{name}` has a weight under `combine: {placed.node.combine}`"
                where = checked.key(*placed.items_at, name, "weight")
                yield Problem("weight-not-allowed", message, where, "a sum adds scores as they are: leave it out")


def _weighted(checked: Checked, placed: Placed) -> Iterator[Problem]:
    at, items = placed.items_at, placed.items
    missing = [name for name, item in items.items() if item.weight is None]
    for name in missing:
        hint = "every item of a weighted sum has one: `weight: 40%`"
        yield Problem("missing-weight", f"`{name}` has no weight", checked.key(*at, name), hint)
    for name, item in items.items():
        if isinstance(item.weight, Decimal) and item.weight < 0:
            message = f"the weight of `{name}` is {written(item.weight, percent=True)}"
            yield Problem("negative-weight", message, checked.at(*at, name, "weight"), "weights are 0% or more")
    constants = [item.weight for item in items.values() if isinstance(item.weight, Decimal)]
    total = sum(map(Fraction, constants), Fraction(0))
    whole = len(constants) == len(items)
    if (whole and total != 1) or (not missing and not whole and total > 1):
        yield _not_whole(placed, constants, total, checked.key(*at))


def _not_whole(placed: Placed, constants: list[Decimal], total: Fraction, where: Location) -> Problem:
    told = " + ".join(written(weight, percent=True) for weight in constants)
    than = "not 100%" if len(constants) == len(placed.items) else "more than 100% even without those from tables"
    message = f"the weights of `{placed.name}` add up to {written(total, percent=True)}, {than}"
    return Problem("weights-not-100", message, where, f"they are {told}: change one of them")


def targets_fit_attainments(checked: Checked) -> Iterator[Problem]:
    """A measure has a target exactly where its attainment reads one, and one that can divide where it divides."""
    for placed, measure, _ in checked.measures:
        kind = ATTAINMENTS[measure.attainment]
        if "target" in kind.needs and measure.target is None:
            message = f"`{placed.name}` has no target, which `{kind.name}` needs"
            hint = "add `target:` with a number or `{table: …}`"
            yield Problem("missing-target", message, checked.at(*placed.at, "attainment"), hint)
        if "target" not in kind.needs and measure.target is not None:
            hint = "leave `target` out, or use `attainment: difference` or `ratio`"
            yield Problem("target-not-used", f"`{kind.name}` reads no target", checked.key(*placed.at, "target"), hint)
        if isinstance(measure.target, Decimal) and "target" in kind.positive and measure.target <= 0:
            message = f"a target of {written(measure.target)} cannot divide"
            hint = f"`{kind.name}` needs a target above zero"
            yield Problem("target-not-positive", message, checked.at(*placed.at, "target"), hint)


def ratios_are_of_positive_results(checked: Checked) -> Iterator[Problem]:
    """A KPI that can be negative is held against its target by difference."""
    for placed, measure, name in checked.measures:
        kpi = checked.rules.kpis.get(name)
        if kpi is not None and _negative(kpi) and not ATTAINMENTS[measure.attainment].negative_actual:
            yield ratio_of_negative(checked, placed, name)


def ratio_of_negative(checked: Checked, placed: Placed, kpi: str, hint: str = "") -> Problem:
    """The problem of a ratio whose result can be below zero."""
    assert isinstance(placed.node, Measure)
    message = f"`{kpi}` can be negative, and `{placed.node.attainment}` says nothing about results below zero"
    where = checked.at(*placed.at, "attainment")
    return Problem("ratio-of-negative", message, where, hint or "use `attainment: difference`, with a curve in points")


def _negative(kpi: Kpi) -> bool:
    return isinstance(kpi.compute, Nps) or (isinstance(kpi.compute, Given) and kpi.compute.at_least < 0)


def floors_are_below_caps(checked: Checked) -> Iterator[Problem]:
    """A score can lie between its floor and its cap."""
    for placed in checked.nodes:
        floor, cap = placed.node.floor, placed.node.cap
        if isinstance(floor, Decimal) and isinstance(cap, Decimal) and floor > cap:
            message = f"the floor {written(floor, percent=True)} is above the cap {written(cap, percent=True)}"
            yield Problem("floor-above-cap", message, checked.at(*placed.at, "floor"), "lower it, or raise the cap")


def weights_and_caps_are_not_negative(checked: Checked) -> Iterator[Problem]:
    """No cap turns every score into a loss, and no table can hold a weight or a cap below zero."""
    for placed in checked.nodes:
        cap = placed.node.cap
        if isinstance(cap, Decimal) and cap < 0:
            message = f"the cap of `{placed.name}` is {written(cap, percent=True)}: every score would be a loss"
            yield Problem("cap-below-zero", message, checked.at(*placed.at, "cap"), "caps are 0% or more")
    told = set()
    for field, parameter in (each for placed in checked.nodes for each in placed.parameters.items()):
        table = checked.rules.tables.get(parameter.table)
        options = table.columns.get(parameter.column) if table else None
        below = options is not None and options.at_least is not None and options.at_least < 0
        if field in ("weight", "cap") and below and (field, parameter) not in told:
            told.add((field, parameter))
            message = f"`{parameter.column}` is declared to hold numbers below zero, and is read as a {field}"
            where = checked.at("tables", parameter.table, "columns", parameter.column, "at_least")
            code = {"weight": "negative-weight", "cap": "cap-below-zero"}[field]
            yield Problem(code, message, where, f"{field}s are 0% or more: leave `at_least` out")


def better_results_pay_more(checked: Checked) -> Iterator[Problem]:
    """A KPI that is better when lower does not pay more when it is higher, nor the other way round (a warning)."""
    rules = checked.rules
    for placed, measure, name in checked.measures:
        kpi, curve = rules.kpis.get(name), rules.curves.get(measure.curve)
        trend = _trend(curve) if curve else 0
        if kpi is None or not trend:
            continue
        pays = "higher" if (trend > 0) == ATTAINMENTS[measure.attainment].rising else "lower"
        if pays != kpi.better:
            message = f"`{placed.path}` pays more for {pays} results, but `{name}` is better when {kpi.better}"
            hint = "compare `attainment`, the `curve` and the KPI's `better`"
            where = checked.at(*placed.at, "attainment")
            yield Problem("pays-for-worse", message, where, hint, level="warning")


def _trend(curve: CurveKind) -> int:
    """1 where the rate only rises with attainment, -1 where it only falls, 0 where it does both or neither."""
    rates = [rate for _, rate in curve.corners()]
    rates = [Decimal(0), *rates] if curve.below == "zero" else rates
    return (rates == sorted(rates)) - (rates == sorted(rates, reverse=True))


def groups_have_no_kpi(checked: Checked) -> Iterator[Problem]:
    """A table with a row per KPI gives weights and targets of measures only."""
    for placed in checked.nodes:
        for field, parameter in placed.parameters.items():
            table = checked.rules.tables.get(parameter.table)
            if table is None or "kpi" not in table.keys or _of_one_kpi(placed.node, field):
                continue
            message = f"table `{parameter.table}` has a row per KPI, and the {field} of `{placed.name}` is of none"
            hint = "use a table without the key `kpi`"
            yield Problem("no-kpi-here", message, checked.at(*placed.at, field, "table"), hint)


def _of_one_kpi(node: object, field: str) -> bool:
    return isinstance(node, Measure) and field in ("weight", "target")
