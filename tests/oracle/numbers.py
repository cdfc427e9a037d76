"""Rounding, periods and sharing out, in plain fractions; and the case that everything here works on."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

Row = Mapping[str, Any]
Rule = Mapping[str, Any]
ZERO, ONE = Fraction(0), Fraction(1)
MINOR_DIGITS = {"EUR": 2, "CHF": 2, "USD": 2, "JPY": 0, "TND": 3, "CLF": 4}


@dataclass(frozen=True)
class Case:
    """A rule set, the tables it reads, and the period; `columns` says the type of each table's columns.

    `before`: the plans of the edition that the rules follow, which are in force until the day before theirs.
    `as_of`: facts that were recorded later are not known yet.
    """

    rules: dict[str, Any]
    tables: dict[str, list[dict[str, Any]]]
    columns: dict[str, dict[str, str]]
    period: str
    before: Mapping[str, Rule] = field(default_factory=dict)
    as_of: dt.date | None = None

    @property
    def plans(self) -> list[Rule]:
        """Those of both editions."""
        return [*self.before.values(), *self.rules["plans"].values()]

    def __repr__(self) -> str:
        return f"a rule set with {len(self.rules['plans'])} plans, for {self.period}"


# --- rounding ---------------------------------------------------------------------------------------------------------


def rounded(value: Fraction, places: int, mode: str = "half_up") -> Fraction:
    """`value` as a multiple of 10**-places."""
    counts = value * Fraction(10) ** places
    below = math.floor(counts)
    rest = counts - below
    half = Fraction(1, 2)
    upwards = {
        "floor": False,
        "ceil": rest > 0,
        "down": rest > 0 and value < 0,
        "up": rest > 0 and value > 0,
        "half_up": rest > half or (rest == half and value > 0),
        "half_even": rest > half or (rest == half and below % 2 == 1),
    }[mode]
    return Fraction(below + upwards) / Fraction(10) ** places


def by_rule(value: Fraction, rounding: Any, places: int) -> Fraction:
    """`value` rounded as a rule says: `none`, its own places and mode (and then again), or the default `places`."""
    if rounding == "none":
        return value
    if rounding is None:
        return rounded(value, places)
    once = rounded(value, int(rounding["places"]), rounding.get("mode", "half_up"))
    return by_rule(once, rounding["then"], places) if "then" in rounding else once


def kept_places(rounding: Any, places: int) -> int:
    """The decimal places that a rounding leaves."""
    if rounding is None:
        return places
    return kept_places(rounding["then"], places) if "then" in rounding else int(rounding["places"])


# --- periods ----------------------------------------------------------------------------------------------------------


def span(period: str, year_starts: int = 1) -> tuple[dt.date, dt.date]:
    """The first and last day of `2026`, `2026-H1`, `2026-Q3` or `2026-07`; months are those of the calendar."""
    year, rest = int(period[:4]), period[5:]
    if rest == "":
        first, length = year_starts, 12
    elif rest[0] == "H":
        first, length = year_starts + 6 * (int(rest[1:]) - 1), 6
    elif rest[0] == "Q":
        first, length = year_starts + 3 * (int(rest[1:]) - 1), 3
    else:
        first, length = int(rest), 1
    after = first + length
    start = dt.date(year + (first - 1) // 12, (first - 1) % 12 + 1, 1)
    return start, dt.date(year + (after - 1) // 12, (after - 1) % 12 + 1, 1) - dt.timedelta(days=1)


def day(moment: dt.date) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def days_of(period: str, year_starts: int = 1) -> list[dt.date]:
    """All days of a period."""
    start, end = span(period, year_starts)
    return [start + dt.timedelta(number) for number in range((end - start).days + 1)]


def previous(period: str) -> str:
    """The name of the period of the same length just before."""
    year, rest = int(period[:4]), period[5:]
    if rest == "":
        return str(year - 1)
    letter, number = (rest[0], int(rest[1:])) if rest[0] in "HQ" else ("", int(rest))
    if number == 1:
        year, number = year - 1, {"H": 3, "Q": 5, "": 13}[letter]
    return f"{year}-{letter}{number - 1}" if letter else f"{year}-{number - 1:02d}"


def year_before(period: str) -> str:
    """The name of the same period a year before."""
    return f"{int(period[:4]) - 1}{period[4:]}"


def looked_at(over: Any, period: str, year_starts: int = 1) -> tuple[dt.date, dt.date]:
    """The days of facts that count for a period: its own, the year to date, so many months, or all until its end."""
    start, end = span(period, year_starts)
    if over == "until_end":
        return dt.date.min, end
    if over == "year_to_date":
        while start.day != 1 or start.month != year_starts:
            start -= dt.timedelta(days=1)
    elif over not in ("period", "assignment"):
        start = end + dt.timedelta(days=1)
        for _ in range(int(over["months"])):
            start = (start - dt.timedelta(days=1)).replace(day=1)
    return start, end


def parts_of(period: str, kind: str, year_starts: int = 1) -> list[str]:
    """The names of the months, quarters or halves of a period, in order; none where it is not longer than one."""
    start, end = span(period, year_starts)
    names = {"months": [f"-{number:02d}" for number in range(1, 13)], "quarters": ["-Q1", "-Q2", "-Q3", "-Q4"],
             "halves": ["-H1", "-H2"]}[kind]  # fmt: skip
    every = [f"{year}{name}" for year in range(start.year - 1, end.year + 1) for name in names]
    inside = {span(name, year_starts): name for name in every}
    parts = [name for (first, last), name in sorted(inside.items()) if start <= first and last <= end]
    return [] if len(parts) < 2 else parts


# --- sharing out ------------------------------------------------------------------------------------------------------


def shared_out(money: Fraction, parts: Sequence[Fraction], places: int) -> list[Fraction]:
    """`money` in proportion to `parts`, each a multiple of 10**-places: differences of the rounded running totals."""
    total = sum(parts, ZERO)
    if total == 0:
        return [ZERO for _ in parts]
    shares, running, given = [], ZERO, ZERO
    for part in parts:
        running += part
        until_here = rounded(money * running / total, places)
        shares.append(until_here - given)
        given = until_here
    return shares
