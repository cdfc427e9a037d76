"""The run folder: whole or not there, its owner's only, with the columns that were promised and totals that agree."""

from __future__ import annotations

import json
import stat
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

import incentive_engine
from incentive_engine import InputProblems, Run, columns
from incentive_engine.engine import run as running
from incentive_engine.engine.folder import new_folder
from incentive_engine.engine.invariants import BrokenInvariant, check_invariants
from incentive_engine.engine.running import Timings, accept_for, calculate
from incentive_engine.periods import Period
from incentive_engine.shipped import rules_dir

STARTER = rules_dir() / "starter"
PERIOD = "2026-Q3"
CONTRACT = {
    "payouts": columns.PAYOUTS,
    "segments": columns.SEGMENTS,
    "contributions": columns.CONTRIBUTIONS,
    "adjustments": columns.ADJUSTMENTS,
    "corrections": columns.CORRECTIONS,
    "departments": columns.DEPARTMENTS,
    "kpis": columns.KPIS,
    "pools": columns.POOLS,
    "verbatims": columns.VERBATIMS,
    "held": columns.HELD,
    "eligibility": columns.ELIGIBILITY,
    "steps": columns.STEPS,
}
DTYPES = {"text": pl.String, "decimal": pl.Decimal, "count": pl.Int64, "date": pl.Date, "flag": pl.Boolean}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    rules = incentive_engine.load(STARTER / "rules.yaml")
    return incentive_engine.run(rules, STARTER / "data", PERIOD, tmp_path_factory.mktemp("out") / "run")


@pytest.mark.parametrize("name", CONTRACT)
def test_a_table_has_the_columns_that_were_promised(run: Run, name: str) -> None:
    frame = run.tables[name].collect()
    assert frame.columns == list(CONTRACT[name])
    for column, kind in CONTRACT[name].items():
        assert frame.schema[column].base_type() is DTYPES[kind], column


def test_memory_and_folder_hold_the_same(run: Run) -> None:
    rules = incentive_engine.load(STARTER / "rules.yaml")
    in_memory = incentive_engine.run(rules, STARTER / "data", PERIOD)
    assert in_memory.folder is None
    assert {name: frame.collect().equals(run.tables[name].collect()) for name, frame in in_memory.tables.items()} == (
        dict.fromkeys(CONTRACT, True)
    )
    assert in_memory.summary == run.summary


def test_control_totals_are_the_sums_of_the_rows(run: Run) -> None:
    totals = {name: Decimal(value) for name, value in run.summary["totals"].items()}
    assert totals["payout"] == sum(run.payouts["payout"]) == sum(run.contributions["pay"])
    assert totals["payout"] == totals["customer_pay"] + totals["internal_pay"] + totals["other_pay"]
    by_plan = run.departments.filter(pl.col("measure").is_null())
    assert sum(by_plan["payout"]) == totals["payout"]
    people = run.summary["payees"]
    assert people == {"all": 11, "paid": 9, "held": 1, "released": 0, "not_eligible": 1}


def test_a_left_out_measure_is_nobodys_zero(run: Run) -> None:
    scores = run.contributions.group_by("plan", "measure").agg(pl.col("score").count().cast(pl.Int64))
    rows = run.departments.drop_nulls("measure").select("plan", "measure", "payees").sort("plan", "measure")
    assert rows.rows() == scores.sort("plan", "measure").rows()


def test_only_its_owner_can_read_a_run(run: Run) -> None:
    assert run.folder is not None
    for path in [run.folder, *run.folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_run_is_never_overwritten(run: Run) -> None:
    assert run.folder is not None
    before = (run.folder / "run.json").read_bytes()
    with pytest.raises(InputProblems, match="folder-exists"):
        incentive_engine.run(incentive_engine.load(STARTER / "rules.yaml"), STARTER / "data", PERIOD, run.folder)
    assert (run.folder / "run.json").read_bytes() == before


def test_an_interrupted_run_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "summary_of", broken)
    with pytest.raises(KeyboardInterrupt):
        incentive_engine.run(incentive_engine.load(STARTER / "rules.yaml"), STARTER / "data", PERIOD, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_new_folder_appears_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "deep" / "run") as draft:
        (draft / "file").write_text("whole", encoding="utf-8")
        assert not (tmp_path / "deep" / "run").exists()
    assert (tmp_path / "deep" / "run" / "file").read_text(encoding="utf-8") == "whole"


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputProblems, match="not-a-run"):
        incentive_engine.open_run(tmp_path)


def test_an_unknown_period_is_refused() -> None:
    with pytest.raises(InputProblems, match="write 2026, 2026-H1, 2026-Q3 or 2026-07"):
        incentive_engine.run(incentive_engine.load(STARTER / "rules.yaml"), STARTER / "data", "Q3 2026")


def test_a_run_shows_itself_as_a_table(run: Run) -> None:
    assert "2577.75" in repr(run)
    assert "<table" in run._repr_html_()


def test_timings_are_apart_from_what_is_fingerprinted(run: Run) -> None:
    assert run.folder is not None
    assert json.loads((run.folder / "timings.json").read_text(encoding="utf-8")).keys() >= {"accept", "evaluate"}
    assert not any("seconds" in key or "time" in key for key in run.summary)


@pytest.mark.parametrize("damaged", ["customer_pay", "payout"])
def test_a_broken_invariant_raises(damaged: str) -> None:
    rules = incentive_engine.load(STARTER / "rules.yaml")
    accepted = accept_for(rules, STARTER / "data")
    calculation = calculate(rules, accepted, Period.parse(PERIOD), Timings(), keep=True)
    check_invariants(calculation)
    first = calculation.evaluations[0]
    wrong = type(first)(first.program, first.frame.with_columns(pl.col(damaged) + 1))
    broken = type(calculation)(
        **{
            **{name: getattr(calculation, name) for name in calculation.__dataclass_fields__},
            "evaluations": (wrong, *calculation.evaluations[1:]),
        }
    )
    with pytest.raises(BrokenInvariant, match="parts_sum_to_the_payout"):
        check_invariants(broken)


def test_a_table_keyed_by_a_number_is_joined_on_its_value(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(
        """rule_set: keyed
version: "1"
title: {en: Keyed}
decided: {by: us, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
tables: {t: {path: t.csv, keys: [fte]}}
kpis:
  q: {title: {en: Q}, perspective: customer, compute: {kind: given}, better: higher}
curves:
  c: {kind: linear, points: [[0, 0], [200%, 200%]], below: flat}
plans:
  p:
    title: {en: P}
    pays: bonus
    who: TRUE
    target_pay: 1000
    scorecard:
      q: {weight: 100%, of: payee, target: {table: t}, attainment: ratio, curve: c}
""",
        encoding="utf-8",
    )
    data = tmp_path / "data"
    data.mkdir()
    (data / "workforce.csv").write_text("payee,fte\nA,0.5\nB,1\n", encoding="utf-8")
    (data / "t.csv").write_text("fte,value\n0.5,10\n0.75,20\n1,5\n0.05,1\n", encoding="utf-8")
    (data / "kpis.csv").write_text(
        "subject_kind,subject,kpi,period,value\npayee,A,q,2026-Q3,10\npayee,B,q,2026-Q3,2.5\n", encoding="utf-8"
    )
    run = incentive_engine.run(incentive_engine.load(tmp_path / "rules.yaml"), data, PERIOD)
    assert run.payouts["payout"].to_list() == [Decimal("1000.00"), Decimal("500.00")]
