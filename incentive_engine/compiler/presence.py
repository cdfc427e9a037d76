"""Presence: how much of the period counts, in units of the plan's proration, and what leave takes out of it."""

from __future__ import annotations

from typing import Final

import polars as pl

from incentive_engine.compiler.context import Context
from incentive_engine.compiler.inputs import DAYS_AWAY, DAYS_LEFT_OUT, DAYS_WORKED, FIRST_DAY, LAST_DAY, OWN_DAYS
from incentive_engine.exact import Exact, Scale

DAYS: Final = "days_present"
PRORATION: Final = "proration"
SHARE_OF_WORK: Final = "share_of_work"


def prorated(context: Context) -> Exact | None:
    """The share of the period that counts: days present, less those that leave takes out, of those of the period."""
    plan, stages = context.first, context.stages
    kind = plan.proration
    if kind is None:
        return None
    for column in kind.needs:
        context.text(column)
        context.hold(f"missing-{column}", pl.col(column).is_null(), f"`{column}` is empty, and the plan is prorated")
    first, last = context.text(FIRST_DAY), context.text(LAST_DAY)
    units = kind.before(last + pl.duration(days=1), plan.calendar) - kind.before(first, plan.calendar)
    known = pl.all_horizontal(pl.lit(True), *(pl.col(column).is_not_null() for column in kind.needs))
    stages.column(DAYS, pl.when(known).then(units.clip(0, _most(context))))
    stages.numbers[DAYS] = counted = Exact.column(DAYS, Scale(0, 0, _most(context)))
    if plan.leave is not None:
        counted = counted.minus(_input(context, DAYS_AWAY)).maximum(0)
    return context.rounded(PRORATION, counted.over(_whole(context)), kind.rounding)


def share_of_work(context: Context) -> Exact:
    """The share of the period that the payee was there and not on leave, whatever the leave does to pay."""
    plan = context.first
    assert plan.proration is not None, "a check asks for one"
    if SHARE_OF_WORK not in context.stages.numbers:
        worked = _input(context, DAYS_WORKED)
        context.rounded(SHARE_OF_WORK, worked.over(_whole(context)), plan.proration.rounding)
    return context.stages.numbers[SHARE_OF_WORK]


def _most(context: Context) -> int:
    """The units of the whole period."""
    plan = context.first
    assert plan.proration is not None
    return plan.proration.whole(plan.period, plan.calendar)


def _whole(context: Context) -> Exact:
    """What shares of the period are counted in: all of it, without what leave leaves out; at least one unit."""
    plan = context.first
    assert plan.proration is not None
    whole = Exact.of(_most(context))
    if plan.proration.of_own_days:
        context.text(OWN_DAYS)
        whole = Exact.column(OWN_DAYS, Scale(0, 0, _most(context)))
    return (whole if plan.leave is None else whole.minus(_input(context, DAYS_LEFT_OUT))).maximum(1)


def _input(context: Context, name: str) -> Exact:
    """Units that lie within the period, worked out before."""
    value = Exact.column(name, Scale(0, 0, _most(context)))
    context.stages.input(name, value)
    return value
