"""Sensitivity: whether a result moves when the work changes, and by how much it has to move to be seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import polars as pl

from incentive_engine.audit.readings import PERIOD, strata
from incentive_engine.engine.measured import SUBJECT, VALUE
from incentive_engine.kinds.intervals import HIGH, LOW, SPREAD
from incentive_engine.kinds.kpi_kind import COUNT

_CONFIDENCE: Final = NormalDist().inv_cdf(0.975)
_POWER: Final = NormalDist().inv_cdf(0.8)


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How far results lie apart, how many are at an end of what is possible, and which change can be seen.

    All in the unit of the result. `deviation`: the standard deviation between subjects, inside a period.
    `significant`: the smallest change between two periods that is more than chance, at 95 %. `detectable`: the smallest
    true change that would be seen so 4 times out of 5. Both for the typical subject. `changes_seen`: the typical change
    between two periods that follow each other, up or down.
    """

    readings: int
    mean: float | None
    deviation: float | None
    best_share: float | None
    worst_share: float | None
    significant: float | None
    detectable: float | None
    changes_seen: float | None


def sensitivity(readings: pl.DataFrame, best: float | None = None, worst: float | None = None) -> Sensitivity:
    """How sensitive results are; see `audit.readings` for the frame.

    `best`, `worst`: the ends of what is possible, None where there is no end. The smallest changes are those of the
    difference of two independent results of one variance: 1.96 × √2 × standard error (reliable change: Jacobson, Truax,
    Journal of Consulting and Clinical Psychology, 1991), and (1.96 + 0.84) × √2 × standard error (Cohen, Statistical
    Power Analysis, 1988, chapter 2).
    """
    value = pl.col(VALUE)
    apart = readings.select((value - value.mean().over(strata(readings))) ** 2).sum().item()
    freedom = readings.height - readings.select(strata(readings)).n_unique()
    error = _median(readings.select(standard_error()).to_series())
    difference = None if error is None else math.sqrt(2) * error
    return Sensitivity(
        readings=readings.height,
        mean=readings.select(value.mean()).item(),
        deviation=math.sqrt(apart / freedom) if freedom else None,
        best_share=_share_at(readings, best),
        worst_share=_share_at(readings, worst),
        significant=None if difference is None else _CONFIDENCE * difference,
        detectable=None if difference is None else (_CONFIDENCE + _POWER) * difference,
        changes_seen=_median(_changes(readings)),
    )


def standard_error() -> pl.Expr:
    """Of each reading: from its spread; where it has none, a quarter of the width of its interval, to two places."""
    from_interval = (pl.col(HIGH) - pl.col(LOW)) / (2 * _CONFIDENCE)
    return pl.coalesce((pl.col(SPREAD) / pl.col(COUNT)).sqrt(), from_interval)


def _share_at(readings: pl.DataFrame, end: float | None) -> float | None:
    return None if end is None else readings.select((pl.col(VALUE) == end).mean()).item()


def _changes(readings: pl.DataFrame) -> pl.Series:
    """The changes, without their sign, between periods that follow each other among those that were measured."""
    numbered = readings.select(SUBJECT, VALUE, pl.col(PERIOD).rank("dense").cast(pl.Int64).alias("at"))
    before = numbered.select(SUBJECT, pl.col("at") + 1, pl.col(VALUE).alias("before"))
    return numbered.join(before, on=[SUBJECT, "at"]).select((pl.col(VALUE) - pl.col("before")).abs()).to_series()


def _median(values: pl.Series) -> float | None:
    return values.median()  # type: ignore[return-value]
