"""The value of what names nothing, as a fraction: `8% / 4` is one factor before any row is read."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor

from incentive_engine.formulas.formula import Formula
from incentive_engine.formulas.functions import ROUNDINGS
from incentive_engine.formulas.tree import Arithmetic, Call, Negative, Node, NumberLiteral

_AS_WRITTEN: Mapping[int, Fraction] = {}


def constant(formula: Formula) -> Fraction | None:
    """The formula's value if it is a number that no row changes, else None; a division by zero has none."""
    return folded(formula.tree)


def folded(node: Node, numbers: Mapping[int, Fraction] = _AS_WRITTEN) -> Fraction | None:
    """The value of a part of a formula if it is a number that no row changes, else None.

    `numbers`: what stands in place of some literals, by offset.
    """
    match node:
        case NumberLiteral():
            return numbers.get(node.offset, node.value)
        case Negative():
            value = folded(node.operand, numbers)
            return None if value is None else -value
        case Arithmetic():
            return _arithmetic(node, numbers)
        case Call():
            return _called(node, numbers)
        case _:
            return None


def _arithmetic(node: Arithmetic, numbers: Mapping[int, Fraction]) -> Fraction | None:
    left, right = folded(node.left, numbers), folded(node.right, numbers)
    if left is None or right is None:
        return None
    match node.sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else None


def _called(node: Call, numbers: Mapping[int, Fraction]) -> Fraction | None:
    if node.function not in ROUNDINGS | {"MIN", "MAX", "ABS"} or not node.arguments:
        return None
    values = [value for argument in node.arguments if (value := folded(argument, numbers)) is not None]
    if len(values) < len(node.arguments):
        return None
    if node.function == "ABS":
        return abs(values[0])
    if node.function in ROUNDINGS:
        return _rounded(values[0], int(values[1]), node.function) if len(values) == 2 else None
    return min(values) if node.function == "MIN" else max(values)


def _rounded(value: Fraction, places: int, function: str) -> Fraction:
    unit = Fraction(1, 10) ** places
    counts = abs(value) / unit
    match function:
        case "ROUND":
            whole = floor(counts + Fraction(1, 2))
        case "ROUNDDOWN":
            whole = floor(counts)
        case _:
            whole = ceil(counts)
    return (whole if value >= 0 else -whole) * unit
