"""Readings: what every statistic of the audit is worked out from, results as floats, for reading only."""

from __future__ import annotations

from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.measured import SUBJECT, VALUE, Measured, Result
from incentive_engine.exact import Exact
from incentive_engine.kinds.base import SubjectKind
from incentive_engine.kinds.intervals import HIGH, LOW, SPREAD
from incentive_engine.kinds.kpi_kind import COUNT
from incentive_engine.periods import Period

PERIOD: Final = "period"
GROUP: Final = "group"
"""A column that readings may have: subjects are compared with those of their own group only."""


def readings(measured: Measured, kpi: str, kind: SubjectKind, of: Period) -> pl.DataFrame:
    """One row per period × subject with a result: period, subject, value, n, spread, low, high; in order of time.

    `spread` is the variance of what one fact says, `low` to `high` the 95 % interval, in the result's own unit; null
    where they do not exist. `of`: the period that the keys of `measured` are told from.
    """
    frames = [
        _of_period(key, result, of)
        for key, result in measured.results.items()
        if (key.kpi, key.subject_kind) == (kpi, kind)
    ]
    return pl.concat(frames).sort(PERIOD, SUBJECT)


def _of_period(key: ResultKey, result: Result, of: Period) -> pl.DataFrame:
    known = result.frame.columns
    value = Exact.column(VALUE, result.scale).decimal().cast(pl.Float64)
    statistics = (
        (pl.col(name) if name in known else pl.lit(None)).cast(pl.Float64).alias(name) for name in (SPREAD, LOW, HIGH)
    )
    present = result.frame.filter(pl.col(VALUE).is_not_null())
    return present.select(
        pl.lit(key.period(of).name).alias(PERIOD),
        SUBJECT,
        value.alias(VALUE),
        pl.col(COUNT).cast(pl.Int64),
        *statistics,
    )


def strata(frame: pl.DataFrame) -> list[str]:
    """The columns inside which subjects are compared: the period, and the group where there is one."""
    return [name for name in (PERIOD, GROUP) if name in frame.columns]
