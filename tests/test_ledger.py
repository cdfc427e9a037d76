"""The ledger: what it keeps, what it refuses, and that of two at once one wins."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError, StatementError

from incentive_engine.errors import InputProblems
from incentive_engine.ledger import database
from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.carrying import lines_into
from incentive_engine.ledger.database import LEDGER_FILE, decisions, lines, seals
from incentive_engine.ledger.ledger import FOLLOWING, Ledger

ANNA, BO = Actor("Anna", "anna01"), Actor("Bo", "bo02")
MADE = {"by": "Anna", "os_user": "anna01", "at": "2026-10-05T08:00:00+00:00"}


def write_run(folder: Path, *, version: str = "1", made: object = MADE) -> Path:
    """As much of a run as the ledger reads."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {"rule_set": "starter", "period": "2026-Q3", "version": version}
    (folder / "run.json").write_text(json.dumps(told), encoding="utf-8")
    (folder / "made.json").write_text(json.dumps(made), encoding="utf-8")
    return folder


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path) as opened:
        yield opened


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(InputProblems) as refused:
        call()
    (problem,) = refused.value.problems
    return problem.code


def test_a_run_is_a_draft_of_whoever_made_it_and_registered_once(ledger: Ledger, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "quarters" / "2026-Q3")
    entry = ledger.run(folder)
    assert (entry.name, entry.folder, entry.kind) == ("quarters/2026-Q3", folder, "run")
    assert (entry.rule_set, entry.period, entry.author, entry.os_user) == ("starter", "2026-Q3", "Anna", "anna01")
    assert entry.made_at is not None
    assert entry.made_at.isoformat() == MADE["at"]
    assert (entry.state, entry.number, [each.action for each in entry.events]) == ("draft", 1, ["registered"])
    assert ledger.run(folder) == entry
    assert ledger.entries() == [entry]


def test_a_run_that_nobody_says_to_have_made_has_no_author(ledger: Ledger, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "q")
    (folder / "made.json").unlink()
    assert ledger.run(folder).author is None


def test_events_are_kept_in_order_with_who_and_what(ledger: Ledger, tmp_path: Path) -> None:
    entry = ledger.run(write_run(tmp_path / "q"))
    entry = ledger.record(entry, "reviewed", "reviewed", BO, {"failed": ["held"], "because": "Prämie"})
    entry = ledger.record(entry, "rejected", "rejected", ANNA)
    told = [(each.number, each.action, each.state, each.name, each.os_user) for each in entry.events[1:]]
    assert told == [(2, "reviewed", "reviewed", "Bo", "bo02"), (3, "rejected", "rejected", "Anna", "anna01")]
    reviewed = entry.last("reviewed")
    assert reviewed is not None
    assert reviewed.detail == {"failed": ["held"], "because": "Prämie"}
    assert reviewed.at.utcoffset() is not None
    assert entry.last("approved") is None


def test_whoever_read_before_somebody_else_wrote_is_told(ledger: Ledger, tmp_path: Path) -> None:
    entry = ledger.run(write_run(tmp_path / "q"))
    ledger.record(entry, "rejected", "rejected", BO)
    with pytest.raises(InputProblems, match=r"somebody-was-first.*`q` is rejected now: rejected by Bo"):
        ledger.record(entry, "reviewed", "reviewed", ANNA)
    assert [each.state for each in ledger.again(entry).events] == ["draft", "rejected"]


@pytest.mark.parametrize(("state", "never"), [("draft", "approved"), ("reviewed", "paid"), ("rejected", "approved")])
def test_a_run_goes_from_state_to_state_in_order(ledger: Ledger, tmp_path: Path, state: Any, never: Any) -> None:
    entry = ledger.run(write_run(tmp_path / "q"))
    if state != "draft":
        entry = ledger.record(entry, state, state, BO)
    assert never not in FOLLOWING[entry.state]
    assert code_of(lambda: ledger.record(entry, never, never, BO)) == "wrong-state"


def test_an_event_is_kept_with_all_its_rows_or_not_at_all(ledger: Ledger, tmp_path: Path) -> None:
    one, other = (ledger.run(write_run(tmp_path / name, version=name)) for name in ("a", "b"))
    link = insert(seals).values(number=1, run_id=one.id, head="f00", previous=None)
    again = insert(seals).values(number=1, run_id=other.id, head="f01", previous=None)
    ledger.record(one, "reviewed", "reviewed", BO, rows=[link])
    assert code_of(lambda: ledger.record(other, "reviewed", "reviewed", BO, rows=[again])) == "somebody-was-first"
    assert ledger.again(other) == other
    assert [(each.number, each.run_id, each.head) for each in ledger.seals()] == [(1, one.id, "f00")]


