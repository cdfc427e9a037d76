"""One side of a comparison: what rules pay everybody for a period, in tables as those of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from incentive_engine.audit.shares import CustomerShare, customer_shares
from incentive_engine.compiler.inputs import SEGMENT
from incentive_engine.engine import outputs
from incentive_engine.engine.adjusting import RELEASE
from incentive_engine.engine.adjustments import KIND
from incentive_engine.engine.running import Calculation
from incentive_engine.engine.waterfall import waterfalls
from incentive_engine.exact import Exact
from incentive_engine.facts import Table
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.rulesets.exchange import PAID, PAID_CURRENCY
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan


@dataclass(frozen=True)
class Side:
    """What one calculation pays, with those tables of a run that are compared.

    `people`: one row per payee of the workforce, as it is on their last day. `traces`: as in a run, by shape.
    """

    rules: Rules
    plans: Mapping[str, ResolvedPlan]
    people: pl.DataFrame
    payouts: pl.DataFrame
    contributions: pl.DataFrame
    adjustments: pl.DataFrame
    held: pl.DataFrame
    traces: Mapping[str, pl.LazyFrame]

    @property
    def currency(self) -> str:
        """The currency in which the rules work out payouts."""
        return self.rules.ruleset.currency

    @cached_property
    def released(self) -> pl.DataFrame:
        """One row per decision that pays somebody whom the rules cannot pay: payee, currency, amount."""
        return _released(self.adjustments)

    @cached_property
    def amounts(self) -> pl.DataFrame:
        """One row per payee × currency in which something is worked out or released: payee, currency, amount."""
        return amounts_of(self.payouts.lazy(), self.adjustments)

    @cached_property
    def paid_out(self) -> pl.DataFrame:
        """One row per currency in which people are paid, after exchange: currency, amount."""
        paid = self.payouts.select(pl.col(PAID_CURRENCY).alias("currency"), pl.col(PAID).alias("amount"))
        return _summed([paid.lazy(), self.released.drop("payee").lazy()], ["currency"])

    @cached_property
    def held_people(self) -> pl.DataFrame:
        """One row per payee who is neither paid nor released: payee, code, reason; several in one text."""
        people = self.held.filter(pl.col("table") == WORKFORCE, pl.col("key") == pl.col("payee"))
        held = people.join(self.released, on="payee", how="anti").sort("payee", "code", "reason")
        told = (pl.col(name).unique(maintain_order=True).str.join("; ") for name in ("code", "reason"))
        return held.group_by("payee", maintain_order=True).agg(*told)

    @cached_property
    def bars(self) -> pl.DataFrame:
        """One row per payee × plan × segment that has a waterfall, as `engine.waterfall.waterfalls` has them."""
        return waterfalls(self.rules, tuple(self.plans.values()), self.traces)

    @cached_property
    def customer_shares(self) -> tuple[CustomerShare, ...]:
        """The customers' share of every plan, by its name in the rule set, whatever its terms within the period."""
        of_rules = pl.col("plan").str.split("@").list.first()
        payouts, contributions = (each.with_columns(of_rules) for each in (self.payouts, self.contributions))
        return customer_shares(self.rules.ruleset, payouts, contributions)


def side_of(calculation: Calculation) -> Side:
    """What a calculation pays, to be compared."""
    return Side(
        rules=calculation.rules,
        plans={plan.name: plan for plan in calculation.plans},
        people=_people(calculation.people.table),
        payouts=outputs.payouts(calculation).collect(engine="streaming"),
        contributions=outputs.contributions(calculation).collect(engine="streaming"),
        adjustments=calculation.decided.used,
        held=outputs.held(calculation),
        traces={each.program.plans[0].name: outputs.trace(each) for each in calculation.evaluations},
    )


def _people(table: Table) -> pl.DataFrame:
    decimals = (Exact.column(name, scale).decimal(scale.places).alias(name) for name, scale in table.scales.items())
    people = table.frame.with_columns(*decimals).sort("payee", SEGMENT)
    return people.unique("payee", keep="last", maintain_order=True)


def amounts_of(payouts: pl.LazyFrame, adjustments: pl.DataFrame) -> pl.DataFrame:
    """One row per payee × currency in which something is worked out or released: payee, currency, amount."""
    worked_out = payouts.select("payee", "currency", pl.col("payout").alias("amount"))
    return _summed([worked_out, _released(adjustments).lazy()], ["payee", "currency"])


def _released(adjustments: pl.DataFrame) -> pl.DataFrame:
    released = adjustments.filter(pl.col(KIND) == RELEASE)
    return released.select("payee", "currency", pl.col("pay").alias("amount"))


def _summed(amounts: list[pl.LazyFrame], by: list[str]) -> pl.DataFrame:
    rows = pl.concat(amounts, how="vertical_relaxed").filter(pl.col("amount").is_not_null())
    return rows.group_by(by).agg(pl.col("amount").sum()).sort(by).collect(engine="streaming")
