"""Dealing out: each group's whole divided among its rows in proportion to keys, as integers that add up.

By cumulative rounding, as in `exact.allocation`, but down the rows, in their order: each share is the difference of two
rounded running sums, so that it is within one unit of exact and no remainder needs a home. The rows of a group lie side
by side: running sums over all rows then give every sum of a group, at a fifth of what grouping by key costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from incentive_engine.exact.counts import Counts, carrier, prove


@dataclass(frozen=True)
class Groups:
    """Which of `count` groups each row belongs to, 0 … count − 1, group after group; a group may have no rows."""

    at: pl.Series
    count: int

    def spread(self, values: pl.Series) -> pl.Series:
        """In each row the value of its group."""
        return values.gather(self.at)

    def added(self, values: pl.Series) -> pl.Series:
        """The sum of the values of each group."""
        upto = self._upto(values)
        return (upto - upto.shift(1, fill_value=0)).alias(values.name)

    def running(self, values: pl.Series) -> pl.Series:
        """In each row the sum of the values of its group, down to this row."""
        wide = _summable(values)
        return wide.cum_sum() - self.spread(self._upto(values).shift(1, fill_value=0))

    def firsts(self) -> pl.Series:
        """Whether a row is the first of its group."""
        return (self.at != self.at.shift()).fill_null(True)

    @cached_property
    def _ends(self) -> pl.Series:
        """How many rows the groups up to each have."""
        return self.at.search_sorted(pl.int_range(self.count, dtype=pl.UInt32, eager=True), side="right")

    def _upto(self, values: pl.Series) -> pl.Series:
        """The sum of the values of each group and of those before it."""
        wide = _summable(values)
        before = zeros(1, wide.dtype)
        return pl.concat([before, wide.cum_sum()]).gather(self._ends)


def dealt(groups: Groups, wholes: pl.Series, keys: pl.Series) -> pl.Series:
    """Each row's share of the whole of its group; wholes and keys are not negative. 0 where the keys add up to 0."""
    totals = groups.added(keys)
    most_key, most_whole = end(totals.max()), end(wholes.max())
    frame = pl.DataFrame(
        {
            "upto": groups.running(keys).cast(carrier(0, most_key)),
            "whole": groups.spread(wholes.cast(carrier(0, most_whole))),
            "total": groups.spread(totals.clip(1).cast(carrier(0, most_key))),
            "first": groups.firsts(),
        }
    )
    whole, total = Counts(pl.col("whole"), 0, most_whole), Counts(pl.col("total"), 1, max(1, most_key))
    reached = Counts(pl.col("upto"), 0, most_key).times(whole).quotient(1, total, "half_up").known(0, most_whole)
    frame = frame.select("first", reached.expr.alias("reached"))
    share = pl.col("reached") - pl.when("first").then(0).otherwise(pl.col("reached").shift())
    return frame.select(share.alias("share"))["share"]


def zeros(length: int, dtype: pl.DataType) -> pl.Series:
    """As many zeros."""
    return pl.repeat(0, length, dtype=dtype, eager=True)


def end(value: object) -> int:
    """The smallest or the largest of integers; 0 of none."""
    return value if isinstance(value, int) else 0


def _summable(values: pl.Series) -> pl.Series:
    """The values in what carries the sum of all."""
    most = max(abs(end(values.min())), abs(end(values.max()))) * values.len()
    prove(-most, most)
    return values.cast(carrier(-most, most))
