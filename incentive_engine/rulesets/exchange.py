"""Exchange: plans calculate in the currency of the rules; who is paid in another one is paid at a rate of a table."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

from incentive_engine.currencies import minor_digits
from incentive_engine.kinds.base import Rounding
from incentive_engine.kinds.rate_days import PlanDay, RateDay, YearStart
from incentive_engine.periods import Period
from incentive_engine.rulesets.tables import Column, ColumnOptions, TableOptions

PAID_CURRENCY: Final = "paid_currency"
PLAN_RATE: Final = "plan_rate"
RATE: Final = "exchange_rate"
PAID: Final = "paid"
PLANNED: Final = "planned"
RATE_EFFECT: Final = "rate_effect"
EXCHANGE_COLUMNS: Final = (PAID_CURRENCY, PLAN_RATE, RATE, PAID, PLANNED, RATE_EFFECT)
"""What is worked out for a payee where there are rates."""
RATES: Final = ColumnOptions(at_least=Decimal("0.000001"), at_most=Decimal(10**7), places=12)
"""What rates lie between unless the rule set says otherwise: from dinars of Kuwait to pounds of Lebanon, and back."""


class Exchange(TableOptions):
    """Payees whose `currency` is not that of the rules are paid in it.

    Columns: currency, from (the day since which the rate counts, until the next one), rate (how much of the currency
    one unit of the rules' currency is).
    """

    plan: Annotated[
        PlanDay,
        Field(
            description="The day whose rates are those of the plan: amounts in `own` are converted at them. A date, or "
            "`{at: year_start}` for the first day of the fiscal year in which the period begins."
        ),
    ]
    rate_on: Annotated[
        RateDay, Field(description="Whose rates are paid; what they change against the plan's is told by itself.")
    ]
    valid_days: Annotated[
        int | None, Field(ge=1, description="For so many days a rate counts at most; until the next one unless said.")
    ] = None
    own: Annotated[
        tuple[Column, ...], Field(description="Workforce columns with amounts in the payee's own currency.")
    ] = ()
    rounding: Annotated[
        Rounding | None,
        Field(description="Of an own amount in the rules' currency; its minor unit unless said."),
    ] = None


@dataclass(frozen=True, slots=True)
class ResolvedExchange:
    """An exchange for one period: the two days whose rates are used, and what is converted at the plan's."""

    currency: str
    plan: dt.date
    paid: dt.date
    rate_on: RateDay
    valid_days: int | None
    own: tuple[str, ...]
    rounding: Rounding

    def converted(self, column: str) -> str:
        """The column of the trace with an own amount in the rules' currency."""
        return f"{column}@{self.currency}"


def resolved_exchange(exchange: Exchange | None, currency: str, period: Period) -> ResolvedExchange | None:
    """The exchange for one period; None where everyone is paid in the rules' currency."""
    if exchange is None:
        return None
    plan = period.year_start if isinstance(exchange.plan, YearStart) else exchange.plan
    return ResolvedExchange(
        currency=currency,
        plan=plan,
        paid=exchange.rate_on.on(period, plan),
        rate_on=exchange.rate_on,
        valid_days=exchange.valid_days,
        own=exchange.own,
        rounding=exchange.rounding or Rounding(places=minor_digits(currency)),
    )
