"""Rules that change: numbers with `since`, plans and rule sets in force on days, editions that follow each other.

2026-Q3 has 92 days: 31 in July, 31 in August, 30 in September.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import incentive_engine
from incentive_engine import InputProblems, Run
from incentive_engine.audit.auditing import audit
from incentive_engine.audit.pages import written
from incentive_engine.engine.overview import by_department, overall
from incentive_engine.engine.run import recompute
from incentive_engine.kinds.base import Since
from incentive_engine.rulesets.in_force import BELOW, NUMBERS
from incentive_engine.rulesets.loading import Rules, load, rules_for
from incentive_engine.rulesets.models import BestOf, Group, Measure, Plan, Way
from incentive_engine.rulesets.resolving import ResolvedPlan, resolve

PERIOD = "2026-Q3"
HEAD = """
rule_set: over-time
version: "{version}"
title: {{en: Over time, fr: Au fil du temps}}
decided: {{by: Nobody, on: 2025-12-01}}
currency: EUR
timezone: Europe/Paris
kpis:
  nps:
    title: {{en: NPS, fr: NPS}}
    perspective: customer
    better: higher
    compute: {{kind: given, at_least: 0, at_most: 100}}
curves:
  straight: {{kind: linear, points: [[0%, 0%], [200%, 200%]], below: flat, above: flat}}
"""
PLANS = """
plans:
  adviser:
    title: {{en: Adviser, fr: Conseiller}}
    pays: bonus
    who: "TRUE"
    target_pay: "{pays}"
    scorecard:
      nps: {{weight: 100%, of: payee, target: {target}, attainment: ratio, curve: straight}}
    proration: {{by: calendar_days}}
