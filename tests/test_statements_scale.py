"""Statements of many: in slices, side by side, into a folder or a zip, and on from where a crash stopped them."""

from __future__ import annotations

import itertools
import shutil
import unicodedata
import zipfile
from contextlib import closing
from multiprocessing import Pipe
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incentive_engine.cli import main
from incentive_engine.engine.run import run
from incentive_engine.errors import InputProblems, Location, Problem
from incentive_engine.rulesets.loading import load
from incentive_engine.statements import left_behind, write_statements
from incentive_engine.statements.dealing import dealt, heard
from incentive_engine.statements.design import Design
from incentive_engine.statements.drafting import drafted
from incentive_engine.statements.files import file_names
from incentive_engine.statements.gathering import gathered, material
from incentive_engine.statements.languages import Languages
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.ordering import Order, slices
from incentive_engine.statements.pressing import Press
from tests.killed import completed, killed, kills

STARTER = Path(__file__).parent.parent / "rules" / "starter"
EVERYBODY = ("A01", "A02", "A03", "A04", "A05", "A06", "S01", "S02", "S03", "S04")


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("starter") / "run"
    run(load(STARTER / "rules.yaml"), STARTER / "data", "2026-Q3", folder)
    return folder


@pytest.fixture(scope="module")
def pages(starter: Path) -> Path:
    out = starter.parent / "pages"
    assert write_statements(starter, out) == len(EVERYBODY)
    return out


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- slices -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payees", "processes", "lengths"),
    [
        (0, 2, []),
        (1, 4, [1]),
        (200, 4, [200]),
        (500, 4, [166, 167, 167]),
        (2_000, 1, [2_000]),
        (2_001, 1, [1_000, 1_001]),
        (2_001, 2, [1_000, 1_001]),
        (4_002, 2, [1_000, 1_001, 1_000, 1_001]),
        (100_000, 2, [2_000] * 50),
    ],
)
def test_slices_are_neither_large_nor_tiny_and_as_many_for_each_process(
    payees: int, processes: int, lengths: list[int]
) -> None:
    everybody = [f"{number:06}" for number in range(payees)]
    parts = list(slices(everybody, processes))
    assert [len(part) for part in parts] == lengths
    assert [*itertools.chain(*parts)] == everybody


def test_a_payee_reads_the_same_in_whichever_slice(starter: Path) -> None:
    whole = {each.payee: each for each in StatementMaker(gathered(starter)).statements()}
    assert tuple(whole) == EVERYBODY
    shared = material(starter)
    for part in (EVERYBODY[:1], EVERYBODY[2:9:3], EVERYBODY[4:]):
        assert [*StatementMaker(shared.of(part)).statements()] == [whole[payee] for payee in part]


# --- side by side, folder and zip -------------------------------------------------------------------------------------


