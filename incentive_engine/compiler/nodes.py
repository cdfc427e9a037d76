"""Nodes, compiled: combine, then modifiers, gates, floor, cap and rounding, in the order of the rules."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from incentive_engine.compiler.context import Context
from incentive_engine.compiler.measures import Chosen, attained, hold_without_result, rated
from incentive_engine.exact import Exact, total_of
from incentive_engine.kinds.base import Rounding, Variants
from incentive_engine.rulesets.resolving import ROOT, GroupNode, MeasureNode, Node

NONE = Exact.of(0)


@dataclass(frozen=True, slots=True)
class Lift:
    """What a floor did: whom it lifted, and then the score before it (not below zero) and what it added."""

    lifted: pl.Expr
    earned: Exact
    added: Exact


@dataclass(frozen=True, slots=True)
class Scored:
    """A compiled node."""

    node: Node
    score: Exact
    weight: Exact | None
    left_out: pl.Expr | None
    """Boolean, never missing: whether the node is left out of its group; None where it never is."""
    lift: Lift | None
    items: tuple[Scored, ...] = ()
    target: Exact | None = None
    chosen: Chosen | None = None
    attainment: Exact | None = None
    rate: Exact | None = None

    @property
    def part(self) -> Exact:
        """What the node adds to its group: score, times weight where there is one."""
        part = self.score if self.weight is None else self.score.times(self.weight)
        return part if self.left_out is None else Exact.choose((self.left_out, NONE), otherwise=part)


def compile_node(context: Context, nodes: Variants[Node]) -> Scored:
    """The node of every plan of the shape, and all below it."""
    if isinstance(nodes.first, GroupNode):
        return _group(context, nodes.map(_as_group))
    return _measure(context, nodes.map(_as_measure))


def _as_group(node: Node) -> GroupNode:
    assert isinstance(node, GroupNode)
    return node


def _as_measure(node: Node) -> MeasureNode:
    assert isinstance(node, MeasureNode)
    return node


def _measure(context: Context, nodes: Variants[MeasureNode]) -> Scored:
    node = nodes.first
    weight = context.parameter(nodes.map(lambda each: each.weight), "weight", node.kpi_name)
    first_reason = len(context.holds)
    target = context.parameter(nodes.map(lambda each: each.target), "target", node.kpi_name)
    chosen = Chosen(context, nodes, target)
    hold_without_result(context, nodes, chosen)
    attainment = attained(context, nodes, chosen, target)
    rate = rated(context, nodes, attainment)
    unpaid, left_out = chosen.came_from("zero"), chosen.came_from("reweight")
    context.relevant_unless(unpaid, first_reason)
    start = rate if unpaid is None else Exact.choose((unpaid, NONE), otherwise=rate)
    score, lift = _steps(context, nodes.map(lambda each: each), start)
    context.relevant_unless(left_out, first_reason)
    return Scored(node, score, weight, left_out, lift, (), target, chosen, attainment, rate)


def _group(context: Context, nodes: Variants[GroupNode]) -> Scored:
    node = nodes.first
    weight = context.parameter(nodes.map(lambda each: each.weight), "weight")
    first_reason = len(context.holds)
    items = tuple(
        compile_node(context, nodes.map(lambda each, at=at: each.items[at]))  # type: ignore[misc]
        for at in range(len(node.items))
    )
    combined, left_out = _combined(context, node, items)
    score, lift = _steps(context, nodes.map(lambda each: each), combined)
    context.relevant_unless(left_out, first_reason)
    return Scored(node, score, weight, left_out, lift, items)


def _combined(context: Context, node: GroupNode, items: tuple[Scored, ...]) -> tuple[Exact, pl.Expr | None]:
    """The items' scores as one, and whether no item was left."""
    points = total_of([item.part for item in items])
    whole = _weights_add_up(context, node, items) if node.weighted else None
    if whole is not None:
        points = points.masked(whole)
    if all(item.left_out is None for item in items):
        return points, None
    empty = _all_left_out(context, node, items)
    if node.weighted:
        points = context.stages.number(f"{node.path}.points", points)
        present = context.stages.number(f"{node.path}.weight_present", total_of([_weight_present(i) for i in items]))
        points = points.over(present.maximum(present.unit))
        if any(item.weight.low <= 0 for item in items if item.weight is not None):
            empty = empty | present.at_most(0).fill_null(False)
    if whole is not None:
        empty = empty & whole.fill_null(False)  # a group with wrong weights is held for them
    if node.on_missing == "reweight" and node.path != ROOT:
        return points.masked(~empty), empty
    context.hold("empty-group", empty, f"no item of `{node.path}` has a result")
    return points.masked(~empty), None


