"""The greatest score that a plan can give, whatever the results: what may be due where a target does not bind.

Read from the rules alone. Where their numbers differ by payee, or a formula or a curve without an end decides, there is
no greatest score that could be told, unless a cap above bounds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from incentive_engine.formulas import constant
from incentive_engine.kinds.base import Parameter
from incentive_engine.kinds.curve_kind import CurveKind
from incentive_engine.rulesets.resolving import GroupNode, MeasureNode, Node, Steps


def greatest_score(node: Node) -> Fraction | None:
    """The greatest score of a node, before its rounding; None where nothing bounds it."""
    start = _of_items(node) if isinstance(node, GroupNode) else _of_curves(node)
    return _after(node.steps, start)


def _of_curves(node: MeasureNode) -> Fraction | None:
    rates = [_greatest_rate(way.curve) for way in node.paths]
    known = [rate for rate in rates if rate is not None]
    return max(known) if len(known) == len(rates) else None


def _greatest_rate(curve: CurveKind) -> Fraction | None:
    rates = [Fraction(rate) for outline in curve.outlines() for _, rate in outline]
    ends = curve.upper_end is not None or curve.trend() == -1
    return max(rates) if rates and ends else None


def _of_items(group: GroupNode) -> Fraction | None:
    scores = [greatest_score(item) for item in group.items]
    known = [score for score in scores if score is not None]
    if group.combine.name == "min":
        sure = [
            score for item, score in zip(group.items, scores, strict=True) if score is not None and not _optional(item)
        ]
        return min(sure) if sure else (max(known) if len(known) == len(scores) else None)
    if len(known) < len(scores):
        return None
    if group.combine.name == "max":
        return max(known)
    some = any(_optional(item) for item in group.items)
    if group.combine.name == "sum":
        return sum(
            (
                max(score, Fraction(0)) if _optional(item) else score
                for item, score in zip(group.items, known, strict=True)
            ),
            Fraction(0),
        )
    if some:
        return max(known)  # the mean of those that are left is at most the greatest of them
    if group.combine.name == "mean":
        return sum(known, Fraction(0)) / len(known)
    return _weighted(known, [item.weight for item in group.items])


def _weighted(scores: Sequence[Fraction], weights: Sequence[Parameter | None]) -> Fraction | None:
    """Weights that differ by payee add up to 100 %: no mean of theirs is above the greatest score."""
    if all(isinstance(weight, Decimal) for weight in weights):
        pairs = zip(scores, weights, strict=True)
        return sum((score * Fraction(weight) for score, weight in pairs if isinstance(weight, Decimal)), Fraction(0))
    return max(scores)


def _optional(node: Node) -> bool:
    """Whether an item may be left out of its group."""
    if isinstance(node, GroupNode):
        return node.on_missing == "reweight"
    reliability = node.kpi.reliability
    return node.on_missing == "reweight" or (reliability is not None and reliability.otherwise == "reweight")


def _after(steps: Steps, start: Fraction | None) -> Fraction | None:
    """The greatest score after the steps of a node; gates only lower what is above zero."""
    score = start
    for modifier in steps.modifiers:
        number = constant(modifier.formula)
        if score is None or number is None or (modifier.key == "factor" and number < 0):
            score = None
        else:
            score = score * Fraction(number) if modifier.key == "factor" else score + Fraction(number)
    if steps.gates and score is not None:
        score = max(score, Fraction(0))  # what is withheld of less than nothing is more
    if steps.floor is not None:
        score = max(score, Fraction(steps.floor)) if score is not None and isinstance(steps.floor, Decimal) else None
    if isinstance(steps.cap, Decimal):
        cap = Fraction(steps.cap)
        score = cap if score is None else min(score, cap)
    return score
