"""The correction lines that a run carries into payroll: each is paid once, by its name in the ledger."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, bindparam, func, select, update

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.database import lines
from incentive_engine.ledger.ledger import Entry
from incentive_engine.ledger.settled import AMOUNT

_TOLD = ("payee", "pays", "currency", "amount")


def uncarried(connection: Connection, entry: Entry, corrections: pl.DataFrame) -> pl.DataFrame:
    """Those of a run's lines that no run has paid: line, payee, pays, currency, amount, and `correction` as kind.

    Raises InputProblems where the ledger does not know one, or knows it otherwise.
    """
    of_period = (lines.c.rule_set == entry.rule_set, lines.c.into_period == entry.period)
    booked = select(lines.c.id, lines.c.carried_by, *(lines.c[name] for name in _TOLD)).where(*of_period)
    rows = [tuple(row) for row in connection.execute(booked)]
    texts = dict.fromkeys(("line", "payee", "pays", "currency"), pl.String())
    known = pl.DataFrame(
        [(line, *told) for line, _, *told in rows], pl.Schema(texts | {"amount": AMOUNT}), orient="row"
    )
    wrong = corrections.join(known, on=["line", *_TOLD], how="anti")["line"].to_list()
    if wrong:
        message = f"the ledger does not know the correction lines {', '.join(wrong)} as this run carries them"
        raise InputProblems(
            [Problem("unknown-line", message, hint="run the period again, so that it takes what is open")]
        )
    paid = [line for line, carried_by, *_ in rows if carried_by is not None]
    return corrections.filter(~pl.col("line").is_in(paid)).with_columns(pl.lit("correction").alias("kind"))


def carry(connection: Connection, entry: Entry, carried: pl.DataFrame) -> None:
    """Writes into the ledger that a run pays these lines."""
    mark = update(lines).where(lines.c.id == bindparam("line")).values(carried_by=entry.id)
    if carried.height:
        connection.execute(mark, [{"line": line} for line in carried["line"]])


def open_lines(connection: Connection, entry: Entry) -> int:
    """How many lines booked into the period of a run nobody has paid."""
    of_period = (lines.c.rule_set == entry.rule_set, lines.c.into_period == entry.period)
    return connection.scalar(select(func.count()).where(*of_period, lines.c.carried_by.is_(None))) or 0
