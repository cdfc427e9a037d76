"""The correction lines that a run of the open period carries: what closed periods still owe, or are owed."""

from __future__ import annotations

from typing import Final

import polars as pl
from sqlalchemy import select

from incentive_engine.ledger.database import lines, runs
from incentive_engine.ledger.ledger import Ledger

_TEXTS: Final = ("line", "payee", "pays", "of_period", "cause", "currency")


def lines_into(ledger: Ledger, rule_set: str, period: str) -> pl.DataFrame:
    """One row per open line that corrections booked into a period, by line: those that no run has paid yet.

    line, payee, pays, of_period, cause, currency; amount: Decimal; run: the fingerprint of the correction.
    """
    wanted = (
        select(lines, runs.c.fingerprint)
        .join(runs, runs.c.id == lines.c.run_id)
        .where(lines.c.rule_set == rule_set, lines.c.into_period == period, lines.c.carried_by.is_(None))
        .order_by(lines.c.id)
    )
    with ledger.reading() as connection:
        found = connection.execute(wanted).all()
    texts = {name: [getattr(row, "id" if name == "line" else name) for row in found] for name in _TEXTS}
    amounts = [row.amount for row in found]
    places = max((-int(amount.as_tuple().exponent) for amount in amounts), default=0)
    return pl.DataFrame(texts, dict.fromkeys(_TEXTS, pl.String)).with_columns(
        pl.Series("amount", amounts, pl.Decimal(38, max(0, places))),
        pl.Series("run", [row.fingerprint for row in found], pl.String),
    )
