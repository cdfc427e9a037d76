"""The last look before anything is paid: the files hold what `run.json` says is owed, less what is settled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import polars as pl

from incentive_engine.engine.invariants import BrokenInvariant
from incentive_engine.ledger.payroll.columns import Line


def owed(summary: Mapping[str, Any]) -> dict[str, Decimal]:
    """What a run pays in each currency, by its own totals: payouts, releases and correction lines."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amounts in summary["paid"].items():
        sums[currency] += Decimal(amounts["paid"])
    for name in ("released", "corrections"):
        for currency, amount in summary[name].items():
            sums[currency] += Decimal(amount)
    return sums


def check_balance(owed: Mapping[str, Decimal], settled: Iterable[pl.DataFrame], lines: Iterable[Line]) -> None:
    """Raises BrokenInvariant unless, in each currency, the lines and what is settled add up to what is owed.

    `settled`: frames with currency and amount.
    """
    found: dict[str, Decimal] = defaultdict(Decimal)
    for frame in settled:
        for currency, amount in frame.group_by("currency").agg(pl.col("amount").sum()).iter_rows():
            found[currency] += amount
    for line in lines:
        found[line.currency] += line.amount
    for currency in sorted(owed.keys() | found.keys()):
        should, holds = owed.get(currency, Decimal(0)), found.get(currency, Decimal(0))
        if should != holds:
            raise BrokenInvariant(f"payroll: {currency} {holds} is paid or settled, and {should} is owed")
