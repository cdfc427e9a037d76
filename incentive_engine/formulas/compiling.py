"""A checked formula becomes an exact column (numbers) or a Polars expression (conditions, texts, dates).

Missing stays missing: AND and OR are three-valued, IF without a known condition gives nothing, and so does a division
by zero, which then holds the payee instead of stopping the run. The formula must have passed `check` against the same
names; what it refuses never arrives here.
"""

from __future__ import annotations

import datetime as dt
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any, TypeAlias

import polars as pl
from polars import selectors

from incentive_engine.exact import Exact, Mode, Scale, Which, greatest, least
from incentive_engine.formulas.folding import folded
from incentive_engine.formulas.formula import Formula
from incentive_engine.formulas.tree import (
    Arithmetic,
    ArithmeticSign,
    Call,
    Comparison,
    ComparisonSign,
    Logic,
    Membership,
    NameUse,
    Negative,
    Node,
    Not,
    NumberLiteral,
    TextLiteral,
    TruthLiteral,
    flattened,
    literals,
    walk,
)

CurveFunction: TypeAlias = Callable[[Exact], Exact]
"""A curve as formulas call it: from a number to its rate."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What a calendar counts, hours or days, as formulas read it: from long ago until a moment."""

    until: Callable[[pl.Expr], Exact]


Scope: TypeAlias = Mapping[str, Exact | pl.Expr | CurveFunction | Clock]
"""What each name stands for: numbers are exact, texts, dates and conditions are plain expressions.

A curve stands under its name with brackets, `multiplier()`, so that a column may have the same name; and a clock under
that of its function, `WORKHOURS()`.
"""

