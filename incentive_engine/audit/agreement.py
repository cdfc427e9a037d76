"""Do departments pull in one direction? Which customer KPIs they share, have agreed to, or pull against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from incentive_engine.audit.findings import Cell, Evidence, Matrix, evidence
from incentive_engine.rulesets.models import Kpi, RuleSet
from incentive_engine.rulesets.opposites import measured_alike

Weights = Mapping[tuple[str, str], float | None]
"""Department and KPI: the greatest weight in any plan that pays the department's people; None where it has none."""


def agreement(rules: RuleSet, weights: Weights) -> Matrix:
    """Departments × customer KPIs: who is paid on what, who agreed, and what stands between them."""
    departments = tuple(sorted({department for department, _ in weights}))
    paid = {kpi for _, kpi in weights}
    kpis = tuple(name for name, kpi in rules.kpis.items() if kpi.perspective == "customer" and name in paid)
    cells = {
        (department, kpi): Cell(
            (department, kpi) in weights, weights.get((department, kpi)), rules.kpis[kpi].agreed_by.get(department)
        )
        for department in departments
        for kpi in kpis
    }
    return Matrix(departments, kpis, cells, tuple(_between(rules, departments, weights)))


def _between(rules: RuleSet, departments: Sequence[str], weights: Weights) -> Iterator[Evidence]:
    """What departments share and do not."""
    shared: dict[str, set[str]] = {department: set() for department in departments}
    for one, other in combinations(departments, 2):
        common = {
            kpi
            for kpi in rules.kpis
            if rules.kpis[kpi].perspective == "customer" and (one, kpi) in weights and (other, kpi) in weights
        }
        if common:
            shared[one].add(other)
            shared[other].add(one)
    for department in departments:
        if len(departments) > 1 and not shared[department]:
            yield evidence("silo", department=department)
    for one, other in combinations(departments, 2):
        for mine, theirs in _opposite(rules.kpis, _kpis(weights, one), _kpis(weights, other)):
            titles = {"mine": rules.kpis[mine].title, "theirs": rules.kpis[theirs].title}
            yield evidence("opposite", one=one, other=other, **titles)


def _kpis(weights: Weights, department: str) -> list[str]:
    return sorted(kpi for each, kpi in weights if each == department)


def _opposite(kpis: Mapping[str, Kpi], ours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """KPIs that measure the same and are better in opposite directions."""
    for mine in ours:
        for other in theirs:
            if kpis[mine].better != kpis[other].better and measured_alike(kpis[mine], kpis[other]):
                yield mine, other
