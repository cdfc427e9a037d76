"""Reliability: how much of what differs between subjects is theirs, and how much is chance.

One-way random effects over the facts of each subject, worked out from n, mean and variance per subject alone. Subjects
are compared inside their period (and group), so that a good quarter for all is nobody's merit. Road not taken: a mixed
model by maximum likelihood, which gives the same answer from unbalanced data within its own interval, iterates, and
needs every fact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

import polars as pl
from scipy import stats

from incentive_engine.audit.readings import strata
from incentive_engine.audit.sensitivity import standard_error
from incentive_engine.engine.measured import SUBJECT, VALUE
from incentive_engine.kinds.intervals import SPREAD
from incentive_engine.kinds.kpi_kind import COUNT

LEVEL: Final = 0.01
"""Chance alone passes for a difference this often: an audit asks the question of many KPIs at once."""
ENOUGH: Final = 0.7
"""The least reliability on which groups are told apart (Nunnally, Psychometric Theory, 1978)."""
PEOPLE: Final = 0.9
"""And the least on which something is decided about one person (the same)."""
_SUMS: Final = ("between", "within", "freedom", "left", "size")

Verdict = Literal["indistinguishable", "doubtful", "reliable", "not testable"]


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far the differences between subjects are their own.

    `reliability`: the share of the variance between results that is between subjects, for results of `typical_n` facts.
    `icc`: the share of the variance between single facts, with its 95 % interval `low` to `high`; None where a result
    is not made of facts that each say something: counts, percentiles.
    """

    subjects: int
    readings: int
    facts: int
    typical_n: float | None
    below_minimum: float | None
    """Share of the readings that rest on fewer facts than the KPI asks for."""
    reliability: float | None = None
    p_value: float | None = None
    icc: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def k(self) -> float | None:
        """K for credibility, (1 − ICC) ÷ ICC: variance within over variance between (Bühlmann, Straub, 1970)."""
        return (1 - self.icc) / self.icc if self.icc else None

    def facts_for(self, reliability: float) -> int | None:
        """How many facts a result needs to be so reliable (Spearman, Brown, British Journal of Psychology, 1910)."""
        return None if self.k is None else _times(self.k, reliability)

    @property
    def n_for_070(self) -> int | None:
        """How many facts a result needs to tell groups apart; None where no number would do."""
        return self.facts_for(ENOUGH)

    @property
    def n_for_090(self) -> int | None:
        """How many facts a result needs to tell people apart."""
        return self.facts_for(PEOPLE)

    @property
    def periods_for_070(self) -> int | None:
        """How many such periods, taken together, tell groups apart."""
        return _times((1 - self.reliability) / self.reliability, ENOUGH) if self.reliability else None

    @property
    def verdict(self) -> Verdict:
        """Whether subjects can be told apart, and well enough to pay on."""
        if self.p_value is None or self.reliability is None:
            return "not testable"
        if self.p_value >= LEVEL:
            return "indistinguishable"
        return "reliable" if self.reliability >= ENOUGH else "doubtful"


def _times(chance: float, reliability: float) -> int:
    """How much has to be put together so that chance, so much larger than what is real, is as small as is asked."""
    return max(1, math.ceil(round(chance * reliability / (1 - reliability), 9)))


