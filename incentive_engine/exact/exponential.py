"""The exponential, and the S-shaped curve made of it: correctly rounded to 15 places, and from there on exact.

No float takes part. Each argument that differs is worked out once, with as many digits as it takes for the 15th place
to be certain: e to a fraction other than 0 is never a fraction, so that there is always such a number of digits. Doing
the same in Polars was not tried: Int128 has no room for the guard digits.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import cache, lru_cache

import polars as pl

from incentive_engine.exact.counts import Counts, carrier
from incentive_engine.exact.units import Number
from incentive_engine.exact.value import Exact, as_exact, exact_of

PLACES = 15
"""Decimal places of what comes out."""
FARTHEST = 40
"""Arguments beyond ±40 count as ±40: e to −40 is 0 in 15 places, e to 40 has 18 digits before them."""
_GUARD = 8
_UNIT = Fraction(10) ** -PLACES
_HALF = Decimal("0.5")
_BITS = 112
_ONE = 1 << _BITS
_DOUBT = _ONE >> 50  # 2**-100 in counts of 10**-15


def exponential(argument: Exact) -> Exact:
    """The power of e, rounded half up to 15 places; an argument beyond ±40 counts as ±40."""
    if argument.constant is not None:
        return Exact.of(power_of_e(argument.constant))
    low, high = (_counts(bound.numerator, bound.denominator) for bound in argument.bounds)
    dtype, per, unit = carrier(low, high), argument.per, argument.unit

    def worked_out(given: pl.Series) -> pl.Series:
        """Each pair of counts and divisor once, read back by pair."""
        rows = given.struct.unnest()
        different = rows.unique().drop_nulls()
        pairs = different.iter_rows()
        found = [_counts(unit.numerator * above, unit.denominator * below) for above, below in pairs]
        powers = different.with_columns(pl.Series("power", found, dtype=dtype))
        return rows.join(powers, on=["above", "below"], how="left", maintain_order="left")["power"]

    below = Counts.of(1) if per is None else per
    pair = pl.struct(argument.expr.alias("above"), below.expr.alias("below"))
    expr = pair.map_batches(worked_out, return_dtype=dtype, is_elementwise=True)
    return exact_of(Counts(expr, low, high), _UNIT)


def power_of_e(argument: Fraction) -> Fraction:
    """`exponential` of one number."""
    return _counts(argument.numerator, argument.denominator) * _UNIT


def logistic(
    value: Exact, midpoint: Exact | Number, width: Exact | Number, low: Exact | Number, high: Exact | Number
) -> Exact:
    """An S from `low` to `high`: of what lies between, 1 ÷ (1 + e) from the midpoint on, e ÷ (1 + e) below it.

    Here e = exp(−|value − midpoint| ÷ width), to 15 places; nothing else is rounded. The same S with one formula, and
    an e that grows without end below the midpoint, has no room in 38 digits. Raises CannotProve where the width is not
    proved to differ from zero.
    """
    beyond, start, end = value.minus(midpoint), as_exact(low), as_exact(high)
    above = beyond.at_least(0)
    near, far = (Exact.choose((above, one), otherwise=other) for one, other in ((end, start), (start, end)))
    e = exponential(beyond.absolute().negated().over(width))  # named as seldom as can be: Polars asks Python each time
    return far.times(e).plus(near).over(e.plus(1))


@lru_cache(maxsize=2**17)  # batches of one column repeat their arguments
def _counts(above: int, below: int) -> int:
    """The power of e to above ÷ below, in counts of 10**-15; `below` is positive."""
    if not -FARTHEST * below < above < FARTHEST * below:
        above, below = (FARTHEST if above > 0 else -FARTHEST), 1
    count = _by_table(-above, below) if above <= 0 else None
    return _by_decimals(above, below) if count is None else count


def _by_table(above: int, below: int) -> int | None:
    """E to the power of −above ÷ below, not beyond −40; None where its last place is not certain.

    Binary fractions of 112 bits: the whole part and two parts of 8 bits come from tables, and of a rest r < 2**-16 six
    terms are enough. All together is off by less than 2**-100. Four times as fast as decimals.
    """
    whole, part = divmod((above << _BITS) // below, _ONE)
    first, second, rest = part >> (_BITS - 8), (part >> (_BITS - 16)) & 255, part & ((_ONE >> 16) - 1)
    power = _ONE
    for term in (6, 5, 4, 3, 2, 1):
        power = _ONE - (rest * power >> _BITS) // term
    for number, steps in ((whole, 1), (first, 2**8), (second, 2**16)):
        power = power * _powers(steps)[number] >> _BITS
    count, tail = divmod(power * 10**PLACES + _ONE // 2, _ONE)
    return count if _DOUBT < tail < _ONE - _DOUBT else None


@cache
def _powers(steps: int) -> tuple[int, ...]:
    """E to the power of 0, −1 ÷ steps, −2 ÷ steps and so on, in counts of 2**-112."""
    context = Context(prec=60, rounding=ROUND_HALF_EVEN)
    each = (context.exp(context.divide(Decimal(-number), Decimal(steps))) for number in range(256))
    return tuple(int(context.multiply(power, Decimal(_ONE))) for power in each)


def _by_decimals(above: int, below: int) -> int:
    guard = _GUARD
    while True:
        # The argument is off by 20 in the last of these digits, and the power by less than 10**-guard counts.
        digits = max(0, above // (2 * below) + 1) + PLACES + guard + 3
        context = Context(prec=digits, rounding=ROUND_HALF_EVEN)
        power = context.scaleb(context.exp(context.divide(Decimal(above), Decimal(below))), PLACES)
        nearest = power.to_integral_value(ROUND_HALF_EVEN)
        to_the_tie = context.subtract(_HALF, context.abs(context.subtract(power, nearest)))
        if to_the_tie > context.scaleb(Decimal(1), -guard):
            return int(nearest)
        guard *= 2
