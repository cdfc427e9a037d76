"""Verifying: whatever was changed in a run folder is named, and what was not changed is found to be right."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from sqlalchemy import insert

from incentive_engine.cli import main
from incentive_engine.documents import read_document
from incentive_engine.errors import InputProblems
from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.database import seals
from incentive_engine.ledger.differing import differences
from incentive_engine.ledger.ledger import Ledger
from incentive_engine.ledger.manifest import Manifest
from incentive_engine.ledger.sealing import seal
from incentive_engine.ledger.unchanged import refuse_changed
from incentive_engine.ledger.verifying import verify
from tests.test_traps import EACH, NAMES, run_of

COMPANY = Path(__file__).parent / "cases" / "traps" / "12-change-of-currency.yaml"
"""Four people, two segments, three currencies: ann is paid 450.00 EUR and 432.40 CHF."""
PERIOD = "2026-Q3"
BO = Actor("Bo", "bo")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody has sealed."""
    folder = tmp_path_factory.mktemp("made")
    run_of(read_document(COMPANY).data, PERIOD, folder, folder / "run")
    return folder / "run"


@pytest.fixture
def draft(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "draft"))


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A sealed run."""
    folder = Path(shutil.copytree(made, tmp_path / "run"))
    seal(folder, None, 1)
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A project with three sealed runs."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "policy.yaml").write_text("company: Example SA\nmay: {purge: [Bo]}\n", encoding="utf-8")
    for number in (1, 2, 3):
        approved(shutil.copytree(made, project / f"run{number}"), project)
    return project


def approved(folder: Path, project: Path) -> None:
    """Registers and seals a run as an approval does."""
    with Ledger.open(project) as ledger:
        entry = ledger.record(ledger.run(folder), "reviewed", "reviewed", BO)
        with ledger.writing() as connection:
            last = ledger.last_seal(connection)
            manifest = seal(folder, None if last is None else last.head, 1 if last is None else last.number + 1)
            ledger.append(connection, entry, "approved", "approved", BO)
            row = {"number": manifest.number, "head": manifest.head, "previous": manifest.previous}
            connection.execute(insert(seals).values(run_id=entry.id, **row))


def refused(folder: Path, head: str | None = None) -> list[tuple[str, str]]:
    with pytest.raises(InputProblems) as refusal:
        verify(folder, head=head)
    return [(problem.code, problem.message) for problem in refusal.value.problems]


def codes(folder: Path, head: str | None = None) -> list[str]:
    return [code for code, _ in refused(folder, head)]


def told(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [*map(str, arguments)])
    return result.exit_code, result.output


def rewritten(path: Path, *columns: pl.Expr) -> None:
    pl.read_parquet(path).with_columns(*columns).write_parquet(path)


def where(payee: str, column: str, value: object, **others: str) -> pl.Expr:
    """A column with another value in some rows."""
    rows = pl.all_horizontal(pl.col("payee") == payee, *(pl.col(name) == each for name, each in others.items()))
    return pl.when(rows).then(pl.lit(value)).otherwise(pl.col(column)).cast(pl.Decimal(38, 3)).alias(column)


# What is right is found to be right.


def test_a_sealed_run_is_what_it_was(folder: Path) -> None:
    verified = verify(folder)
    assert verified.manifest == Manifest.read(folder)
    assert verified.again is not None
    assert verified.again.tables >= 11
    assert verified.again.rewritten == ()
    assert refuse_changed(folder) == verified.manifest
    code, output = told("verify", folder)
    assert code == 0
    assert "Sealed as number 1; every file is what it was then." in output
    assert verified.manifest is not None
    assert f"Head {verified.manifest.head}" in output
    assert "In no project" in output
    assert f"every figure of {verified.again.tables} tables is the same" in output
    assert sorted(path.name for path in folder.parent.iterdir()) == ["run"]


def test_a_run_that_is_not_sealed_is_worked_out_again(draft: Path) -> None:
    code, output = told("verify", draft)
    assert code == 0
    assert "Not sealed" in output
    assert "every figure" in output
    with pytest.raises(InputProblems, match="not-sealed"):
        refuse_changed(draft)


def test_the_same_values_in_other_bytes_are_the_same(draft: Path) -> None:
    for name in ("payouts", "contributions"):
        pl.read_parquet(draft / f"{name}.parquet").write_parquet(draft / f"{name}.parquet", compression="snappy")
    code, output = told("verify", draft)
    assert code == 0
    assert "Other bytes, the same values: contributions.parquet, payouts.parquet" in output


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    assert codes(tmp_path) == ["not-a-run"]


@pytest.mark.long
@pytest.mark.parametrize(("path", "period"), EACH, ids=NAMES)
def test_every_trap_gives_the_same_bytes_again(path: Path, period: str, tmp_path: Path) -> None:
    run_of(read_document(path).data, period, tmp_path, tmp_path / "run")
    seal(tmp_path / "run", None, 1)
    verified = verify(tmp_path / "run")
    assert verified.again is not None
    assert verified.again.rewritten == ()


# Files: a byte, a file more, a file less, another name.


def flipped(folder: Path, draw: random.Random) -> str:
    """Flips a bit somewhere in a folder; the file's path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    path = draw.choice(files)
    content = bytearray(path.read_bytes())
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path.write_bytes(content)
    return path.relative_to(folder).as_posix()