"""
KPIS = "subject_kind,subject,kpi,period,value\n"


def rules_text(
    target: str = "48", *, pays: str = "9200", version: str = "1", above: str = "", within: str = "", below: str = ""
) -> str:
    """A rule set that pays 9200 a quarter, 100 a day, at the target; `within` goes on with the plan."""
    return HEAD.format(version=version) + above + PLANS.format(target=target, pays=pays) + within + below


def rules_of(folder: Path, text: str, name: str = "rules.yaml") -> Rules:
    (folder / name).write_text(text, encoding="utf-8")
    return load(folder / name)


def paid_by(
    folder: Path,
    rules: Rules,
    *,
    workforce: str = "payee,hired,left\none,2020-01-01,\n",
    nps: str = "48",
    out: Path | None = None,
    **files: str,
) -> Run:
    """A run for 2026-Q3 in which everyone has the same NPS."""
    (folder / "workforce.csv").write_text(workforce, encoding="utf-8")
    payees = [line.partition(",")[0] for line in workforce.split()[1:]]
    results = "".join(f"payee,{payee},nps,{PERIOD},{nps}\n" for payee in payees)
    (folder / "kpis.csv").write_text(KPIS + results, encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return incentive_engine.run(rules, folder, PERIOD, out)


def payouts(run: Run) -> dict[tuple[str, str], Any]:
    return {(row["payee"], row["plan"]): row["payout"] for row in run.payouts.to_dicts()}


def in_period(rules: Rules, period: str = PERIOD) -> tuple[ResolvedPlan, ...]:
    parsed = rules.period(period)
    return resolve(rules_for(rules, parsed).ruleset, parsed)


def days(rules: Rules, period: str = PERIOD) -> dict[str, tuple[str, str]]:
    """The days of each plan that is in force, by name."""
    return {plan.name: (str(plan.days[0])[5:], str(plan.days[1])[5:]) for plan in in_period(rules, period)}


def targets(rules: Rules, period: str = PERIOD) -> list[object]:
    return [measure.paths[0].parameters["target"] for plan in in_period(rules, period) for measure in plan.measures()]


def problems(rules: Rules, period: str = PERIOD) -> list[tuple[str, str]]:
    """Place and code of everything for which a period cannot be paid."""
    with pytest.raises(InputProblems) as raised:
        rules_for(rules, rules.period(period))
    return [(str(each.location).rpartition("/")[2], each.code) for each in raised.value.problems]


# --- numbers with `since` ---------------------------------------------------------------------------------------------


def test_a_number_changes_on_its_day(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, rules_text("{since: {2026-01-01: 48, 2026-08-15: 60}}"))
    assert days(rules) == {"adviser": ("07-01", "08-14"), "adviser@2026-08-15": ("08-15", "09-30")}
    assert targets(rules) == [48, 60]
    # 48/48 on 45 days, 48/60 on 47: 45 × 100 and 47 × 80
    assert payouts(paid_by(tmp_path, rules)) == {
        ("one", "adviser"): Decimal("4500.00"),
        ("one", "adviser@2026-08-15"): Decimal("3760.00"),
    }


@pytest.mark.parametrize(
    ("since", "found"),
    [
        ("2026-07-01: 60", {"adviser": ("07-01", "09-30")}),  # the first day of the period: one version, the new one
        ("2026-07-02: 60", {"adviser": ("07-01", "07-01"), "adviser@2026-07-02": ("07-02", "09-30")}),
        ("2026-09-30: 60", {"adviser": ("07-01", "09-29"), "adviser@2026-09-30": ("09-30", "09-30")}),
        ("2026-10-01: 60", {"adviser": ("07-01", "09-30")}),  # the day after
        ("2026-08-15: 48", {"adviser": ("07-01", "09-30")}),  # the same again is no change
        (
            "2026-07-10: 50, 2026-09-01: 60",
            {
                "adviser": ("07-01", "07-09"),
                "adviser@2026-07-10": ("07-10", "08-31"),
                "adviser@2026-09-01": ("09-01", "09-30"),
            },
        ),
        (
            "2026-09-01: 60, 2026-07-10: 50",  # in whatever order they are written
            {
                "adviser": ("07-01", "07-09"),
                "adviser@2026-07-10": ("07-10", "08-31"),
                "adviser@2026-09-01": ("09-01", "09-30"),
            },
        ),
    ],
)
def test_a_plan_has_a_version_for_each_stretch_of_days(
    tmp_path: Path, since: str, found: dict[str, tuple[str, str]]
) -> None:
    assert days(rules_of(tmp_path, rules_text(f"{{since: {{2026-01-01: 48, {since}}}}}"))) == found


def test_two_numbers_change_together(tmp_path: Path) -> None:
    rules = rules_of(
        tmp_path,
        rules_text(
            "{since: {2026-01-01: 48, 2026-08-15: 60}}",
            within="    cap: {since: {2026-01-01: 100%, 2026-08-15: 90%}}\n",
        ),
    )
    assert days(rules) == {"adviser": ("07-01", "08-14"), "adviser@2026-08-15": ("08-15", "09-30")}
    assert [plan.root.steps.cap for plan in in_period(rules)] == [1, Decimal("0.9")]


def test_a_number_that_does_not_exist_yet_pays_nobody(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, rules_text("{since: {2026-08-15: 60}}"))
    assert problems(rules) == [("rules.yaml:24:46", "no-number-yet")]
    assert days(rules, "2026-09") == {"adviser": ("09-01", "09-30")}


def test_every_number_that_may_change_is_known() -> None:
    """What a field of a plan may hold that changes is found, wherever the field is."""
    for model in (Plan, Group, Measure, BestOf, Way):
        dated = {name for name, field in model.model_fields.items() if Since.__name__ in str(field.annotation)}
        assert dated == NUMBERS & model.model_fields.keys()
        below = {name for name, field in model.model_fields.items() if "dict[" in str(field.annotation)}
        assert below - {"title"} <= BELOW


def test_checks_look_at_every_number_of_every_day(tmp_path: Path) -> None:
    floor = "    floor: {since: {2026-01-01: 0%, 2026-08-15: 50%}}\n"
    cap = "    cap: {since: {2026-01-01: 100%, 2026-09-01: 40%}}\n"
    text = rules_text(within=floor + cap)
    with pytest.raises(InputProblems) as raised:
        rules_of(tmp_path, text)
    assert [(each.code, each.message) for each in raised.value.problems] == [
        ("floor-above-cap", "the floor 50% is above the cap 40%")
    ]


# --- plans in force ---------------------------------------------------------------------------------------------------

SECOND = """
  second:
    title: {en: Second, fr: Second}
    pays: bonus
    in_force: {from: 2026-08-15}
    who: "TRUE"
    target_pay: "18400"
    scorecard:
      nps: {weight: 100%, of: payee, target: 48, attainment: ratio, curve: straight}
    proration: {by: calendar_days}
