"""The ledger of a project: which runs there are, who did what with them, and where each stands.

A run's story is a list of numbered events; where it stands is what its last event says. Whoever adds an event names
the number that comes next by what he has read: of two at once one wins, and the other is told.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, Executable, Row, insert, select
from sqlalchemy.exc import IntegrityError

from incentive_engine.engine.folder import RUN_FILE, fingerprint
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger import database
from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.clock import now
from incentive_engine.ledger.database import LEDGER_FILE, events, runs, seals
from incentive_engine.ledger.making import Made, made_in
from incentive_engine.ledger.manifest import MANIFEST

State = Literal["draft", "reviewed", "approved", "exporting", "paid", "rejected", "booked", "replaced"]
Kind = Literal["run", "correction"]

FOLLOWING: Final[Mapping[State, frozenset[State]]] = {
    "draft": frozenset({"draft", "reviewed", "rejected", "booked", "replaced"}),
    "reviewed": frozenset({"reviewed", "approved", "rejected", "replaced"}),
    "approved": frozenset({"approved", "exporting", "rejected"}),
    "exporting": frozenset({"exporting", "paid"}),
    "paid": frozenset({"paid"}),
    "rejected": frozenset({"rejected", "replaced"}),
    "booked": frozenset({"booked"}),
    "replaced": frozenset({"draft"}),
}
"""Where a run can stand next.