def flips(folder: Path, copies: Path, number: int, seed: int, *, commands: int) -> None:
    """Flips one bit after another, each in a copy of its own; `commands`: for how many the command is run as well."""
    draw = random.Random(seed)
    for at in range(number):
        copy = Path(shutil.copytree(folder, copies / f"{at}"))
        name = flipped(copy, draw)
        with pytest.raises(InputProblems) as refusal:
            refuse_changed(copy)
        assert f"{name}`" in str(refusal.value), (at, name)
        if at < commands:
            code, output = told("verify", copy)
            assert code == 1, (at, name, output)
            assert f"{name}`" in output, (at, name, output)
        shutil.rmtree(copy)


def test_20_flipped_bits(folder: Path, tmp_path: Path) -> None:
    flips(folder, tmp_path, 20, seed=6, commands=3)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_300_flipped_bits(folder: Path, tmp_path: Path, seed: int) -> None:
    flips(folder, tmp_path, 100, seed, commands=100)


@pytest.mark.long
def test_a_bit_of_every_file_of_a_projects_run(project: Path, tmp_path: Path) -> None:
    files = sorted(path.relative_to(project) for path in (project / "run2").rglob("*") if path.is_file())
    for at, name in enumerate(files):
        copy = Path(shutil.copytree(project, tmp_path / f"{at}"))
        content = bytearray((copy / name).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / name).write_bytes(content)
        code, output = told("verify", copy / "run2")
        assert code == 1
        assert name.relative_to("run2").as_posix() in output


def test_a_file_more_less_renamed_exchanged_or_linked(folder: Path) -> None:
    (folder / "held.parquet").unlink()
    (folder / "payouts.parquet").rename(folder / "payouts.old")
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "x").touch()
    (folder / "timings.json").write_text("{}", encoding="utf-8")
    found = refused(folder)
    assert ("missing-file", "`held.parquet` is missing: it was there when the run was sealed") in found
    renamed = "`payouts.parquet` is called `payouts.old` now: it was renamed after the run was sealed"
    assert ("renamed-file", renamed) in found
    added = {message.split("`")[1] for code, message in found if code == "added-file"}
    assert added == {"notes.txt", ".hidden/x", "timings.json"}


def test_two_files_that_change_places(folder: Path) -> None:
    (folder / "kpis.parquet").rename(folder / "x")
    (folder / "pools.parquet").rename(folder / "kpis.parquet")
    (folder / "x").rename(folder / "pools.parquet")
    changed = {message.split("`")[1] for code, message in refused(folder) if code == "changed-file"}
    assert changed == {"kpis.parquet", "pools.parquet"}


def test_a_link_to_the_same_bytes_is_no_file(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "trace", tmp_path / "elsewhere")
    shutil.rmtree(folder / "trace")
    (folder / "trace").symlink_to(tmp_path / "elsewhere")
    assert refused(folder) == [("not-a-file", f"`{folder / 'trace'}` is a link or a device, no file")]
    (folder / "trace").unlink()
    os.mkfifo(folder / "trace")
    assert codes(folder) == ["not-a-file"]


