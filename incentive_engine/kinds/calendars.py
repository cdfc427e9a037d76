"""Calendars: opening hours, public holidays and other closed days, and how much of them lies before a moment.

What lies between two moments is a difference of two such numbers, so that no row is looked at by itself. Hours are
those of the wall clock, as the moments of facts are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Final, Literal, get_args

import polars as pl
from pydantic import Field

from incentive_engine.exact import Exact, Scale
from incentive_engine.formulas import Clock
from incentive_engine.kinds.base import Declared
from incentive_engine.kinds.wording import AnyLanguage, said

FIRST, LAST = dt.date(1970, 1, 1), dt.date(2099, 12, 31)
"""The days that calendars know; moments on others have no working time."""
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)
_Time = Annotated[str, Field(pattern=r"^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$")]
_HOUR: Final = 3_600_000_000
"""Microseconds."""
_MOST_DAYS: Final = 2**16


class Opening(Declared):
    """Hours that are the same on some days of the week; a lunch break lies between two of them."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1, description="`[monday, tuesday]`")]
    since: Annotated[_Time, Field(alias="from", description="`09:00`")]
    until: Annotated[_Time, Field(alias="to", description="`18:00`; `24:00` is midnight.")]

    @property
    def span(self) -> tuple[int, int]:
        """From when to when, in microseconds of a day."""
        begin, end = ((int(each[:2]) * 60 + int(each[3:])) * 60_000_000 for each in (self.since, self.until))
        return begin, end


class PublicHolidays(Declared):
    """The public holidays of a country, as the package `holidays` has them."""

    country: Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166: FR")]
    subdivision: Annotated[str | None, Field(description="A part of it with holidays of its own.")] = None


class Calendar(Declared):
    """When work is done: WORKHOURS and WORKDAYS of formulas, clocks of cases and working days count nothing else."""

    open: Annotated[tuple[Opening, ...], Field(min_length=1, description="The opening hours.")]
    holidays: Annotated[PublicHolidays | None, Field(description="Public holidays on which all is closed.")] = None
    closed: Annotated[tuple[dt.date, ...], Field(description="Other days on which all is closed.")] = ()

    def microseconds_until(self, moment: pl.Expr) -> pl.Expr:
        """The working time before a moment; missing outside the days that calendars know."""
        at = moment.cast(pl.Datetime("us"))
        day, time = _place(at), at.dt.epoch("us") % (24 * _HOUR)
        before, *open_on = _days(self)
        today = [
            pl.lit(opened).gather(day) * (time - span[0]).clip(0, span[1] - span[0])
            for opened, span in zip(open_on, (each.span for each in self.open), strict=True)
        ]
        return pl.sum_horizontal(pl.lit(before).gather(day), *today, ignore_nulls=False)

    def working_days_before(self, day: pl.Expr) -> pl.Expr:
        """Int64: the working days of calendars before a day; there are none outside the days that they know."""
        return pl.lit(_worked_before(self)).gather(nearest_place(day))

    @property
    def public_holidays(self) -> Sequence[dt.date]:
        """Those of all the years that calendars know; raises ImportError where the package is not there."""
        return _public(self)

    @property
    def clocks(self) -> Mapping[str, Clock]:
        """What formulas call, by the function's name and brackets."""
        return {"WORKHOURS()": Clock(self._hours_until), "WORKDAYS()": Clock(self._days_until)}

    def _hours_until(self, moment: pl.Expr) -> Exact:
        most = Scale(0, 0, _MOST_DAYS * 24 * _HOUR)
        return Exact.integer(self.microseconds_until(moment), most).over(_HOUR)

    def _days_until(self, moment: pl.Expr) -> Exact:
        """The working days up to and with that of a moment."""
        return Exact.integer(pl.lit(_worked_before(self)).gather(_place(moment) + 1), Scale(0, 0, _MOST_DAYS))

    def sentence(self, language: AnyLanguage) -> str:
        """The calendar in words."""
        spans = [
            f"{', '.join(said(language, day) for day in each.days)} {each.since}–{each.until}" for each in self.open
        ]
        holidays = closed = ""
        if self.holidays is not None:
            place = "-".join(filter(None, (self.holidays.country, self.holidays.subdivision)))
            holidays = said(language, "calendar_holidays", place=place)
        if self.closed:
            closed = said(language, "calendar_closed", days=", ".join(map(str, self.closed)))
        return said(language, "calendar", spans="; ".join(spans), holidays=holidays, closed=closed)


def nearest_place(day: pl.Expr) -> pl.Expr:
    """The place of a day among those that calendars know and the day after; the nearest of them for all others."""
    return (day - FIRST).dt.total_days().clip(0, (LAST - FIRST).days + 1)


def _place(moment: pl.Expr) -> pl.Expr:
    """The place of a day among those that calendars know."""
    day = moment.cast(pl.Date)
    return pl.when(day.is_between(FIRST, LAST)).then((day - FIRST).dt.total_days()).cast(pl.UInt32)


@lru_cache
def _days(calendar: Calendar) -> tuple[pl.Series, ...]:
    """For each day: the working time before it; then, for each of the opening hours, 1 where they hold and else 0."""
    days = pl.date_range(FIRST, LAST, eager=True)
    shut = days.is_in(pl.Series([*calendar.closed, *_public(calendar)], dtype=pl.Date).implode())
    held = [
        (days.dt.weekday().is_in([WEEKDAYS.index(day) + 1 for day in each.days]) & ~shut).cast(pl.Int64)
        for each in calendar.open
    ]
    worked = sum(opened * (each.span[1] - each.span[0]) for opened, each in zip(held, calendar.open, strict=True))
    assert isinstance(worked, pl.Series)
    return worked.cum_sum() - worked, *held


@lru_cache
def _worked_before(calendar: Calendar) -> pl.Series:
    """For each day, and for the day after the last: the working days before it."""
    _, *open_on = _days(calendar)
    worked = pl.select(pl.max_horizontal(open_on).cum_sum()).to_series()
    return pl.concat([pl.Series([0], dtype=pl.Int64), worked])


def _public(calendar: Calendar) -> list[dt.date]:
    """The public holidays of all the years; raises ImportError where the package is not there."""
    if calendar.holidays is None:
        return []
    from holidays import country_holidays

    place = calendar.holidays
    return sorted(country_holidays(place.country, place.subdivision, years=range(FIRST.year, LAST.year + 1)))