`booked`: a correction whose lines are in the ledger. `replaced`: the folder holds another run now.
"""

FINAL: Final[frozenset[State]] = frozenset({"approved", "exporting", "paid", "booked"})
"""Where a run's folder must not change any more."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that somebody did with a run; `state` is where the run stands after it.

    `id`: its place among the events of all runs, whatever the clock said; `number`: among those of the run.
    """

    id: int
    number: int
    at: dt.datetime
    action: str
    state: State
    name: str
    os_user: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """A run in the ledger, as it stood when it was read."""

    id: int
    name: str
    """Its folder below the project, with forward slashes."""
    folder: Path
    kind: Kind
    rule_set: str
    period: str
    fingerprint: str
    """SHA-256 of its run.json."""
    author: str | None
    os_user: str | None
    made_at: dt.datetime | None
    events: tuple[Event, ...]

    @property
    def state(self) -> State:
        """Where the run stands."""
        return self.events[-1].state

    @property
    def number(self) -> int:
        """The number of its last event."""
        return self.events[-1].number

    def last(self, action: str) -> Event | None:
        """The last event of a kind, if there is one."""
        return next((each for each in reversed(self.events) if each.action == action), None)


@dataclass(frozen=True, slots=True)
class Seal:
    """A link of the chain of sealed runs."""

    number: int
    run_id: int
    head: str
    previous: str | None


class Ledger:
    """The ledger of a project, used in a `with` block. `folder`: the project's."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder, self._engine = folder, engine

    @classmethod
    def open(cls, folder: Path) -> Ledger:
        """The ledger of the project in `folder`; an empty one where there is none yet. Raises InputProblems."""
        folder = folder.resolve()
        return cls(folder, database.open_database(folder / LEDGER_FILE))

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._engine.dispose()

    @cached_property
    def path(self) -> Path:
        """The file."""
        return self.folder / LEDGER_FILE

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the ledger from beginning to end."""
        with database.reading(self._engine, self.path) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection that nobody writes beside; all that it wrote is kept when the block ends well, else nothing.

        Whoever was faster with a row that can be there once only wins: the other gets InputProblems.
        """
        try:
            with database.writing(self._engine, self.path) as connection:
                yield connection
        except IntegrityError as error:
            if not database.was_taken(error):
                raise
            raise InputProblems([_somebody_was_first("somebody else wrote the same into the ledger")]) from None

    def entries(self) -> list[Entry]:
        """Every run, in the order in which the ledger came to know them."""
        with self.reading() as connection:
            return self._entries(connection)

    def run(self, folder: Path | str, kind: Kind = "run") -> Entry:
        """The run in a folder below the project; one that the ledger has not seen is registered, as a draft.

        Its author is who `made.json` names. A run that the folder held before is `replaced`. Raises InputProblems where
        the folder is no run's, is outside the project, was changed after it was approved, or is a copy of a sealed one.
        """
        folder = Path(folder).resolve()
        name, found = self._name(folder), _Found.in_folder(folder)
        known = self._known(name, found.fingerprint)
        return known or self._take_in(folder, kind, found)

    def record(
        self,
        entry: Entry,
        action: str,
        state: State,
        actor: Actor,
        detail: Mapping[str, Any] = {},
        rows: Sequence[Executable] = (),
    ) -> Entry:
        """The entry after an event that is written with all `rows` (inserts, updates), or not at all.

        Raises InputProblems where somebody did something else with the run since it was read.
        """
        with self.writing() as connection:
            self.append(connection, entry, action, state, actor, detail)
            for row in rows:
                connection.execute(row)
        return self.again(entry)

    def append(
        self,
        connection: Connection,
        entry: Entry,
        action: str,
        state: State,
        actor: Actor,
        detail: Mapping[str, Any] = {},
    ) -> None:
        """Writes an event after those that `entry` knows, within `writing`. Raises InputProblems as `record` does."""
        self.refuse_if_older(connection, entry)
        if state not in FOLLOWING[entry.state]:
            hint = "`incentive status` says where every run stands"
            message = f"`{entry.name}` is {entry.state}: it cannot become {state}"
            raise InputProblems([Problem("wrong-state", message, hint=hint)])
        values = {"run_id": entry.id, "number": entry.number + 1, "at": now(), "action": action, "state": state}
        who = {"name": actor.name, "os_user": actor.os_user}
        connection.execute(insert(events).values(**values, **who, detail=dict(detail)))

    def refuse_if_older(self, connection: Connection, entry: Entry) -> None:
        """Raises InputProblems where somebody did something with the run since it was read, within `writing`.

        To be asked before anything is written into the run's folder: it may be sealed by now.
        """
        last = connection.execute(
            select(events.c.number, events.c.action, events.c.name, events.c.state)
            .where(events.c.run_id == entry.id)
            .order_by(events.c.number.desc())
            .limit(1)
        ).one()
        if last.number != entry.number:
            told = f"`{entry.name}` is {last.state} now: {last.action} by {last.name}"
            raise InputProblems([_somebody_was_first(told)])

    def register(
        self,
        connection: Connection,
        folder: Path,
        kind: Kind,
        state: State,
        told: Mapping[str, Any],
        actor: Actor,
    ) -> int:
        """The id of a run that is new to the ledger, within `writing`; its first event says that it stands in `state`.

        `told`: its rule_set, period and fingerprint and, where somebody is known to have made it, its author, os_user
        and made_at.
        """
        new = connection.execute(insert(runs).values(folder=self._name(folder.resolve()), kind=kind, **told))
        assert new.inserted_primary_key is not None
        number = int(new.inserted_primary_key.id)
        first = {"run_id": number, "number": 1, "at": now(), "action": "registered", "state": state, "detail": {}}
        connection.execute(insert(events).values(**first, name=actor.name, os_user=actor.os_user))
        return number

    def again(self, entry: Entry) -> Entry:
        """The entry as it stands now."""
        with self.reading() as connection:
            return next(each for each in self._entries(connection) if each.id == entry.id)

    def seals(self) -> list[Seal]:
        """The chain of sealed runs, the oldest first."""
        with self.reading() as connection:
            return _seals(connection)

    def last_seal(self, connection: Connection) -> Seal | None:
        """The seal to which the next one is chained, within `writing`."""
        return next(reversed(_seals(connection)), None)

    def _name(self, folder: Path) -> str:
        if folder == self.folder or not folder.is_relative_to(self.folder):
            message = f"`{folder}` is not inside the project `{self.folder}`"
            raise InputProblems([Problem("not-in-project", message, hint="run into a folder below the project")])
        return folder.relative_to(self.folder).as_posix()

    def _known(self, name: str, print_: str) -> Entry | None:
        """The run of that folder and fingerprint, unless the folder holds another one since."""
        of_folder = (each for each in self.entries() if (each.name, each.fingerprint) == (name, print_))
        return next((each for each in of_folder if each.state != "replaced"), None)

    def _take_in(self, folder: Path, kind: Kind, found: _Found) -> Entry:
        name = self._name(folder)
        with self.writing() as connection:
            of_folder = {each.fingerprint: each for each in self._entries(connection) if each.name == name}
            entry = of_folder.pop(found.fingerprint, None)
            for each in of_folder.values():
                self._replace(connection, each, found.actor)
            if entry is None:
                refuse_sealed(folder)
                self.register(connection, folder, kind, "draft", found.told(), found.actor)
            elif entry.state == "replaced":
                self.append(connection, entry, "restored", "draft", found.actor)
        return next(each for each in self.entries() if (each.name, each.fingerprint) == (name, found.fingerprint))

    def _entries(self, connection: Connection) -> list[Entry]:
        stories: dict[int, list[Event]] = {}
        for row in connection.execute(select(events).order_by(events.c.run_id, events.c.number)):
            stories.setdefault(row.run_id, []).append(
                Event(row.id, row.number, row.at, row.action, row.state, row.name, row.os_user, row.detail)
            )
        return [self._entry(row, stories[row.id]) for row in connection.execute(select(runs).order_by(runs.c.id))]

    def _entry(self, row: Row[Any], story: Sequence[Event]) -> Entry:
        told = (row.kind, row.rule_set, row.period, row.fingerprint, row.author, row.os_user, row.made_at)
        return Entry(row.id, row.folder, self.folder / row.folder, *told, tuple(story))

    def _replace(self, connection: Connection, entry: Entry, actor: Actor) -> None:
        if entry.state in FINAL:
            raise InputProblems([_changed(entry)])
        if entry.state != "replaced":
            self.append(connection, entry, "replaced", "replaced", actor)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a run's folder says of the run."""

    rule_set: str
    period: str
    fingerprint: str
    made: Made | None

    @property
    def actor(self) -> Actor:
        """Who made the run, or else whoever types now."""
        return Actor.declared() if self.made is None else self.made.by

    def told(self) -> Mapping[str, Any]:
        """What the ledger keeps of the run."""
        of = {"rule_set": self.rule_set, "period": self.period, "fingerprint": self.fingerprint}
        made = self.made
        by = {} if made is None else {"author": made.by.name, "os_user": made.by.os_user, "made_at": made.at}
        return {**of, **by}

    @classmethod
    def in_folder(cls, folder: Path) -> _Found:
        """Raises InputProblems where the folder holds no run, or a preview."""
        try:
            text = (folder / RUN_FILE).read_bytes()
            told = json.loads(text)
            found = cls(told["rule_set"], told["period"], fingerprint(text), made_in(folder))
        except FileNotFoundError:
            hint = "give the folder that `incentive run … --out` wrote"
            raise InputProblems([Problem("not-a-run", f"`{folder}` holds no {RUN_FILE}", hint=hint)]) from None
        except (ValueError, TypeError, KeyError):
            hint = "the folder was changed after the run: run again into another"
            raise InputProblems([Problem("spoilt-run", f"`{folder}` lacks a whole {RUN_FILE}", hint=hint)]) from None
        refuse_preview(folder, told)
        return found


