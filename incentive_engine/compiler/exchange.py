"""From the payout to what is paid of it in another currency, and what the rates changed."""

from __future__ import annotations

import polars as pl

from incentive_engine.compiler.context import Context
from incentive_engine.exact import Exact
from incentive_engine.rulesets.exchange import PAID, PAID_CURRENCY, PLAN_RATE, PLANNED, RATE, RATE_EFFECT


def paid_out(context: Context, payout: Exact) -> None:
    """What is paid, in coins of the payee's currency, and how much of it is due to the rates since the plan.

    Nothing where the rules have no exchange. In the rules' own currency the payout itself is paid.
    """
    if context.exchange is None:
        return
    paid = context.stages.number(PAID, _in_coins(context, payout, RATE))
    planned = context.stages.number(PLANNED, _in_coins(context, payout, PLAN_RATE))
    context.stages.number(RATE_EFFECT, paid.minus(planned))


def _in_coins(context: Context, payout: Exact, rate: str) -> Exact:
    """The payout at a rate, rounded to the smallest coin of the payee's currency."""
    assert context.exchange is not None
    currency, amount = pl.col(PAID_CURRENCY), payout.times(context.exchange_rate(rate))
    branches = [(currency == context.exchange.currency, payout)]
    branches += [(currency.is_in(names), amount.rounded(places)) for places, names in context.rates.coins.items()]
    return Exact.choose(*branches)
