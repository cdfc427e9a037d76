"""From what is written to what is meant: names bound, defaults filled, nothing left that the compiler must guess.

A resolved plan is a plain tree; the compiler is the only one that walks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from incentive_engine.currencies import minor_digits
from incentive_engine.formulas import Formula
from incentive_engine.kinds.attainments import ATTAINMENTS, AttainmentKind
from incentive_engine.kinds.base import (
    DatedParameter,
    FromTable,
    Label,
    Parameter,
    Rounding,
    RoundingChoice,
    Since,
    SubjectKind,
)
from incentive_engine.kinds.calendars import Calendar
from incentive_engine.kinds.combinations import COMBINATIONS, CombinationKind
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.kinds.gates import Gate
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.kinds.modifiers import Modifier
from incentive_engine.kinds.pools import SharedOut, Solved
from incentive_engine.kinds.prorations import Proration
from incentive_engine.kinds.wording import AnyLanguage, said
from incentive_engine.periods import Period
from incentive_engine.rulesets.decisions import TargetDecision
from incentive_engine.rulesets.exchange import ResolvedExchange, resolved_exchange
from incentive_engine.rulesets.in_force import Days
from incentive_engine.rulesets.leave import Leave
from incentive_engine.rulesets.models import AnyMeasure, BestOf, Fallback, Group, Item, Kpi, Plan, RuleSet, Way
from incentive_engine.rulesets.versions import Version, all_versions, versions

KeyPath = tuple[str | int, ...]
UNTRANSLATED: Final = ""
"""The language of a label that is only a name: it is the same in each."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What happens at every node once its items are combined, in this order."""

    modifiers: tuple[Modifier, ...]
    gates: tuple[Gate, ...]
    floor: Parameter | None
    cap: Parameter | None
    rounding: Rounding | None


@dataclass(frozen=True, slots=True)
class PathNode:
    """One way from a result to a rate; `name` is empty where the measure has only one."""

    name: str
    at: KeyPath
    parameters: Mapping[str, Parameter]
    """What the attainment needs, by field: `target`, `threshold`…"""
    among: str | None
    attainment: AttainmentKind
    attainment_rounding: Rounding | None
    curve_name: str
    curve: CurveKind


@dataclass(frozen=True, slots=True)
class MeasureNode:
    """A measure with its KPI, attainments and curves bound."""

    path: str
    at: KeyPath
    title: Label
    kpi_name: str
    kpi: Kpi
    facts: Callable[[AnyLanguage], str]
    """What is to be said of the facts of the KPI besides: that several payees share them, that they are cases."""
    weight: Parameter | None
    of: SubjectKind
    paths: tuple[PathNode, ...]
    parts: tuple[Period, ...]
    """The parts of the period whose rates are averaged; none where the period counts as a whole."""
    on_missing: Fallback
    for_presence: bool
    """Whether the target is less in proportion for who was away."""
    steps: Steps
    decided: TargetDecision | None
    """Who set the target; None where nobody is named."""

    def measured(self, language: AnyLanguage) -> str:
        """How the result is worked out, in words."""
        return self.kpi.sentence(language) + self.facts(language)


@dataclass(frozen=True, slots=True)
class GroupNode:
    """A group with its items, in written order."""

    path: str
    at: KeyPath
    title: Label
    weight: Parameter | None
    combine: CombinationKind
    at_least: int
    items: tuple[Node, ...]
    on_missing: str
    steps: Steps


Node = MeasureNode | GroupNode
ROOT = "plan"


@dataclass(frozen=True, slots=True)
class ResolvedPool:
    """A pool with its name and place."""

    name: str
    at: KeyPath
    rules: SharedOut | Solved


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
    payout: Formula | None
    pool: ResolvedPool | None
    root: GroupNode
    proration: Proration | None
    calendar: Calendar | None
    """What working days are, for the proration."""
    leave: Leave | None
    """What becomes of leave."""
    payout_rounding: Rounding
    exchange: ResolvedExchange | None
    period: Period
    days: Days
    """The first and the last day of the period on which the plan is in force as it stands here."""
    curves: Mapping[str, CurveKind]
    """Every curve of the rule set: formulas call them by name."""

    @property
    def always(self) -> bool:
        """Whether it is in force on all days of its period."""
        return self.days == (self.period.start, self.period.end)

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
    """Every plan of a checked rule set that is in force in a period; several where its terms change inside it.

    The first of them has the plan's name, the others that and their first day: `adviser@2026-08-15`.
    """
    return tuple(_plan(rules, version, period) for version in versions(rules, period))


