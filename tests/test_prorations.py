"""Prorations, each against days counted by hand: leap years, first and last days, February, public holidays.

Nothing here asks the engine: a span is what is before the day after its last, less what is before its first.
"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from itertools import pairwise

import holidays
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from incentive_engine.kinds.calendars import FIRST, LAST, Calendar
from incentive_engine.kinds.prorations import Proration, ProrationKind
from incentive_engine.periods import Period

ONE_DAY = dt.timedelta(days=1)
FRENCH = Calendar.model_validate(
    {
        "open": [
            {"days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "from": "09:00", "to": "12:30"},
            {"days": ["monday", "tuesday", "wednesday", "thursday"], "from": "13:30", "to": "18:00"},
        ],
        "holidays": {"country": "FR"},
        "closed": [dt.date(2026, 7, 13), dt.date(2026, 7, 14), dt.date(2026, 8, 1)],
    }
)
"""Open on Monday to Friday; closed on the Monday before a holiday, on one, and on a Saturday, which is no day less."""


def kind(by: str) -> ProrationKind:
    adapter: TypeAdapter[ProrationKind] = TypeAdapter(Proration)
    return adapter.validate_python({"by": by})


KINDS = [kind(by) for by in ("calendar_days", "working_days", "months", "thirty_360", "own_days")]


def units(proration: ProrationKind, *days: dt.date) -> list[int]:
    """What is before each day."""
    return pl.select(proration.before(pl.lit(pl.Series(days)), FRENCH)).to_series().to_list()


def share(by: str, first: str, last: str, period: str) -> Fraction:
    """The share of a period that the days from the first to the last are."""
    proration = kind(by)
    start, after = units(proration, dt.date.fromisoformat(first), dt.date.fromisoformat(last) + ONE_DAY)
    return Fraction(after - start, proration.whole(Period.parse(period), FRENCH))


@pytest.mark.parametrize(
    ("by", "first", "last", "period", "expected"),
    [
        # calendar days: 31 + 31 + 30 = 92 days in the third quarter, 90 in the first, 91 in a leap year
        ("calendar_days", "2026-07-01", "2026-09-30", "2026-Q3", Fraction(1)),
        ("calendar_days", "2026-07-01", "2026-07-01", "2026-Q3", Fraction(1, 92)),
        ("calendar_days", "2026-09-30", "2026-09-30", "2026-Q3", Fraction(1, 92)),
        ("calendar_days", "2024-02-29", "2024-02-29", "2024-Q1", Fraction(1, 91)),
        ("calendar_days", "2026-02-28", "2026-03-01", "2026-Q1", Fraction(2, 90)),
        ("calendar_days", "2024-02-28", "2024-03-01", "2024", Fraction(3, 366)),
        ("calendar_days", "2024-01-01", "2024-12-31", "2024", Fraction(1)),
        # working days: July 2026 has 23 from Monday to Friday, less the 13th and the 14th; August 21 (the 15th is a
        # Saturday), September 22: 64 in all
        ("working_days", "2026-07-01", "2026-09-30", "2026-Q3", Fraction(1)),
        ("working_days", "2026-07-01", "2026-07-31", "2026-Q3", Fraction(21, 64)),
        ("working_days", "2026-07-11", "2026-07-14", "2026-Q3", Fraction(0)),  # a week-end and two days closed
        ("working_days", "2026-07-10", "2026-07-15", "2026-Q3", Fraction(2, 64)),
        ("working_days", "2026-08-14", "2026-08-17", "2026-Q3", Fraction(2, 64)),  # the 15th is a Saturday anyhow
        # May 2026: 21 from Monday to Friday, less the 1st, the 8th (Fridays), Ascension (14th) and Whit Monday (25th)
        ("working_days", "2026-05-01", "2026-05-31", "2026-05", Fraction(1)),
        ("working_days", "2026-05-13", "2026-05-15", "2026-05", Fraction(2, 17)),
        # February 2024: 21 from Monday to Friday, the 29th a Thursday
        ("working_days", "2024-02-29", "2024-02-29", "2024-02", Fraction(1, 21)),
        # months: each of the quarter is a third
        ("months", "2026-07-01", "2026-09-30", "2026-Q3", Fraction(1)),
        ("months", "2026-07-01", "2026-07-31", "2026-Q3", Fraction(1, 3)),
        ("months", "2026-09-01", "2026-09-30", "2026-Q3", Fraction(1, 3)),
        ("months", "2026-07-01", "2026-07-01", "2026-Q3", Fraction(1, 93)),
        ("months", "2026-09-30", "2026-09-30", "2026-Q3", Fraction(1, 90)),
        ("months", "2026-07-16", "2026-08-15", "2026-Q3", Fraction(16 + 15, 31 * 3)),
        ("months", "2026-02-10", "2026-02-19", "2026-Q1", Fraction(10, 28 * 3)),  # hired and left in one month
        ("months", "2024-02-10", "2024-02-19", "2024-Q1", Fraction(10, 29 * 3)),
        ("months", "2024-02-29", "2024-03-01", "2024", (Fraction(1, 29) + Fraction(1, 31)) / 12),
        ("months", "2024-01-01", "2024-12-31", "2024", Fraction(1)),
        # 30/360: 90 days in a quarter, 30 in February too
        ("thirty_360", "2026-07-01", "2026-09-30", "2026-Q3", Fraction(1)),
        ("thirty_360", "2026-01-01", "2026-03-31", "2026-Q1", Fraction(1)),
        ("thirty_360", "2026-02-01", "2026-02-28", "2026-Q1", Fraction(30, 90)),
        ("thirty_360", "2024-02-01", "2024-02-29", "2024-Q1", Fraction(30, 90)),
        ("thirty_360", "2026-02-01", "2026-02-27", "2026-Q1", Fraction(27, 90)),
        ("thirty_360", "2026-02-28", "2026-02-28", "2026-Q1", Fraction(3, 90)),  # to 1 March: 30 + 1 - 28
        ("thirty_360", "2024-02-28", "2024-02-28", "2024-Q1", Fraction(1, 90)),
        ("thirty_360", "2024-02-29", "2024-02-29", "2024-Q1", Fraction(2, 90)),
        ("thirty_360", "2026-07-16", "2026-07-31", "2026-Q3", Fraction(15, 90)),
        ("thirty_360", "2026-07-16", "2026-07-30", "2026-Q3", Fraction(14, 90)),  # the 31st is as the 30th: to 30, not
        ("thirty_360", "2026-07-31", "2026-07-31", "2026-Q3", Fraction(1, 90)),
        ("thirty_360", "2024-01-01", "2024-12-31", "2024", Fraction(1)),
        # own days count as calendar days do; by what they are divided is the payee's
        ("own_days", "2026-07-01", "2026-08-14", "2026-Q3", Fraction(45, 92)),
    ],
)
def test_share_of_a_period(by: str, first: str, last: str, period: str, expected: Fraction) -> None:
    assert share(by, first, last, period) == expected


@pytest.mark.parametrize(
    ("by", "period", "whole"),
    [
        ("calendar_days", "2026-Q1", 90),
        ("calendar_days", "2024-Q1", 91),
        ("calendar_days", "2024", 366),
        ("calendar_days", "2100-Q1", 90),  # a century is no leap year
        ("thirty_360", "2026-Q1", 90),
        ("thirty_360", "2024-H1", 180),
        ("thirty_360", "2024-02", 30),
        ("months", "2026-02", 377_580),
        ("months", "2026-Q1", 3 * 377_580),
        ("months", "2024", 12 * 377_580),
        ("own_days", "2026-Q3", 92),
    ],
)
def test_whole_of_a_period(by: str, period: str, whole: int) -> None:
    assert kind(by).whole(Period.parse(period), None) == whole


@pytest.mark.parametrize("year", [2024, 2026])
def test_working_days_are_those_of_the_package_holidays(year: int) -> None:
    """Day by day through the year, and a month before and after."""
    public = holidays.country_holidays("FR", years=range(year - 1, year + 2))
    days = [dt.date(year - 1, 12, 1) + each * ONE_DAY for each in range(430)]
    expected = [day.weekday() < 5 and day not in public and day not in FRENCH.closed for day in days]
    counted = [after - before for before, after in pairwise(units(kind("working_days"), *days, days[-1] + ONE_DAY))]
    assert counted == [int(each) for each in expected]


def test_no_working_day_is_known_outside_the_days_of_calendars() -> None:
    edges = units(kind("working_days"), dt.date(1900, 1, 1), FIRST, LAST, LAST + ONE_DAY, dt.date(2500, 1, 1))
    assert edges[:2] == [0, 0]
    assert edges[3] - edges[2] == 1  # 31 December 2099 is a Thursday
    assert edges[4] == edges[3]


@pytest.mark.parametrize("proration", KINDS, ids=lambda each: each.by)
def test_what_is_before_no_day_is_missing(proration: ProrationKind) -> None:
    days = pl.Series([None, dt.date(2026, 7, 1)], dtype=pl.Date)
    frame = pl.select(proration.before(pl.lit(days), FRENCH).alias("units"))
    assert frame.schema["units"] == pl.Int64
    assert frame["units"].is_null().to_list() == [True, False]


@pytest.mark.parametrize("proration", KINDS, ids=lambda each: each.by)
@given(
    cuts=st.lists(st.dates(dt.date(2023, 10, 1), dt.date(2028, 3, 31)), min_size=1, max_size=5),
    year=st.integers(2024, 2027),
)
def test_what_spans_have_adds_up_however_they_are_cut(proration: ProrationKind, cuts: list[dt.date], year: int) -> None:
    """No span has less than nothing, and all spans of a period have what the period has."""
    period = Period.parse(str(year))
    inside = sorted({period.start, period.end + ONE_DAY, *(day for day in cuts if period.start < day <= period.end)})
    spans = [after - before for before, after in pairwise(units(proration, *inside))]
    assert min(spans) >= 0
    assert sum(spans) == proration.whole(period, FRENCH)


@pytest.mark.parametrize(
    ("by", "first", "last", "expected"),
    [
        ("months", "2026-07-16", "2026-08-15", "16/31 15/31"),
        ("months", "2025-11-30", "2026-03-01", "1/30 3/1 1/31"),
        ("months", "2024-02-29", "2024-02-29", "1/29"),
        ("months", "2026-09-16", "2026-10-31", "15/30 1/1"),
        ("months", "2026-07-01", "2026-09-30", "3/1"),
        ("months", "2026-07-01", "2026-06-30", "0/1"),
        ("calendar_days", "2026-07-16", "2026-08-15", "31/1"),
        ("working_days", "2026-07-11", "2026-07-14", "0/1"),
        ("thirty_360", "2026-02-28", "2026-03-01", "4/1"),
    ],
)
def test_what_days_have_is_told_in_numbers_to_be_added(by: str, first: str, last: str, expected: str) -> None:
    terms = kind(by).terms(dt.date.fromisoformat(first), dt.date.fromisoformat(last), FRENCH)
    assert " ".join(f"{part}/{whole}" for part, whole in terms) == expected


@pytest.mark.parametrize("proration", KINDS, ids=lambda each: each.by)
def test_a_proration_is_told_in_both_languages(proration: ProrationKind) -> None:
    english, french = proration.sentence("en"), proration.sentence("fr")
    assert english != french
    assert "÷" in english
    assert "÷" in french
