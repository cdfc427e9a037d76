"""Pay periods: a year, a half, a quarter or a month, named as compensation teams name them.

A fiscal year is named by the calendar year in which it starts. Both ends of a period are inclusive, so that "hired on
the last day" is one day of presence and not none.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

_NAME = re.compile(r"(?P<year>\d{4})(?:-(?:H(?P<half>[12])|Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?")


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

    @classmethod
    def parse(cls, name: str, year_starts: int = 1) -> Period:
        """The period called `2026`, `2026-H1`, `2026-Q3` or `2026-07`; months are always calendar months.

        Raises ValueError, in words for the user, when the name is none of these.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"`{name}` is not a period: write 2026, 2026-H1, 2026-Q3 or 2026-07")
        year = int(match["year"])
        if match["month"]:
            first, length = _month(year, int(match["month"]) - 1), 1
        elif match["quarter"]:
            first, length = _month(year, year_starts - 1 + 3 * (int(match["quarter"]) - 1)), 3
        elif match["half"]:
            first, length = _month(year, year_starts - 1 + 6 * (int(match["half"]) - 1)), 6
        else:
            first, length = _month(year, year_starts - 1), 12
        last = _month(first.year, first.month - 1 + length) - dt.timedelta(days=1)
        return cls(name, first, last, year_starts)

    def previous(self) -> Period:
        """The period of the same length just before this one."""
        year = int(self.name[:4])
        suffix = self.name[5:]
        if not suffix:
            return Period.parse(str(year - 1), self.year_starts)
        letter, number, count = (
            (suffix[0], int(suffix[1:]), {"H": 2, "Q": 4}[suffix[0]]) if suffix[0] in "HQ" else ("", int(suffix), 12)
        )
        year, number = (year, number - 1) if number > 1 else (year - 1, count)
        return Period.parse(f"{year}-{letter}{number}" if letter else f"{year}-{number:02d}", self.year_starts)


def _month(year: int, months_after_january: int) -> dt.date:
    return dt.date(year + months_after_january // 12, months_after_january % 12 + 1, 1)
