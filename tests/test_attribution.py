"""Which facts count, and for whom, worked out by hand. The oracle does the same on drawn rule sets."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

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
