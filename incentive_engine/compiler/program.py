"""A program: what one shape of plans computes, as ordered stages of named expressions over one wide frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from incentive_engine.compiler.context import Context, Hold
from incentive_engine.compiler.contributions import divide
from incentive_engine.compiler.inputs import PLAN, ParameterKey, Ranges, ResultKey
from incentive_engine.compiler.nodes import Scored, compile_node
from incentive_engine.compiler.stages import run_stages
from incentive_engine.exact import Exact, Scale, total_of
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Variants
from incentive_engine.rulesets.resolving import ResolvedPlan

TARGET_PAY: Final = "target_pay"
DAYS: Final = "days_present"
PRORATION: Final = "proration"
PAYOUT: Final = "payout"
CUSTOMER_PAY: Final = "customer_pay"
INTERNAL_PAY: Final = "internal_pay"
OTHER_PAY: Final = "other_pay"


@dataclass(frozen=True, slots=True)
class Program:
    """What plans of one shape compute; `evaluate` runs it."""

    plans: tuple[ResolvedPlan, ...]
    stages: tuple[tuple[pl.Expr, ...], ...]
    scratch: tuple[str, ...]
    """Columns that only later stages read: not part of the trace."""
    inputs: tuple[str, ...]
    """The columns of the wide frame, besides `payee` and the number of the plan."""
    numbers: Mapping[str, Exact]
    """Every column that holds a number, with what its counts mean."""
    results: tuple[ResultKey, ...]
    parameters: tuple[ParameterKey, ...]
    workforce: tuple[str, ...]
    holds: tuple[Hold, ...]
    root: Scored
    target_pay: Exact | None
    proration: Exact | None
    payout: Exact | None

    @property
    def paid(self) -> pl.Expr:
        """Boolean, never missing: whether the payee's pay (or score, where nothing is paid) could be worked out."""
        if self.payout is not None:
            return ~self.payout.missing
        scored = ~self.root.score.missing
        return scored if self.proration is None else scored & ~self.proration.missing

    def measures(self) -> tuple[Scored, ...]:
        """The compiled measures, in written order."""
        return tuple(_measures(self.root))

    def evaluate(self, wide: pl.LazyFrame) -> pl.LazyFrame:
        """The wide frame (one row per payee × plan) with every stage column added, as integer counts."""
        return run_stages(wide, self.stages).drop(self.scratch)


def _measures(scored: Scored) -> list[Scored]:
    if not scored.items:
        return [scored]
    return [measure for item in scored.items for measure in _measures(item)]


def compile_plans(plans: tuple[ResolvedPlan, ...], ranges: Ranges, kpis: frozenset[str]) -> Program:
    """The program for plans of one shape. Raises CannotProve where a number could leave the range that is exact."""
    first = plans[0]
    context = Context(first.period, ranges, kpis)
    context.stages.input(PLAN)
    context.text("payee")
    variants = Variants(plans, pl.col(PLAN))
    root = compile_node(context, variants.map(lambda plan: plan.root))
    target_pay, proration, payout = _pay(context, variants, root)
    if payout is not None:
        _contributions(context, root, payout)
    return Program(
        plans=plans,
        stages=context.stages.done(),
        scratch=context.stages.scratched,
        inputs=context.stages.inputs,
        numbers=context.stages.numbers,
        results=tuple(sorted(context.results)),
        parameters=tuple(sorted(context.parameters, key=lambda key: key.name)),
        workforce=tuple(sorted(context.workforce)),
        holds=tuple(context.holds),
        root=root,
        target_pay=target_pay,
        proration=proration,
        payout=payout,
    )


def _pay(
    context: Context, plans: Variants[ResolvedPlan], root: Scored
) -> tuple[Exact | None, Exact | None, Exact | None]:
    """Target pay, proration and payout; each None where the plan has none."""
    plan = plans.first
    proration = _proration(context, plan)
    if plan.target_pay is None:
        return None, proration, None
    formulas = plans.map(_target_pay)
    target_pay = context.stages.number(TARGET_PAY, context.number(formulas, "payee"))
    context.hold_unless_known("missing-target-pay", formulas, "payee", target_pay.missing)
    amount = target_pay.times(root.score)
    if proration is not None:
        amount = amount.times(proration)
    return target_pay, proration, context.rounded(PAYOUT, amount, plan.payout_rounding)


def _target_pay(plan: ResolvedPlan) -> Formula:
    assert plan.target_pay is not None, "plans of one shape all have one"
    return plan.target_pay


def _proration(context: Context, plan: ResolvedPlan) -> Exact | None:
    if plan.proration is None:
        return None
    for column in ("hired", "left"):
        context.text(column)
    for column in plan.proration.needs:
        context.hold(f"missing-{column}", pl.col(column).is_null(), f"`{column}` is empty, and the plan is prorated")
    whole = plan.proration.whole(plan.period)
    context.stages.column(DAYS, plan.proration.days(plan.period).clip(0, whole))
    days = Exact.column(DAYS, Scale(0, 0, whole))
    context.stages.numbers[DAYS] = days
    return context.rounded(PRORATION, days.over(whole), plan.proration.rounding)


def _contributions(context: Context, root: Scored, payout: Exact) -> None:
    shares: dict[str, list[Exact]] = {"customer": [], "internal": []}
    for measure, money in divide(context, root, payout):
        shares[measure.kpi.perspective].append(money)
    customer, internal = (
        context.stages.number(name, total_of(shares[perspective]) if shares[perspective] else payout.times(0))
        for name, perspective in ((CUSTOMER_PAY, "customer"), (INTERNAL_PAY, "internal"))
    )
    context.stages.number(OTHER_PAY, payout.minus(customer).minus(internal))
