"""What of a period is settled: what payroll was sent, and what corrections have booked into other periods."""

from __future__ import annotations

from typing import Final

import polars as pl
from sqlalchemy import Connection, select, union_all

from incentive_engine.ledger.database import lines, payments

AMOUNT: Final = pl.Decimal(38, 12)
"""Holds every amount: no currency and no rounding has more decimals."""
SETTLED: Final = pl.Schema(dict.fromkeys(("payee", "pays", "currency"), pl.String()) | {"amount": AMOUNT})


def settled(connection: Connection, rule_set: str, period: str) -> pl.DataFrame:
    """One row per payee × pays × currency: what was paid for a period, and what is booked elsewhere because of it.

    What other periods' corrections brought to payments of this one is not about it, and is not counted.
    """
    columns = ("payee", "pays", "currency", "amount")
    paid = select(*(payments.c[name] for name in columns)).where(
        payments.c.rule_set == rule_set, payments.c.period == period, payments.c.kind != "correction"
    )
    booked = select(*(lines.c[name] for name in columns)).where(
        lines.c.rule_set == rule_set, lines.c.of_period == period
    )
    rows = connection.execute(union_all(paid, booked)).all()
    frame = pl.DataFrame([tuple(row) for row in rows], SETTLED, orient="row")
    return frame.group_by("payee", "pays", "currency").agg(pl.col("amount").sum()).sort("payee", "pays", "currency")
