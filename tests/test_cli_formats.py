"""The tables for spreadsheets: the same rows and numbers, and nothing that runs when the file is opened."""

from __future__ import annotations

import csv
import zipfile
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from incentive_engine.cli import main
from incentive_engine.engine import exporting
from incentive_engine.engine.exporting import RISKY, write_csv, write_xlsx
from incentive_engine.engine.run import TABLES
from incentive_engine.errors import InputProblems
from incentive_engine.shipped import rules_dir

STARTER = rules_dir() / "starter"

FRAME = pl.DataFrame(
    {
        "payee": ["0042", "=1+1", "+33", "-5", "@x", "\ty", "a=b", "Zoé, «né»", None],
        "payout": [*map(Decimal, ("0.10", "-3.05", "1234567.89", "0.00")), *[Decimal("1.00")] * 4, None],
        "long": [Decimal("1234567890123456.78"), *[Decimal("0.00")] * 8],
        "n": [1, 2, 3, 4, 5, 6, 7, 8, None],
        "result": [True, False, *[True] * 6, None],
    },
    schema_overrides={"payout": pl.Decimal(38, 2), "long": pl.Decimal(38, 2)},
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("formats") / "run"
    arguments = ["run", STARTER / "rules.yaml", "--data", STARTER / "data", "--period", "2026-Q3", "--out", out]
    done = CliRunner().invoke(main, [*map(str, arguments), "--format", "csv", "--format", "xlsx"])
    assert done.exit_code == 0
    return out


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_there_with_the_same_cells(run: Path, name: str) -> None:
    expected = pl.read_parquet(run / f"{name}.parquet")
    text = pl.read_csv(run / f"{name}.csv", infer_schema=False)
    assert text.columns == expected.columns
    for column, dtype in expected.schema.items():
        if isinstance(dtype, pl.Decimal):
            assert text[column].cast(dtype).equals(expected[column])
    sheet = pl.read_excel(run / f"{name}.xlsx", infer_schema_length=None)
    assert (sheet.columns, sheet.height) == (expected.columns, expected.height)


def test_csv_opens_in_excel_and_runs_nothing(tmp_path: Path) -> None:
    write_csv(FRAME.lazy(), tmp_path / "t.csv")
    raw = (tmp_path / "t.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
    assert [row[0] for row in rows[1:]] == ["0042", "'=1+1", "'+33", "'-5", "'@x", "'\ty", "a=b", "Zoé, «né»", ""]
    assert [row[1] for row in rows[1:4]] == ["0.10", "-3.05", "1234567.89"]
    assert rows[1][2] == "1234567890123456.78"


@pytest.mark.parametrize("sign", RISKY)
def test_whatever_may_run_is_guarded(tmp_path: Path, sign: str) -> None:
    write_csv(pl.LazyFrame({"team": [f"{sign}x"]}), tmp_path / "t.csv")
    assert f"'{sign}x" in (tmp_path / "t.csv").read_text(encoding="utf-8-sig").replace("\n", "\r")


def test_excel_holds_numbers_as_numbers_and_texts_as_texts(tmp_path: Path) -> None:
    write_xlsx(FRAME.lazy(), tmp_path / "t.xlsx")
    sheet = pl.read_excel(tmp_path / "t.xlsx", infer_schema_length=None)
    assert sheet["payee"].to_list()[:8] == FRAME["payee"].to_list()[:8]
    assert sheet["payout"].to_list() == [None if each is None else float(each) for each in FRAME["payout"]]
    assert sheet["long"].to_list()[0] == "1234567890123456.78"
    with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
        assert b'quotePrefix="1"' in archive.read("xl/styles.xml")


def test_more_rows_than_a_sheet_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "EXCEL_ROWS", 9)
    with pytest.raises(InputProblems, match="too-many-rows"):
        write_xlsx(FRAME.lazy(), tmp_path / "t.xlsx")


def test_excel_needs_its_extra_and_says_so_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    arguments = ["run", STARTER / "rules.yaml", "--data", STARTER / "data", "--period", "2026-Q3"]
    done = CliRunner().invoke(main, [*map(str, arguments), "--out", str(tmp_path / "run"), "--format", "xlsx"])
    assert done.exit_code == 1
    assert "pip install 'incentive-engine[excel]'" in done.stderr
    assert not (tmp_path / "run").exists()
