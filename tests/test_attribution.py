"""Which facts count, and for whom, worked out by hand. The oracle does the same on drawn rule sets."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

import incentive_engine
from incentive_engine import Run
from incentive_engine.cli import main
from incentive_engine.engine.explanation import explain
from incentive_engine.engine.run import recompute
from incentive_engine.statements.gathering import gathered
from incentive_engine.statements.making import StatementMaker

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


def test_the_commands_count_what_is_set_aside(tmp_path: Path) -> None:
    """By reason: thousands of test records would hide the row that somebody has to correct."""
    facts = "1,one,2026-07-01,10,TEST 2,one,2026-07-08,0,TEST 3,one,2026-07-15,11,A 4,one,2026-07-16,9,A"
    run_of(tmp_path, f"set_aside: [{TEST}, {TWICE}]", facts)
    rules, out = str(tmp_path / "rules.yaml"), str(tmp_path / "run")
    aside = "  facts  2  set aside by a rule of `facts`: Test record\n"
    run = CliRunner().invoke(main, ["run", rules, "--data", str(tmp_path), "--period", "2026-Q3", "--out", out])
    for told in (run.output, CliRunner().invoke(main, ["check", rules, "--data", str(tmp_path)]).output):
        assert aside in told
        assert "id=1" not in told
        assert "id=3  out-of-bounds" in told


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
    assert (counts(run)["one"], counts(run)["two"]) == (3, 1)
    assert counts(run).get("North", 0) + counts(run).get("South", 0) == 4 - len(lost)
    again = recompute(tmp_path / "run")
    assert again.kpis.equals(run.kpis)
    assert again.held.equals(run.held)


def test_an_assignment_of_somebody_misspelt_is_told(tmp_path: Path) -> None:
    """`one` stays where the workforce says; who left may be nobody's namesake."""
    run = teams_of(tmp_path, "One,2026-01-01,,South,Care gone,2026-01-01,,South,Care", FACTS)
    told = run.held.filter(table="assignments").select("payee", "code", "reason").rows()
    assert told == [("One", "misspelt-payee", "no payee is called `One`: did you mean `one`?")]


def test_names_that_differ_in_capitals_only_are_two(tmp_path: Path) -> None:
    run_of_two = PEOPLE + "One,South,Care\n"
    teams_of(tmp_path, "One,2026-01-01,,South,Care", FACTS)
    (tmp_path / "workforce.csv").write_text(run_of_two, encoding="utf-8")
    run = incentive_engine.run(incentive_engine.load(tmp_path / "rules.yaml"), tmp_path, "2026-Q3")
    assert run.held.filter(pl.col("table") == "assignments").is_empty()


def test_why_facts_are_not_counted_is_told(tmp_path: Path) -> None:
    run = teams_of(tmp_path, "one,2026-01-01,2026-09-29,south,Care two,2026-02-01,2026-01-01,South,Care", FACTS)
    assert sorted(set(run.held.filter(pl.col("table") != "workforce")["reason"])) == [
        "`assignments` do not say where `one` was on 2026-07-01: it counts for no team",
        "`assignments` do not say where `one` was on 2026-08-10: it counts for no team",
        "`assignments` do not say where `one` was on 2026-09-30: it counts for no team",
        "`assignments` do not say where `two` was on 2026-08-10: it counts for no team",
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
    assert counts(run) == {"one": 2, "South": 2, "Care": 1}
    assert held(run) == [("id=2", "not-assigned")]


# --- shared facts -----------------------------------------------------------------------------------------------------

SHARED = """
sources:
  deals: {path: deals.csv, id: deal, payee: who, date: at, share: part, system_accounts: [BOT]}
kpis:
"""
KINDS = {
    "number": "{kind: count, from: deals}",
    "amount": "{kind: sum, from: deals, value: amount}",
    "mean": "{kind: mean, from: deals, value: amount}",
    "big": "{kind: share, from: deals, where: amount > 100}",
    "nps": "{kind: nps, from: deals, answer: answer}",
    "rate": "{kind: ratio, from: deals, numerator: amount, denominator: answer}",
}


def shared_of(folder: Path, deals: str, out: Path | None = None) -> Run:
    """A run for 2026-Q3 of every kind that can be shared, for payees, teams and the company."""
    kpis = [
        f"  {name}: {{title: {{en: {name}, fr: {name}}}, perspective: customer, better: higher, compute: {compute}}}"
        for name, compute in KINDS.items()
    ]
    items = ", ".join(
        f"{name}_{of}: {{kpi: {name}, of: {of}, attainment: level, curve: any}}"
        for name in KINDS
        for of in ("payee", "team", "company")
    )
    plan = f"{{title: {{en: All, fr: Tous}}, pays: none, who: TRUE, combine: mean, scorecard: {{{items}}}}}"
    text = "\n".join([HEAD + SHARED.rstrip(), *kpis, f"plans: {{all: {plan}}}"])
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    (folder / "workforce.csv").write_text("payee,team\none,North\ntwo,North\nthree,South\n", encoding="utf-8")
    (folder / "deals.csv").write_text("\n".join(["deal,who,at,part,amount,answer", *deals.split()]), encoding="utf-8")
    return incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, "2026-Q3", out)


