"""Exact arithmetic on columns: integers that count a unit, with a proved interval. Nothing else rounds or divides.

A value is counts × unit (÷ per). The unit is a Python `Fraction`, so that constant factors touch no row and never
round; the counts are Int64 where their proved interval fits and Int128 where it does not, and what could leave
Decimal(38) is refused before anything runs, because Polars integers wrap silently. Missing is null and stays null:
every operation that would swallow a null is guarded here, once. Roads not taken: Float64 (department means gave 37 bit
patterns over 72 settings of threads and row order), Decimal columns (× and ÷ round to the input scale; 5 to 7 times
slower).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import chain, pairwise
from typing import Any, Literal, TypeAlias

import polars as pl

Number: TypeAlias = int | Fraction | Decimal | str
Mode: TypeAlias = Literal["half_up", "half_even", "down", "up", "floor", "ceil"]
Points: TypeAlias = Sequence[tuple[Number, Number]]

LARGEST = 10**38 - 1
_INT64, _INT128, _INDEX = pl.Int64(), pl.Int128(), pl.UInt32()


class CannotProve(ValueError):
    """A result cannot be proved to fit, or a divisor to differ from zero; `what` says it in words for the user."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)


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


@dataclass(frozen=True, eq=False, slots=True)
class Counts:
    """Integers, one a row, proved to lie within low..high; `fixed` when every row holds the same literal."""

    expr: pl.Expr
    low: int
    high: int
    fixed: bool = False

    def __post_init__(self) -> None:
        if self.low < -LARGEST or self.high > LARGEST:
            reach = max(abs(self.low), abs(self.high))
            raise CannotProve(f"a value could reach 10^{len(str(reach)) - 1} of its smallest unit, more than 10^38 - 1")

    @staticmethod
    @lru_cache(maxsize=8192)
    def of(count: int) -> Counts:
        """The same integer in every row."""
        return Counts(_literal(count, _carrier(count)), count, count, fixed=True)

    @property
    def dtype(self) -> pl.DataType:
        """What carries these integers: decided by the interval alone, so that all partitions agree."""
        return _carrier(self.low, self.high)

    def carried(self, dtype: pl.DataType) -> pl.Expr:
        """The expression in this carrier or a wider one; Polars would wrap where a product needs the wider one."""
        if self.fixed:
            return _literal(self.low, dtype)
        return self.expr if self.dtype is dtype else self.expr.cast(dtype)

    def known(self, low: int, high: int) -> Counts:
        """The same integers, known by other means to lie within low..high as well."""
        low, high = max(low, self.low), min(high, self.high)
        return self if self.fixed else Counts(_narrowed(self.expr, self.dtype, _carrier(low, high)), low, high)

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
        return _chosen([(self.expr < _literal(0, self.dtype), below_zero)], from_zero)

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
        wide = _carrier(self.low, self.high, lowest, highest)
        expr = _clipped(self.carried(wide), wide, floor, cap)
        return Counts(_narrowed(expr, wide, _carrier(lowest, highest)), lowest, highest)

    def _is(self, count: int) -> bool:
        return self.fixed and self.low == count


Per: TypeAlias = Counts


def _carrier(*reached: int) -> pl.DataType:
    return _INT64 if min(reached) >= -(2**63) and max(reached) < 2**63 else _INT128


@lru_cache(maxsize=8192)
def _literal(value: int | None, dtype: pl.DataType) -> pl.Expr:
    """A typed literal: a bare int of 2**64 or more turns Int64 into null, silently. Cached: one costs 40 µs."""
    return pl.lit(value, dtype=dtype)


def _narrowed(expr: pl.Expr, wide: pl.DataType, narrow: pl.DataType) -> pl.Expr:
    """Back to the carrier of a proved interval; the proof stands for the check, which would cost twice the cast."""
    return expr if wide is narrow else expr.cast(narrow, wrap_numerical=True)


def _worked(work: Callable[[Any, Any], Any], interval: tuple[int, int], *operands: Counts) -> Counts:
    """The operation in a carrier that holds the operands and the result."""
    if all(operand.fixed for operand in operands):
        return Counts.of(work(*(operand.low for operand in operands)))
    wide = _carrier(*interval, *(end for operand in operands for end in (operand.low, operand.high)))
    expr = work(*(operand.carried(wide) for operand in operands))
    return Counts(_narrowed(expr, wide, _carrier(*interval)), *interval)


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
    low = None if floor is None else _literal(floor, dtype)
    high = None if cap is None else _literal(cap, dtype)
    if dtype is _INT128 or not expr.meta.is_column():
        return expr.clip(low, high)
    # On a plain Int64 column comparisons cost half of a clip; elsewhere they would work out the expression three times.
    if low is None or high is None:
        passed, bound = (expr > high, high) if low is None else (expr < low, low)
        return pl.when(passed).then(bound).otherwise(expr)
    return pl.when(expr < low).then(low).when(expr > high).then(high).otherwise(expr)


