"""The functions of the language: a closed list, each with how it is written and what it gives.

One table serves the checks, the messages and the reference. Besides these only the curves of a rule set can be called,
each under its own name: built-in functions are read in any case, curves as they are written.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """How a function is written, how many arguments it takes (`most` None: any number) and what it gives."""

    written: str
    least: int
    most: int | None
    meaning: str

    @property
    def counted(self) -> str:
        """How many arguments it takes, in words."""
        if self.most is None:
            return f"{self.least} or more arguments"
        return f"{self.least} argument{'' if self.least == 1 else 's'}"


FUNCTIONS: dict[str, Function] = {
    "IF": Function("IF(condition, then, else)", 3, 3, "one of two values; missing where the condition is missing"),
    "MIN": Function("MIN(a, b, …)", 2, None, "the smallest number; missing where one is missing"),
    "MAX": Function("MAX(a, b, …)", 2, None, "the largest number; missing where one is missing"),
    "ABS": Function("ABS(x)", 1, 1, "the number without its sign"),
    "ROUND": Function("ROUND(x, places)", 2, 2, "the nearest number with so many decimals; half goes away from zero"),
    "ROUNDDOWN": Function("ROUNDDOWN(x, places)", 2, 2, "the number cut to so many decimals, towards zero"),
    "ROUNDUP": Function("ROUNDUP(x, places)", 2, 2, "the number with so many decimals, away from zero"),
    "DATE": Function("DATE(year, month, day)", 3, 3, "a day, from three whole numbers"),
    "DAYS": Function("DAYS(later, earlier)", 2, 2, "how many days lie between two dates; negative if they are swapped"),
    "HOURS": Function("HOURS(later, earlier)", 2, 2, "how many hours lie between two moments; a date is its midnight"),
    "WORKHOURS": Function("WORKHOURS(later, earlier)", 2, 2, "how many of them are opening hours of the `calendar`"),
    "WORKDAYS": Function(
        "WORKDAYS(later, earlier)", 2, 2, "how many working days of the `calendar` come after a date, up to a later one"
    ),
    "ISMISSING": Function("ISMISSING(x)", 1, 1, "whether a value is missing; itself never missing"),
}

CURVE = Function("curve(x)", 1, 1, "the rate that this curve of `curves` has at x, rounded as the curve says")
"""What every curve is as a function, whatever its name."""
OF_CALENDAR = frozenset({"WORKHOURS", "WORKDAYS"})
"""What counts by the calendar of the rule set."""
ROUNDINGS = frozenset({"ROUND", "ROUNDDOWN", "ROUNDUP"})
PLACES = range(-12, 16)
"""The decimals that a rounding function may ask for."""
