"""Sharing out a pool: its sum from those who take part, a part of it by each key, within the bounds of each payee."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from itertools import accumulate, pairwise
from operator import add
from typing import Final

import polars as pl

from incentive_engine.engine.dealing import added, dealt, end, zeros
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
_ROW = "\0row"


def share_out(members: pl.DataFrame, pool: SharedOut, places: int) -> pl.DataFrame:
    """Every payee's amount, in counts of 10**-places, in the rows of `members` (payee × plan, in any order).

    `members`: payee, plan, group, and integer counts: `fund` at the places of the funding, `key.<part>` at those of the
    key, and `minimum` and `maximum` in minor units, where the pool has them; below zero counts as zero, but for the
    fund. A row that lacks one of these takes no part, nor does one whose minimum is above its maximum: all is null
    there. Given back: payee, plan, group; sum, payees; <part>.sum, <part>.keys, <part>.amount; amount; `short`: the sum
    is negative or less than the minimums need, and nobody has an amount. Raises CannotProve for numbers so large that
    sharing them out would not be exact.
    """
    keys = [f"key.{part}" for part in pool.parts]
    bounds = [name for name in (MINIMUM, MAXIMUM) if name in members.columns]
    rows = members.with_row_index(_ROW).drop_nulls([GROUP, FUND, *keys, *bounds])
    rows = _in_order(rows.with_columns(pl.col(*keys, *bounds).clip(0)))
    if len(bounds) == 2:
        rows = rows.filter(pl.col(MINIMUM) <= pl.col(MAXIMUM))
    groups, at = funded(rows, pool, places)
    minimums = added(rows[MINIMUM], at, groups.height) if MINIMUM in bounds else zeros(groups.height, pl.Int64())
    short = (groups[SUM] < 0) | (groups[SUM] < minimums)
    wholes = groups.select(pl.when(~short).then(SUM).otherwise(0)).to_series()
    is_short = short.gather(at).alias(SHORT)
    shared = _parts(rows, at, wholes, pool)
    amount = reduce(add, (shared[f"{part}.{AMOUNT}"] for part in pool.parts))
    if bounds:
        amount = _bounded(rows.with_columns(pl.when(~is_short).then(pl.col(*bounds)).otherwise(0)), at, amount, wholes)
    shared = shared.with_columns(amount.alias(AMOUNT)).select(pl.when(~is_short).then(pl.all()))
    known = [groups[name].gather(at) for name in (SUM, PAYEES)]
    return _in_place(
        members.select("payee", "plan", GROUP), rows[_ROW], pl.DataFrame(known).hstack([*shared, is_short])
    )


def funded(rows: pl.DataFrame, pool: PoolKind, places: int) -> tuple[pl.DataFrame, pl.Series]:
    """The groups of the rows: group, payees, sum (counts of 10**-places); and the place of each row's group among them.

    `rows`: group and `fund`, as integer counts at the places of the pool's funding; nothing is missing.
    """
    given = pool.fund.rounding(Rounding(places=places)).kept
    farthest = max(abs(end(rows[FUND].min())), abs(end(rows[FUND].max()))) * max(1, rows.height)
    prove(-farthest, farthest)
    fund = pl.col(FUND).cast(carrier(-farthest, farthest))
    groups = rows.group_by(GROUP).agg(pool.fund.added(fund).alias(SUM), pl.len().cast(pl.Int64).alias(PAYEES))
    total = Exact.column(SUM, Scale(given, -farthest, farthest)).rounded(places)
    groups = groups.select(GROUP, PAYEES, total.expr.alias(SUM))
    places_of = groups.select(GROUP).with_row_index("at")
    return groups, rows.select(GROUP).join(places_of, on=GROUP, how="left", maintain_order="left")["at"]


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """By payee, then by plan: most often they are so already, and to see that costs less than to sort."""
    payee, plan = pl.col("payee"), pl.col("plan")
    later = (payee > payee.shift()) | ((payee == payee.shift()) & (plan >= plan.shift()))
    return rows if rows.select(later.all()).item() else rows.sort("payee", "plan")


def _parts(rows: pl.DataFrame, at: pl.Series, wholes: pl.Series, pool: SharedOut) -> pl.DataFrame:
    """For each part its sum, the sum of its keys, and each row's amount."""
    whole = Exact.column(SUM, Scale(0, 0, end(wholes.max())))
    upto = accumulate((Fraction(part.share) for part in pool.parts.values()), initial=Fraction(0))
    reached = wholes.cast(carrier(0, whole.high)).to_frame(SUM)
    sums = [reached.select(whole.times(share).rounded(0).expr).to_series() for share in upto]
    columns = []
    for part, (before, after) in zip(pool.parts, pairwise(sums), strict=True):
        key, part_sum = rows[f"key.{part}"], after - before
        columns += [
            part_sum.gather(at).alias(f"{part}.{SUM}"),
            added(key, at, wholes.len()).gather(at).alias(f"{part}.keys"),
            dealt(part_sum, key, at).alias(f"{part}.{AMOUNT}"),
        ]
    return pl.DataFrame(columns)


def _bounded(rows: pl.DataFrame, at: pl.Series, amount: pl.Series, wholes: pl.Series) -> pl.Series:
    """The amounts within their bounds: the others make up for who is lifted or limited, in proportion.

    Shared out is what the parts shared out (less than the sum, where nobody has a key of a part), or what the minimums
    need, where that is more.
    """
    dtype = wholes.dtype
    limited = rows.select(
        at.alias("at"),
        amount.alias("key"),
        pl.col(MINIMUM) if MINIMUM in rows.columns else pl.lit(0, dtype).alias(MINIMUM),
        pl.col(MAXIMUM) if MAXIMUM in rows.columns else pl.lit(end(wholes.max()), dtype).alias(MAXIMUM),
    )
    wanted, needed = (added(limited[name], at, wholes.len()) for name in ("key", MINIMUM))
    return filled(limited, wanted.zip_with(wanted >= needed, needed))


def _in_place(members: pl.DataFrame, places: pl.Series, shared: pl.DataFrame) -> pl.DataFrame:
    """The rows of `members` with what was shared out, null where a row took no part."""
    if places.len() == members.height and places.is_sorted():
        return members.hstack(shared)
    placed = shared.with_columns(places)
    return members.with_row_index(_ROW).join(placed, on=_ROW, how="left", maintain_order="left").drop(_ROW)
