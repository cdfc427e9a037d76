"""Working time between two moments, day by day; the public holidays are those of France."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from fractions import Fraction

from tests.oracle.numbers import ZERO, Rule

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ONE_DAY = dt.timedelta(days=1)


def easter(year: int) -> dt.date:
    """Easter Sunday (Meeus, Astronomical Algorithms, 1991)."""
    century, of_century = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    month, day = divmod(moon + sunday - 7 * ((year % 19 + 11 * moon + 22 * sunday) // 451) + 114, 31)
    return dt.date(year, month, day + 1)


def holidays_of_france(year: int) -> set[dt.date]:
    """Code du travail, article L3133-1."""
    fixed = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    return {dt.date(year, *each) for each in fixed} | {easter(year) + days * ONE_DAY for days in (1, 39, 50)}


def opened(calendar: Rule, day: dt.date) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """The opening hours of a day."""
    if day in calendar.get("closed", ()) or ("holidays" in calendar and day in holidays_of_france(day.year)):
        return
    midnight = dt.datetime.combine(day, dt.time())
    for each in calendar["open"]:
        if WEEKDAYS[day.weekday()] in each["days"]:
            begin, end = (
                midnight + dt.timedelta(hours=int(each[key][:2]), minutes=int(each[key][3:])) for key in ("from", "to")
            )
            yield begin, end


def working_hours(calendar: Rule, later: dt.date, earlier: dt.date) -> Fraction:
    """The hours that are open from one moment to the other."""
    start, end = (
        each if isinstance(each, dt.datetime) else dt.datetime.combine(each, dt.time()) for each in (earlier, later)
    )
    if end < start:
        return -working_hours(calendar, start, end)
    total, day = dt.timedelta(0), start.date()
    while day <= end.date():
        for begin, until in opened(calendar, day):
            total += max(min(until, end) - max(begin, start), dt.timedelta(0))
        day += ONE_DAY
    return Fraction(total // dt.timedelta(microseconds=1), 3_600_000_000)


def working_days(calendar: Rule, later: dt.date, earlier: dt.date) -> Fraction:
    """The working days after the earlier date, up to the later one."""
    start, end = (each.date() if isinstance(each, dt.datetime) else each for each in (earlier, later))
    if end < start:
        return -working_days(calendar, start, end)
    days = (start + number * ONE_DAY for number in range(1, (end - start).days + 1))
    return sum((Fraction(bool(list(opened(calendar, day)))) for day in days), ZERO)
