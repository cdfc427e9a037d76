"""Purging: personal rows go after their time, fingerprints and totals stay, and what is left can be verified."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from sqlalchemy import insert, select

from incentive_engine.cli import main
from incentive_engine.documents import read_document
from incentive_engine.errors import InputProblems
from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.database import lines, payments
from incentive_engine.ledger.ledger import Ledger
from incentive_engine.ledger.manifest import File, Manifest
from incentive_engine.ledger.purged import Purged
from incentive_engine.ledger.purging import purge
from incentive_engine.ledger.verifying import verify
from tests.killed import completed, killed, kills
from tests.test_traps import run_of
from tests.test_verifying import BO, COMPANY, PERIOD, approved

PEOPLE = ("ann", "bob", "cid", "dan")
IN_TIME = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
POLICY = "company: Example SA\nmay: {purge: [Bo]}\nretention: 5 years\n"


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return paid_project(tmp_path_factory.mktemp("paid") / "project", read_document(COMPANY).data, PERIOD)


def paid_project(project: Path, company: Mapping[str, Any], period: str) -> Path:
    """A project whose only run was approved and paid: 450.00 EUR, 432.40 CHF, 920.00 EUR; and lines of a correction."""
    (project / "data").mkdir(parents=True)
    (project / "policy.yaml").write_text(POLICY, encoding="utf-8")
    run_of(company, period, project / "data", project / "run")
    approved(project / "run", project)
    with Ledger.open(project) as ledger:
        entry = ledger.record(ledger.run(project / "run"), "exporting", "exporting", BO)
        of = {"run_id": entry.id, "rule_set": entry.rule_set}
        amounts = [("ann", "EUR", "450.00"), ("ann", "CHF", "432.40"), ("dan", "EUR", "920.00")]
        bonus = {"period": period, "pays": "bonus", "pay_code": "4210", "kind": "payout", "legal_entity": "FR"}
        rows: list[Any] = [
            insert(payments).values(
                payee=who, payroll_id=f"1-{who}", currency=currency, amount=Decimal(amount), **of, **bonus
            )
            for who, currency, amount in amounts
        ]
        line = {"of_period": period, "into_period": "2026-Q4", "pays": "bonus", "cause": "late-fact", "currency": "EUR"}
        rows += [
            insert(lines).values(id=who, payee=who, amount=Decimal(amount), carried_by=entry.id, **of, **line)
            for who, amount in (("ann", "-5.10"), ("dan", "7.00"))
        ]
        ledger.record(entry, "paid", "paid", BO, rows=rows)
    return project


@pytest.fixture
def project(paid: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(paid, tmp_path / "project"))


def refused(folder: Path, actor: Actor = BO, at: dt.datetime = IN_TIME) -> str:
    with pytest.raises(InputProblems) as refusal:
        purge(folder, actor, at)
    (problem,) = refusal.value.problems
    return problem.code


def rows_of(project: Path, table: Any) -> list[dict[str, Any]]:
    with Ledger.open(project) as ledger, ledger.reading() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table))]


def names_left(folder: Path) -> list[str]:
    """The files, and columns of Parquet files, in which somebody of the company is still named."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path)
            text = "\n".join(str(frame[name].to_list()) for name in frame.columns if frame[name].dtype == pl.String)
        else:
            text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{path.name}: {name}" for name in PEOPLE if f"'{name}'" in text or f"1-{name}" in text]
    return found


def test_personal_rows_go_and_totals_stay(project: Path) -> None:
    folder = project / "run"
    before, manifest = json.loads((folder / "run.json").read_text(encoding="utf-8")), Manifest.read(folder)
    assert names_left(folder)
    purged = purge(folder, BO, IN_TIME)
    left = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert left == ["manifest.json", "purged.json", "rules/rules.yaml", "run.json", "steps.parquet"]
    assert names_left(folder) == []
    assert json.loads((folder / "run.json").read_text(encoding="utf-8")) == before
    assert before["paid"]["CHF"] == {"paid": "432.40", "rate_effect": "-14.10"}
    assert Manifest.read(folder) == manifest
    assert manifest is not None
    assert purged == Purged.read(folder)
    assert purged.files == manifest.files
    assert (purged.by, purged.at[:10]) == ("Bo", "2099-01-01")
    assert (folder / "purged.json").stat().st_mode & 0o777 == 0o600


