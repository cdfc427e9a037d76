"""Rate days: the day whose exchange rates are paid. To add one: one class here, and its name on the last line."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from incentive_engine.kinds.base import Declared
from incentive_engine.kinds.wording import Language
from incentive_engine.periods import Period


class PlanRate(Declared):
    """Paid at the rates of the plan, whatever they have become: the company bears what they change."""

    at: Literal["plan"]

    def on(self, period: Period, plan: dt.date) -> dt.date:
        """The day whose rates are paid."""
        return plan

    def sentence(self, language: Language) -> str:
        """Whose rates are paid, in words."""
        return "at the rates of the plan" if language == "en" else "aux taux du plan"


class PeriodEnd(Declared):
    """Paid at the rates of the last day of the period."""

    at: Literal["period_end"]

    def on(self, period: Period, plan: dt.date) -> dt.date:
        """The day whose rates are paid."""
        return period.end

    def sentence(self, language: Language) -> str:
        """Whose rates are paid, in words."""
        if language == "en":
            return "at the rates of the last day of the period"
        return "aux taux du dernier jour de la période"


class PayoutDate(Declared):
    """Paid at the rates of the day on which the money is paid."""

    at: Literal["payout"]
    day: Annotated[int, Field(ge=1, le=31, description="The day of the month; the last one of shorter months.")]
    months_after: Annotated[int, Field(ge=0, le=12, description="Of which month: so many after the period's last.")]

    def on(self, period: Period, plan: dt.date) -> dt.date:
        """The day whose rates are paid."""
        month = period.end.month - 1 + self.months_after
        year, month = period.end.year + month // 12, month % 12 + 1
        return dt.date(year, month, min(self.day, calendar.monthrange(year, month)[1]))

    def sentence(self, language: Language) -> str:
        """Whose rates are paid, in words."""
        after = self.months_after
        if language == "en":
            near = ("of the last month of the period", "of the month after the period")
            month = near[after] if after < len(near) else f"of the month {after} months after the period's last"
            return f"at the rates of the payout date, day {self.day} {month}"
        near = ("du dernier mois de la période", "du mois qui suit la période")
        month = near[after] if after < len(near) else f"du mois {after} mois après le dernier de la période"
        return f"aux taux du jour du paiement, le {self.day} {month}"


class YearStart(Declared):
    """The first day of the fiscal year in which the period begins: each year has the rates that it began with."""

    at: Literal["year_start"]

    def sentence(self, language: Language) -> str:
        """Which day it is, in words."""
        return "the first day of the fiscal year" if language == "en" else "le premier jour de l'exercice"


PlanDay = Annotated[
    Annotated[dt.date, Tag("date")] | Annotated[YearStart, Tag("year_start")],
    Discriminator(lambda value: "year_start" if isinstance(value, dict | YearStart) else "date"),
]
"""A date, or `{at: year_start}`."""
RateDay = Annotated[PlanRate | PeriodEnd | PayoutDate, Field(discriminator="at")]
