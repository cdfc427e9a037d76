"""What the plans read from outside, before anything is compiled: results, standings, and numbers of the tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from incentive_engine.compiler.inputs import PREVIOUS, ResultKey, StandingKey
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Declared, Parameter, SubjectKind
from incentive_engine.rulesets.resolving import MeasureNode, Node, ResolvedPlan, Steps, nodes_under


def result_keys(plans: Iterable[ResolvedPlan], kpis: frozenset[str]) -> frozenset[ResultKey]:
    """Every KPI × kind of subject × period that measures, formulas of payees, and curves in both, read."""
    return frozenset(key for plan in plans for key in _Reading(plan, kpis).results())


def standing_keys(plans: Iterable[ResolvedPlan]) -> frozenset[StandingKey]:
    """Every KPI × kind of subject × population in which a measure ranks."""
    return frozenset(
        StandingKey(node.kpi_name, node.of, way.among)
        for plan in plans
        for node in plan.measures()
        for way in node.paths
        if way.attainment.ranked and way.among is not None
    )


def parameters_of(plan: ResolvedPlan) -> Iterator[tuple[Parameter, str | None]]:
    """Every number of the plan's nodes, with the KPI for which a table with a row per KPI is read."""
    for node in nodes_under(plan.root):
        for parameter, kpi in _of_node(node):
            if parameter is not None:
                yield parameter, kpi


def _of_node(node: Node) -> Iterator[tuple[Parameter | None, str | None]]:
    kpi = node.kpi_name if isinstance(node, MeasureNode) else None
    yield node.weight, kpi
    if isinstance(node, MeasureNode):
        yield from ((parameter, kpi) for way in node.paths for parameter in way.parameters.values())
    yield node.steps.floor, None
    yield node.steps.cap, None


def called_curves(plan: ResolvedPlan) -> frozenset[str]:
    """The curves that the plan's formulas call, and those that these call in turn."""
    found: set[str] = set()
    asked = {name for formula in _formulas_of(plan) for name in formula.calls}
    while asked:
        found |= asked
        across = (plan.curves[name].across for name in asked)
        asked = {name for formula in across if formula is not None for name in formula.calls} - found
    return frozenset(found)


def _formulas_of(plan: ResolvedPlan) -> Iterator[Formula]:
    yield from (formula for formula in (plan.target_pay, plan.payout) if formula is not None)
    yield from () if plan.pool is None else _formulas(plan.pool.rules)
    for node in nodes_under(plan.root):
        yield from (modifier.formula for modifier in node.steps.modifiers)
        yield from (gate.when for gate in node.steps.gates)
        ways = node.paths if isinstance(node, MeasureNode) else ()
        yield from (way.curve.across for way in ways if way.curve.across is not None)


class _Reading:
    """What one plan reads."""

    def __init__(self, plan: ResolvedPlan, kpis: frozenset[str]) -> None:
        self._plan, self._kpis = plan, kpis

    def results(self) -> Iterator[ResultKey]:
        """Every result, some more than once."""
        for node in nodes_under(self._plan.root):
            yield from self._of_steps(node.steps)
            if isinstance(node, MeasureNode):
                yield from self._of_measure(node)
        for formula in (self._plan.target_pay, self._plan.payout):
            if formula is not None:
                yield from self._called(formula, "payee")
        if self._plan.pool is not None:
            yield from self._of_pool(self._plan.pool.rules)

    def _of_steps(self, steps: Steps) -> Iterator[ResultKey]:
        for modifier in steps.modifiers:
            yield from self._named(modifier.formula, modifier.of)
        for gate in steps.gates:
            yield from self._named(gate.when, gate.of)

    def _of_measure(self, node: MeasureNode) -> Iterator[ResultKey]:
        """The own result, or one for each part of the period, with what the curves read; and the fallbacks'."""
        reliability = node.kpi.reliability
        for when in [part.name for part in node.parts] or [""]:
            yield ResultKey(node.kpi_name, node.of, when)
            if reliability is not None and reliability.credibility is not None:
                yield ResultKey(node.kpi_name, reliability.credibility.towards, when)
            for way in node.paths:
                if way.curve.across is not None:
                    yield from self._named(way.curve.across, node.of, when)
        for fallback in (node.on_missing, reliability.otherwise if reliability else "hold"):
            if fallback == "team" or fallback == "department":
                yield ResultKey(node.kpi_name, fallback)
            elif fallback == "previous":
                yield ResultKey(node.kpi_name, node.of, PREVIOUS)

    def _of_pool(self, pool: Declared) -> Iterator[ResultKey]:
        """A fund reads results of its own kind of subject; the keys speak of payees, and by names of nodes."""
        for _, value in pool:
            of: SubjectKind | None = getattr(value, "of", None)
            for formula in _formulas(value):
                yield from self._called(formula, "payee") if of is None else self._named(formula, of)

    def _named(self, formula: Formula, of: SubjectKind, when: str = "") -> Iterator[ResultKey]:
        """The results that a formula names, itself or by a curve that it calls."""
        yield from (ResultKey(name, of, when) for name in formula.names & self._kpis)
        yield from self._called(formula, of, when)

    def _called(self, formula: Formula, of: SubjectKind, when: str = "") -> Iterator[ResultKey]:
        """The results that the curves read which a formula calls; its own names are no KPIs."""
        for name in formula.calls & self._plan.curves.keys():
            across = self._plan.curves[name].across
            if across is not None:
                yield from self._named(across, of, when)


def _formulas(value: object) -> Iterator[Formula]:
    """Every formula in a declaration and in what it holds."""
    if isinstance(value, Formula):
        yield value
    elif isinstance(value, Declared):
        yield from chain.from_iterable(_formulas(held) for _, held in value)
    elif isinstance(value, dict):
        yield from chain.from_iterable(map(_formulas, value.values()))
