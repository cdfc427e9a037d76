"""The value that all pay is made of: an exact number in each row, with every operation that plans need.

Every operation that would swallow a null is guarded here, once. Nothing rounds but `rounded`: quotients stay quotients.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from typing import Any

import polars as pl

from incentive_engine.exact.comparisons import compared
from incentive_engine.exact.counts import (
    INDEX,
    INT128,
    LARGEST,
    ONE,
    ZERO,
    CannotProve,
    Counts,
    Mode,
    carrier,
    chosen,
    gathered,
    literal,
    narrowed,
)
from incentive_engine.exact.picking import Which
from incentive_engine.exact.quotients import Quotient, aligned, in_unit, product
from incentive_engine.exact.units import MOST_PLACES, Number, Scale, as_fraction, common_unit, counted


@dataclass(frozen=True, eq=False, slots=True)
class Exact(Quotient):
    """An exact number in each row, or missing, and what can be done with it; missing stays missing unless said.

    Made by `of`, `column`, `integer` and `varying`, never by the constructor, which proves nothing.
    """

    @classmethod
    def of(cls, value: Number) -> Exact:
        """A constant. Raises TypeError for a float: it has lost what was written."""
        fraction = as_fraction(value)
        return exact_of(ONE, fraction) if fraction else exact_of(ZERO, Fraction(1))

    @classmethod
    def column(cls, name: str, scale: Scale) -> Exact:
        """An integer column, Int64 or Int128 as its scale's interval says."""
        return cls(pl.col(name), Fraction(10) ** -scale.places, scale.low, scale.high)

    @classmethod
    def integer(cls, expr: pl.Expr, scale: Scale) -> Exact:
        """An integer expression of any width, such as `pl.len()`, cast to its carrier."""
        return cls(expr.cast(carrier(scale.low, scale.high)), Fraction(10) ** -scale.places, scale.low, scale.high)

    @classmethod
    def varying(cls, values: Sequence[Number | None], by: Which) -> Exact:
        """A parameter that differs by plan: a row in which `by` is i has values[i]; None is missing."""
        present = [as_fraction(value) for value in values if value is not None]
        unit = common_unit(present)
        counts = iter(counted(present, unit))
        return exact_of(gathered([None if value is None else next(counts) for value in values], by), unit)

    def negated(self) -> Exact:
        return replace(self, unit=-self.unit)

    def absolute(self) -> Exact:
        """The value without its sign."""
        low, high = self.bounds
        if low >= 0 or high <= 0:
            return self if low >= 0 else self.negated()
        larger = greatest([self, self.negated()])  # each reaches below zero, the larger of them does not
        return exact_of(larger.counts.known(0, larger.high), larger.unit, larger.per)

    def plus(self, other: Exact | Number) -> Exact:
        return total_of([self, as_exact(other)])

    def minus(self, other: Exact | Number) -> Exact:
        return total_of([self, as_exact(other).negated()])

    def times(self, other: Exact | Number) -> Exact:
        """The product; a constant factor changes the unit only."""
        right = as_exact(other)
        unit, counts = self.unit * right.unit, self.counts.times(right.counts)
        if right.constant is None and self.constant is None:
            return exact_of(counts, unit, product([per for per in (self.per, right.per) if per]))
        return exact_of(counts, unit, self.per or right.per)

    def over(self, other: Exact | Number) -> Exact:
        """The exact quotient: nothing is rounded, the divisor is kept in `per` until something rounds.

        Raises CannotProve where the divisor is not proved to differ from zero.
        """
        right = as_exact(other)
        if right.low <= 0 <= right.high:
            raise CannotProve("a divisor could be zero")
        unit = self.unit / right.unit
        if right.constant is not None:
            return replace(self, unit=unit / right.low)
        below = right.counts if right.low > 0 else ZERO.minus(right.counts)
        above = self.counts.times(right.per) if right.per else self.counts
        pers = [below] if self.per is None else [below, self.per]
        return exact_of(above, unit if right.low > 0 else -unit, product(pers))

    def over_or_missing(self, other: Exact | Number) -> Exact:
        """The exact quotient, missing where the divisor is zero."""
        right = as_exact(other)
        if not right.low <= 0 <= right.high:
            return self.over(right)
        if right.low == right.high:
            return self.masked(pl.lit(False))
        if right.low == 0 or right.high == 0:
            low, high = (1, right.high) if right.low == 0 else (right.low, -1)
            return self.over(exact_of(right.masked(right.differs(0)).counts.known(low, high), right.unit, right.per))
        above, below = self.counts, right.counts
        zero = literal(0, below.dtype)
        negative, positive = below.expr < zero, below.expr > zero  # neither where it is missing
        size = chosen([(negative, ZERO.minus(below)), (positive, below)], None).known(1, LARGEST)
        signed = chosen([(negative, ZERO.minus(above))], above)
        return exact_of(signed, self.unit, self.per).over(exact_of(size, right.unit, right.per))

    def rounded(self, places: int, mode: Mode = "half_up") -> Exact:
        """Rounded to 10**-places, which becomes the unit; `places` may be negative."""
        unit = Fraction(10) ** -places
        ratio = self.unit / unit
        return exact_of(self.counts.times(Counts.of(ratio.numerator)).quotient(ratio.denominator, self.per, mode), unit)

    def clipped(self, low: Exact | Number | None = None, high: Exact | Number | None = None) -> Exact:
        """Not below `low` and not above `high`; `high` wins where they cross; missing where a bound is missing."""
        floor, cap = (None if bound is None else as_exact(bound) for bound in (low, high))
        if self.per is not None or any(bound is not None and bound.constant is None for bound in (floor, cap)):
            raised = self if floor is None else greatest([self, floor])
            return raised if cap is None else least([raised, cap])
        values = [value for value in (self, floor, cap) if value is not None]
        unit = common_unit(value.unit for value in values if value.low or value.high)
        low_count = None if floor is None else in_unit(floor, unit)
        high_count = None if cap is None else in_unit(cap, unit)
        return exact_of(in_unit(self, unit).clipped(low_count, high_count), unit)

    def minimum(self, other: Exact | Number) -> Exact:
        """The smaller; missing where either is missing."""
        return self.clipped(None, other)

    def maximum(self, other: Exact | Number) -> Exact:
        """The larger; missing where either is missing."""
        return self.clipped(other, None)

    def or_else(self, other: Exact | Number) -> Exact:
        """The value, or `other` where it is missing."""
        right = as_exact(other)
        if self.fixed and self.per is None:
            return self
        if self.per is not None or right.per is not None:
            return Exact.choose((self.missing, right), otherwise=self)
        unit, (first, second), _ = aligned([self, right])
        low, high = min(first.low, second.low), max(first.high, second.high)
        dtype = carrier(low, high)
        return exact_of(Counts(pl.coalesce(first.carried(dtype), second.carried(dtype)), low, high), unit)

    def at_least(self, other: Exact | Number) -> pl.Expr:
        """Whether value ≥ other; null where either is missing, like all comparisons here."""
        return compared(self, operator.ge, as_exact(other))

    def above(self, other: Exact | Number) -> pl.Expr:
        return compared(self, operator.gt, as_exact(other))

    def at_most(self, other: Exact | Number) -> pl.Expr:
        return compared(self, operator.le, as_exact(other))

    def below(self, other: Exact | Number) -> pl.Expr:
        return compared(self, operator.lt, as_exact(other))

    def equals(self, other: Exact | Number) -> pl.Expr:
        return compared(self, operator.eq, as_exact(other))

    def differs(self, other: Exact | Number) -> pl.Expr:
        return compared(self, operator.ne, as_exact(other))

    @staticmethod
    def choose(*branches: tuple[pl.Expr, Exact], otherwise: Exact | None = None) -> Exact:
        """The value of the first true condition; a null condition makes the result missing, it never falls through."""
        if not branches and otherwise is not None:
            return otherwise
        values = [value for _, value in branches] + ([] if otherwise is None else [otherwise])
        unit = common_unit(value.unit for value in values if value.low or value.high)
        above = _guarded(branches, otherwise, lambda value: in_unit(value, unit))
        if all(value.per is None for value in values):
            return exact_of(above, unit)
        return exact_of(above, unit, _guarded(branches, otherwise, lambda value: value.per or ONE))

    def masked(self, condition: pl.Expr) -> Exact:
        """The value where the condition is true, else missing."""
        return replace(self, expr=pl.when(condition).then(self.expr), fixed=False)

    def total(self, over: pl.Expr | list[str] | None, rows: int) -> Exact:
        """The sum of what is present over the groups of `over`, or the frame; missing where nothing is.

        `rows` is the most rows that a group can have. Name what is itself a total before adding it up again: to Polars
        an aggregate is one row.
        """
        if self.per is not None:
            raise CannotProve("quotients have no common unit to be added up in: round them first")
        low, high = min(self.low, self.low * rows), max(self.high, self.high * rows)
        dtype = carrier(low, high)
        term, in_rows = self.counts.carried(dtype), bool(self.expr.meta.root_names())
        count = self.expr.count() if in_rows else pl.len()
        added = term.sum() if in_rows else term * pl.len().cast(dtype)  # to Polars a literal is one row
        guarded = pl.when(count > literal(0, INDEX)).then(added)  # the sum of nothing would be 0
        return exact_of(Counts(guarded if over is None else guarded.over(over), low, high), self.unit)

    def added(self, rows: int) -> Exact:
        """The sum of a group of at most `rows` rows, of what is present; 0 where nothing is."""
        if self.per is not None:
            raise CannotProve("quotients have no common unit to be added up in: round them first")
        low, high = min(0, self.low * rows), max(0, self.high * rows)
        return exact_of(Counts(self.counts.carried(carrier(low, high)).sum(), low, high), self.unit)

    def named(self, name: str) -> tuple[list[pl.Expr], Exact]:
        """The columns to write, `name` and, where there is a divisor, `name.per`; and the value that reads them."""
        columns, value = [self.expr.alias(name)], self if self.fixed else replace(self, expr=pl.col(name))
        if self.per is None:
            return columns, value
        per = replace(self.per, expr=pl.col(f"{name}.per"))
        return [*columns, self.per.expr.alias(f"{name}.per")], replace(value, per=per)

    def decimal(self, places: int | None = None) -> pl.Expr:
        """Decimal(38, places) for the outside; with None, the fewest places that hold the value.

        Raises CannotProve where the value may not be a multiple of 10**-places, or has more than 38 digits then.
        """
        places = self.finite_places if places is None else places
        ratio = None if places is None or self.per else self.unit * Fraction(10) ** places
        if places is None or places > MOST_PLACES or ratio is None or ratio.denominator != 1:
            most = f"{MOST_PLACES} digits" if places is None else f"{min(places, MOST_PLACES)} decimal places"
            raise CannotProve(f"a value may need more than {most}: round it first")
        counts = self.counts.times(Counts.of(ratio.numerator))
        return counts.carried(INT128).reinterpret(dtype=pl.Decimal(38, places))  # a cast would multiply by 10**places


