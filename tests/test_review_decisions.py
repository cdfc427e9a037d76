"""The close checklist: what was told late, what changed, and what people decided, worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import incentive_engine
from incentive_engine.ledger.corrections.asking import Question
from incentive_engine.ledger.review import changes, decided, people, sums, targets
from incentive_engine.ledger.review.findings import Finding
from incentive_engine.ledger.review.greatest import greatest_score
from incentive_engine.rulesets.resolving import resolve
from tests.review_cases import (
    ADJUSTMENTS,
    LINES,
    RULES,
    SALARIES,
    SIGNED,
    TWO_SALARIES,
    adjusted,
    cents,
    decided_upon,
    found,
    made,
    rewritten,
    three,
    with_rows,
)

# --- targets told late -----------------------------------------------------------------------------------------------


def test_rules_told_on_the_first_day_are_not_late(tmp_path: Path) -> None:
    told = found(targets.late_targets, made(tmp_path, {"A": 100}, RULES.replace("2026-06-15", "2026-07-01")))
    assert (told.passed, told.found) == (True, "No target was told after its first day.")


def test_rules_told_a_day_late_may_cost_the_most_that_they_can_pay(tmp_path: Path) -> None:
    # A could have had 150.00 and has 120.00; B, there for half of the time, 75.00 and has 50.00; C has the most
    run = made(
        tmp_path, {"A": 120, "B": 100, "C": 200}, RULES.replace("2026-06-15", "2026-07-02"), hired={"B": "2026-08-16"}
    )
    told = found(targets.late_targets, run)
    assert not told.passed
    assert told.found == (
        "In 1 plan people were told of targets after their first day: if the most were due, it would be 55.00 EUR more "
        "(at most 0 % of payouts passes)."
    )
    assert told.rows.rows == (("agent", "the rules", "2026-07-02", "150%", "55.00 EUR"),)
    # 55.00 of 120.00 + 50.00 + 150.00 = 320.00 is 17.1875 %
    assert found(targets.late_targets, run, at_most={"late_targets": "0.171875"}).passed
    assert not found(targets.late_targets, run, at_most={"late_targets": "0.171874"}).passed


def test_every_segment_may_cost_the_most_that_it_can_pay(tmp_path: Path) -> None:
    # 150 % of 50.00 and of 100.00, less 60.00 and 120.00: 15.00 + 30.00
    rules = SALARIES.replace("2026-06-15", "2026-07-02")
    told = found(targets.late_targets, made(tmp_path, {"A": 120}, rules, files={"salaries.csv": TWO_SALARIES}))
    assert told.rows.rows == (("agent", "the rules", "2026-07-02", "150%", "45.00 EUR"),)


def test_who_has_more_than_the_most_takes_nothing_from_the_others(tmp_path: Path) -> None:
    # A has 120.00 and, by decision, 50.00 more, which is 20.00 above the most; B has 100.00 of 150.00
    rules = RULES.replace("2026-06-15", "2026-07-02")
    rules = rules.replace("curves:\n", "adjustments: {path: adjustments.csv}\ncurves:\n")
    head = SIGNED.splitlines()[0]
    files = {"adjustments.csv": f"{head}\nM1,A,bonus,2026-Q3,50,,,,,Crisis,Ann,Bob,\n"}
    told = found(targets.late_targets, made(tmp_path, {"A": 120, "B": 100}, rules, files=files))
    assert told.rows.rows == (("agent", "the rules", "2026-07-02", "150%", "50.00 EUR"),)


def test_a_target_told_late_is_named_and_one_that_says_nothing_is_counted(tmp_path: Path) -> None:
    late = "curve: straight, decided: {by: Head, on: 2026-07-10, notified: 2026-07-20}}"
    rules = RULES.replace(", notified: 2026-06-15", "").replace("curve: straight}", late)
    told = found(targets.late_targets, made(tmp_path / "late", {"A": 100}, rules))
    assert told.rows.rows == (("agent", "quality", "2026-07-20", "150%", "50.00 EUR"),)
    silent = made(tmp_path / "silent", {"A": 100}, RULES.replace(", notified: 2026-06-15", ""))
    told = found(targets.late_targets, silent)
    assert told.passed
    assert told.found == (
        "No target was told after its first day; the rules do not say when people were told of 1 target."
    )


def test_what_nothing_bounds_is_said_to_be_so(tmp_path: Path) -> None:
    rules = RULES.replace("2026-06-15", "2026-07-02").replace(
        "    cap: 150%\n", "    payout: target_pay * score + 10\n"
    )
    told = found(targets.late_targets, made(tmp_path, {"A": 100}, rules), at_most={"late_targets": "9"})
    assert not told.passed
    assert "0.00 EUR more" in told.found
    assert "for agent nothing bounds it" in told.found


def scorecard(items: str, more: str = "", curves: str = "") -> str:
    """The rules with other items in the plan."""
    rules = RULES.replace(
        "      quality: {weight: 100%, of: payee, target: 100, attainment: ratio, curve: straight}\n", items
    )
    rules = rules.replace("plans:\n", f"{curves}plans:\n").replace("    cap: 150%\n", more)
    return rules.replace(
        "kpis:\n", "kpis:\n  other: {title: {en: O}, perspective: customer, compute: {kind: given}, better: higher}\n"
    )


ONE = "of: payee, target: 100, attainment: ratio, curve: straight"
TWO = "of: payee, target: 100, attainment: ratio, curve: low"
LOW = "  low: {kind: linear, points: [[0%, 0%], [100%, 100%], [120%, 150%]], below: zero}\n"
ENDLESS = "  low: {kind: graded, tiers: [{from: 0%, rate: 100%}]}\n"
BOTH = f"      quality: {{weight: 60%, {ONE}}}\n      other: {{weight: 40%, {TWO}}}\n"
PLAIN = f"      quality: {{{ONE}}}\n      other: {{{TWO}}}\n"


@pytest.mark.parametrize(
    ("items", "more", "curves", "greatest"),
    [
        (BOTH, "", LOW, Fraction(3)),  # 60 % x 400 % + 40 % x 150 %
        (BOTH, "    cap: 150%\n", LOW, Fraction(3, 2)),
        (BOTH.replace("curve: low", "curve: low, on_missing: reweight"), "", LOW, Fraction(4)),  # of the first alone
        (BOTH, "", ENDLESS, None),
        (BOTH, "    cap: 110%\n", ENDLESS, Fraction(11, 10)),
        (PLAIN, "    combine: mean\n", LOW, Fraction(11, 4)),  # (400 % + 150 %) / 2
        (PLAIN, "    combine: sum\n", LOW, Fraction(11, 2)),
        (PLAIN, "    combine: min\n", LOW, Fraction(3, 2)),
        (PLAIN, "    combine: min\n", ENDLESS, Fraction(4)),
        (PLAIN, "    combine: max\n", LOW, Fraction(4)),
        (BOTH, "    modifiers: [{factor: 110%, because: {en: B}}]\n", LOW, Fraction(33, 10)),
        (BOTH, "    modifiers: [{add: 5%, because: {en: B}}]\n", LOW, Fraction(61, 20)),
        (BOTH, "    modifiers: [{factor: other / 100, because: {en: B}}]\n", LOW, None),
        (BOTH, '    gates: [{when: other < 50, withhold: 50%, because: {en: B}}]\n', LOW, Fraction(3)),
        (BOTH, "    floor: 350%\n", LOW, Fraction(7, 2)),
    ],
)  # fmt: skip
def test_the_greatest_score_of_a_plan(
    tmp_path: Path, items: str, more: str, curves: str, greatest: Fraction | None
) -> None:
    (tmp_path / "rules.yaml").write_text(scorecard(items, more, curves), encoding="utf-8")
    rules = incentive_engine.load(tmp_path / "rules.yaml")
    (plan,) = resolve(rules.ruleset, rules.period("2026-Q3"))
    assert greatest_score(plan.root) == greatest


# --- changes of rules ------------------------------------------------------------------------------------------------


def q2_and_q3(folder: Path, changed: str, files: Sequence[Mapping[str, str]] = ({}, {}), rules: str = RULES) -> Finding:
    before = made(folder / "q2", {"A": 100}, rules, period="2026-Q2", files=files[0])
    return found(changes.rule_changes, made(folder / "q3", {"A": 100}, changed, files=files[1]), before)


def test_rules_that_nobody_changed(tmp_path: Path) -> None:
    told = q2_and_q3(tmp_path, RULES)
    assert (told.passed, told.found) == (True, "Nothing in the rules changed since 2026-Q2 (run).")


def test_rules_changed_under_the_same_version_fail(tmp_path: Path) -> None:
    changed = RULES.replace("cap: 150%", "cap: 160%").replace("[400%, 400%]", "[400%, 390%]")
    told = q2_and_q3(tmp_path, changed)
    assert not told.passed
    assert told.found == (
        "2 places of the rules and 0 rows of their tables changed since 2026-Q2 (run), but both are version 1: nobody "
        "decided the change."
    )
    assert told.rows.rows == (("curves.straight.points[2][2]", "400%", "390%"), ("plans.agent.cap", "150%", "160%"))


def test_rules_changed_by_a_decision_pass_and_are_listed(tmp_path: Path) -> None:
    changed = (
        RULES.replace('version: "1"', 'version: "2"').replace("    cap: 150%\n", "").replace("2026-06-01", "2026-06-02")
    )
    changed = changed.replace("    who:", "    floor: 10%\n    who:")
    told = q2_and_q3(tmp_path, changed)
    assert told.passed
    assert told.found == (
        "2 places of the rules and 0 rows of their tables changed since 2026-Q2 (run), from version 1 to 2, decided by "
        "Board on 2026-06-02."
    )
    assert set(told.rows.rows) == {("plans.agent.cap", "150%", "–"), ("plans.agent.floor", "–", "10%")}


def test_rows_of_tables_that_say_something_else_are_listed(tmp_path: Path) -> None:
    rules = RULES.replace("target: 100", "target: {table: targets}")
    rules = rules.replace("curves:\n", "tables: {targets: {path: targets.csv, keys: [role, kpi]}}\ncurves:\n")
    head = "role,kpi,value\n"
    files = (
        {"targets.csv": f"{head}Agent,quality,100\nCook,quality,90\n"},
        {"targets.csv": f"{head}Agent,quality,110\n"},
    )
    told = q2_and_q3(tmp_path, rules, files, rules)
    assert told.passed
    assert told.found == "0 places of the rules and 2 rows of their tables changed since 2026-Q2 (run)."
    assert told.rows.rows == (
        ("targets: role Agent, kpi quality", "100", "110"),
        ("targets: role Cook, kpi quality", "90", "–"),
    )


# --- what people decided ---------------------------------------------------------------------------------------------


def test_nobody_is_adjusted(tmp_path: Path) -> None:
    told = found(decided.adjustments, made(tmp_path, {"A": 100}))
    assert (told.passed, told.found) == (True, "Nobody's pay is adjusted.")


def test_adjustments_are_told_by_kind(tmp_path: Path) -> None:
    rows = [
        adjusted("1", "A", "amount", "-10.50"),
        adjusted("2", "B", "amount", "30.00"),
        adjusted("3", "B", "at_least", "20.00"),
    ]
    run = with_rows(made(tmp_path, {"A": 100, "B": 100}), "adjustments", ADJUSTMENTS, rows)
    told = found(decided.adjustments, run, may_sign=lambda name: name in ("Ann", "Bob"))
    assert told.passed
    assert told.found == "3 adjustments for 2 people change pay by +19.50 EUR (amounts), +20.00 EUR (guarantees)."
    assert told.rows.rows[0] == ("1", "A", "amount", "−10.50 EUR", "Crisis (Ann, Bob)")


def test_who_may_not_sign_is_named(tmp_path: Path) -> None:
    run = with_rows(
        made(tmp_path, {"A": 100}), "adjustments", ADJUSTMENTS, [adjusted("1", "A", "amount", "5.00", "Ann", "Eve")]
    )
    told = found(decided.adjustments, run, may_sign=lambda name: name == "Ann")
    assert not told.passed
    assert told.found == "1 adjustment for 1 person changes pay by +5.00 EUR (amounts); by policy Eve may not sign."
    assert told.rows.rows[0] == ("1", "–", "not allowed", "–", "Eve may not sign adjustments")
    assert found(decided.adjustments, run).passed  # no policy says who may


def test_rows_of_adjustments_that_could_not_be_used_fail(tmp_path: Path) -> None:
    run = made(tmp_path, {"A": 100})
    schema = dict.fromkeys(("table", "key", "payee", "code", "reason"), pl.String)
    row = ("adjustments", "7", "A", "unsigned-adjustment", "nobody approved it")
    told = found(decided.adjustments, with_rows(run, "held", schema, [row]))
    assert not told.passed
    assert told.found == "0 adjustments for 0 people change pay by nothing; 1 row could not be used."
    assert told.rows.rows == (("7", "A", "not used", "–", "nobody approved it"),)


def test_rows_that_are_not_used_fail_but_for_those_over_before_the_period(tmp_path: Path) -> None:
    told = found(decided.adjustments, decided_upon(tmp_path))
    assert not told.passed
    assert told.found == (
        "4 adjustments for 3 people change pay by −5.00 EUR (amounts), +13.00 EUR (guarantees), +12.00 EUR "
        "(percentages), +80.00 EUR (releases); 2 rows could not be used."
    )
    assert [row[:3] for row in told.rows.rows[:2]] == [("O2", "A", "not used"), ("U1", "A", "not used")]


def test_adjustments_that_are_all_in_order_pass(tmp_path: Path) -> None:
    sound = "".join(line for line in SIGNED.splitlines(keepends=True) if line[:2] not in ("U1", "O2"))
    told = found(decided.adjustments, decided_upon(tmp_path, sound), may_sign=lambda name: name in ("Ann", "Bob"))
    assert told.passed
    assert told.found.endswith("+80.00 EUR (releases).")


def test_totals_take_in_what_people_decided(tmp_path: Path) -> None:
    # 120.00 + 12.00 - 5.00 and 77.00 + 13.00 are 217.00; H's 80.00 are beside them
    run = decided_upon(tmp_path)
    told = found(sums.totals, run)
    assert told.passed
    assert told.found.startswith("The parts add up to 217.00 EUR of payouts, 80.00 EUR released: ")
    assert ("all", "guarantee of payouts with the table of adjustments", "13.00 EUR", "13.00 EUR") in told.rows.rows
    assert ("all", "adjustment of payouts with the table of adjustments", "7.00 EUR", "7.00 EUR") in told.rows.rows
    wrong = found(sums.totals, rewritten(run, "adjustments", cents("pay", "12.99", "B")))
    said = ("B", "guarantee of payouts with the table of adjustments", "13.00 EUR", "12.99 EUR")
    assert (wrong.passed, said in wrong.rows.rows) == (False, True)


def test_the_population_counts_whom_a_decision_releases(tmp_path: Path) -> None:
    told = found(sums.population, decided_upon(tmp_path))
    assert told.passed
    assert told.found == (
        "Everybody is accounted for: 2 paid + 0 held + 1 released + 0 not eligible = 3 in the workforce."
    )


def test_a_released_person_is_not_held_any_more(tmp_path: Path) -> None:
    run = with_rows(three(tmp_path), "adjustments", ADJUSTMENTS, [adjusted("9", "H", "release", "80.00")])
    told = found(people.held, run)
    assert told.passed
    assert told.found == (
        "0 of 3 people (0.0 %; at most 0 % passes) are held and not released; a signed decision releases 1 person."
    )


def test_who_is_released_for_one_of_two_payments_is_held_for_the_other(tmp_path: Path) -> None:
    plan = RULES.partition("  agent:\n")[2]
    rules = f"{RULES}  extra:\n{plan}".replace("pays: bonus", "pays: extra").replace("pays: extra", "pays: bonus", 1)
    run = made(tmp_path, {"A": 100, "H": 100}, rules, salary={"H": ""})
    one = adjusted("9", "H", "release", "80.00")
    assert not found(people.held, with_rows(run, "adjustments", ADJUSTMENTS, [one])).passed
    other = (one[0], one[1], "extra", *one[3:])
    told = found(people.held, with_rows(run, "adjustments", ADJUSTMENTS, [one, other]))
    assert told.passed
    assert told.found.endswith("a signed decision releases 1 person.")


def line(payee: str, amount: str, currency: str = "EUR", number: str = "1") -> tuple[Any, ...]:
    return (f"l{payee}{number}", payee, "bonus", "2026-Q2", "late-fact", currency, Decimal(amount), "f00")


def test_corrections_that_leave_everybody_something_pass(tmp_path: Path) -> None:
    # A has 100.00 less 100.00, which is nothing but not less
    lines = [line("A", "-60.00"), line("A", "-40.00", number="2"), line("B", "15.25")]
    run = with_rows(made(tmp_path, {"A": 100, "B": 100}), "corrections", LINES, lines)
    told = found(decided.corrections, run)
    assert told.passed
    assert told.found == "3 lines of corrections of 2026-Q2 for 2 people are carried, −84.75 EUR."


def test_who_would_receive_less_than_nothing_is_named(tmp_path: Path) -> None:
    # A: 100.00 - 100.01; G is not paid by this run and owes 5.00; A's gain in dollars does not make up for euros
    lines = [line("A", "-100.01"), line("A", "500.00", "USD", "2"), line("G", "-5.00")]
    run = with_rows(made(tmp_path, {"A": 100}), "corrections", LINES, lines)
    told = found(decided.corrections, run)
    assert not told.passed
    assert told.found == (
        "3 lines of corrections of 2026-Q2 for 2 people are carried, −105.01 EUR and 500.00 USD; 2 people would "
        "receive less than nothing in all."
    )
    assert told.rows.rows == (
        ("G", "0.00 EUR", "−5.00 EUR", "−5.00 EUR"),
        ("A", "100.00 EUR", "−100.01 EUR", "−0.01 EUR"),
    )


def test_open_questions_fail(tmp_path: Path) -> None:
    run = made(tmp_path, {"A": 100})
    told = found(
        decided.questions, run, questions=(Question("q1", "bonus", "2026-Q2", "A", "an answer is gone: −12.00 EUR"),)
    )
    assert not told.passed
    assert told.found == "1 question is open: something that was paid on is gone from the files."
    assert told.rows.rows == (("q1", "2026-Q2", "A", "an answer is gone: −12.00 EUR"),)
    assert found(decided.questions, run, questions=()).found == "No question is open."
    assert found(decided.questions, run).passed
