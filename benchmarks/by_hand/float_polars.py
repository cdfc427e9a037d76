"""In Polars with binary floats: what most people would write, and what exact arithmetic is measured against.

The same rules, roundings included. A rate of 0.60125 is a tie that no binary fraction holds: one payee in sixteen is
paid other cents than the rules say.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import polars as pl
import polars.selectors as cs

from benchmarks.by_hand.exact_polars import CUSTOMER, DAYS, END, INTERNAL, MEASURES, START

HALF_UP: Final = "half_away_from_zero"


def evaluated(wide: pl.LazyFrame) -> pl.LazyFrame:
    """One row per payee: attainment, rate and pay of each measure, scores and payout, as Float64."""
    paid = (
        wide.with_columns(_attainments())
        .with_columns(_rates())
        .with_columns(_parts())
        .pipe(_cumulated)
        .with_columns(
            _upto(CUSTOMER).round(6, HALF_UP).alias("customer"), _upto(INTERNAL).alias("internal.open"), _proration()
        )
        .with_columns(
            pl.when(pl.col("adherence") < 0.5)
            .then(pl.col("internal.open") * 0)
            .otherwise("internal.open")
            .alias("internal")
        )
        .with_columns(internal=pl.col("internal").round(6, HALF_UP))
        .with_columns(
            (0.7 * pl.col("customer") + 0.3 * pl.col("internal")).clip(None, 1.5).round(6, HALF_UP).alias("score")
        )
        .with_columns(
            (pl.col("base_salary") * 0.02 * pl.col("score") * pl.col("proration")).round(2, HALF_UP).alias("payout")
        )
        .with_columns(_customer_money())
        .with_columns((pl.col("payout") - pl.col("customer.money")).alias("internal.money"))
    )
    return (
        paid.with_columns(_reached("customer", CUSTOMER) + _reached("internal", INTERNAL))
        .with_columns(_shares("customer", CUSTOMER) + _shares("internal", INTERNAL))
        .with_columns(
            pl.col("customer.money").alias("customer_pay"),
            pl.col("internal.money").alias("internal_pay"),
            (pl.col("payout") - pl.col("customer.money") - pl.col("internal.money")).alias("other_pay"),
        )
        .drop(cs.matches(r"\.(upto|reached)$"))
    )


def _attainments() -> list[pl.Expr]:
    kpi = pl.col
    attainments = {
        "nps": kpi("nps") - 45,
        "satisfied": kpi("satisfied") / 0.85,
        "ease": kpi("ease") / 5.5,
        "answered_fast": kpi("answered_fast") / 0.8,
        "first_time_fix": kpi("first_time_fix") / 0.75,
        "on_time": kpi("on_time") / 0.9,
        "resolution_days": 6 / kpi("resolution_days"),
        "reopened": kpi("reopened"),
        "handle_time": 360 / kpi("handle_time"),
        "adherence": kpi("adherence") / 0.92,
        "productivity": kpi("productivity") / kpi("productivity_target"),
        "training": kpi("training"),
    }
    return [expr.round(4, HALF_UP).alias(f"{name}.attainment") for name, expr in attainments.items()]


def _rates() -> list[pl.Expr]:
    rates = {name: _on_ratio(pl.col(f"{name}.attainment")) for name in MEASURES}
    points, reopened, hours = (pl.col(f"{name}.attainment") for name in ("nps", "reopened", "training"))
    slopes = 0.4 + (_clipped(points, -20, 0) + 20) * 0.03 + _clipped(points, 0, 30) / 60
    rates["nps"] = pl.when(points < -20).then(0.0).otherwise(slopes)
    rates["reopened"] = (
        1.4 - (_clipped(reopened, 0.02, 0.07) - 0.02) * 8 - (_clipped(reopened, 0.07, 0.14) - 0.07) / 0.07
    )
    tiers = pl.when(hours < 7).then(0.0).when(hours < 14).then(0.5).when(hours < 28).then(1.0)
    rates["training"] = tiers.when(hours >= 28).then(1.2)
    return [expr.round(4, HALF_UP).alias(f"{name}.rate") for name, expr in rates.items()]


def _on_ratio(at: pl.Expr) -> pl.Expr:
    """70 % → 0 %, 90 % → 60 %, 100 % → 100 %, 120 % → 150 %."""
    return _clipped(at, 0.7, 0.9) * 3 + _clipped(at, 0.9, 1) * 4 + _clipped(at, 1, 1.2) * 2.5 - (2.1 + 3.6 + 2.5)


def _clipped(at: pl.Expr, low: float, high: float) -> pl.Expr:
    return pl.when(at < low).then(pl.lit(float(low))).when(at > high).then(pl.lit(float(high))).otherwise(at)


def _parts() -> list[pl.Expr]:
    weights = {**CUSTOMER, **INTERNAL}
    return [(pl.col(f"{name}.rate") * (weight / 100)).alias(f"{name}.upto") for name, weight in weights.items()]


def _cumulated(frame: pl.LazyFrame) -> pl.LazyFrame:
    for names in (list(CUSTOMER), list(INTERNAL)):
        for before, name in pairwise(names):
            frame = frame.with_columns(pl.col(f"{name}.upto") + pl.col(f"{before}.upto"))
    return frame


def _upto(weights: Mapping[str, int]) -> pl.Expr:
    return pl.col(f"{list(weights)[-1]}.upto")


def _proration() -> pl.Expr:
    first = pl.max_horizontal("hired", pl.lit(START))
    last = pl.min_horizontal("left", pl.lit(END))
    return (((last - first).dt.total_days() + 1).clip(0, DAYS) / DAYS).round(10, HALF_UP).alias("proration")


def _customer_money() -> pl.Expr:
    customer, internal = pl.col("customer") * 0.7, pl.col("internal") * 0.3
    total = (customer + internal).clip(1e-9)
    return (pl.col("payout") * customer / total).round(2, HALF_UP).alias("customer.money")


def _reached(group: str, weights: Mapping[str, int]) -> list[pl.Expr]:
    total = _upto(weights).clip(1e-9)
    names = list(weights)[:-1]
    return [
        (pl.col(f"{group}.money") * pl.col(f"{name}.upto") / total).round(2, HALF_UP).alias(f"{name}.reached")
        for name in names
    ]


def _shares(group: str, weights: Mapping[str, int]) -> list[pl.Expr]:
    names = list(weights)
    reached = [*(pl.col(f"{name}.reached") for name in names[:-1]), pl.col(f"{group}.money")]
    pays = [reached[0], *(after - before for before, after in pairwise(reached))]
    return [pay.alias(f"{name}.pay") for name, pay in zip(names, pays, strict=True)]
