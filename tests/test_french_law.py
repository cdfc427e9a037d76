"""Rules of French law: what each tells, of which words and days, and what it leaves alone."""

from __future__ import annotations

import datetime as dt

import pytest

from incentive_engine.rulesets.checks.plans.examples import completed
from incentive_engine.rulesets.linting import lint
from incentive_engine.rulesets.loading import load_document
from incentive_engine.rulesets.plan_rules import PLAN_RULES

TODAY = dt.date(2026, 7, 1)
FRANCE = "law: [france]\n"
GATE = "plans: {{adviser: {{gates: [{{when: {when}, withhold: 20%, because: {{en: {en}, fr: {fr}}}}}]}}}}\n"


def told(rules: str, law: str = FRANCE) -> list[tuple[str, str]]:
    """What the rules of French law tell: their number, and the line of what they are about."""
    linted = load_document(completed(law + rules)).linted
    lines = (law + rules).splitlines()
    found = [each for each in lint(linted, TODAY).problems if each.code.startswith("L")]
    return [(each.code[:3], lines[each.location.line - 1].strip() if each.location else "") for each in found]


def gate(when: str = "satisfied < 50%", en: str = "Few are satisfied", fr: str = "Peu de satisfaits") -> str:
    return GATE.format(when=when, en=en, fr=fr)


def test_nothing_is_told_of_plans_under_another_law() -> None:
    for rule in PLAN_RULES:
        if rule.code.startswith("L"):
            assert told(rule.bad.replace("law: [france]\n", ""), law="") == []


def test_every_legal_rule_names_its_source_and_gives_no_advice() -> None:
    for rule in PLAN_RULES:
        if rule.code.startswith("L"):
            assert any("Code du travail, art. L" in each or "Cass. soc., " in each for each in rule.sources)
            assert all("This is no legal advice." in each for each in rule.sources)
            linted = load_document(completed(rule.bad)).linted
            assert all("This is no legal advice." in (each.hint or "") for each in lint(linted, TODAY).problems)


# --- told late --------------------------------------------------------------------------------------------------------

DECIDED = "decided: {{by: The pay committee, on: 2025-12-11{notified}}}\n"
FROM = "in_force: {from: 2026-01-01}\n"


@pytest.mark.parametrize(
    ("notified", "late"), [("2025-12-31", False), ("2026-01-01", False), ("2026-01-02", True)]
)  # the first day is the beginning of the period
def test_rules_are_told_by_their_first_day(notified: str, late: bool) -> None:
    decided = DECIDED.format(notified=f", notified: {notified}")
    assert told(FROM + decided) == ([("L02", decided.strip())] if late else [])


def test_nobody_knows_when_people_were_told() -> None:
    decided = DECIDED.format(notified="")
    assert told(decided) == [("L02", decided.strip())]


def test_a_number_that_changes_is_told_before_it_does() -> None:
    satisfied = (
        "{weight: 70%, of: payee, target: {since: {2026-01-01: 80%, DAY: 82%}}, attainment: ratio, curve: on_ratio}"
    )
    sales = "{weight: 30%, of: payee, target: 40000, attainment: ratio, curve: on_ratio}"
    plans = f"plans:\n  adviser:\n    scorecard:\n      satisfied: {satisfied}\n      sales: {sales}\n"
    decided = DECIDED.format(notified=", notified: 2026-02-01")  # late for January, in time for April
    assert told(decided + plans.replace("DAY", "2026-04-01")) == []
    found = told(decided + plans.replace("DAY", "2026-01-15"))
    assert found == [("L02", f"satisfied: {satisfied}".replace("DAY", "2026-01-15"))]


def test_the_target_of_a_measure_is_told_by_its_own_decision() -> None:
    own = "decided: {by: The director, on: 2026-01-10, notified: 2026-02-01}"
    satisfied = f"{{weight: 70%, of: payee, target: 80%, attainment: ratio, curve: on_ratio, {own}}}"
    sales = "{weight: 30%, of: payee, target: 40000, attainment: ratio, curve: on_ratio}"
    plans = f"plans:\n  adviser:\n    scorecard:\n      satisfied: {satisfied}\n      sales: {sales}\n"
    assert told(FROM + plans) == [("L02", f"satisfied: {satisfied}")]
    assert told(plans) == []  # nothing says from when on it counts