def test_two_processes_write_what_one_does(
    starter: Path, pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incentive_engine.statements.ordering._LEAST", 5)
    told: list[tuple[int, int]] = []
    counted = write_statements(starter, tmp_path / "two", lambda done, of: told.append((done, of)), processes=2)
    assert counted == len(EVERYBODY)
    assert told[-1] == (10, 10)
    assert files_in(tmp_path / "two") == files_in(pages)
    assert files_in(pages).keys() == {
        "index.csv",
        "index.html",
        "totals.csv",
        *(f"{payee}.html" for payee in EVERYBODY),
    }
    assert [path.name for path in tmp_path.iterdir()] == ["two"]


def test_a_zip_holds_what_the_folder_does_byte_for_byte(starter: Path, pages: Path, tmp_path: Path) -> None:
    for name in ("one.zip", "other.ZIP"):
        assert write_statements(starter, tmp_path / name) == len(EVERYBODY)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.ZIP").read_bytes()
    assert (tmp_path / "one.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(files_in(pages))
        assert {name: archive.read(name) for name in archive.namelist()} == files_in(pages)


def test_some_payees_only(starter: Path, pages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    some = ["statements", str(starter), "--out", str(tmp_path / "some"), "--payee", "S01", "--payee", "A02"]
    with pytest.raises(SystemExit) as ended:
        main(some)
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"2 statements in {tmp_path / 'some'}\n"
    assert files_in(tmp_path / "some") == {name: files_in(pages)[name] for name in ("A02.html", "S01.html")}
    with pytest.raises(SystemExit) as ended:
        main([*some[:3], str(tmp_path / "none"), "--payee", "a02", "--payee", "Zoé"])
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "error[unknown-payee]: `Zoé` has no statement" in told
    assert "`a02` has no statement\n  hint: did you mean `A02`?" in told
    assert not left_behind(tmp_path / "none")


# --- what goes wrong in another process -------------------------------------------------------------------------------


@pytest.mark.long
def test_problems_reach_the_process_that_deals(starter: Path, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "statement.html.j2").write_text("fine\n{{ statement.wages }}\n", encoding="utf-8")
    order = Order(starter, Languages(), design=Design(tmp_path / "own"))
    with pytest.raises(InputProblems, match=r"statement\.html\.j2:2"):
        list(dealt(order, [EVERYBODY], tmp_path, 1))


@pytest.mark.long
def test_a_fault_reaches_it_with_what_led_to_it(starter: Path, tmp_path: Path) -> None:
    spoilt = shutil.copytree(starter, tmp_path / "spoilt")
    (trace, *_) = (spoilt / "trace").iterdir()
    trace.write_bytes(b"no trace")
    with pytest.raises(RuntimeError, match="ComputeError") as fault:
        list(dealt(Order(spoilt, Languages()), [EVERYBODY], tmp_path, 1))
    assert "Traceback" in fault.value.__notes__[0]


def test_a_process_that_was_ended_is_told() -> None:
    ours, theirs = Pipe()
    theirs.close()
    with closing(ours), pytest.raises(RuntimeError, match="was ended from outside"):
        heard(ours)


def test_problems_are_whole_in_another_process() -> None:
    problem = Problem("unknown-key", "no `x`", Location("rules.yaml", 3, 4), "leave it out", "warning")
    ours, theirs = Pipe()
    with closing(ours), closing(theirs):
        theirs.send(InputProblems([problem]))
        with pytest.raises(InputProblems) as raised:
            heard(ours)
    assert raised.value.problems == (problem,)


# --- crashes ----------------------------------------------------------------------------------------------------------


def interrupted(starter: Path, out: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The draft that Ctrl-C leaves after some pages."""

    def tick(done: int, of: int) -> None:
        if done == count:
            raise KeyboardInterrupt

    monkeypatch.setattr("incentive_engine.statements.pressing._AT_ONCE", 1)
    with pytest.raises(KeyboardInterrupt):
        write_statements(starter, out, tick)
    assert left_behind(out)
    return out.parent / f".{out.name}.unfinished"


def written_by(press: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps whose pages are written."""
    really = Press.write

    def write(self: Press, payees: tuple[str, ...], folder: Path) -> object:
        press.extend(payees)
        return really(self, payees, folder)

    monkeypatch.setattr(Press, "write", write)


def test_the_same_call_goes_on_with_what_is_whole(
    starter: Path, pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = interrupted(starter, tmp_path / "out", 4, monkeypatch)
    assert draft.stat().st_mode & 0o777 == 0o700
    assert sorted(files_in(draft / "pages")) == ["A01.html", "A02.html", "A03.html", "A04.html"]
    (draft / "pages" / "A02.html").write_text("half", encoding="utf-8")
    (draft / "pages" / "A05.html").write_text("never recorded", encoding="utf-8")
    written: list[str] = []
    written_by(written, monkeypatch)
    assert write_statements(starter, tmp_path / "out") == len(EVERYBODY)
    assert written == ["A02", *EVERYBODY[4:]]
    assert files_in(tmp_path / "out") == files_in(pages)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_another_call_begins_anew(starter: Path, pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(starter, tmp_path / "out", 4, monkeypatch)
    written: list[str] = []
    written_by(written, monkeypatch)
    assert write_statements(starter, tmp_path / "out", payees=["A04", "S01"]) == 2
    assert written == ["A04", "S01"]
    assert files_in(tmp_path / "out") == {name: files_in(pages)[name] for name in ("A04.html", "S01.html")}


def test_a_run_that_became_another_begins_anew(starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run's own file is the same: what it corrects has the same sum, for other people."""
    run = tmp_path / "run"
    shutil.copytree(starter, run)
    interrupted(run, tmp_path / "out", 4, monkeypatch)
    corrections = pl.read_parquet(run / "corrections.parquet")
    corrections.with_columns(other=pl.lit(1)).write_parquet(run / "corrections.parquet")
    written: list[str] = []
    written_by(written, monkeypatch)
    assert write_statements(run, tmp_path / "out") == len(EVERYBODY)
    assert written == list(EVERYBODY)


def test_spoilt_records_begin_anew(starter: Path, pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = interrupted(starter, tmp_path / "out", 4, monkeypatch)
    (draft / "made.sqlite").write_bytes(b"spoilt" * 1000)
    assert write_statements(starter, tmp_path / "out") == len(EVERYBODY)
    assert files_in(tmp_path / "out") == files_in(pages)


def test_two_never_write_the_same(starter: Path, tmp_path: Path) -> None:
    with drafted(tmp_path / "out", "one"):
        with pytest.raises(InputProblems, match="being-written"):
            write_statements(starter, tmp_path / "out")
        (tmp_path / "out").mkdir()
        (tmp_path / "out").rmdir()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_somebody_put_there_meanwhile_stays(tmp_path: Path) -> None:
    with pytest.raises(InputProblems, match="folder-exists"), drafted(tmp_path / "out", "one"):
        (tmp_path / "out").mkdir()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.long
def test_statements_that_are_killed_are_completed_by_the_same_command(
    starter: Path, pages: Path, tmp_path: Path
) -> None:
    arguments = ["statements", starter, "--out", "out.zip"]
    (tmp_path / "empty").mkdir()
    before = shutil.copytree(tmp_path / "empty", tmp_path / "first")
    assert completed(arguments, before).returncode == 0
    whole = (before / "out.zip").read_bytes()
    with zipfile.ZipFile(before / "out.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files_in(pages)
    for at, kill in enumerate(kills(arguments, tmp_path / "empty", 24, seed=8)):
        here = tmp_path / str(at)
        here.mkdir()
        if killed(kill, arguments, here):
            assert {path.name for path in here.iterdir()} <= {".out.zip.unfinished", "out.zip"}
            if not (here / "out.zip").exists():
                told = completed(arguments, here)
                assert told.returncode == 0, (kill, told.stderr)
        assert (here / "out.zip").read_bytes() == whole, kill


# --- names ------------------------------------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=80), max_size=6))
def test_any_name_gives_a_file_of_its_own_on_every_system(payees: list[str]) -> None:
    names = file_names(payees)
    assert names.keys() == set(payees)
    for name in names.values():
        assert name.isascii()
        assert len(name) <= 80
        assert not set(name) & set('/\\:*?"<>| \0\r\n')
        assert name[0] not in ".-"
        assert name.endswith(".html")
    assert len({unicodedata.normalize("NFC", name).casefold() for name in names.values()}) == len(set(payees))


def test_names_that_one_system_takes_for_one_are_two_files() -> None:
    composed, apart = "Zo\u00e9", "Zoe\u0301"
    names = file_names([composed, apart, "zoe", "ZOE", "\ud7ff", "com1.x", "COM9"])
    assert len({name.casefold() for name in names.values()}) == 7
    assert names["com1.x"] != "com1.x.html"
