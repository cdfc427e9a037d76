"""Nodes, compiled: combine, then modifiers, gates, floor, cap and rounding, in the order of the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from incentive_engine.compiler.context import Context
from incentive_engine.compiler.measures import (
    PATH,
    Answer,
    Chosen,
    ChosenParts,
    best,
    hold_without_result,
    mean_of,
    ways_parameters,
    ways_taken,
)
from incentive_engine.exact import Exact, total_of
from incentive_engine.kinds.base import Rounding, Variants
from incentive_engine.kinds.combinations import Part
from incentive_engine.kinds.gates import GateKind
from incentive_engine.rulesets.resolving import ROOT, GroupNode, MeasureNode, Node

_ZERO = Exact.of(0)
_NO_PATH = "no path of `{}` can be worked out: each lacks a number or a place among others, or its curve has no rate"


@dataclass(frozen=True, slots=True)
class Lift:
    """The part of a score that the items earned, and what floors and added points brought beyond it."""

    earned: Exact
    added: Exact


@dataclass(frozen=True, slots=True)
class Taken:
    """What a measure's score was worked out from: of the way that decided, where there are several."""

    actual: Exact | None
    answer: Answer
    rate: Exact
    attainment: Exact | None = None
    target: Exact | None = None
    which: pl.Expr | None = None
    """UInt8: which way decided; None where there is only one."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A compiled node."""

    node: Node
    score: Exact
    weight: Exact | None
    left_out: pl.Expr | None
    """Boolean, never missing: whether the node is left out of its group; None where it never is."""
    lift: Lift | None
    items: tuple[Scored, ...] = ()
    shares: tuple[Exact, ...] = ()
    """In which proportion the items brought the score."""
    taken: Taken | None = None

    @property
    def part(self) -> Part:
        """What the node's group combines."""
        return Part(self.score, self.weight, self.left_out)


def compile_node(context: Context, nodes: Variants[Node]) -> Scored:
    """The node of every plan of the shape, and all below it."""
    if isinstance(nodes.first, GroupNode):
        return _group(context, nodes.map(_as_group))
    return _measure(context, nodes.map(_as_measure))


def _as_group(node: Node) -> GroupNode:
    assert isinstance(node, GroupNode)
    return node


def _as_measure(node: Node) -> MeasureNode:
    assert isinstance(node, MeasureNode)
    return node


def _measure(context: Context, nodes: Variants[MeasureNode]) -> Scored:
    node = nodes.first
    weight = context.parameter(nodes.map(lambda each: each.weight), "weight", node.kpi_name)
    first_reason = len(context.holds)
    taken = _in_parts(context, nodes) if node.parts else _at_once(context, nodes)
    unpaid, left_out = taken.answer.came_from("zero"), taken.answer.came_from("reweight")
    context.relevant_unless(unpaid, first_reason)
    start = taken.rate if unpaid is None else Exact.choose((unpaid, _ZERO), otherwise=taken.rate)
    score, lift = _steps(context, nodes.map(lambda each: each), start)
    context.relevant_unless(left_out, first_reason)
    return Scored(node, score, weight, left_out, lift, taken=taken)


def _at_once(context: Context, nodes: Variants[MeasureNode]) -> Taken:
    """The period as a whole."""
    node, parameters = nodes.first, ways_parameters(context, nodes)
    chosen = Chosen(context, nodes, parameters[0].get("target"))
    hold_without_result(context, nodes, chosen)
    ways = list(ways_taken(context, nodes, chosen.actual, parameters))
    rate = best(context, node.path, ways)
    if len(ways) == 1:
        return Taken(chosen.actual, chosen, rate, ways[0].attainment, ways[0].parameters.get("target"))
    nowhere = rate.missing & ~chosen.actual.missing
    context.hold("no-path", nowhere, _NO_PATH.format(node.path))
    which = pl.col(f"{node.path}.{PATH}")
    return Taken(
        actual=chosen.actual,
        answer=chosen,
        rate=rate,
        attainment=_of_way(which, [way.attainment for way in ways]),
        target=_of_way(which, [way.parameters.get("target") for way in ways]),
        which=which,
    )