def reliability(readings: pl.DataFrame, at_least: int = 1) -> Reliability:
    """The reliability of results; see `audit.readings` for the frame.

    Unbalanced one-way analysis of variance (Searle, Linear Models, 1971; Donner, International Statistical Review,
    1986): ICC = (MSB − MSW) ÷ (MSB + (n₀ − 1) MSW), where n₀ = (N − Σn² ÷ N) ÷ (k − 1), tested by F = MSB ÷ MSW and
    kept within 0 and 1. Its interval takes n₀ for the size of every subject (Donner, Wells, Biometrics, 1986) and
    counts subjects once, in however many periods they were measured. The level of the test holds for scores, shares and
    waiting times; for durations with very heavy tails and few facts it is nearer to 5 % than to 1 %. Where a kind has
    intervals only, the variance between results is held against the mean of theirs.
    """
    if readings[SPREAD].null_count() == readings.height:
        return _of_results(readings.filter(standard_error() > 0), (standard_error() ** 2).mean(), at_least)
    usable = readings.filter(pl.col(SPREAD).is_not_null() | (pl.col(COUNT) == 1))
    between, within, freedom, left, size = _analysis(usable)
    described = _described(usable, at_least)
    if freedom < 1 or left < 1 or between + within == 0:
        return described
    ratio = between / within if within else math.inf
    icc = _icc(ratio, size)
    limits = stats.f.ppf((0.975, 0.025), max(1, min(described.subjects - 1, freedom)), left)
    low, high = (_icc(ratio / float(limit), size) for limit in limits)
    n = described.typical_n or 1
    return replace(
        described,
        reliability=n * icc / (1 + (n - 1) * icc),
        p_value=float(stats.f.sf(ratio, freedom, left)),
        icc=icc,
        low=low,
        high=high,
    )


def reliability_of_counts(readings: pl.DataFrame) -> Reliability:
    """The reliability of numbers of events, such as complaints; see `audit.readings` for the frame.

    By chance alone numbers vary by as much as they are (Poisson): tested by the index of dispersion (Fisher,
    Statistical Methods for Research Workers, 1925; Cochran, Biometrics, 1954). Everybody is taken to have had the same
    occasions.
    """
    return _of_results(readings, pl.col(VALUE).mean(), 0)


def _described(usable: pl.DataFrame, at_least: int) -> Reliability:
    counts = usable[COUNT]
    below = usable.select((pl.col(COUNT) < at_least).mean()).item()
    return Reliability(usable[SUBJECT].n_unique(), usable.height, int(counts.sum()), counts.median(), below)  # type: ignore[arg-type]


def _of_results(usable: pl.DataFrame, chance: pl.Expr, at_least: int) -> Reliability:
    """From results alone: the sum of squares over the variance of chance, in each stratum, is χ² by chance."""
    described = _described(usable, at_least)
    apart = ((pl.col(VALUE) - pl.col(VALUE).mean()) ** 2).sum() / chance
    strata_of = usable.group_by(strata(usable), maintain_order=True)
    of_stratum = strata_of.agg(apart.alias("apart"), (pl.len().cast(pl.Int64) - 1).alias("freedom"))
    apart_in_all, freedom = of_stratum.filter(pl.col("apart").is_finite()).sum().select("apart", "freedom").row(0)
    if freedom < 1:
        return described
    real = max(0.0, 1 - freedom / apart_in_all) if apart_in_all else 0.0
    return replace(described, reliability=real, p_value=float(stats.chi2.sf(apart_in_all, freedom)))


def _icc(ratio: float, size: float) -> float:
    """The ICC that a ratio of the two mean squares says, for subjects of one size."""
    return 1.0 if math.isinf(ratio) else max(0.0, (ratio - 1) / (ratio + size - 1))


def _analysis(usable: pl.DataFrame) -> tuple[float, float, int, int, float]:
    """Mean squares between and within subjects, their degrees of freedom, and n₀; strata are added up."""
    n, value, spread = pl.col(COUNT), pl.col(VALUE), pl.col(SPREAD).fill_null(0)
    apart = value - (n * value).sum() / n.sum()
    of_stratum = usable.group_by(strata(usable), maintain_order=True).agg(
        (n * apart**2).sum().alias("between"),
        ((n - 1) * spread).sum().alias("within"),
        (pl.len().cast(pl.Int64) - 1).alias("freedom"),
        (n - 1).sum().alias("left"),
        (n.sum() - (n**2).sum() / n.sum()).alias("size"),
    )
    between, within, freedom, left, size = of_stratum.select(_SUMS).sum().row(0)
    return between / max(1, freedom), within / max(1, left), freedom, left, size / max(1, freedom)
