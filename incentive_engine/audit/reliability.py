"""Reliability: how much of what differs between subjects is theirs, and how much is chance.

One-way random effects over the facts of each subject, worked out from n, mean and variance per subject alone. Subjects
are compared inside their period (and group), so that a good quarter for all is nobody's merit. Road not taken: a mixed
model by maximum likelihood, which gives the same answer from unbalanced data within its own interval, iterates, and
needs every fact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl
from scipy import stats

from incentive_engine.audit.readings import SPREAD, strata
from incentive_engine.engine.measured import SUBJECT, VALUE
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

    `icc`: the share of the variance between single facts that is between subjects, with its 95 % interval `low` to
    `high`. `reliability`: the share of the variance between results that is between subjects, at `typical_n` facts.
    """

    subjects: int
    readings: int
    facts: int
    typical_n: float | None
    icc: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    below_minimum: float | None = None
    """Share of the readings that rest on fewer facts than the KPI asks for."""

    def at(self, n: float) -> float | None:
        """The reliability of a mean of n facts (Spearman, Brown, British Journal of Psychology, 1910)."""
        return None if self.icc is None else n * self.icc / (1 + (n - 1) * self.icc)

    def facts_for(self, reliability: float) -> int | None:
        """How many facts a result needs to be so reliable; None where no number would do."""
        if self.k is None:
            return None
        return max(1, math.ceil(round(self.k * reliability / (1 - reliability), 9)))

    @property
    def reliability(self) -> float | None:
        """At the number of facts that the typical subject has."""
        return None if self.typical_n is None else self.at(self.typical_n)

    @property
    def n_for_070(self) -> int | None:
        """How many facts a result needs to tell groups apart."""
        return self.facts_for(ENOUGH)

    @property
    def n_for_090(self) -> int | None:
        """How many facts a result needs to tell people apart."""
        return self.facts_for(PEOPLE)

    @property
    def k(self) -> float | None:
        """K for credibility, (1 − ICC) ÷ ICC: variance within over variance between (Bühlmann, Straub, 1970)."""
        return (1 - self.icc) / self.icc if self.icc else None

    @property
    def verdict(self) -> Verdict:
        """Whether subjects can be told apart, and well enough to pay on."""
        if self.p_value is None or self.reliability is None:
            return "not testable"
        if self.p_value >= LEVEL:
            return "indistinguishable"
        return "reliable" if self.reliability >= ENOUGH else "doubtful"


def reliability(readings: pl.DataFrame, at_least: int = 1) -> Reliability:
    """The reliability of results; see `audit.readings` for the frame.

    Unbalanced one-way analysis of variance (Searle, Linear Models, 1971; Donner, International Statistical Review,
    1986): ICC = (MSB − MSW) ÷ (MSB + (n₀ − 1) MSW), where n₀ = (N − Σn² ÷ N) ÷ (k − 1), tested by F = MSB ÷ MSW and
    kept within 0 and 1. Its interval takes n₀ for the size of every subject (Donner, Wells, Biometrics, 1986) and
    counts subjects once, in however many periods they were measured. The level of the test holds for scores, shares and
    waiting times; for durations with very heavy tails and few facts it is nearer to 5 % than to 1 %.
    """
    below = readings.select((pl.col(COUNT) < at_least).mean()).item()
    usable = readings.filter(pl.col(SPREAD).is_not_null() | (pl.col(COUNT) == 1))
    subjects = usable[SUBJECT].n_unique()
    typical = usable[COUNT].median()
    described = Reliability(subjects, usable.height, int(usable[COUNT].sum()), typical, below_minimum=below)  # type: ignore[arg-type]
    between, within, freedom, left, size = _analysis(usable)
    if freedom < 1 or left < 1 or between + within == 0:
        return described
    ratio = between / within if within else math.inf
    people = min(subjects - 1, freedom)
    low, high = (
        _icc(ratio / float(stats.f.ppf(quantile, people, left)), size) if people else None
        for quantile in (0.975, 0.025)
    )
    return Reliability(
        subjects,
        usable.height,
        described.facts,
        described.typical_n,
        icc=_icc(ratio, size),
        low=low,
        high=high,
        p_value=float(stats.f.sf(ratio, freedom, left)),
        below_minimum=below,
    )


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
