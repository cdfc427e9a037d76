"""Whether rules differ from others in numbers of their plans only: then all that is known of payees stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from incentive_engine.compiler.needs import called_curves
from incentive_engine.compiler.shapes import shape_of
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import MeasureNode, Node, ResolvedPlan, nodes_under

_TOLD: Final = {"rule_set", "version", "title", "decided", "in_force", "follows", "principles", "waive", "examples"}
"""What no payout rests on, once plans are resolved."""
_COMPARED: Final = tuple(sorted(RuleSet.model_fields.keys() - _TOLD - {"plans", "curves"}))
_OF_PLAN: Final = ("name", "pays", "who", "eligible", "days", "pool")


class Likeness:
    """What rules must have in common with a rule set, resolved to these plans, to differ from it in numbers only."""

    def __init__(self, rules: RuleSet, plans: Sequence[ResolvedPlan]) -> None:
        self._rules, self._plans = rules, tuple(plans)
        self._shapes = [shape_of(plan) for plan in plans]
        self._called = [called_curves(plan) for plan in plans]

    def holds(self, rules: RuleSet, plans: Sequence[ResolvedPlan]) -> bool:
        """Whether a rule set, resolved to these plans, pays the same people on the same results by the same steps."""
        if len(plans) != len(self._plans) or any(
            getattr(rules, name) != getattr(self._rules, name) for name in _COMPARED
        ):
            return False
        return all(map(self._same_but_numbers, range(len(plans)), plans))

    def _same_but_numbers(self, at: int, other: ResolvedPlan) -> bool:
        plan = self._plans[at]
        return (
            all(getattr(plan, name) == getattr(other, name) for name in _OF_PLAN)
            and shape_of(other) == self._shapes[at]
            and all(plan.curves[name] == other.curves[name] for name in self._called[at])
        )


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