def _chosen(branches: Sequence[tuple[pl.Expr, Counts | None]], otherwise: Counts | None) -> Counts:
    """The first branch whose condition is true; the caller guards the conditions that may be null."""
    values = [value for value in (*(value for _, value in branches), otherwise) if value is not None]
    low, high = min(value.low for value in values), max(value.high for value in values)
    dtype = _carrier(low, high)
    expr: Any = pl
    for condition, value in branches:
        expr = expr.when(condition).then(_literal(None, dtype) if value is None else value.carried(dtype))
    return Counts(expr if otherwise is None else expr.otherwise(otherwise.carried(dtype)), low, high)


ZERO, ONE, TWO = Counts.of(0), Counts.of(1), Counts.of(2)


@dataclass(frozen=True, eq=False, slots=True)
class Exact:
    """An exact number in each row, or missing: `expr` × `unit`, divided by `per` where there is one.

    `expr` holds integers proved to lie within low..high, in the carrier that `dtype` names. `unit` may be negative.
    """

    expr: pl.Expr
    unit: Fraction
    low: int
    high: int
    per: Per | None = None
    fixed: bool = False

    @classmethod
    def of(cls, value: Number) -> Exact:
        """A constant. Raises TypeError for a float: it has lost what was written."""
        fraction = _fraction(value)
        return _exact(ONE, fraction) if fraction else _exact(ZERO, Fraction(1))

    @classmethod
    def column(cls, name: str, scale: Scale) -> Exact:
        """An integer column, Int64 or Int128 as its scale's interval says."""
        return cls(pl.col(name), Fraction(10) ** -scale.places, scale.low, scale.high)

    @classmethod
    def integer(cls, expr: pl.Expr, scale: Scale) -> Exact:
        """An integer expression of any width, such as `pl.len()`, cast to its carrier."""
        return cls(expr.cast(_carrier(scale.low, scale.high)), Fraction(10) ** -scale.places, scale.low, scale.high)

    @classmethod
    def varying(cls, values: Sequence[Number | None], by: pl.Expr) -> Exact:
        """A parameter that differs by plan: a row in which `by` is i has values[i]; None is missing."""
        present = [_fraction(value) for value in values if value is not None]
        unit = _common_unit(present)
        counts = iter(_counted(present, unit))
        return _exact(_gathered([None if value is None else next(counts) for value in values], by), unit)

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
        """The fewest decimal places that hold the value exactly in every row; None where it may not end."""
        rest, places = self.unit.denominator, 0
        while rest % 10 in (0, 2, 4, 5, 6, 8) and rest > 1:
            rest, places = rest // math.gcd(rest, 10), places + 1
        return places if rest == 1 and self.per is None else None

    @property
    def missing(self) -> pl.Expr:
        """Whether the value is missing: true or false, never null."""
        above = pl.lit(False) if self.fixed else self.expr.is_null()
        return above if self.per is None else above | self.per.expr.is_null()

    def over_or_missing(self, other: Exact | Number) -> Exact:
        """The exact quotient, missing where the divisor is zero."""
        right = _as_exact(other)
        if not right.low <= 0 <= right.high:
            return self.over(right)
        if right.low == right.high:
            return self.masked(pl.lit(False))
        if right.low == 0 or right.high == 0:
            low, high = (1, right.high) if right.low == 0 else (right.low, -1)
            return self.over(_exact(right.masked(right.differs(0)).counts.known(low, high), right.unit, right.per))
        negative, positive = right.below(0), right.above(0)
        size = Exact.choose((negative, right.negated()), (positive, right))
        signed = Exact.choose((negative, self.negated()), (positive, self))
        return signed.over(_exact(size.counts.known(1, LARGEST), size.unit, size.per))

    def negated(self) -> Exact:
        return replace(self, unit=-self.unit)

    def plus(self, other: Exact | Number) -> Exact:
        return total_of([self, _as_exact(other)])

    def minus(self, other: Exact | Number) -> Exact:
        return total_of([self, _as_exact(other).negated()])

    def times(self, other: Exact | Number) -> Exact:
        """The product; a constant factor changes the unit only."""
        right = _as_exact(other)
        unit, counts = self.unit * right.unit, self.counts.times(right.counts)
        if right.constant is None and self.constant is None:
            return _exact(counts, unit, _product([per for per in (self.per, right.per) if per]))
        return _exact(counts, unit, self.per or right.per)

    def over(self, other: Exact | Number) -> Exact:
        """The exact quotient: nothing is rounded, the divisor is kept in `per` until something rounds.

        Raises CannotProve where the divisor is not proved to differ from zero.
        """
        right = _as_exact(other)
        if right.low <= 0 <= right.high:
            raise CannotProve("a divisor could be zero")
        unit = self.unit / right.unit
        if right.constant is not None:
            return replace(self, unit=unit / right.low)
        below = right.counts if right.low > 0 else ZERO.minus(right.counts)
        above = self.counts.times(right.per) if right.per else self.counts
        pers = [below] if self.per is None else [below, self.per]
        return _exact(above, unit if right.low > 0 else -unit, _product(pers))

    def rounded(self, places: int, mode: Mode = "half_up") -> Exact:
        """Rounded to 10**-places, which becomes the unit; `places` may be negative."""
        unit = Fraction(10) ** -places
        ratio = self.unit / unit
        return _exact(self.counts.times(Counts.of(ratio.numerator)).quotient(ratio.denominator, self.per, mode), unit)

    def clipped(self, low: Exact | Number | None = None, high: Exact | Number | None = None) -> Exact:
        """Not below `low` and not above `high`; `high` wins where they cross; missing where a bound is missing."""
        floor, cap = (None if bound is None else _as_exact(bound) for bound in (low, high))
        if self.per is not None or any(bound is not None and bound.constant is None for bound in (floor, cap)):
            raised = self if floor is None else greatest([self, floor])
            return raised if cap is None else least([raised, cap])
        values = [value for value in (self, floor, cap) if value is not None]
        unit = _common_unit(value.unit for value in values if value.low or value.high)
        low_count = None if floor is None else _in_unit(floor, unit)
        high_count = None if cap is None else _in_unit(cap, unit)
        return _exact(_in_unit(self, unit).clipped(low_count, high_count), unit)

    def minimum(self, other: Exact | Number) -> Exact:
        """The smaller; missing where either is missing."""
        return self.clipped(None, other)

    def maximum(self, other: Exact | Number) -> Exact:
        """The larger; missing where either is missing."""
        return self.clipped(other, None)

    def or_else(self, other: Exact | Number) -> Exact:
        """The value, or `other` where it is missing."""
        right = _as_exact(other)
        if self.fixed and self.per is None:
            return self
        if self.per is not None or right.per is not None:
            return Exact.choose((self.missing, right), otherwise=self)
        unit, (first, second), _ = _aligned([self, right])
        low, high = min(first.low, second.low), max(first.high, second.high)
        dtype = _carrier(low, high)
        return _exact(Counts(pl.coalesce(first.carried(dtype), second.carried(dtype)), low, high), unit)

    def at_least(self, other: Exact | Number) -> pl.Expr:
        """Whether value ≥ other; null where either is missing, like all comparisons here."""
        return _compared(self, operator.ge, _as_exact(other))

    def above(self, other: Exact | Number) -> pl.Expr:
        return _compared(self, operator.gt, _as_exact(other))

    def at_most(self, other: Exact | Number) -> pl.Expr:
        return _compared(self, operator.le, _as_exact(other))

    def below(self, other: Exact | Number) -> pl.Expr:
        return _compared(self, operator.lt, _as_exact(other))

    def equals(self, other: Exact | Number) -> pl.Expr:
        return _compared(self, operator.eq, _as_exact(other))

    def differs(self, other: Exact | Number) -> pl.Expr:
        return _compared(self, operator.ne, _as_exact(other))

    @staticmethod
    def choose(*branches: tuple[pl.Expr, Exact], otherwise: Exact | None = None) -> Exact:
        """The value of the first true condition; a null condition makes the result missing, it never falls through."""
        if not branches and otherwise is not None:
            return otherwise
        values = [value for _, value in branches] + ([] if otherwise is None else [otherwise])
        unit = _common_unit(value.unit for value in values if value.low or value.high)
        chosen = _guarded(branches, otherwise, lambda value: _in_unit(value, unit))
        if all(value.per is None for value in values):
            return _exact(chosen, unit)
        return _exact(chosen, unit, _guarded(branches, otherwise, lambda value: value.per or ONE))

    def masked(self, condition: pl.Expr) -> Exact:
        """The value where the condition is true, else missing."""
        return replace(self, expr=pl.when(condition).then(self.expr), fixed=False)

    def interpolated(self, curves: Sequence[Points], by: pl.Expr | None = None) -> Exact:
        """The height of a piecewise linear curve, flat outside its points, not rounded.

        With several curves, all of as many points, a row in which `by` is i takes curves[i].
        """
        drawn = _Curves.of(curves, by)
        x = self if self.unit > 0 else _exact(_in_unit(self, -self.unit), -self.unit, self.per)
        height = _ramps(x, drawn.first) if by is None or drawn.alike else _lines(x, drawn, by)
        ends = [y for ys in drawn.ys for y in ys]
        return _known(height, min(ends) * drawn.y_unit, max(ends) * drawn.y_unit)

    def stepped(self, curves: Sequence[Points], by: pl.Expr | None = None) -> Exact:
        """The y of the last point whose x ≤ value, the first y below them all; curves and `by` as in `interpolated`."""
        drawn = _Curves.of(curves, by)
        x = self if self.unit > 0 else _exact(_in_unit(self, -self.unit), -self.unit, self.per)
        if by is None or drawn.alike:
            return _steps(x, drawn.first)
        row = _row(x, drawn, by, first=1)
        height = _exact(_gathered([y for ys in drawn.ys for y in ys], row), drawn.y_unit)
        return height.masked(x.missing.not_()) if height.fixed or len(drawn.xs[0]) == 1 else height

    def total(self, over: pl.Expr | list[str] | None, rows: int) -> Exact:
        """The sum of what is present over the groups of `over`, or the frame; missing where nothing is.

        `rows` is the most rows that a group can have. Name what is itself a total before adding it up again: to Polars
        an aggregate is one row.
        """
        if self.per is not None:
            raise CannotProve("quotients have no common unit to be added up in: round them first")
        low, high = min(self.low, self.low * rows), max(self.high, self.high * rows)
        dtype = _carrier(low, high)
        term, in_rows = self.counts.carried(dtype), bool(self.expr.meta.root_names())
        count = self.expr.count() if in_rows else pl.len()
        added = term.sum() if in_rows else term * pl.len().cast(dtype)  # to Polars a literal is one row
        guarded = pl.when(count > _literal(0, _INDEX)).then(added)  # the sum of nothing would be 0
        return _exact(Counts(guarded if over is None else guarded.over(over), low, high), self.unit)

    def named(self, name: str) -> tuple[list[pl.Expr], Exact]:
        """The columns to write, `name` and, where there is a divisor, `name.per`; and the value that reads them."""
        columns, value = [self.expr.alias(name)], self if self.fixed else replace(self, expr=pl.col(name))
        if self.per is None:
            return columns, value
        per = replace(self.per, expr=pl.col(f"{name}.per"))
        return [*columns, self.per.expr.alias(f"{name}.per")], replace(value, per=per)

    def decimal(self, places: int | None = None) -> pl.Expr:
        """Decimal(38, places) for the outside; with None, the fewest places that hold the value.

        Raises ValueError where the value is not a multiple of 10**-places.
        """
        places = self.finite_places if places is None else places
        ratio = None if places is None or self.per else self.unit * Fraction(10) ** places
        if places is None or ratio is None or ratio.denominator != 1:
            raise ValueError("the value may have more decimal places than asked for: round it first")
        counts = self.counts.times(Counts.of(ratio.numerator))
        return counts.carried(_INT128).reinterpret(dtype=pl.Decimal(38, places))  # a cast would multiply by 10**places


