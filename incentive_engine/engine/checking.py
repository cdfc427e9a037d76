"""What only the engine can find in a rule set: numbers that cannot be proved to fit, examples with other results.

Every shape is compiled on the ranges that columns and KPIs are declared to have, so that nobody learns on payday that a
sum is too large. Where a shape does not fit, its plans are compiled one by one, and a plan's nodes from the leaves up:
the first that fails is the one to change.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from incentive_engine.compiler.context import Context
from incentive_engine.compiler.inputs import PLAN, ParameterKey, Ranges
from incentive_engine.compiler.needs import result_keys
from incentive_engine.compiler.nodes import compile_node
from incentive_engine.compiler.program import compile_plans
from incentive_engine.compiler.shapes import by_shape
from incentive_engine.engine.examples import run_examples
from incentive_engine.errors import Location, Problem
from incentive_engine.exact import CannotProve
from incentive_engine.kinds.base import Variants
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import Node, ResolvedPlan, nodes_under, resolve

_ANY = "2024"
"""Where the proof needs a period, the longest."""
_HINT = (
    "round earlier, as in `target_pay: ROUND(…, 2)`, keep fewer places, or declare narrower bounds for columns: "
    "`columns: {NAME: {at_most: 1000}}`"
)


def check(rules: Rules) -> list[Problem]:
    """Everything that is wrong with a rule set that was loaded without errors; examples run once all numbers fit."""
    plans = resolve(rules.ruleset, Period.parse(_ANY, rules.ruleset.year_starts))
    ranges = declared(rules, plans)
    kpis = frozenset(rules.ruleset.kpis)
    problems = [problem for shape in by_shape(plans) for problem in _proved(rules, shape, ranges, kpis)]
    return problems or list(run_examples(rules, ranges))


def declared(rules: Rules, plans: tuple[ResolvedPlan, ...]) -> Ranges:
    """What the declarations prove about every number that comes in."""
    by_kpi = frozenset(name for name, table in rules.ruleset.tables.items() if "kpi" in table.keys)
    kpis = frozenset(rules.ruleset.kpis)
    return Ranges(
        workforce=rules.ranges.workforce,
        results={key: rules.ranges.results[key.kpi] for key in result_keys(plans, kpis)},
        parameters={
            ParameterKey(table, column, kpi): scale
            for (table, column), scale in rules.ranges.parameters.items()
            for kpi in (kpis if table in by_kpi else (None,))
        },
        types=rules.types.workforce,
        by_kpi=by_kpi,
    )


def _proved(rules: Rules, shape: tuple[ResolvedPlan, ...], ranges: Ranges, kpis: frozenset[str]) -> Iterator[Problem]:
    try:
        compile_plans(shape, ranges, kpis)
    except CannotProve as error:
        failed = [plan for plan in shape if _reason((plan,), ranges, kpis)] if len(shape) > 1 else list(shape)
        if not failed:  # the plans fit one by one, but not with the parameters of all in one column
            yield _problem(error.what, rules.document.key_at(shape[0].at))
        for plan in failed:
            yield _located(rules, plan, ranges, kpis, _reason((plan,), ranges, kpis) or error.what)


def _reason(shape: tuple[ResolvedPlan, ...], ranges: Ranges, kpis: frozenset[str]) -> str | None:
    try:
        compile_plans(shape, ranges, kpis)
    except CannotProve as error:
        return error.what
    return None


def _located(rules: Rules, plan: ResolvedPlan, ranges: Ranges, kpis: frozenset[str], what: str) -> Problem:
    """The problem at the innermost node that does not fit, or at the plan where only the money does not."""
    for node in reversed(list(nodes_under(plan.root))):
        reason = _node_reason(plan, node, ranges, kpis)
        if reason:
            return _problem(reason, rules.document.key_at(node.at))
    return _problem(what, rules.document.key_at(plan.at))


def _node_reason(plan: ResolvedPlan, node: Node, ranges: Ranges, kpis: frozenset[str]) -> str | None:
    context = Context(plan.period, ranges, kpis)
    context.stages.input(PLAN)
    try:
        compile_node(context, Variants((node,), pl.col(PLAN)))
    except CannotProve as error:
        return error.what
    return None


def _problem(what: str, where: Location) -> Problem:
    return Problem("cannot-prove", f"this cannot be proved to fit: {what}", where, _HINT)