def of(run: Run, subject: str) -> dict[str, tuple[Any, ...]]:
    """Value and n of a subject, by KPI."""
    return {row["kpi"]: (row["value"], row["n"]) for row in run.kpis.filter(subject=subject).to_dicts()}


DEALS = """
1,one,2026-07-01,0.3,1000,10
1,two,2026-07-01,0.5,1000,10
1,three,2026-07-01,0.2,1000,10
2,one,2026-07-02,1,50,5
"""


def test_shared_facts_count_in_part(tmp_path: Path) -> None:
    run = shared_of(tmp_path, DEALS)
    assert run.held.is_empty()
    assert of(run, "one") == {
        "number": (Decimal("1.3"), 2),
        "amount": (350, 2),  # 0.3 × 1000 + 50
        "mean": (Decimal("269.2308"), 2),  # 350 ÷ 1.3
        "big": (Decimal("0.2308"), 2),  # 0.3 ÷ 1.3
        "nps": (Decimal("-53.8462"), 2),  # 100 × (0.3 - 1) ÷ 1.3
        "rate": (Decimal("43.75"), 2),  # 350 ÷ (0.3 × 10 + 5)
    }
    assert of(run, "three")["number"] == (Decimal("0.2"), 1)
    assert of(run, "three")["mean"] == (1000, 1)
    # The team of two of them has both their shares of one fact, and the company has two facts, whole.
    assert of(run, "North")["number"] == (Decimal("1.8"), 2)
    assert of(run, "North")["amount"] == (850, 2)
    assert of(run, "company") == {
        "number": (2, 2),
        "amount": (1050, 2),
        "mean": (525, 2),
        "big": (Decimal("0.5"), 2),
        "nps": (0, 2),
        "rate": (70, 2),
    }
    assert run.kpis["low"].null_count() == run.kpis.height  # parts of facts are no sample


def test_the_share_of_a_machine_and_of_a_stranger_is_nobodys(tmp_path: Path) -> None:
    deals = (
        "1,one,2026-07-01,0.5,100,9 1,BOT,2026-07-01,0.5,100,9 2,one,2026-07-01,0.25,10,9 2,ghost,2026-07-01,0.75,10,9"
    )
    run = shared_of(tmp_path, deals)
    assert of(run, "one")["amount"] == (Decimal("52.5"), 2)
    assert of(run, "company")["amount"] == (Decimal("102.5"), 2)
    assert run.held.filter(table="deals").select("key", "code").rows() == [("deal=2, who=ghost", "unknown-payee")]


@pytest.mark.parametrize(
    ("deals", "code", "told"),
    [
        ("1,one,2026-07-01,0.5,9,9 1,two,2026-07-01,0.4,9,9", "shares-not-100", "add up to 0.9, not to 1"),
        ("1,one,2026-07-01,0.6,9,9 1,two,2026-07-01,0.6,9,9", "shares-not-100", "add up to 1.2, not to 1"),
        ("1,one,2026-07-01,0.333333,9,9 1,two,2026-07-01,0.666666,9,9", "shares-not-100", "add up to 0.999999"),
        ("1,one,2026-07-01,0.5,9,9 1,two,2026-07-02,0.5,9,9", "contradicting-rows", "differ in `at`"),
        ("1,one,2026-07-01,0.5,9,9 1,two,2026-07-01,0.5,8,", "contradicting-rows", "differ in `amount`, `answer`"),
    ],
)
def test_shares_that_are_not_one_fact_are_held(tmp_path: Path, deals: str, code: str, told: str) -> None:
    run = shared_of(tmp_path, f"{deals} 2,three,2026-07-01,1,7,9", tmp_path / "run")
    rows = run.held.filter(table="deals").to_dicts()
    assert [(row["key"], row["code"]) for row in rows] == [("deal=1, who=one", code), ("deal=1, who=two", code)]
    assert all(told in row["reason"] for row in rows)
    assert of(run, "company")["amount"] == (7, 1)
    again = recompute(tmp_path / "run")
    assert again.kpis.equals(run.kpis)
    assert again.held.equals(run.held)


