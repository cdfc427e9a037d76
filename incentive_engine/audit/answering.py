"""Who answers: how many of those who were asked, and whose customers answer far less than they did, or than others'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl
from scipy import stats

from incentive_engine.audit.findings import Evidence, Suspicion, evidence
from incentive_engine.audit.gaming import LEVEL
from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.invitations import INVITED
from incentive_engine.engine.measured import SUBJECT, Measured
from incentive_engine.kinds.base import SubjectKind
from incentive_engine.kinds.kpi_kind import COUNT, FromFacts
from incentive_engine.periods import Period
from incentive_engine.rulesets.models import RuleSet

FALLEN: Final = 0.5
"""Only who has less than this part of the usual response rate is listed."""


def response(measured: Measured, kpi: str, of: SubjectKind, periods: Sequence[Period]) -> Evidence | None:
    """The response rate behind a KPI in the last period; None where nobody knows who was asked, or others answered."""
    asked = _asked(measured, kpi, of, periods[-1], periods[-1])
    total, answered = asked.select(pl.col(INVITED).sum(), pl.col(COUNT).sum()).row(0)
    return evidence("response", rate=answered / total, asked=total) if total and answered <= total else None


def fallen_silent(rules: RuleSet, measured: Measured, periods: Sequence[Period]) -> Iterator[Suspicion]:
    """Whose response rate is less than half of what it was in the earlier periods; without them, of the median one.

    Chance is ruled out (binomial, Bonferroni). For each source of answers, by the KPI that has most of them.
    """
    for name, source in rules.sources.items():
        if source.invitations is not None and source.payee is not None:
            yield from _of_source(name, max(_by_kpi(rules, measured, name, periods), key=_answers))


def _by_kpi(rules: RuleSet, measured: Measured, source: str, periods: Sequence[Period]) -> Iterator[pl.DataFrame]:
    """For each KPI of a source one row per person: subject, n, invited, and both of all earlier periods together."""
    yield _NOBODY
    for kpi, declared in rules.kpis.items():
        if isinstance(declared.compute, FromFacts) and declared.compute.source == source:
            last = _asked(measured, kpi, "payee", periods[-1], periods[-1])
            earlier = [_asked(measured, kpi, "payee", each, periods[-1]) for each in periods[:-1]]
            before = pl.concat([_NOBODY.select(last.columns), *earlier]).group_by(SUBJECT).sum()
            yield last.join(before, on=SUBJECT, how="left", suffix=" before").sort(SUBJECT)


def _answers(people: pl.DataFrame) -> int:
    return int(people[COUNT].sum())


def _asked(measured: Measured, kpi: str, of: SubjectKind, period: Period, last: Period) -> pl.DataFrame:
    """Who was asked in a period: subject, n, invited."""
    found = measured.results.get(ResultKey.of_period(kpi, of, period, last))
    if found is None or INVITED not in found.frame.columns:
        return _NOBODY.select(SUBJECT, COUNT, INVITED)
    counts = (pl.col(name).cast(pl.Int64).fill_null(0) for name in (COUNT, INVITED))
    return found.frame.select(SUBJECT, *counts).filter(pl.col(INVITED) > 0)


_NOBODY: Final = pl.DataFrame(
    schema={SUBJECT: pl.String} | dict.fromkeys((COUNT, INVITED, f"{COUNT} before", f"{INVITED} before"), pl.Int64)
)


def _of_source(source: str, people: pl.DataFrame) -> Iterator[Suspicion]:
    """At most all of those asked answer: whoever was not, and answered, is in the counts, too."""
    if people.is_empty():
        return
    median = people.select((pl.col(COUNT) / pl.col(INVITED)).clip(0, 1)).to_series().median()
    own = pl.when(pl.col(f"{INVITED} before") > 0).then(pl.col(f"{COUNT} before") / pl.col(f"{INVITED} before"))
    rows = people.with_columns(own.clip(0, 1).fill_null(median).alias("usual"))
    limit = (rows["usual"] * FALLEN).to_numpy()
    by_chance = stats.binom.cdf(rows[COUNT].to_numpy(), rows[INVITED].to_numpy(), limit)
    for row, chance in zip(rows.iter_rows(named=True), by_chance, strict=True):
        if chance < LEVEL / rows.height:
            n, asked = row[COUNT], row[INVITED]
            yield Suspicion("response", source, row[SUBJECT], source, n, asked, n / asked, row["usual"])
