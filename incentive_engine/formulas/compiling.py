"""A checked formula becomes an exact column (numbers) or a Polars expression (conditions, texts, dates).

Missing stays missing: AND and OR are three-valued, IF without a known condition gives nothing, and so does a division
by zero, which then holds the payee instead of stopping the run. The formula must have passed `check` against the same
names; what it refuses never arrives here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import TypeAlias

import polars as pl

from incentive_engine.exact import Exact, Mode, Scale, greatest, least
from incentive_engine.formulas.folding import folded
from incentive_engine.formulas.formula import Formula
from incentive_engine.formulas.tree import (
    Arithmetic,
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
)

Scope: TypeAlias = Mapping[str, Exact | pl.Expr]
"""What each name stands for: numbers are exact, texts, dates and conditions are plain expressions."""

_MODES: dict[str, Mode] = {"ROUND": "half_up", "ROUNDDOWN": "down", "ROUNDUP": "up"}
_MOST_DAYS = (dt.date.max - dt.date.min).days


def compile_number(formula: Formula, scope: Scope, constants: Sequence[Exact] = ()) -> Exact:
    """The formula's number on each row; missing where something that it needs is missing.

    `constants`: what stands for the formula's numbers, where formulas of one skeleton run in one pass.
    """
    return _number(formula.tree, _with_constants(formula, scope, constants))


def compile_condition(formula: Formula, scope: Scope, constants: Sequence[Exact] = ()) -> pl.Expr:
    """Whether the formula holds on each row: true, false, or null where that cannot be known."""
    return _plain(formula.tree, _with_constants(formula, scope, constants))


def _with_constants(formula: Formula, scope: Scope, constants: Sequence[Exact]) -> Scope:
    varying = {
        _key(literal): value
        for literal, value in zip(literals(formula.tree), constants, strict=False)
        if value.constant is None
    }
    return {**scope, **varying} if varying else scope


def _key(literal: NumberLiteral) -> str:
    """Where a scope holds what stands for a number; no name begins like this."""
    return f"#{literal.offset}"


def _value(node: Node, scope: Scope) -> Exact | pl.Expr:
    known = folded(node)
    if known is not None and not any(_key(literal) in scope for literal in literals(node)):
        return Exact.of(known)
    match node:
        case NameUse():
            return scope[node.name]
        case TextLiteral() | TruthLiteral():
            return pl.lit(node.value)
        case NumberLiteral():
            return scope.get(_key(node), Exact.of(node.value))
        case Negative():
            return _number(node.operand, scope).negated()
        case Arithmetic():
            return _arithmetic(node, scope)
        case Comparison():
            return _compared(node.sign, _value(node.left, scope), _value(node.right, scope))
        case Membership():
            return _member(node, scope)
        case Logic():
            left, right = _plain(node.left, scope), _plain(node.right, scope)
            return left & right if node.word == "AND" else left | right
        case Not():
            return _plain(node.operand, scope).not_()
        case Call():
            return _called(node, scope)


def _number(node: Node, scope: Scope) -> Exact:
    value = _value(node, scope)
    if not isinstance(value, Exact):
        raise TypeError(f"not a number at offset {node.offset}: the formula was not checked")
    return value


def _plain(node: Node, scope: Scope) -> pl.Expr:
    value = _value(node, scope)
    if isinstance(value, Exact):
        raise TypeError(f"a number at offset {node.offset}: the formula was not checked")
    return value


def _arithmetic(node: Arithmetic, scope: Scope) -> Exact:
    left, right = _number(node.left, scope), _number(node.right, scope)
    match node.sign:
        case "+":
            return left.plus(right)
        case "-":
            return left.minus(right)
        case "*":
            return left.times(right)
        case "/":
            return left.over_or_missing(right)


def _magnitude(value: Exact) -> Exact:
    low, high = value.bounds
    if low >= 0 or high <= 0:
        return value if low >= 0 else value.negated()
    larger = greatest([value, value.negated()])
    known = larger.counts.known(
        0, larger.high
    )  # the interval of each of the two reaches below zero, the result does not
    return replace(larger, expr=known.expr, low=known.low, high=known.high)


def _compared(sign: ComparisonSign, left: Exact | pl.Expr, right: Exact | pl.Expr) -> pl.Expr:
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
    match sign:
        case "=":
            return left == right
        case "<>":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right


def _member(node: Membership, scope: Scope) -> pl.Expr:
    item = _value(node.item, scope)
    texts = [choice.value for choice in node.choices if isinstance(choice, TextLiteral)]
    if isinstance(item, pl.Expr) and len(texts) == len(node.choices):
        return item.is_in(texts)
    return reduce(pl.Expr.__or__, (_compared("=", item, _value(choice, scope)) for choice in node.choices))


def _called(node: Call, scope: Scope) -> Exact | pl.Expr:
    arguments = node.arguments
    match node.function:
        case "IF":
            return _if(_plain(arguments[0], scope), _value(arguments[1], scope), _value(arguments[2], scope))
        case "MIN" | "MAX":
            return _extreme(node, scope)
        case "ABS":
            return _magnitude(_number(arguments[0], scope))
        case "ROUND" | "ROUNDDOWN" | "ROUNDUP":
            return _number(arguments[0], scope).rounded(_whole(arguments[1]), _MODES[node.function])
        case "DATE":
            return pl.lit(dt.date(*(_whole(argument) for argument in arguments)), dtype=pl.Date)
        case "DAYS":
            between = (_plain(arguments[0], scope) - _plain(arguments[1], scope)).dt.total_days()
            return Exact.integer(between, Scale(0, -_MOST_DAYS, _MOST_DAYS))
        case "ISMISSING":
            value = _value(arguments[0], scope)
            return value.missing if isinstance(value, Exact) else value.is_null()
    raise LookupError(f"no function {node.function}: the formula was not checked")


def _extreme(node: Call, scope: Scope) -> Exact:
    """The smallest or largest argument; constants last and together, because a constant bound costs one comparison."""
    values = [_number(argument, scope) for argument in flattened(node)]
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
