"""Which facts count, and for whom, worked out by hand. The oracle does the same on drawn rule sets."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import incentive_engine
from incentive_engine import Run
from incentive_engine.engine.run import recompute

HEAD = """
rule_set: credit
version: "1"
title: {en: Credit, fr: Attribution}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
curves:
  any: {kind: stepped, tiers: [{from: 0, rate: 100%}], below: flat}
"""
COLUMNS = "id,who,at,answer,customer"


def run_of(folder: Path, source: str, facts: str, out: Path | None = None) -> Run:
    """A run for 2026-Q3 with the NPS and the number of facts of one payee, `one`; a fact is a line of COLUMNS."""
    mapping = "path: facts.csv, id: id, payee: who, date: at, columns: {at: {type: datetime}}"
    kinds = {"nps": "{kind: nps, from: facts, answer: answer}", "all": "{kind: count, from: facts}"}
    kpis = [
        f"  {name}: {{title: {{en: {name}, fr: {name}}}, perspective: customer, better: higher, compute: {compute}}}"
        for name, compute in kinds.items()
    ]
    items = ", ".join(f"{name}: {{of: payee, attainment: level, curve: any}}" for name in kinds)
    plan = f"{{title: {{en: All, fr: Tous}}, pays: none, who: TRUE, combine: mean, scorecard: {{{items}}}}}"
    text = [HEAD, f"sources: {{facts: {{{mapping}, {source}}}}}", "kpis:", *kpis, f"plans: {{all: {plan}}}"]
    (folder / "rules.yaml").write_text("\n".join(text), encoding="utf-8")
    (folder / "workforce.csv").write_text("payee\none\n", encoding="utf-8")
    (folder / "facts.csv").write_text("\n".join([COLUMNS, *facts.split()]), encoding="utf-8")
    return incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, "2026-Q3", out)


def found(run: Run) -> dict[str, tuple[Any, ...]]:
    """Value and n, by KPI."""
    return {row["kpi"]: (row["value"], row["n"]) for row in run.kpis.to_dicts()}


def held(run: Run) -> list[tuple[str, str]]:
    """Key and code of every fact that was not used."""
    return run.held.filter(table="facts").select("key", "code").rows()


# --- facts set aside --------------------------------------------------------------------------------------------------

TEST = "{when: 'customer = \"TEST\"', because: {en: Test record, fr: Essai}}"
TWICE = "{same: [customer], within: 7, because: {en: Answered twice, fr: Doublon}}"


def test_what_is_set_aside_is_listed_with_the_reason(tmp_path: Path) -> None:
    facts = "1,one,2026-07-01,10,A 2,one,2026-07-02,0,TEST 3,one,2026-07-03,0,"
    run = run_of(tmp_path, f"set_aside: [{TEST}]", facts)
    assert found(run) == {"nps": (0, 2), "all": (2, 2)}  # whether the third is a test is not known: it counts
    (row,) = run.held.to_dicts()
    assert row == {
        "table": "facts",
        "key": "id=2",
        "payee": "one",
        "code": "set-aside",
        "reason": "set aside by a rule of `facts`: Test record",
    }


@pytest.mark.parametrize(
    ("second", "counts"),
    [
        ("2026-06-30 23:00:00", 2),  # eight days before the first by the calendar, which then counts too
        ("2026-07-01 09:00:00", 1),  # a week before: this one counts, and not the other
        ("2026-07-08 09:00:00", 1),  # at the same moment: the first by its id counts
        ("2026-07-15 23:59:59", 1),  # the seventh day, as a whole
        ("2026-07-16 00:00:00", 2),
    ],
)
def test_repeats_are_set_aside_for_some_days(tmp_path: Path, second: str, counts: int) -> None:
    facts = f"1,one,2026-07-08T09:00:00,10,A 2,one,{second.replace(' ', 'T')},0,A 3,one,2026-07-08T09:00:00,0,"
    run = run_of(tmp_path, f"set_aside: [{TWICE}]", facts)
    in_june = second.startswith("2026-06")
    assert found(run)["all"] == (counts - in_june + 1, counts - in_june + 1)
    first = {"2026-07-01 09:00:00": "id=1"}.get(second, "id=2")
    assert held(run) == ([(first, "set-aside")] if counts == 1 else [])


def test_each_repeat_is_compared_with_the_one_before(tmp_path: Path) -> None:
    """Who answers every week counts once, however long it goes on."""
    facts = "1,one,2026-07-01,10,A 2,one,2026-07-08,0,A 3,one,2026-07-15,0,A 4,one,2026-07-23,9,A"
    run = run_of(tmp_path, f"set_aside: [{TWICE}]", facts)
    assert held(run) == [("id=2", "set-aside"), ("id=3", "set-aside")]
    assert found(run)["nps"] == (100, 2)


def test_rules_follow_each_other(tmp_path: Path) -> None:
    """A test record is not the first of two, where tests are set aside first."""
    same_who = "{same: [who], within: 0, because: {en: Twice, fr: Doublon}}"
    facts = "1,one,2026-07-01,0,TEST 2,one,2026-07-01,10,A 3,one,2026-07-01,10,B"
    first = run_of(tmp_path, f"set_aside: [{TEST}, {same_who}]", facts)
    assert held(first) == [("id=1", "set-aside"), ("id=3", "set-aside")]
    other = run_of(tmp_path, f"set_aside: [{same_who}, {TEST}]", facts)
    assert held(other) == [("id=1", "set-aside"), ("id=2", "set-aside"), ("id=3", "set-aside")]


def test_a_run_from_its_folder_sets_aside_the_same(tmp_path: Path) -> None:
    facts = "1,one,2026-07-01,10,A 2,one,2026-07-08,0,A 3,one,2026-07-15,0,A 4,one,2026-07-02,9,TEST"
    run = run_of(tmp_path, f"set_aside: [{TEST}, {TWICE}]", facts, tmp_path / "run")
    again = recompute(tmp_path / "run")
    assert again.kpis.equals(run.kpis)
    assert again.held.equals(run.held)
    assert run.kpis.filter(kpi="nps")["value"].item() == Decimal(100)


# --- dated assignments ------------------------------------------------------------------------------------------------

TEAMS = """
workforce: {path: workforce.csv}
sources: {facts: {path: facts.csv, id: id, payee: who, team: queue, date: at}}
assignments: {path: assignments.csv}
kpis:
  all: {title: {en: All, fr: Tous}, perspective: customer, better: higher, compute: {kind: count, from: facts}}
