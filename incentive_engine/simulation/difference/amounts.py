"""What everybody is paid by one rule set after the other, on the same data."""

from __future__ import annotations

import polars as pl

from incentive_engine.engine import outputs
from incentive_engine.engine.adjusting import RELEASE
from incentive_engine.engine.adjustments import KIND
from incentive_engine.engine.running import Calculation
from incentive_engine.simulation.difference.touched import Amounts, Pay
from incentive_engine.simulation.scenarios.simulating import Baseline, paid_by


def amounts_of(calculation: Calculation) -> Amounts:
    """One row per payee × currency: what is worked out or released, in the currency of the rules."""
    payouts = outputs.payouts(calculation).select("payee", "currency", pl.col("payout").alias("amount"))
    released = calculation.decided.used.lazy().filter(pl.col(KIND) == RELEASE)
    both = [payouts, released.select("payee", "currency", pl.col("pay").alias("amount"))]
    rows = pl.concat(both, how="vertical_relaxed").filter(pl.col("amount").is_not_null())
    return rows.group_by("payee", "currency").agg(pl.col("amount").sum()).collect(engine="streaming")


def paying(base: Baseline) -> Pay:
    """What rules pay on the data and for the period of a baseline."""
    return lambda rules: amounts_of(paid_by(base, rules))