def total_of(values: Sequence[Exact]) -> Exact:
    """The sum across columns, missing where any is missing."""
    unit, counts, per = _aligned([replace(value, unit=abs(value.unit)) for value in values])
    added = [count for count, value in zip(counts, values, strict=True) if value.unit > 0]
    taken = [count for count, value in zip(counts, values, strict=True) if value.unit < 0]
    return _exact(reduce(Counts.minus, taken, reduce(Counts.plus, added, ZERO)), unit, per)


def present_total(values: Sequence[Exact]) -> Exact:
    """The sum across columns of what is present, missing where nothing is."""
    present = pl.any_horizontal([value.missing.not_() for value in values])
    if any(value.per is not None for value in values):
        return total_of([value.or_else(0) for value in values]).masked(present)
    unit, counts, _ = _aligned(values)
    below, above = [c.low for c in counts if c.low < 0], [c.high for c in counts if c.high > 0]
    low = sum(below) if below else min(c.low for c in counts)
    high = sum(above) if above else max(c.high for c in counts)
    dtype = _carrier(low, high, *(end for c in counts for end in (c.low, c.high)))
    added = pl.sum_horizontal([c.carried(dtype) for c in counts])
    expr = added if any(c.fixed for c in counts) else pl.when(present).then(added)
    return _exact(Counts(_narrowed(expr, dtype, _carrier(low, high)), low, high), unit)


