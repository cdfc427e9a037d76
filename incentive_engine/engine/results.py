"""KPI results: from accepted facts, or given, to one exact value per subject, with its n.

Facts are credited and grouped here; what is gathered of each group, and what follows from it, the KPI's kind says. Then
the KPI's own rounding, and at last the formulas over KPIs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.crediting import credited, known_people, subject_column
from incentive_engine.engine.given import given_results
from incentive_engine.engine.measured import (
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
from incentive_engine.engine.over_results import results_over_kpis, with_what_they_read
from incentive_engine.exact import Exact
from incentive_engine.facts import Accepted, Table
from incentive_engine.formulas import Scope
from incentive_engine.kinds.kpi_kind import COUNT, NUMERATOR, Credited, FromFacts, Gathered
from incentive_engine.kinds.kpis import Given
from incentive_engine.kinds.windows import days_of
from incentive_engine.periods import Period
from incentive_engine.rulesets.column_types import ColumnTypes
from incentive_engine.rulesets.models import Kpi, RuleSet


def measure_kpis(
    rules: RuleSet, types: ColumnTypes, accepted: Accepted, keys: Collection[ResultKey], period: Period
) -> Measured:
    """The results behind `keys`, with those that formulas over KPIs read."""
    wanted = with_what_they_read(rules.kpis, keys, period)
    sheets: list[Sheet] = []
    held = [accepted.held]
    given = [key for key in wanted if isinstance(rules.kpis[key.kpi].compute, Given)]
    if given:
        of_table, refused = given_results(rules, accepted, given, period)
        sheets += of_table
        held.append(refused)
    for name in rules.sources:
        of_source = [key for key in wanted if _source_of(rules.kpis[key.kpi]) == name]
        if of_source:
            computed, refused = _from_source(rules, types, accepted, name, of_source, period)
            sheets += computed
            held.append(refused)
    sheets += results_over_kpis(rules.kpis, wanted, Measured(tuple(sheets), accepted.held).results, period)
    return Measured(tuple(sheets), pl.concat(held))


def _source_of(kpi: Kpi) -> str | None:
    return kpi.compute.source if isinstance(kpi.compute, FromFacts) else None


def _from_source(
    rules: RuleSet, types: ColumnTypes, accepted: Accepted, name: str, keys: list[ResultKey], period: Period
) -> tuple[list[Sheet], pl.DataFrame]:
    """All results from one source: one pass per kind of subject and span of days."""
    source, table = rules.sources[name], accepted.tables[name]
    frame = table.frame
    for key in keys:
        frame = _compute(rules.kpis[key.kpi]).marked(frame, source.date)
    kinds = {key.subject_kind for key in keys}
    facts, held = credited(name, frame, source, known_people(accepted), kinds)
    scope = _scope(types.sources.get(name, {}), table)
    days = {key: days_of(rules.kpis[key.kpi].over, key.period(period)) for key in keys}
    sheets: list[Sheet] = []
    for kind, start, end in sorted({(key.subject_kind, *days[key]) for key in keys}):
        asked = sorted(key for key in keys if (key.subject_kind, *days[key]) == (kind, start, end))
        dated = facts.filter(pl.col(source.date).cast(pl.Date).is_between(start, end))
        sheets.append(dict(_gathered(rules, asked, dated, every_subject(kind, accepted), scope, frame.height)))
    return sheets, held


def _scope(types: Mapping[str, str], table: Table) -> Scope:
    return {
        column: Exact.column(column, table.scales[column]) if column in table.scales else pl.col(column)
        for column in table.frame.columns
    }


def _gathered(
    rules: RuleSet,
    keys: list[ResultKey],
    facts: pl.LazyFrame,
    subjects: pl.DataFrame,
    scope: Scope,
    rows: int,
) -> Iterator[tuple[ResultKey, Result]]:
    subject = subject_column(keys[0].subject_kind)
    credited_to = pl.col(subject).is_not_null()
    gathered = {key: _compute(rules.kpis[key.kpi]).gathered(Credited(scope, credited_to, rows)) for key in keys}
    by_subject = facts.filter(credited_to).group_by(pl.col(subject).alias(SUBJECT))
    dense, delivered = subjects, False
    for merges in (True, False):
        # Apart: what does not merge would take what does from the streaming engine into memory.
        these = {key: each for key, each in gathered.items() if _compute(rules.kpis[key.kpi]).merges == merges}
        if these:
            columns = [_of(key, column) for key, each in these.items() for column in each.columns]
            grouped = by_subject.agg(columns).collect(engine="streaming" if merges else "in-memory")
            delivered = delivered or grouped.height > 0
            dense = dense.join(grouped, on=SUBJECT, how="left", maintain_order="left")
    delivered = delivered or _delivered(facts)
    for key, each in gathered.items():
        kpi = rules.kpis[key.kpi]
        frame = _of_key(dense, key)
        if kpi.compute.zero_without_facts and delivered:
            frame = frame.with_columns(pl.col(NUMERATOR, COUNT).fill_null(0))
        yield key, _result(frame, kpi, each)


def _compute(kpi: Kpi) -> FromFacts:
    assert isinstance(kpi.compute, FromFacts)
    return kpi.compute


def _of(key: ResultKey, column: pl.Expr) -> pl.Expr:
    """A gathered column of one KPI, among those of the others."""
    return column.name.prefix(f"{key.column}.")


def _of_key(grouped: pl.DataFrame, key: ResultKey) -> pl.DataFrame:
    names = [name for name in grouped.columns if name.startswith(f"{key.column}.")]
    renamed = {name: name.removeprefix(f"{key.column}.") for name in names}
    return grouped.select(SUBJECT, *names).rename(renamed)


def _delivered(facts: pl.LazyFrame) -> bool:
    """Whether the source has any fact in these days."""
    return facts.head(1).collect().height > 0


def _result(frame: pl.DataFrame, kpi: Kpi, gathered: Gathered) -> Result:
    frame = frame.with_columns(as_column(rounded(gathered.value, kpi), VALUE))
    return fitted_result(frame, kpi, gathered.numerator, gathered.denominator)
