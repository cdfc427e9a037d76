"""Numbers: on the declared ranges every result ends and fits, and so does what is paid on it.

These checks read formulas as columns, so they come when names and types are in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from incentive_engine.errors import Problem
from incentive_engine.exact import CannotProve, Exact, Scale
from incentive_engine.facts import TableContract
from incentive_engine.formulas import CurveFunction, Formula, Scope, compile_number
from incentive_engine.kinds.attainments import ATTAINMENTS
from incentive_engine.kinds.base import Variants
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.rulesets.checked import Checked
from incentive_engine.rulesets.checks.formulas_over_kpis import after_what_they_read, read_by
from incentive_engine.rulesets.checks.measures import ratio_of_negative
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.rulesets.ranges import (
    WHOLE_PERIOD_RANGES,
    DeclaredRanges,
    columns_scope,
    input_ranges,
    result_scale,
)
from incentive_engine.rulesets.resolving import chosen_rounding

_MOST_DAYS = 10**7
_PERIOD: Scope = {
    **WHOLE_PERIOD_RANGES,
    "days_employed": Exact.column("days_employed", Scale(0, -_MOST_DAYS, _MOST_DAYS)),
}
"""What every formula about payees has, whatever the period."""
NARROW = "declare narrower bounds for its columns: `columns: {NAME: {at_most: 1000}}`"


def declared_ranges(checked: Checked, contracts: tuple[TableContract, ...]) -> tuple[DeclaredRanges, list[Problem]]:
    """The range of every number, and what is wrong with those that have none."""
    problems: list[Problem] = []
    results: dict[str, Scale] = {}
    by_name, behind = {contract.name: contract for contract in contracts}, checked.rules.source_behind
    for name in after_what_they_read(checked.rules.kpis):
        kpi = checked.rules.kpis[name]
        contract = by_name.get(behind(kpi.compute.source)) if isinstance(kpi.compute, FromFacts) else None
        if not read_by(kpi) <= results.keys():  # one of them cannot be proved to fit, and was told
            continue
        try:
            results[name] = result_scale(checked.rules, kpi, contract, results)
        except CannotProve as error:
            message = f"the result of `{name}` cannot be proved to fit: {error.what}"
            hint = f"round what is added up, as ROUND(x, 2), or {NARROW}"
            problems.append(Problem("cannot-prove", message, checked.key("kpis", name, "compute"), hint))
    ranges = replace(input_ranges(checked.rules, contracts), results=results)
    problems += _ratios_of_negative(checked, results)
    problems += _target_pays_end(checked, by_name[WORKFORCE])
    return ranges, problems


def _ratios_of_negative(checked: Checked, results: Mapping[str, Scale]) -> Iterator[Problem]:
    """A computed KPI that can be negative, as its declared columns say, is not held against a target by ratio."""
    for _, way, name in checked.ways:
        negative = name in results and results[name].contains_negative
        if negative and not ATTAINMENTS[way.way.attainment].negative_actual:
            hint = "use `difference`, or show that it is never negative: MAX(0, …) around its formula"
            yield ratio_of_negative(checked, way, name, hint)


def _target_pays_end(checked: Checked, workforce: TableContract) -> Iterator[Problem]:
    """The target pay is exact as written."""
    scope = {**columns_scope(workforce), **_PERIOD}
    for name, plan in checked.rules.plans.items():
        if plan.target_pay is not None:
            curves = {f"{curve}()": _called(checked.rules.curves[curve], scope) for curve in plan.target_pay.calls}
            problem = _target_pay(plan.target_pay, {**scope, **curves})
            if problem:
                yield replace(problem, location=checked.at("plans", name, "target_pay"))


def _called(curve: CurveKind, scope: Scope) -> CurveFunction:
    """A curve as a function of the target pay, with the rate as a column of its own."""

    def rate(argument: Exact) -> Exact:
        across = None if curve.across is None else compile_number(curve.across, scope)
        found = type(curve).rate(Variants((curve,), pl.lit(0, pl.UInt32)), argument, across)
        rounding = chosen_rounding(curve.rounding)
        return (found if rounding is None else rounding.of(found)).named("rate")[1]

    return rate


def _target_pay(formula: Formula, scope: Scope) -> Problem | None:
    hint = f"round it: ROUND({formula.text}, 2)"
    try:
        if compile_number(formula, scope).finite_places is not None:
            return None
    except CannotProve as error:
        return Problem("cannot-prove", f"the target pay cannot be proved to fit: {error.what}", hint=NARROW)
    return Problem("may-not-end", "the target pay may need decimals without end", hint=hint)