# --- sanctions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("en", "fr"),
    [
        ("After a sanction", "Un motif"),
        ("A reason", "Faute grave"),
        ("A reason", "Mise à pied"),
        ("A reason", "Comportement fautif"),
        ("Misconduct", "Un motif"),
        ("Disciplinary measure", "Un motif"),
    ],
)
def test_a_gate_for_a_fault_is_a_sanction(en: str, fr: str) -> None:
    assert [code for code, _ in told(gate(en=en, fr=fr))] == ["L03"]


@pytest.mark.parametrize("fr", ["Sans faute", "Peu de clients satisfaits", "Trop de réclamations"])
def test_what_customers_get_is_no_sanction(fr: str) -> None:
    assert told(gate(fr=fr)) == []


def test_a_column_is_read_by_its_name() -> None:
    assert [code for code, _ in told(gate(when="avertissements > 0"))] == ["L03"]
    assert [code for code, _ in told("plans: {adviser: {eligible: written_warnings = 0}}\n")] == ["L03"]


# --- presence ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("eligible", "lost"),
    [
        ("ISMISSING(left)", True),
        ("ISMISSING(left) OR left >= DATE(2026, 10, 31)", True),
        ("ISMISSING(left) OR left >= period_end", True),
        ("days_employed >= period_days", True),
        ("ISMISSING(left) OR left >= period_start", False),  # who was there in the period at all
        ("days_employed >= 30", False),
    ],
)
def test_earned_pay_is_not_lost_by_leaving(eligible: str, lost: bool) -> None:
    assert [code for code, _ in told(f"plans: {{adviser: {{eligible: '{eligible}'}}}}\n")] == ["L04"] * lost


# --- quotas -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("of", "quota"), [("payee", True), ("team", False)])
def test_tiers_of_places_of_people_are_quotas(of: str, quota: bool) -> None:
    rules = (
        "populations: {advisers: {who: 'role = \"Adviser\"'}}\n"
        "curves: {groups: {kind: stepped, tiers: [{from: 1, rate: 120%}, {from: 4, rate: 100%}], below: flat}}\n"
        "plans:\n  adviser:\n    scorecard:\n"
        "      satisfied: {weight: 70%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}\n"
        f"      sales: {{weight: 30%, of: {of}, among: advisers, attainment: competition_rank, curve: groups}}\n"
    )
    assert [code for code, _ in told(rules)] == ["L05"] * quota


# --- discretion -------------------------------------------------------------------------------------------------------

VIEW = (
    "kpis:\n  view:\n    title: {{en: {en}, fr: Note}}\n    perspective: internal\n    better: higher\n"
    "    compute: {{kind: given, at_least: 0, at_most: 1}}\n{meaning}"
)
ADD = "plans: {{adviser: {{modifiers: [{{add: {add}, because: {{en: A, fr: B}}}}]{cap}}}}}\n"
MEANING = "    meaning: {en: By a list, fr: Selon une liste}\n"


@pytest.mark.parametrize(
    ("title", "meaning", "cap", "add", "codes"),
    [
        ("Discretion of the manager", "", "", "view", ["L06", "L06"]),
        ("Discretion of the manager", MEANING, "", "view", ["L06"]),
        ("Discretion of the manager", "", ", cap: 150%", "view", ["L06"]),
        ("Discretion of the manager", MEANING, ", cap: 150%", "view", []),
        ("Discretion of the manager", MEANING, "", '"MIN(view, 10%)"', []),
        ("Training given", "", "", "view", []),
    ],
)
def test_discretion_has_criteria_and_a_limit(title: str, meaning: str, cap: str, add: str, codes: list[str]) -> None:
    rules = VIEW.format(en=title, meaning=meaning) + ADD.format(add=add, cap=cap)
    assert [code for code, _ in told(rules)] == codes