def resolve_always(rules: RuleSet, period: Period) -> tuple[ResolvedPlan, ...]:
    """Every plan as it stands at any time, as if it did for the whole period: what must be right whenever it is run."""
    return tuple(_plan(rules, version, period) for version in all_versions(rules, period))


def _plan(rules: RuleSet, version: Version, period: Period) -> ResolvedPlan:
    plan = version.plan
    at: KeyPath = ("plans", version.key)
    items = tuple(_item(rules, key, item, key, (*at, "scorecard", key), period) for key, item in plan.scorecard.items())
    root = GroupNode(ROOT, at, plan.title, None, COMBINATIONS[plan.combine], plan.at_least, items, "hold", _steps(plan))
    pool = None if plan.pool is None else ResolvedPool(plan.pool, ("pools", plan.pool), rules.pools[plan.pool])
    return ResolvedPlan(
        name=version.name,
        at=at,
        title=plan.title,
        pays=plan.pays,
        who=plan.who,
        eligible=plan.eligible,
        target_pay=plan.target_pay,
        payout=plan.payout,
        pool=pool,
        root=root,
        proration=plan.proration,
        calendar=rules.calendar,
        leave=rules.leave,
        payout_rounding=plan.payout_rounding or minor_unit(rules.currency),
        exchange=resolved_exchange(rules.exchange, rules.currency, period),
        period=period,
        days=version.days,
        curves=rules.curves,
    )


def _item(rules: RuleSet, name: str, item: Item, path: str, at: KeyPath, period: Period) -> Node:
    if isinstance(item, Group):
        inner = (
            _item(rules, key, below, f"{path}.{key}", (*at, "items", key), period) for key, below in item.items.items()
        )
        title = item.title or {UNTRANSLATED: name.replace("_", " ")}
        return GroupNode(
            path,
            at,
            title,
            settled(item.weight),
            COMBINATIONS[item.combine],
            item.at_least,
            tuple(inner),
            item.on_missing,
            _steps(item),
        )
    kpi_name = item.kpi or name
    kpi = rules.kpis[kpi_name]
    return MeasureNode(
        path=path,
        at=at,
        title=item.title or kpi.title,
        kpi_name=kpi_name,
        kpi=kpi,
        facts=partial(_of_facts, rules, kpi),
        weight=settled(item.weight),
        of=item.of,
        paths=tuple(_path(rules, key, way, at if way is item else (*at, "paths", key)) for key, way in ways(item)),
        parts=() if item.average_of is None else period.parts(item.average_of),
        on_missing=item.on_missing,
        for_presence=item.target_for == "presence",
        steps=_steps(item),
        decided=item.decided or _decided_for_all(rules, item),
    )


def _decided_for_all(rules: RuleSet, item: AnyMeasure) -> TargetDecision | None:
    """Who set the numbers of the tables from which the measure has its own."""
    named = (parameter for _, way in ways(item) for parameter in (way.target, way.threshold, way.benchmark))
    tables = [rules.tables[each.table] for each in named if isinstance(each, FromTable)]
    return next((table.decided for table in tables if table.decided), None)


def _of_facts(rules: RuleSet, kpi: Kpi, language: AnyLanguage) -> str:
    """What is to be said of the facts of a KPI besides how it is worked out from them."""
    name = kpi.compute.source if isinstance(kpi.compute, FromFacts) else None
    if name in rules.cases:
        return f"; {rules.told_of_cases(name, language)}"
    return said(language, "shared") if name in rules.sources and rules.sources[name].share is not None else ""


def ways(measure: AnyMeasure) -> Iterator[tuple[str, Way]]:
    """The ways of a measure, by name; one without a name where there is only one."""
    if isinstance(measure, BestOf):
        yield from measure.paths.items()
    else:
        yield "", measure


def _path(rules: RuleSet, name: str, way: Way, at: KeyPath) -> PathNode:
    kind = ATTAINMENTS[way.attainment]
    return PathNode(
        name=name,
        at=at,
        parameters={each: getattr(way, each) for each in kind.needs},
        among=way.among,
        attainment=kind,
        attainment_rounding=chosen_rounding(way.attainment_rounding),
        curve_name=way.curve,
        curve=rules.curves[way.curve],
    )


def _steps(node: Plan | Group | AnyMeasure) -> Steps:
    return Steps(node.modifiers, node.gates, settled(node.floor), settled(node.cap), chosen_rounding(node.rounding))


def settled(parameter: DatedParameter | None) -> Parameter | None:
    """A number of a version of a plan: there it is that of its days."""
    assert not isinstance(parameter, Since), "a version has the numbers of its days"
    return parameter


def chosen_rounding(choice: RoundingChoice) -> Rounding | None:
    """The rounding, or None where the number stays exact."""
    return None if isinstance(choice, str) else choice