def test_another_run_in_the_same_folder_replaces_a_draft(ledger: Ledger, tmp_path: Path) -> None:
    first = ledger.run(write_run(tmp_path / "q", version="1"))
    second = ledger.run(write_run(tmp_path / "q", version="2"))
    assert (ledger.again(first).state, second.state) == ("replaced", "draft")
    back = ledger.run(write_run(tmp_path / "q", version="1"))
    assert (back.id, back.state, ledger.again(second).state) == (first.id, "draft", "replaced")


def test_another_run_in_the_folder_of_an_approved_one_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    entry = ledger.run(write_run(tmp_path / "q", version="1"))
    entry = ledger.record(entry, "reviewed", "reviewed", BO)
    ledger.record(entry, "approved", "approved", BO)
    write_run(tmp_path / "q", version="2")
    assert code_of(lambda: ledger.run(tmp_path / "q")) == "changed-run"
    assert [each.state for each in ledger.entries()] == ["approved"]


def test_what_is_no_run_of_the_project_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    outside = write_run(tmp_path.parent / f"{tmp_path.name}-outside")
    assert code_of(lambda: ledger.run(outside)) == "not-in-project"
    assert code_of(lambda: ledger.run(tmp_path)) == "not-in-project"
    assert code_of(lambda: ledger.run(tmp_path / "nothing")) == "not-a-run"
    spoilt = write_run(tmp_path / "spoilt")
    (spoilt / "run.json").write_text('{"rule_set": "starter"', encoding="utf-8")
    assert code_of(lambda: ledger.run(spoilt)) == "spoilt-run"
    assert code_of(lambda: ledger.run(write_run(tmp_path / "unsaid", made={"by": "Anna"}))) == "spoilt-run"
    assert ledger.entries() == []


@pytest.mark.parametrize("table", ["events", "seals"])
def test_rows_of_events_and_seals_are_only_added(ledger: Ledger, tmp_path: Path, table: str) -> None:
    entry = ledger.run(write_run(tmp_path / "q"))
    ledger.record(entry, "reviewed", "reviewed", BO, rows=[insert(seals).values(number=1, run_id=entry.id, head="f")])
    connection = sqlite3.connect(tmp_path / LEDGER_FILE)
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET number = number + 1"):
        with pytest.raises(sqlite3.IntegrityError, match="only added"):
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("amount", ["0.10", "-1234567890123456789012.345", "1E+3", "0"])
def test_money_comes_back_as_it_was_written(ledger: Ledger, tmp_path: Path, amount: str) -> None:
    entry = ledger.run(write_run(tmp_path / "q"))
    book(ledger, entry.id, "l", Decimal(amount))
    with ledger.reading() as connection:
        assert connection.scalar(select(lines.c.amount)) == Decimal(amount)


def test_money_is_never_a_float(ledger: Ledger, tmp_path: Path) -> None:
    entry = ledger.run(write_run(tmp_path / "q"))
    with pytest.raises(StatementError, match="money is a Decimal"):
        book(ledger, entry.id, "l", 0.1)


def book(
    ledger: Ledger, run: int, name: str, amount: object, into: str = "2026-Q4", carried_by: int | None = None
) -> None:
    of = {"run_id": run, "of_period": "2026-Q3", "into_period": into, "rule_set": "starter", "carried_by": carried_by}
    what = {"payee": "A01", "pays": "bonus", "cause": "late-fact", "currency": "EUR", "amount": amount}
    with ledger.writing() as connection:
        connection.execute(insert(lines).values(id=name, **of, **what))


def test_a_run_carries_the_lines_into_its_period_that_no_run_has_paid(ledger: Ledger, tmp_path: Path) -> None:
    entry = ledger.run(write_run(tmp_path / "q"))
    book(ledger, entry.id, "b", Decimal("-1.5"))
    book(ledger, entry.id, "a", Decimal("20.25"))
    book(ledger, entry.id, "c", Decimal(7), into="2027-Q1")
    book(ledger, entry.id, "d", Decimal(9), carried_by=entry.id)
    found = lines_into(ledger, "starter", "2026-Q4")
    assert found.columns == ["line", "payee", "pays", "of_period", "cause", "currency", "amount", "run"]
    kept = [("a", Decimal("20.25"), entry.fingerprint), ("b", Decimal("-1.50"), entry.fingerprint)]
    assert found.select("line", "amount", "run").rows() == kept
    assert lines_into(ledger, "other", "2026-Q4").is_empty()