"""


def test_one_plan_takes_over_from_another(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, rules_text(within="    in_force: {to: 2026-08-14}\n", below=SECOND))
    assert days(rules) == {"adviser": ("07-01", "08-14"), "second": ("08-15", "09-30")}
    run = paid_by(tmp_path, rules)
    assert payouts(run) == {("one", "adviser"): Decimal("4500.00"), ("one", "second"): Decimal("9400.00")}
    assert days(rules, "2026-Q2") == {"adviser": ("04-01", "06-30")}
    assert days(rules, "2026-Q4") == {"second": ("10-01", "12-31")}


def test_a_number_changes_while_a_plan_is_in_force(tmp_path: Path) -> None:
    text = rules_text(
        "{since: {2026-07-15: 48, 2026-08-15: 60}}", within="    in_force: {from: 2026-07-20, to: 2026-08-31}\n"
    )
    rules = rules_of(tmp_path, text)
    assert days(rules) == {"adviser": ("07-20", "08-14"), "adviser@2026-08-15": ("08-15", "08-31")}
    assert problems(rules, "2026-Q4") == [("rules.yaml:17:1", "not-in-force")]


def test_what_pays_a_part_of_the_period_is_prorated(tmp_path: Path) -> None:
    text = rules_text(within="    in_force: {from: 2026-07-02}\n").replace("    proration: {by: calendar_days}\n", "")
    rules = rules_of(tmp_path, text)
    assert problems(rules) == [("rules.yaml:18:3", "not-prorated")]
    assert days(rules, "2026-Q4") == {"adviser": ("10-01", "12-31")}


def test_what_is_scored_only_may_change(tmp_path: Path) -> None:
    text = rules_text("{since: {2026-01-01: 48, 2026-08-15: 60}}").replace("    proration: {by: calendar_days}\n", "")
    rules = rules_of(tmp_path, text.replace('    target_pay: "9200"\n', ""))
    run = paid_by(tmp_path, rules)
    assert run.payouts.select("plan", "score", "payout").rows() == [
        ("adviser", Decimal("1"), None),
        ("adviser@2026-08-15", Decimal("0.8"), None),
    ]


# --- editions ---------------------------------------------------------------------------------------------------------

FOLLOWS = "follows: first.yaml\nin_force: {from: 2026-08-15}\n"


def editions(folder: Path, older: str, newer: str) -> Rules:
    (folder / "first.yaml").write_text(older, encoding="utf-8")
    return rules_of(folder, newer)


def test_a_period_is_paid_by_both_editions(tmp_path: Path) -> None:
    rules = editions(tmp_path, rules_text("48"), rules_text("60", version="2", above=FOLLOWS))
    assert days(rules) == {"adviser": ("07-01", "08-14"), "adviser@2026-08-15": ("08-15", "09-30")}
    assert payouts(paid_by(tmp_path, rules)) == {
        ("one", "adviser"): Decimal("4500.00"),
        ("one", "adviser@2026-08-15"): Decimal("3760.00"),
    }


def test_each_edition_pays_the_periods_that_are_all_its_own(tmp_path: Path) -> None:
    rules = editions(tmp_path, rules_text("48"), rules_text("60", version="2", above=FOLLOWS))
    assert days(rules, "2026-Q2") == {"adviser": ("04-01", "06-30")}
    assert targets(rules, "2026-Q2") == [48]
    assert days(rules, "2026-Q4") == {"adviser": ("10-01", "12-31")}
    assert targets(rules, "2026-Q4") == [60]


@pytest.mark.parametrize(("first", "both"), [("2026-07-01", [60]), ("2026-09-30", [48, 60]), ("2026-10-01", [48])])
def test_an_edition_begins_on_the_first_or_the_last_day(tmp_path: Path, first: str, both: list[int]) -> None:
    newer = rules_text("60", version="2", above=FOLLOWS.replace("2026-08-15", first))
    assert targets(editions(tmp_path, rules_text("48"), newer)) == both


def test_an_edition_that_says_the_same_changes_nothing(tmp_path: Path) -> None:
    newer = rules_text("48", version="2", above=FOLLOWS).replace("en: Adviser", "en: Adviser of customers")
    rules = editions(tmp_path, rules_text("48"), newer)
    assert days(rules) == {"adviser": ("07-01", "09-30")}
    assert payouts(paid_by(tmp_path, rules)) == {("one", "adviser"): Decimal("9200.00")}


def test_three_editions(tmp_path: Path) -> None:
    (tmp_path / "zero.yaml").write_text(rules_text("40", version="0"), encoding="utf-8")
    middle = rules_text("48", above="follows: zero.yaml\nin_force: {from: 2026-07-11}\n")
    rules = editions(tmp_path, middle, rules_text("60", version="2", above=FOLLOWS))
    assert days(rules) == {
        "adviser": ("07-01", "07-10"),
        "adviser@2026-07-11": ("07-11", "08-14"),
        "adviser@2026-08-15": ("08-15", "09-30"),
    }
    # 10 days × 100 × 48/40, 35 × 100, 47 × 100 × 48/60
    assert [*payouts(paid_by(tmp_path, rules)).values()] == [Decimal("1200.00"), Decimal("3500.00"), Decimal("3760.00")]
    assert [rules_for(rules, rules.period(PERIOD)).edition(plan).version for plan in in_period(rules)] == [
        "0",
        "1",
        "2",
    ]


def test_an_edition_and_a_number_change_in_one_period(tmp_path: Path) -> None:
    older = rules_text("{since: {2026-01-01: 48, 2026-08-01: 40, 2026-09-01: 1}}")
    newer = rules_text("{since: {2026-01-01: 40, 2026-09-01: 60}}", version="2", above=FOLLOWS)
    rules = editions(tmp_path, older, newer)
    assert days(rules) == {  # the target is 40 from the 1st on, whichever edition says so
        "adviser": ("07-01", "07-31"),
        "adviser@2026-08-01": ("08-01", "08-31"),
        "adviser@2026-09-01": ("09-01", "09-30"),
    }
    assert targets(rules) == [48, 40, 60]


def test_plans_come_and_go_with_editions(tmp_path: Path) -> None:
    newer = rules_text("48", version="2", above=FOLLOWS).replace("  adviser:", "  counsellor:")
    rules = editions(tmp_path, rules_text("48"), newer)
    assert days(rules) == {"adviser": ("07-01", "08-14"), "counsellor": ("08-15", "09-30")}


def test_what_an_edition_no_longer_reads_is_asked_for_as_long_as_it_counts(tmp_path: Path) -> None:
    older = rules_text("{table: goals}", above="tables: {goals: {path: goals.csv, keys: [team]}}\n")
    rules = editions(tmp_path, older, rules_text("60", version="2", above=FOLLOWS))
    workforce, goals = "payee,team,hired,left\none,north,2020-01-01,\n", "team,value\nnorth,96\n"
    run = paid_by(tmp_path, rules, workforce=workforce, goals=goals)
    assert [*payouts(run).values()] == [Decimal("2250.00"), Decimal("3760.00")]
    tables = {period: rules_for(rules, rules.period(period)).contracts for period in ("2026-Q2", PERIOD, "2026-Q4")}
    assert {period: {each.name for each in found} for period, found in tables.items()} == {
        "2026-Q2": {"workforce", "kpis", "goals"},
        PERIOD: {"workforce", "kpis", "goals"},
        "2026-Q4": {"workforce", "kpis"},
    }


def test_every_step_is_told_with_its_own_file(tmp_path: Path) -> None:
    older = rules_text("48").replace("\nplans:", "\n# the first of all\nplans:")
    rules = editions(tmp_path, older, rules_text("60", version="2", above=FOLLOWS))
    run = paid_by(tmp_path, rules)
    lines = dict(run.steps.filter(column="payout").select("plan", "rule").rows())
    assert lines == {"adviser": "first.yaml:19", "adviser@2026-08-15": "rules.yaml:20"}


def test_a_run_keeps_both_editions(tmp_path: Path) -> None:
    rules = editions(tmp_path, rules_text("48"), rules_text("60", version="2", above=FOLLOWS))
    run = paid_by(tmp_path, rules, out=tmp_path / "run")
    assert {path.name for path in (tmp_path / "run" / "rules").iterdir()} == {"rules.yaml", "first.yaml"}
    assert run.summary["rules"]["file"] == "rules.yaml"
    assert [*run.summary["rules"]["entries"]] == ["first.yaml"]
    again = recompute(tmp_path / "run")
    assert again.payouts.equals(run.payouts)
    assert again.steps.equals(run.steps)


def test_days_without_rules_are_told(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, rules_text(above="in_force: {from: 2026-07-02, to: 2026-09-29}\n"))
    assert problems(rules) == [("rules.yaml:16:11", "not-in-force")] * 2
    older = rules_text(above="in_force: {to: 2026-08-01}\n")
    rules = editions(tmp_path, older, rules_text("60", version="2", above=FOLLOWS))
    with pytest.raises(InputProblems, match="no rules are in force from 2026-08-02 to 2026-08-14"):
        rules_for(rules, rules.period(PERIOD))


def test_what_changed_its_meaning_is_told_where_a_period_crosses_it(tmp_path: Path) -> None:
    newer = rules_text("60", version="2", above=FOLLOWS.replace("2026-08-15", "2026-08-01"))
    rules = editions(tmp_path, rules_text("48"), newer.replace("at_most: 100", "at_most: 10"))
    assert [(each.level, each.code) for each in rules.warnings] == [("warning", "changed-name")]
    assert problems(rules) == [("rules.yaml:9:3", "changed-name")]
    assert days(rules, "2026-08") == {"adviser": ("08-01", "08-31")}


def test_words_about_a_kpi_may_change(tmp_path: Path) -> None:
    newer = rules_text("60", version="2", above=FOLLOWS).replace(
        "    better: higher", "    better: higher\n    reviewed: 2026-08-01"
    )
    assert editions(tmp_path, rules_text("48"), newer).warnings == ()


def test_who_is_held_by_two_versions_is_one_person(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, rules_text("{since: {2026-01-01: 48, 2026-08-15: 60}}"))
    workforce = "payee,team,hired,left\none,north,2020-01-01,\nnew,north,,\n"
    run = paid_by(tmp_path, rules, workforce=workforce)
    assert (overall(run).paid, overall(run).held, [each.held for each in by_department(run)]) == (1, 1, [1])


# --- tables with `since` ----------------------------------------------------------------------------------------------

GOALS = "tables: {goals: {path: goals.csv, keys: [team], since: valid_from}}\n"
TEAMS = "payee,team,hired,left\none,north,2020-01-01,\ntwo,south,2020-01-01,\n"


def by_segment(run: Run) -> list[tuple[Any, ...]]:
    return [
        (payee, str(first)[5:], str(last)[5:], payout)
        for payee, first, last, payout in run.segments.select("payee", "first_day", "last_day", "payout").rows()
    ]


def test_a_row_counts_from_its_day(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, rules_text("{table: goals}", above=GOALS))
    goals = "team,valid_from,value\nnorth,2026-01-01,48\nnorth,2026-08-15,60\nsouth,2025-07-01,96\n"
    run = paid_by(tmp_path, rules, workforce=TEAMS, goals=goals)
    assert payouts(run) == {("one", "adviser"): Decimal("8260.00"), ("two", "adviser"): Decimal("4600.00")}
    assert by_segment(run) == [  # only the team whose target changed is cut
        ("one", "07-01", "08-14", Decimal("4500.00")),
        ("one", "08-15", "09-30", Decimal("3760.00")),
    ]


def test_a_value_that_is_written_again_cuts_nothing(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, rules_text("{table: goals}", above=GOALS))
    goals = "team,valid_from,value\nnorth,2026-01-01,48\nnorth,2026-07-11,48\nsouth,2026-07-01,48\nsouth,2026-10-01,1\n"
    run = paid_by(tmp_path, rules, workforce=TEAMS, goals=goals)
    assert payouts(run) == {("one", "adviser"): Decimal("9200.00"), ("two", "adviser"): Decimal("9200.00")}
    assert by_segment(run) == []


def test_before_the_first_row_there_is_no_number(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, rules_text("{table: goals}", above=GOALS))
    goals = "team,valid_from,value\nnorth,2026-09-30,48\nsouth,2026-07-01,48\n"
    run = paid_by(tmp_path, rules, workforce=TEAMS, goals=goals)
    assert payouts(run)["two", "adviser"] == Decimal("9200.00")
    assert run.held.filter(table="workforce").select("payee", "code").unique().rows() == [("one", "missing-target")]


def test_a_first_row_without_a_number_changes_nothing(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, rules_text("{table: goals}", above=GOALS))
    goals = "team,valid_from,value\nnorth,2026-08-15,\nsouth,2026-07-01,48\n"
    run = paid_by(tmp_path, rules, workforce=TEAMS, goals=goals)
    assert run.eligibility.filter(payee="one")["segment"].unique().to_list() == [1]
    assert run.held.filter(table="workforce").select("payee", "code").rows() == [("one", "missing-target")]


def test_each_kpi_has_days_of_its_own(tmp_path: Path) -> None:
    tables = "tables: {goals: {path: goals.csv, keys: [team, kpi], since: valid_from}}\n"
    second = (
        "      also: {kpi: other, weight: 50%, of: payee, target: {table: goals}, attainment: ratio, curve: straight}\n"
    )
    text = rules_text("{table: goals}", above=tables).replace("weight: 100%", "weight: 50%")
    text = text.replace("    proration:", second + "    proration:")
    other = (
        "  other: {title: {en: O, fr: O}, perspective: internal, better: higher, compute: {kind: given, %s}}\ncurves:"
    )
    rules = rules_of(tmp_path, text.replace("curves:", other % "at_least: 0, at_most: 100"))
    first = (("nps", "2026-01-01", 48), ("other", "2026-01-01", 48))
    later = (("nps", "2026-08-01", 60), ("other", "2026-09-01", 24))
    rows = [f"{team},{','.join(map(str, row))}" for team in ("north", "south") for row in (*first, *later)]
    goals = "\n".join(["team,kpi,valid_from,value", *rows])
    (tmp_path / "workforce.csv").write_text(TEAMS, encoding="utf-8")
    (tmp_path / "kpis.csv").write_text(KPIS + f"payee,one,nps,{PERIOD},48\npayee,one,other,{PERIOD},48\n")
    (tmp_path / "goals.csv").write_text(goals, encoding="utf-8")
    run = incentive_engine.run(rules, tmp_path, PERIOD)
    assert by_segment(run) == [  # 31 days at 1 and 1, 31 at 48/60 and 1, 30 at 48/60 and 48/24
        ("one", "07-01", "07-31", Decimal("3100.00")),
        ("one", "08-01", "08-31", Decimal("2790.00")),
        ("one", "09-01", "09-30", Decimal("4200.00")),
    ]


def test_only_who_is_paid_by_a_number_is_cut_where_it_changes(tmp_path: Path) -> None:
    above = "tables: {goals: {path: goals.csv, keys: [level, kpi], since: valid_from}}\n"
    other = "  other: {title: {en: O, fr: O}, perspective: internal, better: higher, compute: {kind: given}}\ncurves:"
    plan = rules_text("{table: goals}", above=above).replace('who: "TRUE"', 'who: team = "north"')
    second = plan[plan.index("  adviser:") :].replace("north", "south").replace("adviser:", "south:")
    text = plan + second.replace("nps: {", "nps: {kpi: other, ")
    rules = rules_of(tmp_path, text.replace("curves:", other))
    goals = "level,kpi,valid_from,value\nA,nps,2026-01-01,48\nA,other,2026-01-01,48\nA,other,2026-08-15,60\n"
    workforce = "payee,team,level,hired,left\none,north,A,2020-01-01,\ntwo,south,A,2020-01-01,\n"
    (tmp_path / "workforce.csv").write_text(workforce, encoding="utf-8")
    (tmp_path / "kpis.csv").write_text(KPIS + f"payee,one,nps,{PERIOD},48\npayee,two,other,{PERIOD},48\n")
    (tmp_path / "goals.csv").write_text(goals, encoding="utf-8")
    run = incentive_engine.run(rules, tmp_path, PERIOD)
    assert payouts(run) == {("one", "adviser"): Decimal("9200.00"), ("two", "south"): Decimal("8260.00")}
    assert by_segment(run) == [
        ("two", "07-01", "08-14", Decimal("4500.00")),
        ("two", "08-15", "09-30", Decimal("3760.00")),
    ]


def test_the_same_keys_and_day_twice_take_the_rows_before_with_them(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, rules_text("{table: goals}", above=GOALS))
    goals = (
        "team,valid_from,value\nnorth,2025-01-01,96\nnorth,2026-01-01,48\nnorth,2026-01-01,60\nsouth,2026-01-01,48\n"
    )
    run = paid_by(tmp_path, rules, workforce=TEAMS, goals=goals)
    assert run.held.filter(table="goals")["code"].to_list() == ["beside-faulty-row", *["contradicting-rows"] * 2]
    assert payouts(run) == {("two", "adviser"): Decimal("9200.00")}


def test_who_moves_between_teams_follows_the_numbers_of_each(tmp_path: Path) -> None:
    above = GOALS + "assignments: {path: places.csv}\n"
    rules = rules_of(tmp_path, rules_text("{table: goals}", above=above))
    goals = (
        "team,valid_from,value\nnorth,2026-01-01,48\nnorth,2026-09-01,60\nsouth,2026-01-01,96\nsouth,2026-07-11,48\n"
    )
    places = "payee,from,to,team,department\none,2026-01-01,2026-08-14,north,care\none,2026-08-15,,south,care\n"
    workforce = "payee,team,department,hired,left\none,north,care,2020-01-01,\n"
    run = paid_by(tmp_path, rules, workforce=workforce, goals=goals, places=places)
    assert by_segment(run) == [  # north's number changes when the payee has left it, south's before
        ("one", "07-01", "08-14", Decimal("4500.00")),
        ("one", "08-15", "09-30", Decimal("4700.00")),
    ]


def test_days_are_dates() -> None:
    assert Since.model_validate({"since": {"2026-01-01": 1, "2026-08-15": 2}}).on(dt.date(2026, 8, 14)) == 1


# --- what is told -----------------------------------------------------------------------------------------------------


def test_an_audit_tells_versions_apart(tmp_path: Path) -> None:
    rules = editions(tmp_path, rules_text("48"), rules_text("60", version="2", above=FOLLOWS))
    paid_by(tmp_path, rules)
    page, _ = written(audit(rules, tmp_path, [PERIOD], draws=1), rules, "fr")
    assert [plan.title for plan in page.plans] == ["Conseiller", "Conseiller, à partir du 15 août 2026"]
    assert page.version == "version 2"


def test_a_pool_of_plans_that_change_counts_by_days(tmp_path: Path) -> None:
    part = "{title: {en: Score, fr: Score}, share: 100%, in_proportion_to: score * proration}"
    fund = "{title: {en: All, fr: Tous}, fund: {per_payee: target_pay, of: company}, parts: {score: PART}}"
    pool = f"pools: {{all: {fund.replace('PART', part)}}}\n"
    since = "{since: {2026-01-01: 48, 2026-08-15: 60}}"
    rules = rules_of(tmp_path, rules_text(since, above=pool, within="    pool: all\n"))
    assert problems(rules) == [("rules.yaml:16:61", "not-prorated")]
    assert days(rules, "2026-Q4") == {"adviser": ("10-01", "12-31")}
    by_days = pool.replace("target_pay,", "target_pay * proration,")
    run = paid_by(
        tmp_path,
        rules_of(tmp_path, rules_text(since, pays="8260", above=by_days, within="    pool: all\n")),
        workforce="payee,hired,left\none,2020-01-01,\ntwo,2020-01-01,\n",
    )
    # 2 × 8260 for 2 × (45 days × 100 % and 47 days × 80 %): 45 / 165.2 and 37.6 / 165.2 of it
    assert payouts(run) == {
        (payee, plan): pay
        for payee in ("one", "two")
        for plan, pay in (("adviser", Decimal("4500.00")), ("adviser@2026-08-15", Decimal("3760.00")))
    }
