"""Objectivity: what others say of the same thing, beside what the KPI says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal

import polars as pl
from scipy import stats

from incentive_engine.audit.readings import PERIOD, strata
from incentive_engine.audit.sensitivity import standard_error
from incentive_engine.engine.measured import SUBJECT, VALUE

_Z: Final = NormalDist().inv_cdf(0.975)
_LITTLE: Final = 0.3
"""A medium correlation (Cohen, Statistical Power Analysis, 1988, chapter 3)."""
_NEARLY: Final = 1 - 1e-12
FEWEST: Final = 10
"""With fewer pairs nothing is said of an agreement: its interval would span half of what is possible."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What employees think that customers answer, less what they answer, with the 95 % interval of the gap."""

    period: str
    subject: str
    expected: float
    stated: float
    gap: float
    low: float | None
    high: float | None


def perception_gap(expected: pl.DataFrame, stated: pl.DataFrame) -> tuple[Gap, ...]:
    """The gap of every subject and period that both have, in order; see `audit.readings` for the frames.

    `expected`: of the employees' survey; `stated`: of the customers', the same questions (mirror survey). Its interval
    is that of a difference of two independent results; none where one of them rests on a single answer.
    """
    named = [frame.select(PERIOD, SUBJECT, VALUE, standard_error().alias("error")) for frame in (expected, stated)]
    both = named[0].join(named[1], on=[PERIOD, SUBJECT], suffix=" of customers").sort(PERIOD, SUBJECT)
    return tuple(
        _gap(period, subject, ours, theirs, math.hypot(error, other) if None not in (error, other) else None)
        for period, subject, ours, error, theirs, other in both.iter_rows()
    )


def _gap(period: str, subject: str, expected: float, stated: float, error: float | None) -> Gap:
    gap = expected - stated
    low, high = (None, None) if error is None else (gap - _Z * error, gap + _Z * error)
    return Gap(period, subject, expected, stated, gap, low, high)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two KPIs put the same subjects in the same order: Spearman's correlation, with its 95 % interval."""

    pairs: int
    correlation: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def verdict(self) -> Literal["agree", "disagree", "not testable"]:
        """They agree where chance is ruled out; they disagree where as much as a correlation of 0.3 is."""
        if self.low is None or self.high is None:
            return "not testable"
        if self.low > 0:
            return "agree"
        return "disagree" if self.high < _LITTLE else "not testable"


def agreement(one: pl.DataFrame, other: pl.DataFrame, *, same_direction: bool = True) -> Agreement:
    """The agreement of two KPIs over the subjects and periods that both have; see `audit.readings` for the frames.

    `same_direction`: whether more of the one is better like more of the other. Its interval: Fisher's transformation
    with the variance (1 + r² ÷ 2) ÷ (n − 3) (Bonett, Wright, Psychometrika, 2000).
    """
    both = one.join(other.select(PERIOD, SUBJECT, pl.col(VALUE).alias("other")), on=[PERIOD, SUBJECT])
    apart = both.select(pl.col(name) - pl.col(name).mean().over(strata(both)) for name in (VALUE, "other"))
    if both.height < FEWEST or 0 in (apart[VALUE].n_unique() - 1, apart["other"].n_unique() - 1):
        return Agreement(both.height)
    correlation = float(stats.spearmanr(apart[VALUE], apart["other"]).statistic) * (1 if same_direction else -1)
    middle = math.atanh(max(-_NEARLY, min(_NEARLY, correlation)))
    margin = _Z * math.sqrt((1 + correlation**2 / 2) / (both.height - 3))
    return Agreement(both.height, correlation, math.tanh(middle - margin), math.tanh(middle + margin))