@pytest.mark.parametrize(
    ("row", "codes"),
    [
        ("1,two,2026-07-01,,9,9", {"empty-cell", "shares-not-100"}),
        ("1,two,2026-07-01,0,9,9", {"out-of-bounds"}),
        ("1,two,2026-07-01,1.5,9,9", {"out-of-bounds", "shares-not-100"}),
        ("1,one,2026-07-01,0.5,9,9", {"duplicate-row", "shares-not-100"}),
    ],
)
def test_a_part_that_cannot_be_used_takes_the_others_with_it(tmp_path: Path, row: str, codes: set[str]) -> None:
    own = "1" if codes == {"out-of-bounds"} else "0.5"  # without the share of nothing, nothing is missing
    run = shared_of(tmp_path, f"1,one,2026-07-01,{own},9,9 {row} 2,three,2026-07-01,1,7,9")
    assert set(run.held.filter(table="deals")["code"]) == codes
    assert of(run, "company")["amount"] == ((16, 2) if own == "1" else (7, 1))


def test_the_parts_of_a_fact_do_not_repeat_each_other(tmp_path: Path) -> None:
    rule = "set_aside: [{same: [product], within: 3, because: {en: Twice, fr: Doublon}}]"
    shared_of(tmp_path, DEALS)
    text = (tmp_path / "rules.yaml").read_text(encoding="utf-8").replace("share: part,", f"share: part, {rule},")
    (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
    rows = ["1,one,2026-07-01,0.5,9,9,P", "1,two,2026-07-01,0.5,9,9,P", "2,one,2026-07-02,0.5,7,9,P",
            "2,two,2026-07-02,0.5,7,9,P"]  # fmt: skip
    (tmp_path / "deals.csv").write_text("\n".join(["deal,who,at,part,amount,answer,product", *rows]), encoding="utf-8")
    run = incentive_engine.run(incentive_engine.load(tmp_path / "rules.yaml"), tmp_path, "2026-Q3")
    assert of(run, "company")["amount"] == (9, 1)
    assert run.held.filter(table="deals")["key"].to_list() == ["deal=2, who=one", "deal=2, who=two"]


def test_statements_say_that_facts_are_shared(tmp_path: Path) -> None:
    shared_of(tmp_path, DEALS, tmp_path / "run")
    (statement, *_) = StatementMaker(gathered(tmp_path / "run")).statements()
    card = next(card for card in statement.pays[0].cards if card.path == "mean_payee")
    assert "where what several people share counts by the share of each" in card.measured
    assert card.lines[0].arithmetic == "350 ÷ 1.3"
    told = [line.text for section in explain(tmp_path / "run", "one", "fr").sections for line in section.lines]
    assert any("selon la part de chacune" in line for line in told)


# --- invitations ------------------------------------------------------------------------------------------------------

ASKED = """
sources:
  answers: {path: answers.csv, payee: who, date: at, invitations: invites}
  invites:
    path: invites.csv
    payee: who
    date: sent
    set_aside: [{when: NOT delivered, because: {en: Not delivered, fr: Non remis}}]
kpis:
  nps: {title: {en: A, fr: B}, perspective: customer, better: higher, compute: {kind: nps, from: answers, answer: mark}}
  year:
    title: {en: Over the year, fr: "Sur l'année"}
    perspective: customer
    better: higher
    compute: {kind: nps, from: answers, answer: mark}
    over: year_to_date
  twice: {title: {en: C, fr: D}, perspective: customer, better: higher, compute: {kind: formula, value: 2 * nps}}
plans:
  all:
    title: {en: All, fr: Tous}
    pays: none
    who: TRUE
    combine: mean
    scorecard:
      nps: {of: payee, attainment: level, curve: any, on_missing: reweight}
      team: {kpi: nps, of: team, attainment: level, curve: any, on_missing: reweight}
      year: {of: payee, attainment: level, curve: any, on_missing: reweight}
      twice: {of: payee, attainment: level, curve: any, on_missing: reweight}
"""


def asked_of(folder: Path, invites: str, rules: str = ASKED) -> dict[tuple[str, str], tuple[Any, ...]]:
    """The n and how many were asked, by KPI and subject; the run is in the folder `run`."""
    (folder / "rules.yaml").write_text(HEAD + rules, encoding="utf-8")
    (folder / "workforce.csv").write_text("payee,team\none,North\ntwo,North\nthree,South\n", encoding="utf-8")
    answers = ["one,2026-07-01,10", "one,2026-07-02,", "two,2026-07-01,9", "one,2026-03-01,0"]
    (folder / "answers.csv").write_text("\n".join(["who,at,mark", *answers]), encoding="utf-8")
    (folder / "invites.csv").write_text("\n".join(["who,sent,delivered", *invites.split()]), encoding="utf-8")
    run = incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, "2026-Q3", folder / "run")
    return {(row["kpi"], row["subject"]): (row["n"], row["invited"]) for row in run.kpis.to_dicts()}


