"""Whether what anybody is paid for a stretch of days only rises, or only falls, while one number of the rules rises.

Weights, floors, caps and what a gate withholds go into scores in straight lines; targets, and points of curves that
never turn, move every score one way. A formula, or a pool that shares out a sum, may do anything; so may a threshold or
a benchmark, for where it passes the other one the way between them turns round.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from incentive_engine.formulas import Formula
from incentive_engine.formulas.tree import Arithmetic, Call, NumberLiteral, walk
from incentive_engine.kinds.modifiers import Factor
from incentive_engine.rulesets.resolving import ResolvedPlan, nodes_under
from incentive_engine.simulation.seeking.rule_numbers import RuleNumber

_STRAIGHT: Final = frozenset({"weight", "floor", "cap", "withhold", "limit"})
_TARGET, _SINCE = "target", "since"
_TARGET_PAY: Final = "target_pay"
_OF_POINTS: Final = ("linear", "stepped", "graded")
_ROUNDING: Final = frozenset({"MIN", "MAX", "ROUND", "ROUNDDOWN", "ROUNDUP"})


def goes_one_way(plans: Iterable[ResolvedPlan], number: RuleNumber) -> bool:
    """Whether it is certain that between two values of a number each amount goes one way."""
    return all(_plan(plan, number) for plan in plans)


def _plan(plan: ResolvedPlan, number: RuleNumber) -> bool:
    if plan.payout is not None or plan.pool is not None:
        return False
    if number.literal is not None:
        return number.at[-1] == _TARGET_PAY and _straight(plan.target_pay)
    if number.at[0] == "curves":
        return _of_curve(plan, str(number.at[1]))
    said = number.at[-3] if number.at[-2] == _SINCE else number.at[-1]
    if number.at[0] == "plans" and said == _TARGET:
        measures = [node for node in plan.measures() if node.at == number.at[: len(node.at)]]
        return all(way.curve.trend() != 0 for node in measures for way in node.paths)
    return number.at[0] == "plans" and said in _STRAIGHT


def _straight(formula: Formula | None) -> bool:
    """Whether a formula only multiplies, divides, adds and rounds."""
    nodes = [] if formula is None else [node for node, _ in walk(formula.tree)]
    calls = {node.function for node in nodes if isinstance(node, Call)}
    divided = any(isinstance(node, Arithmetic) and node.sign == "-" for node in nodes)
    return calls <= _ROUNDING and not divided and any(isinstance(node, NumberLiteral) for node in nodes)


def _of_curve(plan: ResolvedPlan, name: str) -> bool:
    """Whether all scores that a curve gives go the same way when one of its points moves."""
    curve, steps = plan.curves[name], [node.steps for node in nodes_under(plan.root)]
    factors = any(isinstance(each, Factor) for step in steps for each in step.modifiers)  # one may turn a score round
    return curve.kind in _OF_POINTS and curve.trend() != 0 and not factors and not _called(plan, name)


def _called(plan: ResolvedPlan, curve: str) -> bool:
    """Whether a formula of the plan reads a curve, besides the measures that are paid by it."""
    steps = [node.steps for node in nodes_under(plan.root)]
    formulas = [each.formula for step in steps for each in step.modifiers]
    formulas += [gate.when for step in steps for gate in step.gates]
    formulas += [each for each in (plan.who, plan.eligible, plan.target_pay) if each is not None]
    return any(curve in formula.calls for formula in formulas)
