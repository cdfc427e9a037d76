"""In Polars, the same exact arithmetic: integers of 0.0001, one `with_columns` per stage, Int128 for the last product.

Written for this one plan by someone who knows both the numbers and Polars: every bound worked out on paper, divisors
reduced, segments in line merged, guards left out where this plan cannot need them. The best of several ways of writing
each line is kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import polars as pl
import polars.selectors as cs

START, END, DAYS = dt.date(2026, 7, 1), dt.date(2026, 9, 30), 92
CUSTOMER: Final = {
    "nps": 20, "satisfied": 15, "ease": 15, "answered_fast": 10,
    "first_time_fix": 10, "on_time": 10, "resolution_days": 10, "reopened": 10,
}  # fmt: skip
INTERNAL: Final = {"handle_time": 30, "adherence": 30, "productivity": 25, "training": 15}
MEASURES: Final = (*CUSTOMER, *INTERNAL)


def evaluated(wide: pl.LazyFrame) -> pl.LazyFrame:
    """One row per payee: attainment, rate and pay of each measure, scores and payout, as integer counts.

    Attainments and rates count 0.0001, scores 0.000001, the proration 10**-10, pay cents.
    """
    scored = (
        wide.with_columns(_attainments())
        .with_columns(_rates())
        .with_columns(_parts())
        .pipe(_cumulated)
        .with_columns(_upto(CUSTOMER).alias("customer"), _upto(INTERNAL).alias("internal.open"), _proration())
        .with_columns(
            pl.when(pl.col("adherence") < 5000)
            .then(pl.col("internal.open") * 0)  # not 0: a missing score stays missing
            .otherwise("internal.open")
            .alias("internal")
        )
        .with_columns(
            ((70 * pl.col("customer") + 30 * pl.col("internal")).clip(None, 150_000_000).alias("points")),
        )
        .with_columns(((pl.col("points") + 50) // 100).alias("score"))
        .with_columns(_payout())
        .with_columns(_customer_money())
        .with_columns((pl.col("payout") - pl.col("customer.money")).alias("internal.money"))
    )
    return (
        scored.with_columns(_divisors("customer") + _divisors("internal"))
        .with_columns(_reached("customer", CUSTOMER) + _reached("internal", INTERNAL))
        .with_columns(_shares("customer", CUSTOMER) + _shares("internal", INTERNAL))
        .with_columns(
            pl.col("customer.money").alias("customer_pay"),
            pl.col("internal.money").alias("internal_pay"),
            (pl.col("payout") - pl.col("customer.money") - pl.col("internal.money")).alias("other_pay"),
        )
        .drop(cs.matches(r"\.(upto|reached|total|twice)$"))
    )


def _attainments() -> list[pl.Expr]:
    kpi = pl.col
    attainments = {
        "nps": kpi("nps") - 450_000,
        "satisfied": (kpi("satisfied") * 20 + 8) // 17,
        "ease": (kpi("ease") * 2 + 5) // 11,
        "answered_fast": (kpi("answered_fast") * 5 + 2) // 4,
        "first_time_fix": (kpi("first_time_fix") * 4 + 1) // 3,
        "on_time": (kpi("on_time") * 10 + 4) // 9,
        "resolution_days": (1_200_000_000 + kpi("resolution_days")) // (kpi("resolution_days") * 2),
        "reopened": kpi("reopened"),
        "handle_time": (72_000_000_000 + kpi("handle_time")) // (kpi("handle_time") * 2),
        "adherence": (kpi("adherence") * 25 + 11) // 23,
        "productivity": (kpi("productivity") * 20_000 + kpi("productivity_target")) // (kpi("productivity_target") * 2),
        "training": kpi("training"),
    }
    return [expr.alias(f"{name}.attainment") for name, expr in attainments.items()]


def _rates() -> list[pl.Expr]:
    rates = {name: _on_ratio(pl.col(f"{name}.attainment")) for name in MEASURES}
    rates["nps"] = _on_points(pl.col("nps.attainment"))
    rates["reopened"] = _few_reopened(pl.col("reopened.attainment"))
    rates["training"] = _by_hours(pl.col("training.attainment"))
    return [expr.alias(f"{name}.rate") for name, expr in rates.items()]


def _on_ratio(at: pl.Expr) -> pl.Expr:
    """70 % → 0 %, 90 % → 60 %, 100 % → 100 %, 120 % → 150 %: slopes 3, 4 and 5/2, over 2."""
    constant = 42_000 + 72_000 + 50_000 - 1
    return (
        _clipped(at, 7000, 9000) * 6 + _clipped(at, 9000, 10_000) * 8 + _clipped(at, 10_000, 12_000) * 5 - constant
    ) // 2


def _on_points(at: pl.Expr) -> pl.Expr:
    """-20 → 40 %, 0 → 100 %, 30 → 150 %, nothing below: slopes 3/100 and 1/60, over 300."""
    rate = (_clipped(at, -200_000, 0) * 9 + _clipped(at, 0, 300_000) * 5 + (3_000_000 + 150)) // 300
    return pl.when(at < -200_000).then(0).otherwise(rate)


def _few_reopened(at: pl.Expr) -> pl.Expr:
    """2 % → 140 %, 7 % → 100 %, 14 % → 0 %: slopes −8 and −100/7, over 7."""
    return (98_000 + 11_200 + 70_000 + 3 - _clipped(at, 200, 700) * 56 - _clipped(at, 700, 1400) * 100) // 7


def _clipped(at: pl.Expr, low: int, high: int) -> pl.Expr:
    """Half the time of `clip`."""
    return pl.when(at < low).then(pl.lit(low, pl.Int64)).when(at > high).then(pl.lit(high, pl.Int64)).otherwise(at)


def _by_hours(at: pl.Expr) -> pl.Expr:
    rate = pl.when(at < 70_000).then(0).when(at < 140_000).then(5000).when(at < 280_000).then(10_000)
    return rate.when(at >= 280_000).then(12_000).cast(pl.Int64)


def _parts() -> list[pl.Expr]:
    """Rates of 0.0001 × weights of 0.01: what each adds to its group's score, in 0.000001; nothing to round."""
    weights = {**CUSTOMER, **INTERNAL}
    return [(pl.col(f"{name}.rate") * weight).alias(f"{name}.upto") for name, weight in weights.items()]


