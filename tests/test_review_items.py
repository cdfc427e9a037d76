"""The close checklist: what each item finds in small companies, worked out by hand, failing and passing.

Everybody's target pay is 100.00: a salary of 1,000, of which 10 %; a result of 120 pays 120 %, 120.00, up to a cap of
150 %.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import incentive_engine
from incentive_engine.ledger.corrections.asking import Question
from incentive_engine.ledger.review import amounts, changes, decided, people, sums, targets
from incentive_engine.ledger.review.findings import Finding
from incentive_engine.ledger.review.greatest import greatest_score
from incentive_engine.ledger.review.looked_at import LookedAt, Written
from incentive_engine.ledger.review.tolerances import AtMost, Tolerances
from incentive_engine.rulesets.resolving import resolve
from incentive_engine.shipped import rules_dir

RULES = """
rule_set: bonus
version: "1"
title: {en: Bonus}
decided: {by: Board, on: 2026-06-01, notified: 2026-06-15}
currency: EUR
timezone: Europe/Paris
kpis:
  quality: {title: {en: Quality}, perspective: customer, compute: {kind: given}, better: higher}
curves:
  straight: {kind: linear, points: [[0%, 0%], [400%, 400%]], below: zero}
plans:
  agent:
    title: {en: Agent}
    pays: bonus
    who: role = "Agent"
    target_pay: base_salary * 10%
    scorecard:
      quality: {weight: 100%, of: payee, target: 100, attainment: ratio, curve: straight}
    cap: 150%
    proration: {by: calendar_days}
