"""Money by payee, what it is for and currency: what a calculation pays, and how two states differ.

Who was paid and is held now keeps what he was paid: nobody knows yet what it should have been. A line is the difference
between two states, so that all lines together are exactly the difference between the first and the last.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import PLAN
from incentive_engine.compiler.program import Program
from incentive_engine.engine import outputs
from incentive_engine.engine.adjusting import PAY, RELEASE
from incentive_engine.engine.adjustments import KIND
from incentive_engine.engine.known import held_people
from incentive_engine.engine.run import Run
from incentive_engine.engine.running import Calculation
from incentive_engine.rulesets.exchange import PAID, PAID_CURRENCY

OF: Final = ("payee", "pays", "currency")
"""What tells amounts apart."""
_PLACES: Final = 12
AMOUNT: Final = pl.Decimal(38, _PLACES)
AMOUNTS: Final = pl.Schema({**dict.fromkeys(OF, pl.String()), "amount": AMOUNT})
_WAS: Final = "was"


def amounts_of(calculation: Calculation) -> pl.DataFrame:
    """What a calculation pays: one row per payee × pays × currency."""
    return _summed(outputs.payouts(calculation), calculation.decided.used.lazy())


def paid_in(run: Run) -> pl.DataFrame:
    """What a run pays: one row per payee × pays × currency."""
    return _summed(run.tables["payouts"], run.tables["adjustments"])


def _summed(payouts: pl.LazyFrame, adjustments: pl.LazyFrame) -> pl.DataFrame:
    """What is paid by rules, and to those who are held and released by decision."""
    by_rules = payouts.select("payee", "pays", pl.col(PAID_CURRENCY).alias("currency"), pl.col(PAID).alias("amount"))
    released = adjustments.filter(pl.col(KIND) == RELEASE).select(*OF, pl.col(PAY).alias("amount"))
    amounts = [each.with_columns(pl.col("amount").cast(AMOUNT)) for each in (by_rules, released)]
    known = pl.concat(amounts).filter(pl.col("amount").is_not_null())
    found = known.group_by(OF).agg(pl.col("amount").sum()).collect(engine="streaming")
    return found.sort(OF).match_to_schema(AMOUNTS)


def differences(was: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """What changes from some amounts to others, where anything does."""
    both = was.rename({"amount": _WAS}).join(now, on=OF, how="full", coalesce=True)
    zero = pl.lit(0).cast(AMOUNT)
    change = pl.col("amount").fill_null(zero) - pl.col(_WAS).fill_null(zero)
    return both.select(*OF, change.cast(AMOUNT).alias("amount")).filter(pl.col("amount") != zero).sort(OF)


def not_paid_any_more(was: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The amounts of those who are not paid for that any more, in any currency."""
    return was.join(now, on=["payee", "pays"], how="anti", maintain_order="left")


def held_among(lost: pl.DataFrame, calculation: Calculation) -> pl.DataFrame:
    """Those of `lost` amounts whose payees are held for what they are about: neither paid nor due nothing."""
    if lost.is_empty():
        return lost
    unplaced = pl.concat([held_people(calculation.accepted), calculation.people.held.select("payee")])
    unplaced = unplaced.join(calculation.people.table.frame, on="payee", how="anti")
    plans = [_held_in(each.program, each.frame) for each in calculation.evaluations]
    about = [frame.join(lost.lazy().select("payee"), on="payee", how="semi").collect() for frame in plans]
    by_plan = pl.concat([calculation.assigned.blocked, *about])
    held = lost.join(unplaced, on="payee", how="semi"), lost.join(by_plan, on=["payee", "pays"], how="semi")
    return pl.concat(held).unique().sort(OF)


def _held_in(program: Program, frame: pl.LazyFrame) -> pl.LazyFrame:
    pays = pl.Series([plan.pays for plan in program.plans], dtype=pl.String)
    return frame.filter(~program.paid).select("payee", pl.lit(pays).gather(pl.col(PLAN)).alias("pays"))
