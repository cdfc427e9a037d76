"""Curves and caps: what a small step of the result does to pay, and which parts of a curve nobody reaches."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from incentive_engine.formulas.outcomes import Span
from incentive_engine.kinds.attainments import ATTAINMENTS
from incentive_engine.kinds.base import written
from incentive_engine.kinds.curve_kind import End, in_points
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.rulesets.checks.plans.reach import attainment_span
from incentive_engine.rulesets.checks.plans.rule import Found, Linted, plan_rule
from incentive_engine.rulesets.checks.plans.weights import share_of_plan
from incentive_engine.rulesets.models import Measure
from incentive_engine.rulesets.walking import Placed

_CLIFF: Final = Fraction(1, 2)
"""The part of the target pay from which one step is a cliff."""


@plan_rule(
    "P01-cliff",
    bad="""
        curves:
          on_ratio: {kind: linear, points: [[100%, 100%], [120%, 150%]], below: zero}
        """,
    good="""
        curves:
          on_ratio: {kind: linear, points: [[60%, 0%], [100%, 100%], [120%, 150%]], below: zero}
        """,
)
def no_step_moves_much_pay(linted: Linted) -> Iterator[Found]:
    """No smallest step of one result moves half of the target pay or more.

    Just above such a step somebody is paid twice as much as just below it, for a difference that may be luck; who is
    just below will be tempted to find the last answer, and who is far below will give up. Looked at: jumps of curves
    that results can cross, times the weights above them, within the measure's own floor and cap.
    """
    for placed, way, kpi in linted.ways:
        curve, share = linted.rules.curves[way.way.curve], share_of_plan(linted, placed)
        reached = attainment_span(linted, placed, way, kpi)
        if share is None or not isinstance(placed.node, Measure) or in_points(curve.corners()):
            continue
        for x, before, after in jumps(curve):
            moved = share * abs(_limited(placed, after) - _limited(placed, before))
            if moved >= _CLIFF and (reached is None or reached[0] < x <= reached[1]):
                there = written(x, percent=ATTAINMENTS[way.way.attainment].in_percent)
                message = f"at {there} of `{way.way.curve}`, the smallest step of `{placed.path}` moves "
                message += f"{written(moved, percent=True)} of the target pay"
                hint = "let the rate rise along a line or in smaller steps, or let it weigh less"
                yield Found((*way.at, "curve"), message, hint)


def jumps(curve: CurveKind) -> Iterator[tuple[Decimal, Decimal, Decimal]]:
    """Where the rate jumps: the attainment, the rate before it and the rate from there on."""
    starts = {x for x, _ in curve.starts()}
    for outline in curve.outlines():
        for (x, before), (there, after) in pairwise(outline):
            if x == there and x in starts and before != after:
                yield x, before, after


def _limited(placed: Placed, rate: Decimal) -> Fraction:
    """The rate as the measure's own floor and cap let it through."""
    floor, cap = placed.node.floor, placed.node.cap
    rate = max(rate, floor) if isinstance(floor, Decimal) else rate
    return Fraction(min(rate, cap) if isinstance(cap, Decimal) else rate)


@plan_rule(
    "P02-curve-turns",
    bad="""
        curves:
          on_ratio: {kind: linear, points: [[80%, 50%], [100%, 100%], [120%, 90%]], below: zero}
        """,
    good="""
        curves:
          on_ratio: {kind: linear, points: [[80%, 50%], [100%, 100%], [120%, 100%]], below: zero}
        """,
)
def curves_do_not_turn(linted: Linted) -> Iterator[Found]:
    """A rate only rises with the attainment, or only falls.

    Where a curve turns back, who does better is paid less, and knows it before the period ends.
    """
    percentages = {way.way.curve for _, way, _ in linted.ways if ATTAINMENTS[way.way.attainment].in_percent}
    for name, curve in linted.rules.curves.items():
        turn = curve.turns()
        if turn is not None:
            where = written(turn, percent=name in percentages)
            message = f"the rate of `{name}` rises and falls: from {where} on it goes back"
            hint = "order the rates as the attainments, or write two measures where both are meant"
            yield Found(("curves", name), message, hint)


@plan_rule(
    "P05-unreachable",
    bad="""
        plans:
          adviser:
            scorecard:
              satisfied: {weight: 70%, of: payee, target: 90%, attainment: ratio, curve: on_ratio}
              sales: {weight: 30%, of: payee, target: 40000, attainment: ratio, curve: on_ratio}
        """,
    good="""
        curves:
          on_share: {kind: linear, points: [[80%, 50%], [100%, 100%], [110%, 150%]], below: zero}
        plans:
          adviser:
            scorecard:
              satisfied: {weight: 70%, of: payee, target: 90%, attainment: ratio, curve: on_share}
              sales: {weight: 30%, of: payee, target: 40000, attainment: ratio, curve: on_ratio}
        """,
)
def all_of_a_curve_is_reached(linted: Linted) -> Iterator[Found]:
    """Some result leads to every point, tier and row of a curve.

    A rate that nobody can reach is a promise that is not kept: for 120 % of a target of 90 %, 108 % of the customers
    would have to be satisfied. Proved on the ranges that KPIs and columns are declared to have: whatever the data, it
    is so.
    """
    for placed, way, kpi in linted.ways:
        reached = attainment_span(linted, placed, way, kpi)
        curve, kind = linted.rules.curves[way.way.curve], ATTAINMENTS[way.way.attainment]
        if reached is None:
            continue
        far = [written(x, percent=kind.in_percent) for x in unreached(curve, reached)]
        if far:
            low, high = (written(end, percent=kind.in_percent) for end in reached)
            message = f"no result of `{placed.path}` reaches {' or '.join(far)} of `{way.way.curve}`: its attainment "
            message += f"lies between {low} and {high}"
            hint = (
                f"change the curve or what `{kpi}` is held against, or declare the range that its results really have"
            )
            yield Found((*way.at, "curve"), message, hint)


def unreached(curve: CurveKind, reached: Span) -> list[Decimal]:
    """Where points, tiers and rows begin that no attainment in a range is in."""
    low, high = reached
    starts = curve.starts()
    too_far = [x for x, after in starts if x > high or (x == high and after)]
    passed = [start[0] for start, end in pairwise(starts) if _beyond(low, end) and start[0] != end[0]]
    return sorted({*too_far, *passed})


def _beyond(low: Fraction, end: End) -> bool:
    """Whether the lowest attainment lies where the next point or tier begins, or farther."""
    return low > end[0] if end[1] else low >= end[0]
