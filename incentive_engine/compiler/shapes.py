"""The shape of a plan: all of it but its numbers. Plans of one shape run in one pass, their numbers picked by plan."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from decimal import Decimal

from incentive_engine.kinds.base import Parameter
from incentive_engine.rulesets.models import Reliability
from incentive_engine.rulesets.resolving import GroupNode, Node, PathNode, ResolvedPlan, Steps


def by_shape(plans: Iterable[ResolvedPlan]) -> list[tuple[ResolvedPlan, ...]]:
    """The plans, those of one shape together, in the order of the rule set."""
    groups: dict[Hashable, list[ResolvedPlan]] = {}
    for plan in plans:
        groups.setdefault(shape_of(plan), []).append(plan)
    return [tuple(group) for group in groups.values()]


def shape_of(plan: ResolvedPlan) -> Hashable:
    """All of a plan but its numbers: equal to that of another whose numbers alone are others."""
    target_pay = plan.target_pay.skeleton if plan.target_pay else None
    payout = plan.payout.skeleton if plan.payout else None
    pool = plan.pool and plan.pool.name
    return (
        _node(plan.root),
        target_pay,
        payout,
        pool,
        plan.proration,
        plan.payout_rounding,
        plan.exchange,
        plan.period,
    )


def _node(node: Node) -> Hashable:
    common = (node.path, _parameter(node.weight), node.on_missing, _steps(node.steps))
    if isinstance(node, GroupNode):
        return (*common, node.combine.name, node.at_least, tuple(map(_node, node.items)))
    ways = tuple(map(_way, node.paths))
    return (*common, node.kpi_name, node.of, ways, node.parts, node.for_presence, _reliability(node.kpi.reliability))


def _reliability(reliability: Reliability | None) -> Hashable:
    credibility = reliability and reliability.credibility
    return reliability and (reliability.otherwise, credibility and (credibility.towards, credibility.rounding))


def _way(way: PathNode) -> Hashable:
    parameters = tuple((name, _parameter(each)) for name, each in way.parameters.items())
    across = way.curve.across and way.curve.across.skeleton
    rounding, curve = way.attainment_rounding, way.curve.shape
    return (way.name, parameters, way.among, way.attainment.name, rounding, curve, across)


def _steps(steps: Steps) -> Hashable:
    modifiers = tuple((type(each), each.formula.skeleton, each.of, each.rounding) for each in steps.modifiers)
    gates = tuple((type(each), each.when.skeleton, each.of) for each in steps.gates)
    return (modifiers, gates, _parameter(steps.floor), _parameter(steps.cap), steps.rounding)


def _parameter(parameter: Parameter | None) -> Hashable:
    return "number" if isinstance(parameter, Decimal) else parameter
