"""KPI results: from accepted facts, or given, to one exact value per subject, with its n.

Facts are added up as integers, so that nothing depends on their order; one division at the end, then the KPI's own
rounding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.crediting import COMPANY, credited, subject_column
from incentive_engine.engine.fitting import fitted
from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import Accepted, Table
from incentive_engine.formulas import Scope
from incentive_engine.kinds.kpis import FromFacts, Given, Tally
from incentive_engine.periods import Period
from incentive_engine.rulesets.contracts import RESULTS, WORKFORCE
from incentive_engine.rulesets.formula_uses import ColumnTypes
from incentive_engine.rulesets.models import Kpi, RuleSet, Source

SUBJECT, VALUE, COUNT, NUMERATOR, DENOMINATOR = "subject", "value", "n", "numerator", "denominator"


@dataclass(frozen=True, slots=True)
class Result:
    """One KPI for one kind of subject and period.

    `frame`: one row per subject with a result: subject, value, n, numerator, denominator, numbers as integer counts.
    """

    frame: pl.DataFrame
    scale: Scale
    numerator: Exact
    denominator: Exact | None


@dataclass(frozen=True, slots=True)
class Measured:
    """Every result that was asked for, and the facts that could not be used."""

    results: Mapping[ResultKey, Result]
    held: pl.DataFrame


def measure_kpis(
    rules: RuleSet, types: ColumnTypes, accepted: Accepted, keys: Collection[ResultKey], period: Period
) -> Measured:
    """The results behind `keys`."""
    results: dict[ResultKey, Result] = {}
    held = [accepted.held]
    given = [key for key in keys if isinstance(rules.kpis[key.kpi].compute, Given)]
    if given:
        table, refused = _usable(accepted, period)
        held.append(refused)
        results |= {key: _given(rules.kpis[key.kpi], key, table, accepted.tables[RESULTS], period) for key in given}
    for name in rules.sources:
        of_source = [key for key in keys if _source_of(rules.kpis[key.kpi]) == name]
        if of_source:
            computed, refused = _from_source(rules, types, accepted, name, of_source, period)
            results |= computed
            held.append(refused)
    return Measured(results, pl.concat(held))


def _source_of(kpi: Kpi) -> str | None:
    return kpi.compute.source if isinstance(kpi.compute, FromFacts) else None


def _usable(accepted: Accepted, period: Period) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The given results of known payees, for the period and the one before; and those of payees nobody knows."""
    table = accepted.tables[RESULTS].frame.filter(pl.col("period").is_in([period.name, period.previous().name]))
    known = accepted.tables[WORKFORCE].frame["payee"].implode()
    unknown = (pl.col("subject_kind") == "payee") & ~pl.col(SUBJECT).is_in(known)
    refused = table.filter(unknown).select(
        table=pl.lit(RESULTS),
        key=pl.format("kpi={}, period={}", "kpi", "period"),
        payee=pl.col(SUBJECT),
        code=pl.lit("unknown-payee"),
        reason=pl.format("payee `{}` is not in the workforce", SUBJECT),
    )
    return table.filter(~unknown.fill_null(False)), refused


def _given(kpi: Kpi, key: ResultKey, table: pl.DataFrame, contract: Table, period: Period) -> Result:
    name = (period.previous() if key.previous else period).name
    of_key = (pl.col("kpi") == key.kpi) & (pl.col("subject_kind") == key.subject_kind) & (pl.col("period") == name)
    written = Exact.column(VALUE, contract.scales[VALUE])
    value = _rounded(written, kpi)
    subject = pl.lit(COMPANY) if key.subject_kind == "company" else pl.col(SUBJECT)
    count = pl.col(COUNT).cast(pl.Int64) if contract.frame.schema.get(COUNT) else pl.lit(None, pl.Int64)
    frame = (
        table.lazy()
        .filter(of_key, ~written.missing)
        .select(
            subject.alias(SUBJECT),
            _expr(value, VALUE),
            count,
            pl.col(VALUE).alias(NUMERATOR),
            pl.lit(None, pl.Int64).alias(DENOMINATOR),
        )
    )
    return _fitted(frame.collect(), kpi, Exact.column(NUMERATOR, contract.scales[VALUE]), None)


def _fitted(frame: pl.DataFrame, kpi: Kpi, numerator: Exact, denominator: Exact | None) -> Result:
    """The result, its value in the carrier that the least and the greatest that occur need."""
    column, scale = fitted(frame[VALUE], kpi.rounding.places)
    return Result(frame.with_columns(column), scale, numerator, denominator)


def _rounded(value: Exact, kpi: Kpi) -> Exact:
    return value.rounded(kpi.rounding.places, kpi.rounding.mode)


def _expr(value: Exact, name: str) -> pl.Expr:
    (column,), _ = value.named(name)
    return column