def total_of(values: Sequence[Exact]) -> Exact:
    """The sum across columns, missing where any is missing."""
    unit, counts, per = aligned([replace(value, unit=abs(value.unit)) for value in values])
    added = [count for count, value in zip(counts, values, strict=True) if value.unit > 0]
    taken = [count for count, value in zip(counts, values, strict=True) if value.unit < 0]
    return exact_of(reduce(Counts.minus, taken, reduce(Counts.plus, added, ZERO)), unit, per)


def least(values: Sequence[Exact]) -> Exact:
    """The smallest across columns, missing where any is missing."""
    return _extreme(values, min, pl.min_horizontal)


def greatest(values: Sequence[Exact]) -> Exact:
    """The largest across columns, missing where any is missing."""
    return _extreme(values, max, pl.max_horizontal)


def exact_of(counts: Counts, unit: Fraction, per: Counts | None = None) -> Exact:
    """The value of these counts: × unit, ÷ per."""
    return Exact(counts.expr, unit, counts.low, counts.high, per, counts.fixed)


def as_exact(value: Exact | Number) -> Exact:
    """The value itself, or the constant."""
    return value if isinstance(value, Exact) else Exact.of(value)


def _guarded(
    branches: Sequence[tuple[pl.Expr, Exact]], otherwise: Exact | None, part: Callable[[Exact], Counts]
) -> Counts:
    """One part of the branches' values; missing where a condition is."""
    guarded: list[tuple[pl.Expr, Counts | None]] = []
    for condition, value in branches:
        guarded += [(condition, part(value)), (condition.is_null(), None)]
    if otherwise is None:
        return chosen(guarded[:-1], None)
    return chosen(guarded, part(otherwise))


def _extreme(values: Sequence[Exact], pick: Callable[[Iterable[Any]], Any], across: Callable[..., pl.Expr]) -> Exact:
    """Polars skips nulls across columns, which would pay on a KPI that is missing: guarded."""
    constants = [value.constant for value in values if value.constant is not None]
    columns = [value for value in values if value.constant is None]
    bound = [Exact.of(pick(constants))] if constants else []
    if not columns:
        return bound[0]
    if len(columns) == 1 and columns[0].per is None:
        return columns[0].clipped(*((None, *bound) if pick is min else (*bound, None))) if bound else columns[0]
    unit, counts, per = aligned(columns + bound)
    low, high = pick(count.low for count in counts), pick(count.high for count in counts)
    if all(count.fixed for count in counts):
        return exact_of(Counts.of(low), unit, per)
    dtype = carrier(*(end for count in counts for end in (count.low, count.high)))
    present = pl.all_horizontal([count.expr.is_not_null() for count in counts if not count.fixed])
    expr = pl.when(present).then(across([count.carried(dtype) for count in counts]))
    return exact_of(Counts(narrowed(expr, dtype, carrier(low, high)), low, high), unit, per)
