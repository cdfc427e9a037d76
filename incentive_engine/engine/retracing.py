"""From a trace back to what a program reads: it holds all that was used, so that nothing is looked up anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from fractions import Fraction
from typing import Any

import polars as pl

from incentive_engine.compiler.inputs import PLAN, ParameterKey, Ranges, RateRanges, ResultKey
from incentive_engine.compiler.needs import result_keys
from incentive_engine.compiler.program import Program, compile_plans
from incentive_engine.engine.exchange import coins
from incentive_engine.engine.fitting import fitted
from incentive_engine.engine.gathering import parameter_keys
from incentive_engine.exact import Exact, Scale
from incentive_engine.rulesets.exchange import PAID_CURRENCY, PLAN_RATE, RATE
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan


class Retraced:
    """The trace of plans of one shape, as integer counts; `program` compiles them, or variants of them, for it."""

    def __init__(self, rules: Rules, shape: Sequence[ResolvedPlan], trace: pl.DataFrame) -> None:
        self._rules = rules
        self._scales: dict[str, Scale] = {}
        counts = [self._fitted(series) for series in trace if isinstance(series.dtype, pl.Decimal)]
        places = {plan.name: place for place, plan in enumerate(shape)}
        plan = trace["plan"].replace_strict(places, return_dtype=pl.UInt32).alias(PLAN)
        self.wide = trace.with_columns(*counts, plan)

    def _fitted(self, decimals: pl.Series) -> pl.Series:
        assert isinstance(decimals.dtype, pl.Decimal)
        counts, self._scales[decimals.name] = fitted(decimals.to_physical(), decimals.dtype.scale)
        return counts

    def refitted(self, columns: Iterable[pl.Series]) -> tuple[Retraced, list[pl.Series]]:
        """What proves programs for other numbers in some columns, and those as integer counts."""
        other = copy(self)
        other._scales = dict(self._scales)
        return other, [other._fitted(each) for each in columns]

    def number(self, column: str) -> Exact:
        """The numbers of a column of the trace."""
        return Exact.column(column, self._scales[column])

    def program(self, plans: Sequence[ResolvedPlan]) -> Program:
        """The program of plans that read no more than the trace holds."""
        return compile_plans(tuple(plans), self.ranges(plans), frozenset(self._rules.ruleset.kpis))

    def ranges(self, plans: Sequence[ResolvedPlan]) -> Ranges:
        """What is proved about every number that plans read, by those of the trace."""
        ruleset = self._rules.ruleset
        kpis = frozenset(ruleset.kpis)
        results: dict[ResultKey, Scale] = {
            key: self._scales[key.column] for key in result_keys(plans, kpis) if key.column in self._scales
        }
        parameters: dict[ParameterKey, Scale] = {
            key: self._scales[key.header] for key in parameter_keys(ruleset, plans) if key.header in self._scales
        }
        by_kpi = frozenset(name for name, table in ruleset.tables.items() if "kpi" in table.keys)
        return Ranges(self._scales, results, parameters, self._rules.types.workforce, by_kpi, exchange=self._rates())

    def _rates(self) -> RateRanges | None:
        if PAID_CURRENCY not in self.wide.columns:
            return None
        converted = {name: f"{name}@{self._rules.ruleset.currency}" for name in self._scales}
        own = {name: self._scales[column].span() for name, column in converted.items() if column in self._scales}
        currencies = self.wide[PAID_CURRENCY].drop_nulls().unique()
        return RateRanges(self._scales[PLAN_RATE], self._scales[RATE], coins(currencies), own)


def with_quotients(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a trace in which the numbers that do not end, kept as numerator and divisor, are fractions."""
    quotients = {
        name: Fraction(row[name], row[f"{name}.per"])
        for name in row
        if row[name] is not None and row.get(f"{name}.per") is not None
    }
    return {**row, **quotients}
