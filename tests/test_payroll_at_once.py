"""Exports at once, and exports that are killed: nobody is paid twice, whatever happens in between."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from incentive_engine.ledger.ledger import Ledger
from tests.books import CALLS, FILE, PAID, Books
from tests.killed import ROOT, completed, killed, kills


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path)


def exporting_at_once(books: Books, runs: list[str]) -> list[subprocess.Popen[str]]:
    """As many exporters as there are runs, each in a process of its own, and each to a file of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return [
        subprocess.Popen(
            [sys.executable, "-m", "incentive_engine", "export", name, "--out", f"pay-{number}.csv", "--by", "pat"],
            cwd=books.folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for number, name in enumerate(runs)
    ]


def one_wins(books: Books, runs: list[str], readers: int = 10) -> None:
    """Of several who export at once one pays, and the others are told; whoever reads meanwhile reads one state."""
    seen: list[tuple[str, ...]] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.wait(0.25):
            with Ledger.open(books.folder) as ledger:
                seen.append(tuple(each.state for each in ledger.entries() if each.name in runs))

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    exporters = exporting_at_once(books, runs)
    told = [process.communicate()[1] for process in exporters]
    ended.set()
    for thread in threads:
        thread.join()
    codes = sorted(process.returncode for process in exporters)
    assert codes == [0, *[1] * (len(runs) - 1)], told
    losers = [text for text, process in zip(told, exporters, strict=True) if process.returncode]
    assert all(
        "[already-paid]" in text or "[somebody-was-first]" in text or "[export-not-ended]" in text for text in losers
    )
    assert books.paid() == PAID
    written = [path.read_bytes() for path in books.folder.glob("pay-?.csv")]
    assert written == [FILE]
    assert len(seen) >= readers


def test_two_who_export_a_run_and_one_who_exports_another_of_its_period_pay_it_once(books: Books) -> None:
    books.approved("q3", CALLS)
    books.approved("anew", CALLS)
    one_wins(books, ["q3", "anew", "q3"])


@pytest.mark.long
@pytest.mark.parametrize("number", range(20))
def test_many_who_export_at_once_pay_it_once(books: Books, number: int) -> None:
    books.approved("q3", CALLS)
    books.approved("anew", CALLS)
    one_wins(books, ["q3", "anew", "q3", "anew"])


def survives(books: Books, number: int, seed: int, tmp_path: Path) -> None:
    """An export that is killed, and given again, pays what it would have paid."""
    arguments = ["export", "q3", "--out", "out/pay.csv", "--by", "pat"]
    for at, kill in enumerate(kills(arguments, books.folder, number, seed)):
        copy = Books.__new__(Books)
        copy.folder = tmp_path / f"copy-{at}"
        shutil.copytree(books.folder, copy.folder)
        killed(kill, arguments, copy.folder)
        file = copy.folder / "out" / "pay.csv"
        state = copy.state("q3")
        assert copy.paid() == ([] if state == "approved" else PAID)
        assert not file.exists() or (file.read_bytes(), state in ("exporting", "paid")) == (FILE, True)
        again = completed(arguments, copy.folder)
        assert again.returncode == (1 if state == "paid" else 0), again.stderr
        assert (copy.state("q3"), copy.paid(), file.read_bytes()) == ("paid", PAID, FILE)
        if state != "paid":
            assert sorted(path.name for path in file.parent.iterdir()) == ["pay.control.json", "pay.csv"]
        shutil.rmtree(copy.folder)


@pytest.fixture
def apart(tmp_path: Path) -> Books:
    (tmp_path / "books").mkdir()
    books = Books(tmp_path / "books")
    books.approved("q3", CALLS)
    return books


def test_an_export_that_is_killed_pays_nobody_twice(apart: Books, tmp_path: Path) -> None:
    survives(apart, 2, 1, tmp_path)


@pytest.mark.long
def test_an_export_that_is_killed_at_a_hundred_points_pays_nobody_twice(apart: Books, tmp_path: Path) -> None:
    survives(apart, 100, 2, tmp_path)
