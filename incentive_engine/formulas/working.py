"""A formula worked out on its own: exact, with what its names and curves stand for given; missing stays missing.

What runs pay on is compiled to columns. This is for one line of a page, and for whoever checks it.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Any, Final, TypeAlias

from incentive_engine.exact import Mode
from incentive_engine.formulas.formula import Formula
from incentive_engine.formulas.functions import ROUNDINGS
from incentive_engine.formulas.tree import (
    Arithmetic,
    Call,
    Comparison,
    Logic,
    Membership,
    NameUse,
    Negative,
    Node,
    Not,
    NumberLiteral,
    TextLiteral,
    TruthLiteral,
)

Value: TypeAlias = Fraction | str | bool | dt.date | None
Names: TypeAlias = Mapping[str, Value]
Curves: TypeAlias = Mapping[tuple[str, Fraction], Fraction]
"""What each curve gives for a number."""
_SIGNS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_MODES: Final[Mapping[str, Mode]] = {"ROUND": "half_up", "ROUNDDOWN": "down", "ROUNDUP": "up"}
_HALF: Final = Fraction(1, 2)


class Unworkable(Exception):
    """What has no value here: an unknown name, or numbers where texts are."""


def worked_out(formula: Formula, names: Names, curves: Curves) -> Value:
    """The value of a formula; None where something that it needs is missing. Raises Unworkable."""
    value: Value = _Working(names, curves).value(formula.tree)
    return value


def rounded(value: Fraction, places: int, mode: Mode) -> Fraction:
    """A value to so many decimals."""
    unit = Fraction(10) ** -places
    low, rest = divmod(value, unit)
    part = rest / unit
    match mode:
        case "half_up":
            up = part > _HALF or (part == _HALF and value > 0)
        case "half_even":
            up = part > _HALF or (part == _HALF and low % 2 == 1)
        case "floor" | "ceil":
            up = mode == "ceil" and part > 0
        case _:
            up = part > 0 and (value > 0) == (mode == "up")
    return (low + up) * unit


def branches(formula: Formula, names: Names, curves: Curves) -> Mapping[int, bool]:
    """Which way each IF of a formula goes that is worked out, by its offset: true where its condition holds.

    None of those after a part that has no value here.
    """
    working = _Branching(names, curves)
    with suppress(Unworkable):
        working.value(formula.tree)
    return working.taken


class _Working:
    def __init__(self, names: Names, curves: Curves) -> None:
        self._names, self._curves = names, curves

    def value(self, node: Node) -> Any:
        """The value of a part, of whatever type it is."""
        match node:
            case NumberLiteral() | TextLiteral() | TruthLiteral():
                return node.value
            case NameUse():
                if node.name not in self._names:
                    raise Unworkable(node.name)
                return self._names[node.name]
            case Negative():
                return self._of(operator.neg, node.operand)
            case Not():
                return self._of(operator.not_, node.operand)
            case Arithmetic() | Comparison():
                return self._of(_SIGNS[node.sign], node.left, node.right)
            case Membership():
                return self._of(lambda item, *choices: item in choices, node.item, *node.choices)
            case Logic():
                return self._logic(node)
            case Call():
                return self._called(node)

    def _of(self, work: Callable[..., Any], *nodes: Node) -> Any:
        """What a function gives for the values of some parts; missing where one of them is."""
        values = [self.value(node) for node in nodes]
        if None in values:
            return None
        try:
            return work(*values)
        except ZeroDivisionError:
            return None
        except TypeError:
            raise Unworkable(str(values)) from None

    def _logic(self, node: Logic) -> Value:
        values, decisive = [self.value(node.left), self.value(node.right)], node.word == "OR"
        if decisive in values:
            return decisive
        return None if None in values else not decisive

    def _called(self, node: Call) -> Any:
        match node.function:
            case "ISMISSING":
                return self.value(node.arguments[0]) is None
            case "IF":
                condition = self.value(node.arguments[0])
                return None if condition is None else self.value(node.arguments[1 if condition else 2])
            case "MIN":
                return self._of(lambda *numbers: min(numbers), *node.arguments)
            case "MAX":
                return self._of(lambda *numbers: max(numbers), *node.arguments)
            case "ABS":
                return self._of(abs, *node.arguments)
            case "DATE":
                return self._of(lambda *parts: dt.date(*map(int, parts)), *node.arguments)
            case "DAYS":
                return self._of(lambda later, earlier: Fraction((later - earlier).days), *node.arguments)
            case name if name in ROUNDINGS:
                return self._of(lambda number, places: rounded(number, int(places), _MODES[name]), *node.arguments)
        return self._of(lambda at: self._on_curve(node.function, at), *node.arguments)

    def _on_curve(self, curve: str, at: Fraction) -> Fraction:
        if (curve, at) not in self._curves:
            raise Unworkable(f"{curve}({at})")
        return self._curves[curve, at]


class _Branching(_Working):
    """Keeps which way every IF went."""

    def __init__(self, names: Names, curves: Curves) -> None:
        super().__init__(names, curves)
        self.taken: dict[int, bool] = {}

    def _called(self, node: Call) -> Any:
        if node.function == "IF":
            condition = self.value(node.arguments[0])
            if condition is None:
                return None
            self.taken[node.offset] = condition
            return self.value(node.arguments[1 if condition else 2])
        return super()._called(node)