def _of_way(which: pl.Expr, values: Sequence[Exact | None]) -> Exact | None:
    """The value of the way that decided; None where no way has one."""
    branches = [(which == at, value) for at, value in enumerate(values) if value is not None]
    return Exact.choose(*branches) if branches else None


def _in_parts(context: Context, nodes: Variants[MeasureNode]) -> Taken:
    """The mean of the rates of the parts of the period."""
    node, parameters = nodes.first, ways_parameters(context, nodes)
    chosen = ChosenParts(context, nodes)
    hold_without_result(context, nodes, chosen)
    rates = []
    for part, result in chosen.results.items():
        ways = list(ways_taken(context, nodes, result, parameters, part))
        rates.append(best(context, f"{node.path}.{part}", ways))
    rate = mean_of(context, nodes, rates, list(chosen.results.values()))
    if len(node.paths) > 1:
        results = [~result.missing for result in chosen.results.values()]
        context.hold("no-path", rate.missing & pl.any_horizontal(results), _NO_PATH.format(node.path))
    return Taken(None, chosen, rate)


def _group(context: Context, nodes: Variants[GroupNode]) -> Scored:
    node = nodes.first
    weight = context.parameter(nodes.map(lambda each: each.weight), "weight")
    first_reason = len(context.holds)
    items = tuple(
        compile_node(context, nodes.map(lambda each, at=at: each.items[at]))  # type: ignore[misc]
        for at in range(len(node.items))
    )
    combined, left_out = _combined(context, node, items)
    shares = tuple(node.combine.shares([item.part for item in items], combined))
    score, lift = _steps(context, nodes.map(lambda each: each), combined)
    context.relevant_unless(left_out, first_reason)
    return Scored(node, score, weight, left_out, lift, items, shares)


def _combined(context: Context, node: GroupNode, items: tuple[Scored, ...]) -> tuple[Exact, pl.Expr | None]:
    """The items' scores as one, and whether too few were left."""
    parts = [item.part for item in items]
    combined, nothing = node.combine.combine(
        parts, lambda name, value: context.stages.number(f"{node.path}.{name}", value)
    )
    whole = _weights_add_up(context, node, items) if node.combine.weighted else None
    if whole is not None:
        combined = combined.masked(whole)
    if all(item.left_out is None for item in items):
        return combined, None
    empty = context.stages.column(f"{node.path}.empty", _too_few(node, items))
    empty = empty if nothing is None else empty | nothing
    if whole is not None:
        empty = empty & whole.fill_null(False)  # a group with wrong weights is held for them
    if node.on_missing == "reweight" and node.path != ROOT:
        return combined.masked(~empty), empty
    if node.at_least == 1:
        context.hold("empty-group", empty, f"no item of `{node.path}` has a result")
    else:
        context.hold("too-few-items", empty, f"fewer than {node.at_least} items of `{node.path}` have a result")
    return combined.masked(~empty), None


def _too_few(node: GroupNode, items: tuple[Scored, ...]) -> pl.Expr:
    optional = [item.left_out for item in items if item.left_out is not None]
    sure = len(items) - len(optional)
    if sure >= node.at_least:
        return pl.lit(False)
    if sure + 1 == node.at_least:
        return pl.all_horizontal(optional)
    return pl.sum_horizontal([(~each).cast(pl.Int32) for each in optional]) < node.at_least - sure


def _weights_add_up(context: Context, node: GroupNode, items: tuple[Scored, ...]) -> pl.Expr | None:
    """Whether weights from tables add up to 100 %, where that differs by payee; the others are held."""
    each = [item.weight for item in items if item.weight is not None]
    weights = total_of(each)
    low, high = weights.bounds
    if low == high == 1 and all(weight.constant is not None for weight in each):
        return None
    whole = context.stages.column(f"{node.path}.weights_add_up", weights.equals(1))
    context.hold("weights-not-100", ~whole, f"the weights of `{node.path}` do not add up to 100 %")
    return whole


