"""Sharing out a pool: its sum from those who take part, a part of it by each key, within the bounds of each payee."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from itertools import accumulate, pairwise
from operator import add
from typing import Final

import polars as pl

from incentive_engine.engine.dealing import Groups, dealt, end, zeros
from incentive_engine.engine.filling import filled
from incentive_engine.exact import Exact, Scale
from incentive_engine.exact.counts import carrier, prove
from incentive_engine.kinds.base import Rounding
from incentive_engine.kinds.pools import PoolKind, SharedOut

GROUP: Final = "group"
FUND: Final = "fund"
MINIMUM: Final = "minimum"
MAXIMUM: Final = "maximum"
SUM: Final = "sum"
PAYEES: Final = "payees"
AMOUNT: Final = "amount"
SHORT: Final = "short"
_ROW, _AT = "\0row", "\0at"


def share_out(members: pl.DataFrame, pool: SharedOut, places: int) -> pl.DataFrame:
    """Every payee's amount, in counts of 10**-places, in the rows of `members` (payee × plan × segment, in any order).

    `members`: payee, plan, segment, group, and integer counts: `fund` at the places of the funding, `key.<part>` at
    those of the key, and `minimum` and `maximum` in minor units, where the pool has them; below zero counts as zero,
    but for the fund. A row that lacks one of these takes no part, nor does one whose minimum is above its maximum: all
    is null there. Given back: payee, plan, group; sum, payees; <part>.sum, <part>.keys, <part>.amount; amount; `short`:
    the sum is negative or less than the minimums need, and nobody has an amount. Raises CannotProve for numbers so
    large that sharing them out would not be exact.
    """
    bounds = [name for name in (MINIMUM, MAXIMUM) if name in members.columns]
    rows, found = _gathered(members, pool, bounds, places)
    groups = Groups(rows[_AT], found.height)
    minimums = groups.added(rows[MINIMUM]) if MINIMUM in bounds else zeros(found.height, pl.Int64())
    short = (found[SUM] < 0) | (found[SUM] < minimums)
    wholes = found.select(pl.when(~short).then(SUM).otherwise(0)).to_series()
    parts, amounts = _parts(groups, wholes, rows, pool)
    amount = reduce(add, amounts)
    if bounds:
        bounded = rows.select(pl.when(~groups.spread(short)).then(pl.col(*bounds)).otherwise(0))
        amount = _bounded(groups, wholes, amount, bounded)
    found = found.select(SUM, PAYEES, short.alias(SHORT)).hstack(parts.select(pl.when(~short).then(pl.all())))
    shared = pl.DataFrame([*amounts, amount.alias(AMOUNT)]).select(pl.when(~groups.spread(short)).then(pl.all()))
    place = _places(rows[_ROW], members.height)
    of_group = found.select(pl.all().gather(groups.at.gather(place)))
    return members.select("payee", "plan", GROUP).hstack([*of_group, *shared.select(pl.all().gather(place))])


def _gathered(
    members: pl.DataFrame, pool: SharedOut, bounds: Sequence[str], places: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Those who take part, group after group, in each by payee and then by plan; and the groups, like `funded`."""
    numbers = [*(f"key.{part}" for part in pool.parts), *bounds]
    rows = _in_order(members.with_row_index(_ROW))
    rows = rows.select(_ROW, "payee", GROUP, FUND, pl.col(numbers).clip(0)).drop_nulls()
    if len(bounds) == 2:
        rows = rows.filter(pl.col(MINIMUM) <= pl.col(MAXIMUM))
    groups = funded(rows, pool, places, [_ROW, *numbers])
    in_groups = groups.with_row_index(_AT).select(_AT, _ROW, *numbers)
    return in_groups.explode(_ROW, *numbers), groups.drop(_ROW, *numbers)


def funded(rows: pl.DataFrame, pool: PoolKind, places: int, listed: Sequence[str] = ()) -> pl.DataFrame:
    """The groups of the rows: group, sum (in counts of 10**-places), payees; and lists of what their rows hold.

    `rows`: payee, group and `fund`, as integer counts at the places of the pool's funding; nothing is missing. Lists
    keep the order of the rows; to sort rows by group instead costs twice as much. Who has several rows is one payee.
    """
    given = pool.fund.rounding(Rounding(places=places)).kept
    farthest = max(abs(end(rows[FUND].min())), abs(end(rows[FUND].max()))) * max(1, rows.height)
    prove(-farthest, farthest)
    fund = pl.col(FUND).cast(carrier(-farthest, farthest))
    payees = pl.col("payee").n_unique().cast(pl.Int64).alias(PAYEES)
    groups = rows.group_by(GROUP).agg(pool.fund.added(fund).alias(SUM), payees, pl.col(listed))
    total = Exact.column(SUM, Scale(given, -farthest, farthest)).rounded(places)
    return groups.with_columns(total.expr.alias(SUM))


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """By payee, plan and segment: most often they are so already, and to see that costs less than to sort."""
    payee, plan, segment = pl.col("payee"), pl.col("plan"), pl.col("segment")
    again = (plan > plan.shift()) | ((plan == plan.shift()) & (segment >= segment.shift()))
    later = (payee > payee.shift()) | ((payee == payee.shift()) & again)
    return rows if rows.select(later.all()).item() else rows.sort("payee", "plan", "segment")


def _parts(
    groups: Groups, wholes: pl.Series, rows: pl.DataFrame, pool: SharedOut
) -> tuple[pl.DataFrame, list[pl.Series]]:
    """Of each group, the sum of every part and that of its keys; of each row, its amount of every part."""
    whole = Exact.column(SUM, Scale(0, 0, end(wholes.max())))
    upto = accumulate((Fraction(part.share) for part in pool.parts.values()), initial=Fraction(0))
    frame = wholes.cast(carrier(0, whole.high)).to_frame(SUM)
    reached = [frame.select(whole.times(share).rounded(0).expr).to_series() for share in upto]
    sums, amounts = [], []
    for part, (before, after) in zip(pool.parts, pairwise(reached), strict=True):
        key, part_sum = rows[f"key.{part}"], after - before
        sums += [part_sum.alias(f"{part}.{SUM}"), groups.added(key).alias(f"{part}.keys")]
        amounts.append(dealt(groups, part_sum, key).alias(f"{part}.{AMOUNT}"))
    return pl.DataFrame(sums), amounts


def _bounded(groups: Groups, wholes: pl.Series, amount: pl.Series, bounds: pl.DataFrame) -> pl.Series:
    """The amounts within their bounds: the others make up for who is lifted or limited, in proportion.

    Shared out is what the parts shared out (less than the sum, where nobody has a key of a part), or what the minimums
    need, where that is more.
    """
    unbounded = {MINIMUM: pl.lit(0, wholes.dtype), MAXIMUM: pl.lit(end(wholes.max()), wholes.dtype)}
    rows = bounds.select(
        amount.alias("key"),
        *(pl.col(name) if name in bounds.columns else bound.alias(name) for name, bound in unbounded.items()),
    )
    wanted, needed = groups.added(amount), groups.added(rows[MINIMUM])
    return filled(groups, wanted.zip_with(wanted >= needed, needed), rows)


def _places(rows: pl.Series, height: int) -> pl.Series:
    """Where each of so many rows went; null for those that are not among `rows`."""
    nowhere = pl.repeat(None, height, dtype=pl.UInt32, eager=True)
    return nowhere.scatter(rows, pl.int_range(rows.len(), dtype=pl.UInt32, eager=True))
