"""The rule set that `incentive init` copies: every amount was worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

import incentive_engine
from incentive_engine.engine.run import Run
from incentive_engine.shipped import rules_dir

STARTER = rules_dir() / "starter"

# satisfaction and recommendation against their targets, then cases per day or sales; 30,000 x 8 % / 4 = 600
BY_HAND = {
    # everything on target
    "A01": "600.00",
    # satisfaction 4.4 pays 125 %: 70 % x (60 % x 125 % + 40 % x 100 %) + 30 % x 125 % = 118 %
    "A02": "708.00",
    # half time; satisfaction 3.6 and 18 cases pay 75 % each: 70 % x 85 % + 30 % x 75 % = 82 % of 300
    "A03": "246.00",
    # 46 days of 92; satisfaction 4.2 pays 112.5 %, team NPS 50 pays 125 %: 70 % x 117.5 % + 30 % = 112.25 %
    "A04": "336.75",
    # two answers only: the team's 4.0 counts; 70 % x (60 % + 40 % x 125 %) + 30 % x 125 % = 114.5 %
    "A05": "687.00",
    # 32,000 x 10 % / 4 = 800; both at 110 % of the target
    "S01": "1000.00",
    # 70 % + 30 % x 50 %, of 1,000
    "S02": "850.00",
    # both at 90 % of the target
    "S03": "600.00",
    # satisfaction 3.2 pays 50 % and halves the 150 % of the sales: 70 % x 50 % + 30 % x 75 % = 57.5 %
    "S04": "575.00",
}


@pytest.fixture(scope="module")
def run() -> Run:
    return incentive_engine.run(incentive_engine.load(STARTER / "rules.yaml"), STARTER / "data", "2026-Q3")


def test_starter_rule_set_has_nothing_to_report() -> None:
    assert incentive_engine.load(STARTER / "rules.yaml").warnings == ()


def test_starter_pays_what_was_worked_out_by_hand(run: Run) -> None:
    paid = dict(zip(run.payouts["payee"], run.payouts["payout"], strict=True))
    assert paid == {payee: Decimal(amount) for payee, amount in BY_HAND.items()}


def test_starter_holds_who_has_no_salary(run: Run) -> None:
    assert run.held.select("table", "payee", "code").rows() == [("workforce", "A06", "missing-target-pay")]


def test_starter_newcomer_is_not_eligible(run: Run) -> None:
    failed = {
        row["payee"] for row in run.eligibility.to_dicts() if row["test"] == "eligible" and row["result"] is False
    }
    assert failed == {"A07"}


def test_starter_uses_the_team_where_answers_are_few(run: Run) -> None:
    (row,) = run.contributions.filter(payee="A05", measure="customer.satisfaction").to_dicts()
    assert (row["subject_kind"], row["subject"], row["actual"], row["n"]) == ("team", "South", Decimal(4), 12)
