"""KPI kinds at their edges: nothing, one fact, all alike, ties, what is missing; and how each is told.

One payee has one group of facts, so that a page of results reads like a list of examples. The kinds are held against
the oracle in `test_oracle.py`, and worked out by hand in `tests/cases/kpi-*.yaml`.
"""

from __future__ import annotations

import random
import statistics
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import incentive_engine
from incentive_engine import Run
from incentive_engine.engine.explanation import explain
from incentive_engine.kinds.wording import Language
from incentive_engine.periods import Period
from incentive_engine.statements.gathering import gathered
from incentive_engine.statements.making import StatementMaker

HEAD = """
rule_set: kinds
version: "1"
title: {en: Kinds, fr: Types}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
sources:
  facts: {path: facts.csv, id: id, payee: who, date: at, columns: {at: {type: datetime}, answer: {places: 0}}}
curves:
  any: {kind: stepped, tiers: [{from: 0, rate: 100%}], below: flat}
"""
COLUMNS = ("id", "who", "at", "answer", "wait", "customer")


def run_of(
    folder: Path, computes: dict[str, str], rows: list[dict[str, str]], people: str = "one", out: Path | None = None
) -> Run:
    """A run for 2026-Q3 that reads every KPI of every payee; the `id` of a row is its number unless it has one."""
    kpis = [
        f"  {name}: {{title: {{en: {name}, fr: {name}}}, perspective: customer, better: higher, compute: {compute}}}"
        for name, compute in computes.items()
    ]
    items = ", ".join(f"{name}: {{of: payee, attainment: level, curve: any}}" for name in computes)
    plan = f"{{title: {{en: All, fr: Tous}}, pays: none, who: TRUE, combine: mean, scorecard: {{{items}}}}}"
    text = "\n".join([HEAD, "kpis:", *kpis, f"plans: {{all: {plan}}}"])
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    (folder / "workforce.csv").write_text("\n".join(["payee", *people.split()]), encoding="utf-8")
    numbered = [{"id": f"{number:03d}", "who": "one", **row} for number, row in enumerate(rows)]
    lines = [",".join(row.get(column, "") for column in COLUMNS) for row in numbered]
    (folder / "facts.csv").write_text("\n".join([",".join(COLUMNS), *lines]), encoding="utf-8")
    return incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, "2026-Q3", out)


def found(run: Run, payee: str = "one") -> dict[str, tuple[Any, ...]]:
    """Value, n, numerator and denominator, by KPI."""
    rows = run.kpis.filter(subject=payee, period="2026-Q3").to_dicts()
    return {row["kpi"]: (row["value"], row["n"], row["numerator"], row["denominator"]) for row in rows}


def waits(*values: object) -> list[dict[str, str]]:
    return [{"at": "2026-07-01", "wait": str(value)} for value in values]


# --- NPS --------------------------------------------------------------------------------------------------------------


def test_bands_can_be_those_of_a_shorter_scale(tmp_path: Path) -> None:
    kind = "{kind: nps, from: facts, answer: answer, promoters_from: 5, detractors_to: 3, at_most: 5}"
    answers = [{"at": "2026-07-01", "answer": answer} for answer in ("5", "5", "4", "3", "0", "", "6")]
    run = run_of(tmp_path, {"nps": kind}, answers)
    assert found(run) == {"nps": (0, 5, 0, 5)}
    assert run.held.filter(table="facts")["key"].to_list() == ["id=006"]  # nobody can answer 6 of 5


