"""From what is written to what is meant: names bound, defaults filled, nothing left that the compiler must guess.

A resolved plan is a plain tree; the compiler is the only one that walks it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from incentive_engine.currencies import minor_digits
from incentive_engine.formulas import Formula
from incentive_engine.kinds.attainments import ATTAINMENTS, AttainmentKind
from incentive_engine.kinds.base import Label, Parameter, Rounding, RoundingChoice, SubjectKind
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.kinds.gates import Gate
from incentive_engine.kinds.modifiers import Modifier
from incentive_engine.kinds.prorations import Proration
from incentive_engine.periods import Period
from incentive_engine.rulesets.models import Fallback, Group, Item, Kpi, Measure, Plan, RuleSet

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """What happens at every node once its items are combined, in this order."""

    modifiers: tuple[Modifier, ...]
    gates: tuple[Gate, ...]
    floor: Parameter | None
    cap: Parameter | None
    rounding: Rounding | None


@dataclass(frozen=True, slots=True)
class MeasureNode:
    """A measure with its KPI, attainment and curve bound."""

    path: str
    at: KeyPath
    title: Label
    kpi_name: str
    kpi: Kpi
    weight: Parameter | None
    of: SubjectKind
    target: Parameter | None
    attainment: AttainmentKind
    attainment_rounding: Rounding | None
    curve_name: str
    curve: CurveKind
    on_missing: Fallback
    steps: Steps


@dataclass(frozen=True, slots=True)
class GroupNode:
    """A group with its items, in written order."""

    path: str
    at: KeyPath
    title: Label
    weight: Parameter | None
    combine: str
    items: tuple[Node, ...]
    on_missing: str
    steps: Steps

    @property
    def weighted(self) -> bool:
        """Whether the items have weights."""
        return self.combine == "weighted_sum"


Node = MeasureNode | GroupNode
ROOT = "plan"


@dataclass(frozen=True, slots=True)
class ResolvedPlan:
    """A plan for one period."""

    name: str
    at: KeyPath
    title: Label
    pays: str
    who: Formula
    eligible: Formula | None
    target_pay: Formula | None
    root: GroupNode
    proration: Proration | None
    payout_rounding: Rounding
    period: Period

    def measures(self) -> Iterator[MeasureNode]:
        """Every measure, in written order."""
        return measures_under(self.root)


def nodes_under(node: Node) -> Iterator[Node]:
    """The node and everything below it, in written order."""
    yield node
    if isinstance(node, GroupNode):
        for item in node.items:
            yield from nodes_under(item)


def measures_under(node: Node) -> Iterator[MeasureNode]:
    """Every measure at or below the node, in written order."""
    return (each for each in nodes_under(node) if isinstance(each, MeasureNode))


def minor_unit(currency: str) -> Rounding:
    """The rounding of amounts: to the currency's smallest coin."""
    return Rounding(places=minor_digits(currency))


def resolve(rules: RuleSet, period: Period) -> tuple[ResolvedPlan, ...]:
    """Every plan of a checked rule set, for one period."""
    return tuple(_plan(rules, name, plan, period) for name, plan in rules.plans.items())


def _plan(rules: RuleSet, name: str, plan: Plan, period: Period) -> ResolvedPlan:
    at: KeyPath = ("plans", name)
    items = tuple(_item(rules, key, item, key, (*at, "scorecard", key)) for key, item in plan.scorecard.items())
    root = GroupNode(ROOT, at, plan.title, None, plan.combine, items, "hold", _steps(plan))
    return ResolvedPlan(
        name=name,
        at=at,
        title=plan.title,
        pays=plan.pays,
        who=plan.who,
        eligible=plan.eligible,
        target_pay=plan.target_pay,
        root=root,
        proration=plan.proration,
        payout_rounding=plan.payout_rounding or minor_unit(rules.currency),
        period=period,
    )


def _item(rules: RuleSet, name: str, item: Item, path: str, at: KeyPath) -> Node:
    if isinstance(item, Group):
        inner = (_item(rules, key, below, f"{path}.{key}", (*at, "items", key)) for key, below in item.items.items())
        title = item.title or {"en": name.replace("_", " "), "fr": name.replace("_", " ")}
        return GroupNode(path, at, title, item.weight, item.combine, tuple(inner), item.on_missing, _steps(item))
    kpi_name = item.kpi or name
    kpi = rules.kpis[kpi_name]
    return MeasureNode(
        path=path,
        at=at,
        title=item.title or kpi.title,
        kpi_name=kpi_name,
        kpi=kpi,
        weight=item.weight,
        of=item.of,
        target=item.target,
        attainment=ATTAINMENTS[item.attainment],
        attainment_rounding=chosen_rounding(item.attainment_rounding),
        curve_name=item.curve,
        curve=rules.curves[item.curve],
        on_missing=item.on_missing,
        steps=_steps(item),
    )


def _steps(node: Plan | Group | Measure) -> Steps:
    return Steps(node.modifiers, node.gates, node.floor, node.cap, chosen_rounding(node.rounding))


def chosen_rounding(choice: RoundingChoice) -> Rounding | None:
    """The rounding, or None where the number stays exact."""
    return None if isinstance(choice, str) else choice
