"""The shape of a plan: all of it but its numbers. Plans of one shape run in one pass, their numbers picked by plan."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from incentive_engine.kinds.base import FromTable, Parameter
from incentive_engine.rulesets.resolving import GroupNode, Node, ResolvedPlan, Steps


def by_shape(plans: Iterable[ResolvedPlan]) -> list[tuple[ResolvedPlan, ...]]:
    """The plans, those of one shape together, in the order of the rule set."""
    groups: dict[Hashable, list[ResolvedPlan]] = {}
    for plan in plans:
        groups.setdefault(_shape(plan), []).append(plan)
    return [tuple(group) for group in groups.values()]


def _shape(plan: ResolvedPlan) -> Hashable:
    target_pay = plan.target_pay.skeleton if plan.target_pay else None
    return (_node(plan.root), target_pay, plan.proration, plan.payout_rounding, plan.period)


def _node(node: Node) -> Hashable:
    common = (node.path, _parameter(node.weight), node.on_missing, _steps(node.steps))
    if isinstance(node, GroupNode):
        return (*common, node.combine, tuple(map(_node, node.items)))
    reliability = node.kpi.reliability
    return (
        *common,
        node.kpi_name,
        node.of,
        _parameter(node.target),
        node.attainment.name,
        node.attainment_rounding,
        (node.curve.kind, node.curve.below, node.curve.above, node.curve.rounding, len(node.curve.corners())),
        reliability and reliability.otherwise,
    )


def _steps(steps: Steps) -> Hashable:
    modifiers = tuple((type(each), each.formula.skeleton, each.of, each.rounding) for each in steps.modifiers)
    gates = tuple((type(each), each.when.skeleton, each.of) for each in steps.gates)
    return (modifiers, gates, _parameter(steps.floor), _parameter(steps.cap), steps.rounding)


def _parameter(parameter: Parameter | None) -> Hashable:
    if parameter is None:
        return None
    return (parameter.table, parameter.column) if isinstance(parameter, FromTable) else "number"
