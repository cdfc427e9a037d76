"""What must be true of segments whatever is drawn: each day once, and nothing but terms changes what is paid."""

from __future__ import annotations

import copy
import datetime as dt
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, seed, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from incentive_engine import InputProblems, load
from incentive_engine.engine.run import Run
from incentive_engine.engine.running import accept_for
from incentive_engine.engine.segments import people_over_time
from tests.case_files import calculated, write_case
from tests.drawn import cases_over_time
from tests.oracle import Case, span
from tests.test_oracle import DRAWN

PAID = ("payouts", "segments", "contributions")
DATED = ("employment", "assignments", "leave")
ONE = dt.timedelta(1)
ORDINARY, LONG = settings(DRAWN, max_examples=8, derandomize=True), settings(DRAWN, max_examples=150)


def dated_tables(case: Case) -> list[str]:
    return [*(name for name in DATED if name in case.rules), *case.rules.get("history", ())]


def calculated_or_refused(case: Case) -> Run:
    """What the engine makes of a case; another one is drawn where the numbers are refused."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return calculated(case, Path(folder))
        except InputProblems as refused:
            assume({problem.code for problem in refused.problems if problem.level == "error"} != {"cannot-prove"})
            raise


def assert_same_pay(one: Run, other: Run) -> None:
    for name in PAID:
        assert_frame_equal(one.tables[name].collect(), other.tables[name].collect())


# --- each day once ----------------------------------------------------------------------------------------------------


def days_there(case: Case, payee: dict[str, Any]) -> list[dt.date]:
    """The days of the period on which a payee was employed, by all rows of the table, or else by the workforce."""
    start, end = span(case.period, case.rules.get("year_starts", 1))
    rows = [row for row in case.tables.get("employment", ()) if row["payee"] == payee["payee"]]
    spans = [(row["from"], row["to"]) for row in rows] or [(payee["hired"] or start, payee["left"])]
    days = [start + number * ONE for number in range((end - start).days + 1)]
    return [day for day in days if any(first <= day <= (last or end) for first, last in spans)]


def days_of_segments_are_those_there(case: Case) -> None:
    assume(dated_tables(case))  # else nothing may be prorated, and nobody asks who was there
    with tempfile.TemporaryDirectory() as folder:
        data = write_case(case, Path(folder))
        rules = load(Path(folder) / "rules.yaml")
        people = people_over_time(rules.ruleset, accept_for(rules, data), rules.period(case.period))
    held = set(people.held["payee"])
    found: dict[str, list[dict[str, Any]]] = {row["payee"]: [] for row in case.tables["workforce"]}
    for row in people.table.frame.to_dicts():
        found[row["payee"]].append(row)
    for payee in case.tables["workforce"]:
        if payee["payee"] in held:
            continue
        segments, there = found[payee["payee"]], days_there(case, payee)
        days = [row["first_day"] + number * ONE for row in segments
                for number in range((row["last_day"] - row["first_day"]).days + 1)]  # fmt: skip
        assert days == there
        assert [row["segment"] for row in segments] == list(range(1, len(segments) + 1))
        assert {row["own_days"] for row in segments} == {len(there)}


@given(cases_over_time())
@ORDINARY
def test_the_days_of_all_segments_are_exactly_those_there(case: Case) -> None:
    days_of_segments_are_those_there(case)


# --- nothing but terms changes what is paid ---------------------------------------------------------------------------


def pieces(rows: list[dict[str, Any]], random: Random, case: Case) -> Iterator[dict[str, Any]]:
    """The rows, some of them cut in two of the same terms on a day of the period."""
    start, end = span(case.period, case.rules.get("year_starts", 1))
    for row in rows:
        last = row["to"] or end
        inside = [
            start + number * ONE for number in range((end - start).days) if row["from"] <= start + number * ONE < last
        ]
        if not inside or random.random() < 0.3:
            yield row
            continue
        day = random.choice(inside)
        yield {**row, "to": day}
        yield {**row, "from": day + ONE}


def cut(case: Case, random: Random) -> Case:
    tables = {name: list(pieces(case.tables[name], random, case)) for name in dated_tables(case)}
    return replace(case, tables={**case.tables, **tables})


def cutting_changes_no_cent(case: Case, random: Random) -> None:
    whole = calculated_or_refused(case)
    assert_same_pay(whole, calculated_or_refused(cut(case, random)))


@given(cases_over_time(), st.randoms(use_true_random=False))
@ORDINARY
def test_cutting_rows_in_two_with_the_same_terms_changes_no_cent(case: Case, random: Random) -> None:
    cutting_changes_no_cent(case, random)


def shuffled(case: Case, random: Random) -> Case:
    tables = copy.deepcopy(case.tables)
    for name in (*dated_tables(case), "workforce"):
        random.shuffle(tables[name])
    return replace(case, tables=tables)


def order_changes_nothing(case: Case, random: Random) -> None:
    found, other = calculated_or_refused(case), calculated_or_refused(shuffled(case, random))
    assert_same_pay(found, other)
    keys = ["payee", "segment", "plan", "test"]
    assert_frame_equal(found.eligibility.sort(keys), other.eligibility.sort(keys))


@given(cases_over_time(), st.randoms(use_true_random=False))
@ORDINARY
def test_the_order_of_rows_changes_nothing(case: Case, random: Random) -> None:
    order_changes_nothing(case, random)


@pytest.mark.long
@pytest.mark.parametrize("number", range(4))
def test_600_drawn_companies_over_time(number: int) -> None:
    @seed(number)
    @given(cases_over_time(), st.randoms(use_true_random=False))
    @LONG
    def drawn(case: Case, random: Random) -> None:
        days_of_segments_are_those_there(case)
        cutting_changes_no_cent(case, random)
        order_changes_nothing(case, random)

    drawn()
