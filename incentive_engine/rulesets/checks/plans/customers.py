"""How much of a plan depends on customers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from incentive_engine.kinds.base import written
from incentive_engine.rulesets.checks.plans.rule import Found, Linted, plan_rule
from incentive_engine.rulesets.shares import declared_customer_share


@plan_rule(
    "P10-customer-weight",
    level="error",
    bad="""
        principles: {customer_weight: {at_least: 70%}}
        plans:
          adviser:
            scorecard:
              satisfied: {weight: 60%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}
              sales: {weight: 40%, of: payee, target: 40000, attainment: ratio, curve: on_ratio}
        """,
    good="""
        principles: {customer_weight: {at_least: 70%}}
        plans:
          adviser:
            scorecard:
              satisfied: {weight: 70%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}
              sales: {weight: 30%, of: payee, target: 40000, attainment: ratio, curve: on_ratio}
        """,
)
def customers_weigh_enough(linted: Linted) -> Iterator[Found]:
    """Every plan gives customer KPIs the share that `principles` promise.

    A company that says that customers come first, and pays on sales, is believed on what it pays. Weights are
    multiplied down the tree; where they come from tables or are not there, the smallest share counts as a warning.
    """
    promised = linted.rules.principles.customer_weight
    if promised is None:
        return
    least = Fraction(promised.at_least)
    for name, plan in linted.rules.plans.items():
        share = declared_customer_share(linted.rules, plan)
        promise = f"{written(least, percent=True)} of `principles`"
        if share.high < least:
            told = written(share.high, percent=True)
            message = f"customer KPIs weigh {told} in `{name}`, less than the {promise}"
            yield Found(("plans", name), message, "raise their weights, or change the principle")
        elif share.low < least:
            told = written(share.low, percent=True)
            message = f"customer KPIs may weigh as little as {told} in `{name}`, less than the {promise}"
            hint = "weights from tables, and sums without weights, promise nothing"
            yield Found(("plans", name), message, hint, level="warning")
