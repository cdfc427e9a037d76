"""Does pay weigh what matters to customers: as they say themselves, and as their judgement goes with it?

Both are told as shares among the customer KPIs of a plan, beside the shares of their weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import polars as pl

from incentive_engine.audit.findings import Evidence, Finding, Value, evidence
from incentive_engine.audit.importance import importance
from incentive_engine.audit.judging import in_unit
from incentive_engine.rulesets.models import RuleSet

APART: Final = 0.15
"""Shares that differ by more than 15 points are told apart: less is within what surveys can say."""
Readings = Callable[[str], pl.DataFrame]


def importance_findings(
    rules: RuleSet, weights: Mapping[str, Mapping[str, float]], over_time: Readings, company: Readings
) -> dict[str, Finding]:
    """What is found of each KPI that customers judge by.

    `weights`: of the customer KPIs of each plan. `over_time`, `company`: the readings of a KPI by team and over time,
    and of the whole company in the last period.
    """
    told: dict[str, list[Evidence]] = {}
    for plan, of_kpis in weights.items():
        for kpi, each in (*_driving(rules, plan, of_kpis, over_time), *_stated(rules, plan, of_kpis, company)):
            told.setdefault(kpi, []).append(each)
    return {kpi: _finding(found) for kpi, found in told.items()}


def _finding(told: Sequence[Evidence]) -> Finding:
    return Finding("importance", "sound" if all(each.code.endswith("alike") for each in told) else "weak", tuple(told))


def _driving(
    rules: RuleSet, plan: str, weights: Mapping[str, float], over_time: Readings
) -> Iterator[tuple[str, Evidence]]:
    """The KPIs of a plan that drive the same outcome, each with the part of it that goes with it."""
    for outcome in dict.fromkeys(driven for kpi in weights for driven in rules.kpis[kpi].drives):
        drivers = [kpi for kpi in weights if outcome in rules.kpis[kpi].drives]
        if len(drivers) > 1:
            found = importance(over_time(outcome), {kpi: over_time(kpi) for kpi in drivers})
            values: dict[str, Value] = {"outcome": rules.kpis[outcome].title, "plan": rules.plans[plan].title}
            for kpi, part, weight in _beside(found.parts, weights):
                yield kpi, evidence(f"matters_{_apart(part, weight)}", importance=part, weight=weight, **values)


def _stated(
    rules: RuleSet, plan: str, weights: Mapping[str, float], company: Readings
) -> Iterator[tuple[str, Evidence]]:
    """The KPIs of a plan of which customers say how important they are, in proportion to that."""
    said: dict[str, float] = {}
    for kpi in weights:
        asked = rules.kpis[kpi].importance
        answers = company(asked) if asked is not None else pl.DataFrame()
        if answers.height:
            said[kpi] = float(answers["value"][-1])
    whole = sum(said.values())
    if len(said) < 2 or whole <= 0:
        return
    for kpi, part, weight in _beside({kpi: value / whole for kpi, value in said.items()}, weights):
        asked = rules.kpis[kpi].importance
        assert asked is not None
        values: dict[str, Value] = {
            "stated": rules.kpis[asked].title,
            "said": in_unit(rules.kpis[asked], said[kpi]),
            "plan": rules.plans[plan].title,
        }
        yield kpi, evidence(f"stated_{_apart(part, weight)}", importance=part, weight=weight, **values)


def _beside(parts: Mapping[str, float], weights: Mapping[str, float]) -> Iterator[tuple[str, float, float]]:
    """Each part with the share of the weight that the KPI has among those that have a part."""
    whole = sum(weights[kpi] for kpi in parts)
    return ((kpi, part, weights[kpi] / whole) for kpi, part in parts.items()) if whole else iter(())


def _apart(part: float, weight: float) -> str:
    if abs(part - weight) <= APART:
        return "alike"
    return "more" if part > weight else "less"
