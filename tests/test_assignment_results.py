"""Results over assignments: of the days that a payee spent in one place, for the payee, the team and all wider ones."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import incentive_engine
from incentive_engine.audit.whole_periods import measure
from incentive_engine.cli import main
from incentive_engine.engine.measuring import measured_from
from incentive_engine.engine.running import accept_for
from incentive_engine.engine.stints import with_stints
from incentive_engine.statements import write_statements

RULES = """
rule_set: moves
version: "1"
title: {en: Moves, fr: Mouvements}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
workforce: {path: workforce.csv}
sources: {facts: {path: facts.csv, payee: who, date: from}}
assignments: {path: assignments.csv, also: [role]}
kpis:
  number:
    title: {en: Number, fr: Nombre}
    perspective: customer
    better: higher
    compute: {kind: count, from: facts}
    over: assignment
  slow:
    title: {en: Slowest of ten, fr: Plus lents}
    perspective: customer
    better: lower
    compute: {kind: percentile, from: facts, value: wait, at: 50%, definition: nearest}
    over: assignment
  all:
    title: {en: All, fr: Tous}
    perspective: customer
    better: higher
    compute: {kind: count, from: facts}
curves: {any: {kind: stepped, tiers: [{from: 0, rate: 100%}], below: flat}}
plans:
  all:
    title: {en: All, fr: Tous}
    pays: none
    who: role <> "nobody"
    combine: mean
    scorecard:
      own: {kpi: number, of: payee, attainment: level, curve: any}
      team: {kpi: slow, of: team, attainment: level, curve: any}
      department: {kpi: all, of: department, attainment: level, curve: any}