# --- percentiles ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "definition", "values", "expected", "told"),
    [
        ("50%", "nearest", [7], "7", "rank 1 of 1 from the lowest"),
        ("50%", "inclusive", [7], "7", "rank 1 of 1 from the lowest"),
        ("50%", "nearest", [1, 2], "1", "rank 1 of 2 from the lowest"),
        ("50%", "inclusive", [1, 2], "1.5", "between ranks 1 and 2 of 2 from the lowest"),
        ("50%", "nearest", [3, 1, 2], "2", "rank 2 of 3 from the lowest"),
        ("50%", "inclusive", [3, 1, 2], "2", "rank 2 of 3 from the lowest"),
        ("90%", "nearest", list(range(1, 11)), "9", "rank 9 of 10 from the lowest"),
        ("90%", "inclusive", list(range(1, 11)), "9.1", "between ranks 9 and 10 of 10 from the lowest"),
        ("100%", "nearest", [5, 9, 5], "9", "rank 3 of 3 from the lowest"),
        ("100%", "inclusive", [5, 9, 5], "9", "rank 3 of 3 from the lowest"),
        ("1%", "nearest", [5, 9, 5], "5", "rank 1 of 3 from the lowest"),
        ("33.3%", "inclusive", [0, 1000], "333", "between ranks 1 and 2 of 2 from the lowest"),
        ("75%", "nearest", [4, 4, 4, 4], "4", "rank 3 of 4 from the lowest"),
    ],
)
def test_percentiles(tmp_path: Path, at: str, definition: str, values: list[int], expected: str, told: str) -> None:
    kind = f"{{kind: percentile, from: facts, value: wait, at: {at}, definition: {definition}}}"
    run = run_of(tmp_path, {"wait": kind}, [*waits(*values), *waits("")], out=tmp_path / "run")
    assert found(run)["wait"][:2] == (Decimal(expected), len(values))
    assert told in "\n".join(explained(tmp_path / "run", "wait"))


def test_a_percentile_of_what_falls_is_taken_from_the_other_side(tmp_path: Path) -> None:
    """−wait and 10 − wait have units below zero: their counts rise where they fall."""
    kinds = {
        name: f"{{kind: percentile, from: facts, value: {value}, at: 25%}}"
        for name, value in {"less": "-wait", "rest": "10 - wait", "third": "wait / -3"}.items()
    }
    values = {name: value for name, (value, *_) in found(run_of(tmp_path, kinds, waits(3, 6, 9, 12))).items()}
    assert values == {"less": -12, "rest": -2, "third": -4}


def test_percentiles_of_a_constant_and_of_nothing(tmp_path: Path) -> None:
    kinds = {"same": "{kind: percentile, from: facts, value: 5, at: 50%}"}
    kinds["none"] = "{kind: percentile, from: facts, value: wait, at: 50%, where: wait > 100}"
    assert found(run_of(tmp_path, kinds, waits(1, 2, 3))) == {"same": (5, 3, 5, None)}


def test_percentiles_are_those_of_the_standard_library(tmp_path: Path) -> None:
    draw = random.Random(1912)
    values = [Fraction(draw.randrange(2000), 10) for _ in range(97)]
    kinds = {
        f"p{percent}": f"{{kind: percentile, from: facts, value: wait, at: {percent}%, definition: inclusive}}"
        for percent in (5, 25, 50, 75, 95)
    }
    run = run_of(tmp_path, kinds, waits(*(float(value) for value in values)))
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    expected = {name: cuts[int(name[1:]) - 1] for name in kinds}
    assert {name: Fraction(value) for name, (value, *_) in found(run).items()} == expected


# --- customers --------------------------------------------------------------------------------------------------------


def test_who_has_no_facts_served_nobody_where_the_source_was_delivered(tmp_path: Path) -> None:
    kinds = {
        "served": "{kind: distinct, from: facts, column: customer}",
        "again": "{kind: repeat, from: facts, column: customer}",
        "settled": "{kind: without_repeat, from: facts, customer: customer, within: 1}",
    }
    rows = [{"at": "2026-07-01", "customer": "A"}, {"at": "2026-07-05", "customer": ""}]
    run = run_of(tmp_path, kinds, rows, people="one two")
    assert found(run) == {"served": (1, 1, 1, None), "again": (0, 1, 0, 1), "settled": (1, 1, 1, 1)}
    assert found(run, "two") == {"served": (0, 0, 0, None)}
    nothing = run_of(tmp_path, kinds, [{"at": "2026-06-30", "customer": "A"}])
    assert nothing.kpis.is_empty()  # the source was not delivered for this quarter


SETTLED = {"settled": "{kind: without_repeat, from: facts, customer: customer, within: 7}"}
LAST = {"at": "2026-12-31", "customer": "Z"}


