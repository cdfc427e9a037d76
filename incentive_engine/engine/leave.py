"""Leave: on which days payees were away, and how much of a period that takes out of what is paid.

The day is what is looked at: however rows overlap, each day of a payee is away once, for the first type that claims it.
What an absence was for goes no further than this module: readers get numbers of units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import (
    DAYS_AWAY,
    DAYS_LEFT_OUT,
    DAYS_WORKED,
    FIRST_DAY,
    LAST_DAY,
    OF_LEAVE,
    PLAN,
)
from incentive_engine.compiler.program import Program
from incentive_engine.engine.dated import NEVER
from incentive_engine.engine.segments import ROW, People
from incentive_engine.facts import Table
from incentive_engine.rulesets.contracts import LEAVE, WORKFORCE
from incentive_engine.rulesets.leave import Leave
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import ResolvedPlan

_OWNER, _DAY, _TYPE, _UNITS, _AT = "\0owner", "\0day", "\0type", "\0units", "\0at"
_REDUCES, _NEUTRAL, _UNWORKED = "\0reduces", "\0neutral", "\0unworked"
_A_DAY: Final = pl.duration(days=1)


@dataclass(frozen=True, slots=True)
class DaysAway:
    """Each day on which a payee was there and on leave: row of the segment, owner, day, place of the type; sorted."""

    leave: Leave
    frame: pl.DataFrame


def days_away(rules: RuleSet, tables: Mapping[str, Table], people: People) -> DaysAway | None:
    """The days of people's segments on which they were away; None where the rules know no leave."""
    if rules.leave is None:
        return None
    places, payees = rules.leave.places, tables[WORKFORCE].frame["payee"]
    leave = tables[LEAVE].frame.select(
        pl.col("payee").cast(pl.Enum(payees), strict=False).to_physical().cast(pl.UInt32).alias(_OWNER),
        pl.col("type").replace_strict(list(places), list(places.values()), return_dtype=pl.UInt16).alias(_TYPE),
        "from",
        pl.col("to").fill_null(NEVER),
    )
    both = _segments(people).join(leave.drop_nulls(_OWNER), on=_OWNER)
    first, last = pl.max_horizontal("from", FIRST_DAY), pl.min_horizontal("to", LAST_DAY)
    spans = both.filter(first <= last).select(ROW, _OWNER, _TYPE, pl.date_ranges(first, last).alias(_DAY))
    days = spans.explode(_DAY).group_by(ROW, _OWNER, _DAY).agg(pl.col(_TYPE).min())
    return DaysAway(rules.leave, days.sort(ROW, _DAY))


def is_away(away: DaysAway, plans: Sequence[ResolvedPlan], rows: pl.DataFrame, by: str) -> pl.Series:
    """Boolean per row (of a segment, a plan in the column `by`, first_day, last_day): whether no day of it counts."""
    days = _with_effects(away, plans, rows, by, ROW).filter(_REDUCES).filter(_within()).group_by(_AT).len(_UNITS)
    length = (rows[LAST_DAY] - rows[FIRST_DAY]).dt.total_days() + 1
    reduced = pl.zeros(rows.height, dtype=pl.Int64, eager=True).scatter(days[_AT], days[_UNITS].cast(pl.Int64))
    return (reduced == length) & (length > 0)


def with_leave(
    wide: pl.DataFrame, rows: pl.Series, program: Program, people: People, away: DaysAway | None
) -> pl.DataFrame:
    """The wide frame, with what leave takes out of the days of each of its rows, as far as the program reads it.

    `rows`: the segment of each row.
    """
    asked = [name for name in OF_LEAVE if name in program.inputs]
    if not asked:
        return wide
    placed = wide.select(PLAN, FIRST_DAY, LAST_DAY, rows.alias(ROW))
    return wide.hstack(leave_columns(away, program.plans, placed, people).select(asked))


def leave_columns(
    away: DaysAway | None, plans: Sequence[ResolvedPlan], rows: pl.DataFrame, people: People
) -> pl.DataFrame:
    """What leave takes out of each row (of a segment, a plan by its place, first_day, last_day), in their order.

    `plans`: of one shape. Gives Int64 units of the proration: days_away, days_left_out, days_worked.
    """
    kind, calendar = plans[0].proration, plans[0].calendar
    assert kind is not None, "only prorated plans read this"
    units = kind.before(pl.col(LAST_DAY) + _A_DAY, calendar) - kind.before(pl.col(FIRST_DAY), calendar)
    segments = _segments(people).with_columns(units.clip(0).alias(_UNITS))
    present = segments.select(ROW, pl.col(_UNITS).sum().over(_OWNER))
    worked = rows.select(ROW).join(present, on=ROW, how="left", maintain_order="left")[_UNITS]
    if away is None:
        none = pl.zeros(rows.height, dtype=pl.Int64, eager=True)
        return pl.DataFrame({DAYS_AWAY: none, DAYS_LEFT_OUT: none, DAYS_WORKED: worked})
    owned = rows.join(segments.select(ROW, _OWNER), on=ROW, how="left", maintain_order="left")
    of_day = kind.before(pl.col(_DAY) + _A_DAY, calendar) - kind.before(pl.col(_DAY), calendar)
    days = _with_effects(away, plans, owned, PLAN, _OWNER).with_columns(of_day.alias(_UNITS))
    sums = days.group_by(_AT).agg(
        pl.col(_UNITS).filter(_REDUCES, _within()).sum().alias(DAYS_AWAY),
        pl.col(_UNITS).filter(_NEUTRAL).sum().alias(DAYS_LEFT_OUT),
        pl.col(_UNITS).filter(_UNWORKED).sum().alias(DAYS_WORKED),
    )
    found = rows.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias(_AT))
    found = found.join(sums, on=_AT, how="left", maintain_order="left").drop(_AT).fill_null(0)
    return found.with_columns((worked - found[DAYS_WORKED]).alias(DAYS_WORKED))


def _segments(people: People) -> pl.DataFrame:
    """Row, owner, first and last day of every segment."""
    frame = people.table.frame
    owner = pl.int_range(pl.len(), dtype=pl.UInt32) if people.owners is None else pl.lit(people.owners)
    return frame.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW), owner.alias(_OWNER), FIRST_DAY, LAST_DAY)


def _within() -> pl.Expr:
    return pl.col(_DAY).is_between(FIRST_DAY, LAST_DAY)


def _with_effects(away: DaysAway, plans: Sequence[ResolvedPlan], rows: pl.DataFrame, by: str, on: str) -> pl.DataFrame:
    """Each day away of each row, joined by its segment or its owner, and what it does to the plan's pay."""
    effects = [
        (place, number, effect in ("reduces_payout", "neutral"), effect == "neutral", effect != "counts")
        for place, plan in enumerate(plans)
        for number, each in enumerate(away.leave.types.values())
        for effect in (each.effect_on(plan.pays),)
    ]
    flags = dict.fromkeys((_REDUCES, _NEUTRAL, _UNWORKED), pl.Boolean())
    table = pl.DataFrame(effects, pl.Schema({by: rows.schema[by], _TYPE: pl.UInt16(), **flags}), orient="row")
    placed = rows.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias(_AT), on, by, FIRST_DAY, LAST_DAY)
    return placed.join(away.frame.select(on, _DAY, _TYPE), on=on).join(table, on=[by, _TYPE])