def test_a_line_of_no_run_is_a_fault_of_the_program(ledger: Ledger) -> None:
    with pytest.raises(IntegrityError):
        book(ledger, 99, "l", Decimal(1))


def test_a_new_ledger_is_its_owners_only(ledger: Ledger, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / LEDGER_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [LEDGER_FILE]


def test_files_that_are_no_ledger_are_refused_and_stay(tmp_path: Path) -> None:
    path = tmp_path / LEDGER_FILE
    path.write_text("payee;amount\n" * 100, encoding="utf-8")
    assert code_of(lambda: Ledger.open(tmp_path)) == "not-a-ledger"
    assert path.read_text(encoding="utf-8") == "payee;amount\n" * 100
    path.unlink()
    execute(path, "CREATE TABLE mine (number INTEGER)")
    assert code_of(lambda: Ledger.open(tmp_path)) == "not-a-ledger"


def test_a_ledger_of_a_later_version_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    execute(tmp_path / LEDGER_FILE, "UPDATE format SET number = 2")
    assert code_of(lambda: Ledger.open(tmp_path)) == "other-ledger"


def execute(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_somebody_who_never_stops_writing_is_told_of(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_PATIENCE", 0.05)
    with Ledger.open(tmp_path) as impatient, ledger.writing():
        assert impatient.entries() == []  # reading waits for nobody
        assert code_of(lambda: impatient.run(write_run(tmp_path / "q"))) == "ledger-busy"


def test_a_ledger_is_made_once_whoever_opens_it_first(tmp_path: Path) -> None:
    folder, barrier = write_run(tmp_path / "q"), Barrier(8)

    def open_and_register(_: int) -> int:
        barrier.wait()
        with Ledger.open(tmp_path) as opened:
            return opened.run(folder).id

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(open_and_register, range(8))) == {1}


def test_of_many_who_write_the_same_one_wins_and_the_others_are_told(ledger: Ledger, tmp_path: Path) -> None:
    barrier, told = Barrier(8), []

    def decide(number: int) -> None:
        with Ledger.open(tmp_path) as own:
            entry = own.run(tmp_path / "q")
            barrier.wait()
            row = insert(decisions).values(
                question=f"q{number}",
                decision="keep",
                reason="r",
                author="A",
                approver="B",
                os_user="a",
                at=entry.made_at,
            )
            try:
                own.record(entry, "reviewed", "reviewed", Actor(f"person {number}", "x"), rows=[row])
            except InputProblems as refused:
                told.append(refused.problems[0].code)

    write_run(tmp_path / "q")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(decide, range(8)))
    assert told == ["somebody-was-first"] * 7
    (entry,) = ledger.entries()
    assert [each.number for each in entry.events] == [1, 2]
    with ledger.reading() as connection:
        winner = entry.events[-1].name.replace("person ", "q")
        assert connection.scalars(select(decisions.c.question)).all() == [winner]


def test_readers_see_whole_states_while_somebody_writes(ledger: Ledger, tmp_path: Path) -> None:
    """Each transaction adds an event and a decision: no reader ever sees one without the other."""
    entry = ledger.run(write_run(tmp_path / "q"))

    def write() -> None:
        last = entry
        for number in range(20):
            row = insert(decisions).values(
                question=str(number),
                decision="keep",
                reason="r",
                author="A",
                approver="B",
                os_user="a",
                at=last.made_at,
            )
            last = ledger.record(last, "noted", "draft", ANNA, rows=[row])

    def read(_: int) -> list[tuple[int, int]]:
        seen = []
        with Ledger.open(tmp_path) as own:
            for _ in range(20):
                with own.reading() as connection:
                    asked = len(connection.scalars(select(decisions.c.question)).all())
                    events = connection.scalars(select(database.events.c.number)).all()
                    seen.append((asked, len(events) - 1))
        return seen

    with ThreadPoolExecutor(11) as threads:
        writing = threads.submit(write)
        seen = [pair for each in threads.map(read, range(10)) for pair in each]
        writing.result()
    assert all(asked == noted for asked, noted in seen)
