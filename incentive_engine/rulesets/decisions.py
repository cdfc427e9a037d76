"""What people decided and promised: who decided the rules and the targets, when people were told, what always holds."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from incentive_engine.kinds.base import Declared, Label


class Decision(Declared):
    """Who decided the rules, and when people were told."""

    by: Annotated[str, Field(min_length=1, description="Who decided.")]
    on: Annotated[dt.date, Field(description="The day of the decision: 2025-12-11.")]
    notified: Annotated[dt.date | None, Field(description="The day on which people were told.")] = None


class Agreement(Declared):
    """What customers agreed to, and how they were asked."""

    on: Annotated[dt.date, Field(description="The day.")]
    how: Annotated[Label, Field(description="How they had a say: a panel, a contract, a survey of expectations.")]


class TargetDecision(Decision):
    """Who set a target, when people were told, and whether customers had a say."""

    agreed_with_customers: Annotated[
        Agreement | None, Field(description="When and how customers agreed to it; they did not unless said.")
    ] = None


class AtLeast(Declared):
    """A share that must be reached."""

    at_least: Annotated[Decimal, Field(ge=0, le=1, description="The smallest share: `70%`.")]


class AtMost(Declared):
    """A number that must not be passed."""

    at_most: Annotated[int, Field(ge=1, description="The greatest number.")]


class Principles(Declared):
    """What every plan of the rule set promises; `incentive check` and `incentive audit` hold it to that."""

    customer_weight: Annotated[
        AtLeast | None, Field(description="The share of weights that customer KPIs must have.")
    ] = None
    kpis_per_plan: Annotated[AtMost | None, Field(description="How many KPIs a plan may have.")] = None
    review_every: Annotated[
        str | None,
        Field(pattern=r"^[1-9]\d{0,2} months?$", description="How often KPIs are renewed: `12 months`."),
    ] = None

    def reviewed_since(self, day: dt.date) -> dt.date | None:
        """The day since which a KPI must have been reviewed to be renewed on `day`; None where nothing is promised."""
        if self.review_every is None:
            return None
        months = day.year * 12 + day.month - 1 - int(self.review_every.split()[0])
        year, month = divmod(months, 12)
        return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
