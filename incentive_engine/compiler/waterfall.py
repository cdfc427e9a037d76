"""From the pay for a score of 100 % to the payout, one bar after another: what each measure and each step changed.

First every measure counts as 100 % and no step applies; then, bar after bar, one more of them is as it was: measures in
written order, steps from the leaves up in the order in which they apply, the share of the period last. What the plan
pays then is rounded as a payout is, so that the differences are amounts, and add up to the payout exactly. The other
road, plans without a step or a measure compiled anew, cost a program for each bar. Where groups add scores up, 100 %
of everything is no measure of anything: the bars start from nothing then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from incentive_engine.compiler.context import Context
from incentive_engine.compiler.inputs import PLAN, Ranges
from incentive_engine.compiler.nodes import Scored, compile_node
from incentive_engine.compiler.pay import pay
from incentive_engine.compiler.program import PRORATION, TARGET_PAY
from incentive_engine.compiler.stages import run_stages
from incentive_engine.exact import Exact
from incentive_engine.kinds.base import Variants
from incentive_engine.kinds.combinations import Part
from incentive_engine.rulesets.resolving import ROOT, GroupNode, MeasureNode, Node, ResolvedPlan, measures_under

BarKind = Literal["start", "measure", "modifier", "gate", "floor", "cap", "proration"]
PAID: Final = "amounts"
SCORES: Final = "scores"


@dataclass(frozen=True, slots=True)
class Bar:
    """One change of pay, at a node of the scorecard; `number` counts from 1 among the steps of its kind there."""

    kind: BarKind
    node: str
    number: int = 1


@dataclass(frozen=True, slots=True)
class Waterfall:
    """What plans of one shape pay up to each of their bars."""

    bars: tuple[Bar, ...]
    payouts: tuple[Exact, ...]
    """One for each bar: with it and those before it."""
    scores: tuple[Exact, ...]
    """The scores that they pay for."""
    stages: tuple[tuple[pl.Expr, ...], ...]
    inputs: tuple[str, ...]

    def evaluate(self, wide: pl.LazyFrame) -> pl.LazyFrame:
        """One row per row of the wide frame: `amounts` paid up to each bar, and their `scores`, as lists of decimals.

        The scores are missing where one may not end.
        """
        done = run_stages(wide.select(self.inputs), self.stages)
        return done.select(_listed(self.payouts).alias(PAID), _listed(self.scores).alias(SCORES))


def bars_of(plan: ResolvedPlan) -> tuple[Bar, ...]:
    """The bars of a plan, in order; none where a formula or a pool decides, or nothing is paid."""
    if plan.target_pay is None or plan.payout is not None or plan.pool is not None:
        return ()
    measures = (Bar("measure", node.path) for node in measures_under(plan.root))
    last = () if plan.proration is None else (Bar("proration", ROOT),)
    return (Bar("start", ROOT), *measures, *_steps_under(plan.root), *last)


def from_nothing(plan: ResolvedPlan) -> bool:
    """Whether the bars start from nothing: measures at 100 % do not make a score of 100 %."""
    return any(group.combine.name == "sum" for group in _groups_under(plan.root))


def compile_waterfall(plans: tuple[ResolvedPlan, ...], ranges: Ranges, kpis: frozenset[str]) -> Waterfall:
    """The bars of plans of one shape. Raises CannotProve where a number could leave the range that is exact."""
    context = Context(plans[0], ranges, kpis)
    context.stages.input(PLAN)
    context.text("payee")
    variants = Variants(plans, pl.col(PLAN))
    root = compile_node(context, variants.map(lambda plan: plan.root))
    pay(context, variants, root)
    falling = _Falling(context, variants, root)
    upto = range(1, len(falling.bars) + 1)
    scores = tuple(falling.score(bars) for bars in upto)
    payouts = tuple(falling.payout(bars, score) for bars, score in zip(upto, scores, strict=True))
    return Waterfall(falling.bars, payouts, scores, context.stages.done(), context.stages.inputs)


def _listed(numbers: Sequence[Exact]) -> pl.Expr:
    if any(each.finite_places is None for each in numbers):
        return pl.lit(None, pl.List(pl.Decimal(38, 0)))
    places = max(each.finite_places or 0 for each in numbers)
    return pl.concat_list([each.decimal(places) for each in numbers])


def _groups_under(node: Node) -> Iterator[GroupNode]:
    if isinstance(node, GroupNode):
        yield node
        for item in node.items:
            yield from _groups_under(item)


def _steps_under(node: Node) -> Iterator[Bar]:
    """The steps of what is below a node, then its own, in the order in which they apply."""
    if isinstance(node, GroupNode):
        for item in node.items:
            yield from _steps_under(item)
    steps = node.steps
    yield from (Bar("modifier", node.path, number) for number in range(1, len(steps.modifiers) + 1))
    yield from (Bar("gate", node.path, number) for number in range(1, len(steps.gates) + 1))
    if steps.floor is not None:
        yield Bar("floor", node.path)
    if steps.cap is not None:
        yield Bar("cap", node.path)


class _Falling:
    """The scorecard, worked out with the first bars only."""

    def __init__(self, context: Context, plans: Variants[ResolvedPlan], root: Scored) -> None:
        self._context, self._plans, self._root = context, plans, root
        self.bars = bars_of(plans.first)
        self._full = Exact.of(0 if from_nothing(plans.first) else 1)
        self._parts: dict[tuple[str, int], Part] = {}

    def score(self, upto: int) -> Exact:
        """The score of the plan with the first bars."""
        return self._part(self._root, self._plans.map(lambda plan: plan.root), self.bars[:upto]).score

    def payout(self, upto: int, score: Exact) -> Exact:
        """What is paid for it, as a column."""
        numbers = self._context.stages.numbers
        amount = numbers[TARGET_PAY].times(score)
        if self.bars[upto - 1].kind == "proration":
            amount = amount.times(numbers[PRORATION])
        return self._context.stages.number(f"\0{PAID}.{upto}", self._plans.first.payout_rounding.of(amount))

    def _part(self, scored: Scored, nodes: Variants[Node], bars: Sequence[Bar]) -> Part:
        """A node as its group combines it; worked out once for the same bars below it."""
        path = scored.node.path
        below = [bar for bar in bars if path == ROOT or f"{bar.node}.".startswith(f"{path}.")]
        key = path, len(below)
        if key not in self._parts:
            name = f"{path}.\0with_{len(below)}"
            score = self._stepped(self._begun(scored, nodes, below, name), nodes, below)
            rounding = nodes.first.steps.rounding
            score = self._context.stages.number(name, score if rounding is None else rounding.of(score))
            self._parts[key] = Part(score, scored.weight, scored.left_out)
        return self._parts[key]

    def _begun(self, scored: Scored, nodes: Variants[Node], bars: Sequence[Bar], name: str) -> Exact:
        """The score before the node's own steps."""
        if isinstance(scored.node, MeasureNode):
            return self._own(scored) if bars else self._full
        parts = [
            self._part(item, nodes.map(lambda each, at=at: each.items[at]), bars)  # type: ignore[misc]
            for at, item in enumerate(scored.items)
        ]
        stages = self._context.stages
        return scored.node.combine.combine(parts, lambda what, value: stages.number(f"{name}.{what}", value))[0]

    def _own(self, scored: Scored) -> Exact:
        """The rate of a measure, or nothing where that stands in for a result."""
        assert scored.taken is not None, "a measure was worked out from something"
        unpaid = scored.taken.answer.came_from("zero")
        return scored.taken.rate if unpaid is None else Exact.choose((unpaid, Exact.of(0)), otherwise=scored.taken.rate)

    def _stepped(self, score: Exact, nodes: Variants[Node], bars: Sequence[Bar]) -> Exact:
        """The score after those of the node's steps that are among the bars."""
        context, path, steps = self._context, nodes.first.path, nodes.first.steps
        for bar in (bar for bar in bars if bar.node == path):
            at = bar.number - 1
            if bar.kind == "modifier":
                score = steps.modifiers[at].apply(context.stages.numbers[f"{path}.modifier_{bar.number}"], score)
            elif bar.kind == "gate":
                number = nodes.map(lambda each, at=at: each.steps.gates[at]).number(lambda gate: gate.number)  # type: ignore[misc]
                met = pl.col(f"{path}.gate_{bar.number}")
                score = Exact.choose((met, steps.gates[at].shut(number, score)), otherwise=score)
            elif bar.kind == "floor":
                score = score.maximum(self._bound(nodes.map(lambda each: each.steps.floor), "floor"))
            elif bar.kind == "cap":
                score = score.minimum(self._bound(nodes.map(lambda each: each.steps.cap), "cap"))
        return score

    def _bound(self, parameters: Variants, name: str) -> Exact:  # type: ignore[type-arg]
        bound = self._context.parameter(parameters, name)
        assert bound is not None, "the bar is a bound"
        return bound