INVITES = """
one,2026-07-01,yes one,2026-07-02,yes one,2026-07-03,yes one,2026-07-04,no one,2026-02-01,yes
three,2026-07-01,yes ghost,2026-07-01,yes
"""


def test_invitations_stand_beside_results(tmp_path: Path) -> None:
    """Of the same subject and days; what is set aside among them, or about somebody unknown, was no invitation."""
    assert asked_of(tmp_path, INVITES) == {
        ("nps", "one"): (1, 3),
        ("nps", "two"): (1, 0),  # answered without having been asked
        ("nps", "North"): (2, 3),
        ("year", "one"): (2, 4),
        ("year", "two"): (1, 0),
        ("twice", "one"): (1, None),
        ("twice", "two"): (1, None),
    }
    opened = Run.open(tmp_path / "run")
    assert sorted(opened.held.filter(table="invites")["code"]) == ["set-aside", "unknown-payee"]
    statement = next(StatementMaker(gathered(tmp_path / "run")).statements())
    card = next(card for card in statement.pays[0].cards if card.path == "nps")
    assert card.facts == "from 1 record of 3 customers who were asked (33.3%)"
    told = [line.text for section in explain(tmp_path / "run", "one", "fr").sections for line in section.lines]
    assert any("n = 1 sur 3 interrogés" in line for line in told)


def test_invitations_that_are_not_known_are_not_zero(tmp_path: Path) -> None:
    """None were delivered for the period; or they do not say whom they are about."""
    known = asked_of(tmp_path, "one,2026-02-01,yes")
    assert (known["nps", "one"], known["year", "one"]) == ((1, None), (2, 1))
    cards = next(StatementMaker(gathered(tmp_path / "run")).statements()).pays[0].cards
    assert next(card.facts for card in cards if card.path == "year") == "from 2 records"  # no rate is above 100 %
    of_nobody = ASKED.replace("path: invites.csv\n    payee: who", "path: invites.csv\n    team: who")
    (tmp_path / "of teams").mkdir()
    found = asked_of(tmp_path / "of teams", "North,2026-07-01,yes", of_nobody)
    assert (found["nps", "one"], found["nps", "North"]) == ((1, None), (2, 1))


# --- the order of rows ------------------------------------------------------------------------------------------------


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    draw = random.Random(1117)
    moves = ["one,2026-01-01,2026-08-15,South,", "one,2026-08-16,,North,", "two,2026-07-10,,South,Field"]
    facts = [f"{draw.choice(['one', 'two'])},2026-0{draw.choice('789')}-{draw.randrange(10, 31)}," for _ in range(60)]
    (first, other) = (tmp_path / "first", tmp_path / "other")
    runs = []
    for folder in (first, other):
        folder.mkdir()
        run = teams_of(folder, " ".join(moves), " ".join(facts))
        runs.append((run.kpis.sort("kpi", "subject").rows(), run.held.drop("key").sort("payee", "reason").rows()))
        draw.shuffle(moves)
        draw.shuffle(facts)
    assert runs[0] == runs[1]
    deals = [line for line in DEALS.split() if line] + ["3,one,2026-07-05,0.5,7,1", "3,two,2026-07-05,0.4,7,1"]
    results = []
    for folder in (first, other):
        results.append((run := shared_of(folder, " ".join(deals))).kpis.rows() + run.held.rows())
        draw.shuffle(deals)
    assert results[0] == results[1]
