"""What breaks pay systems, one small company each: `tests/cases/traps`, worked out by hand.

The engine and the oracle, which shares no code with it, must both say what the hand says: what is paid, for which days
and in which currency, and who is held.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import incentive_engine
from incentive_engine import Run
from incentive_engine.documents import read_document
from tests.case_read import read_case
from tests.comparing import compared
from tests.oracle import Case
from tests.test_catalogue import HEAD

TRAPS = sorted((Path(__file__).parent / "cases" / "traps").glob("[0-9]*.yaml"))
ALWAYS = ("team", "department", "hired", "left", "currency")
"""Workforce columns that the oracle looks for in every case."""
Trap = Mapping[str, Any]


EACH = [(path, period) for path in TRAPS for period in read_document(path).data["expect"]]
NAMES = [f"{path.stem}-{period}" for path, period in EACH]


def test_every_trap_of_the_list_is_there() -> None:
    assert [path.stem[:2] for path in TRAPS] == [f"{number:02d}" for number in range(1, 22)]


@pytest.mark.parametrize(("path", "period"), EACH, ids=NAMES)
def test_engine_and_oracle_give_what_was_worked_out_by_hand(path: Path, period: str, tmp_path: Path) -> None:
    trap = read_document(path).data
    run = run_of(trap, period, tmp_path)
    expected = trap["expect"][period]
    assert {payee: told(run, payee, wanted) for payee, wanted in expected.items()} == expected
    assert set(expected) == {row["payee"] for row in csv.DictReader(io.StringIO(trap["data"]["workforce.csv"]))}
    assert list(compared(case_of(trap, period), run)) == []


@pytest.mark.long
@pytest.mark.parametrize(("path", "period"), EACH, ids=NAMES)
def test_a_run_is_worked_out_again_from_its_folder_alone(path: Path, period: str, tmp_path: Path) -> None:
    run = run_of(read_document(path).data, period, tmp_path, tmp_path / "run")
    for file in tmp_path.glob("*.*"):
        file.unlink()
    again = incentive_engine.recompute(tmp_path / "run")
    for table in ("payouts", "segments", "contributions", "held"):
        assert again.tables[table].collect().equals(run.tables[table].collect()), table


@pytest.mark.parametrize(
    ("period", "code", "words"),
    [
        ("2027-Q3", "no-working-days", "2027-Q3 has no working day by `calendar`, and `all` counts them"),
        ("2105", "unknown-days", "2105 is outside 1970 to 2099, and `working_days` knows no other days"),
    ],
)
def test_a_period_of_which_nothing_counts_is_refused(period: str, code: str, words: str, tmp_path: Path) -> None:
    case = read_document(TRAPS[0].parents[1] / "proration-working_days.yaml").data
    closed = [dt.date(2027, 1, 1) + dt.timedelta(days) for days in range(365)]
    case = {**case, "rules": case["rules"].replace("closed: [2026-09-01]", f"closed: [{', '.join(map(str, closed))}]")}
    with pytest.raises(incentive_engine.InputProblems) as raised:
        run_of(case, period, tmp_path)
    [problem] = raised.value.problems
    assert (problem.code, problem.location and problem.location.line) == (code, 23)
    assert words in problem.message


def run_of(trap: Trap, period: str, folder: Path, out: Path | None = None) -> Run:
    for name, text in {**trap["data"], "rules.yaml": HEAD + trap["rules"]}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, period, out)


def told(run: Run, payee: str, wanted: Trap) -> dict[str, Any]:
    """What a run says of a payee, for the keys that a trap expects: who is paid nothing is held or not eligible."""
    payouts, held = run.payouts.filter(payee=payee), run.held.filter(payee=payee)
    assert held.is_empty() == {"held", "noted"}.isdisjoint(wanted)
    assert payouts.is_empty() == (set(wanted) <= {"held", "not"})
    found: dict[str, Any] = {}
    for key, value in wanted.items():
        if key in ("held", "noted"):
            found[key] = held["code"].unique().sort().to_list()
        elif key == "not":
            found[key] = ", ".join(run.eligibility.filter(~pl.col("result"), payee=payee)["test"].unique().sort())
        elif key == "payouts":
            found[key] = dict(payouts.select("plan", "payout").rows())
        elif key in ("paid", "rate_effect"):
            found[key] = dict(payouts.select("paid_currency", key).rows())
        elif key == "segments":
            rows = run.segments.filter(payee=payee).sort("first_day", "plan").to_dicts()
            found[key] = [in_words(row, each) for row, each in zip(rows, value, strict=False)]
            found[key] += [f"{len(rows)} rows"] * (len(rows) != len(value))
        else:
            found[key] = payouts[key].item()
    return found


def in_words(row: Trap, wanted: Trap) -> dict[str, Any]:
    """What is wanted of a row, days as they are written."""
    return {key: str(row[key]) if isinstance(row[key], dt.date) else row[key] for key in wanted}


def case_of(trap: Trap, period: str) -> Case:
    """The trap as the oracle reads it; a workforce without some columns has empty ones."""
    case = read_case(HEAD + trap["rules"], trap["data"], period)
    staff = [{**dict.fromkeys(ALWAYS), **row} for row in case.tables["workforce"]]
    return replace(case, tables={**case.tables, "workforce": staff})