@pytest.mark.parametrize(
    ("second", "alone"),
    [
        ("2026-07-01 08:59:59", 1),  # before
        ("2026-07-01 09:00:00", 0),  # at the same moment, and later by its id
        ("2026-07-01 09:00:01", 0),
        ("2026-07-08 23:59:59", 0),  # the seventh day, as a whole
        ("2026-07-09 00:00:00", 1),
    ],
)
def test_what_follows_a_contact(tmp_path: Path, second: str, alone: int) -> None:
    rows = [{"at": "2026-07-01 09:00:00", "customer": "A"}, {"at": second, "customer": "A", "who": "two"}, LAST]
    assert found(run_of(tmp_path, SETTLED, rows, people="one two"))["settled"] == (alone, 1, alone, 1)


def test_a_fact_about_somebody_unknown_follows_too(tmp_path: Path) -> None:
    """It is counted for nobody; but the customer did have to come again."""
    rows = [{"at": "2026-07-01", "customer": "A"}, {"at": "2026-07-02", "customer": "A", "who": "ghost"}, LAST]
    run = run_of(tmp_path, SETTLED, rows)
    assert found(run)["settled"] == (0, 1, 0, 1)
    assert run.held.filter(table="facts")["code"].to_list() == ["unknown-payee"]


def test_what_is_not_over_is_not_known(tmp_path: Path) -> None:
    rows = [{"at": day, "customer": customer} for day, customer in (("2026-09-22", "A"), ("2026-09-24", "B"))]
    last = {"at": "2026-09-30 00:00:00", "customer": "B", "who": "two"}
    assert found(run_of(tmp_path, SETTLED, [*rows, last], people="one two"))["settled"] == (1, 1, 1, 1)


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    kinds = {
        **SETTLED,
        "served": "{kind: distinct, from: facts, column: customer}",
        "again": "{kind: repeat, from: facts, column: customer, at_least: 3}",
        "median": "{kind: percentile, from: facts, value: wait, at: 50%, definition: inclusive}",
    }
    draw = random.Random(2026)
    rows = [
        {
            "id": f"{number}",
            "who": draw.choice(("one", "two")),
            "at": f"2026-0{draw.choice('789')}-1{draw.randrange(10)}",
            "customer": draw.choice("ABCDEFG"),
            "wait": str(draw.randrange(50)),
        }
        for number in range(120)
    ]
    first = run_of(tmp_path, kinds, rows, people="one two").kpis
    draw.shuffle(rows)
    assert run_of(tmp_path, kinds, rows, people="two one").kpis.sort(first.columns).equals(first.sort(first.columns))


# --- formulas over KPIs -----------------------------------------------------------------------------------------------


def test_formulas_read_results_as_they_are_printed(tmp_path: Path) -> None:
    kinds = {
        "wait": "{kind: mean, from: facts, value: wait}",
        "calls": "{kind: count, from: facts}",
        "both": "{kind: formula, value: 3 * wait - calls}",
        "more": "{kind: formula, value: both / (calls - calls.previous)}",
        "change": "{kind: formula, value: calls - calls.previous}",
    }
    rows = [*waits(1, 0, 0), {"at": "2026-05-01", "wait": "1"}]
    run = run_of(tmp_path, kinds, rows, out=tmp_path / "run")
    assert found(run)["wait"][0] == Decimal("0.3333")
    assert found(run)["both"] == (Decimal("-2.0001"), 3, None, None)  # of 0.3333, not of a third
    # -2.0001 / 2 = -1.00005, and there was one call before
    assert found(run)["more"] == (Decimal("-1.0001"), 1, None, None)
    assert found(run)["change"] == (2, 1, None, None)
    lines = "\n".join(explained(tmp_path / "run", "more"))
    assert "other results: `both / (calls - calls.previous)`, of the payee one: -2.0001 / (3 - 1) = −1.0001" in lines
    (statement,) = StatementMaker(gathered(tmp_path / "run")).statements()
    (card,) = (card for card in statement.pays[0].cards if card.path == "more")
    assert (card.lines[0].arithmetic, card.lines[0].note) == ("(−2.0001) ÷ (3 − 1)", "rounded to 0.0001")
    lines = "\n".join(explained(tmp_path / "run", "more", "fr"))
    assert "(3 - 1) = −1,0001" in lines


