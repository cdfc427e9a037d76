"""The tables of the ledger and the engine that reads and writes them. All that knows of SQLite is in this file.

Money is text: SQLite knows no decimals, and a binary float would lose cents. Writing begins with a lock (BEGIN
IMMEDIATE), so that whoever writes has read what is true now; readers never wait for one another. The journal is the
rollback journal, not WAL: a project may stand on a network drive, and its ledger is one file to copy.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Dialect,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    NullPool,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError
from sqlalchemy.types import TypeDecorator

from incentive_engine.errors import InputProblems, Problem

LEDGER_FILE: Final = "ledger.db"
FORMAT: Final = 1
_PATIENCE: Final = 60
"""Seconds to wait for somebody else who writes."""


class Money(TypeDecorator[Decimal]):
    """An exact amount, stored as text."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if not isinstance(value, Decimal):
            raise TypeError(f"money is a Decimal, not {value!r}")
        return f"{value:f}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Moment(TypeDecorator[dt.datetime]):
    """A moment in UTC, stored as text that a person can read."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else value.astimezone(dt.UTC).isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> dt.datetime | None:
        return None if value is None else dt.datetime.fromisoformat(value)


METADATA: Final = MetaData()


def _text(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, String, nullable=optional)


def _run(name: str = "run_id", *, optional: bool = False) -> Column[int]:
    return Column(name, Integer, ForeignKey("runs.id"), nullable=optional)


formats: Final = Table("format", METADATA, Column("number", Integer, primary_key=True))
"""One row: how this ledger is laid out."""

runs: Final = Table(
    "runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    _text("folder"),
    _text("kind"),
    _text("rule_set"),
    _text("period"),
    _text("fingerprint"),
    _text("author", optional=True),
    _text("os_user", optional=True),
    Column("made_at", Moment, nullable=True),
    UniqueConstraint("folder", "fingerprint"),
)
"""One row per run that the ledger has seen. `folder`: below the project, with forward slashes."""

events: Final = Table(
    "events",
    METADATA,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("number", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    _text("action"),
    _text("state"),
    _text("name"),
    _text("os_user"),
    Column("detail", JSON, nullable=False),
    UniqueConstraint("run_id", "number"),
)
"""One row per thing that somebody did with a run; `state` is where the run stands after it. Rows are only added."""

seals: Final = Table(
    "seals",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("run_id", Integer, ForeignKey("runs.id"), nullable=False, unique=True),
    Column("head", String, nullable=False, unique=True),
    _text("previous", optional=True),
)
"""The chain of sealed runs. Rows are only added."""

payments: Final = Table(
    "payments",
    METADATA,
    Column("id", Integer, primary_key=True),
    _run(),
    _text("period"),
    _text("rule_set"),
    _text("payee", optional=True),
    _text("payroll_id", optional=True),
    _text("legal_entity", optional=True),
    _text("pays"),
    _text("pay_code"),
    _text("currency"),
    Column("amount", Money, nullable=False),
    _text("kind"),
    Index("payments_of_period", "rule_set", "period"),
)
"""One row per amount that was exported to payroll; once personal rows are purged, one per pay code and currency."""

lines: Final = Table(
    "lines",
    METADATA,
    Column("id", String, primary_key=True),
    _run(),
    _text("of_period"),
    _text("into_period"),
    _text("rule_set"),
    _text("payee", optional=True),
    _text("pays"),
    _text("cause"),
    _text("currency"),
    Column("amount", Money, nullable=False),
    _run("carried_by", optional=True),
    Index("lines_into_period", "rule_set", "into_period"),
)
"""One row per payee and cause that a correction books into an open period. `carried_by`: the run that paid it."""

questions: Final = Table(
    "questions",
    METADATA,
    Column("id", String, primary_key=True),
    _run(),
    _text("rule_set"),
    _text("period"),
    _text("payee", optional=True),
    _text("found"),
    Column("asked_at", Moment, nullable=False),
)
"""One row per thing that was deleted after payment: somebody has to decide. `run_id`: the correction that asked."""

decisions: Final = Table(
    "decisions",
    METADATA,
    Column("question", String, primary_key=True),
    _text("decision"),
    _text("reason"),
    _text("author"),
    _text("approver"),
    _text("os_user"),
    Column("at", Moment, nullable=False),
)
"""One row per question that was decided: `keep` or `remove`."""


def _only_added(table: Table) -> None:
    """SQLite itself refuses to change a row of the table, whichever program asks."""
    for verb in ("UPDATE", "DELETE"):
        statement = (
            f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table.name} are only added'); END"
        )
        event.listen(table, "after_create", partial(_protect, statement))


def _protect(statement: str, table: Table, connection: Connection, **_: Any) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(statement)


_only_added(events)
_only_added(seals)


def open_database(path: Path) -> Engine:
    """An engine on the ledger in a file, which is made, readable by its owner only, where there is none.

    Raises InputProblems for a file that is no ledger, or one of a later version.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": _PATIENCE})
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    with reading(engine, path) as connection:
        found = inspect(connection).has_table(formats.name)
        number = connection.scalar(select(formats.c.number)) if found else None
    if number is None:
        _lay_out(engine, path)
    elif number != FORMAT:
        message = f"`{path}` has format {number}; this program reads format {FORMAT}"
        raise InputProblems([Problem("other-ledger", message, hint="use the version of incentive that wrote it")])
    return engine


def _lay_out(engine: Engine, path: Path) -> None:
    with writing(engine, path) as connection:
        if inspect(connection).has_table(formats.name):
            return  # by somebody else, at the same moment
        if inspect(connection).get_table_names():
            message = f"`{path}` is a database, but no ledger"
            raise InputProblems([Problem("not-a-ledger", message, hint="move it elsewhere")])
        METADATA.create_all(connection, checkfirst=False)
        connection.execute(insert(formats).values(number=FORMAT))


@contextmanager
def reading(engine: Engine, path: Path) -> Iterator[Connection]:
    """A connection that sees one state of the ledger from beginning to end."""
    with _told(path), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine, path: Path) -> Iterator[Connection]:
    """A connection that nobody writes beside; what it wrote is kept when the block ends well, else nothing of it."""
    with _told(path), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def was_taken(error: IntegrityError) -> bool:
    """Whether a row could not be written because somebody else wrote one that can be there once only."""
    return "UNIQUE" in str(error.orig)


def _set_up(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy begins transactions, not the driver
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA secure_delete = ON")  # what is purged is not left in free pages


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What a database says of a file that it cannot use, as a problem of the input."""
    try:
        yield
    except OperationalError as error:
        said = str(error.orig)
        if "locked" in said:
            message = f"somebody else has been writing into `{path}` for {_PATIENCE} seconds"
            raise InputProblems([Problem("ledger-busy", message, hint="try again in a moment")]) from None
        raise InputProblems([Problem("ledger", f"`{path}` cannot be used: {said}")]) from None
    except DatabaseError as error:
        if "not a database" not in (said := str(error.orig)) and "malformed" not in said:
            raise
        hint = "bring it back from a copy: who approved and what was paid stands only there"
        raise InputProblems([Problem("not-a-ledger", f"`{path}` is no ledger: {said}", hint=hint)]) from None