def least(values: Sequence[Exact]) -> Exact:
    """The smallest across columns, missing where any is missing."""
    return _extreme(values, min, pl.min_horizontal)


def greatest(values: Sequence[Exact]) -> Exact:
    """The largest across columns, missing where any is missing."""
    return _extreme(values, max, pl.max_horizontal)


@dataclass(frozen=True, slots=True)
class Allocation:
    """An allocation in stages: one `with_columns` each, in order; then the shares, then drop the `scratch` columns."""

    stages: tuple[list[pl.Expr], ...]
    shares: list[Exact]
    scratch: tuple[str, ...]


def allocated(whole: Exact, parts: Sequence[Exact]) -> list[Exact]:
    """The whole divided in proportion to the parts, each share within one unit of exact, their sum exactly the whole.

    Cumulative rounding at the whole's unit, in the order given. A missing part gets 0; where the parts add up to 0, all
    shares are 0, and what is left is the caller's to book. For a few parts: see `allocated_in_stages`.
    """
    return _allocated(whole, parts, lambda _, counts: counts)


def allocated_in_stages(name: str, whole: Exact, parts: Sequence[Exact]) -> Allocation:
    """The same shares by way of columns that start with `name`: every running sum is then worked out once.

    Polars shares a common subexpression with its neighbours, but not what that one is made of: 12 parts in one
    expression each cost six times as much.
    """
    stages: list[list[pl.Expr]] = []

    def keep(step: str, counts: Sequence[Counts]) -> list[Counts]:
        names = [f"{name}.{step}{number}" for number in range(len(counts))]
        stages.append([count.expr.alias(column) for count, column in zip(counts, names, strict=True)])
        return [replace(count, expr=pl.col(column), fixed=False) for count, column in zip(counts, names, strict=True)]

    shares = _allocated(whole, parts, keep)
    return Allocation(tuple(stages), shares, tuple(each.meta.output_name() for stage in stages for each in stage))


