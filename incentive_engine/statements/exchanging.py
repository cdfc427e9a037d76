"""Another currency than that of the rules: own amounts at the rate of the plan, the payout at the rate it is paid."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.currencies import minor_digits
from incentive_engine.engine.comparing import Number
from incentive_engine.kinds.base import Rounding
from incentive_engine.rulesets.exchange import (
    PAID,
    PAID_CURRENCY,
    PLAN_RATE,
    PLANNED,
    RATE,
    RATE_EFFECT,
    ResolvedExchange,
)
from incentive_engine.statements.digits import alike
from incentive_engine.statements.people import column_name
from incentive_engine.statements.reading import Reading, Row, number_in
from incentive_engine.statements.values import Line


class ExchangeWriter:
    """The exchange of one plan, in one language."""

    def __init__(self, reading: Reading, exchange: ResolvedExchange) -> None:
        self._reading, self._exchange, self._words = reading, exchange, reading.words["exchange"]
        self._numbers = reading.language.numbers

    def own(self, row: Row) -> Iterator[Line]:
        """Amounts of the payee's own currency in that of the rules."""
        rate = number_in(row, PLAN_RATE)
        if rate is None or row[PAID_CURRENCY] == self._exchange.currency:
            return
        show = self._reading.language.money_in(row[PAID_CURRENCY])
        for column in self._exchange.own:
            amount, converted = number_in(row, column), number_in(row, self._exchange.converted(column))
            if amount is not None and converted is not None:
                above, below = alike((amount, rate))
                note = self._reading.rounded(self._exchange.rounding, above / below, converted, self._numbers.money)
                day = str(self._words["plan_rate"]).format(day=self._reading.language.date(self._exchange.plan))
                yield Line(
                    str(self._words["own"]).format(name=column_name(column, self._reading.language)),
                    self._numbers.money(converted),
                    f"{show(amount)} ÷ {self._numbers.number(rate)}",
                    ", ".join(filter(None, (day, note))),
                )

    def paid(self, row: Row) -> Iterator[Line]:
        """What is paid of the payout, and what the rates changed of it since the plan."""
        paid, effect = number_in(row, PAID), number_in(row, RATE_EFFECT)
        if paid is None or effect is None or row[PAID_CURRENCY] == self._exchange.currency:
            return
        show, day = self._reading.language.money_in(row[PAID_CURRENCY]), self._reading.language.date
        said = str(self._words["rate"]).format(day=day(self._exchange.paid))
        if self._exchange.paid == self._exchange.plan:
            said = str(self._words["plan_rate"]).format(day=day(self._exchange.plan))
        else:
            planned = number_in(row, PLANNED)
            assert planned is not None, "what is paid was planned"
            plan = str(self._words["plan_rate"]).format(day=day(self._exchange.plan))
            yield self._at(row, self._words["planned"], PLAN_RATE, planned, plan)
            yield Line(self._words["effect"], show(effect), f"{show(paid)} − {self._inside(row, planned)}")
        yield self._at(row, self._words["paid"], RATE, paid, said)

    def _inside(self, row: Row, amount: Number) -> str:
        return self._numbers.inside(amount, self._reading.language.money_in(row[PAID_CURRENCY]))

    def _at(self, row: Row, name: str, column: str, amount: Number, said: str) -> Line:
        payout, rate = number_in(row, "payout"), number_in(row, column)
        assert payout is not None, "what is paid was worked out"
        assert rate is not None, "what is paid has a rate"
        show = self._reading.language.money_in(row[PAID_CURRENCY])
        coin = Rounding(places=minor_digits(row[PAID_CURRENCY]))
        one, other = alike((payout, rate))
        note = self._reading.rounded(coin, one * other, amount, show)
        arithmetic = f"{self._numbers.inside(payout, self._numbers.money)} × {self._numbers.number(rate)}"
        return Line(name, show(amount), arithmetic, ", ".join(filter(None, (said, note))))
