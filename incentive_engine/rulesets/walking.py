"""The declared nodes of a rule set, each with its place in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from incentive_engine.kinds.base import FromTable
from incentive_engine.rulesets.models import Group, Item, Measure, Plan, RuleSet
from incentive_engine.rulesets.resolving import ROOT, KeyPath


@dataclass(frozen=True, slots=True)
class Placed:
    """One node of one plan: the plan itself, a group or a measure; `path` names it: `customer.nps`, or `plan`."""

    plan: str
    at: KeyPath
    name: str
    path: str
    node: Plan | Group | Measure

    @property
    def items(self) -> dict[str, Item]:
        """The node's items; none for a measure."""
        return items_of(self.node)

    @property
    def items_at(self) -> KeyPath:
        """Where the items are written."""
        return (*self.at, "scorecard" if isinstance(self.node, Plan) else "items")

    @property
    def parameters(self) -> dict[str, FromTable]:
        """The node's numbers that come from tables, by field."""
        fields = {name: getattr(self.node, name, None) for name in ("weight", "target", "floor", "cap")}
        return {name: value for name, value in fields.items() if isinstance(value, FromTable)}


def items_of(node: Plan | Group | Measure) -> dict[str, Item]:
    """The items of a node; none for a measure."""
    if isinstance(node, Plan):
        return node.scorecard
    return node.items if isinstance(node, Group) else {}


def placed_nodes(rules: RuleSet) -> Iterator[Placed]:
    """Every node of every plan, in the order of the file."""
    for name, plan in rules.plans.items():
        yield from _below(Placed(name, ("plans", name), name, ROOT, plan))


def placed_measures(rules: RuleSet) -> Iterator[tuple[Placed, Measure, str]]:
    """Every measure, with the name of its KPI."""
    return measures_among(placed_nodes(rules))


def measures_among(nodes: Iterable[Placed]) -> Iterator[tuple[Placed, Measure, str]]:
    """The measures of these nodes, each with the name of its KPI."""
    for placed in nodes:
        if isinstance(placed.node, Measure):
            yield placed, placed.node, placed.node.kpi or placed.name


def _below(placed: Placed) -> Iterator[Placed]:
    yield placed
    for name, item in placed.items.items():
        path = name if isinstance(placed.node, Plan) else f"{placed.path}.{name}"
        yield from _below(Placed(placed.plan, (*placed.items_at, name), name, path, item))
