"""How much of what facts say of somebody is their own, for everything that is drawn from them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

import polars as pl

from incentive_engine.audit.readings import GROUP, PERIOD, readings
from incentive_engine.audit.reliability import reliability
from incentive_engine.engine.measured import SUBJECT, VALUE, Measured
from incentive_engine.kinds.base import SubjectKind
from incentive_engine.kinds.intervals import HIGH, LOW, SPREAD
from incentive_engine.kinds.kpi_kind import COUNT
from incentive_engine.periods import Period

NOBODY: Final = "\0nobody"
"""The group of what no payee stands behind: machines, and queues of teams."""


@dataclass(frozen=True, slots=True)
class Pulls:
    """K for credibility of one source: with how many own facts a result is half a subject's own, half their peers'.

    `of_payees`: in facts, among payees of one team whom the same plans pay. `of_teams`: in payees, among teams.
    `of_queues`: in facts, of what names a team and nobody. Endless where nothing is anybody's own, None where nothing
    tells. A record has one K, the mean of what its KPIs have.
    """

    of_payees: float | None
    of_teams: float | None
    of_queues: float | None

    @classmethod
    def of(cls, measured: Measured, kpis: Sequence[str], seen: Period, people: pl.DataFrame) -> Pulls:
        """From what was measured of payees and teams; `people` has payee, group and team."""
        homes = people.select(pl.col("payee").alias(SUBJECT), "group", "team")

        def found(kind: SubjectKind) -> list[pl.DataFrame]:
            return [each for kpi in kpis if (each := readings(measured, kpi, kind, seen)).height]

        payees = [each.join(homes, on=SUBJECT) for each in found("payee")]
        within = (each.with_columns(pl.concat_str("group", "team", separator="\0").alias(GROUP)) for each in payees)
        return cls(_pull(within), _pull(map(_of_teams, payees)), _pull(found("team")))


def _of_teams(payees: pl.DataFrame) -> pl.DataFrame:
    """Readings of teams that are made of their payees' results, not of facts: a few people make a team by chance."""
    nothing = (pl.lit(None, pl.Float64).alias(name) for name in (LOW, HIGH))
    return payees.group_by(PERIOD, pl.col("group").alias(GROUP), pl.col("team").alias(SUBJECT)).agg(
        pl.col(VALUE).mean(), pl.len().cast(pl.Int64).alias(COUNT), pl.col(VALUE).var().alias(SPREAD), *nothing
    )


def _pull(frames: Iterable[pl.DataFrame]) -> float | None:
    """(1 - ICC) ÷ ICC, of the mean of what is known of it."""
    told = [reliability(frame.sort(SUBJECT)).icc for frame in frames]
    known: Collection[float] = [each for each in told if each is not None]
    if not known:
        return None
    share = fmean(known)
    return (1 - share) / share if share else float("inf")
