"""An own result weighted with a wider one: exact, told in two languages, and found again with a pocket calculator."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

import incentive_engine
from incentive_engine.cli.explained import lines
from incentive_engine.engine.explanation import explain
from incentive_engine.engine.run import Run
from incentive_engine.kinds.wording import Language
from incentive_engine.statements import write_statements
from tests.calculator import equations
from tests.test_statements import Page, recomputed

PERIOD = "2026-Q3"
RULES = """
rule_set: weighted
version: "1"
title: {en: Weighted, fr: Pondéré}
decided: {by: Committee, on: 2025-11-20}
currency: EUR
timezone: Europe/Paris
sources:
  surveys: {path: surveys.csv, payee: adviser, date: day, columns: {mark: {at_least: 0, at_most: 10, places: 0}}}
kpis:
  satisfied:
    title: {en: Satisfied, fr: Satisfaits}
    perspective: customer
    compute: {kind: share, from: surveys, where: mark >= 8}
    better: higher
    reliability: {at_least: 3, otherwise: team, credibility: {towards: team, k: 4.5}}
  nps:
    title: {en: NPS, fr: NPS}
    perspective: customer
    compute: {kind: nps, from: surveys, answer: mark}
    better: higher
    unit: {en: points, fr: points}
    reliability: {credibility: {towards: department, k: 10, rounding: {places: 2, mode: down}}}
  sold:
    title: {en: Sold, fr: Ventes}
    perspective: internal
    compute: {kind: given}
    better: higher
    reliability: {credibility: {towards: team, k: 10}}
curves:
  as_it_is: {kind: linear, points: [[0%, 0%], [100%, 100%]], below: zero}
  on_points: {kind: linear, points: [[-100, 0%], [100, 200%]], below: zero}
  on_sold: {kind: linear, points: [[0, 0%], [10, 100%]], below: zero}
plans:
  adviser:
    title: {en: Adviser, fr: Conseiller}
    pays: bonus
    who: role = "Adviser"
    target_pay: 1000
    scorecard:
      satisfied: {weight: 50%, of: payee, attainment: level, curve: as_it_is}
      nps: {weight: 30%, of: payee, average_of: months, attainment: level, curve: on_points}
      sold: {weight: 20%, of: payee, attainment: level, curve: on_sold, on_missing: reweight}
"""
PEOPLE = """\
payee,name,language,department,team,role
A1,One,en,Care,North,Adviser
A2,Two,fr,Care,North,Adviser
A3,Three,en,Care,South,Adviser
A4,Four,fr,Care,South,Adviser
A5,Five,en,,,Adviser
"""
MARKS = {
    ("A1", "2026-07"): "9960",
    ("A1", "2026-08"): "10",
    ("A2", "2026-07"): "5",
    ("A2", "2026-09"): "9",
    ("A3", "2026-08"): "88972",
    ("A4", "2026-09"): "999",
    ("A5", "2026-09"): "999",
}
"""Marks by adviser and month, one digit each."""
SOLD = """\
subject_kind,subject,kpi,period,value,n
payee,A1,sold,2026-Q3,12,30
team,North,sold,2026-Q3,8,100
payee,A2,sold,2026-Q3,5,0
payee,A3,sold,2026-Q3,5,10
payee,A4,sold,2026-Q3,5,
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("weighted")
    marks = [f"{who},{month}-15,{mark}" for (who, month), marks in MARKS.items() for mark in marks]
    (folder / "rules.yaml").write_text(RULES.lstrip(), encoding="utf-8")
    (folder / "workforce.csv").write_text(PEOPLE, encoding="utf-8")
    (folder / "kpis.csv").write_text(SOLD, encoding="utf-8")
    (folder / "surveys.csv").write_text("\n".join(["adviser,day,mark", *marks]) + "\n", encoding="utf-8")
    return incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, PERIOD, folder / "run")


def folder_of(run: Run) -> Path:
    assert run.folder is not None
    return run.folder


@pytest.fixture(scope="module")
def pages(run: Run) -> Path:
    out = folder_of(run).parent / "pages"
    write_statements(folder_of(run), out)
    return out


def measured(run: Run, payee: str, measure: str) -> tuple[object, ...]:
    (row,) = run.contributions.filter(payee=payee, measure=measure).select("source", "actual", "n", "rate").rows()
    return row


def texts(run: Run, payee: str, section: str, language: Language = "en") -> dict[str, str]:
    """The lines of one section of an explanation, by name; the last of a name."""
    (found,) = (each for each in explain(folder_of(run), payee, language).sections if each.title.startswith(section))
    return {line.name: line.text for line in found.lines}


# --- what counts ------------------------------------------------------------------------------------------------------


def test_enough_facts_weigh_with_the_team(run: Run) -> None:
    """A1: 2 of 6; North: 3 of 8. 6 / 10.5 = 0.571429; 0.571429 x 0.3333 + 0.428571 x 0.375 = 0.35117…"""
    assert measured(run, "A1", "satisfied") == ("weighted", Decimal("0.3512"), 6, Decimal("0.3512"))


def test_below_the_minimum_the_team_counts_alone(run: Run) -> None:
    assert measured(run, "A2", "satisfied")[:3] == ("team", Decimal("0.375"), 8)


