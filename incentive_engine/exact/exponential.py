"""The exponential, and the S-shaped curve made of it: correctly rounded to 15 places, and from there on exact.

No float takes part. A power of at most 1 is worked out in integers that are off by less than a thousandth of the last
place; where that leaves it uncertain which way to round, and for powers above 1, decimals take over, with as many
digits as it takes: e to a fraction other than 0 is never a fraction, so that there is always such a number of digits.
Decimals alone took eight times as long for 12 columns of 20,000 different arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import cache, lru_cache, reduce
from itertools import accumulate, repeat

import polars as pl

from incentive_engine.exact.counts import INT64, INT128, ZERO, CannotProve, Counts, carrier, literal
from incentive_engine.exact.units import Number
from incentive_engine.exact.value import Exact, as_exact, exact_of

PLACES = 15
"""Decimal places of what comes out."""
FARTHEST = 40
"""Arguments beyond ±40 count as ±40: e to −40 is 0 in 15 places, e to 40 has 18 digits before them."""
_GUARD = 8
_UNIT = Fraction(10) ** -PLACES
_HALF = Decimal("0.5")
_FEW = 1000
"""So many arguments take less time one by one than the tables of powers."""
_COARSE, _FINE, _FINE_STEPS = 10**3, 10**8, 10**5
"""The steps of the two tables: thousandths of 1, and of each of them as many parts as the last number says."""
_LAST = 9000
_SCALE = _LAST * 10**PLACES
"""What integers of 64 bits hold of a power: so many counts to the last place, and to 1."""
_NAMES = ("steps", "rest", "coarse", "fine", "cut", "lacks", "power", "count")


def exponential(argument: Exact) -> Exact:
    """The power of e, rounded half up to 15 places; an argument beyond ±40 counts as ±40."""
    if argument.constant is not None:
        return Exact.of(power_of_e(argument.constant))
    low, high = (_counts(bound.numerator, bound.denominator) for bound in argument.bounds)
    dtype, unit = carrier(low, high), argument.unit
    above, below = argument.counts, Counts.of(1) if argument.per is None else argument.per

    @cache
    def stages() -> tuple[list[pl.Expr], ...]:
        return _stages(above, below, unit)

    def worked_out(given: pl.Series) -> pl.Series:
        """By integers where those are certain; else each pair of counts and divisor once, read back by pair."""
        rows = given.struct.unnest()
        powers = pl.repeat(None, rows.height, dtype=dtype, eager=True)
        if rows.height > _FEW and stages():
            powers = reduce(pl.DataFrame.select, stages(), rows).to_series().cast(dtype)
        unsure = powers.is_null().arg_true()
        different = rows[unsure].unique().drop_nulls()
        found = [_counts(unit.numerator * above, unit.denominator * below) for above, below in different.iter_rows()]
        by_pair = different.with_columns(pl.Series("power", found, dtype=dtype))
        rest = rows[unsure].join(by_pair, on=["above", "below"], how="left", maintain_order="left")
        return powers.scatter(unsure, rest["power"])

    pair = pl.struct(above.expr.alias("above"), below.expr.alias("below"))
    expr = pair.map_batches(worked_out, return_dtype=dtype, is_elementwise=True)
    return exact_of(Counts(expr, low, high), _UNIT)


def _stages(above: Counts, below: Counts, unit: Fraction) -> tuple[list[pl.Expr], ...]:
    """What gives e to unit × above ÷ below in counts of 10**-15; null where that is above 1, or may round either way.

    −argument is a + b + t, a in whole thousandths, b < 10**-3 in whole steps of 10**-8, t < 10**-8 cut at 10**-20. The
    power is A − A × z, where A is e to −a, and z = b' + t − t × (b' + t ÷ 2) with b' = 1 − e to −b. A and A × z are in
    counts of 1 ÷ `_SCALE`. A, from its table, is off by 1/2; z by less than 11 × 10**-20, which is 1 count: 1/2 from
    the table of b', 5 from b' × t² ÷ 2 that is left out, and 1 for each cut: of t at 10**-20 and, in the product, at
    10**-17, of b' and t ÷ 2 there at 10**-12, and of the product. A × z is cut to a whole count, so that the power lies
    between Q − 2.5 and Q + 1.5: the last place is certain but where one of Q − 2 … Q + 1 is a tie.
    """
    try:
        apart = _taken_apart(above, below, unit)
    except CannotProve:  # too many digits
        return ()
    steps, rest, coarse, fine, cut, lacks, power, count = map(pl.col, _NAMES)
    to_the_thousandth, below_it = pl.lit(_coarse()).gather(coarse), pl.lit(_fine()).gather(steps - coarse * _FINE_STEPS)
    less = coarse.cast(INT128) * lacks.cast(INT128) // literal(10**20, INT128)
    after_tie = power - count * _LAST + _LAST // 2
    return (
        *apart,
        [steps, rest, (steps // _FINE_STEPS).alias("coarse"), (rest // 10**3).alias("cut")],
        [rest, cut, to_the_thousandth.alias("coarse"), below_it.alias("fine")],
        [coarse, (fine + rest - cut * (fine // 10**8 + cut // (2 * 10**5)) // 10**9).alias("lacks")],
        [(coarse - less.cast(INT64, wrap_numerical=True)).alias("power")],
        [power, ((power + _LAST // 2) // _LAST).alias("count")],
        [pl.when(after_tie.is_between(3, _LAST - 2)).then(count).alias("count")],
    )


def _taken_apart(above: Counts, below: Counts, unit: Fraction) -> tuple[list[pl.Expr], ...]:
    """−argument, up to 40, as whole `steps` of 10**-8 and the `rest` in counts of 10**-20; null where it is negative.

    Raises CannotProve where that leaves 38 digits.
    """
    size = _column("above", above).times(Counts.of(-unit.numerator))
    divisor = _column("below", below).times(Counts.of(unit.denominator))
    most = divisor.times(Counts.of(FARTHEST))
    dtype = carrier(size.low, size.high, most.high)
    given, farthest = size.carried(dtype), most.carried(dtype)
    near = pl.when(given < literal(0, dtype)).then(None).when(given > farthest).then(farthest).otherwise(given)
    size = Counts(pl.col("size"), 0, max(0, min(size.high, most.high)))
    scaled = size.times(Counts.of(_FINE))
    steps = scaled.divided(divisor, ZERO, "floor").known(0, FARTHEST * _FINE)
    left = scaled.minus(_column("steps", steps).times(divisor)).known(0, divisor.high)
    rest = left.times(Counts.of(10**12)).divided(divisor, ZERO, "floor").known(0, 10**12)
    return (
        [near.cast(size.dtype).alias("size"), pl.col("below")],
        [pl.col("size", "below"), steps.expr.alias("steps")],
        [pl.col("steps"), rest.expr.alias("rest")],
    )


def _column(name: str, counts: Counts) -> Counts:
    return counts if counts.fixed else Counts(pl.col(name), counts.low, counts.high)


@cache
def _coarse() -> pl.Series:
    """E to the power of 0, −0.001, −0.002 and so on, in counts of 1 ÷ `_SCALE`."""
    return pl.Series(_powers(FARTHEST * _COARSE + 1, _COARSE, _SCALE), dtype=INT64)


@cache
def _fine() -> pl.Series:
    """What e to the power of 0, −10**-8, −2 × 10**-8 and so on lacks to 1, in counts of 10**-20."""
    return pl.Series([10**20 - power for power in _powers(_FINE_STEPS, _FINE, 10**20)], dtype=INT64)


def _powers(many: int, steps: int, scale: int) -> list[int]:
    """E to the power of 0, −1 ÷ steps, −2 ÷ steps and so on: so many, in counts of 1 ÷ scale, rounded."""
    context, bits = Context(prec=70, rounding=ROUND_HALF_EVEN), 200  # 100,000 products are off by less than 2**-180
    each = int(context.multiply(context.exp(context.divide(Decimal(-1), Decimal(steps))), Decimal(2**bits)))
    powers = accumulate(repeat(each, many - 1), lambda power, factor: power * factor >> bits, initial=2**bits)
    return [(power * scale >> (bits - 1)) + 1 >> 1 for power in powers]


def power_of_e(argument: Fraction) -> Fraction:
    """`exponential` of one number."""
    return _counts(argument.numerator, argument.denominator) * _UNIT


def logistic(
    value: Exact,
    midpoint: Exact | Number,
    width: Exact | Number,
    low: Exact | Number,
    high: Exact | Number,
    store: Callable[[Exact], Exact] = lambda power: power,
) -> Exact:
    """An S from `low` to `high`: of what lies between, 1 ÷ (1 + e) from the midpoint on, e ÷ (1 + e) below it.

    Here e = exp(−|value − midpoint| ÷ width), to 15 places; nothing else is rounded. The same S with one formula, and
    an e that grows without end below the midpoint, has no room in 38 digits. `store` makes a column of e, if it can:
    otherwise Polars works it out again wherever it is named. Raises CannotProve where the width is not proved to differ
    from zero.
    """
    beyond, start, end = value.minus(midpoint), as_exact(low), as_exact(high)
    above = beyond.at_least(0)
    near, far = (Exact.choose((above, one), otherwise=other) for one, other in ((end, start), (start, end)))
    e = store(exponential(beyond.absolute().negated().over(width)))
    return far.times(e).plus(near).over(e.plus(1))


@lru_cache(maxsize=2**12)
def _counts(above: int, below: int) -> int:
    """The power of e to above ÷ below, in counts of 10**-15; `below` is positive."""
    if not -FARTHEST * below < above < FARTHEST * below:
        above, below = (FARTHEST if above > 0 else -FARTHEST), 1
    return _by_decimals(above, below)


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
