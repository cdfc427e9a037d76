"""Whether rules differ from others in numbers of their plans only: then all that is known of payees stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from incentive_engine.compiler.needs import called_curves
from incentive_engine.compiler.shapes import by_shape
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import MeasureNode, Node, ResolvedPlan, nodes_under

_TOLD: Final = {"rule_set", "version", "title", "decided", "in_force", "follows", "principles", "waive", "examples"}
"""What no payout rests on, once plans are resolved."""
_COMPARED: Final = tuple(sorted(RuleSet.model_fields.keys() - _TOLD - {"plans", "curves"}))
_OF_PLAN: Final = ("name", "pays", "who", "eligible", "days", "pool")


def alike(first: RuleSet, plans: Sequence[ResolvedPlan], second: RuleSet, others: Sequence[ResolvedPlan]) -> bool:
    """Whether two rule sets, resolved to these plans, pay the same people on the same results by the same steps."""
    if len(plans) != len(others) or any(getattr(first, name) != getattr(second, name) for name in _COMPARED):
        return False
    return all(_same_but_numbers(plan, other) for plan, other in zip(plans, others, strict=True))


def _same_but_numbers(plan: ResolvedPlan, other: ResolvedPlan) -> bool:
    if any(getattr(plan, name) != getattr(other, name) for name in _OF_PLAN):
        return False
    called = called_curves(plan)  # formulas of one shape call the same
    return len(by_shape((plan, other))) == 1 and all(plan.curves[name] == other.curves[name] for name in called)


def differing(plan: ResolvedPlan, other: ResolvedPlan) -> frozenset[str]:
    """Where plans of one shape have other numbers: paths of nodes, and the names of formulas."""
    return frozenset(_differing(plan, other))


def _differing(plan: ResolvedPlan, other: ResolvedPlan) -> Iterator[str]:
    yield from (name for name in ("target_pay", "payout") if getattr(plan, name) != getattr(other, name))
    for node, twin in zip(nodes_under(plan.root), nodes_under(other.root), strict=True):
        if _own(node) != _own(twin):
            yield node.path


def _own(node: Node) -> tuple[object, ...]:
    if isinstance(node, MeasureNode):
        return (node.weight, node.steps, node.kpi.reliability, [(way.parameters, way.curve) for way in node.paths])
    return (node.weight, node.steps)