class _Running:
    """A score on its way through the steps of its node, and the part of it that the items earned."""

    def __init__(self, context: Context, nodes: Variants[Node], score: Exact) -> None:
        self._context, self._nodes, self._path = context, nodes, nodes.first.path
        self.score = score
        self.earned: Exact | None = None
        """None as long as everything is earned."""

    def modify(self) -> None:
        """Modifiers, in written order."""
        context, nodes = self._context, self._nodes
        for at, modifier in enumerate(nodes.first.steps.modifiers):
            formulas = nodes.map(lambda each, at=at: each.steps.modifiers[at].formula)  # type: ignore[misc]
            name = f"{self._path}.modifier_{at + 1}"
            rounding = None if isinstance(modifier.rounding, str) else modifier.rounding
            number = context.rounded(name, context.number(formulas, modifier.of, name), rounding)
            context.hold_unless_known(f"missing-{modifier.key}", formulas, modifier.of, number.missing)
            if not modifier.earns and self.earned is None:
                self.earned = self.score
            elif modifier.earns and self.earned is not None:
                self._earn(f"modifier_{at + 1}", modifier.apply(number, self.earned))
            self._become(f"modifier_{at + 1}", modifier.apply(number, self.score))

    def shut(self) -> None:
        """Gates, in written order."""
        context, nodes = self._context, self._nodes
        for at, gate in enumerate(nodes.first.steps.gates):
            gates: Variants[GateKind] = nodes.map(lambda each, at=at: each.steps.gates[at])  # type: ignore[misc]
            conditions = gates.map(lambda each: each.when)
            name = f"{self._path}.gate_{at + 1}"
            met = context.stages.column(name, context.condition(conditions, gate.of, name))
            context.hold_unless_known("missing-gate", conditions, gate.of, met.is_null())
            number = gates.number(lambda each: each.number)
            if self.earned is not None:
                shut = Exact.choose((met, gate.shut(number, self.earned)), otherwise=self.earned)
                self._earn(f"gate_{at + 1}", shut)
            shut = Exact.choose((met, gate.shut(number, self.score)), otherwise=self.score)
            self._become(f"gate_{at + 1}", shut)

    def bound(self) -> None:
        """Floor, then cap."""
        context, nodes = self._context, self._nodes
        floor = context.parameter(nodes.map(lambda each: each.steps.floor), "floor")
        if floor is not None:
            earned = self.score if self.earned is None else self.earned
            self.earned = Exact.choose((self.score.below(floor), earned.maximum(0)), otherwise=earned)
            self._become("floor", self.score.maximum(floor))
        cap = context.parameter(nodes.map(lambda each: each.steps.cap), "cap")
        if cap is not None:
            self.earned = None if self.earned is None else self.earned.minimum(cap)
            self._become("cap", self.score.minimum(cap))

    def _become(self, step: str, score: Exact) -> None:
        self.score = self._context.stages.number(f"{self._path}.after_{step}", score)

    def _earn(self, step: str, earned: Exact) -> None:
        self.earned = self._context.stages.number(f"{self._path}.earned_{step}", earned)


def _steps(context: Context, nodes: Variants[Node], score: Exact) -> tuple[Exact, Lift | None]:
    path, rounding = nodes.first.path, nodes.first.steps.rounding
    running = _Running(context, nodes, score)
    running.modify()
    running.shut()
    running.bound()
    lift = None
    if running.earned is not None:
        earned = context.stages.number(f"{path}.earned_score", running.earned)
        lift = Lift(earned, running.score.minus(earned))
    rounding = None if _as_round(running.score, rounding) else rounding
    return context.rounded(f"{path}.score", running.score, rounding), lift


def _as_round(score: Exact, rounding: Rounding | None) -> bool:
    """Whether the score cannot have more decimals than its rounding keeps: the rate of a measure without steps."""
    places = score.finite_places
    return rounding is not None and rounding.then is None and places is not None and places <= rounding.places