def _allocated(
    whole: Exact, parts: Sequence[Exact], keep: Callable[[str, Sequence[Counts]], Sequence[Counts]]
) -> list[Exact]:
    if whole.per is not None:
        raise CannotProve("an unrounded quotient has no unit to be shared out in: round it first")
    unit, amount = abs(whole.unit), _in_unit(whole, abs(whole.unit))
    _, counts, _ = _aligned([part.or_else(0) for part in parts])
    if all(count.high <= 0 for count in counts):
        counts = [ZERO.minus(count) for count in counts]
    one_sided = all(count.low >= 0 for count in counts)
    running: list[Counts] = []
    for number, count in enumerate(counts):
        running += keep(f"upto{number}.", [running[-1].plus(count) if running else count])
    total = running[-1]
    size, upto = (total, running[:-1]) if one_sided or total.low > 0 else _unsigned(total, running[:-1])
    size = size.clipped(ONE, None)
    half, twice, doubled = keep("total", [size, size.times(TWO), amount.times(TWO)])
    reached = keep("reached", [doubled.times(each).divided(twice, half, "half_up") for each in upto])
    everything = _chosen([(_exact(total, unit).differs(0), amount)], amount.times(ZERO))
    ends = (min(0, amount.low), max(0, amount.high)) if one_sided else (-LARGEST, LARGEST)
    shares = [after.minus(before) for before, after in pairwise([ZERO, *reached, everything])]
    return [_exact(share.known(*ends), unit) for share in shares]


def _unsigned(total: Counts, running: Sequence[Counts]) -> tuple[Counts, list[Counts]]:
    """The size of a total of either sign, and the running sums without that sign; 0 where the parts cancel out."""
    zero = _literal(0, total.dtype)
    negative, positive = total.expr < zero, total.expr > zero
    size = _chosen([(negative, ZERO.minus(total)), (positive, total)], ONE).known(1, LARGEST)
    return size, [_chosen([(negative, ZERO.minus(upto)), (positive, upto)], ZERO) for upto in running]


def _exact(counts: Counts, unit: Fraction, per: Per | None = None) -> Exact:
    return Exact(counts.expr, unit, counts.low, counts.high, per, counts.fixed)


