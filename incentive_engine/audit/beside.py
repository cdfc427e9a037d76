"""What stands beside a KPI: what employees think of it, what outsiders find, and how important customers say it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from incentive_engine.audit.findings import Evidence, Finding, InUnit, evidence, worst
from incentive_engine.audit.importance import importance
from incentive_engine.audit.objectivity import Agreement, agreement, perception_gap
from incentive_engine.audit.readings import readings
from incentive_engine.engine.measured import VALUE
from incentive_engine.engine.measuring import measure
from incentive_engine.facts import Accepted
from incentive_engine.kinds.base import SubjectKind
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import Kpi

FINEST: Final[tuple[SubjectKind, ...]] = ("payee", "team", "department")
"""Those by whom two KPIs are compared: the first of whom there are enough."""
APART: Final = 1.5
"""A weight and an importance that differ by less than this factor are alike."""


def with_what_others_say(
    finding: Finding, rules: Rules, accepted: Accepted, name: str, periods: Sequence[Period]
) -> Finding:
    """The finding on a KPI's objectivity, with the perception gap of each department and what checks from outside say.

    A check that does not agree makes it weak; a gap is for the departments to read.
    """
    kpi = rules.ruleset.kpis[name]
    checks = dict(_checked(rules, accepted, name, periods))
    told = (
        *_gaps(rules, accepted, name, periods[-1]),
        *(
            _agreement(rules.ruleset.kpis[check], found)
            for check, found in checks.items()
            if found.verdict != "not testable"
        ),
    )
    disagrees = any(found.verdict == "disagree" for found in checks.values())
    verdict = worst((finding.verdict, "weak")) if disagrees else finding.verdict
    return replace(finding, verdict=verdict, evidence=(*finding.evidence, *told))


def _gaps(rules: Rules, accepted: Accepted, name: str, period: Period) -> Iterator[Evidence]:
    kpi = rules.ruleset.kpis[name]
    if kpi.mirrored_by is None:
        return
    measured = measure(rules, accepted, [period], {"department"}, {name, kpi.mirrored_by})
    expected, stated = (readings(measured, each, "department", period) for each in (kpi.mirrored_by, name))
    for gap in perception_gap(expected, stated):
        yield evidence(
            "gap",
            subject=gap.subject,
            expected=_in_unit(kpi, gap.expected),
            stated=_in_unit(kpi, gap.stated),
            gap=_in_unit(kpi, gap.gap),
        )


def _in_unit(kpi: Kpi, value: float) -> InUnit:
    return InUnit(value, kpi.compute.in_percent, kpi.unit)


def _checked(rules: Rules, accepted: Accepted, name: str, periods: Sequence[Period]) -> Iterator[tuple[str, Agreement]]:
    """By check, its agreement with a KPI over the finest subjects of whom there are enough."""
    kpis, of = rules.ruleset.kpis, periods[-1]
    checks = kpis[name].checked_by
    if not checks:
        return
    measured = measure(rules, accepted, periods, FINEST, {name, *checks})
    for check in checks:
        alike = kpis[check].better == kpis[name].better
        compared = (
            agreement(readings(measured, name, kind, of), readings(measured, check, kind, of), same_direction=alike)
            for kind in FINEST
        )
        yield check, next((each for each in compared if each.correlation is not None), Agreement(0))


def _agreement(check: Kpi, found: Agreement) -> Evidence:
    assert found.correlation is not None
    return evidence(found.verdict, other=check.title, correlation=found.correlation, pairs=found.pairs)


def importance_findings(
    rules: Rules, accepted: Accepted, times: Sequence[Period], weights: Mapping[str, Mapping[str, float]]
) -> Mapping[str, Finding]:
    """By KPI, whether pay weighs it as customers do; `weights` by plan: those of its customer KPIs in the whole.

    As customers say, where the KPIs of a plan name the KPI that says how important they are; else as far as it goes with
    what the KPIs are declared to drive, across teams and `times`.
    """
    told: dict[str, list[Evidence]] = {}
    for plan, of_plan in weights.items():
        parts = _stated(rules, accepted, times[-1], of_plan) or _derived(rules, accepted, times, of_plan)
        whole = sum(of_plan[name] for name in parts)
        for name, part in parts.items():
            weight = of_plan[name] / whole if whole else 0.0
            code = (
                "matters_alike"
                if part <= APART * weight and weight <= APART * part
                else ("matters_more" if part > weight else "matters_less")
            )
            told.setdefault(name, []).append(
                evidence(code, plan=rules.ruleset.plans[plan].title, importance=part, weight=weight)
            )
    return {
        name: Finding(
            "importance", "sound" if {each.code for each in found} == {"matters_alike"} else "weak", tuple(found)
        )
        for name, found in told.items()
    }


def _stated(rules: Rules, accepted: Accepted, period: Period, names: Mapping[str, float]) -> dict[str, float]:
    """The part of each KPI in the importance that customers state; empty with fewer than two that are known."""
    kpis = rules.ruleset.kpis
    asked = {name: stated for name in names if (stated := kpis[name].importance) is not None}
    if len(asked) < 2:
        return {}
    measured = measure(rules, accepted, [period], {"company"}, set(asked.values()))
    found = {name: readings(measured, stated, "company", period)[VALUE] for name, stated in asked.items()}
    values = {name: float(value[0]) for name, value in found.items() if value.len()}
    whole = sum(values.values())
    return {name: value / whole for name, value in values.items()} if len(values) > 1 and whole > 0 else {}


def _derived(rules: Rules, accepted: Accepted, times: Sequence[Period], names: Mapping[str, float]) -> dict[str, float]:
    """The part of each KPI in what they explain together of the one that most of them drive."""
    kpis = rules.ruleset.kpis
    driven = [each for name in names for each in kpis[name].drives]
    if not driven:
        return {}
    outcome = max(dict.fromkeys(driven), key=driven.count)
    drivers = [name for name in names if outcome in kpis[name].drives and name != outcome]
    if len(drivers) < 2:
        return {}
    measured = measure(rules, accepted, times, {"team"}, {outcome, *drivers})
    by_name = {name: readings(measured, name, "team", times[-1]) for name in (outcome, *drivers)}
    return dict(importance(by_name.pop(outcome), by_name).parts)
