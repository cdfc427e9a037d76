"""Subjects: whose results are read, and what stands in for them, exists."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.errors import Location, Problem
from incentive_engine.kinds.attainments import ATTAINMENTS
from incentive_engine.kinds.gates import GateKind
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.kinds.modifiers import ModifierKind
from incentive_engine.kinds.pools import PoolKind
from incentive_engine.rulesets.checked import Checked, tells
from incentive_engine.rulesets.checks.formulas_over_kpis import behind
from incentive_engine.rulesets.models import AnyMeasure, BestOf, Credibility, Kpi, MeasureFields, Reliability
from incentive_engine.rulesets.resolving import ways
from incentive_engine.rulesets.walking import Placed

_WIDER = ("payee", "team", "department", "company")
_WITHOUT_RESULT = ("hold", "zero", "reweight")
"""What stands in for a missing result without being one."""
_TOWARDS = "reliability.credibility.towards"


@tells("fallback-not-wider", "missing-target", "fallback-not-allowed", about=(MeasureFields, Reliability, Credibility))
def fallbacks_lead_somewhere(checked: Checked) -> Iterator[Problem]:
    """What is used instead of a missing result is not the missing result itself, and can be compared as it would be."""
    for placed, measure, name in checked.measures:
        for key, answer, where in _answers(checked, placed, measure, name):
            why_not = _why_not(measure, answer, weighs=key == _TOWARDS)
            if why_not:
                message = f"`{key}: {answer}` is not possible at `{placed.path}`: {why_not}"
                hint = "leave `credibility` out" if key == _TOWARDS else "use `hold`, `zero` or `reweight`"
                yield Problem("fallback-not-allowed", message, where, hint)
            elif answer in _WIDER and _WIDER.index(answer) <= _WIDER.index(measure.of):
                message = f"`{key}: {answer}` is no wider than `of: {measure.of}` of `{placed.path}`"
                hint = "name a wider subject" if key == _TOWARDS else "name a wider subject, or `hold`"
                yield Problem("fallback-not-wider", message, where, hint)
            elif answer == "target" and all(way.target is None for _, way in ways(measure)):
                message = f"`{key}: target` finds no target at `{placed.path}`"
                yield Problem("missing-target", message, where, "use `hold`, `zero` or `reweight`")


def _answers(checked: Checked, placed: Placed, measure: AnyMeasure, kpi: str) -> Iterator[tuple[str, str, Location]]:
    """What a measure does without a result: where it says so, and what."""
    yield "on_missing", measure.on_missing, checked.at(*placed.at, "on_missing")
    declared: Kpi | None = checked.rules.kpis.get(kpi)
    if declared is not None and declared.reliability is not None:
        reliability, at = declared.reliability, ("kpis", kpi, "reliability")
        yield "reliability.otherwise", reliability.otherwise, checked.at(*at, "otherwise")
        if reliability.credibility is not None:
            yield _TOWARDS, reliability.credibility.towards, checked.at(*at, "credibility", "towards")


def _why_not(measure: AnyMeasure, answer: str, *, weighs: bool) -> str | None:
    """Why another result cannot stand in, or weigh."""
    if answer in _WITHOUT_RESULT:
        return None
    if any(ATTAINMENTS[way.attainment].ranked for _, way in ways(measure)):
        return "its result is ranked, and no other has its place"
    if measure.average_of is not None and not weighs:
        return f"it averages {measure.average_of}, each by its own result"
    if isinstance(measure, BestOf) and answer == "target":
        return "it has several paths, and no one target"
    return None


@tells("credibility-of-amounts", about=(Credibility,))
def results_weighed_are_alike(checked: Checked) -> Iterator[Problem]:
    """What is weighted with a team's result is a mean or a share: sums and numbers grow with the team."""
    for name, kpi in checked.rules.kpis.items():
        if kpi.reliability is None or kpi.reliability.credibility is None or not kpi.compute.zero_without_facts:
            continue
        towards = kpi.reliability.credibility.towards
        message = f"`{name}` adds up: the result of a {towards} is that of many people, not of one like them"
        where = checked.key("kpis", name, "reliability", "credibility")
        hint = "leave `credibility` out, or measure a `mean`, a `share` or a `ratio`"
        yield Problem("credibility-of-amounts", message, where, hint)


@tells("subject-not-named", about=(MeasureFields, GateKind, ModifierKind, PoolKind))
def facts_name_their_subjects(checked: Checked) -> Iterator[Problem]:
    """Results of a kind of subject come from facts that name it: else nobody would have one, or all of them 0."""
    rules = checked.rules
    stand_on = {kpi: behind(rules.kpis, kpi) for kpi in rules.kpis}
    read = ((each, of, at) for kpi, of, at in _results_read(checked) for each in stand_on.get(kpi, ()))
    for kpi, subject, where in read:
        compute = rules.kpis[kpi].compute if kpi in rules.kpis else None
        source = rules.facts.get(compute.source) if isinstance(compute, FromFacts) else None
        if source is None or subject == "company" or source.payee or getattr(source, subject):
            continue
        message = f"the facts behind `{kpi}` do not say which {subject} they are about"
        hint = f"map a column of its source, `{subject}: COLUMN`, or read the results of another subject"
        yield Problem("subject-not-named", message, where, hint)


def _results_read(checked: Checked) -> Iterator[tuple[str, str, Location]]:
    """Each KPI that the rules read, of which kind of subject, and where they say so."""
    for placed in checked.nodes:
        yield from _read_by_node(checked, placed)
    for name, pool in checked.rules.pools.items():
        for kpi in checked.kpis_in(pool.fund.formula):
            yield kpi, pool.fund.of, checked.at("pools", name, "fund", "of")


def _read_by_node(checked: Checked, placed: Placed) -> Iterator[tuple[str, str, Location]]:
    for section in ("modifiers", "gates"):
        for index, step in enumerate(getattr(placed.node, section)):
            for name in checked.kpis_in(step.when if isinstance(step, GateKind) else step.formula):
                yield name, step.of, checked.at(*placed.at, section, index, "of")
    if isinstance(placed.node, AnyMeasure):
        name = placed.node.kpi or placed.name
        yield name, placed.node.of, checked.at(*placed.at, "of")
        for _, answer, where in _answers(checked, placed, placed.node, name):
            if answer in _WIDER:
                yield name, answer, where
        curves = [checked.rules.curves.get(way.curve) for _, way in ways(placed.node)]
        for across in (curve.across for curve in curves if curve is not None and curve.across is not None):
            for each in checked.kpis_in(across):
                yield each, placed.node.of, checked.at(*placed.at, "of")