def test_the_ledger_forgets_who_and_keeps_how_much(project: Path) -> None:
    purge(project / "run", BO, IN_TIME)
    told = {(row["pay_code"], row["currency"]): row for row in rows_of(project, payments)}
    assert {key: row["amount"] for key, row in told.items()} == {
        ("4210", "CHF"): Decimal("432.40"),
        ("4210", "EUR"): Decimal("1370.00"),
    }
    assert {row[name] for row in told.values() for name in ("payee", "payroll_id", "legal_entity")} == {None}
    assert {(row["period"], row["pays"], row["kind"]) for row in told.values()} == {(PERIOD, "bonus", "payout")}
    (line,) = rows_of(project, lines)
    assert (line["payee"], line["amount"], line["cause"]) == (None, Decimal("1.90"), "late-fact")
    content = (project / "ledger.db").read_bytes()
    assert [name for name in PEOPLE if f"1-{name}".encode() in content] == []


def test_what_is_left_is_verified(project: Path) -> None:
    folder = project / "run"
    purge(folder, BO, IN_TIME)
    verified = verify(folder)
    assert verified.again is None
    result = CliRunner().invoke(main, ["verify", str(folder)])
    assert result.exit_code == 0
    assert "Its personal rows were removed on 2099-01-01 by Bo." in result.output
    assert "chain of 1 seal is whole" in result.output


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("steps.parquet", "changed-file"),
        ("run.json", "changed-file"),
        ("rules/rules.yaml", "changed-file"),
        ("purged.json", "changed-file"),
        ("manifest.json", "changed-manifest"),
    ],
)
def test_what_is_left_cannot_be_changed(project: Path, name: str, code: str) -> None:
    folder = project / "run"
    purge(folder, BO, IN_TIME)
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(InputProblems) as refusal:
        verify(folder)
    assert code in [problem.code for problem in refusal.value.problems]
    assert name in str(refusal.value)


def test_nothing_comes_back_after_a_purge(project: Path) -> None:
    folder = project / "run"
    copy = shutil.copy(folder / "payouts.parquet", project / "payouts.parquet")
    purge(folder, BO, IN_TIME)
    shutil.copy(copy, folder / "payouts.parquet")
    (folder / "more.csv").write_text("x", encoding="utf-8")
    with pytest.raises(InputProblems) as refusal:
        verify(folder)
    assert [problem.code for problem in refusal.value.problems] == ["added-file", "purge-not-ended"]
    purge(folder, BO, IN_TIME)
    assert not (folder / "payouts.parquet").exists()
    (folder / "more.csv").unlink()
    verify(folder)
    assert refused(folder) == "already-purged"


def test_somebody_elses_list_removes_nothing(project: Path) -> None:
    """A file that says what is to go counts only where the ledger knows it; no path leads out of the folder."""
    folder = project / "run"
    listed = {"../policy.yaml": File(size=1, sha256=""), "steps.parquet": File(size=1, sha256="")}
    who = {"by": "Cy", "os_user": "cy", "at": "2030-01-01", "kept_until": "2030-01-01"}
    (folder / "purged.json").write_bytes(Purged(format=1, kept=(), files=listed, **who).text)
    purged = purge(folder, BO, IN_TIME)
    assert purged.by == "Bo"
    assert (folder / "steps.parquet").exists()
    assert (project / "policy.yaml").exists()
    (folder / "purged.json").write_bytes(Purged(format=1, kept=(), files=listed, **who).text)
    assert refused(folder) == "changed-file"
    assert (folder / "steps.parquet").exists()


def test_what_had_been_changed_before_is_still_told_afterwards(project: Path) -> None:
    folder = project / "run"
    (folder / "payouts.parquet").write_bytes(b"nothing")
    purge(folder, BO, IN_TIME)
    with pytest.raises(InputProblems, match=r"`payouts\.parquet` was changed after the run was sealed, and before"):
        verify(folder)