"""
PEOPLE = """payee,team,department,role
one,North,Care,Adviser
two,South,Care,Adviser
three,South,Care,Adviser
"""
FACTS = """who,from,wait
one,2026-06-30,1
one,2026-07-01,10
one,2026-08-15,20
two,2026-08-15,30
two,2026-08-16,40
one,2026-08-16,50
one,2026-09-30,60
"""
JULY, MIDDLE, NEXT, END = (date(2026, *day) for day in ((7, 1), (8, 15), (8, 16), (9, 30)))


def results(folder: Path, assignments: str, *kinds: str, period: str = "2026-Q3") -> pl.DataFrame:
    """The results of all KPIs; lines of assignments are parted by spaces."""
    lines = ["payee,from,to,team,department,role", *assignments.split()]
    files = {"rules.yaml": RULES, "workforce.csv": PEOPLE, "facts.csv": FACTS, "assignments.csv": "\n".join(lines)}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return measured_from(incentive_engine.load(folder / "rules.yaml"), folder, [period], kinds).table  # type: ignore[arg-type]


def of(table: pl.DataFrame, kpi: str) -> dict[tuple[str, date | None, date | None], Decimal]:
    """The results of one KPI, by subject and days."""
    rows = table.filter(kpi=kpi).select("subject", "from", "to", "value").rows()
    return {(subject, first, last): value for subject, first, last, value in rows}


MOVED = "one,2026-01-01,2026-08-15,South,Field,Adviser one,2026-08-16,,North,Care,Adviser"


def test_a_payee_has_a_result_for_each_assignment(tmp_path: Path) -> None:
    table = results(tmp_path, MOVED, "payee")
    # who is in no assignment is in one place all the quarter; and `all` counts the quarter, whoever moved
    expected = {("one", JULY, MIDDLE): 2, ("one", NEXT, END): 2, ("two", JULY, END): 2, ("three", JULY, END): 0}
    assert of(table, "number") == expected
    assert of(table, "all") == {("one", None, None): 4, ("two", None, None): 2, ("three", None, None): 0}


def test_a_team_has_a_result_for_the_days_of_each_of_its_people(tmp_path: Path) -> None:
    table = results(tmp_path, MOVED, "team", "department", "company")
    # the South until 15 August: 10, 20, 30; all quarter: 10, 20, 30, 40; the North from then: 50, 60
    assert of(table.filter(subject_kind="team"), "slow") == {
        ("South", JULY, MIDDLE): 20,
        ("South", JULY, END): 20,
        ("North", NEXT, END): 50,
    }
    assert of(table.filter(subject_kind="department"), "number") == {
        ("Field", JULY, MIDDLE): 2,
        ("Care", JULY, END): 4,
        ("Care", NEXT, END): 3,
    }
    assert of(table.filter(subject_kind="company"), "number") == {
        ("company", JULY, MIDDLE): 3,
        ("company", JULY, END): 6,
        ("company", NEXT, END): 3,
    }


@pytest.mark.parametrize(
    ("assignments", "days"),
    [
        # An assignment cut in two, and one that another role cuts
        ("one,2026-01-01,2026-07-31,South,Field,Adviser one,2026-08-01,,South,Field,Adviser", [(JULY, END)]),
        ("one,2026-01-01,2026-08-15,South,,Adviser one,2026-08-16,,South,Care,Adviser", [(JULY, END)]),
        ("one,2026-01-01,2026-08-15,,,Adviser one,2026-08-16,,North,,Adviser", [(JULY, END)]),
        ("one,2026-01-01,2026-08-15,South,,Adviser one,2026-08-16,,South,,Senior", [(JULY, MIDDLE), (NEXT, END)]),
        ("one,2026-01-01,2026-08-15,South,,Adviser one,2026-08-16,,South,,", [(JULY, END)]),
        # Of this quarter only; a day without any; there and back
        ("one,2025-01-01,2026-06-30,South,, one,2026-07-01,2026-09-30,North,, one,2026-10-01,,South,,", [(JULY, END)]),
        ("one,2026-07-01,2026-08-15,South,, one,2026-08-17,,South,,", [(JULY, MIDDLE), (date(2026, 8, 17), END)]),
        (
            "one,2026-01-01,2026-07-01,South,, one,2026-07-02,2026-09-29,North,, one,2026-09-30,,South,,",
            [(JULY, JULY), (date(2026, 7, 2), date(2026, 9, 29)), (END, END)],
        ),
        # Two rows on one day are both held: of this payee there is no result
        ("one,2026-01-01,2026-08-15,South,, one,2026-08-15,,North,,", []),
    ],
)
def test_an_assignment_is_all_days_on_which_it_says_the_same(
    tmp_path: Path, assignments: str, days: list[tuple[date, date]]
) -> None:
    table = results(tmp_path, assignments, "payee").filter(kpi="number", subject="one")
    assert table.select("from", "to").rows() == days


def test_the_assignments_of_the_period_that_is_measured_count(tmp_path: Path) -> None:
    table = results(tmp_path, MOVED, "payee", period="2026-08")
    first, last = date(2026, 8, 1), date(2026, 8, 31)
    expected = {("one", first, MIDDLE): 1, ("one", NEXT, last): 1, ("two", first, last): 2, ("three", first, last): 0}
    assert of(table, "number") == expected


def test_days_without_facts_count_nothing_where_the_source_was_delivered(tmp_path: Path) -> None:
    """And a period without any is not delivered: nobody has a result."""
    one_day = "one,2026-01-01,2026-07-02,South,, one,2026-07-03,2026-07-03,North,, one,2026-07-04,,South,,"
    found = of(results(tmp_path, one_day, "payee"), "number")
    assert found["one", date(2026, 7, 3), date(2026, 7, 3)] == 0
    assert results(tmp_path, one_day, "payee", period="2026-Q4").is_empty()


PAID = """
rule_set: moves
version: "1"
title: {en: Moves, fr: Mouvements}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
workforce: {path: workforce.csv}
sources:
  answers: {path: answers.csv, payee: who, date: day}
  complaints: {path: complaints.csv, payee: who, date: day}
assignments: {path: assignments.csv, also: [role]}
kpis:
  satisfied:
    title: {en: Satisfied, fr: Satisfaits}
    perspective: customer
    better: higher
    compute: {kind: share, from: answers, where: grade >= 4}
    over: assignment
    reliability: {at_least: 2, otherwise: team}
  complained:
    title: {en: Complaints, fr: Réclamations}
    perspective: customer
    better: lower
    compute: {kind: count, from: complaints}
    over: assignment
curves: {as_it_is: {kind: linear, points: [[0%, 0%], [100%, 100%]], below: zero}}
plans:
  all:
    title: {en: All, fr: Tous}
    pays: bonus
    who: role = "Adviser"
    target_pay: 920
    scorecard: {satisfied: {weight: 100%, of: payee, attainment: level, curve: as_it_is}}
    gates:
      - {when: complained > 1, of: payee, limit: 30%, because: {en: Too many complaints, fr: Trop de réclamations}}
    proration: {by: calendar_days}
