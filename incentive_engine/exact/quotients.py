"""A quotient: counts × unit ÷ a divisor where there is one, and what is proved about it.

A division is put off until something rounds: of a quotient of two columns both are kept, and constants go to the unit.
Values meet over one unit and one divisor, with a missing divisor of one making them all missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

import polars as pl

from incentive_engine.exact.counts import LARGEST, ONE, Counts
from incentive_engine.exact.units import MOST_PLACES, common_unit


@dataclass(frozen=True, eq=False, slots=True)
class Quotient:
    """A number in each row, or missing: `expr` × `unit`, divided by `per` where there is one.

    `expr` holds integers proved to lie within low..high, in the carrier that `dtype` names. `unit` may be negative,
    `per` is positive; `fixed` when `expr` holds the same literal in every row.
    """

    expr: pl.Expr
    unit: Fraction
    low: int
    high: int
    per: Counts | None = None
    fixed: bool = False

    @property
    def counts(self) -> Counts:
        """The integers above the line."""
        return Counts(self.expr, self.low, self.high, self.fixed)

    @property
    def constant(self) -> Fraction | None:
        """The value where every row has the same one, by construction."""
        return self.low * self.unit if self.fixed and self.per is None else None

    @property
    def dtype(self) -> pl.DataType:
        """What carries the counts: Int64 or Int128."""
        return self.counts.dtype

    @property
    def bounds(self) -> tuple[Fraction, Fraction]:
        """The interval in which every value is proved to lie."""
        below = (1,) if self.per is None else (self.per.low, self.per.high)
        reached = [self.unit * count / divisor for count in (self.low, self.high) for divisor in below]
        return min(reached), max(reached)

    @property
    def finite_places(self) -> int | None:
        """The fewest decimal places that hold the value exactly in every row.

        None where it may not end, or has more decimals or digits than Decimal(38) holds.
        """
        if self.per is not None:
            return None
        power = next((places for places in range(MOST_PLACES + 1) if 10**places % self.unit.denominator == 0), None)
        reach = 0 if power is None else max(abs(self.low), abs(self.high)) * abs(self.unit) * 10**power
        return power if reach <= LARGEST else None

    @property
    def missing(self) -> pl.Expr:
        """Whether the value is missing: true or false, never null."""
        above = pl.lit(False) if self.fixed else self.expr.is_null()
        return above if self.per is None else above | self.per.expr.is_null()


def in_unit(value: Quotient, unit: Fraction) -> Counts:
    """The counts above the line in this unit, of which the value's unit is a multiple."""
    if value.unit == unit or value.low == value.high == 0:
        return value.counts
    return value.counts.times(Counts.of((value.unit / unit).numerator))


def product(pers: Iterable[Counts]) -> Counts | None:
    """The divisors multiplied, None without any."""
    multiplied = reduce(Counts.times, pers, ONE)
    return None if multiplied is ONE else multiplied


def aligned(values: Sequence[Quotient]) -> tuple[Fraction, list[Counts], Counts | None]:
    """The values over one unit and one divisor. A missing divisor makes the others missing too."""
    unit = common_unit(value.unit for value in values if value.low or value.high)
    counts = [in_unit(value, unit) for value in values]
    pers = {id(value.per): value.per for value in values if value.per is not None}
    for number, value in enumerate(values):
        others = [per for per in pers.values() if per is not value.per]
        counts[number] = reduce(Counts.times, others, counts[number])
    return unit, counts, product(pers.values())
