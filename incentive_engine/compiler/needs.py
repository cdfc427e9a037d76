"""Which KPI results the plans read, before anything is compiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.rulesets.resolving import MeasureNode, Node, ResolvedPlan, nodes_under


def result_keys(plans: Iterable[ResolvedPlan], kpis: frozenset[str]) -> frozenset[ResultKey]:
    """Every KPI × kind of subject × period that measures, gates and modifiers read."""
    return frozenset(key for plan in plans for node in nodes_under(plan.root) for key in _of_node(node, kpis))


def _of_node(node: Node, kpis: frozenset[str]) -> Iterator[ResultKey]:
    for gate in node.steps.gates:
        yield from (ResultKey(name, gate.of) for name in gate.when.names & kpis)
    for modifier in node.steps.modifiers:
        yield from (ResultKey(name, modifier.of) for name in modifier.formula.names & kpis)
    if not isinstance(node, MeasureNode):
        return
    yield ResultKey(node.kpi_name, node.of)
    reliability = node.kpi.reliability
    for fallback in (node.on_missing, reliability.otherwise if reliability else "hold"):
        if fallback == "team" or fallback == "department":
            yield ResultKey(node.kpi_name, fallback)
        elif fallback == "previous":
            yield ResultKey(node.kpi_name, node.of, previous=True)