"""
ANSWERS = """who,day,grade
one,2026-07-10,5
two,2026-07-20,1
two,2026-08-01,2
one,2026-08-16,5
one,2026-09-01,1
two,2026-09-02,5
"""
COMPLAINTS = """who,day
one,2026-08-16
one,2026-09-30
two,2026-07-01
"""


def test_all_that_is_read_for_an_assignment_is_of_its_days(tmp_path: Path) -> None:
    """The team's result instead of too few answers, and the result that a gate reads.

    `one` in the South: 1 answer, so that the South's 1 of 3 count: 920 × 33.33 % × 46 ÷ 92 = 153.32; in the North 1 of
    2, and two complaints: limited to 30 %, × 46 ÷ 92 = 138. `two`, all quarter: 1 of 3 and one complaint: 306.64.
    """
    people = "payee,team,department,role,hired\none,North,Care,Adviser,2020-01-01\ntwo,South,Care,Adviser,2020-01-01\n"
    moved = "payee,from,to,team,department,role\n" + "\n".join(MOVED.split())
    files = {"rules": PAID, "workforce": people, "answers": ANSWERS, "complaints": COMPLAINTS, "assignments": moved}
    for name, text in files.items():
        (tmp_path / (f"{name}.yaml" if name == "rules" else f"{name}.csv")).write_text(text, encoding="utf-8")
    run = incentive_engine.run(incentive_engine.load(tmp_path / "rules.yaml"), tmp_path, "2026-Q3", tmp_path / "run")
    brought = run.contributions.select("payee", "segment", "subject_kind", "subject", "actual", "n", "pay").rows()
    third = Decimal("0.3333")
    assert brought == [
        ("one", 1, "team", "South", third, 3, Decimal("153.32")),
        ("one", 2, "payee", "one", Decimal("0.5"), 2, 138),
        ("two", 1, "payee", "two", third, 3, Decimal("306.64")),
    ]
    assert dict(run.payouts.select("payee", "payout").rows()) == {"one": Decimal("291.32"), "two": Decimal("306.64")}
    told = CliRunner().invoke(main, ["explain", str(tmp_path / "run"), "--payee", "one"]).output
    assert "over the days of one assignment, of the payee one: 1 ÷ 1 = 1" in told
    assert "South: 1 ÷ 3 = 0.3333" in told
    assert "over the days of one assignment, of the payee one: 1 ÷ 2 = 0.5" in told
    assert "complained > 1: 0 > 1: no" in told
    assert "complained > 1: 2 > 1: yes" in told
    write_statements(tmp_path / "run", tmp_path / "pages")
    page = re.sub(r"<[^>]+>", "", (tmp_path / "pages" / "one.html").read_text(encoding="utf-8"))
    assert "1 ÷ 3" in page
    assert "1 ÷ 2" in page


def test_audits_measure_whole_periods(tmp_path: Path) -> None:
    """A result of some days compares with nothing: `one` has 4 facts in the quarter, wherever they were."""
    results(tmp_path, MOVED, "payee")
    rules = incentive_engine.load(tmp_path / "rules.yaml")
    found = measure(rules, accept_for(rules, tmp_path), [rules.period("2026-Q3")], {"payee"}, {"number"})
    (result,) = found.results.values()
    assert dict(result.frame.select("subject", "n").rows()) == {"one": 4, "two": 2, "three": 0}


def test_results_are_shown_with_their_days(tmp_path: Path) -> None:
    results(tmp_path, MOVED, "payee")
    asked = ("kpis", str(tmp_path / "rules.yaml"), "--data", str(tmp_path), "--period", "2026-Q3")
    shown = CliRunner().invoke(main, [*asked, "--of", "payee", "--kpi", "number"]).output
    assert [line.split()[:5] for line in shown.splitlines()[1:3]] == [
        ["number", "one", "2026-07-01", "to", "2026-08-15"],
        ["number", "one", "2026-08-16", "to", "2026-09-30"],
    ]


def test_rows_lie_in_the_assignment_of_their_first_day() -> None:
    """Whatever their order: plans that change within the period come one after the other."""
    schema = {"payee": pl.String(), "from": pl.Date(), "to": pl.Date()}
    stints = pl.DataFrame([("one", JULY, MIDDLE), ("one", NEXT, END), ("two", JULY, END)], schema, orient="row")
    begun = [("one", JULY), ("one", END), ("one", JULY), ("one", NEXT), ("two", NEXT), ("two", JULY)]
    rows = pl.LazyFrame(begun, {"payee": pl.String(), "first_day": pl.Date()}, orient="row")
    found = with_stints(rows, stints, ("since", "until")).collect()
    assert found["since"].to_list() == [JULY, NEXT, JULY, NEXT, JULY, JULY]
    assert found["until"].to_list() == [MIDDLE, END, MIDDLE, END, END, END]