def test_each_part_of_the_period_weighs_by_itself(run: Run) -> None:
    """The months of A1 and of Care: 0 of 4 answers and -20; -100 of 2 and -28.5714; none and 100.

    July: Z = 4 / 14, cut to 0.28; 0.72 x -20 = -14.4, which pays 85.6 %. August: Z = 2 / 12, cut to 0.16;
    0.16 x -100 + 0.84 x -28.5714 = -39.99998, rounded -40, which pays 60 %. The mean is 72.8 %.
    """
    assert measured(run, "A1", "nps") == ("weighted", None, None, Decimal("0.728"))
    (row,) = run.trace["adviser"].filter(payee="A1").to_dicts()
    columns = ("credibility", "weighted", "actual", "attainment")
    assert [row[f"nps.2026-07.{name}"] for name in columns] == [Decimal("0.28"), *[Decimal("-14.4")] * 3]
    assert [row[f"nps.2026-08.{name}"] for name in columns] == [Decimal("0.16"), *[Decimal("-40")] * 3]
    assert [row[f"nps.2026-09.{name}"] for name in columns] == [None] * 4


def test_given_results_weigh_by_their_n(run: Run) -> None:
    """30 / 40 = 0.75 of 12 and a quarter of 8."""
    assert measured(run, "A1", "sold") == ("weighted", Decimal("11"), 30, Decimal(1))


@pytest.mark.parametrize("payee", ["A2", "A3", "A4"])  # no facts, no result of the team, an n that nobody knows
def test_what_cannot_be_weighted_is_missing(run: Run, payee: str) -> None:
    assert measured(run, payee, "sold")[0] == "reweight"


def test_nothing_to_weigh_with_holds(run: Run) -> None:
    reasons = run.held.filter(payee="A5")["reason"].to_list()
    assert any("from at least 3 facts, or none of the team to weigh it with, for payee A5" in each for each in reasons)


# --- what is told -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payee", ["A1", "A2", "A3", "A4"])
def test_every_printed_equation_holds(run: Run, pages: Path, payee: str) -> None:
    told = [each for line in lines(explain(folder_of(run), payee)) for each in equations(line)]
    assert [each for each in told if not each.holds] == []
    assert len(told) >= 10
    page = Page((pages / f"{payee}.html").read_text(encoding="utf-8"))
    assert recomputed(page, {"A2": "fr", "A4": "fr"}.get(payee, "en")) >= 9


def test_an_explanation_tells_both_results_and_how_far_each_counts(run: Run) -> None:
    told = texts(run, "A1", "satisfied")
    assert told["share of own result"] == "6 ÷ (6 + 4.5) = 0.571429 = 57.1429%, rounded to 6 decimal places"
    weighted = "0.571429 × 0.3333 + (1 − 0.571429) × 0.375 = 0.3512 = 35.12%, rounded to 4 decimal places"
    assert told["weighted result"] == weighted
    assert "of the team North: 3 ÷ 8 = 0.375 = 37.5%, rounded to 4 decimal places, n = 8" in told["result"]
    assert told["counts"] == "own result, weighted with a wider one: n = 6, at least 3 needed"
    assert "result that counts" not in told


def test_an_explanation_tells_it_in_french(run: Run) -> None:
    told = texts(run, "A1", "satisfied", "fr")
    assert told["part du résultat propre"].startswith("6 ÷ (6 + 4,5) = 0,571429 = 57,1429\u00a0%, arrondi à 6")
    assert told["compte"] == "résultat propre, pondéré par un résultat plus large : n = 6, il en faut 3"


def test_an_explanation_tells_why_nothing_is_weighted(run: Run) -> None:
    assert texts(run, "A3", "sold")["counts"].endswith(": there is no wider result to weight the own one with")
    assert texts(run, "A4", "sold")["counts"].endswith(": there is no own result")
    assert texts(run, "A2", "sold")["counts"].endswith(": n = 0, at least 1 needed")
    assert "weighted result" not in texts(run, "A2", "satisfied")


def test_a_page_shows_both_results_and_how_far_each_counts(run: Run, pages: Path) -> None:
    text = Page((pages / "A1.html").read_text(encoding="utf-8")).text
    assert "Your own result, weighted 35.12% from 6 records" in text
    assert "The more records, the more the own result counts; the rest is the result of your team, North." in text
    own, team = "Own result 2 ÷ 6 rounded to 0.01% 33.33%", "Result of the team, North 3 ÷ 8 37.5%"
    share = "How far the own result counts 6 ÷ (6 + 4.5) rounded to 0.0001% 57.1429%"
    counts = "Result that counts 57.1429% × 33.33% + 42.8571% × 37.5% rounded to 0.01% 35.12%"
    assert f"{own} {team} {share} {counts}" in text
    assert "Own result 12 Result of the team, North 8" in text
    assert re.search(r"August 2026 Own result −200 ÷ 2 −100 points Result of the department, Care", text)


def test_a_page_shows_it_in_french(pages: Path) -> None:
    text = Page((pages / "A4.html").read_text(encoding="utf-8")).text
    assert "Votre propre résultat, pondéré" in text
    assert "Ce que compte le résultat propre 3 ÷ (3 + 4,5) 40\u00a0%" in text
