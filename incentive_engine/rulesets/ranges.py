"""What declared ranges prove about every number that comes in, before any file is read.

A column holds what its contract lets in, and a result what its KPI makes of that. From here a rule set is shown to fit
the exact arithmetic; a run proves it again on what was accepted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import ColumnContract, TableContract
from incentive_engine.formulas import Scope
from incentive_engine.kinds.kpi_kind import Credited
from incentive_engine.kinds.kpis import Given
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.rulesets.clocks import LONGEST, hours
from incentive_engine.rulesets.contracts import EXCHANGE, WORKFORCE
from incentive_engine.rulesets.models import Kpi, RuleSet

MOST_FACTS = 10**9
"""More facts than any subject has in a period."""
GIVEN_PLACES = 12
WHOLE_PERIOD_RANGES: Scope = {
    "period_days": Exact.column("period_days", Scale(0, 28, 366)),
    "period_start": pl.col("period_start"),
    "period_end": pl.col("period_end"),
}
"""What every formula has that speaks of a period, whichever it is."""
_OF_CASES: Scope = {"started": pl.col("started"), "ended": pl.col("ended"), "hours": hours(LONGEST)}
"""What formulas over cases have; no source of events has columns of these names."""


@dataclass(frozen=True, slots=True)
class DeclaredRanges:
    """The scale of every number that comes in: columns by name, results by KPI, parameters by table and column."""

    workforce: Mapping[str, Scale]
    results: Mapping[str, Scale]
    parameters: Mapping[tuple[str, str], Scale]
    rates: Scale | None = None
    """Of exchange, where the rules have one."""


def column_scales(contract: TableContract) -> dict[str, Scale]:
    """The scales of the number columns of a table."""
    return {each.name: _scale(each) for each in contract.columns if each.numeric}


def columns_scope(contract: TableContract) -> Scope:
    """The columns of a table as formulas name them."""
    scales = column_scales(contract)
    return {
        each.name: Exact.column(each.name, scales[each.name]) if each.numeric else pl.col(each.name)
        for each in contract.columns
    }


def input_ranges(rules: RuleSet, contracts: tuple[TableContract, ...]) -> DeclaredRanges:
    """The ranges of all columns; results are told KPI by KPI, by `result_scale`."""
    tables = {each.name: column_scales(each) for each in contracts}
    parameters = {(name, column): scale for name in rules.tables for column, scale in tables.get(name, {}).items()}
    return DeclaredRanges(tables[WORKFORCE], {}, parameters, tables.get(EXCHANGE, {}).get("rate"))


def result_scale(rules: RuleSet, kpi: Kpi, contract: TableContract | None, known: Mapping[str, Scale]) -> Scale:
    """The range of a KPI's results; `contract` is of its source, `known` has the ranges of the KPIs that it reads.

    Raises CannotProve where a sum could leave the range that is exact.
    """
    rounding, compute = kpi.rounding, kpi.compute
    if isinstance(compute, Given):
        unit = 10**GIVEN_PLACES
        low, high = math.ceil(compute.at_least * unit), math.floor(compute.at_most * unit)
        return _scale_of(rounding.of(Exact.column("value", Scale(GIVEN_PLACES, low, high))))
    if isinstance(compute, OverKpis):
        scope = {name: Exact.column(name, known[read.kpi]) for name, read in compute.reads().items()}
        return _scale_of(rounding.of(compute.result(scope)))
    assert contract is not None, "a computed KPI has a source"
    facts = {**_OF_CASES, **columns_scope(contract), **rules.clocks, **WHOLE_PERIOD_RANGES}
    source = rules.sources.get(compute.source)
    shared = None if source is None else source.shared(facts)
    gathered = compute.gathered(Credited(facts, pl.lit(True), MOST_FACTS, shared))
    value, within = rounding.of(gathered.value), gathered.within
    if within is not None:
        # Rounding keeps the order.
        low, high = (rounding.of(Exact.of(end)).bounds[0] for end in within)
        return _scale_of(value, (low, high))
    if compute.zero_without_facts:
        low, high = value.bounds
        return _scale_of(value, (min(low, Fraction(0)), max(high, Fraction(0))))
    return _scale_of(value)


def _scale_of(value: Exact, within: tuple[Fraction, Fraction] | None = None) -> Scale:
    places = value.finite_places
    assert places is not None, "a result is rounded"
    low, high = within or value.bounds
    counts = value.unit * 10**places
    return Scale(places, int(math.floor(low / value.unit) * counts), int(math.ceil(high / value.unit) * counts))


def _scale(column: ColumnContract) -> Scale:
    return Scale(column.places, *column.count_bounds)