def refuse_preview(folder: Path, summary: Mapping[str, Any]) -> None:
    """Raises InputProblems where `run.json` says that a run is a preview: nobody decides anything about one."""
    if "preview" in summary:
        hint = "when the period is over, run again without `--preview`"
        raise InputProblems([Problem("preview", f"`{folder}` is a preview, by which nothing is decided", hint=hint)])


def _seals(connection: Connection) -> list[Seal]:
    rows = connection.execute(select(seals).order_by(seals.c.number))
    return [Seal(row.number, row.run_id, row.head, row.previous) for row in rows]


def refuse_sealed(folder: Path) -> None:
    """Raises InputProblems for a folder that is sealed, to be asked of one that the ledger does not know.

    What is sealed was approved, and is in the ledger by its name: this is a copy, or the ledger is not the one.
    """
    if (folder / MANIFEST).exists():
        message = f"`{folder}` is sealed, and this ledger knows nothing of it"
        hint = "keep copies outside the project and runs where they were; of ledger.db, bring back the last copy"
        raise InputProblems([Problem("unknown-seal", message, hint=hint)])


def _changed(entry: Entry) -> Problem:
    message = f"`{entry.name}` holds another run than the one that is {entry.state}"
    return Problem("changed-run", message, hint="bring the folder back from a copy, and run into another one")


def _somebody_was_first(told: str) -> Problem:
    return Problem("somebody-was-first", told, hint="look at `incentive status`, then try again if it is still right")
