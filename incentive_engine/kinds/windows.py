"""Windows: which days a KPI looks at, for a period: its own, those of an assignment, the year to date, all before."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, Literal

from pydantic import Discriminator, Field, Tag

from incentive_engine.kinds.base import Declared
from incentive_engine.kinds.wording import AnyLanguage, said
from incentive_engine.periods import Period


class LastMonths(Declared):
    """The months that end with the period, however long it is itself."""

    months: Annotated[int, Field(ge=1, le=120, description="How many months: 12 for a rolling year.")]


Window = Annotated[
    Annotated[Literal["period", "assignment", "year_to_date", "until_end"], Tag("named")]
    | Annotated[LastMonths, Tag("months")],
    Discriminator(lambda value: "named" if isinstance(value, str) else "months"),
]
"""`period`, `assignment` for its days on which the payee was in one place, `year_to_date` from the first day of the
fiscal year, `until_end` of all facts, `{months: 12}`."""
ASSIGNMENT: Final = "assignment"
"""The window whose days differ from payee to payee."""


def days_of(window: Window, period: Period) -> tuple[dt.date, dt.date]:
    """The first and the last day that count for a period; for assignments, those that theirs lie between."""
    if isinstance(window, LastMonths):
        return period.months_to_its_end(window.months), period.end
    first = {
        "period": period.start,
        ASSIGNMENT: period.start,
        "year_to_date": period.year_start,
        "until_end": dt.date.min,
    }
    return first[window], period.end


def window_words(window: Window, language: AnyLanguage) -> str:
    """Which days count, to be said after how a result is worked out; nothing where they are those of the period."""
    if isinstance(window, LastMonths):
        return said(language, "over_months", months=window.months)
    if window == "period":
        return ""
    if window == ASSIGNMENT:
        return said(language, "over_assignment")
    return said(language, "over_all" if window == "until_end" else "over_year")
