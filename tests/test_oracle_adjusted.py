"""The engine agrees with the oracle on guarantees, adjustments and releases, and on what was known when."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, seed, settings

from tests.case_files import calculated
from tests.comparing import agree
from tests.drawn import cases_adjusted, cases_recorded
from tests.drawn.adjustments import NUMBERS, TEXTS
from tests.drawn.plans import Drawing
from tests.oracle import Both, Case, Constant, Named, decided
from tests.test_oracle import DRAWN
from tests.test_oracle_by_hand import EVERYONE, example, kpi, measure, payee, plan

FEW = settings(DRAWN, max_examples=8, derandomize=True)
MANY = settings(DRAWN, max_examples=250, derandomize=False)


@FEW
@given(cases_adjusted())
def test_engine_and_oracle_agree_on_decisions(case: Case) -> None:
    agree(case)


@pytest.mark.long
@pytest.mark.parametrize("number", range(8))
def test_engine_and_oracle_agree_on_the_decisions_of_2000_rule_sets(number: int) -> None:
    @seed(number)
    @given(cases_adjusted())
    @MANY
    def drawn(case: Case) -> None:
        agree(case)

    drawn()


@settings(FEW, max_examples=5)
@given(cases_recorded())
def test_engine_and_oracle_agree_on_what_was_known(case: Case) -> None:
    agree(case)


@pytest.mark.long
@pytest.mark.parametrize("number", range(4))
def test_engine_and_oracle_agree_on_what_was_known_of_1000_rule_sets(number: int) -> None:
    @seed(100 + number)
    @given(cases_recorded())
    @MANY
    def drawn(case: Case) -> None:
        agree(case)

    drawn()


@FEW
@given(cases_adjusted())
def test_the_oracle_keeps_its_promises_about_decisions(case: Case) -> None:
    """What is computed stands, whatever is decided; nothing is added that no row adds; rows come in any order."""
    found, _, decisions = decided(case)
    assume(decisions.used)
    without = {key: value for key, value in case.rules.items() if key != "adjustments"}
    plain, _, _ = decided(replace(case, rules=without))
    if not decisions.holds:
        assert {key: each.computed for key, each in found.items()} == {key: each.payout for key, each in plain.items()}
    added = sum(((each.guarantee or 0) + (each.adjustment or 0) for each in found.values()), Fraction(0))
    assert added == sum((each.pay for each in decisions.used if each.kind != "release"), Fraction(0))
    turned = {**case.tables, "adjustments": case.tables["adjustments"][::-1]}
    assert decided(replace(case, tables=turned))[2].used == decisions.used


@pytest.mark.long
def test_drawn_decisions_are_of_every_kind() -> None:
    """A kind or a fault that nothing draws is compared with nothing."""
    missing = {
        *("amount", "percent", "at_least", "release", "adjustment-says-two-things", "adjustment-says-nothing"),
        *("other-currency", "unknown-payee", "unknown-payment", "unsigned-adjustment", "adjustment-without-reason"),
        *("adjustment-without-end", "expired-adjustment", "adjustment-waits", "not-paid-this", "unneeded-release"),
        "released-twice",
    }
    draws = random.Random(1)
    for _ in range(400):
        decisions = decided(Drawing(lambda _: draws.randbytes(128)).case(adjusted=True))[2]
        missing -= {code for _, code in decisions.held} | {each.kind for each in decisions.used}
        if not missing:
            break
    assert missing == set()


# --- by hand ----------------------------------------------------------------------------------------------------------


def with_decisions(case: Case, *rows: dict[str, Any]) -> Case:
    """The case with decisions that two people signed for its period."""
    signed = {"reason": "As it was", "author": "Hana", "approver": "Dora", "period": case.period, "expires": None}
    empty = dict.fromkeys((*TEXTS, *NUMBERS))
    table = [{**empty, **signed, "reference": f"A-{number}", **row} for number, row in enumerate(rows)]
    columns = {**dict.fromkeys(TEXTS, "text"), **dict.fromkeys(NUMBERS, "number"), "expires": "date"}
    return Case(
        {**case.rules, "adjustments": {"path": "adjustments.csv"}},
        {**case.tables, "adjustments": table},
        {**case.columns, "adjustments": columns},
        case.period,
    )


def used_and_held(case: Case) -> tuple[list[tuple[str, Fraction]], list[tuple[str, str]]]:
    """References and pay of decisions that were used, and who is told why of others; the engine says the same."""
    agree(case)
    decisions = decided(case)[2]
    return [(each.reference, each.pay) for each in decisions.used], decisions.held


def test_who_is_held_for_one_payment_is_not_released_for_another() -> None:
    """Who has no result is held for the bonus; the other plan is for leaders, and Ann is none."""
    leader = Both(Named("role"), "=", Constant('"leader"', "leader"))
    plans = {"p": plan({"a": measure("1")}), "q": plan({"a": measure("1")}, who=leader, pays="extra")}
    case = example({"a": kpi("customer")}, plans, {}, [payee("Ann", role="adviser")])
    row = {"payee": "Ann", "pays": "extra", "release": Fraction(100)}
    assert used_and_held(with_decisions(case, row)) == ([], [("Ann", "not-paid-this")])
    row = {"payee": "Ann", "pays": "bonus", "release": Fraction(100)}
    assert used_and_held(with_decisions(case, row)) == ([("A-0", Fraction(100))], [])


def test_who_waits_for_a_decision_to_be_mended_is_ranked_all_the_same() -> None:
    """Bob is second of two, whether or not Ann's row says what is to be added: she is held, her results are known."""
    ranked = {"weight": Fraction(1), "of": "payee", "attainment": "competition_rank", "curve": "places", "among": "all"}
    tiers = [{"from": Fraction(1), "rate": Fraction(1)}, {"from": Fraction(2), "rate": Fraction("0.5")}]
    results = {("Ann", "a"): "2", ("Bob", "a"): "1"}
    case = example({"a": kpi("customer")}, {"p": plan({"a": ranked})}, results, [payee("Ann"), payee("Bob")])
    case.rules["populations"] = {"all": {"who": EVERYONE}}
    case.rules["curves"]["places"] = {"kind": "stepped", "below": "zero", "tiers": tiers}
    case = with_decisions(case, {"payee": "Ann", "pays": "bonus"})
    assert used_and_held(case) == ([], [("Ann", "adjustment-says-nothing")])
    with tempfile.TemporaryDirectory() as folder:
        assert calculated(case, Path(folder)).payouts.select("payee", "payout").rows() == [("Bob", 500)]
