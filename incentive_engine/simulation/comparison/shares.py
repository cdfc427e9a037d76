"""How much of each plan customers decide, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from incentive_engine.audit.shares import CustomerShare
from incentive_engine.kinds.base import Label
from incentive_engine.simulation.comparison.moving import total
from incentive_engine.simulation.comparison.side import Side

_PLACES: Final = 4


@dataclass(frozen=True, slots=True)
class PlanSide:
    """One plan on one side: what it pays, and the customers' part of it as DESIGN has it three ways.

    `declared_low` to `declared_high`: by weights; `paid`: of the money; `effective`: of the differences between people.
    None where nothing, or the same to everybody, is paid. To 0.01 %.
    """

    payees: int
    payout: Decimal
    declared_low: Decimal
    declared_high: Decimal
    paid: Decimal | None
    effective: Decimal | None


@dataclass(frozen=True, slots=True)
class PlanMoved:
    """One plan; a side that pays nobody by it is None."""

    plan: str
    title: Label
    before: PlanSide | None
    after: PlanSide | None


def plans_moved(before: Side, after: Side) -> tuple[PlanMoved, ...]:
    """Every plan that pays somebody, in written order, those of before last that are gone."""
    sides = _sides(before), _sides(after)
    names = dict.fromkeys([*sides[1], *sides[0]])
    titles = {written(plan.name): plan.title for each in (before, after) for plan in each.plans.values()}
    return tuple(PlanMoved(name, titles[name], sides[0].get(name), sides[1].get(name)) for name in names)


def customers_share(side: Side) -> Decimal | None:
    """The part of all payouts that customer measures brought, to 0.01 %; None where nothing is paid."""
    return part(total(side.payouts["customer_pay"]), total(side.payouts["payout"]))


def part(amount: Decimal, whole: Decimal) -> Decimal | None:
    """An amount as a part of another, to 0.01 %; None of nothing."""
    return round(amount / whole, _PLACES) if whole > 0 else None


def written(plan: str) -> str:
    """The name of a plan in the rule set; its terms may change within a period: `adviser@2026-08-15`."""
    return plan.split("@")[0]


def written_plan() -> pl.Expr:
    """The same of the column `plan`."""
    return pl.col("plan").str.split("@").list.first()


def _sides(side: Side) -> dict[str, PlanSide]:
    payouts = side.payouts.with_columns(written_plan())
    return {share.plan: _side(share, payouts.filter(pl.col("plan") == share.plan)) for share in side.customer_shares}


def _side(share: CustomerShare, payouts: pl.DataFrame) -> PlanSide:
    known = payouts.filter(pl.col("payout").is_not_null())
    payout, customers = total(known["payout"]), total(known["customer_pay"])
    return PlanSide(
        payees=known["payee"].n_unique(),
        payout=payout,
        declared_low=_rounded(share.declared_low),
        declared_high=_rounded(share.declared_high),
        paid=part(customers, payout),
        effective=None if share.effective is None else _rounded(share.effective),
    )


def _rounded(statistic: float) -> Decimal:
    return round(Decimal(statistic), _PLACES)
