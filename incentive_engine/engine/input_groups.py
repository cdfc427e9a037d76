"""What the inputs of a program are about: rules, presence, results by their perspective, targets, salary, exchange."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from incentive_engine.compiler.inputs import (
    DAYS_EMPLOYED,
    FIRST_DAY,
    LAST_DAY,
    OF_LEAVE,
    OWN_DAYS,
    ParameterKey,
)
from incentive_engine.kinds.base import FromColumn, FromTable, Parameter
from incentive_engine.periods import Period
from incentive_engine.rulesets.exchange import PAID_CURRENCY, PLAN_RATE, RATE
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import GroupNode, MeasureNode, Node, ResolvedPlan, nodes_under

Group: TypeAlias = Literal["rules", "presence", "customer", "internal", "targets", "salary", "exchange"]
OF_PRESENCE: Final = frozenset({FIRST_DAY, LAST_DAY, OWN_DAYS, DAYS_EMPLOYED, "hired", "left", *OF_LEAVE})
OF_EXCHANGE: Final = frozenset({PAID_CURRENCY, PLAN_RATE, RATE, "currency"})
_PARTS: Final = ("months", "quarters", "halves")


class InputGroups:
    """The group of every input that some plans read."""

    def __init__(self, rules: Rules, plans: Iterable[ResolvedPlan]) -> None:
        self._kpis = rules.ruleset.kpis
        self._numbers: dict[str, Group] = {}
        by_kpi = frozenset(name for name, table in rules.ruleset.tables.items() if "kpi" in table.keys)
        for group, parameter, kpi in (each for plan in plans for each in _numbers(plan)):
            if isinstance(parameter, FromColumn):
                self._numbers[parameter.column] = group
            elif isinstance(parameter, FromTable):
                key = ParameterKey(parameter.table, parameter.column, kpi if parameter.table in by_kpi else None)
                self._numbers[key.header] = group

    def of(self, column: str) -> Group:
        """What an input is about; what else is known of a payee goes with the salary."""
        if column in self._numbers:
            return self._numbers[column]
        if column in OF_PRESENCE:
            return "presence"
        if column in OF_EXCHANGE:
            return "exchange"
        kpi, mark, _ = column.partition("@")
        return self._kpis[kpi].perspective if mark and kpi in self._kpis else "salary"


def _numbers(plan: ResolvedPlan) -> Iterator[tuple[Group, Parameter | None, str | None]]:
    """The numbers of a plan, with their group and their KPI: what results are held against, and all the others."""
    for node in nodes_under(plan.root):
        kpi = node.kpi_name if isinstance(node, MeasureNode) else None
        yield "rules", node.weight, kpi
        yield "rules", node.steps.floor, None
        yield "rules", node.steps.cap, None
        if isinstance(node, MeasureNode):
            yield from (("targets", parameter, kpi) for way in node.paths for parameter in way.parameters.values())


def columns_then(columns: Iterable[str], now: Period, then: Period) -> Mapping[str, str]:
    """What each input was called in an earlier period: results of parts of a period have these in their names."""
    names = {
        of_now.name: of_then.name
        for kind in _PARTS
        for of_now, of_then in zip(now.parts(kind), then.parts(kind), strict=False)
    }
    return {column: _called(column, names) for column in columns}


def _called(column: str, names: Mapping[str, str]) -> str:
    result, *parts = column.split(".")
    return ".".join([result, *(names.get(part, part) for part in parts)]) if "@" in result else column


def with_targets_of(plan: ResolvedPlan, then: ResolvedPlan) -> ResolvedPlan:
    """A plan with the targets that stood in an earlier one for the same measures."""
    before = {node.path: node for node in then.measures()}
    root = _with_targets(plan.root, before)
    assert isinstance(root, GroupNode)
    return replace(plan, root=root)


def _with_targets(node: Node, before: Mapping[str, MeasureNode]) -> Node:
    if isinstance(node, GroupNode):
        return replace(node, items=tuple(_with_targets(item, before) for item in node.items))
    then = before.get(node.path)
    if then is None or then.kpi_name != node.kpi_name:
        return node
    numbers = {(way.name, way.attainment.name): way.parameters for way in then.paths}
    paths = []
    for way in node.paths:
        old = numbers.get((way.name, way.attainment.name), {})
        paths.append(
            replace(way, parameters={name: _then(each, old.get(name)) for name, each in way.parameters.items()})
        )
    return replace(node, paths=tuple(paths))


def _then(now: Parameter, then: Parameter | None) -> Parameter:
    """A number as it was, where it stands in the rules both times."""
    return then if isinstance(now, Decimal) and isinstance(then, Decimal) else now
