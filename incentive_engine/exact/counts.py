"""Counts: integers, one a row, proved to lie within an interval, which alone decides what carries them.

Int64 where the interval fits and Int128 where it does not; what could leave Decimal(38) is refused before anything
runs, because Polars integers wrap silently. A product is widened before it is worked out, and a proof of the result
narrows it again. The one integer division is here, with the six ways of rounding it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import polars as pl

from incentive_engine.exact.picking import OneAtOnce, Which

Mode: TypeAlias = Literal["half_up", "half_even", "down", "up", "floor", "ceil"]

LARGEST = 10**38 - 1
INT64, INT128, INDEX = pl.Int64(), pl.Int128(), pl.UInt32()


class CannotProve(ValueError):
    """A result cannot be proved to fit, or a divisor to differ from zero; `what` says it in words for the user."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)


@dataclass(frozen=True, eq=False, slots=True)
class Counts:
    """Integers, one a row, proved to lie within low..high; `fixed` when every row holds the same literal."""

    expr: pl.Expr
    low: int
    high: int
    fixed: bool = False

    def __post_init__(self) -> None:
        prove(self.low, self.high)

    @staticmethod
    @lru_cache(maxsize=8192)
    def of(count: int) -> Counts:
        """The same integer in every row."""
        prove(count, count)  # before a literal is made of it, which Polars could not hold
        return Counts(literal(count, carrier(count)), count, count, fixed=True)

    @property
    def dtype(self) -> pl.DataType:
        """What carries these integers: decided by the interval alone, so that all partitions agree."""
        return carrier(self.low, self.high)

    def carried(self, dtype: pl.DataType) -> pl.Expr:
        """The expression in this carrier or a wider one; Polars would wrap where a product needs the wider one."""
        if self.fixed:
            return literal(self.low, dtype)
        return self.expr if self.dtype is dtype else self.expr.cast(dtype)

    def known(self, low: int, high: int) -> Counts:
        """The same integers, known by other means to lie within low..high as well."""
        low, high = max(low, self.low), min(high, self.high)
        return self if self.fixed else Counts(narrowed(self.expr, self.dtype, carrier(low, high)), low, high)

    def plus(self, other: Counts) -> Counts:
        if self._is(0) or other._is(0):
            return other if self._is(0) else self
        return _worked(operator.add, (self.low + other.low, self.high + other.high), self, other)

    def minus(self, other: Counts) -> Counts:
        """The difference; also how a sign is changed, because unary minus raises on Int128."""
        if other._is(0):
            return self
        return _worked(operator.sub, (self.low - other.high, self.high - other.low), self, other)

    def times(self, other: Counts) -> Counts:
        if self._is(1) or other._is(1):
            return other if self._is(1) else self
        return _worked(operator.mul, _corners(operator.mul, self, other), self, other)

    def quotient(self, by: int, per: Counts | None, mode: Mode) -> Counts:
        """This ÷ (by × per), rounded; both are positive."""
        if per is None:
            return self.divided(Counts.of(by), Counts.of(by // 2), mode)
        if by % 2 and mode in ("half_up", "half_even"):  # half of a column is then whole, and costs no division
            return self.times(TWO).divided(per.times(Counts.of(2 * by)), per.times(Counts.of(by)), mode)
        return self.divided(per.times(Counts.of(by)), per.times(Counts.of(by // 2)), mode)

    def divided(self, divisor: Counts, half: Counts, mode: Mode) -> Counts:
        """This ÷ divisor, rounded: (n + offset) // d. The divisor is positive, and twice `half` if not a constant."""
        if divisor._is(1):
            return self
        lifted = self.plus(self._offset(divisor, half, mode))
        corners = _corners(lambda n, d: _divided(n, d, mode), self, divisor)
        return _worked(operator.floordiv, corners, lifted, divisor)

    def _offset(self, divisor: Counts, half: Counts, mode: Mode) -> Counts:
        """What to add before the floor division; an odd divisor has no tie, so that it needs no sign."""
        most = divisor.minus(ONE)
        tie = half if divisor.fixed and divisor.low % 2 else half.minus(ONE)
        if mode == "half_even" and tie is not half:
            floor = _worked(operator.floordiv, _corners(operator.floordiv, self, divisor), self, divisor)
            return tie.plus(_worked(operator.and_, (0, 1), floor, ONE))  # the last bit; `% 2` costs three times that
        from_zero, below_zero = {
            "floor": (ZERO, ZERO),
            "ceil": (most, most),
            "down": (ZERO, most),
            "up": (most, ZERO),
            "half_up": (half, tie),
            "half_even": (half, half),
        }[mode]
        if self.low >= 0 or from_zero is below_zero:
            return from_zero
        if self.high <= 0:
            return below_zero
        return chosen([(self.expr < literal(0, self.dtype), below_zero)], from_zero)

    def clipped(self, low: Counts | None, high: Counts | None) -> Counts:
        """Clipped to constants, to `high` where they cross; a bound that is proved to hold costs nothing."""
        floor = None if low is None else low.low if high is None else min(low.low, high.low)
        floor = None if floor is None or floor <= self.low else floor
        cap = None if high is None or high.low >= self.high else high.low
        if floor is None and cap is None:
            return self
        reached = [end if floor is None else max(end, floor) for end in (self.low, self.high)]
        lowest, highest = (end if cap is None else min(end, cap) for end in reached)
        if self.fixed:
            return Counts.of(lowest)
        wide = carrier(self.low, self.high, lowest, highest)
        expr = _clipped(self.carried(wide), wide, floor, cap)
        return Counts(narrowed(expr, wide, carrier(lowest, highest)), lowest, highest)

    def _is(self, count: int) -> bool:
        return self.fixed and self.low == count


def prove(low: int, high: int) -> None:
    """Raises CannotProve where integers that reach this far have no carrier."""
    if low < -LARGEST or high > LARGEST:
        power = Decimal(max(abs(low), abs(high))).adjusted()  # `len(str(…))` stops at 4,300 digits
        raise CannotProve(f"a value could reach 10^{power} of its smallest unit, more than 10^38 - 1")


def carrier(*reached: int) -> pl.DataType:
    """What carries integers that reach this far."""
    return INT64 if min(reached) >= -(2**63) and max(reached) < 2**63 else INT128


@lru_cache(maxsize=8192)
def literal(value: int | None, dtype: pl.DataType) -> pl.Expr:
    """A typed literal: a bare int of 2**64 or more turns Int64 into null, silently. Cached: one costs 40 µs."""
    return pl.lit(value, dtype=dtype)


def narrowed(expr: pl.Expr, wide: pl.DataType, narrow: pl.DataType) -> pl.Expr:
    """Back to the carrier of a proved interval; the proof stands for the check, which would cost twice the cast."""
    return expr if wide is narrow else expr.cast(narrow, wrap_numerical=True)


def _worked(work: Callable[[Any, Any], Any], interval: tuple[int, int], *operands: Counts) -> Counts:
    """The operation in a carrier that holds the operands and the result."""
    if all(operand.fixed for operand in operands):
        return Counts.of(work(*(operand.low for operand in operands)))
    wide = carrier(*interval, *(end for operand in operands for end in (operand.low, operand.high)))
    expr = work(*(operand.carried(wide) for operand in operands))
    return Counts(narrowed(expr, wide, carrier(*interval)), *interval)


def _corners(work: Callable[[int, int], int], left: Counts, right: Counts) -> tuple[int, int]:
    reached = [work(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
    return min(reached), max(reached)


def _divided(number: int, divisor: int, mode: Mode) -> int:
    """The rounding modes once more, on Python integers: for bounds and constants."""
    floor, rest = divmod(number, divisor)
    past, tie = 2 * rest > divisor, 2 * rest == divisor
    raised = {
        "floor": False,
        "ceil": rest > 0,
        "down": rest > 0 and number < 0,
        "up": rest > 0 and number > 0,
        "half_up": past or (tie and number > 0),
        "half_even": past or (tie and floor % 2 == 1),
    }
    return floor + raised[mode]


def _clipped(expr: pl.Expr, dtype: pl.DataType, floor: int | None, cap: int | None) -> pl.Expr:
    low = None if floor is None else literal(floor, dtype)
    high = None if cap is None else literal(cap, dtype)
    if dtype is INT128 or not expr.meta.is_column():
        return expr.clip(low, high)
    # On a plain Int64 column comparisons cost half of a clip; elsewhere they would work out the expression three times.
    if low is None or high is None:
        passed, bound = (expr > high, high) if low is None else (expr < low, low)
        return pl.when(passed).then(bound).otherwise(expr)
    return pl.when(expr < low).then(low).when(expr > high).then(high).otherwise(expr)


def chosen(branches: Sequence[tuple[pl.Expr, Counts | None]], otherwise: Counts | None) -> Counts:
    """The first branch whose condition is true; the caller guards the conditions that may be null."""
    values = [value for value in (*(value for _, value in branches), otherwise) if value is not None]
    low, high = min(value.low for value in values), max(value.high for value in values)
    dtype = carrier(low, high)
    expr: Any = pl
    for condition, value in branches:
        expr = expr.when(condition).then(literal(None, dtype) if value is None else value.carried(dtype))
    return Counts(expr if otherwise is None else expr.otherwise(otherwise.carried(dtype)), low, high)


def gathered(counts: Sequence[int | None], row: Which) -> Counts:
    """Row by row the entry of a table; a constant where all entries are the same."""
    present = [count for count in counts if count is not None] or [0]
    low, high = min(present), max(present)
    prove(low, high)
    if low == high and None not in counts:
        return Counts.of(low)
    dtype = carrier(low, high)
    if isinstance(row, OneAtOnce):
        return Counts(row.column(counts, dtype), low, high)
    return Counts(pl.lit(pl.Series(counts, dtype=dtype)).gather(row), low, high)


ZERO, ONE, TWO = Counts.of(0), Counts.of(1), Counts.of(2)