def _from_source(
    rules: RuleSet, types: ColumnTypes, accepted: Accepted, name: str, keys: list[ResultKey], period: Period
) -> tuple[dict[ResultKey, Result], pl.DataFrame]:
    """All results from one source: one pass per kind of subject and period."""
    source, table = rules.sources[name], accepted.tables[name]
    workforce = accepted.tables[WORKFORCE].frame
    kinds = {key.subject_kind for key in keys}
    facts, unknown = credited(table.frame, source, workforce, kinds)
    held = _strangers(name, source, unknown)
    scope = _scope(types.sources.get(name, {}), table)
    results: dict[ResultKey, Result] = {}
    for kind in sorted(kinds):
        for previous in (False, True):
            asked = [key for key in keys if key.subject_kind == kind and key.previous == previous]
            if asked:
                within = period.previous() if previous else period
                dated = facts.filter(pl.col(source.date).is_between(within.start, within.end))
                subjects = _subjects(workforce, kind)
                results |= dict(_tallied(rules, asked, dated, kind, scope, table.frame.height, subjects))
    return results, held


def _strangers(name: str, source: Source, unknown: pl.DataFrame) -> pl.DataFrame:
    """Facts about people whom the workforce does not know, as held rows."""
    payee = source.payee or source.date  # without a payee there is no such fact
    key = [source.id] if source.id else [payee, source.date]
    return unknown.select(
        pl.lit(name).alias("table"),
        pl.format(", ".join(f"{column}={{}}" for column in key), *key).alias("key"),
        pl.col(payee).cast(pl.String).alias("payee"),
        pl.lit("unknown-payee").alias("code"),
        pl.format(f"`{{}}` in `{payee}` is not in the workforce, nor among `system_accounts`", payee).alias("reason"),
    )


def _scope(types: Mapping[str, str], table: Table) -> Scope:
    return {
        column: Exact.column(column, table.scales[column]) if column in table.scales else pl.col(column)
        for column in table.frame.columns
    }


def _subjects(workforce: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Every subject of one kind that the workforce knows."""
    if kind == "company":
        return pl.DataFrame({SUBJECT: [COMPANY]})
    return workforce.select(pl.col(kind).alias(SUBJECT)).drop_nulls().unique().sort(SUBJECT)


def _tallied(
    rules: RuleSet,
    keys: list[ResultKey],
    facts: pl.LazyFrame,
    kind: str,
    scope: Scope,
    rows: int,
    subjects: pl.DataFrame,
) -> Iterator[tuple[ResultKey, Result]]:
    subject = subject_column(kind)
    credited_to = pl.col(subject).is_not_null()
    sums = {key: _summed(_tally(rules.kpis[key.kpi], scope), key, credited_to, rows) for key in keys}
    grouped = (
        facts.filter(credited_to)
        .group_by(pl.col(subject).alias(SUBJECT))
        .agg(pl.len().alias("facts"), *(column for columns, *_ in sums.values() for column in columns))
        .collect(engine="streaming")
        .sort(SUBJECT)
    )
    for key in keys:
        _, numerator, denominator = sums[key]
        kpi = rules.kpis[key.kpi]
        frame = _of_key(grouped, key)
        if kpi.compute.zero_without_facts and (grouped.height or _delivered(facts)):
            frame = _with_zeros(frame, subjects)
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
    frame = grouped.select(SUBJECT, *names).rename(renamed)
    return frame if DENOMINATOR in frame.columns else frame.with_columns(pl.lit(None, pl.Int64).alias(DENOMINATOR))


def _delivered(facts: pl.LazyFrame) -> bool:
    """Whether the source has any fact in the period."""
    return facts.head(1).collect().height > 0


def _with_zeros(frame: pl.DataFrame, subjects: pl.DataFrame) -> pl.DataFrame:
    missing = subjects.join(frame, on=SUBJECT, how="anti")
    whole = pl.concat([frame, missing], how="diagonal_relaxed").sort(SUBJECT)
    return whole.with_columns(pl.col(NUMERATOR, COUNT).fill_null(0))


def _divided(frame: pl.DataFrame, kpi: Kpi, numerator: Exact, denominator: Exact | None) -> Result:
    above = Exact(pl.col(NUMERATOR), numerator.unit, numerator.low, numerator.high)
    if denominator is None:
        value, below = _rounded(above, kpi), None
    else:
        below = Exact(pl.col(DENOMINATOR), denominator.unit, denominator.low, denominator.high)
        value = _rounded(above.over(below.maximum(below.unit)).masked(below.above(0)), kpi)
    frame = frame.lazy().with_columns(_expr(value, VALUE)).filter(pl.col(VALUE).is_not_null()).collect()
    return _fitted(frame.select(SUBJECT, VALUE, COUNT, NUMERATOR, DENOMINATOR), kpi, above, below)
