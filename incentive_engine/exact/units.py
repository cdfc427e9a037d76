"""Units: what one count stands for, as a fraction, so that constant factors touch no row and never round."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from incentive_engine.exact.counts import CannotProve

Number: TypeAlias = int | Fraction | Decimal | str
Points: TypeAlias = Sequence[tuple[Number, Number]]

MOST_PLACES = 38
"""The decimal places that a Decimal(38) has at most."""
_FARTHEST = 100


@dataclass(frozen=True, slots=True)
class Scale:
    """What a column of integers means: counts of 10**-places, all within low..high."""

    places: int
    low: int
    high: int

    @property
    def contains_negative(self) -> bool:
        """Whether a value below zero is possible."""
        return self.low < 0

    def span(self) -> tuple[Fraction, Fraction]:
        """The smallest and the largest value."""
        unit = Fraction(10) ** -self.places
        return self.low * unit, self.high * unit


def as_fraction(value: Number) -> Fraction:
    """The number as written. Raises TypeError for a float: it has lost what was written."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        raise TypeError(f"{value!r} is not an exact number: write an int, Fraction, Decimal or text")
    if isinstance(value, str) and "/" not in value:
        value = Decimal(value.strip())
    if isinstance(value, Decimal) and value and abs(value.adjusted()) > _FARTHEST:
        # A fraction would fill the memory with digits.
        raise CannotProve(f"a number of about 10^{value.adjusted()} is too far from what can be worked out exactly")
    return Fraction(value)


def common_unit(values: Iterable[Fraction]) -> Fraction:
    """The largest unit of which all values are multiples; 1 where all are zero."""
    some = [value for value in values if value.numerator]
    above, below = math.gcd(*(value.numerator for value in some)), math.lcm(*(value.denominator for value in some))
    return Fraction(above, below) if some else Fraction(1)


def counted(values: Iterable[Fraction], unit: Fraction) -> list[int]:
    """The values as counts of a unit of which they are multiples."""
    above, below = unit.numerator, unit.denominator
    return [value.numerator * (below // value.denominator) // above for value in values]
