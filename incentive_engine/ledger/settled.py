"""What of a period is settled: what payroll was sent, and what corrections have booked into other periods."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, Select, String, Table, select, type_coerce, union_all

from incentive_engine.ledger.database import lines, payments
from incentive_engine.periods import Period

AMOUNT: Final = pl.Decimal(38, 12)
"""Holds every amount: no currency and no rounding has more decimals."""
BESIDES: Final = pl.Schema(dict.fromkeys(("payee", "pays", "rule_set", "period"), pl.String()))
SETTLED: Final = pl.Schema(dict.fromkeys(("payee", "pays", "currency"), pl.String()) | {"amount": AMOUNT})


def settled(connection: Connection, rule_set: str, period: str) -> pl.DataFrame:
    """One row per payee × pays × currency: what was paid for a period, and what is booked elsewhere because of it.

    What other periods' corrections brought to payments of this one is not about it, and is not counted.
    """
    paid = _as_written(payments).where(
        payments.c.rule_set == rule_set, payments.c.period == period, payments.c.kind != "correction"
    )
    booked = _as_written(lines).where(lines.c.rule_set == rule_set, lines.c.of_period == period)
    rows = connection.execute(union_all(paid, booked)).all()
    columns = zip(*rows, strict=True) if rows else ([] for _ in SETTLED)
    texts = [pl.Series(name, column, pl.String) for name, column in zip(SETTLED, columns, strict=True)]
    frame = pl.DataFrame(texts).cast({"amount": AMOUNT})
    return frame.group_by("payee", "pays", "currency").agg(pl.col("amount").sum()).sort("payee", "pays", "currency")


def paid_besides(connection: Connection, rule_set: str, period: Period) -> pl.DataFrame:
    """Who was paid for days of a period by other rules, or for another period: payee, pays, rule_set, period.

    A rule set that was renamed, or a half in place of a quarter, would pay everybody once more.
    """
    known = connection.execute(select(payments.c.rule_set, payments.c.period).distinct()).all()
    others = [
        each
        for each in sorted(map(tuple, known))
        if each != (rule_set, period.name) and Period.parse(each[1], period.year_starts).overlaps(period)
    ]
    columns = [payments.c[name] for name in BESIDES]
    rows: list[tuple[Any, ...]] = []
    for by, name in others:
        of = (payments.c.rule_set == by, payments.c.period == name, payments.c.kind != "correction")
        rows += map(tuple, connection.execute(select(*columns).where(*of)))
    return pl.DataFrame(rows, BESIDES, orient="row").unique().sort(BESIDES.names())


def _as_written(table: Table) -> Select[Any]:
    """Amounts as the text that they are: a million of them become decimals together six times as fast."""
    amount = type_coerce(table.c.amount, String).label("amount")
    return select(table.c.payee, table.c.pays, table.c.currency, amount)
