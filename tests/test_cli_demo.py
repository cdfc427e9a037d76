"""`incentive demo`: from nothing to everyone's statement, more than once, and never over anything else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import incentive_engine
from incentive_engine.cli import main


def demo(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["demo", str(folder), *options])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    done = demo(folder)
    assert (done.exit_code, done.stderr) == (0, "")
    return folder, done.stdout


def test_totals_by_department_with_the_customer_share(made: tuple[Path, str]) -> None:
    lines = made[1].splitlines()
    assert lines[0].startswith("Customer care quarterly bonus · 2026-Q3 · care-quarterly ")
    heads = ["department", "paid", "held", "worked out", "guarantees", "adjustments", "payout", "of which customers"]
    assert re.split(" {2,}", lines[2]) == heads
    assert [line.split("  ")[0] for line in lines[3:8]] == ["Back office", "Care", "Field service", "Sales", "all"]
    run = incentive_engine.open_run(made[0] / "2026-Q3")
    assert f"{run.payouts['payout'].sum():,} EUR" in lines[7]


def test_who_is_held_and_why(made: tuple[Path, str]) -> None:
    held = incentive_engine.open_run(made[0] / "2026-Q3").held
    for payee, code, reason in held.filter(table="workforce").select("payee", "code", "reason").rows():
        assert any(line.split()[:2] == [payee, code] and line.endswith(reason) for line in made[1].splitlines())


def test_three_files_to_open(made: tuple[Path, str]) -> None:
    told = made[1].split("Three files to open:\n")[1].splitlines()
    files = [Path(line.split("  ")[1]) for line in told]
    assert len(files) == 3
    assert all(file.is_file() and file.is_relative_to(made[0]) for file in files)


def test_everyone_paid_or_held_has_a_statement(made: tuple[Path, str]) -> None:
    run = incentive_engine.open_run(made[0] / "2026-Q3")
    pages = {path.stem for path in (made[0] / "statements").glob("*.html")} - {"index"}
    assert pages >= set(run.payouts["payee"])
    assert len(pages) == run.summary["payees"]["paid"] + run.summary["payees"]["held"]


def test_again_and_in_french(made: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An earlier demo makes room; the statements are left out here, which saves seconds."""
    before = (made[0] / "2026-Q3" / "payouts.parquet").read_bytes()
    monkeypatch.setattr("incentive_engine.statements.write_statements", lambda *_, **__: 0)
    again = demo(made[0], "--language", "fr")
    assert again.exit_code == 0
    assert again.stdout.startswith("Prime trimestrielle relation client · 2026-Q3")
    assert "Trois fichiers à ouvrir :" in again.stdout
    assert (made[0] / "2026-Q3" / "payouts.parquet").read_bytes() == before
    assert not (made[0] / "statements").exists()


def test_nothing_but_a_demo_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    refused = demo(tmp_path)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("error[folder-exists]: ")
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("mine", encoding="utf-8")
    assert demo(tmp_path / "demo").exit_code == 1
