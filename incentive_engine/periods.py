"""Pay periods: a year, a half, a quarter or a month, named as compensation teams name them.

A fiscal year is named by the calendar year in which it starts. Both ends of a period are inclusive, so that "hired on
the last day" is one day of presence and not none.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

_NAME: Final = re.compile(r"(?P<year>[12]\d{3})(?:-(?:(?P<half>H[12])|(?P<quarter>Q[1-4])|(?P<month>0[1-9]|1[0-2])))?")
_MONTHS: Final = {"year": 12, "half": 6, "quarter": 3, "month": 1}


@dataclass(frozen=True, slots=True)
class Period:
    """A span of whole days, both ends inclusive, with the name that people give it."""

    name: str
    start: dt.date
    end: dt.date
    year_starts: int = 1

    @property
    def days(self) -> int:
        """How many calendar days the period has."""
        return (self.end - self.start).days + 1

    @property
    def months(self) -> int:
        """How many months the period has."""
        return 12 * (self.end.year - self.start.year) + self.end.month - self.start.month + 1

    @classmethod
    def parse(cls, name: str, year_starts: int = 1) -> Period:
        """The period called `2026`, `2026-H1`, `2026-Q3` or `2026-07`; months are always calendar months.

        Raises ValueError, in words for the user, when the name is none of these.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"`{name}` is not a period: write 2026, 2026-H1, 2026-Q3 or 2026-07")
        kind = next(kind for kind in ("half", "quarter", "month", "year") if match[kind])
        number = 1 if kind == "year" else int(match[kind].lstrip("HQ"))
        return cls._of(int(match["year"]), kind, number, year_starts)

    @classmethod
    def _of(cls, year: int, kind: str, number: int, year_starts: int) -> Period:
        length = _MONTHS[kind]
        first = (0 if kind == "month" else year_starts - 1) + length * (number - 1)
        last = _first_day(year, first + length) - dt.timedelta(days=1)
        letter = {"half": f"-H{number}", "quarter": f"-Q{number}", "month": f"-{number:02d}"}.get(kind, "")
        return cls(f"{year:04d}{letter}", _first_day(year, first), last, year_starts)

    def overlaps(self, other: Period) -> bool:
        """Whether the two have a day in common."""
        return self.start <= other.end and other.start <= self.end

    def previous(self) -> Period:
        """The period of the same length just before this one."""
        year, part = int(self.name[:4]), self.name[5:]
        kind = {"": "year", "H": "half", "Q": "quarter"}.get(part[:1], "month")
        in_a_year = 12 // _MONTHS[kind]
        number = int(part.lstrip("HQ") or 1) - 1
        return (
            Period._of(year, kind, number, self.year_starts)
            if number
            else (Period._of(year - 1, kind, in_a_year, self.year_starts))
        )

    def year_before(self) -> Period:
        """The same period of the year before."""
        return Period.parse(f"{int(self.name[:4]) - 1:04d}{self.name[4:]}", self.year_starts)

    @property
    def year_start(self) -> dt.date:
        """The first day of the fiscal year in which the period begins."""
        return _first_day(self.start.year - (self.start.month < self.year_starts), self.year_starts - 1)

    def months_to_its_end(self, months: int) -> dt.date:
        """The first day of so many months that end with the period."""
        return _first_day(self.end.year, self.end.month - months)

    def parts(self, kind: str) -> tuple[Period, ...]:
        """The `months`, `quarters` or `halves` that the period is made of, in order; none where it is no longer."""
        single = {"months": "month", "quarters": "quarter", "halves": "half"}[kind]
        first_year = range(self.start.year - 1, self.end.year + 1)
        numbers = range(1, 12 // _MONTHS[single] + 1)
        candidates = (Period._of(year, single, number, self.year_starts) for year in first_year for number in numbers)
        inside = tuple(each for each in candidates if self.start <= each.start and each.end <= self.end)
        return () if inside and inside[0].days == self.days else inside


def _first_day(year: int, months_after_january: int) -> dt.date:
    return dt.date(year + months_after_january // 12, months_after_january % 12 + 1, 1)
