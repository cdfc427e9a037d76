"""The declared nodes of a rule set, each with its place in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from incentive_engine.kinds.base import DatedParameter, FromColumn, FromTable
from incentive_engine.rulesets.models import AnyMeasure, BestOf, Group, Item, Plan, RuleSet, Way
from incentive_engine.rulesets.resolving import ROOT, KeyPath, ways

OF_NODES = ("weight", "floor", "cap")
"""The numbers that a node itself has."""
OF_WAYS = ("target", "threshold", "benchmark", "baseline")
"""The numbers that an attainment reads."""


@dataclass(frozen=True)
class Placed:
    """One node of one plan: the plan itself, a group or a measure; `path` names it: `customer.nps`, or `plan`."""

    plan: str
    at: KeyPath
    name: str
    path: str
    node: Plan | Group | AnyMeasure

    @property
    def items(self) -> dict[str, Item]:
        """The node's items; none for a measure."""
        return items_of(self.node)

    @property
    def items_at(self) -> KeyPath:
        """Where the items are written."""
        return (*self.at, "scorecard" if isinstance(self.node, Plan) else "items")

    @cached_property
    def numbers(self) -> dict[KeyPath, DatedParameter]:
        """The numbers of the node and of its ways, by where they are written."""
        found = {(*self.at, field): getattr(self.node, field, None) for field in OF_NODES}
        for placed in ways_of(self):
            found |= {(*placed.at, field): getattr(placed.way, field) for field in OF_WAYS}
        return {at: value for at, value in found.items() if value is not None}

    @cached_property
    def parameters(self) -> dict[KeyPath, FromTable]:
        """Those of its numbers that come from tables."""
        return {at: value for at, value in self.numbers.items() if isinstance(value, FromTable)}

    @cached_property
    def columns(self) -> dict[KeyPath, FromColumn]:
        """Those of its numbers that stand in columns of the workforce."""
        return {at: value for at, value in self.numbers.items() if isinstance(value, FromColumn)}


@dataclass(frozen=True, slots=True)
class PlacedWay:
    """One way of a measure from its result to a rate; `name` is empty where the measure has only one."""

    at: KeyPath
    name: str
    way: Way

    def told(self, measure: str) -> str:
        """What a message calls it."""
        return f"`{self.name}` of `{measure}`" if self.name else f"`{measure}`"


def items_of(node: Plan | Group | AnyMeasure) -> dict[str, Item]:
    """The items of a node; none for a measure."""
    if isinstance(node, Plan):
        return node.scorecard
    return node.items if isinstance(node, Group) else {}


def ways_of(placed: Placed) -> Iterator[PlacedWay]:
    """The ways of a measure, in written order; none for a plan or a group."""
    if isinstance(placed.node, AnyMeasure):
        for name, way in ways(placed.node):
            yield PlacedWay((*placed.at, "paths", name) if isinstance(placed.node, BestOf) else placed.at, name, way)


def placed_nodes(rules: RuleSet) -> Iterator[Placed]:
    """Every node of every plan, in the order of the file."""
    for name, plan in rules.plans.items():
        yield from _below(Placed(name, ("plans", name), name, ROOT, plan))


def measures_among(nodes: Iterable[Placed]) -> Iterator[tuple[Placed, AnyMeasure, str]]:
    """The measures of these nodes, each with the name of its KPI."""
    for placed in nodes:
        if isinstance(placed.node, AnyMeasure):
            yield placed, placed.node, placed.node.kpi or placed.name


def _below(placed: Placed) -> Iterator[Placed]:
    yield placed
    for name, item in placed.items.items():
        path = name if isinstance(placed.node, Plan) else f"{placed.path}.{name}"
        yield from _below(Placed(placed.plan, (*placed.items_at, name), name, path, item))