def _weight_present(item: Scored) -> Exact:
    assert item.weight is not None
    return item.weight if item.left_out is None else Exact.choose((item.left_out, NONE), otherwise=item.weight)


def _all_left_out(context: Context, node: GroupNode, items: tuple[Scored, ...]) -> pl.Expr:
    if any(item.left_out is None for item in items):
        return pl.lit(False)
    every = pl.all_horizontal([item.left_out for item in items if item.left_out is not None])
    return context.stages.column(f"{node.path}.empty", every)


def _weights_add_up(context: Context, node: GroupNode, items: tuple[Scored, ...]) -> pl.Expr | None:
    """Whether weights from tables add up to 100 %, where that differs by payee; the others are held."""
    each = [item.weight for item in items if item.weight is not None]
    weights = total_of(each)
    low, high = weights.bounds
    if low == high == 1 and all(weight.constant is not None for weight in each):
        return None
    whole = context.stages.column(f"{node.path}.weights_add_up", weights.equals(1))
    context.hold("weights-not-100", ~whole, f"the weights of `{node.path}` do not add up to 100 %")
    return whole


def _steps(context: Context, nodes: Variants[Node], score: Exact) -> tuple[Exact, Lift | None]:
    node, stages = nodes.first, context.stages
    name = f"{node.path}.after"
    for at, modifier in enumerate(node.steps.modifiers):
        formulas = nodes.map(lambda each, at=at: each.steps.modifiers[at].formula)  # type: ignore[misc]
        rounding = None if isinstance(modifier.rounding, str) else modifier.rounding
        factor = context.rounded(f"{node.path}.modifier_{at + 1}", context.number(formulas, modifier.of), rounding)
        context.hold_unless_known("missing-factor", formulas, modifier.of, factor.missing)
        score = stages.number(f"{name}_modifier_{at + 1}", modifier.apply(factor, score))
    for at, gate in enumerate(node.steps.gates):
        gates = nodes.map(lambda each, at=at: each.steps.gates[at])  # type: ignore[misc]
        conditions = gates.map(lambda each: each.when)
        met = stages.column(f"{node.path}.gate_{at + 1}", context.condition(conditions, gate.of))
        context.hold_unless_known("missing-gate", conditions, gate.of, met.is_null())
        score = stages.number(f"{name}_gate_{at + 1}", gate.apply(gates, met, score))
    floor = context.parameter(nodes.map(lambda each: each.steps.floor), "floor")
    lift = None
    if floor is not None:
        earned = score.maximum(0)
        lift = Lift(score.below(floor), earned, floor.minus(earned).maximum(0))
        score = stages.number(f"{name}_floor", score.maximum(floor))
    cap = context.parameter(nodes.map(lambda each: each.steps.cap), "cap")
    if cap is not None:
        score = stages.number(f"{name}_cap", score.minimum(cap))
    rounding = None if _as_round(score, node.steps.rounding) else node.steps.rounding
    return context.rounded(f"{node.path}.score", score, rounding), lift


def _as_round(score: Exact, rounding: Rounding | None) -> bool:
    """Whether the score cannot have more decimals than its rounding keeps: the rate of a measure without steps."""
    places = score.finite_places
    return rounding is not None and places is not None and places <= rounding.places
