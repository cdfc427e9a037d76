"""Other currencies: at which rates a payee's own amounts are converted, and at which the payout is paid."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from fractions import Fraction

from tests.oracle.numbers import MINOR_DIGITS, ONE, Case, Row, Rule, by_rule, rounded, span


class Exchange:
    """The exchange of a case for its period; without one everybody is paid in the currency of the rules."""

    def __init__(self, case: Case) -> None:
        self.currency: str = case.rules.get("currency", "")
        self.rule: Rule = case.rules.get("exchange", {})
        self.rows: Sequence[Row] = case.tables["exchange"] if self.rule else ()
        year_starts = int(case.rules.get("year_starts", 1))
        start, self.end = span(case.period, year_starts)
        plan = self.rule.get("plan")
        first = dt.date(start.year - (start.month < year_starts), year_starts, 1)
        self.plan: dt.date = plan if isinstance(plan, dt.date) else first

    def of(self, payee: Row) -> str:
        """The currency in which a payee is paid."""
        return str(payee.get("currency") or self.currency)

    def fault(self, payee: Row) -> str | None:
        """Why a payee cannot be paid, if that is so."""
        currency = self.of(payee)
        if currency == self.currency:
            return None
        if not self.rule:
            return "other-currency"
        known = all(self.rate(currency, day) is not None for day in (self.plan, self.paid_on))
        return None if known else "missing-rate"

    @property
    def paid_on(self) -> dt.date:
        """The day whose rates are paid."""
        how = self.rule["rate_on"]
        if how["at"] != "payout":
            days: Mapping[str, dt.date] = {"plan": self.plan, "period_end": self.end}
            return days[how["at"]]
        month = self.end.month - 1 + int(how["months_after"])
        year, month = self.end.year + month // 12, month % 12 + 1
        return dt.date(year, month, min(int(how["day"]), calendar.monthrange(year, month)[1]))

    def rate(self, currency: str, day: dt.date) -> Fraction | None:
        """How much of a currency one unit of the rules' was on a day."""
        if currency == self.currency:
            return ONE
        since = {row["from"]: row["rate"] for row in self.rows if row["currency"] == currency and row["from"] <= day}
        if not since or (day - max(since)).days >= int(self.rule.get("valid_days", 10**6)):
            return None
        rate: Fraction = since[max(since)]
        return rate

    def converted(self, payee: Row) -> Row:
        """The payee with own amounts in the currency of the rules."""
        if not self.rule:
            return payee
        rate, places = self.rate(self.of(payee), self.plan), MINOR_DIGITS[self.currency]
        amounts: dict[str, Fraction | None] = {}
        for column in self.rule.get("own", ()):
            own = payee[column]
            known = own is not None and rate is not None
            amounts[column] = by_rule(own / rate, self.rule.get("rounding"), places) if known else None
        return {**payee, **amounts}

    def paid(self, payee: Row, payout: Fraction) -> tuple[Fraction, Fraction]:
        """What is paid of a payout, and what of it the rates changed."""
        currency, days = self.of(payee), (self.paid_on, self.plan)
        if currency == self.currency:
            return payout, payout - payout
        rates = [self.rate(currency, day) for day in days]
        paid, planned = (rounded(payout * rate, MINOR_DIGITS[currency]) for rate in rates if rate is not None)
        return paid, paid - planned
