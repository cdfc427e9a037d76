"""Proofs that numbers fit, told to who writes the rules: which node of which plan could leave the exact range, and why.

Where a plan does not fit, its nodes are compiled from the leaves up: the first that fails is the one to change.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from incentive_engine.compiler.context import Context
from incentive_engine.compiler.inputs import PLAN, Ranges
from incentive_engine.compiler.nodes import compile_node
from incentive_engine.compiler.program import compile_plans
from incentive_engine.errors import Location, Problem
from incentive_engine.exact import CannotProve
from incentive_engine.kinds.base import Variants
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import Node, ResolvedPlan, nodes_under

_HINT = (
    "round earlier, as in `target_pay: ROUND(…, 2)`, keep fewer places, or declare narrower bounds for columns: "
    "`columns: {NAME: {at_most: 1000}}`"
)


def unproved(rules: Rules, shape: tuple[ResolvedPlan, ...], ranges: Ranges, kpis: frozenset[str]) -> Iterator[Problem]:
    """What cannot be proved to fit in plans of one shape, each taken alone; nothing where all fits."""
    try:
        compile_plans(shape, ranges, kpis)
    except CannotProve as error:
        if len(shape) == 1:
            yield _located(rules, shape[0], ranges, kpis, error.what)
            return
        for plan in shape:
            yield from unproved(rules, (plan,), ranges, kpis)


def _located(rules: Rules, plan: ResolvedPlan, ranges: Ranges, kpis: frozenset[str], what: str) -> Problem:
    """The problem at the innermost node that does not fit, or at the plan where only the money does not."""
    for node in reversed(list(nodes_under(plan.root))):
        reason = _node_reason(plan, node, ranges, kpis)
        if reason:
            return _problem(reason, rules.document.key_at(node.at))
    return _problem(what, rules.document.key_at(plan.at))


def _node_reason(plan: ResolvedPlan, node: Node, ranges: Ranges, kpis: frozenset[str]) -> str | None:
    context = Context(plan, ranges, kpis)
    context.stages.input(PLAN)
    try:
        compile_node(context, Variants((node,), pl.col(PLAN)))
    except CannotProve as error:
        return error.what
    return None


def _problem(what: str, where: Location) -> Problem:
    return Problem("cannot-prove", f"this cannot be proved to fit: {what}", where, _HINT)
