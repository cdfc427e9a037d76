"""What payees get only together: shares of pools, pay for all of their time or none, and what was decided besides.

It comes back as columns of the wide frames, before any row's own payout is worked out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from incentive_engine.compiler.inputs import PLAN, AdjustmentRanges
from incentive_engine.compiler.pools import SHORT
from incentive_engine.compiler.program import Program
from incentive_engine.engine.adjusting import Decided, decide, nothing_decided
from incentive_engine.engine.adjustments import Decisions
from incentive_engine.engine.pools import pooled
from incentive_engine.engine.timings import Timings

_PAID, _HELD, _DUE = "\0paid", "\0held", "\0due"  # no header is so
ONCE = "\0once"
"""Boolean: whether a row is the first of its payee in its plan and department; not there where all rows are."""


@dataclass(frozen=True, slots=True)
class Given:
    """The wide frames with all that their programs read, one row per pool × group, and what became of adjustments."""

    frames: tuple[pl.DataFrame, ...]
    pools: pl.DataFrame
    decided: Decided


@dataclass(frozen=True, slots=True)
class Together:
    """What is known of all payees of a calculation, whatever the numbers of their plans are."""

    in_segments: bool
    """Whether somebody may be paid one thing in several segments."""
    decisions: Decisions | None
    ranges: AdjustmentRanges | None
    unplanned: pl.DataFrame
    """Payees of whom nobody knows what they would be paid for."""
    blocked: pl.DataFrame
    """Payee × pays that no plan evaluates."""
    currency: str

    def given(self, programs: Sequence[Program], frames: Sequence[pl.DataFrame], timings: Timings) -> Given:
        """Works it out of frames of a row per payee × plan with what programs read of each payee alone."""
        with timings.step("pools"):
            given, pools = pooled(programs, frames)
        if self.in_segments:
            with timings.step("segments"):
                given, pools = _of_whole_time(programs, frames, given, pools)
                given = [_told_once(wide) for wide in given]
        decided = nothing_decided()
        if self.decisions is not None and self.ranges is not None:
            with timings.step("adjustments"):
                given, decided = decide(
                    programs, given, self.decisions, self.ranges, self.unplanned, self.blocked, self.currency
                )
        return Given(tuple(given), pools, decided)


def _of_whole_time(
    programs: Sequence[Program], frames: Sequence[pl.DataFrame], given: list[pl.DataFrame], pools: pl.DataFrame
) -> tuple[list[pl.DataFrame], pl.DataFrame]:
    """Without segments of payees of whom others cannot be paid: nobody is paid for a part of the time.

    `frames`: before, `given`: after pools were shared out; they are shared out again among those who are left. First go
    those beside a segment that is held for itself, for a pool may be too small only because of them.
    """
    for by_pools in (False, True) if any(program.pooled for program in programs) else (False,):
        found = [_held_and_due(program, wide, by_pools) for program, wide in zip(programs, given, strict=True)]
        if not any(each[_HELD].any() for each in found):
            continue
        doubtful = pl.concat([each.filter(_HELD).select("payee", "pays") for each in found]).unique()
        beside = pl.struct("payee", "pays").is_in(doubtful.to_struct().implode())
        dropped = [each.select(pl.col(_DUE) & beside).to_series() for each in found]
        frames = [frame.filter(~each) for frame, each in zip(frames, dropped, strict=True)]
        given, pools = pooled(programs, frames)
    return given, pools


def _held_and_due(program: Program, wide: pl.DataFrame, by_pools: bool) -> pl.DataFrame:
    """Payee, pays, whether the row is held, for itself or because of its pool, and whether nothing else holds it."""
    short = pl.lit(False) if program.pooled is None else pl.col(SHORT).fill_null(False)
    rows = program.evaluate(wide.lazy()).select(program.paid.alias(_PAID), short.alias(SHORT))
    paid, short_of = rows.collect(engine="streaming").get_columns()
    held = ~paid & (short_of if by_pools else ~short_of)
    due = paid if by_pools else ~held
    return wide.select("payee", _pays(program)).with_columns(held.alias(_HELD), due.alias(_DUE))


def _told_once(wide: pl.DataFrame) -> pl.DataFrame:
    same = pl.struct("payee", PLAN, *({"department"} & set(wide.columns)))
    return wide.with_columns(same.is_first_distinct().alias(ONCE))


def _pays(program: Program) -> pl.Expr:
    return pl.lit(pl.Series([plan.pays for plan in program.plans])).gather(pl.col(PLAN)).alias("pays")
