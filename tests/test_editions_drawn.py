"""Two ways to write one change pay the same: a number with `since`, and a new edition of the rule set.

And an edition that says what the one before says changes nothing, wherever it begins.
"""

from __future__ import annotations

import copy
import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from incentive_engine import InputProblems, load, run
from incentive_engine.engine.run import Run
from tests.case_files import paths, write_table
from tests.drawn import as_yaml, cases
from tests.oracle import Case
from tests.oracle.numbers import span
from tests.test_oracle import DRAWN

FEW = settings(DRAWN, max_examples=3, derandomize=True)
TABLES = ("payouts", "segments", "contributions", "held", "eligibility", "pools")
Found = list[list[tuple[Any, ...]]] | list[str]


def of_editions(case: Case, older: Mapping[str, Any], newer: Mapping[str, Any], day: dt.date) -> Found:
    first = {**older, "version": "0"}
    return found(case, {**newer, "follows": "first.yaml", "in_force": {"from": day}}, first)


def found(case: Case, rules: Mapping[str, Any], first: Mapping[str, Any] | None = None) -> Found:
    """What is paid, row by row; or the codes of what is wrong."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, written in {"rules.yaml": rules, "first.yaml": first}.items():
            if written is not None:
                (folder / file).write_text(as_yaml(written), encoding="utf-8")
        (folder / "data").mkdir()
        for table, path in paths(case).items():
            write_table(folder / "data" / path, case.columns[table], case.tables[table])
        try:
            paid: Run = run(load(folder / "rules.yaml"), folder / "data", case.period)
            return [sorted(paid.tables[table].collect().rows(), key=repr) for table in TABLES]
        except InputProblems as refused:
            return sorted({problem.code for problem in refused.problems if problem.level == "error"})


def measures(items: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in items.values():
        yield from measures(item["items"]) if "items" in item else [item]


def a_day(case: Case, share: int) -> dt.date:
    start, end = span(case.period, int(case.rules.get("year_starts", 1)))
    return start + dt.timedelta(days=(end - start).days * share // 100)


def compare(case: Case, share: int) -> None:
    day, older = a_day(case, share), copy.deepcopy(case.rules)
    for plan in older["plans"].values():
        plan.pop("in_force", None)  # a plan that ends before the new edition begins is refused in it
    assert of_editions(case, older, older, day) == found(case, older)
    newer, since = copy.deepcopy(older), copy.deepcopy(older)
    for name in older["plans"]:
        both = (measures(rules["plans"][name]["scorecard"]) for rules in (newer, since))
        for one, other in zip(*both, strict=True):
            if isinstance(target := one.get("target"), Fraction):
                one["target"] = target + Fraction(1, 10)
                other["target"] = {"since": {dt.date(1999, 1, 1): target, day: one["target"]}}
    assert of_editions(case, older, newer, day) == found(case, since)


@FEW
@given(cases(), st.integers(0, 100))
def test_a_new_edition_pays_as_numbers_that_change(case: Case, share: int) -> None:
    compare(case, share)


@pytest.mark.long
@pytest.mark.parametrize("number", range(4))
def test_300_new_editions_pay_as_numbers_that_change(number: int) -> None:
    @seed(number)
    @given(cases(), st.integers(0, 100))
    @settings(DRAWN, max_examples=75, derandomize=False)
    def drawn(case: Case, share: int) -> None:
        compare(case, share)

    drawn()
