"""KPI results by themselves, of several periods at once; and the table in which results leave."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.decimals import decimal_column
from incentive_engine.engine.fitting import fitted_tables
from incentive_engine.engine.invitations import INVITED
from incentive_engine.engine.measured import FIRST, LAST, VALUE, Measured, Result
from incentive_engine.engine.results import measure_kpis
from incentive_engine.engine.running import accept_for
from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import Accepted
from incentive_engine.kinds.base import SubjectKind
from incentive_engine.kinds.intervals import HIGH, LOW
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules

_MOST: Final = 10**30
"""More than any limit counts."""


@dataclass(frozen=True, slots=True)
class KpiResults:
    """What was measured, and the rows that could not be used.

    `table`: one row per KPI × subject × period, as in `kpis.parquet`; `held`: one row per row that was not used.
    """

    table: pl.DataFrame
    held: pl.DataFrame


def measured_from(
    rules: Rules, data: Path, periods: Sequence[str], kinds: Collection[SubjectKind], kpis: Collection[str] = ()
) -> KpiResults:
    """The results of KPIs, all unless some are named, from a data folder; nobody is paid.

    Raises InputProblems for KPIs and periods that there are not, and for files that cannot be used.
    """
    unknown = [name for name in kpis if name not in rules.ruleset.kpis]
    if unknown:
        raise InputProblems([_unknown(name, rules) for name in unknown])
    parsed = [rules.period(name) for name in dict.fromkeys(periods)]
    done = measure(rules, accept_for(rules, data), parsed, kinds, kpis or None)
    return KpiResults(kpi_table(done.results, parsed[-1]).collect(), done.held)


def _unknown(name: str, rules: Rules) -> Problem:
    known = sorted(rules.ruleset.kpis)
    hint = did_you_mean(name, known) or f"there is {', '.join(f'`{each}`' for each in known)}"
    return Problem("unknown-kpi", f"there is no KPI `{name}` in the rule set", hint=hint)


def measure(
    rules: Rules,
    accepted: Accepted,
    periods: Sequence[Period],
    kinds: Collection[SubjectKind],
    kpis: Collection[str] | None = None,
) -> Measured:
    """The results of KPIs, all unless said, for every kind of subject and period, paid on or not.

    Their keys are those of a calculation of the last period.
    """
    of = periods[-1]
    names = rules.ruleset.kpis if kpis is None else kpis
    keys = {ResultKey.of_period(kpi, kind, period, of) for kpi in names for kind in kinds for period in periods}
    return measure_kpis(rules.ruleset, rules.ranges.results, fitted_tables(rules.ruleset, accepted), keys, of)


def kpi_table(results: Mapping[ResultKey, Result], of: Period) -> pl.LazyFrame:
    """One row per subject × KPI: the result with its n, its numerator, its denominator and its 95 % interval.

    By KPI, kind of subject, period and subject: the subjects of each result are in order already. `from` and `to` are
    empty but for results over assignments.
    """
    frames = []
    for key, result in sorted(
        results.items(),
        key=lambda item: (item[0].kpi, item[0].subject_kind, item[0].period(of).name),
    ):
        frames.append(
            result.frame.lazy()
            .filter(pl.col("value").is_not_null())
            .select(
                pl.lit(key.kpi).alias("kpi"),
                pl.lit(key.subject_kind).alias("subject_kind"),
                pl.col("subject"),
                pl.lit(key.period(of).name).alias("period"),
                *_days(result),
                Exact.column("value", result.scale).decimal(),
                pl.col("n"),
                decimal_column(result.numerator, "numerator"),
                decimal_column(result.denominator, "denominator"),
                _limit(result, LOW, pl.min_horizontal),
                _limit(result, HIGH, pl.max_horizontal),
                pl.col(INVITED) if INVITED in result.frame.columns else pl.lit(None, pl.Int64).alias(INVITED),
            )
        )
    return pl.concat(frames, how="vertical_relaxed")


def _days(result: Result) -> Iterator[pl.Expr]:
    """From which day to which the result is, where rows differ in that."""
    for name in (FIRST, LAST):
        yield pl.col(name) if result.of_stints else pl.lit(None, pl.Date).alias(name)


def _limit(result: Result, name: str, outer: Callable[..., pl.Expr]) -> pl.Expr:
    """A limit of the interval, rounded to the places of the result, which it does not pass."""
    if name not in result.frame.columns:
        return pl.lit(None, pl.Decimal(38, 0)).alias(name)
    places = result.scale.places
    counts = (pl.col(name) * 10.0**places).round().cast(pl.Int128)
    known = pl.when(counts.is_not_null()).then(outer(counts, pl.col(VALUE).cast(pl.Int128)))
    return Exact.integer(known, Scale(places, -_MOST, _MOST)).decimal().alias(name)