"""
STARTER = rules_dir() / "starter"
KEPT = tempfile.TemporaryDirectory()
"""Of runs that several tests look at; gone when the tests are over."""


def made(
    folder: Path,
    results: Mapping[str, int | None],
    rules: str = RULES,
    *,
    period: str = "2026-Q3",
    salary: Mapping[str, str] = {},
    role: Mapping[str, str] = {},
    hired: Mapping[str, str] = {},
    language: Mapping[str, str] = {},
    files: Mapping[str, str] = {},
) -> Written:
    """A run of people who have these results."""
    head = "payee,role,base_salary,hired,left,language,department"
    columns: tuple[tuple[Mapping[str, str], str], ...]
    columns = ((role, "Agent"), (salary, "1000"), (hired, "2020-01-01"), ({}, ""), (language, ""), ({}, "Care"))
    rows = [",".join([who, *(each.get(who, usual) for each, usual in columns)]) for who in results]
    known = [f"payee,{who},quality,{period},{value},30" for who, value in results.items() if value is not None]
    tables = {
        "workforce.csv": "\n".join([head, *rows]) + "\n",
        "kpis.csv": "\n".join(["subject_kind,subject,kpi,period,value,n", *known]) + "\n",
        **files,
    }
    return Written(Path(shutil.copytree(paid(rules, period, tuple(tables.items())), folder / "run")))


@cache
def paid(rules: str, period: str, tables: tuple[tuple[str, str], ...]) -> Path:
    """The run of these rules and tables, made once for all tests: each changes a copy."""
    folder = Path(tempfile.mkdtemp(dir=KEPT.name))
    (folder / "data").mkdir()
    for name, text in tables:
        (folder / "data" / name).write_text(text, encoding="utf-8")
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder / "data", period, folder / "run")
    return folder / "run"


def found(item: Callable[[LookedAt], Finding], now: Written, before: Written | None = None, **more: Any) -> Finding:
    """What an item finds; `more`: tolerances by item, may_sign, questions."""
    tolerances = {name: AtMost(at_most=Decimal(each)) for name, each in more.pop("at_most", {}).items()}
    return item(LookedAt(now, before, Tolerances(**tolerances), **more))


def rewritten(run: Written, table: str, *changed: pl.Expr, drop: str | None = None) -> Written:
    """The run, of which somebody changed a table."""
    path = run.folder / f"{table}.parquet"
    frame = pl.read_parquet(path).with_columns(*changed)
    (frame if drop is None else frame.filter(pl.col("payee") != drop)).write_parquet(path)
    return Written(run.folder)


def cents(column: str, amount: str, payee: str) -> pl.Expr:
    """The column, in which somebody has another amount."""
    other = pl.lit(Decimal(amount), pl.Decimal(38, 2))
    return pl.when(pl.col("payee") == payee).then(other).otherwise(pl.col(column)).alias(column)


# --- population and totals -------------------------------------------------------------------------------------------


def three(folder: Path) -> Written:
    """One is paid, one has no salary, one is no agent."""
    return made(folder, {"A": 120, "H": 100, "N": 100}, salary={"H": ""}, role={"N": "Cook"})


def test_everybody_is_accounted_for(tmp_path: Path) -> None:
    told = found(sums.population, three(tmp_path))
    assert told.passed
    assert told.found == (
        "Everybody is accounted for: 1 paid + 1 held + 0 released + 1 not eligible = 3 in the workforce."
    )


def test_whoever_is_lost_is_named(tmp_path: Path) -> None:
    told = found(sums.population, rewritten(three(tmp_path), "payouts", drop="A"))
    assert not told.passed
    assert told.found == (
        "The workforce has 3 people, but 0 paid + 1 held + 0 released + 1 not eligible leave out 1 of them."
    )
    assert told.rows.rows == (("A",),)


def test_the_population_of_run_json_must_be_that_of_the_tables(tmp_path: Path) -> None:
    run = three(tmp_path)
    summary = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    summary["payees"] |= {"all": 4, "held": 2}
    (run.folder / "run.json").write_text(json.dumps(summary), encoding="utf-8")
    told = found(sums.population, Written(run.folder))
    assert not told.passed
    assert told.found.endswith("but run.json says otherwise: all: 4 against 3; held: 2 against 1.")


def test_parts_add_up_to_the_totals(tmp_path: Path) -> None:
    told = found(sums.totals, made(tmp_path, {"A": 120, "B": 77}))
    assert told.passed
    assert told.found.startswith("The parts add up to 197.00 EUR of payouts: ")
    assert ("plan agent", "payouts with departments", "197.00 EUR", "197.00 EUR") in told.rows.rows


@pytest.mark.parametrize(
    ("table", "column", "said"),
    [
        ("payouts", "payout", ("A", "payouts with contributions", "120.01 EUR", "120.00 EUR")),
        ("contributions", "pay", ("A", "payouts with contributions", "120.00 EUR", "120.01 EUR")),
        ("payouts", "paid", ("all", "paid in EUR with run.json", "197.01 EUR", "197.00 EUR")),
        ("payouts", "customer_pay", ("all", "customer_pay with run.json", "197.01 EUR", "197.00 EUR")),
    ],
)
def test_a_cent_that_is_too_much_is_found(tmp_path: Path, table: str, column: str, said: tuple[str, ...]) -> None:
    run = made(tmp_path, {"A": 120, "B": 77})
    told = found(sums.totals, rewritten(run, table, cents(column, "120.01", "A")))
    assert not told.passed
    assert said in told.rows.rows
    assert "0.01 EUR" in told.found


# --- amounts ---------------------------------------------------------------------------------------------------------


def test_half_as_much_again_is_no_mover_and_a_cent_more_is_one(tmp_path: Path) -> None:
    # before: A 80.00, B 80.00, Z 0.00, G 50.00; now: A 120.00 (+ 50 %), B 121.00 (+ 51.25 %), Z 10.00, N 90.00
    before = made(tmp_path / "q2", {"A": 80, "B": 80, "Z": 0, "G": 50}, period="2026-Q2")
    now = made(tmp_path / "q3", {"A": 120, "B": 121, "Z": 10, "N": 90})
    told = found(amounts.movers, now, before)
    assert not told.passed
    assert told.found == (
        "2 of 3 payouts that both runs have move by more than 50 % against 2026-Q2 (run); 1 paid only now, 1 only "
        "then; in all 210.00 EUR became 341.00 EUR (+131.00 EUR)."
    )
    assert told.rows.rows == (
        ("B", "bonus", "80.00 EUR", "121.00 EUR", "+41.00 EUR", "51.3 %"),
        ("Z", "bonus", "0.00 EUR", "10.00 EUR", "+10.00 EUR", "–"),
    )


def test_who_moves_within_tolerance_is_shown_all_the_same(tmp_path: Path) -> None:
    before = made(tmp_path / "q2", {"A": 100, "B": 100, "C": 100}, period="2026-Q2")
    now = made(tmp_path / "q3", {"A": 60, "B": 110, "C": 100})
    told = found(amounts.movers, now, before)
    assert told.passed
    assert told.found.startswith("0 of 3 payouts that both runs have move by more than 50 %")
    assert [row[0] for row in told.rows.rows] == ["A", "B"]
    assert told.rows.rows[0][4:] == ("−40.00 EUR", "−40.0 %")


def test_payouts_in_two_currencies_are_not_compared(tmp_path: Path) -> None:
    before = made(tmp_path / "q2", {"A": 100}, RULES.replace("EUR", "CHF"), period="2026-Q2")
    assert not found(amounts.movers, made(tmp_path / "q3", {"A": 100}), before).passed


def test_without_a_run_before_nobody_moves(tmp_path: Path) -> None:
    told = found(amounts.movers, made(tmp_path, {"A": 100}))
    assert (told.passed, told.found) == (True, "There is no earlier run to compare payouts with.")


def test_twice_the_target_pay_is_no_outlier_and_a_cent_more_is_one(tmp_path: Path) -> None:
    # B is there for 46 of 92 days: 100 x 0.5 = 50.00 is the target, 201 % of it 100.50
    rules = RULES.replace("    cap: 150%\n", "")
    run = made(tmp_path, {"A": 200, "B": 201}, rules, hired={"B": "2026-08-16"})
    told = found(amounts.outliers, run)
    assert not told.passed
    assert told.found == "1 of 2 payouts is more than 200 % of the target pay, prorated."
    assert told.rows.rows == (("B", "bonus", "50.00 EUR", "100.50 EUR", "201.0 %"),)
    assert found(amounts.outliers, run, at_most={"outliers": "2.01"}).passed


def test_who_stands_at_a_cap_is_counted(tmp_path: Path) -> None:
    run = made(tmp_path, {"A": 149, "B": 150, "C": 390, "D": 100})
    told = found(amounts.caps, run)
    assert not told.passed
    assert told.found == "2 of 4 payouts (50.0 %; at most 10 % passes) stand at a cap."
    assert told.rows.rows == (("agent", "plan", "150%", "2"),)
    assert found(amounts.caps, run, at_most={"caps": "0.5"}).passed
    assert found(amounts.caps, made(tmp_path / "low", {"A": 149, "B": 100})).passed


def test_caps_from_a_table_and_of_a_measure_are_met_as_well(tmp_path: Path) -> None:
    rules = RULES.replace("cap: 150%", "cap: {table: caps}").replace("curve: straight}", "curve: straight, cap: 130%}")
    rules = rules.replace("curves:\n", "tables: {caps: {path: caps.csv, keys: [role]}}\ncurves:\n")
    files = {"caps.csv": "role,value\nAgent,1.2\n"}
    told = found(amounts.caps, made(tmp_path, {"A": 119, "B": 125, "C": 135}, rules, files=files))
    # B has 125 %, above the table's 120 %; C has 135 %, which the measure's 130 % and then the table's cap cut
    assert told.rows.rows == (("agent", "plan", "table `caps`", "2"), ("agent", "quality", "130%", "1"))
    assert told.found.startswith("2 of 3 payouts (66.7 %;")


def test_rules_without_a_cap_have_nobody_at_it(tmp_path: Path) -> None:
    told = found(amounts.caps, made(tmp_path, {"A": 149}, RULES.replace("    cap: 150%\n", "")))
    assert told.passed
    assert told.found == "0 of 1 payout (0.0 %; at most 10 % passes) stand at a cap: no plan has one."


def test_zeros_are_counted_by_what_is_paid(tmp_path: Path) -> None:
    run = made(tmp_path, {"A": 0, "B": 100, "C": 90, "D": 80})
    told = found(amounts.zeros, run)
    assert not told.passed
    assert told.found == "1 of 4 payouts (25.0 %; at most 5 % passes) is zero."
    assert told.rows.rows == (("A", "bonus"),)
    assert found(amounts.zeros, run, at_most={"zeros": "0.25"}).passed
    assert not found(amounts.zeros, run, at_most={"zeros": "0.2499"}).passed


SALARIES = RULES.replace(
    "plans:\n", "history: {salaries: {path: salaries.csv, gives: [base_salary], basis: earned}}\nplans:\n"
)
TWO_SALARIES = "payee,from,to,base_salary\nA,2020-01-01,2026-08-15,1000\nA,2026-08-16,,2000\n"
"""Of A, for 46 days each: 50.00 of the first 100.00, and 100.00 of 200.00, are 150.00 for a score of 100 %."""


def test_the_target_pay_of_several_segments_is_their_sum(tmp_path: Path) -> None:
    # 201 % of 150.00 is 301.50: 100.50 and 201.00
    rules = SALARIES.replace("    cap: 150%\n", "")
    run = made(tmp_path, {"A": 201, "B": 100}, rules, files={"salaries.csv": TWO_SALARIES})
    told = found(amounts.outliers, run)
    assert told.found == "1 of 2 payouts is more than 200 % of the target pay, prorated."
    assert told.rows.rows == (("A", "bonus", "150.00 EUR", "301.50 EUR", "201.0 %"),)
    assert found(sums.totals, run).passed
    segments = [row for row in found(sums.totals, run).rows.rows if row[1] == "payouts with segments"]
    assert segments == [("all", "payouts with segments", "301.50 EUR", "301.50 EUR")]


def test_what_a_formula_pays_has_no_target_to_stand_out_from(tmp_path: Path) -> None:
    rules = RULES.replace("    target_pay: base_salary * 10%\n", "    payout: base_salary * 90% * score\n")
    told = found(amounts.outliers, made(tmp_path, {"A": 100}, rules))
    assert told.passed
    assert told.found == (
        "0 of 0 payouts are more than 200 % of the target pay, prorated; 1 payout without a target pay cannot be held "
        "against one."
    )


# --- people ----------------------------------------------------------------------------------------------------------


def test_people_held_are_told_with_the_reason(tmp_path: Path) -> None:
    run = three(tmp_path)
    told = found(people.held, run)
    assert not told.passed
    assert told.found == "1 of 3 people (33.3 %; at most 0 % passes) is held and not released."
    (row,) = told.rows.rows
    assert row[:2] == ("H", "missing-target-pay")
    assert found(people.held, run, at_most={"held": "0.34"}).passed
    assert not found(people.held, run, at_most={"held": "0.33"}).passed  # a third is more than 33 %


def test_nobody_is_held(tmp_path: Path) -> None:
    told = found(people.held, made(tmp_path, {"A": 100}))
    assert (told.passed, told.found) == (True, "0 of 1 person (0.0 %; at most 0 % passes) are held and not released.")


def test_rows_that_could_not_be_used_are_counted_beside_people(tmp_path: Path) -> None:
    head, row = "subject_kind,subject,kpi,period,value,n", "payee,A,quality,2026-Q3,100,30"
    files = {"kpis.csv": f"{head}\n{row}\npayee,X,quality,2026-Q3,90,30\n"}
    told = found(people.held, made(tmp_path, {"A": 100}, files=files))
    assert told.passed
    assert told.found.endswith("held and not released; 1 row of the files could not be used.")


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("starter") / "run"
    incentive_engine.run(incentive_engine.load(STARTER / "rules.yaml"), STARTER / "data", "2026-Q3", folder)
    return Written(folder)


def test_results_on_too_few_facts_are_counted(starter: Written) -> None:
    # five advisers of three results and four sellers of two, 23; only A05 has two answers where three are asked for
    told = found(people.small_numbers, starter)
    assert told.passed
    assert told.found == (
        "For 1 of 23 results (4.3 %; at most 10 % passes) there are too few own facts, or none: something else counts "
        "instead."
    )
    assert told.rows.rows == (("satisfaction", "3", "that of the team", "1"),)
    assert not found(people.small_numbers, starter, at_most={"small_numbers": "0.043"}).passed


def test_every_language_of_the_payees_has_every_text(starter: Written) -> None:
    told = found(people.translations, starter)
    assert told.passed
    assert told.found == "Every text of the rules is there in en and fr, which payees read."


def test_texts_that_a_payee_cannot_read_are_named(tmp_path: Path) -> None:
    run = made(tmp_path, {"A": 100, "B": 100, "C": 100}, language={"A": "fr", "B": "de", "C": "EN"})
    told = found(people.translations, run)
    assert not told.passed
    assert told.found == (
        "3 texts of the rules are missing in fr, which payees read; 1 person asks for de, in which there are no "
        "statements."
    )
    assert told.rows.rows == (
        ("fr", "title"),
        ("fr", "kpis.quality.title"),
        ("fr", "plans.agent.title"),
        ("de", "1 person reads English instead"),
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

ADJUSTMENTS: dict[str, Any] = {
    "reference": pl.String, "payee": pl.String, "pays": pl.String, "plan": pl.String, "kind": pl.String,
    "percent": pl.Decimal(38, 2), "pay": pl.Decimal(38, 2), "currency": pl.String, "reason": pl.String,
    "author": pl.String, "approver": pl.String, "expires": pl.Date,
}  # fmt: skip
LINES: dict[str, Any] = {
    "line": pl.String, "payee": pl.String, "pays": pl.String, "of_period": pl.String, "cause": pl.String,
    "currency": pl.String, "amount": pl.Decimal(38, 2), "run": pl.String,
}  # fmt: skip


def with_rows(run: Written, table: str, schema: Mapping[str, Any], rows: Sequence[tuple[Any, ...]]) -> Written:
    """The run with these rows of one of its tables, as the engine would write them."""
    pl.DataFrame(list(rows), schema=schema, orient="row").write_parquet(run.folder / f"{table}.parquet")
    return Written(run.folder)


def adjusted(
    reference: str, payee: str, kind: str, pay: str, author: str = "Ann", approver: str = "Bob"
) -> tuple[Any, ...]:
    plan = None if kind == "release" else "agent"
    return (
        reference,
        payee,
        "bonus",
        plan,
        kind,
        None,
        Decimal(pay),
        "EUR",
        "Crisis",
        author,
        approver,
        dt.date(2026, 12, 31),
    )


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


SIGNED = """reference,payee,pays,period,amount,percent,at_least,release,currency,reason,author,approver,expires
R1,H,bonus,2026-Q3,,,,80,,Salary comes later,Ann,Bob,
G1,B,bonus,2026-Q3,,,90,,,New shop,Ann,Bob,
P1,A,bonus,,,10%,,,,Crisis team,Ann,Bob,2026-12-31
M1,A,bonus,2026-Q3,-5,,,,,Phone,Ann,Bob,
U1,A,bonus,2026-Q3,50,,,,,Thanks,Ann,,
O1,A,bonus,,20,,,,,Old,Ann,Bob,2026-06-30
O2,A,bonus,,20,,,,,Old,Ann,Bob,2026-07-01
"""


def decided_upon(folder: Path, signed: str = SIGNED) -> Written:
    """A has 120.00 and 10 % of it less 5.00, B 77.00 and what 90.00 lacks, H has no salary and is released."""
    rules = RULES.replace("curves:\n", "adjustments: {path: adjustments.csv}\ncurves:\n")
    files = {"adjustments.csv": signed}
    return made(folder, {"A": 120, "B": 77, "H": 100}, rules, salary={"H": ""}, files=files)


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
