"""Numbers and texts worth drawing, and what a formula may name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from tests.drawn.writing import decimal_text
from tests.oracle import Call, Constant, Formula, Sign

T = TypeVar("T")
Rule = dict[str, Any]


def fractions(*written: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(each) for each in written)


POSITIVE_TARGETS = fractions("1", "2", "4", "5", "0.8", "3", "7", "100", "12.5")
SIGNED_TARGETS = fractions("0", "1", "45", "2.5", "-20", "-1", "10")
TABLE_TARGETS = (*POSITIVE_TARGETS, *POSITIVE_TARGETS, *fractions("0", "-1", "45"))
RESULTS = fractions(
    "1", "0", "2", "4", "0.8", "3", "5", "0.5", "0.125", "3.33335", "7", "100", "96.5", "0.000001", "6.4"
)
SIGNED_RESULTS = (*RESULTS, *fractions("-1", "-100", "45", "-0.5", "-20", "25", "44.99995"))
RATIO_STARTS = fractions("0.8", "1", "1.2", "0.5", "0", "0.9", "1.1", "1.5", "2", "0.9999", "3")
POINT_STARTS = fractions("0", "10", "-10", "1", "-2.5", "-20", "5", "45", "-1", "100", "0.5")
RATES = fractions("1", "0.5", "0", "1.5", "0.25", "2", "0.333", "0.8125", "-0.5", "-0.25")
FLOORS = fractions("0", "0.5", "0.25", "0.1", "0.9", "-0.5")
WAY_STARTS = fractions("0", "0.5", "1", "0.25", "0.75", "-0.5", "1.5", "0.3333")
RANK_STARTS = fractions("1", "2", "3", "4", "1.5", "5")
STARTS = {
    **dict.fromkeys(("ratio", "inverse_ratio"), RATIO_STARTS),
    **dict.fromkeys(("difference", "level"), POINT_STARTS),
    **dict.fromkeys(("competition_rank", "dense_rank"), RANK_STARTS),
}
"""Where curves begin and bend, by attainment; those of shares of a way otherwise."""
SMALL_RATES = fractions("0.01", "0.5", "0", "0.1", "2", "-0.1", "1")
POINTS = fractions("0.05", "-0.05", "0.1", "0.5", "0", "1")
LIMITS = fractions("0.5", "0.8", "1", "0", "0.333")
SUMS = fractions("1000", "5000", "333.33", "0", "100", "99.99", "0.05", "1", "25000")
CAPS = fractions("1", "1.2", "1.5", "0.9", "0.95")
PARTS = fractions("0.5", "0.25", "0.1", "0.333")
WEIGHTS = {
    1: [fractions("1")],
    2: [fractions("0.5", "0.5"), fractions("0.6", "0.4"), fractions("0.3", "0.7"), fractions("0.125", "0.875")],
    3: [fractions("0.5", "0.3", "0.2"), fractions("0.2", "0.2", "0.6"), fractions("0.333", "0.333", "0.334")],
}
WEIGHTS_IN_TABLES = {
    1: [fractions("1"), fractions("0.9")],
    2: [*WEIGHTS[2], fractions("1", "0"), fractions("0.5", "0.4")],
    3: [*WEIGHTS[3], fractions("1", "0", "0"), fractions("0", "0.5", "0.5"), fractions("0.4", "0.4", "0.4")],
}
MODES = ("half_up", "half_even", "down", "up", "floor", "ceil")
PAYEES = ("007", "7", "A1", "Zoë", "b 2", "Ω", "a1", "P8")
PARTS_OF_A_PAIR = ("part_a", "part_b")
WIDER = {"payee": {"team", "department"}, "team": {"department"}}
"""The kinds of subject that are wider."""
"""Workforce columns with weights of two items."""
SYSTEM, GHOST = "IVR", "ghost"


@dataclass(frozen=True)
class Vocabulary:
    """The names that a formula may use, by type, and numbers and texts worth comparing them with."""

    numbers: tuple[str, ...]
    not_negative: tuple[str, ...]
    texts: Mapping[str, tuple[str, ...]]
    flags: tuple[str, ...]
    dates: tuple[str, ...]
    days: tuple[dt.date, ...]
    near: tuple[Fraction, ...]
    spans: tuple[str, ...] = ("DAYS",)

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.numbers, *self.texts, *self.flags, *self.dates)


@dataclass(frozen=True)
class Drawn:
    """A KPI, and what its measures have to respect."""

    name: str
    kinds: tuple[str, ...]
    negative: bool


def constant(value: Fraction, *, percent: bool = False) -> Formula:
    """A number as a formula; a negative one is a sign before a number."""
    written = decimal_text(abs(value) * 100) + "%" if percent else decimal_text(abs(value))
    number = Constant(written, abs(value))
    return Sign(number) if value < 0 else number


def mostly(*options: T, missing: int = 6) -> tuple[T | None, ...]:
    """The options, and missing in about so many cases of 100."""
    times = round((100 - missing) / max(missing, 1) / len(options))
    return (*options * max(times, 1), None)


def text(value: str) -> Constant:
    return Constant('"' + value.replace('"', '""') + '"', value)


def date(value: dt.date) -> Call:
    return Call("DATE", tuple(Constant(str(part), Fraction(part)) for part in (value.year, value.month, value.day)))
