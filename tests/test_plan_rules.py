"""Numbered rules: each is broken by its bad example and kept by its good one, and a reason waives it."""

from __future__ import annotations

import datetime as dt

import pytest

from incentive_engine.documents import read_text
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.rulesets.checks.plans.examples import EXAMPLE, completed
from incentive_engine.rulesets.checks.plans.rule import PlanRule
from incentive_engine.rulesets.linting import lint
from incentive_engine.rulesets.loading import load, load_document
from incentive_engine.rulesets.plan_rules import PLAN_RULES
from incentive_engine.shipped import rule_sets

TODAY = dt.date(2026, 7, 1)


def told(example: str) -> list[Problem]:
    """What is said of an example, by checks and by numbered rules."""
    try:
        rules = load_document(completed(example))
    except InputProblems as refused:
        return list(refused.problems)
    return [*(each for each in rules.warnings if each.code != "not-used"), *lint(rules.linted, TODAY).problems]


@pytest.mark.parametrize("rule", PLAN_RULES, ids=lambda rule: rule.code)
def test_a_rule_is_broken_by_its_bad_example_and_kept_by_its_good_one(rule: PlanRule) -> None:
    assert {(each.code, each.level) for each in told(rule.bad)} == {(rule.code, rule.level)}
    assert told(rule.good) == []
    assert rule.holds.endswith(".")
    assert rule.why.endswith(".")


def test_the_examples_stand_in_a_rule_set_that_breaks_no_rule() -> None:
    assert told(EXAMPLE) == []


def test_rules_are_numbered_in_order() -> None:
    codes = [rule.code for rule in PLAN_RULES]
    assert codes == sorted(codes)
    assert len({code[:3] for code in codes}) == len(codes)


@pytest.mark.parametrize("path", rule_sets(), ids=lambda path: path.stem)
def test_shipped_rules_keep_them_or_say_why_not(path: str) -> None:
    assert lint(load(path).linted, TODAY).problems == ()


# --- waivers ----------------------------------------------------------------------------------------------------------

PROMISE = "principles: {customer_weight: {at_least: 75%}}\n"
"""More than the 70 % of `EXAMPLE`."""


def waived(at: str, until: str = "", rule: str = "P10-customer-weight") -> str:
    ends = f", until: {until}" if until else ""
    return (
        f"{PROMISE}waive: [{{rule: {rule}, at: {at}, because: {{en: Agreed, fr: Convenu}}, by: The committee{ends}}}]"
    )


@pytest.mark.parametrize("at", ["plans.adviser", "plans"])
def test_a_waiver_tells_the_reason_in_place_of_the_problem(at: str) -> None:
    found = lint(load_document(completed(waived(at))).linted, TODAY)
    assert found.problems == ()
    (each,) = found.waived
    assert (each.problem.code, each.at, each.waiver.by) == (
        "P10-customer-weight",
        ("plans", "adviser"),
        "The committee",
    )


def test_a_waiver_of_another_place_waives_nothing() -> None:
    with pytest.raises(InputProblems, match="customer KPIs weigh 70%"):
        load_document(completed(waived("plans.advise")))


@pytest.mark.parametrize(
    ("until", "codes"), [("2026-07-01", []), ("2026-06-30", ["P10-customer-weight", "waiver-ended"])]
)
def test_a_waiver_that_has_ended_refuses_no_old_run_and_is_told(until: str, codes: list[str]) -> None:
    rules = load_document(completed(waived("plans.adviser", until)))
    assert [each.code for each in lint(rules.linted, TODAY).problems] == codes


def test_a_waiver_of_what_is_kept_is_told() -> None:
    kept = waived("plans.adviser").replace("75%", "70%")
    (problem,) = lint(load_document(completed(kept)).linted, TODAY).problems
    assert (problem.code, problem.hint) == ("unused-waiver", "remove it")


def test_an_example_keeps_what_it_does_not_write() -> None:
    whole, filled = read_text(EXAMPLE, "").data, completed("plans: {adviser: {cap: 120%}}").data
    assert {**whole["plans"]["adviser"], "cap": filled["plans"]["adviser"]["cap"]} == filled["plans"]["adviser"]
    assert {key: filled[key] for key in whole if key != "plans"} == {key: whole[key] for key in whole if key != "plans"}
