"""Formulas: each knows its text, for the rule set, and its value, for the oracle."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.oracle.calendars import working_days, working_hours
from tests.oracle.numbers import Row, rounded

FUNCTIONS = {
    *("ISMISSING", "IF", "MIN", "MAX", "ABS", "ROUND", "ROUNDDOWN", "ROUNDUP"),
    *("DATE", "DAYS", "HOURS", "WORKHOURS", "WORKDAYS"),
}
CALENDAR = "the calendar"
"""Where a scope of facts holds the calendar of the rules."""


class Formula(ABC):
    """A piece of the formula language; a value of None is missing, and what needs it is missing too."""

    @property
    def binds(self) -> int:
        """How tightly it holds together: OR 1, AND 2, NOT 3, comparisons 4, sums 5, products 6, signs 7, the rest 8."""
        return 8

    @property
    @abstractmethod
    def text(self) -> str: ...

    @abstractmethod
    def value(self, scope: Row) -> Any: ...

    @property
    def below(self) -> tuple[Formula, ...]:
        """The formulas that it is made of."""
        return ()

    def inside(self, binds: int) -> str:
        return self.text if self.binds >= binds else f"({self.text})"

    def walk(self) -> Iterator[Formula]:
        """Itself and everything below."""
        yield self
        for each in self.below:
            yield from each.walk()

    @property
    def names(self) -> set[str]:
        return {each.name for each in self.walk() if isinstance(each, Named)}

    @property
    def curves(self) -> set[str]:
        """The curves that it calls."""
        return {each.curve for each in self.walk() if isinstance(each, Curved)}


@dataclass(frozen=True)
class Constant(Formula):
    """A number, a text or TRUE and FALSE, with the way it is written."""

    written: str
    meant: Any

    @property
    def text(self) -> str:
        return self.written

    def value(self, scope: Row) -> Any:
        return self.meant


@dataclass(frozen=True)
class Named(Formula):
    name: str

    @property
    def text(self) -> str:
        return self.name

    def value(self, scope: Row) -> Any:
        return scope[self.name]


@dataclass(frozen=True)
class Sign(Formula):
    """-x"""

    of: Formula

    @property
    def binds(self) -> int:
        return 7

    @property
    def text(self) -> str:
        return "-" + self.of.inside(7)

    @property
    def below(self) -> tuple[Formula, ...]:
        return (self.of,)

    def value(self, scope: Row) -> Any:
        value = self.of.value(scope)
        return None if value is None else -value


@dataclass(frozen=True)
class Not(Formula):
    of: Formula

    @property
    def binds(self) -> int:
        return 3

    @property
    def text(self) -> str:
        return "NOT " + self.of.inside(3)

    @property
    def below(self) -> tuple[Formula, ...]:
        return (self.of,)

    def value(self, scope: Row) -> Any:
        value = self.of.value(scope)
        return None if value is None else not value


@dataclass(frozen=True)
class Both(Formula):
    """Two formulas and the sign between them."""

    left: Formula
    sign: str
    right: Formula

    @property
    def binds(self) -> int:
        return {"OR": 1, "AND": 2, "+": 5, "-": 5, "*": 6, "/": 6}.get(self.sign, 4)

    @property
    def text(self) -> str:
        looser = self.binds + 1 if self.binds == 4 else self.binds  # a comparison of comparisons needs brackets
        return f"{self.left.inside(looser)} {self.sign} {self.right.inside(self.binds + 1)}"

    @property
    def below(self) -> tuple[Formula, ...]:
        return (self.left, self.right)

    def value(self, scope: Row) -> Any:
        left, right = self.left.value(scope), self.right.value(scope)
        if self.sign == "AND":
            return False if left is False or right is False else None if left is None or right is None else True
        if self.sign == "OR":
            return True if left is True or right is True else None if left is None or right is None else False
        if left is None or right is None:
            return None
        if type(left) is not type(right) and isinstance(left, dt.date):  # a moment and a day
            left, right = _day(left), _day(right)
        if self.sign == "/":
            return None if right == 0 else left / right
        return {
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right,
            "=": lambda: left == right,
            "<>": lambda: left != right,
            "<": lambda: left < right,
            "<=": lambda: left <= right,
            ">": lambda: left > right,
            ">=": lambda: left >= right,
        }[self.sign]()


@dataclass(frozen=True)
class In(Formula):
    one: Formula
    among: tuple[Formula, ...]

    @property
    def binds(self) -> int:
        return 4

    @property
    def text(self) -> str:
        return f"{self.one.inside(5)} IN ({', '.join(each.text for each in self.among)})"

    @property
    def below(self) -> tuple[Formula, ...]:
        return (self.one, *self.among)

    def value(self, scope: Row) -> Any:
        one = self.one.value(scope)
        return None if one is None else one in [each.value(scope) for each in self.among]


@dataclass(frozen=True)
class Call(Formula):
    function: str
    arguments: tuple[Formula, ...]

    @property
    def text(self) -> str:
        return f"{self.function}({', '.join(each.text for each in self.arguments)})"

    @property
    def below(self) -> tuple[Formula, ...]:
        return self.arguments

    def value(self, scope: Row) -> Any:
        values = [each.value(scope) for each in self.arguments]
        if self.function == "ISMISSING":
            return values[0] is None
        if self.function == "IF":
            condition, met, otherwise = values
            return None if condition is None else met if condition else otherwise
        if None in values:
            return None
        functions: dict[str, Any] = {
            "MIN": lambda *numbers: min(numbers),
            "MAX": lambda *numbers: max(numbers),
            "ABS": abs,
            "ROUND": lambda number, places: rounded(number, int(places), "half_up"),
            "ROUNDDOWN": lambda number, places: rounded(number, int(places), "down"),
            "ROUNDUP": lambda number, places: rounded(number, int(places), "up"),
            "DATE": lambda year, month, day: dt.date(int(year), int(month), int(day)),
            "HOURS": lambda later, earlier: _hours(_moment(later) - _moment(earlier)),
            "WORKHOURS": lambda later, earlier: working_hours(scope[CALENDAR], later, earlier),
            "WORKDAYS": lambda later, earlier: working_days(scope[CALENDAR], later, earlier),
            "DAYS": lambda later, earlier: Fraction((_day(later) - _day(earlier)).days),
        }
        return functions[self.function](*values)


@dataclass(frozen=True)
class Curved(Formula):
    """A curve of the rule set, called like a function: the scope holds it under its name and brackets."""

    curve: str
    argument: Formula

    @property
    def text(self) -> str:
        return f"{self.curve}({self.argument.text})"

    @property
    def below(self) -> tuple[Formula, ...]:
        return (self.argument,)

    def value(self, scope: Row) -> Any:
        argument = self.argument.value(scope)
        return None if argument is None else scope[f"{self.curve}()"](argument)


def _day(moment: dt.date) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def _moment(day: dt.date) -> dt.datetime:
    return day if isinstance(day, dt.datetime) else dt.datetime.combine(day, dt.time())


def _hours(time: dt.timedelta) -> Fraction:
    return Fraction(time // dt.timedelta(microseconds=1), 3_600_000_000)
