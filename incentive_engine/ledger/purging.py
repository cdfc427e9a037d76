"""Personal rows go once they need not be kept any more; fingerprints and totals stay.

What was there is written down first, then the ledger forgets the names, then the files go: whoever is interrupted does
the same again, and nothing goes that is not written down.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import polars as pl
from sqlalchemy import Connection, Row, delete, insert, select, update

from incentive_engine.engine.folder import RUN_FILE, place
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.clock import now
from incentive_engine.ledger.database import lines, payments, questions
from incentive_engine.ledger.ledger import Entry, Ledger
from incentive_engine.ledger.making import MADE_FILE
from incentive_engine.ledger.manifest import MANIFEST, TIMINGS, files_in
from incentive_engine.ledger.project import Project
from incentive_engine.ledger.purged import PURGED_FILE, Purged

FEWEST: Final = 5
"""Of fewer people, a sum says too much about each."""
_PLAIN: Final = (RUN_FILE, MADE_FILE, "steps.parquet", "correction.json")
"""Files without a row about a person."""
_CLOSED: Final = ("paid", "rejected", "booked")
_WITHOUT_NAMES: Final = {
    payments: ("period", "rule_set", "pays", "pay_code", "currency", "kind"),
    lines: ("of_period", "into_period", "rule_set", "pays", "cause", "currency", "carried_by"),
}
"""What is still told of amounts in the ledger, once it is not told whose they were."""


def purge(folder: Path, actor: Actor, at: dt.datetime | None = None) -> Purged:
    """Removes every personal row of a run, from its folder and from the ledger.

    Raises InputProblems where the actor may not, where the run is not paid, rejected or booked, and before the day
    until which the policy keeps personal rows: so long after the period, and after the last thing done with the run.
    """
    at = at or now()
    project = Project.of(folder)
    project.policy.refuse_unless_may(actor, "purge")
    with project.ledger() as ledger:
        entry = _entry(ledger, folder)
        until = project.policy.kept_until(_last_day(folder, entry))
        if at.date() <= until:
            message = f"the personal rows of `{entry.name}` are kept until {until}: the policy says so"
            raise InputProblems([Problem("too-early", message, hint=f"run the same command after {until}")])
        begun = _begun(folder, entry)
        purged = begun or _begin(ledger, entry, folder, actor, at, until)
    personal = [path for path in files_in(folder) if path in purged.files and path not in purged.kept]
    if begun and not personal:
        raise InputProblems([Problem("already-purged", f"the personal rows of `{entry.name}` are gone already")])
    for path in (*personal, TIMINGS):
        (folder / path).unlink(missing_ok=True)
    _remove_empty(folder)
    return purged


def _entry(ledger: Ledger, folder: Path) -> Entry:
    name = folder.resolve().relative_to(ledger.folder).as_posix()
    found = [entry for entry in ledger.entries() if entry.name == name and entry.state != "replaced"]
    if not found:
        message = f"the ledger knows no run in `{folder}`"
        raise InputProblems([Problem("unknown-run", message, hint="`incentive status` lists those that it knows")])
    if found[-1].state not in _CLOSED:
        message = f"`{name}` is {found[-1].state}: only what is paid, booked or rejected is purged"
        raise InputProblems([Problem("wrong-state", message, hint="reject the run first if nobody needs it")])
    return found[-1]


def _begun(folder: Path, entry: Entry) -> Purged | None:
    """What the ledger knows to have been written down by a purge that began; None where none did.

    Raises InputProblems where it is not in the folder any more: nothing but it says what may go.
    """
    event = entry.last("purged")
    if event is None:
        return None
    purged = Purged.read(folder)
    if purged is None or purged.fingerprint != event.detail["fingerprint"]:
        hint = "take the file from a copy kept elsewhere"
        message = f"`{folder / PURGED_FILE}` is not what the ledger says that the purge wrote"
        raise InputProblems([Problem("changed-file", message, hint=hint)])
    return purged


def _last_day(folder: Path, entry: Entry) -> dt.date:
    """The last day of the run's period, or of what was done with the run, whichever is later."""
    run = folder if (folder / RUN_FILE).is_file() else folder / "run"
    period_end = dt.date.fromisoformat(json.loads((run / RUN_FILE).read_text(encoding="utf-8"))["period_end"])
    return max([period_end, *(event.at.date() for event in entry.events if event.action != "purged")])


def _begin(ledger: Ledger, entry: Entry, folder: Path, actor: Actor, at: dt.datetime, until: dt.date) -> Purged:
    """Writes down what every file held and who removes those with personal rows; then the ledger forgets the names."""
    with ledger.reading() as connection:
        _refuse_open_lines(connection, entry)
    files = {path: file for path, file in files_in(folder).items() if path != PURGED_FILE}
    purged = Purged(
        format=1,
        by=actor.name,
        os_user=actor.os_user,
        at=at.isoformat(),
        kept_until=until.isoformat(),
        kept=tuple(path for path in files if _stays(folder, path)),
        files=files,
    )
    place(purged.text, folder, PURGED_FILE)
    with ledger.writing() as connection:
        _forget(connection, entry)
        ledger.append(connection, entry, "purged", entry.state, actor, {"fingerprint": purged.fingerprint})
    return purged


def _stays(folder: Path, path: str) -> bool:
    """Whether a file holds no row about a person, nor about a group so small that it is about one."""
    name = path.removeprefix("run/")
    if name == "departments.parquet":
        counts = pl.read_parquet(folder / path, columns=["payees", "held"])
        return all(count == 0 or count >= FEWEST for row in counts.iter_rows() for count in row if count is not None)
    return name in (*_PLAIN, MANIFEST) or name.startswith("rules/")


def _forget(connection: Connection, entry: Entry) -> None:
    """Puts totals in place of a run's rows in the ledger."""
    _refuse_open_lines(connection, entry)
    for table, columns in _WITHOUT_NAMES.items():
        rows = connection.execute(select(table).where(table.c.run_id == entry.id)).all()
        connection.execute(delete(table).where(table.c.run_id == entry.id))
        for number, (key, amount) in enumerate(_totals(rows, columns).items(), start=1):
            values = dict(zip(columns, key, strict=True))
            identity = {"id": f"purged-{entry.id}-{number}"} if table is lines else {}
            connection.execute(insert(table).values(run_id=entry.id, amount=amount, **values, **identity))
    connection.execute(update(questions).where(questions.c.run_id == entry.id).values(payee=None, found="purged"))


def _refuse_open_lines(connection: Connection, entry: Entry) -> None:
    """Raises InputProblems where a line is still to be paid."""
    open_lines = select(lines.c.id).where(lines.c.run_id == entry.id, lines.c.carried_by.is_(None))
    if connection.execute(open_lines.limit(1)).first() is not None:
        message = f"lines of `{entry.name}` are not paid yet: nobody would know to whom they are due"
        raise InputProblems([Problem("open-lines", message, hint="pay them first: `incentive status` says how")])


def _totals(rows: Sequence[Row[tuple[object, ...]]], columns: Sequence[str]) -> Mapping[tuple[object, ...], Decimal]:
    totals: dict[tuple[object, ...], Decimal] = {}
    for row in rows:
        key = tuple(row._mapping[column] for column in columns)
        totals[key] = totals.get(key, Decimal(0)) + row._mapping["amount"]
    return totals


def _remove_empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
