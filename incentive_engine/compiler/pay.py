"""From the score to money: target pay, a formula over nodes, or a share of a pool; then divided among the measures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from incentive_engine.compiler.adjusting import PAYOUT, adjusted, computed_column
from incentive_engine.compiler.context import Context, Given
from incentive_engine.compiler.contributions import divide, split
from incentive_engine.compiler.nodes import Scored
from incentive_engine.compiler.pools import Pooled, least_factor, shared_out, solved_factor
from incentive_engine.compiler.presence import PRORATION, prorated
from incentive_engine.exact import Exact, total_of
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Variants
from incentive_engine.kinds.pools import SharedOut
from incentive_engine.rulesets.resolving import ROOT, MeasureNode, ResolvedPlan

TARGET_PAY: Final = "target_pay"
CUSTOMER_PAY: Final = "customer_pay"
INTERNAL_PAY: Final = "internal_pay"
OTHER_PAY: Final = "other_pay"
SCORE: Final = "score"
"""What formulas call the score of the plan."""
_ZERO = Exact.of(0)
_FINER, _MOST_PLACES = 6, 12


@dataclass(frozen=True, slots=True)
class Pay:
    """What a plan pays; each None where the plan has none."""

    target_pay: Exact | None
    proration: Exact | None
    payout: Exact | None
    pooled: Pooled | None = None


def pay(context: Context, plans: Variants[ResolvedPlan], root: Scored) -> Pay:
    """Target pay, proration, payout, and what each measure brought."""
    plan = plans.first
    proration = prorated(context)
    target_pay = _target_pay(context, plans)
    known = {SCORE: root.score, **({} if target_pay is None else {TARGET_PAY: target_pay})}
    if plan.pool is not None and isinstance(plan.pool.rules, SharedOut):
        shared = shared_out(context, plans, _nodes_of(root), {**known, PRORATION: proration or Exact.of(1)})
        computed = context.stages.number(computed_column(context), shared.amount)
        earned = split(context, "pool.earned", computed, [shared.earned, shared.unearned])[0]
        brought = divide(context, root, context.stages.number(f"{ROOT}.money", earned))
        return Pay(target_pay, proration, _paid(context, computed, list(brought)), shared.pooled)
    if plan.payout is not None:
        formula = _PayoutFormula(context, plans, root, known, proration)
        pooled = None if plan.pool is None else formula.solve()
        return Pay(target_pay, proration, formula.pay(), pooled)
    if target_pay is None:
        return Pay(None, proration, None)
    amount = target_pay.times(root.score)
    amount = amount if proration is None else amount.times(proration)
    computed = context.rounded(computed_column(context), amount, plan.payout_rounding)
    return Pay(target_pay, proration, _paid(context, computed, list(divide(context, root, computed))))


def _target_pay(context: Context, plans: Variants[ResolvedPlan]) -> Exact | None:
    if plans.first.target_pay is None:
        return None
    formulas = plans.map(lambda plan: _present(plan.target_pay))
    target_pay = context.stages.number(TARGET_PAY, context.number(formulas, "payee", TARGET_PAY))
    context.hold_unless_known("missing-target-pay", formulas, "payee", target_pay.missing)
    return target_pay


def _present(formula: Formula | None) -> Formula:
    assert formula is not None, "plans of one shape all have one"
    return formula


def _nodes_of(root: Scored) -> Mapping[str, Scored]:
    """Every node by its path, the root by the name that formulas have for its score."""
    return {SCORE if scored.node.path == ROOT else scored.node.path: scored for scored in _all(root)}


def _all(scored: Scored) -> Iterator[Scored]:
    yield scored
    for item in scored.items:
        yield from _all(item)


class _PayoutFormula:
    """The payout that a formula gives, and the part of it that each node that the formula names brought.

    A node brought what the formula gives less what it would give with a score of 0 there; what it gives with a score
    of 0 everywhere was earned by no measure. Where it would give nothing, as in a division by that score, 0 is counted.
    """

    def __init__(
        self, context: Context, plans: Variants[ResolvedPlan], root: Scored, known: Given, proration: Exact | None
    ) -> None:
        self._context, self._plans, self._root, self._proration = context, plans, root, proration
        self._formulas = plans.map(lambda plan: _present(plan.payout))
        self._nodes = {name: node for name, node in _nodes_of(root).items() if name in self._formulas.first.names}
        self._scores = {name: node.score for name, node in self._nodes.items()}
        self._needed = tuple(known.values())
        """What must be known of whoever is paid, though the formula may not name it."""
        self._known = {**known}
        self._places = compared_at(plans.first)

    def solve(self) -> Pooled:
        """Lets a pool decide the factor that the formula names; who cannot be paid with the least takes no part."""
        smallest = {name: Exact.of(least) for name, least in least_factor(self._plans).items()}
        possible = self._context.stages.number(f"{PAYOUT}.least", self._gives("least", smallest))
        self._hold(possible.missing, smallest)
        proration = self._proration or Exact.of(1)
        known = {**self._known, PRORATION: proration}
        pooled, factor = solved_factor(self._context, self._plans, known, [*self._needed, proration, possible])
        self._known |= factor
        self._needed = (*self._needed, *factor.values())  # who takes no part is not paid, whatever the formula gives
        return pooled

    def pay(self) -> Exact:
        """The payout, divided among the measures."""
        context, root = self._context, self._root
        everything = context.stages.number(f"{PAYOUT}.exact", self._gives("exact", {}))
        known = ~pl.any_horizontal([value.missing for value in self._needed])
        column, rounding = computed_column(context), self._plans.first.payout_rounding
        computed = context.rounded(column, everything.masked(known), rounding)
        if self._plans.first.pool is None:
            self._hold(everything.missing, {})
        whole = context.stages.number(f"{PAYOUT}.whole", everything.rounded(self._places))
        parts = [whole.minus(self._compared(f"without_{name}", {name: _ZERO}, whole)) for name in self._nodes]
        unearned = self._compared("unearned", dict.fromkeys(self._scores, _ZERO), whole)
        money = split(context, f"{PAYOUT}.parts", computed, [*parts, unearned])
        brought: list[tuple[MeasureNode, Exact]] = []
        for node, share in zip(self._nodes.values(), money, strict=False):
            brought += divide(context, node, context.stages.number(f"{node.node.path}.money", share))
        told = {measure.path for measure, _ in brought}
        for each in _all(root):
            if isinstance(each.node, MeasureNode) and each.node.path not in told:
                context.stages.number(f"{each.node.path}.pay", computed.times(0))
        return _paid(context, computed, brought)

    def _gives(self, name: str, instead: Given) -> Exact:
        """What the formula gives, prorated, with other numbers in place of some."""
        given = {**self._known, **self._scores, **instead}
        value = self._context.number(self._formulas, "payee", f"{PAYOUT}.{name}", given)
        return value if self._proration is None else value.times(self._proration)

    def _compared(self, name: str, instead: Given, whole: Exact) -> Exact:
        value = self._gives(name, instead).rounded(self._places).or_else(0)
        return self._context.stages.number(f"{PAYOUT}.{name}", value.masked(~whole.missing))

    def _hold(self, missing: pl.Expr, instead: Given) -> None:
        given = {**self._known, **self._scores, **instead}
        self._context.hold_unless_known("missing-payout", self._formulas, "payee", missing, given)


def _paid(context: Context, computed: Exact, brought: list[tuple[MeasureNode, Exact]]) -> Exact:
    """The payout, and what customers, internal results and neither of them brought of it."""
    payout = adjusted(context, computed)
    shares: dict[str, list[Exact]] = {"customer": [], "internal": []}
    for measure, money in brought:
        shares[measure.kpi.perspective].append(money)
    customer, internal = (
        context.stages.number(name, total_of(shares[perspective]) if shares[perspective] else computed.times(0))
        for name, perspective in ((CUSTOMER_PAY, "customer"), (INTERNAL_PAY, "internal"))
    )
    context.stages.number(OTHER_PAY, payout.minus(customer).minus(internal))
    return payout


def compared_at(plan: ResolvedPlan) -> int:
    """The places at which what the nodes of a formula brought is compared: six more than the payout, twelve at most."""
    return min(plan.payout_rounding.kept + _FINER, _MOST_PLACES)
