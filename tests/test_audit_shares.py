"""The customers' share of a plan: declared, paid and effective, by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from incentive_engine import load
from incentive_engine.audit.shares import CustomerShare, customer_shares
from incentive_engine.shipped import rules_dir


def seller_share(rows: list[tuple[str, str, str, str | None]], other: str = "0") -> tuple[CustomerShare, ...]:
    """Of the starter's plan for sellers; a row: target pay, brought by customers, brought by sales, proration."""
    payouts, contributions = [], []
    for at, (target, customers, sales, proration) in enumerate(rows):
        payout = Decimal(customers) + Decimal(sales) + Decimal(other)
        one: dict[str, Any] = {"payee": f"S{at}", "plan": "seller"}
        payouts.append(
            one | {"target_pay": Decimal(target), "payout": payout, "proration": proration and Decimal(proration)}
        )
        measures = [("satisfaction", "customer", customers), ("sales", "internal", sales), (None, None, other)]
        contributions += [
            one | {"measure": name, "kpi": name, "perspective": perspective, "pay": Decimal(pay)}
            for name, perspective, pay in measures
        ]
    rules = load(rules_dir() / "starter" / "rules.yaml").ruleset
    return customer_shares(rules, pl.DataFrame(payouts), pl.DataFrame(contributions))


def test_a_compressed_score_drives_little_of_what_differs() -> None:
    """Customers bring 70 % of the money and a fifth of the differences.

    Rates of customers 0.66, 0.70, 0.74 and of sales 0.14, 0.30, 0.46: their covariances with the total 0.80, 1.00, 1.20
    are 0.008 and 0.032, its variance 0.04.
    """
    (share,) = seller_share([("1000", "660", "140", None), ("1000", "700", "300", None), ("1000", "740", "460", None)])
    assert (share.plan, share.payees) == ("seller", 3)
    assert (share.declared_low, share.declared_high) == (0.7, 0.7)
    assert share.paid == pytest.approx(0.7)
    assert share.effective == pytest.approx(0.2)
    customers, sales = share.measures
    assert (customers.measure, customers.perspective, sales.perspective) == ("satisfaction", "customer", "internal")
    assert customers.effective == share.effective
    assert sales.effective == pytest.approx(0.8)
    assert sales.paid == pytest.approx(0.3)


def test_salaries_and_days_of_presence_make_no_difference() -> None:
    """The same rates of other target pays; the third was there for half of the period."""
    (share,) = seller_share([("2000", "1320", "280", "1"), ("500", "350", "150", "1"), ("1000", "370", "230", "0.5")])
    assert share.effective == pytest.approx(0.2)
    assert share.paid == pytest.approx(2040 / 2700)


def test_money_that_nothing_earned_dilutes_what_customers_are_paid_for() -> None:
    (share,) = seller_share([("1000", "0", "0", None), ("1000", "300", "100", None)], other="200")
    assert share.paid == pytest.approx(300 / 800)
    assert share.effective == pytest.approx(0.75)


def test_what_is_the_same_for_everybody_drives_no_difference() -> None:
    """Rates that differ by the rounding to cents are equal rates."""
    (share,) = seller_share([("333.33", "233.33", "100.00", None), ("777.77", "544.44", "233.33", None)])
    assert share.effective is None
    assert share.paid == pytest.approx(777.77 / 1111.10)
    (nothing,) = seller_share([("1000", "0", "0", "0"), ("1000", "0", "0", "0")])
    assert (nothing.paid, nothing.effective) == (None, None)


def test_a_plan_that_paid_nobody_has_no_share() -> None:
    plans = {share.plan for share in seller_share([("1000", "700", "300", None)])}
    assert plans == {"seller"}
