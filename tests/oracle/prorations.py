"""What each day of a period counts for, by the ways of prorating: a share is the sum of its days ÷ that of all."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from fractions import Fraction

from tests.oracle.calendars import ONE_DAY, opened
from tests.oracle.numbers import ONE, ZERO, Rule


def counted(by: str, days: Iterable[dt.date], opening: Rule | None) -> Fraction:
    """What some days count for; `opening`: the calendar of the rules."""
    return sum((_day(by, day, opening) for day in days), ZERO)


def _day(by: str, day: dt.date, opening: Rule | None) -> Fraction:
    if by == "working_days":
        assert opening is not None
        return Fraction(any(True for _ in opened(opening, day)))
    if by == "months":
        return Fraction(1, calendar.monthrange(day.year, day.month)[1])
    if by == "thirty_360":
        return Fraction(_place(day + ONE_DAY) - _place(day))
    return ONE


def _place(day: dt.date) -> int:
    """Where a day is in a year of twelve months of 30 days: the 31st is where the 30th is (30E/360)."""
    return 360 * day.year + 30 * day.month + min(day.day, 30)
