"""Weights: how much of a plan something is, caps that take it away, and what never makes a difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

from incentive_engine.kinds.attainments import ATTAINMENTS
from incentive_engine.kinds.base import written
from incentive_engine.kinds.combinations import COMBINATIONS
from incentive_engine.kinds.combinations import Item as Scored
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.kinds.pools import SharedOut
from incentive_engine.rulesets.checks.plans.rule import Found, Linted, plan_rule
from incentive_engine.rulesets.checks.plans.scores import score_span
from incentive_engine.rulesets.models import AnyMeasure, Group, Item, Measure, Plan
from incentive_engine.rulesets.walking import Placed, items_of

_ON_TARGET: Final = {"actual": 1, "target": 1, "threshold": 0, "baseline": 0, "benchmark": 1}
"""Numbers of somebody who is on target, or at the benchmark."""


def share_of_plan(linted: Linted, placed: Placed) -> Fraction | None:
    """The part of the target pay that a score of 100 % of a node is; None where weights do not say it."""
    plan = linted.rules.plans[placed.plan]
    if plan.payout is not None or plan.target_pay is None or plan.pool is not None:
        return None
    share, items, combine = Fraction(1), plan.scorecard, plan.combine
    for name in () if isinstance(placed.node, Plan) else placed.path.split("."):
        item = items[name]
        if combine == "weighted_sum":
            if not isinstance(item.weight, Decimal):
                return None
            share *= Fraction(item.weight)
        share /= len(items) if combine == "mean" else 1
        if isinstance(item, Group):
            items, combine = item.items, item.combine
    return share


@plan_rule(
    "P03-cap-below-target",
    bad="""
        plans:
          adviser:
            cap: 90%
        """,
    good="""
        plans:
          adviser:
            cap: 120%
        """,
)
def caps_are_above_targets(linted: Linted) -> Iterator[Found]:
    """Who is exactly on target is not capped.

    A target is what the company asks for, and a score on target what it promised for that: a cap below takes part of it
    back. Looked at: what results on target, or at the benchmark, make of each measure and of what is above; a cap of a
    plan with a target pay is 100 % at least.
    """
    for placed in linted.nodes:
        cap, scored = placed.node.cap, _on_target(linted, placed.node)
        if scored is None and isinstance(placed.node, Plan) and share_of_plan(linted, placed) is not None:
            scored = Fraction(1)
        if isinstance(cap, Decimal) and scored is not None and cap < scored:
            what = "the plan" if isinstance(placed.node, Plan) else f"`{placed.path}`"
            message = f"{what} is capped at {written(cap, percent=True)}, and on target it has "
            message += written(scored, percent=True)
            yield Found((*placed.at, "cap"), message, "raise the cap, or lower what the target pays")


def _on_target(linted: Linted, node: Plan | Item) -> Fraction | None:
    """The score of a node where all results are on target, before its own steps; None where that says nothing."""
    if isinstance(node, Measure):
        kind, curve = ATTAINMENTS[node.attainment], linted.rules.curves[node.curve]
        if kind.aim is None or curve.across is not None:
            return None
        numbers = {name: Fraction(number) for name, number in _ON_TARGET.items()}
        attainment = kind.exact(numbers, "higher")
        return None if attainment is None else curve.exact(attainment)
    if isinstance(node, AnyMeasure):
        return None
    scored = []
    for item in items_of(node).values():
        score = _on_target(linted, item)
        if score is None or (node.combine == "weighted_sum" and not isinstance(item.weight, Decimal)):
            return None
        score = min(score, Fraction(item.cap)) if isinstance(item.cap, Decimal) else score
        scored.append(Scored(score, Fraction(item.weight) if isinstance(item.weight, Decimal) else None))
    return COMBINATIONS[node.combine].exact(scored)


@plan_rule(
    "P06-without-effect",
    bad="""
        curves:
          flat: {kind: linear, points: [[50%, 100%], [100%, 100%]], below: flat}
        plans:
          adviser:
            scorecard:
              satisfied: {weight: 70%, of: payee, target: 80%, attainment: ratio, curve: flat}
              sales: {weight: 30%, of: payee, target: 40000, attainment: ratio, curve: on_ratio}
        """,
    good="""
        plans:
          adviser:
            scorecard:
              satisfied: {weight: 70%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}
              sales: {weight: 30%, of: payee, target: 40000, attainment: ratio, curve: on_ratio}
        """,
)
def every_measure_makes_a_difference(linted: Linted) -> Iterator[Found]:
    """Every measure can change what is paid.

    What people read in their plan, they work for. A weight of 0 %, a curve that is flat wherever results can be, a
    floor that no result exceeds, a score that the payout formula does not name: none of them can ever move a cent.
    Proved on the ranges that KPIs and columns are declared to have.
    """
    for placed in linted.nodes:
        reason = _without_effect(linted, placed)
        if reason:
            what = "the scorecard" if isinstance(placed.node, Plan) else f"`{placed.path}`"
            message = f"{what} never changes what is paid: {reason}"
            yield Found(placed.at, message, "remove it from the plan, or let it count")


def _without_effect(linted: Linted, placed: Placed) -> str | None:
    """Why a node cannot change what is paid; None where it can."""
    node = placed.node
    if not isinstance(node, Plan) and node.weight == 0:
        return "its weight is 0%"
    if isinstance(node, AnyMeasure) and not _named(linted, placed):
        return "what is paid names neither it nor what it is part of"
    scores = score_span(linted, placed)
    if scores is not None and scores[0] == scores[1]:
        return f"its score is {written(scores[0], percent=True)} whatever the results"
    return None


def _named(linted: Linted, placed: Placed) -> bool:
    """Whether what is paid depends on a node, by its name or by that of something above it."""
    plan = linted.rules.plans[placed.plan]
    pool = linted.rules.pools[plan.pool] if plan.pool else None
    if isinstance(pool, SharedOut):
        named = frozenset[str]().union(*(part.in_proportion_to.names for part in pool.parts.values()))
    else:
        named = plan.payout.names if plan.payout else frozenset({"score"})
    return bool(named & {*ancestors(placed.path), "score"})


@plan_rule(
    "P07-kpi-twice",
    bad="""
        plans:
          adviser:
            scorecard:
              satisfied: {weight: 70%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}
              goal: {kpi: sales, weight: 20%, of: payee, target: 40000, attainment: ratio, curve: on_ratio}
              stretch: {kpi: sales, weight: 10%, of: payee, target: 60000, attainment: ratio, curve: on_ratio}
        """,
    good="""
        plans:
          adviser:
            scorecard:
              satisfied: {weight: 70%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}
              sales: {weight: 30%, of: payee, target: 40000, attainment: ratio, curve: on_ratio}
        """,
)
def no_kpi_counts_twice(linted: Linted) -> Iterator[Found]:
    """No result counts twice in a plan.

    Two measures of one result weigh more than either says, and one bad week is paid for twice. Looked at: measures of
    the same KPI and the same subject, and of a KPI that is worked out from another one that counts itself; not where
    the greatest or the smallest score decides, so that only one of them counts.
    """
    for name in linted.rules.plans:
        counted: dict[tuple[str, str], list[Placed]] = defaultdict(list)
        for placed, measure, kpi in linted.measures:
            if placed.plan == name and measure.weight != 0:
                counted[kpi, measure.of].append(placed)
        for (kpi, of), first in counted.items():
            for again in first[1:]:
                if not _one_decides(linted, first[0], again):
                    message = f"`{kpi}` counts in `{first[0].path}` and again in `{again.path}`"
                    yield Found(again.at, message, "put them together, or write one measure with `paths`")
            compute = linted.rules.kpis[kpi].compute
            for part in sorted(compute.kpis) if isinstance(compute, OverKpis) else ():
                if (part, of) in counted:
                    message = f"`{part}` counts in `{counted[part, of][0].path}` and again in `{first[0].path}`, "
                    message += "which is worked out from it"
                    yield Found(first[0].at, message, "leave one of them out")


def _one_decides(linted: Linted, one: Placed, other: Placed) -> bool:
    """Whether only one of two measures counts: in the group where they meet, one score decides."""
    above = [set(ancestors(each.path)) for each in (one, other)]
    met = [each for each in linted.nodes if each.plan == one.plan and each.path in above[0] & above[1]]
    nearest = max(met, key=lambda each: each.path.count("."), default=None)
    combine = nearest.node.combine if nearest is not None and isinstance(nearest.node, Group) else None
    return (combine or linted.rules.plans[one.plan].combine) in ("min", "max")


def ancestors(path: str) -> list[str]:
    """A node and all that it is part of, the plan left out: `customer`, `customer.nps`."""
    names = path.split(".")
    return [".".join(names[: length + 1]) for length in range(len(names))]
