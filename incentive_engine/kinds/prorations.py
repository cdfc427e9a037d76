"""Prorations: the share of the period that counts. To add one: one class here, and its name on the last line."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import Field

from incentive_engine.kinds.base import Declared, Language, Rounding
from incentive_engine.periods import Period


class CalendarDays(Declared):
    """Days between hire and leave, both included, of the calendar days of the period."""

    by: Literal["calendar_days"]
    rounding: Annotated[Rounding, Field(description="Of the share; 10 places unless said.")] = Rounding(places=10)
    needs: ClassVar[tuple[str, ...]] = ("hired",)
    """Workforce columns that hold the payee where they are empty."""

    def days(self, period: Period) -> pl.Expr:
        """Int64: days that count; zero or less for who was not there; missing where `hired` is."""
        first = pl.max_horizontal(pl.col("hired"), pl.lit(period.start))
        last = pl.min_horizontal(pl.col("left").fill_null(period.end), pl.lit(period.end))
        present = (last - first).dt.total_days() + 1
        return pl.when(pl.col("hired").is_not_null()).then(present)

    def whole(self, period: Period) -> int:
        """The days of a full period."""
        return period.days

    def sentence(self, language: Language) -> str:
        """The proration in words."""
        if language == "en":
            return "calendar days present ÷ calendar days of the period"
        return "jours calendaires de présence ÷ jours calendaires de la période"


Proration = Annotated[CalendarDays, Field()]