def test_a_formula_without_something_that_it_needs_gives_nothing(tmp_path: Path) -> None:
    kinds = {
        "calls": "{kind: count, from: facts}",
        "share": "{kind: formula, value: calls / (calls - 1)}",
        "growth": "{kind: formula, value: calls / calls.year_before}",
        "either": "{kind: formula, value: 'IF(ISMISSING(calls.year_before), calls, 0)'}",
    }
    run = run_of(tmp_path, kinds, waits(1))
    assert found(run) == {"calls": (1, 1, 1, None), "either": (1, None, None, None)}


def explained(folder: Path, kpi: str, language: Language = "en") -> list[str]:
    """The lines that explain one measure."""
    sections = explain(folder, "one", language).sections
    return [line.text for section in sections if section.title.startswith(f"{kpi} ·") for line in section.lines]


# --- windows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "year_starts", "since", "year", "months"),
    [
        ("2026-Q1", 1, "2026-01-01", "2026-01-01", "2025-11-01"),
        ("2026-Q3", 1, "2026-07-01", "2026-01-01", "2026-05-01"),
        ("2026-Q4", 4, "2027-01-01", "2026-04-01", "2026-11-01"),
        ("2027-02", 4, "2027-02-01", "2026-04-01", "2026-10-01"),
        ("2026-04", 4, "2026-04-01", "2026-04-01", "2025-12-01"),
        ("2026", 10, "2026-10-01", "2026-10-01", "2027-05-01"),
    ],
)
def test_days_of_windows(name: str, year_starts: int, since: str, year: str, months: str) -> None:
    period = Period.parse(name, year_starts)
    found = (period.start, period.year_start, period.months_to_its_end(5))
    assert [day.isoformat() for day in found] == [since, year, months]
    assert period.year_before().start == period.start.replace(year=period.start.year - 1)


def test_windows_and_periods_stand_side_by_side(tmp_path: Path) -> None:
    rows = [{"at": day} for day in ("2025-09-30", "2025-10-01", "2026-01-01", "2026-07-01", "2026-09-30 23:59:59")]
    kinds = {
        "quarter": "{kind: count, from: facts}",
        "year": "{kind: count, from: facts}, over: year_to_date",
        "rolling": "{kind: count, from: facts}, over: {months: 12}",
        "before": "{kind: formula, value: rolling.year_before}",
    }
    run = run_of(tmp_path, kinds, rows, out=tmp_path / "run")
    assert {kpi: value for kpi, (value, *_) in found(run).items()} == {
        "quarter": 2,
        "year": 3,
        "rolling": 4,
        "before": 1,
    }
    assert any("over the 12 months to the end of the period" in line for line in explained(tmp_path / "run", "rolling"))
    assert any("depuis le début de l'année" in line for line in explained(tmp_path / "run", "year", "fr"))


def test_months_of_a_workforce_without_teams_have_no_results(tmp_path: Path) -> None:
    """No subject at all of a kind is no reason to stop."""
    kpi = "{title: {en: Wait}, perspective: customer, better: lower, compute: {kind: mean, from: facts, value: wait}}"
    measure = "{weight: 100%, of: team, average_of: months, attainment: level, curve: any}"
    plan = f"{{title: {{en: All}}, pays: none, who: TRUE, scorecard: {{wait: {measure}}}}}"
    rules = HEAD.replace(", fr: Types", "") + f"kpis: {{wait: {kpi}}}\nplans: {{all: {plan}}}\n"
    (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
    (tmp_path / "workforce.csv").write_text("payee,team\none,\n", encoding="utf-8")
    (tmp_path / "facts.csv").write_text("id,who,at,answer,wait,customer\n1,one,2026-07-01,,5,\n", encoding="utf-8")
    run = incentive_engine.run(incentive_engine.load(tmp_path / "rules.yaml"), tmp_path, "2026-Q3")
    assert run.kpis.is_empty()
    assert run.held["code"].to_list() == ["missing-result"]
