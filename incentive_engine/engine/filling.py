"""Water filling: shares in proportion to keys, none below its minimum or above its maximum, that add up to the whole.

A share is λ × key, limited to its bounds, with one λ for the whole group. It is found by fixing variables (Bretthauer
and Shetty): share out in proportion among the free; of those who would get less than their minimum and those who would
get more than their maximum, fix the side that is further off in all; share out what is left; until nobody is off.
Exact, because λ = left ÷ keys is only ever compared across the division. Road not taken: to sort by the points where
bounds begin to bind, which would need fractions to sort by.
"""

from __future__ import annotations

import polars as pl

from incentive_engine.engine.dealing import Groups, dealt, end, zeros
from incentive_engine.exact.counts import carrier, prove


def filled(groups: Groups, wholes: pl.Series, rows: pl.DataFrame) -> pl.Series:
    """Each row's share of the whole of its group; what no key and no maximum can take is left over.

    `rows`: `key`, `minimum`, `maximum`: integers, not negative, minimum ≤ maximum, and the minimums of a group not
    above its whole. Who has no key gets the minimum. Those whom no bound limits share by cumulative rounding in the
    order of the rows: each gets an integer next to its exact share.
    """
    most = max(end(wholes.max()), end(groups.added(rows["key"]).max()))
    prove(0, 2 * most * most)  # what is compared: whole × key, bound × keys, and their sums over a group
    wide = carrier(0, 2 * most * most)
    rows = rows.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
        groups.at.alias("at"),
        pl.col("key").cast(wide),
        *(pl.col(name).clip(upper_bound=pl.lit(most, rows.schema[name])).cast(wide) for name in ("minimum", "maximum")),
    )
    left, free = wholes.cast(wide), rows.filter(pl.col("key") > 0)
    limited = rows.filter(pl.col("key") == 0).select("row", "at", bound="minimum")
    settled = [limited]
    while free.height:
        left = left - Groups(limited["at"], groups.count).added(limited["bound"]).cast(wide)
        free, limited = _limited(free, left)
        settled.append(limited)
    fixed = pl.concat(settled)
    keys = rows["key"].scatter(fixed["row"], zeros(fixed.height, wide))
    return dealt(groups, left, keys) + zeros(rows.height, wide).scatter(fixed["row"], fixed["bound"])


def _limited(free: pl.DataFrame, left: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Who is still free in the groups where anyone is off, and who is fixed now, and at which bound."""
    groups = Groups(free["at"], left.len())
    keys = groups.added(free["key"]).cast(left.dtype)
    share, all_keys = pl.lit(groups.spread(left)) * pl.col("key"), pl.lit(groups.spread(keys))
    free = free.with_columns(
        (pl.col("minimum") * all_keys - share).clip(0).alias("under"),
        (share - pl.col("maximum") * all_keys).clip(0).alias("over"),
    )
    under, over = (groups.added(free[side]) for side in ("under", "over"))
    lifted = (free["under"] > 0) & groups.spread(under >= over)
    capped = (free["over"] > 0) & groups.spread(over >= under)
    still = ~lifted & ~capped & groups.spread((under > 0) | (over > 0))
    fixed = free.with_columns(pl.when(lifted).then("minimum").otherwise("maximum").alias("bound"))
    return free.filter(still).drop("under", "over"), fixed.filter(lifted | capped).select("row", "at", "bound")
