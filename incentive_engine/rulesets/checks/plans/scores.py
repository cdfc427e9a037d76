"""Between what the scores of nodes lie, proved from what results can be; None where nothing is proved."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from incentive_engine.exact import CannotProve, Exact
from incentive_engine.formulas.outcomes import Span
from incentive_engine.kinds.combinations import COMBINATIONS, Item
from incentive_engine.kinds.gates import GateKind, Withhold
from incentive_engine.rulesets.checks.plans.reach import attainment_span, fallbacks, outcomes_of, rate_span
from incentive_engine.rulesets.checks.plans.rule import Linted
from incentive_engine.rulesets.models import AnyMeasure, Group, Plan
from incentive_engine.rulesets.resolving import chosen_rounding
from incentive_engine.rulesets.walking import Placed

_ZERO = (Fraction(0), Fraction(0))


def score_span(linted: Linted, placed: Placed) -> Span | None:
    """The scores that a node can have, after its own steps."""
    node = placed.node
    span = _of_measure(linted, placed, node) if isinstance(node, AnyMeasure) else _of_items(linted, placed, node)
    if span is None or node.modifiers:
        return None
    for gate in node.gates:
        span = _after(linted, gate, span)
    for limit, pick in ((node.floor, max), (node.cap, min)):
        if limit is not None and not isinstance(limit, Decimal):
            return None
        span = span if limit is None else (pick(span[0], Fraction(limit)), pick(span[1], Fraction(limit)))
    rounding = chosen_rounding(node.rounding)
    try:
        low, high = span if rounding is None else (rounding.of(Exact.of(end)).bounds[0] for end in span)
    except CannotProve:
        return None
    return low, high


def _of_measure(linted: Linted, placed: Placed, measure: AnyMeasure) -> Span | None:
    ways = [(way, kpi) for each, way, kpi in linted.ways if each is placed]
    spans: list[Span | None] = []
    for way, kpi in ways:
        attainments = attainment_span(linted, placed, way, kpi)
        spans.append(None if attainments is None else rate_span(linted.rules.curves[way.way.curve], attainments))
    if "zero" in fallbacks(measure, linted.rules.kpis[ways[0][1]]):
        spans.append(_ZERO)
    return _all_of(spans)


def _of_items(linted: Linted, placed: Placed, node: Plan | Group) -> Span | None:
    """The smallest scores combined and the largest: every combination rises with each of its items."""
    items, kind = placed.items, COMBINATIONS[node.combine]
    by_place = {each.at: each for each in linted.nodes}
    lows, highs = [], []
    for name, item in items.items():
        left_out = isinstance(item, Group) and item.on_missing == "reweight"
        weight = item.weight if isinstance(item.weight, Decimal) else None
        span = score_span(linted, by_place[(*placed.items_at, name)])
        if span is None or left_out or _may_be_missing(linted, item, name) or kind.weighted == (weight is None):
            return None
        share = None if weight is None else Fraction(weight)
        lows.append(Item(span[0], share))
        highs.append(Item(span[1], share))
    return kind.exact(lows), kind.exact(highs)


def _may_be_missing(linted: Linted, item: AnyMeasure | Group, name: str) -> bool:
    """Whether the others take the weight of an item that has no result."""
    return isinstance(item, AnyMeasure) and "reweight" in fallbacks(item, linted.rules.kpis[item.kpi or name])


def _after(linted: Linted, gate: GateKind, span: Span) -> Span:
    """The scores behind a gate."""
    number = Fraction(gate.number)
    shut = tuple(end * number if isinstance(gate, Withhold) else min(end, number) for end in span)
    can_be = outcomes_of(linted, gate.when)
    reached = [end for truth, ends in ((True, shut), (False, span)) if truth in can_be for end in ends]
    return (min(reached), max(reached)) if reached else span


def _all_of(spans: Iterable[Span | None]) -> Span | None:
    known = []
    for span in spans:
        if span is None:
            return None
        known.append(span)
    return min(low for low, _ in known), max(high for _, high in known)
