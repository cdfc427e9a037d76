"""Leave: when payees were away, and how much of a period that takes out of what is paid.

However rows overlap, each day of a payee is away once, for the first type that claims it. What an absence was for goes
no further than this module: readers get numbers of units.
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

_OWNER, _TYPE, _SINCE, _UNTIL, _UNITS, _AT = "\0owner", "\0type", "\0since", "\0until", "\0units", "\0at"
_REDUCES, _NEUTRAL, _UNWORKED = "\0reduces", "\0neutral", "\0unworked"
_DAYS: Final = 2**22
"""More than there are days: segment × this + day is one integer, and those of one segment exceed those before."""
_A_DAY: Final = pl.duration(days=1)
_LENGTH: Final = (pl.col(_UNTIL) - pl.col(_SINCE)).dt.total_days() + 1


@dataclass(frozen=True, slots=True)
class Away:
    """When payees were there and on leave: row of the segment, owner, first and last day, place of the type.

    No day of a payee is in two of its rows.
    """

    leave: Leave
    frame: pl.DataFrame


def time_away(rules: RuleSet, tables: Mapping[str, Table], people: People) -> Away | None:
    """The leave of people on days of their segments; None where the rules know no leave."""
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
    since, until = pl.max_horizontal("from", FIRST_DAY).alias(_SINCE), pl.min_horizontal("to", LAST_DAY).alias(_UNTIL)
    spans = both.select(ROW, _OWNER, _TYPE, since, until).filter(pl.col(_SINCE) <= pl.col(_UNTIL))
    return Away(rules.leave, _once(spans.sort(ROW, _SINCE)))


def _once(spans: pl.DataFrame) -> pl.DataFrame:
    """The spans, sorted, with each day once: where several claim it, for the type that stands first."""
    since, until = (pl.col(ROW).cast(pl.Int64) * _DAYS + pl.col(end).cast(pl.Int32) for end in (_SINCE, _UNTIL))
    twice = spans.filter((since <= until.cum_max().shift()).fill_null(False))[ROW]
    overlapping = pl.col(ROW).is_in(twice.unique().implode())
    days = spans.filter(overlapping).with_columns(pl.date_ranges(_SINCE, _UNTIL).alias(_SINCE)).explode(_SINCE)
    first = days.group_by(ROW, _OWNER, _SINCE).agg(pl.col(_TYPE).min()).with_columns(pl.col(_SINCE).alias(_UNTIL))
    return pl.concat([spans.filter(~overlapping), first.select(spans.columns)]).sort(ROW, _SINCE)


def is_away(away: Away, plans: Sequence[ResolvedPlan], rows: pl.DataFrame, by: str) -> pl.Series:
    """Boolean per row (of a segment, a plan in the column `by`, first_day, last_day): whether no day of it counts."""
    within = _within(_with_effects(away, plans, rows, by, ROW).filter(_REDUCES))
    days = within.group_by(_AT).agg(_LENGTH.sum().alias(_UNITS))
    length = (rows[LAST_DAY] - rows[FIRST_DAY]).dt.total_days() + 1
    reduced = pl.zeros(rows.height, dtype=pl.Int64, eager=True).scatter(days[_AT], days[_UNITS])
    return (reduced == length) & (length > 0)


def with_leave(
    wide: pl.DataFrame, rows: pl.Series, program: Program, people: People, away: Away | None
) -> pl.DataFrame:
    """The wide frame, with what leave takes out of the days of each of its rows, as far as the program reads it.

    `rows`: the segment of each row.
    """
    asked = [name for name in OF_LEAVE if name in program.inputs]
    if not asked:
        return wide
    placed = wide.select(PLAN, FIRST_DAY, LAST_DAY, rows.alias(ROW))
    return wide.hstack(leave_columns(away, program.plans, placed, people).select(asked))


def leave_columns(away: Away | None, plans: Sequence[ResolvedPlan], rows: pl.DataFrame, people: People) -> pl.DataFrame:
    """What leave takes out of each row (of a segment, a plan by its place, first_day, last_day), in their order.

    `plans`: of one shape. Gives Int64 units of the proration: days_away, days_left_out, days_worked.
    """
    kind, calendar = plans[0].proration, plans[0].calendar
    assert kind is not None, "only prorated plans read this"

    def units(since: str, until: str) -> pl.Expr:
        return kind.before(pl.col(until) + _A_DAY, calendar) - kind.before(pl.col(since), calendar)

    segments = _segments(people).with_columns(units(FIRST_DAY, LAST_DAY).clip(0).alias(_UNITS))
    owners = segments[_OWNER].gather(rows[ROW])
    worked = segments.group_by(_OWNER, maintain_order=True).agg(pl.col(_UNITS).sum())[_UNITS].gather(owners)
    none = pl.zeros(rows.height, dtype=pl.Int64, eager=True)
    if away is None:
        return pl.DataFrame({DAYS_AWAY: none, DAYS_LEFT_OUT: none, DAYS_WORKED: worked})
    of_owner = _with_effects(away, plans, rows.with_columns(owners), PLAN, _OWNER)
    of_row = _within(_with_effects(away, plans, rows, PLAN, ROW))

    def added(spans: pl.DataFrame, effect: str) -> pl.Series:
        sums = spans.filter(effect).group_by(_AT).agg(units(_SINCE, _UNTIL).sum().alias(_UNITS))
        return none.clone().scatter(sums[_AT], sums[_UNITS])

    return pl.DataFrame(
        {
            DAYS_AWAY: added(of_row, _REDUCES),
            DAYS_LEFT_OUT: added(of_owner, _NEUTRAL),
            DAYS_WORKED: worked - added(of_owner, _UNWORKED),
        }
    )


def _segments(people: People) -> pl.DataFrame:
    """Row, owner, first and last day of every segment."""
    frame = people.table.frame
    owner = pl.int_range(pl.len(), dtype=pl.UInt32) if people.owners is None else pl.lit(people.owners)
    return frame.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW), owner.alias(_OWNER), FIRST_DAY, LAST_DAY)


def _within(spans: pl.DataFrame) -> pl.DataFrame:
    """What of each span lies within the days of its row."""
    since, until = pl.max_horizontal(_SINCE, FIRST_DAY).alias(_SINCE), pl.min_horizontal(_UNTIL, LAST_DAY).alias(_UNTIL)
    return spans.with_columns(since, until).filter(pl.col(_SINCE) <= pl.col(_UNTIL))


def _with_effects(away: Away, plans: Sequence[ResolvedPlan], rows: pl.DataFrame, by: str, on: str) -> pl.DataFrame:
    """Each leave of each row, joined by its segment or its owner, and what it does to the plan's pay."""
    effects = [
        (place, number, effect in ("reduces_payout", "neutral"), effect == "neutral", effect != "counts")
        for place, plan in enumerate(plans)
        for number, each in enumerate(away.leave.types.values())
        for effect in (each.effect_on(plan.pays),)
    ]
    flags = dict.fromkeys((_REDUCES, _NEUTRAL, _UNWORKED), pl.Boolean())
    table = pl.DataFrame(effects, pl.Schema({by: rows.schema[by], _TYPE: pl.UInt16(), **flags}), orient="row")
    placed = rows.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias(_AT), on, by, FIRST_DAY, LAST_DAY)
    return placed.join(away.frame.select(on, _SINCE, _UNTIL, _TYPE), on=on).join(table, on=[by, _TYPE])
