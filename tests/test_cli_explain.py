"""`incentive explain`: every number as it was used, and a pocket calculator finds the same."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import incentive_engine
from incentive_engine.cli import main
from incentive_engine.cli.explained import lines
from incentive_engine.demo import PERIOD, write_company
from incentive_engine.engine.effects import effects
from incentive_engine.engine.explanation import explain
from incentive_engine.rulesets.resolving import resolve
from incentive_engine.shipped import rules_dir
from incentive_engine.statements.gathering import material
from tests.calculator import calculate, curves_in, equations, rounded
from tests.test_demo_statements import recompute

STARTER = rules_dir() / "starter"
DEMO = rules_dir() / "demo" / "care-quarterly.yaml"

# One of every turn that the pay of the demo company can take.
SPECIAL = {
    "C0100": "too few answers: the team's count; adherence missing: its weight is shared",
    "C0008": "a gate withholds half",
    "F0018": "a floor lifts",
    "S0051": "no result counts as 0",
    "S0024": "the result of the quarter before counts",
    "C0042": "held: no hire date",
    "C1218": "held: no target",
    "B0001": "no plan",
}


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("starter") / "run"
    incentive_engine.run(incentive_engine.load(STARTER / "rules.yaml"), STARTER / "data", "2026-Q3", out)
    return out


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_company(folder / "data")
    incentive_engine.run(incentive_engine.load(DEMO), folder / "data", PERIOD, folder / "run")
    return folder / "run"


def told(folder: Path, payee: str, language: str = "en") -> list[str]:
    return list(lines(explain(folder, payee, "fr" if language == "fr" else "en")))


def line(folder: Path, payee: str, section: str, name: str) -> str:
    """One line of an explanation, with single spaces and without the line of the rules."""
    (found,) = [each for each in explain(folder, payee).sections if each.title.startswith(section)]
    (text,) = [each.text for each in found.lines if each.name == name]
    return text


def test_every_step_of_one_payee(starter: Path) -> None:
    """A02 of the starter rule set: satisfaction 4.4 against 4, the rest on target or worked out by hand."""
    measure = "customer.satisfaction"
    assert line(starter, "A02", "Who is in", "adviser · eligible") == "days_employed >= 30: 1844 >= 30: yes"
    attainment = line(starter, "A02", measure, "attainment")
    assert attainment == "result ÷ target: 4.4 ÷ 4 = 1.1 = 110%, rounded to 4 decimal places"
    assert line(starter, "A02", measure, "rate").endswith(
        ": 1 + (1.1 − 1) × (1.5 − 1) ÷ (1.2 − 1) = 1.25 = 125%, rounded to 4 decimal places"
    )
    assert line(starter, "A02", "customer ·", "score").startswith("0.6 × 1.25 + 0.4 × 1 = 1.15 = 115%")
    assert line(starter, "A02", "Payout", "target pay") == "base_salary * fte * 8% / 4: 30000 * 1 * 8% / 4 = 600 EUR"
    assert line(starter, "A02", "Payout", "payout") == "600 × 1.18 × 1 = 708.00 EUR, rounded to 2 decimal places"
    assert line(starter, "A02", "What each measure brought", "in all") == "708.00 EUR"


def test_every_step_names_the_line_of_the_rules(starter: Path) -> None:
    text = (STARTER / "rules.yaml").read_text(encoding="utf-8").splitlines()
    explanation = explain(starter, "S04")
    (gate,) = [each for section in explanation.sections for each in section.lines if each.name == "gate"]
    file, number = gate.rule.split(":")
    assert file == "rules.yaml"
    assert "when: satisfaction < 3.5" in text[int(number) - 1]
    steps = [each for section in explanation.sections for each in section.lines if each.name in ("rate", "result")]
    assert all(re.fullmatch(r"rules\.yaml:\d+", each.rule) for each in steps)


def test_what_a_gate_took_is_told_in_money(starter: Path) -> None:
    """Without the gate S04 has 70 % × 50 % + 30 % × 150 % = 80 % of 1,000; with it 57.5 %."""
    assert line(starter, "S04", "What conditions", "sales · gate") == "−225.00 EUR"
    assert line(starter, "S04", "What conditions", "seller · cap") == "no effect"


def test_the_result_of_the_team_says_why_it_counts(starter: Path) -> None:
    assert line(starter, "A05", "customer.satisfaction", "counts") == "the team's result: n = 2, at least 3 needed"
    assert line(starter, "A05", "customer.satisfaction", "result that counts").startswith("South: ")


def test_french(starter: Path) -> None:
    text = "\n".join(told(starter, "A02", "fr"))
    assert "0,6 × 1,25 + 0,4 × 1 = 1,15 = 115\u00a0%, arrondi à 6 décimales" in text
    assert "708,00 EUR" in text
    assert "base_salary * fte * 8% / 4 : 30000 * 1 * 8% / 4 = 600 EUR" in text
    assert "missing" not in text


def test_an_unknown_payee_is_told_which_was_meant(starter: Path) -> None:
    done = CliRunner().invoke(main, ["explain", str(starter), "--payee", "A2"])
    assert (done.exit_code, done.output) == (
        1,
        "error[unknown-payee]: there is no payee `A2` in this run\n  hint: did you mean `A02`?\n",
    )


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["explain", str(tmp_path), "--payee", "A02"])
    assert done.exit_code == 1
    assert "error[not-a-run]" in done.output


def test_held_payees_are_told_why(demo: Path) -> None:
    text = "\n".join(told(demo, "C1218"))
    assert "missing-target  plan `care`: table `team_targets` has no target for this payee and KPI `nps`" in text
    assert "What each measure brought" not in text


def test_who_is_in_no_plan_reads_every_test(demo: Path) -> None:
    text = "\n".join(told(demo, "B0001"))
    assert "no plan is for this payee" in text
    assert '"Team lead" = "Case handler": no' in text


def test_items_left_out_are_left_out_of_the_sum(demo: Path) -> None:
    assert line(demo, "C0100", "internal ·", "points").startswith("items with a result: 0.5 × 0.9873 = ")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("payee", SPECIAL)
def test_no_template_is_left_unfilled(demo: Path, payee: str, language: str) -> None:
    text = "\n".join(told(demo, payee, language))
    assert not re.search(r"[{}]|None|Decimal", text)


@pytest.mark.parametrize("payee", SPECIAL)
def test_a_pocket_calculator_finds_every_number(demo: Path, payee: str) -> None:
    texts = told(demo, payee)
    found = [each for text in texts for each in equations(text, curves_in(texts))]
    assert [each for each in found if not each.holds] == []
    assert len(found) > 15 or payee in ("C0042", "C1218", "B0001")


def test_percentages_are_the_numbers_before_them(demo: Path) -> None:
    pairs = re.findall(r"(−?[\d.]+) = (−?[\d.]+)%", "\n".join(told(demo, "C0008")))
    assert len(pairs) > 10
    assert [calculate(number) for number, _ in pairs] == [calculate(f"{percent}%") for _, percent in pairs]


def test_effects_of_everyone_are_what_the_payouts_lack(demo: Path) -> None:
    """A gate or cap never adds, a floor never takes; and a floor's effect is what no measure brought, to a cent."""
    run = incentive_engine.open_run(demo)
    rules = incentive_engine.load(DEMO)
    plans = resolve(rules.ruleset, rules.period(PERIOD))
    every = effects(rules, plans, run.traces)
    takes = every.filter(pl.col("step").is_in(["gate", "cap"]))["effect"].drop_nulls()
    gives = every.filter(pl.col("step") == "floor")["effect"].drop_nulls()
    assert max(takes) == 0 > min(takes)
    assert min(gives) == 0 < max(gives)
    assert every.filter(pl.col("effect").is_null()).select("payee").unique().join(run.payouts, on="payee").is_empty()