def test_only_after_the_time_and_by_those_who_may(project: Path) -> None:
    folder = project / "run"
    with Ledger.open(project) as ledger:
        last = ledger.entries()[0].events[-1].at.date()
    day = max(last, dt.date(2026, 9, 30))
    until = dt.datetime(day.year + 5, day.month, day.day, 23, 59, tzinfo=dt.UTC)
    assert refused(folder, at=until) == "too-early"
    assert refused(folder, Actor("Cy", "cy")) == "not-allowed"
    assert not (folder / "purged.json").exists()
    purge(folder, BO, until + dt.timedelta(minutes=1))


def test_only_what_is_closed(project: Path, paid: Path) -> None:
    draft = shutil.copytree(paid / "run", project / "draft")
    for name in ("manifest.json",):
        (draft / name).unlink()
    assert refused(draft) == "unknown-run"
    with Ledger.open(project) as ledger:
        entry = ledger.run(draft)
        assert refused(draft) == "wrong-state"
        ledger.record(entry, "rejected", "rejected", BO)
    purge(draft, BO, IN_TIME)
    assert not (draft / "payouts.parquet").exists()
    verify(draft)
    assert refused(paid.parent) == "no-project"


def test_lines_that_nobody_has_paid_yet_stay(project: Path) -> None:
    with Ledger.open(project) as ledger, ledger.writing() as connection:
        connection.execute(lines.update().values(carried_by=None))
    assert refused(project / "run") == "open-lines"
    assert not (project / "run" / "purged.json").exists()
    assert names_left(project / "run")
    assert len(rows_of(project, payments)) == 3


def test_small_groups_go_and_large_ones_stay(project: Path) -> None:
    """The table of departments has four people: too few. One with twelve stays."""
    folder = project / "run"
    frame = pl.read_parquet(folder / "departments.parquet")
    assert frame["payees"].max() == 4
    frame.with_columns(pl.lit(12, pl.Int64).alias("payees")).write_parquet(folder / "departments.parquet")
    assert "departments.parquet" in purge(folder, BO, IN_TIME).kept
    assert (folder / "departments.parquet").exists()


def test_by_the_command(project: Path) -> None:
    result = CliRunner().invoke(main, ["purge", str(project / "run"), "--by", "Bo"])
    assert result.exit_code == 1
    assert "error[too-early]" in result.output
    assert "are kept until 20" in result.output


@pytest.fixture(scope="module")
def long_ago(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same company ten years earlier, so that its time is over today."""
    company = read_document(COMPANY).data

    def earlier(text: str) -> str:
        return text.replace("2020-", "2010-").replace("2025-", "2015-").replace("2026-", "2016-")

    data = {name: earlier(text) for name, text in company["data"].items()}
    earlier_company = {**company, "rules": earlier(company["rules"]), "data": data}
    project = paid_project(tmp_path_factory.mktemp("long_ago") / "project", earlier_company, "2016-Q3")
    database = sqlite3.connect(project / "ledger.db")
    database.execute("DROP TRIGGER events_no_update")
    database.execute("UPDATE events SET at = '2016-10-20T09:00:00+00:00'")
    database.commit()
    database.close()
    return project


def purges_whatever_happens(project: Path, tmp_path: Path, number: int) -> None:
    arguments = ["purge", "run", "--by", "Bo"]
    for at, kill in enumerate(kills(arguments, project, number, seed=6)):
        copy = Path(shutil.copytree(project, tmp_path / f"{at}"))
        killed(kill, arguments, copy)
        again = completed(arguments, copy)
        assert again.returncode == 0 or "already-purged" in again.stderr, (kill, again.stderr)
        assert names_left(copy / "run") == [], kill
        amounts = {(row["payee"], row["currency"], row["amount"]) for row in rows_of(copy, payments)}
        assert amounts == {(None, "CHF", Decimal("432.40")), (None, "EUR", Decimal("1370.00"))}, kill
        with Ledger.open(copy) as ledger:
            assert [event.action for event in ledger.entries()[0].events].count("purged") == 1, kill
        verify(copy / "run")
        shutil.rmtree(copy)


def test_a_purge_that_is_killed_is_ended_by_the_next(long_ago: Path, tmp_path: Path) -> None:
    purges_whatever_happens(long_ago, tmp_path, 2)


@pytest.mark.long
def test_a_purge_killed_at_100_points(long_ago: Path, tmp_path: Path) -> None:
    purges_whatever_happens(long_ago, tmp_path, 100)