def _as_exact(value: Exact | Number) -> Exact:
    return value if isinstance(value, Exact) else Exact.of(value)


def _fraction(value: Number) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        raise TypeError(f"{value!r} is not an exact number: write an int, Fraction, Decimal or text")
    if isinstance(value, str) and "/" not in value:
        value = Decimal(value.strip())
    if isinstance(value, Decimal) and value and abs(value.adjusted()) > 100:
        raise CannotProve(f"{value} has more digits than 10^38 - 1")  # Fraction would fill the memory with them
    return Fraction(value)


def _common_unit(values: Iterable[Fraction]) -> Fraction:
    """The largest unit of which all values are multiples; 1 where all are zero."""
    some = [value for value in values if value.numerator]
    above, below = math.gcd(*(value.numerator for value in some)), math.lcm(*(value.denominator for value in some))
    return Fraction(above, below) if some else Fraction(1)


def _counted(values: Iterable[Fraction], unit: Fraction) -> list[int]:
    """The values as counts of a unit of which they are multiples."""
    above, below = unit.numerator, unit.denominator
    return [value.numerator * (below // value.denominator) // above for value in values]


def _gathered(counts: Sequence[int | None], row: pl.Expr) -> Counts:
    """Row by row the entry of a table; a constant where all entries are the same."""
    present = [count for count in counts if count is not None] or [0]
    low, high = min(present), max(present)
    if low == high and None not in counts:
        return Counts.of(low)
    return Counts(pl.lit(pl.Series(counts, dtype=_carrier(low, high))).gather(row), low, high)


def _in_unit(value: Exact, unit: Fraction) -> Counts:
    """The counts above the line in this unit, of which the value's unit is a multiple."""
    if value.unit == unit or value.low == value.high == 0:
        return value.counts
    return value.counts.times(Counts.of((value.unit / unit).numerator))


def _product(pers: Iterable[Per]) -> Per | None:
    product = reduce(Counts.times, pers, ONE)
    return None if product is ONE else product


def _aligned(values: Sequence[Exact]) -> tuple[Fraction, list[Counts], Per | None]:
    """The values over one unit and one divisor. A missing divisor makes the others missing too."""
    unit = _common_unit(value.unit for value in values if value.low or value.high)
    counts = [_in_unit(value, unit) for value in values]
    pers = {id(value.per): value.per for value in values if value.per is not None}
    for number, value in enumerate(values):
        others = [per for per in pers.values() if per is not value.per]
        counts[number] = reduce(Counts.times, others, counts[number])
    return unit, counts, _product(pers.values())


def _compared(left: Exact, compare: Callable[[Any, Any], Any], right: Exact) -> pl.Expr:
    if left.constant is not None and right.constant is not None:
        return pl.lit(compare(left.constant, right.constant))
    if left.constant is not None:
        return _compared(right, _MIRRORED[compare], left)
    if right.constant is not None and left.per is None:
        if left.unit < 0:
            compare = _MIRRORED[compare]
        return _against(left.counts, compare, right.constant / left.unit)
    _, (first, second), per = _aligned([left, right])
    dtype = _carrier(first.low, first.high, second.low, second.high)
    result: pl.Expr = compare(first.carried(dtype), second.carried(dtype))
    return result if per is None else pl.when(per.expr.is_not_null()).then(result)


def _against(counts: Counts, compare: Callable[[Any, Any], Any], threshold: Fraction) -> pl.Expr:
    """Compared with a constant: the threshold moves to the next whole count, so that no row is multiplied."""
    low, high = _literal(counts.low, counts.dtype), _literal(counts.high, counts.dtype)
    if compare in (operator.ge, operator.gt):
        first = math.ceil(threshold) if compare is operator.ge else math.floor(threshold) + 1
        at_least = _literal(min(max(first, counts.low), counts.high), counts.dtype)
        return counts.expr > high if first > counts.high else counts.expr >= at_least
    if compare in (operator.le, operator.lt):
        last = math.floor(threshold) if compare is operator.le else math.ceil(threshold) - 1
        at_most = _literal(min(max(last, counts.low), counts.high), counts.dtype)
        return counts.expr < low if last < counts.low else counts.expr <= at_most
    if threshold.denominator != 1 or not counts.low <= threshold <= counts.high:
        return counts.expr > high if compare is operator.eq else counts.expr <= high
    result: pl.Expr = compare(counts.expr, _literal(int(threshold), counts.dtype))
    return result


def _guarded(
    branches: Sequence[tuple[pl.Expr, Exact]], otherwise: Exact | None, part: Callable[[Exact], Counts]
) -> Counts:
    guarded: list[tuple[pl.Expr, Counts | None]] = []
    for condition, value in branches:
        guarded += [(condition, part(value)), (condition.is_null(), None)]
    if otherwise is None:
        return _chosen(guarded[:-1], None)
    return _chosen(guarded, part(otherwise))


def _extreme(values: Sequence[Exact], pick: Callable[[Iterable[Any]], Any], across: Callable[..., pl.Expr]) -> Exact:
    """Polars skips nulls across columns, which would pay on a KPI that is missing: guarded."""
    constants = [value.constant for value in values if value.constant is not None]
    columns = [value for value in values if value.constant is None]
    bound = [Exact.of(pick(constants))] if constants else []
    if not columns:
        return bound[0]
    if len(columns) == 1 and columns[0].per is None:
        return columns[0].clipped(*((None, *bound) if pick is min else (*bound, None))) if bound else columns[0]
    unit, counts, per = _aligned(columns + bound)
    low, high = pick(count.low for count in counts), pick(count.high for count in counts)
    if all(count.fixed for count in counts):
        return _exact(Counts.of(low), unit, per)
    dtype = _carrier(*(end for count in counts for end in (count.low, count.high)))
    present = pl.all_horizontal([count.expr.is_not_null() for count in counts if not count.fixed])
    expr = pl.when(present).then(across([count.carried(dtype) for count in counts]))
    return _exact(Counts(_narrowed(expr, dtype, _carrier(low, high)), low, high), unit, per)


def _known(value: Exact, low: Fraction, high: Fraction) -> Exact:
    """The value, known by other means to lie within low..high."""
    below = (1,) if value.per is None else (value.per.low, value.per.high)
    reached = [bound * divisor / value.unit for bound in (low, high) for divisor in below]
    return _exact(value.counts.known(math.ceil(min(reached)), math.floor(max(reached))), value.unit, value.per)


@dataclass(frozen=True, slots=True)
class _Curves:
    """Curves of as many points each, counted in two units: a thousand plans are too many for fractions."""

    x_unit: Fraction
    y_unit: Fraction
    xs: list[list[int]]
    ys: list[list[int]]

    @classmethod
    def of(cls, curves: Sequence[Points], by: pl.Expr | None) -> _Curves:
        if by is None and len(curves) != 1:
            raise ValueError("several curves need `by` to say which row takes which")
        if len({len(points) for points in curves}) != 1 or not curves[0]:
            raise ValueError("curves that differ by row need the same number of points, at least one")
        across = [[_fraction(x) for x, _ in points] for points in curves]
        up = [[_fraction(y) for _, y in points] for points in curves]
        x_unit, y_unit = _common_unit(chain.from_iterable(across)), _common_unit(chain.from_iterable(up))
        xs, ys = [_counted(row, x_unit) for row in across], [_counted(row, y_unit) for row in up]
        if any(after <= before for row in xs for before, after in pairwise(row)):
            raise ValueError("the points of a curve must go from left to right")
        return cls(x_unit, y_unit, xs, ys)

    @property
    def first(self) -> list[tuple[Fraction, Fraction]]:
        return [(x * self.x_unit, y * self.y_unit) for x, y in zip(self.xs[0], self.ys[0], strict=True)]

    @property
    def alike(self) -> bool:
        return all(xs == self.xs[0] for xs in self.xs) and all(ys == self.ys[0] for ys in self.ys)


def _ramps(x: Exact, points: Sequence[tuple[Fraction, Fraction]]) -> Exact:
    """A constant + the sum of slope × (x clipped to its segment): one integer unit, nothing to round."""
    low, high = x.bounds
    segments = [(p, q) for p, q in pairwise(points) if q[0] > low and p[0] < high]
    start = segments[0][0][1] if segments else ([y for x0, y in points if x0 <= low] or [points[0][1]])[-1]
    ramps: list[list[Fraction]] = []  # from, to, slope; segments in line are one ramp
    for (x0, y0), (x1, y1) in segments:
        slope = (y1 - y0) / (x1 - x0)
        if ramps and ramps[-1][1:] == [x0, slope]:
            ramps[-1][1] = x1
        elif slope:
            ramps.append([x0, x1, slope])
    constant = start - sum((slope * x0 for x0, _, slope in ramps), Fraction(0))
    if not ramps:
        return _level(x, constant)
    unit = _common_unit([x.unit, *(end for ramp in ramps for end in ramp[:2])])
    x = _exact(_in_unit(x, unit), unit, x.per)
    return total_of([*(x.clipped(x0, x1).times(slope) for x0, x1, slope in ramps), Exact.of(constant)])


def _level(x: Exact, height: Fraction) -> Exact:
    return Exact.of(height) if x.constant is not None else Exact.of(height).masked(x.missing.not_())


def _steps(x: Exact, points: Sequence[tuple[Fraction, Fraction]]) -> Exact:
    low, high = x.bounds
    kept = [p for p, q in zip(points, [*points[1:], None], strict=True) if q is None or q[0] > low]
    kept = [kept[0], *(p for p in kept[1:] if p[0] <= high)]
    if len(kept) == 1:
        return _level(x, kept[0][1])
    conditions = [*(x.below(q[0]) for q in kept[1:]), x.at_least(kept[-1][0])]
    values = [Exact.of(y) for _, y in kept]
    unit = _common_unit(value.unit for value in values if value.low)
    branches = [(condition, _in_unit(value, unit)) for condition, value in zip(conditions, values, strict=True)]
    return _exact(_chosen(branches, None), unit)  # where x is missing no condition is true


def _row(x: Exact, drawn: _Curves, by: pl.Expr, first: int) -> pl.Expr:
    """Where a row's entry stands in a table with one for each stretch of each curve: counts the points passed."""
    points = list(zip(*drawn.xs, strict=True))[first:]
    row = by.cast(_INDEX) * _literal(len(points) + 1, _INDEX)
    ratio = drawn.x_unit / x.unit
    for column in points:
        if x.per is None:  # in counts of x, so that no row is multiplied; beyond its interval they are all alike
            starts = [-(-each * ratio.numerator // ratio.denominator) for each in column]
            starts = [max(x.low, min(x.high + 1, start)) for start in starts]
            reached = _compared(replace(x, unit=Fraction(1)), operator.ge, _exact(_gathered(starts, by), Fraction(1)))
        else:
            reached = x.at_least(_exact(_gathered(column, by), drawn.x_unit))
        row = row + reached.cast(_INDEX)
    return row


def _lines(x: Exact, drawn: _Curves, by: pl.Expr) -> Exact:
    """The straight line of each row's stretch, gathered once: height = (start + slope × x) / run."""
    lines: list[tuple[int, int, int]] = []
    for xs, ys in zip(drawn.xs, drawn.ys, strict=True):
        lines.append((ys[0], 0, 1))
        for (x0, x1), (y0, y1) in zip(pairwise(xs), pairwise(ys), strict=True):
            common = math.gcd(x1 - x0, y1 - y0)
            run, slope = (x1 - x0) // common, (y1 - y0) // common
            lines.append((y0 * run - x0 * slope, slope, run))
        lines.append((ys[-1], 0, 1))
    inside = x.clipped(min(xs[0] for xs in drawn.xs) * drawn.x_unit, max(xs[-1] for xs in drawn.xs) * drawn.x_unit)
    ratio = inside.unit / drawn.x_unit
    shared = _over_one_run(lines, math.ceil(max(abs(bound) for bound in inside.bounds) / drawn.x_unit))
    starts = [start * ratio.denominator for start, _, _ in shared]
    slopes = [slope * ratio.numerator for _, slope, _ in shared]
    unit, row = math.gcd(*starts, *slopes) or 1, _row(x, drawn, by, first=0)
    rising, level = (
        _exact(_gathered([each // unit for each in table], row), Fraction(unit)) for table in (slopes, starts)
    )
    divisor = _exact(_gathered([run * ratio.denominator for _, _, run in shared], row), Fraction(1))
    return replace(inside, unit=Fraction(1)).times(rising).plus(level).over(divisor).times(drawn.y_unit)


def _over_one_run(lines: list[tuple[int, int, int]], farthest: int) -> list[tuple[int, int, int]]:
    """The lines over one constant divisor where the counts then fit Int64; else each over its own."""
    run = math.lcm(*{run for _, _, run in lines})
    shared = [(start * (run // own), slope * (run // own), run) for start, slope, own in lines]
    return shared if max(abs(start) + abs(slope) * farthest for start, slope, _ in shared) < 2**62 else lines


_MIRRORED: dict[Callable[[Any, Any], Any], Callable[[Any, Any], Any]] = {
    operator.ge: operator.le,
    operator.gt: operator.lt,
    operator.le: operator.ge,
    operator.lt: operator.gt,
    operator.eq: operator.eq,
    operator.ne: operator.ne,
}