_MODES: dict[str, Mode] = {"ROUND": "half_up", "ROUNDDOWN": "down", "ROUNDUP": "up"}
_SIGNS: dict[ComparisonSign, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MOST_DAYS = 2**32
"""Polars counts days in 32 bits, far beyond the years that Python knows."""
_INT64 = 2**63
_MICROSECONDS = 3_600_000_000
"""In an hour."""
_NUMERATOR, _DENOMINATOR = operator.attrgetter("numerator"), operator.attrgetter("denominator")


@dataclass(frozen=True, slots=True)
class _Rows:
    """What a formula is worked out on: names, and the numbers that differ by plan, at their offsets in the formula."""

    scope: Scope
    numbers: Mapping[int, Sequence[Fraction]]
    by: Which


_Factors: TypeAlias = Sequence[Fraction | None]
"""A number that no row changes: one for all plans, or one for each; None where it divides by zero."""


def compile_number(formula: Formula, scope: Scope, each: Sequence[Formula] = (), by: Which | None = None) -> Exact:
    """The formula's number on each row; missing where something that it needs is missing.

    `each`: the formulas of this one's skeleton that run in one pass; a row in which `by` is i follows each[i].
    """
    return _number(formula.tree, _rows(formula, scope, each, by))


def compile_condition(formula: Formula, scope: Scope, each: Sequence[Formula] = (), by: Which | None = None) -> pl.Expr:
    """Whether the formula holds on each row: true, false, or null where that cannot be known. `each`: see above."""
    return _plain(formula.tree, _rows(formula, scope, each, by))


def _rows(formula: Formula, scope: Scope, each: Sequence[Formula], by: Which | None) -> _Rows:
    if by is None:
        return _Rows(scope, {}, pl.lit(0))
    numbers = zip(literals(formula.tree), zip(*(one.constants for one in each), strict=True), strict=True)
    return _Rows(scope, {literal.offset: values for literal, values in numbers if len(set(values)) > 1}, by)


def _value(node: Node, rows: _Rows) -> Exact | pl.Expr:
    if _factors(node, rows) is not None:
        return _product(node, rows)
    match node:
        case NameUse():
            return _named(node.name, rows)
        case TextLiteral() | TruthLiteral():
            return pl.lit(node.value)
        case Arithmetic(sign="+"):
            return _number(node.left, rows).plus(_number(node.right, rows))
        case Arithmetic(sign="-"):
            return _number(node.left, rows).minus(_number(node.right, rows))
        case NumberLiteral() | Negative() | Arithmetic():
            return _product(node, rows)
        case Comparison():
            return _compared(node.sign, node.left, node.right, rows)
        case Membership():
            return _member(node, rows)
        case Logic():
            left, right = _plain(node.left, rows), _plain(node.right, rows)
            return left & right if node.word == "AND" else left | right
        case Not():
            return _plain(node.operand, rows).not_()
        case Call():
            return _called(node, rows)


def _named(name: str, rows: _Rows) -> Exact | pl.Expr:
    value = rows.scope[name]
    if not isinstance(value, Exact | pl.Expr):
        raise TypeError(f"`{name}` is a function: the formula was not checked")
    return value


def _number(node: Node, rows: _Rows) -> Exact:
    value = _value(node, rows)
    if not isinstance(value, Exact):
        raise TypeError(f"not a number at offset {node.offset}: the formula was not checked")
    return value


def _plain(node: Node, rows: _Rows) -> pl.Expr:
    value = _value(node, rows)
    if isinstance(value, Exact):
        raise TypeError(f"a number at offset {node.offset}: the formula was not checked")
    return value


def _factors(node: Node, rows: _Rows) -> _Factors | None:
    """The part's number where no row changes it, else None: what it is in each plan if it differs."""
    varying = {
        literal.offset: rows.numbers[literal.offset] for literal in literals(node) if literal.offset in rows.numbers
    }
    if not varying:
        value = folded(node)
        return None if value is None else [value]
    if any(isinstance(part, NameUse) or (isinstance(part, Call) and not part.built_in) for part, _ in walk(node)):
        return None
    each = [folded(node, dict(zip(varying, numbers, strict=True))) for numbers in zip(*varying.values(), strict=True)]
    return None if all(value is None for value in each) else each


def _product(node: Node, rows: _Rows) -> Exact:
    """A product or quotient, its constants worked out together: `salary * 3 / 3` is the salary in every plan.

    What differs by plan multiplies, so that a plan's result has the decimals that it has alone; it divides only where
    the plans' factors have no common denominator that fits.
    """
    factors, value = _split(node, rows)
    if len(factors) == 1 and factors[0] is not None:
        return value.times(factors[0])
    present = [factor for factor in factors if factor is not None]
    if not present:
        return value.masked(pl.lit(False))
    below = math.lcm(*(factor.denominator for factor in present))
    ends = Exact.of(Fraction(1, below)).finite_places is not None
    if ends or below * max(map(abs, present)) < _INT64:
        return value.times(Exact.varying(factors, rows.by))
    above, under = ([None if one is None else part(one) for one in factors] for part in (_NUMERATOR, _DENOMINATOR))
    return value.times(Exact.varying(above, rows.by)).over(Exact.varying(under, rows.by))


def _split(node: Node, rows: _Rows) -> tuple[_Factors, Exact]:
    """The constant factors of a product or quotient, multiplied, and the rest of it."""
    factors = _factors(node, rows)
    if factors is not None:
        return factors, Exact.of(1)
    match node:
        case Negative():
            factors, value = _split(node.operand, rows)
            return [None if factor is None else -factor for factor in factors], value
        case Arithmetic(sign="*" | "/"):
            (left, value), (right, other) = _split(node.left, rows), _split(node.right, rows)
            factors = [_factor(node.sign, one, two) for one, two in _side_by_side(left, right)]
            return factors, value.times(other) if node.sign == "*" else value.over_or_missing(other)
        case _:
            return [Fraction(1)], _number(node, rows)


def _side_by_side(left: _Factors, right: _Factors) -> Iterator[tuple[Fraction | None, Fraction | None]]:
    plans = max(len(left), len(right))
    return zip(*(factors if len(factors) == plans else list(factors) * plans for factors in (left, right)), strict=True)


def _factor(sign: ArithmeticSign, left: Fraction | None, right: Fraction | None) -> Fraction | None:
    if left is None or right is None or (sign == "/" and not right):
        return None
    return left * right if sign == "*" else left / right


def _compared(sign: ComparisonSign, first: Node, second: Node, rows: _Rows) -> pl.Expr:
    left, right = _value(first, rows), _value(second, rows)
    if isinstance(left, Exact) and isinstance(right, Exact):
        compare = {
            "=": left.equals,
            "<>": left.differs,
            "<": left.below,
            "<=": left.at_most,
            ">": left.above,
            ">=": left.at_least,
        }[sign]
        return compare(right)
    if isinstance(left, Exact) or isinstance(right, Exact):
        raise TypeError("a number is compared with something else: the formula was not checked")
    compared: pl.Expr = _SIGNS[sign](left, right)
    if not (_may_be_day(first) and _may_be_day(second)):
        return compared
    # What is a day and what a moment, only the columns know: Polars settles it while it plans, and no row pays for it.
    is_day = pl.dtype_of(left).matches(selectors.date()) | pl.dtype_of(right).matches(selectors.date())
    return pl.when(is_day).then(_SIGNS[sign](_day(left), _day(right))).otherwise(compared)


def _may_be_day(node: Node) -> bool:
    return isinstance(node, NameUse) or (isinstance(node, Call) and node.function in ("DATE", "IF"))


def _day(moment: pl.Expr) -> pl.Expr:
    """The day of a date and time: the last day of a period has 24 hours."""
    return moment.cast(pl.Date)


def _member(node: Membership, rows: _Rows) -> pl.Expr:
    texts = [choice.value for choice in node.choices if isinstance(choice, TextLiteral)]
    item = _value(node.item, rows) if len(texts) == len(node.choices) else None
    if isinstance(item, pl.Expr):
        return item.is_in(texts)
    return reduce(pl.Expr.__or__, (_compared("=", node.item, choice, rows) for choice in node.choices))


def _called(node: Call, rows: _Rows) -> Exact | pl.Expr:
    arguments = node.arguments
    if not node.built_in:
        return _curve(node, rows)
    match node.function:
        case "IF":
            return _if(_plain(arguments[0], rows), _value(arguments[1], rows), _value(arguments[2], rows))
        case "MIN" | "MAX":
            return _extreme(node, rows)
        case "ABS":
            return _number(arguments[0], rows).absolute()
        case "ROUND" | "ROUNDDOWN" | "ROUNDUP":
            return _number(arguments[0], rows).rounded(_whole(arguments[1]), _MODES[node.function])
        case "DATE":
            return pl.lit(dt.date(*(_whole(argument) for argument in arguments)), dtype=pl.Date)
        case "DAYS":
            later, earlier = (_day(_plain(argument, rows)).cast(pl.Int64) for argument in arguments)
            return Exact.integer(later - earlier, Scale(0, -_MOST_DAYS, _MOST_DAYS))
        case "HOURS":
            moments = (_plain(argument, rows).cast(pl.Datetime("us")).dt.epoch("us") for argument in arguments)
            later, earlier = moments
            return Exact.integer(later - earlier, Scale(0, -_INT64, _INT64 - 1)).over(_MICROSECONDS)
        case "WORKHOURS" | "WORKDAYS":
            clock = rows.scope[f"{node.function}()"]
            if not isinstance(clock, Clock):
                raise TypeError(f"{node.function} has no calendar: the formula was not checked")
            return clock.until(_plain(arguments[0], rows)).minus(clock.until(_plain(arguments[1], rows)))
        case "ISMISSING":
            value = _value(arguments[0], rows)
            return value.missing if isinstance(value, Exact) else value.is_null()
    raise LookupError(f"no function {node.function}: the formula was not checked")


def _curve(node: Call, rows: _Rows) -> Exact:
    curve = rows.scope.get(f"{node.function}()")
    if curve is None or isinstance(curve, Exact | pl.Expr | Clock):
        raise LookupError(f"no curve {node.function}: the formula was not checked")
    return curve(_number(node.arguments[0], rows))


def _extreme(node: Call, rows: _Rows) -> Exact:
    """The smallest or largest argument; constants last and together, because a constant bound costs one comparison."""
    values = [_number(argument, rows) for argument in flattened(node)]
    fixed = [value.constant for value in values if value.constant is not None]
    varying = [value for value in values if value.constant is None]
    if not varying:
        return Exact.of(min(fixed) if node.function == "MIN" else max(fixed))
    if node.function == "MIN":
        return least(varying).minimum(min(fixed)) if fixed else least(varying)
    return greatest(varying).maximum(max(fixed)) if fixed else greatest(varying)


def _if(condition: pl.Expr, then: Exact | pl.Expr, otherwise: Exact | pl.Expr) -> Exact | pl.Expr:
    if isinstance(then, Exact) and isinstance(otherwise, Exact):
        return Exact.choose((condition, then), otherwise=otherwise)
    if isinstance(then, Exact) or isinstance(otherwise, Exact):
        raise TypeError("the results of IF differ in type: the formula was not checked")
    return pl.when(condition).then(then).when(condition.not_()).then(otherwise).otherwise(None)


def _whole(node: Node) -> int:
    value = folded(node)
    if value is None or value.denominator != 1:
        raise TypeError(f"no whole number at offset {node.offset}: the formula was not checked")
    return int(value)
