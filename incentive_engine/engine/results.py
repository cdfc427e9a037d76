"""KPI results: from accepted facts, or given, to one exact value per subject, with its n.

Facts are added up as integers, so that nothing depends on their order; one division at the end, then the KPI's own
rounding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.crediting import credited, known_people, subject_column
from incentive_engine.engine.given import given_results
from incentive_engine.engine.measured import (
    COUNT,
    DENOMINATOR,
    NUMERATOR,
    SUBJECT,
    VALUE,
    Measured,
    Result,
    Sheet,
    as_column,
    every_subject,
    fitted_result,
    rounded,
)
from incentive_engine.exact import Exact
from incentive_engine.facts import Accepted, Table
from incentive_engine.formulas import Scope
from incentive_engine.kinds.kpis import FromFacts, Given, Tally
from incentive_engine.periods import Period
from incentive_engine.rulesets.column_types import ColumnTypes
from incentive_engine.rulesets.models import Kpi, RuleSet


def measure_kpis(
    rules: RuleSet, types: ColumnTypes, accepted: Accepted, keys: Collection[ResultKey], period: Period
) -> Measured:
    """The results behind `keys`."""
    sheets: list[Sheet] = []
    held = [accepted.held]
    given = [key for key in keys if isinstance(rules.kpis[key.kpi].compute, Given)]
    if given:
        of_table, refused = given_results(rules, accepted, given, period)
        sheets += of_table
        held.append(refused)
    for name in rules.sources:
        of_source = [key for key in keys if _source_of(rules.kpis[key.kpi]) == name]
        if of_source:
            computed, refused = _from_source(rules, types, accepted, name, of_source, period)
            sheets += computed
            held.append(refused)
    return Measured(tuple(sheets), pl.concat(held))


def _source_of(kpi: Kpi) -> str | None:
    return kpi.compute.source if isinstance(kpi.compute, FromFacts) else None


def _from_source(
    rules: RuleSet, types: ColumnTypes, accepted: Accepted, name: str, keys: list[ResultKey], period: Period
) -> tuple[list[Sheet], pl.DataFrame]:
    """All results from one source: one pass per kind of subject and period."""
    source, table = rules.sources[name], accepted.tables[name]
    kinds = {key.subject_kind for key in keys}
    facts, held = credited(name, table.frame, source, known_people(accepted), kinds)
    scope = _scope(types.sources.get(name, {}), table)
    sheets: list[Sheet] = []
    for kind in sorted(kinds):
        subjects = every_subject(kind, accepted)
        for when in sorted({key.when for key in keys if key.subject_kind == kind}):
            asked = [key for key in keys if key.subject_kind == kind and key.when == when]
            within = asked[0].period(period)
            dated = facts.filter(pl.col(source.date).is_between(within.start, within.end))
            sheets.append(dict(_tallied(rules, asked, dated, subjects, scope, table.frame.height)))
    return sheets, held


def _scope(types: Mapping[str, str], table: Table) -> Scope:
    return {
        column: Exact.column(column, table.scales[column]) if column in table.scales else pl.col(column)
        for column in table.frame.columns
    }


def _tallied(
    rules: RuleSet,
    keys: list[ResultKey],
    facts: pl.LazyFrame,
    subjects: pl.DataFrame,
    scope: Scope,
    rows: int,
) -> Iterator[tuple[ResultKey, Result]]:
    subject = subject_column(keys[0].subject_kind)
    credited_to = pl.col(subject).is_not_null()
    sums = {key: _summed(_tally(rules.kpis[key.kpi], scope), key, credited_to, rows) for key in keys}
    grouped = (
        facts.filter(credited_to)
        .group_by(pl.col(subject).alias(SUBJECT))
        .agg(pl.len().alias("facts"), *(column for columns, *_ in sums.values() for column in columns))
        .collect(engine="streaming")
    )
    delivered = grouped.height > 0 or _delivered(facts)
    dense = subjects.join(grouped, on=SUBJECT, how="left", maintain_order="left")
    for key in keys:
        _, numerator, denominator = sums[key]
        kpi = rules.kpis[key.kpi]
        frame = _of_key(dense, key)
        if kpi.compute.zero_without_facts and delivered:
            frame = frame.with_columns(pl.col(NUMERATOR, COUNT).fill_null(0))
        yield key, _divided(frame, kpi, numerator, denominator)


def _tally(kpi: Kpi, scope: Scope) -> Tally:
    assert isinstance(kpi.compute, FromFacts)
    return kpi.compute.tally(scope)


def _summed(tally: Tally, key: ResultKey, credited_to: pl.Expr, rows: int) -> tuple[list[pl.Expr], Exact, Exact | None]:
    """The sums of one KPI as columns of the grouped frame, and what they mean."""
    counts = credited_to & tally.counts  # a column: what is true of every fact is one row to Polars otherwise
    above, numerator = tally.numerator.masked(counts).total(None, rows).named(f"{key.column}.numerator")
    columns = [*above, counts.sum().cast(pl.Int64).alias(f"{key.column}.n")]
    if tally.denominator is None:
        return columns, numerator, None
    below, denominator = tally.denominator.masked(counts).total(None, rows).named(f"{key.column}.denominator")
    return [*columns, *below], numerator, denominator


def _of_key(grouped: pl.DataFrame, key: ResultKey) -> pl.DataFrame:
    names = [name for name in grouped.columns if name.startswith(f"{key.column}.")]
    renamed = {name: name.removeprefix(f"{key.column}.") for name in names}
    return grouped.select(SUBJECT, *names).rename(renamed)


def _delivered(facts: pl.LazyFrame) -> bool:
    """Whether the source has any fact in the period."""
    return facts.head(1).collect().height > 0


def _divided(frame: pl.DataFrame, kpi: Kpi, numerator: Exact, denominator: Exact | None) -> Result:
    above = Exact(pl.col(NUMERATOR), numerator.unit, numerator.low, numerator.high)
    if denominator is None:
        value, below = rounded(above, kpi), None
    else:
        below = Exact(pl.col(DENOMINATOR), denominator.unit, denominator.low, denominator.high)
        value = rounded(above.over(below.maximum(below.unit)).masked(below.above(0)), kpi)
    frame = frame.with_columns(as_column(value, VALUE))
    return fitted_result(frame, kpi, above, below)
