"""Dealing out: each group's whole divided among its rows in proportion to keys, as integers that add up.

By cumulative rounding, as in `exact.allocation`, but down the rows, in their order: each share is the difference of two
rounded running sums, so that it is within one unit of exact and no remainder needs a home.
"""

from __future__ import annotations

import polars as pl

from incentive_engine.exact.counts import ONE, Counts, carrier, prove


def added(values: pl.Series, at: pl.Series, groups: int) -> pl.Series:
    """The sum of the values of each group; `at` says which group, 0 … groups − 1, a row belongs to. 0 for no rows."""
    most = max(abs(end(values.min())), abs(end(values.max()))) * values.len()
    prove(-most, most)
    dtype = carrier(-most, most)
    sums = pl.DataFrame([at.alias("at"), values.cast(dtype).alias("value")]).group_by("at").agg(pl.col("value").sum())
    return zeros(groups, dtype).scatter(sums["at"], sums["value"])


def dealt(wholes: pl.Series, keys: pl.Series, at: pl.Series) -> pl.Series:
    """Each row's share of the whole of its group; wholes and keys are not negative. 0 where the keys add up to 0."""
    totals = added(keys, at, wholes.len())
    most_key, most_whole = end(totals.max()), end(wholes.max())
    frame = pl.DataFrame(
        [
            at.alias("at"),
            _carried(keys, most_key).alias("key"),
            _carried(wholes, most_whole).gather(at).alias("whole"),
            _carried(totals, most_key).clip(1).gather(at).alias("total"),
        ]
    )
    frame = frame.with_columns(pl.col("key").cum_sum().over("at").alias("upto"))
    frame = frame.with_columns((pl.col("upto") - pl.col("key")).alias("before"))
    whole, total = Counts(pl.col("whole"), 0, most_whole), Counts(pl.col("total"), 1, max(1, most_key))

    def reached(upto: str) -> Counts:
        return Counts(pl.col(upto), 0, most_key).times(whole).quotient(ONE.low, total, "half_up")

    share = reached("upto").minus(reached("before")).known(0, most_whole)
    return frame.select(share.carried(share.dtype).alias("share"))["share"]


def zeros(length: int, dtype: pl.DataType) -> pl.Series:
    """As many zeros."""
    return pl.repeat(0, length, dtype=dtype, eager=True)


def _carried(counts: pl.Series, most: int) -> pl.Series:
    return counts.cast(carrier(0, most))


def end(value: object) -> int:
    """The smallest or the largest of integers; 0 of none."""
    return value if isinstance(value, int) else 0
