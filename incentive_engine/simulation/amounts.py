"""What everybody is paid by one rule set after the other, on the same data."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Final

import polars as pl

from incentive_engine.engine import outputs
from incentive_engine.engine.adjusting import RELEASE
from incentive_engine.engine.adjustments import KIND
from incentive_engine.engine.running import Calculation, Timings, accept_for, calculate
from incentive_engine.facts import Accepted
from incentive_engine.rulesets.loading import Rules, rules_for
from incentive_engine.simulation.touched import Amounts, Pay

_READ: Final = ("sources", "history", "cases", "tables", "employment", "assignments", "leave", "exchange", "calendar")
"""What a rule set says of tables beside how they are read."""


def amounts_of(calculation: Calculation) -> Amounts:
    """One row per payee × currency: what is worked out or released, in the currency of the rules."""
    payouts = outputs.payouts(calculation).select("payee", "currency", pl.col("payout").alias("amount"))
    released = calculation.decided.used.lazy().filter(pl.col(KIND) == RELEASE)
    both = [payouts, released.select("payee", "currency", pl.col("pay").alias("amount"))]
    rows = pl.concat(both, how="vertical_relaxed").filter(pl.col("amount").is_not_null())
    return rows.group_by("payee", "currency").agg(pl.col("amount").sum()).collect(engine="streaming")


def paying(data: Path, period: str) -> Pay:
    """What rules pay on the data of a folder for a period; tables are read again where others are asked for."""
    read: dict[Hashable, Accepted] = {}

    def pay(rules: Rules) -> Amounts:
        asked = rules.period(period)
        paid_by = rules_for(rules, asked)
        key = repr((paid_by.contracts, [getattr(paid_by.ruleset, name) for name in _READ]))
        if key not in read:
            read.clear()
            read[key] = accept_for(paid_by, data)
        return amounts_of(calculate(paid_by, read[key], asked, Timings(), keep=False))

    return pay
