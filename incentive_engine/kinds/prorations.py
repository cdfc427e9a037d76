"""Prorations: the share of the period that counts. To add one: one class here, and its name on the last line.

Each counts whole units per day: what a span has is a difference of two numbers, and spans that follow one another add
up to the whole whatever they are cut into.
"""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from calendar import monthrange
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import Field

from incentive_engine.kinds.base import Declared, Rounding
from incentive_engine.kinds.calendars import FIRST, LAST, Calendar, nearest_place
from incentive_engine.kinds.wording import Language
from incentive_engine.periods import Period


class ProrationKind(Declared):
    """What every proration has."""

    by: str
    rounding: Annotated[Rounding, Field(description="Of the share; 10 places unless said.")] = Rounding(places=10)
    needs: ClassVar[tuple[str, ...]] = ("hired",)
    """Workforce columns that hold the payee where they are empty."""
    per: ClassVar[int] = 1
    """How many units are one of what people count, a day or a month."""
    of_own_days: ClassVar[bool] = False
    """Whether the payee's own days stand for those of the period."""
    of_calendar: ClassVar[bool] = False
    """Whether the rule set's `calendar` says what counts."""
    of_known_days: ClassVar[bool] = False
    """Whether it counts only days that calendars know."""

    def before(self, day: pl.Expr, calendar: Calendar | None) -> pl.Expr:
        """Int64: the units of all days before a Date, calendar days unless a kind says otherwise; missing where it is.

        What lies in a span is what is before the day after its last, less what is before its first.
        """
        return day.cast(pl.Int32).cast(pl.Int64)

    def terms(self, first: dt.date, last: dt.date, calendar: Calendar | None = None) -> Sequence[tuple[int, int]]:
        """What the days from one to another have, as people count it, in fractions to be added: 16/31, 3/1."""
        return [(_units(self, first, last, calendar), 1)]

    def whole(self, period: Period, calendar: Calendar | None = None) -> int:
        """The units of a full period."""
        return _units(self, period.start, period.end, calendar)

    @abstractmethod
    def sentence(self, language: Language) -> str:
        """The proration in words."""


@lru_cache(maxsize=1024)
def _units(kind: ProrationKind, first: dt.date, last: dt.date, calendar: Calendar | None) -> int:
    """The units of the days from one to another: the same spans are asked for again and again."""
    after = last + dt.timedelta(days=1)
    units = pl.select(kind.before(pl.lit(after), calendar) - kind.before(pl.lit(first), calendar)).item()
    assert isinstance(units, int)
    return units


class CalendarDays(ProrationKind):
    """Days between hire and leave, both included, of the calendar days of the period."""

    by: Literal["calendar_days"]

    def sentence(self, language: Language) -> str:
        if language == "en":
            return "calendar days present ÷ calendar days of the period"
        return "jours calendaires de présence ÷ jours calendaires de la période"


class WorkingDays(ProrationKind):
    """Working days of the `calendar` between hire and leave, of those of the period: days on which something is open.

    Public holidays and days that are `closed` do not count.
    """

    by: Literal["working_days"]
    of_calendar: ClassVar[bool] = True
    of_known_days: ClassVar[bool] = True

    def before(self, day: pl.Expr, calendar: Calendar | None) -> pl.Expr:
        assert calendar is not None, "a check asks for one"
        return calendar.working_days_before(day)

    def sentence(self, language: Language) -> str:
        if language == "en":
            return "working days present ÷ working days of the period"
        return "jours ouvrés de présence ÷ jours ouvrés de la période"


class OfMonths(ProrationKind):
    """What counts by months, from a table of days: to take each date apart costs ten times as much."""

    of_known_days: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def position(cls, day: pl.Expr) -> pl.Expr:
        """Int64: the units of all days before a Date, worked out of its year, month and day."""

    def before(self, day: pl.Expr, calendar: Calendar | None) -> pl.Expr:
        return pl.lit(_positions(type(self))).gather(nearest_place(day))


@lru_cache
def _positions(kind: type[OfMonths]) -> pl.Series:
    """What is before each day that calendars know, and before the day after the last."""
    days = pl.date_range(FIRST, LAST + dt.timedelta(days=1), eager=True)
    return pl.select(kind.position(pl.lit(days))).to_series()


class Months(OfMonths):
    """Months of the period, each of which counts the same, however long it is; part of one by its calendar days."""

    by: Literal["months"]
    per: ClassVar[int] = 377_580
    """The least number that 28, 29, 30 and 31 divide: every day is a whole number of units."""

    @classmethod
    def position(cls, day: pl.Expr) -> pl.Expr:
        months = day.dt.year().cast(pl.Int64) * 12 + day.dt.month()
        in_month = cls.per // day.dt.days_in_month().cast(pl.Int64)
        return months * cls.per + (day.dt.day().cast(pl.Int64) - 1) * in_month

    def terms(self, first: dt.date, last: dt.date, calendar: Calendar | None = None) -> Sequence[tuple[int, int]]:
        """The part of the first month, the whole ones after it, the part of the last."""
        found: list[tuple[int, int]] = []
        while first <= last:
            of_month = monthrange(first.year, first.month)[1]
            end = min(last, first.replace(day=of_month))
            days = (end - first).days + 1
            if days < of_month:
                found.append((days, of_month))
            elif found and found[-1][1] == 1:
                found[-1] = (found[-1][0] + 1, 1)
            else:
                found.append((1, 1))
            first = end + dt.timedelta(days=1)
        return found or [(0, 1)]

    def sentence(self, language: Language) -> str:
        if language == "en":
            return "months present ÷ months of the period, part of a month by its calendar days"
        return "mois de présence ÷ mois de la période, une fraction de mois selon ses jours calendaires"


class ThirtyDayMonths(OfMonths):
    """Days between hire and leave as if every month had 30: from the first day to the day after the last, by 30E/360.

    The 31st is the same as the 30th; the last day of February stands for the 29th and 30th too. Source: ISDA, 2006
    Definitions, 4.16(g), the Eurobond basis.
    """

    by: Literal["thirty_360"]

    @classmethod
    def position(cls, day: pl.Expr) -> pl.Expr:
        months = day.dt.year().cast(pl.Int64) * 12 + day.dt.month()
        return months * 30 + day.dt.day().cast(pl.Int64).clip(upper_bound=30)

    def sentence(self, language: Language) -> str:
        if language == "en":
            return "days present ÷ days of the period, every month of 30 days (to the day after, a 31st as a 30th)"
        return (
            "jours de présence ÷ jours de la période, chaque mois compté pour 30 jours (jusqu'au lendemain, un 31 "
            "comme un 30)"
        )


class OwnDays(ProrationKind):
    """Calendar days of each stretch, of those on which the payee was there: who joins or leaves is paid in full.

    For plans that pay for the time that somebody was there, whatever it is; only changes within it are weighed.
    """

    by: Literal["own_days"]
    of_own_days: ClassVar[bool] = True

    def sentence(self, language: Language) -> str:
        if language == "en":
            return "calendar days ÷ all calendar days present in the period"
        return "jours calendaires ÷ tous les jours calendaires de présence dans la période"


Proration = Annotated[CalendarDays | WorkingDays | Months | ThirtyDayMonths | OwnDays, Field(discriminator="by")]
