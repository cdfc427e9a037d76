"""What each gate, modifier, floor and cap changed, in money: the payout less the payout that the plan without it gives.

Worked out again from the trace, which holds everything that the plan read, so that it costs no second look at the
facts. Effects do not add up to anything: of two limits on a score, neither changes anything while the other stands.
Plans that a pool pays have none: without a step of one payee's, what all the others get would change too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import polars as pl

from incentive_engine.compiler.inputs import SEGMENT
from incentive_engine.compiler.program import PAYOUT, Program
from incentive_engine.engine.retracing import Retraced
from incentive_engine.exact import CannotProve
from incentive_engine.rulesets.adjustments import COMPUTED
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import GroupNode, KeyPath, Node, ResolvedPlan, nodes_under

Kind = Literal["modifier", "gate", "floor", "cap"]
EFFECTS: Final = {
    "payee": pl.String,
    "plan": pl.String,
    SEGMENT: pl.Int64,
    "node": pl.String,
    "step": pl.String,
    "number": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Removable:
    """One step of one node; `number` counts from 1 among those of its kind."""

    node: str
    kind: Kind
    number: int
    at: KeyPath


def effects(rules: Rules, plans: tuple[ResolvedPlan, ...], traces: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """One row per payee × plan × segment × step that could have changed the payout: those, node, number and effect.

    `effect`: payout − payout without the step, in the rules' currency; missing where either could not be worked out.
    """
    frames = [frame for trace in traces.values() for frame in _of_trace(rules, plans, trace.collect())]
    none = pl.DataFrame(schema=EFFECTS | {"effect": pl.Decimal})
    return pl.concat(frames, how="vertical_relaxed") if frames else none


def removable(plan: ResolvedPlan) -> Iterator[Removable]:
    """The steps that a plan would also work without, in written order."""
    for node in nodes_under(plan.root):
        for number in range(1, len(node.steps.modifiers) + 1):
            yield Removable(node.path, "modifier", number, (*node.at, "modifiers", number - 1))
        for number in range(1, len(node.steps.gates) + 1):
            yield Removable(node.path, "gate", number, (*node.at, "gates", number - 1))
        if node.steps.floor is not None:
            yield Removable(node.path, "floor", 1, (*node.at, "floor"))
        if node.steps.cap is not None:
            yield Removable(node.path, "cap", 1, (*node.at, "cap"))


def _of_trace(rules: Rules, plans: tuple[ResolvedPlan, ...], trace: pl.DataFrame) -> Iterator[pl.DataFrame]:
    if trace.is_empty() or PAYOUT not in trace.columns:
        return
    present = set(trace["plan"])
    alike = [plan for plan in plans if plan.name in present]
    if alike[0].pool is not None:
        return
    yield from effects_of(Retraced(rules, alike, trace), alike, trace, removable(alike[0]))


def touched(plan: ResolvedPlan, step: Removable, trace: pl.DataFrame) -> bool:
    """Whether a step can have changed anything for anybody: some condition holds, or some factor or points do."""
    column = f"{step.node}.{step.kind}_{step.number}"
    if step.kind == "gate":
        return bool(trace[column].any())
    if step.kind != "modifier" or f"{column}.per" in trace.columns:
        return True
    node = next(each for each in nodes_under(plan.root) if each.path == step.node)
    neutral = 1 if node.steps.modifiers[step.number - 1].sign == "×" else 0
    return bool((trace[column] != neutral).any())


def effects_of(
    retraced: Retraced, alike: list[ResolvedPlan], trace: pl.DataFrame, steps: Iterable[Removable]
) -> Iterator[pl.DataFrame]:
    """The effects of steps of plans of one shape that no pool pays, one frame per step."""
    computed = COMPUTED if COMPUTED in trace.columns else PAYOUT
    for step in steps:
        yield trace.select(
            "payee",
            "plan",
            SEGMENT,
            pl.lit(step.node).alias("node"),
            pl.lit(step.kind).alias("step"),
            pl.lit(step.number, pl.Int64).alias("number"),
            (pl.col(computed) - _payouts_without(retraced, alike, step)).alias("effect"),
        )


def _payouts_without(retraced: Retraced, plans: list[ResolvedPlan], step: Removable) -> pl.Series | pl.Expr:
    """The payouts of the plans without a step; missing where they cannot be proved exact: a cap bounds what follows."""
    try:
        program = retraced.program([_without(plan, step) for plan in plans])
    except CannotProve:
        return pl.lit(None, pl.Decimal(38, 0))
    return _payouts(program, retraced.wide)


def _payouts(program: Program, wide: pl.DataFrame) -> pl.Series:
    assert program.payout is not None
    inputs = wide.lazy().select(program.inputs)
    frame = program.evaluate(inputs).select(program.payout.decimal().alias(PAYOUT)).collect(engine="streaming")
    return frame[PAYOUT]


def _without(plan: ResolvedPlan, step: Removable) -> ResolvedPlan:
    root = _node_without(plan.root, step)
    assert isinstance(root, GroupNode)
    return replace(plan, root=root)


def _node_without(node: Node, step: Removable) -> Node:
    if node.path == step.node:
        steps = node.steps
        if step.kind == "modifier":
            steps = replace(steps, modifiers=_dropped(steps.modifiers, step.number))
        elif step.kind == "gate":
            steps = replace(steps, gates=_dropped(steps.gates, step.number))
        else:
            steps = replace(steps, floor=None) if step.kind == "floor" else replace(steps, cap=None)
        return replace(node, steps=steps)
    if isinstance(node, GroupNode):
        return replace(node, items=tuple(_node_without(item, step) for item in node.items))
    return node


def _dropped(steps: tuple, number: int) -> tuple:  # type: ignore[type-arg]
    return (*steps[: number - 1], *steps[number:])