WITHOUT_ROUNDING = """
rule_set: endless
version: "1"
title: {en: Endless}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
kpis:
  sales: {title: {en: Sales}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  line: {kind: linear, points: [[0%, 0%], [200%, 200%]], below: zero, rounding: none}
plans:
  all:
    title: {en: All}
    pays: bonus
    who: TRUE
    target_pay: 1000
    scorecard:
      sales:
        {weight: 100%, of: payee, target: 3, attainment: ratio, attainment_rounding: none, curve: line, rounding: none}
    rounding: none
"""


def test_numbers_without_an_end_are_divisions(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(WITHOUT_ROUNDING, encoding="utf-8")
    (tmp_path / "workforce.csv").write_text("payee\nendless\nending\n", encoding="utf-8")
    header = "subject_kind,subject,kpi,period,value\n"
    rows = "payee,endless,sales,2026-Q3,2\npayee,ending,sales,2026-Q3,1.5\n"
    (tmp_path / "kpis.csv").write_text(header + rows, encoding="utf-8")
    run = tmp_path / "run"
    incentive_engine.run(incentive_engine.load(tmp_path / "rules.yaml"), tmp_path, "2026-Q3", run)
    assert line(run, "endless", "sales", "attainment") == "result ÷ target: 2 ÷ 3"
    assert line(run, "endless", "sales", "score") == "2 ÷ 3"
    assert line(run, "endless", "all", "score") == "1 × (2 ÷ 3) = 2 ÷ 3"
    assert line(run, "endless", "Payout", "payout") == "1000 × (2 ÷ 3) = 666.67 EUR, rounded to 2 decimal places"
    assert line(run, "ending", "sales", "attainment") == "result ÷ target: 1.5 ÷ 3 = 0.5 = 50%"
    assert line(run, "ending", "Payout", "payout") == "1000 × 0.5 = 500.00 EUR, rounded to 2 decimal places"


def test_equations_are_found_where_they_stand() -> None:
    assert [each.holds for each in equations("x: (0.7 × 0.42 + 0.3 × 0.9) × 0.5 = 0.282 = 28.2%")] == [True]
    assert [each.holds for each in equations("pay  466 × 0.570807 = 266 EUR, rounded to 2 decimal places")] == [True]
    assert [each.holds for each in equations("result: 1 ÷ 3 = 0.34, rounded to 2 decimal places")] == [False]
    assert [each.holds for each in equations("result: 1 ÷ 3 = 0.34, rounded to 2 decimal places, upwards")] == [True]
    assert [each.holds for each in equations("pay  2 × 7.5 = 20 EUR, rounded to 10")] == [True]
    assert rounded(Fraction(-5, 1000), 2) == Fraction(-1, 100)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_statements_recompute_from_their_visible_text(demo: Path, language: str, tmp_path: Path) -> None:
    """One in seventy; `tests/test_demo_statements.py` takes everybody."""
    payees = material(demo).payees[::140] if language == "en" else material(demo).payees[70::140]
    count, done = recompute(demo, language, tmp_path, payees)
    assert count == len(payees) >= 14
    assert done["recomputed"] > 25 * count
    assert done["otherwise"] > 5 * count