def test_what_comes_in_is_told_and_not_worked_out_again(folder: Path) -> None:
    rules = folder / "rules" / "rules.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("10%", "20%"), encoding="utf-8")
    rewritten(folder / "inputs" / "workforce.parquet", where("dan", "base_salary", Decimal(1_000_000)))
    assert [message.split("`")[1] for _, message in refused(folder)] == [
        "inputs/workforce.parquet",
        "rules/rules.yaml",
    ]


# Figures: which table, whose row, which column, and both values.


def test_a_figure_is_named_with_both_values(folder: Path) -> None:
    rewritten(folder / "payouts.parquet", where("ann", "paid", Decimal("432.41"), paid_currency="CHF"))
    code, output = told("verify", folder)
    assert code == 1
    assert "`payouts.parquet` was changed after the run was sealed" in output
    assert "`payouts.parquet`, payee ann, plan all, pays bonus, period 2026-Q3" in output
    assert "`paid` is 432.410; worked out again 432.400" in output


@pytest.mark.parametrize("table", ["segments", "contributions", "departments", "kpis", "trace/all"])
def test_every_row_of_every_table_is_compared(made: Path, tmp_path: Path, table: str) -> None:
    frame, name = pl.read_parquet(made / f"{table}.parquet"), f"{table}.parquet"
    column, dtype = next((column, dtype) for column, dtype in frame.schema.items() if dtype.is_decimal())
    frame.with_columns((pl.col(column).fill_null(0) + 1).cast(dtype)).write_parquet(tmp_path / "changed")
    found = [each.message for each in differences(name, tmp_path / "changed", made / name, same_engine=True)]
    assert len(found) == frame.height
    assert all(message.startswith(f"`{name}`, ") and f"`{column}` is " in message for message in found)