def _cumulated(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Running totals, one stage each: in one expression they cost three times as much."""
    for names in (list(CUSTOMER), list(INTERNAL)):
        for before, name in pairwise(names):
            frame = frame.with_columns(pl.col(f"{name}.upto") + pl.col(f"{before}.upto"))
    return frame


def _upto(weights: Mapping[str, int]) -> pl.Expr:
    return pl.col(f"{list(weights)[-1]}.upto")


def _proration() -> pl.Expr:
    first = pl.max_horizontal("hired", pl.lit(START))
    last = pl.min_horizontal("left", pl.lit(END))
    days = (last - first).dt.total_days() + 1
    return ((days.clip(0, DAYS) * 10**10 + DAYS // 2) // DAYS).alias("proration")


def _payout() -> pl.Expr:
    """Salary in cents × 2 % in 0.0001 × 10**-6 × 10**-10, to cents: over 10**18."""
    product = (pl.col("base_salary") * 2 * pl.col("score")).cast(pl.Int128) * pl.col("proration")
    return ((product + pl.lit(5 * 10**17, pl.Int128)) // pl.lit(10**18, pl.Int128)).cast(pl.Int64).alias("payout")


def _customer_money() -> pl.Expr:
    customer, internal = pl.col("customer") * 7, pl.col("internal") * 3
    total = (customer + internal).clip(1)
    return ((pl.col("payout") * customer * 2 + total) // (total * 2)).alias("customer.money")


def _divisors(group: str) -> list[pl.Expr]:
    points = "customer" if group == "customer" else "internal.open"
    total = pl.col(points).clip(1)
    return [total.alias(f"{group}.total"), (total * 2).alias(f"{group}.twice")]


def _reached(group: str, weights: Mapping[str, int]) -> list[pl.Expr]:
    """The group's money × each running total ÷ the whole, rounded half up; the last reaches all of it."""
    twice = pl.col(f"{group}.money") * 2
    return [
        ((twice * pl.col(f"{name}.upto") + pl.col(f"{group}.total")) // pl.col(f"{group}.twice")).alias(
            f"{name}.reached"
        )
        for name in list(weights)[:-1]
    ]


def _shares(group: str, weights: Mapping[str, int]) -> list[pl.Expr]:
    """Each measure's pay: the difference of two reached amounts."""
    names = list(weights)
    reached = [*(pl.col(f"{name}.reached") for name in names[:-1]), pl.col(f"{group}.money")]
    pays = [reached[0], *(after - before for before, after in pairwise(reached))]
    return [pay.alias(f"{name}.pay") for name, pay in zip(names, pays, strict=True)]
