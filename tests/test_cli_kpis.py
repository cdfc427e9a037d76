"""`incentive kpis`: results by themselves, of several periods and subjects at once, each worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

import incentive_engine
from incentive_engine.cli import main
from incentive_engine.engine.measuring import measured_from
from tests.test_kpis import HEAD

KPIS = """
kpis:
  answer: {title: {en: A}, perspective: customer, better: higher, compute: {kind: mean, from: facts, value: answer}}
  rolling:
    title: {en: R}
    perspective: customer
    better: higher
    compute: {kind: mean, from: facts, value: answer}
    over: {months: 2}
  number: {title: {en: N}, perspective: customer, better: higher, compute: {kind: count, from: facts}}
  middle:
    title: {en: M}
    perspective: customer
    better: higher
    compute: {kind: percentile, from: facts, value: answer, at: 50%}
  change:
    title: {en: C}
    perspective: customer
    better: higher
    compute: {kind: formula, value: answer - answer.previous}
plans:
  all:
    title: {en: All}
    pays: none
    who: TRUE
    combine: mean
    scorecard: {answer: {of: payee, attainment: level, curve: any}}
"""
FACTS = """\
id,who,at,answer,wait,customer
1,one,2026-05-31 23:59:59,1,,
2,one,2026-06-01 00:00:00,2,,
3,one,2026-07-01 00:00:00,4,,
4,one,2026-07-31 23:59:59,7,,
5,two,2026-07-15 12:00:00,10,,
6,one,2026-09-30 23:59:59,3,,
7,one,2026-10-01 00:00:00,9,,
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(HEAD.replace(", fr: Types", "") + KPIS, encoding="utf-8")
    (tmp_path / "workforce.csv").write_text("payee,team\none,A\ntwo,A\nthree,B\n", encoding="utf-8")
    (tmp_path / "facts.csv").write_text(FACTS, encoding="utf-8")
    return tmp_path


def kpis(folder: Path, *arguments: object) -> Result:
    command = ["kpis", folder / "rules.yaml", "--data", folder, *arguments]
    return CliRunner().invoke(main, [str(each) for each in command])


def values(folder: Path, kpi: str, *periods: str) -> dict[tuple[str, str], tuple[float, int | None]]:
    """Value and n by period and subject, of one KPI among all."""
    rules = incentive_engine.load(folder / "rules.yaml")
    table = measured_from(rules, folder, periods, ["payee", "company"]).table.filter(pl.col("kpi") == kpi)
    return {(row["period"], row["subject"]): (float(row["value"]), row["n"]) for row in table.iter_rows(named=True)}


MONTHS = ("2026-05", "2026-06", "2026-07", "2026-08", "2026-09")


def test_each_month_has_its_own_facts_to_the_second(folder: Path) -> None:
    assert values(folder, "answer", *MONTHS) == {
        ("2026-05", "company"): (1, 1),
        ("2026-05", "one"): (1, 1),
        ("2026-06", "company"): (2, 1),
        ("2026-06", "one"): (2, 1),
        ("2026-07", "company"): (7, 3),
        ("2026-07", "one"): (5.5, 2),
        ("2026-07", "two"): (10, 1),
        ("2026-09", "company"): (3, 1),
        ("2026-09", "one"): (3, 1),
    }


def test_periods_that_are_not_neighbours_take_nothing_from_between(folder: Path) -> None:
    assert values(folder, "middle", "2026-05", "2026-09")[("2026-09", "company")] == (3, 1)
    assert set(values(folder, "middle", "2026-05", "2026-09")) == {
        (period, subject) for period in ("2026-05", "2026-09") for subject in ("one", "company")
    }


def test_windows_that_overlap_each_have_all_their_facts(folder: Path) -> None:
    found = values(folder, "rolling", *MONTHS)
    assert {period: found[(period, "company")] for period in MONTHS} == {
        "2026-05": (1, 1),
        "2026-06": (1.5, 2),  # 1 and 2
        "2026-07": (5.75, 4),  # 2, 4, 7 and 10
        "2026-08": (7, 3),  # 4, 7 and 10
        "2026-09": (3, 1),
    }


def test_nothing_is_zero_only_where_facts_were_delivered(folder: Path) -> None:
    found = values(folder, "number", "2026-07", "2026-08")
    assert found == {
        ("2026-07", "one"): (2, 2),
        ("2026-07", "two"): (1, 1),
        ("2026-07", "three"): (0, 0),
        ("2026-07", "company"): (3, 3),
    }


def test_quarters_and_months_stand_side_by_side(folder: Path) -> None:
    found = values(folder, "answer", "2026-07", "2026-Q3")
    assert found[("2026-Q3", "one")] == (4.6667, 3)  # 4, 7 and 3
    assert found[("2026-07", "one")] == (5.5, 2)


def test_formulas_read_the_period_before_each(folder: Path) -> None:
    found = values(folder, "change", "2026-06", "2026-07")
    assert {period: value for (period, subject), (value, _) in found.items() if subject == "one"} == {
        "2026-06": 1,
        "2026-07": 3.5,
    }


def test_it_prints_the_company_unless_told_otherwise(folder: Path) -> None:
    done = kpis(folder, "--period", "2026-07", "--kpi", "number")
    assert (done.exit_code, done.stderr) == (0, "")
    (head, row) = done.stdout.splitlines()
    assert head.split() == ["KPI", "of", "period", "n", "result", "95", "%", "between"]
    assert row.split()[:5] == ["number", "company", "2026-07", "3", "3"]


def test_it_writes_every_result_into_a_file(folder: Path) -> None:
    out = folder / "results.parquet"
    done = kpis(folder, "--period", "2026-07", "--of", "payee", "--of", "team", "--kpi", "answer", "--out", out)
    assert (done.exit_code, done.stderr) == (0, "")
    assert pl.read_parquet(out).select("subject_kind", "subject", "value", "n").rows() == [
        ("payee", "one", Decimal("5.5"), 2),
        ("payee", "two", Decimal("10"), 1),
        ("team", "A", Decimal("7"), 3),
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--period", "2026-13"), "error[unknown-period]: `2026-13` is not a period"),
        (("--period", "2026-07", "--kpi", "nimber"), "error[unknown-kpi]: there is no KPI `nimber` in the rule set"),
        (("--period", "2026-07", "--out", "results.docx"), "error[unknown-format]: `results.docx` cannot be written"),
    ],
)
def test_what_there_is_not_is_told(folder: Path, arguments: tuple[str, ...], told: str) -> None:
    done = kpis(folder, *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(told)
    assert "hint: " in done.stderr or "unknown-period" in told


@pytest.mark.parametrize("people", ["payee,team\none,\n", "payee,team\n"])
def test_where_there_is_no_team_or_nobody_there_is_no_result(folder: Path, people: str) -> None:
    (folder / "workforce.csv").write_text(people, encoding="utf-8")
    done = kpis(folder, "--period", "2026-07", "--period", "2026-08", "--of", "team", "--of", "department")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].split()[0] == "KPI"