CHANGES: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str]] = {
    "row gone": (lambda frame: frame.filter(pl.col("payee") != "dan"), "payee dan, plan all, pays bonus"),
    "row twice": (lambda frame: pl.concat([frame, frame.tail(1)]), "has 6 rows; worked out again 5"),
    "order": (lambda frame: frame.reverse(), "has its rows in another order"),
    "column gone": (lambda frame: frame.drop("rate_effect"), "lacks the column `rate_effect`"),
    "column more": (lambda frame: frame.with_columns(bonus=1), "has a column `bonus`; worked out again it has none"),
    "type": (lambda frame: frame.with_columns(pl.col("payout").cast(pl.Float64)), "`payout` is of type Float64"),
    "name": (lambda frame: frame.with_columns(pl.col("payee").replace({"dan": "eve"})), "payee eve, plan all"),
    "null": (lambda frame: frame.with_columns(score=pl.lit(None, pl.Decimal(38, 6))), "`score` is missing; worked out"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_rows_and_columns_are_compared(made: Path, tmp_path: Path, change: str) -> None:
    changed, expected = CHANGES[change]
    path = tmp_path / "payouts.parquet"
    changed(pl.read_parquet(made / "payouts.parquet")).write_parquet(path)
    found = differences("payouts.parquet", path, made / "payouts.parquet", same_engine=True)
    assert any(expected in problem.message for problem in found)


def test_a_run_of_an_older_engine_may_lack_a_column(made: Path, tmp_path: Path) -> None:
    old, again = tmp_path / "payouts.parquet", made / "payouts.parquet"
    pl.read_parquet(again).drop("rate_effect").write_parquet(old)
    assert differences("payouts.parquet", old, again, same_engine=False) == []
    rewritten(old, where("dan", "payout", Decimal(1)))
    (found,) = differences("payouts.parquet", old, again, same_engine=False)
    assert "payee dan" in found.message
    assert "`payout` is 1.000; worked out again 920.00" in found.message


def test_a_table_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "kpis.parquet").write_bytes(b"PAR1 nothing PAR1")
    assert ("damaged-file", "`kpis.parquet` cannot be read: it is damaged") in refused(folder)


def test_an_input_that_cannot_be_read_is_named(draft: Path) -> None:
    (draft / "inputs" / "_held.parquet").write_bytes(b"PAR1 nothing PAR1")
    assert refused(draft) == [("damaged-file", "`inputs/_held.parquet` cannot be read: it is damaged")]


def test_many_differences_are_not_all_told(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "contributions.parquet"
    frame = pl.read_parquet(made / "contributions.parquet")
    pl.concat([frame.with_columns(pl.col("payee") + f"{number}") for number in range(30)]).write_parquet(path)
    found = differences("contributions.parquet", path, made / "contributions.parquet", same_engine=True)
    assert len(found) == 21
    assert found[-1].message == "`contributions.parquet` differs in more places"


def test_totals_are_compared(draft: Path) -> None:
    path = draft / "run.json"
    told_before = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(path.read_text(encoding="utf-8").replace('"paid": "432.40"', '"paid": "532.40"'), encoding="utf-8")
    assert told_before["paid"]["CHF"]["paid"] == "432.40"
    assert refused(draft) == [("differs", "`run.json`: `paid.CHF.paid` is 532.40; worked out again 432.40")]


# The chain: what the ledger knows.


def test_the_ledger_and_the_chain_agree(project: Path) -> None:
    code, output = told("verify", project / "run2")
    assert code == 0
    assert "Sealed as number 2" in output
    assert "The ledger agrees; the chain of 3 seals is whole." in output
    first, second, third = (Manifest.read(project / f"run{number}") for number in (1, 2, 3))
    assert first is not None
    assert second is not None
    assert third is not None
    assert [each.previous for each in (first, second, third)] == [None, first.head, second.head]


def test_a_run_that_somebody_sealed_anew_is_found_by_the_ledger(project: Path) -> None:
    """Rules, inputs and results all changed, so that everything in the folder agrees."""
    folder, head = project / "run2", Manifest.read(project / "run2")
    assert head is not None
    other = shutil.copytree(folder, project.parent / "other")
    shutil.rmtree(folder)
    trap = read_document(COMPANY).data
    data = trap["data"] | {"workforce.csv": trap["data"]["workforce.csv"].replace("9200", "99200")}
    (project.parent / "forged").mkdir()
    run_of({**trap, "data": data}, PERIOD, project.parent / "forged", folder)
    seal(folder, head.previous, 2)
    found = codes(folder)
    assert found == ["other-seal"]
    assert codes(project / "run3") == ["broken-chain"]
    shutil.rmtree(project / "run1")
    shutil.rmtree(other)
    shutil.copytree(folder, other)
    assert verify(other).chain is None
    assert codes(other, head.head) == ["other-head"]
    forged = Manifest.read(other)
    assert forged is not None
    assert verify(other, head=forged.head).manifest == forged


def test_a_manifest_that_is_gone_or_that_nobody_approved(project: Path, made: Path) -> None:
    (project / "run3" / "manifest.json").unlink()
    assert codes(project / "run3") == ["missing-file"]
    assert codes(project / "run1") == ["broken-chain"]
    new = shutil.copytree(made, project / "run4")
    seal(new, None, 4)
    assert "unknown-seal" in codes(new)


def test_a_broken_chain_in_the_ledger_is_found(project: Path) -> None:
    database = sqlite3.connect(project / "ledger.db")
    database.execute("DROP TRIGGER seals_no_delete")
    database.execute("DELETE FROM seals WHERE number = 2")
    database.commit()
    database.close()
    assert "broken-chain" in codes(project / "run3")
    assert "unknown-seal" in codes(project / "run2")


def test_a_ledger_that_is_gone_is_told(project: Path) -> None:
    (project / "ledger.db").unlink()
    assert codes(project / "run1") == ["no-ledger"]
    assert not (project / "ledger.db").exists()


def test_sealed_runs_that_are_elsewhere_are_named(project: Path) -> None:
    shutil.rmtree(project / "run1")
    code, output = told("verify", project / "run3")
    assert code == 0
    assert "Of sealed runs that are not there, only the ledger tells: run1" in output
