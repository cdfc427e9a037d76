"""What only the engine can find in a rule set: numbers that cannot be proved to fit, examples with other results.

Every shape is compiled on the ranges that columns and KPIs are declared to have, so that nobody learns on payday that a
sum is too large.
"""

from __future__ import annotations

from incentive_engine.compiler.inputs import ParameterKey, Ranges, RateRanges
from incentive_engine.compiler.needs import result_keys
from incentive_engine.compiler.shapes import by_shape
from incentive_engine.engine.examples import run_examples
from incentive_engine.engine.exchange import declared_rates
from incentive_engine.engine.proving import unproved
from incentive_engine.errors import Problem
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan, resolve_always

_ANY = "2024"
"""Where the proof needs a period, the longest."""


def check(rules: Rules) -> list[Problem]:
    """Everything that is wrong with a rule set that was loaded without errors; examples run once all numbers fit."""
    plans = resolve_always(rules.ruleset, Period.parse(_ANY, rules.ruleset.year_starts))
    ranges = declared(rules, plans)
    kpis = frozenset(rules.ruleset.kpis)
    problems = [problem for shape in by_shape(plans) for problem in unproved(rules, shape, ranges, kpis)]
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
        exchange=_rates(rules),
    )


def _rates(rules: Rules) -> RateRanges | None:
    """What is declared of exchange rates; own amounts lie between the same bounds in the rules' currency."""
    if rules.ruleset.exchange is None or rules.ranges.rates is None:
        return None
    declared = rules.ranges.workforce
    own = {name: declared[name].span() for name in rules.ruleset.exchange.own if name in declared}
    return declared_rates(rules.ranges.rates, own)