plans:
  all:
    title: {en: All, fr: Tous}
    pays: none
    who: TRUE
    combine: mean
    scorecard:
      own: {kpi: all, of: payee, attainment: level, curve: any}
      team: {kpi: all, of: team, attainment: level, curve: any}
      department: {kpi: all, of: department, attainment: level, curve: any}
"""
PEOPLE = """payee,team,department
one,North,Care
two,South,Care
"""


def teams_of(folder: Path, assignments: str, facts: str, out: Path | None = None) -> Run:
    """A run for 2026-Q3 with the number of facts of everybody; lines are parted by spaces."""
    (folder / "rules.yaml").write_text(HEAD + TEAMS, encoding="utf-8")
    (folder / "workforce.csv").write_text(PEOPLE, encoding="utf-8")
    header = "payee,from,to,team,department"
    (folder / "assignments.csv").write_text("\n".join([header, *assignments.split()]), encoding="utf-8")
    numbered = [f"{number},{line}" for number, line in enumerate(facts.split(), 1)]
    (folder / "facts.csv").write_text("\n".join(["id,who,at,queue", *numbered]), encoding="utf-8")
    return incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, "2026-Q3", out)


def counts(run: Run) -> dict[str, int]:
    """The number of facts of everybody who has any."""
    return {row["subject"]: row["n"] for row in run.kpis.to_dicts() if row["n"]}


def test_facts_stay_with_the_team_of_their_day(tmp_path: Path) -> None:
    moved = "one,2026-01-01,2026-08-15,South,Field one,2026-08-16,,North,Care"
    facts = "one,2026-08-14, one,2026-08-15, one,2026-08-16, two,2026-08-16, one,2026-08-01,North"
    run = teams_of(tmp_path, moved, facts)
    # the last one names its team itself; of the others of `one`, two were on days in the South
    assert counts(run) == {"one": 4, "two": 1, "North": 2, "South": 3, "Field": 3, "Care": 2}
    assert run.held.is_empty()


FACTS = "one,2026-07-01, one,2026-08-10, one,2026-09-30, two,2026-08-10,"


@pytest.mark.parametrize(
    ("assignments", "listed", "lost"),
    [
        # Nothing between two assignments, after the last, before the first
        ("one,2026-01-01,2026-07-31,South,Care one,2026-08-20,,North,Care", {"2026-08-20": "assignment-gap"}, ["2"]),
        ("one,2026-01-01,2026-07-31,South,Care one,2026-08-01,,North,Care", {}, []),
        ("one,2026-01-01,2026-09-29,South,Care", {}, ["3"]),
        ("one,2026-07-02,,South,Care", {}, ["1"]),
        # Two places on one day: all rows of the payee
        (
            "one,2026-01-01,2026-08-01,South,Care one,2026-08-01,,North,Care",
            {"2026-01-01": "overlapping-assignments", "2026-08-01": "overlapping-assignments"},
            ["1", "2", "3"],
        ),
        # One that is open lasts; the third is inside the first, not inside the second
        (
            "one,2026-01-01,,South,Care one,2026-02-01,2026-02-02,North,Care one,2026-03-01,2026-03-02,North,Care",
            dict.fromkeys(("2026-01-01", "2026-02-01", "2026-03-01"), "overlapping-assignments"),
            ["1", "2", "3"],
        ),
        # It ends before it starts: that row, and the days that it leaves open
        (
            "one,2026-01-01,2026-08-31,South,Care one,2026-09-30,2026-09-01,North,Care",
            {"2026-09-30": "ends-before-it-starts"},
            ["3"],
        ),
        ("one,2026-01-01,,south,Care", {"2026-01-01": "misspelt-team"}, ["1", "2", "3"]),
        ("one,2026-01-01,,South,CARE", {"2026-01-01": "misspelt-department"}, ["1", "2", "3"]),
    ],
)
def test_assignments_that_cannot_be_right(
    tmp_path: Path, assignments: str, listed: dict[str, str], lost: list[str]
) -> None:
    run = teams_of(tmp_path, assignments, FACTS, tmp_path / "run")
    rows = run.held.filter(table="assignments")
    assert dict(rows.select("key", "code").rows()) == {f"payee=one, from={day}": code for day, code in listed.items()}
    assert held(run) == [(f"id={number}", "not-assigned") for number in lost]
    assert counts(run).get("one", 0) == 3 - len(lost)
    assert counts(run)["two"] == 1
    again = recompute(tmp_path / "run")
    assert again.kpis.equals(run.kpis)
    assert again.held.equals(run.held)


def test_why_facts_are_not_counted_is_told(tmp_path: Path) -> None:
    run = teams_of(tmp_path, "one,2026-01-01,2026-09-29,south,Care two,2026-02-01,2026-01-01,South,Care", FACTS)
    assert sorted(set(run.held.filter(pl.col("table") != "workforce")["reason"])) == [
        "`assignments` do not say where `one` was on 2026-07-01",
        "`assignments` do not say where `one` was on 2026-08-10",
        "`assignments` do not say where `one` was on 2026-09-30",
        "`assignments` do not say where `two` was on 2026-08-10",
        "it ends on 2026-01-01, before it starts: correct the days",
        "no team is called `south`: did you mean `South`?",
    ]


def test_a_team_that_there_is_no_more_keeps_its_facts(tmp_path: Path) -> None:
    """And facts may name it; what an assignment leaves empty is as the workforce says."""
    run = teams_of(tmp_path, "one,2026-01-01,2026-07-31,West, one,2026-08-01,,North,", FACTS + " two,2026-07-01,West")
    assert counts(run) == {"one": 3, "two": 2, "West": 2, "North": 2, "South": 1, "Care": 5}
    assert run.held.is_empty()


def test_facts_that_name_their_team_and_department_need_no_assignment(tmp_path: Path) -> None:
    rules = (HEAD + TEAMS).replace("team: queue,", "team: queue, department: unit,")
    teams_of(tmp_path, "one,2026-01-01,2026-07-01,South,Care", "one,2026-08-01,North")
    (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
    (tmp_path / "facts.csv").write_text(
        "id,who,at,queue,unit\n1,one,2026-08-01,South,Care\n2,one,2026-08-01,South,\n", encoding="utf-8"
    )
    run = incentive_engine.run(incentive_engine.load(tmp_path / "rules.yaml"), tmp_path, "2026-Q3")
    assert counts(run) == {"one": 1, "South": 1, "Care": 1}
    assert held(run) == [("id=2", "not-assigned")]
