"""What people decided and promised: who decided the rules and the targets, when people were told, what always holds."""

from __future__ import annotations

import datetime as dt
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
    """What every plan of the rule set promises; `incentive check` holds it to the weights and the number of KPIs."""

    customer_weight: Annotated[
        AtLeast | None, Field(description="The share of weights that customer KPIs must have.")
    ] = None
    kpis_per_plan: Annotated[AtMost | None, Field(description="How many KPIs a plan may have.")] = None
    review_every: Annotated[
        str | None, Field(pattern=r"^\d+ months?$", description="How often KPIs are renewed: `12 months`.")
    ] = None
