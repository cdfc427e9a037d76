"""How much of a plan customers decide: as its weights declare, as it is paid, and as it makes a difference.

A weight of 70 % on a score that is the same for everybody decides nothing of who gets more. What decides is in the
differences between people, and those can be shared out exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.shares import declared_customer_share

_ROUNDING: Final = 0.0001


@dataclass(frozen=True, slots=True)
class MeasureShare:
    """One measure of a plan: its part of the money, and its part of the differences between people."""

    measure: str
    kpi: str
    perspective: Literal["customer", "internal"]
    paid: float | None
    effective: float | None


@dataclass(frozen=True, slots=True)
class CustomerShare:
    """The customers' share of one plan: `declared_low` to `declared_high` by weights; of the money; of the differences.

    `paid` and `effective` are None where nothing, or the same to everybody, is paid.
    """

    plan: str
    payees: int
    declared_low: float
    declared_high: float
    paid: float | None
    effective: float | None
    measures: tuple[MeasureShare, ...]


def customer_shares(rules: RuleSet, payouts: pl.DataFrame, contributions: pl.DataFrame) -> tuple[CustomerShare, ...]:
    """The customers' share of every plan that was paid, in written order; the frames are those of a run.

    Effective: the covariance of what customers brought with the payout, over the variance of the payout (natural
    decomposition: Shorrocks, Econometrica, 1982): the shares of all measures and of what none earned add up to 1.
    Payouts and contributions are taken per unit of target pay × proration, so that salaries make no difference.
    """
    shares = (_of_plan(rules, plan, payouts, contributions) for plan in rules.plans)
    return tuple(share for share in shares if share is not None)


def _of_plan(rules: RuleSet, plan: str, payouts: pl.DataFrame, contributions: pl.DataFrame) -> CustomerShare | None:
    paid = payouts.filter(pl.col("plan") == plan, pl.col("payout").is_not_null()).select(
        "payee", pl.col("payout").cast(pl.Float64), unit_of_pay()
    )
    if paid.is_empty():
        return None
    brought = contributions.filter(pl.col("plan") == plan, pl.col("measure").is_not_null()).select(
        "payee", "measure", "kpi", "perspective", pl.col("pay").cast(pl.Float64)
    )
    declared = declared_customer_share(rules, rules.plans[plan])
    customers = brought.filter(pl.col("perspective") == "customer")
    by_payee = customers.group_by("payee", maintain_order=True).agg(pl.col("pay").sum())
    return CustomerShare(
        plan,
        paid.height,
        float(declared.low),
        float(declared.high),
        *_shares(paid, by_payee),
        tuple(_measures(paid, brought)),
    )


def unit_of_pay() -> pl.Expr:
    """What a score of 100 % pays a person; 1 where a plan knows no target pay: there people differ in what they get."""
    unit = pl.coalesce("target_pay", 1).cast(pl.Float64) * pl.coalesce("proration", 1).cast(pl.Float64)
    return pl.when(unit > 0).then(unit).alias("unit")


def _measures(paid: pl.DataFrame, brought: pl.DataFrame) -> Iterator[MeasureShare]:
    for (measure, kpi, perspective), rows in brought.group_by("measure", "kpi", "perspective", maintain_order=True):
        yield MeasureShare(str(measure), str(kpi), perspective, *_shares(paid, rows))


def _shares(paid: pl.DataFrame, part: pl.DataFrame) -> tuple[float | None, float | None]:
    """A part of the pay of everybody: its share of the money, and of the differences between people."""
    both = paid.join(part.select("payee", "pay"), on="payee", how="left", maintain_order="left")
    pay, payout, unit = pl.col("pay").fill_null(0), pl.col("payout"), pl.col("unit")
    brought, all_paid = both.select(pay.sum().alias("brought"), payout.sum()).row(0)
    rates = both.filter(unit.is_not_null()).select((pay / unit).alias("part"), (payout / unit).alias("whole"))
    together, apart = rates.select(pl.cov("part", "whole").alias("together"), pl.col("whole").var()).row(0)
    return brought / all_paid if all_paid else None, together / apart if differ(rates["whole"]) else None


def differ(rates: pl.Series) -> bool:
    """Whether pay per unit of target pay differs by more than what rounding to cents makes of equal rates."""
    return rates.len() > 1 and bool(rates.max() - rates.min() > _ROUNDING)  # type: ignore[operator]
