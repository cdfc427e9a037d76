"""Subjects: whose results are read, and what stands in for them, exists."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.errors import Location, Problem
from incentive_engine.kinds.kpis import FromFacts
from incentive_engine.rulesets.checked import Checked
from incentive_engine.rulesets.models import Measure
from incentive_engine.rulesets.walking import Placed

_WIDER = ("payee", "team", "department", "company")


def fallbacks_lead_somewhere(checked: Checked) -> Iterator[Problem]:
    """What is used instead of a missing result is not the missing result itself."""
    for placed, measure, name in checked.measures:
        kpi = checked.rules.kpis.get(name)
        answers = [("on_missing", measure.on_missing, checked.at(*placed.at, "on_missing"))]
        if kpi is not None and kpi.reliability is not None:
            where = checked.at("kpis", name, "reliability", "otherwise")
            answers.append(("reliability.otherwise", kpi.reliability.otherwise, where))
        for key, answer, where in answers:
            if answer in _WIDER and _WIDER.index(answer) <= _WIDER.index(measure.of):
                message = f"`{key}: {answer}` is no wider than `of: {measure.of}` of `{placed.path}`"
                yield Problem("fallback-not-wider", message, where, "name a wider subject, or `hold`")
            if answer == "target" and measure.target is None:
                message = f"`{key}: target` finds no target at `{placed.path}`"
                yield Problem("missing-target", message, where, "use `hold`, `zero` or `reweight`")


def facts_name_their_subjects(checked: Checked) -> Iterator[Problem]:
    """Results of a kind of subject come from facts that name it: else nobody would have one, or all of them 0."""
    rules = checked.rules
    for placed in checked.nodes:
        for kpi, subject, where in _results_read(checked, placed):
            compute = rules.kpis[kpi].compute if kpi in rules.kpis else None
            source = rules.sources.get(compute.source) if isinstance(compute, FromFacts) else None
            if source is None or subject == "company" or source.payee or getattr(source, subject):
                continue
            message = f"the facts behind `{kpi}` do not say which {subject} they are about"
            hint = f"map a column of its source, `{subject}: COLUMN`, or read the results of another subject"
            yield Problem("subject-not-named", message, where, hint)


def _results_read(checked: Checked, placed: Placed) -> Iterator[tuple[str, str, Location]]:
    """Each KPI that a node reads, of which kind of subject, and where it says so."""
    kpis = checked.rules.kpis
    for index, modifier in enumerate(placed.node.modifiers):
        for name in sorted(modifier.formula.names & kpis.keys()):
            yield name, modifier.of, checked.at(*placed.at, "modifiers", index, "of")
    for index, gate in enumerate(placed.node.gates):
        for name in sorted(gate.when.names & kpis.keys()):
            yield name, gate.of, checked.at(*placed.at, "gates", index, "of")
    if isinstance(placed.node, Measure):
        name = placed.node.kpi or placed.name
        yield name, placed.node.of, checked.at(*placed.at, "of")
        if placed.node.on_missing in _WIDER:
            yield name, placed.node.on_missing, checked.at(*placed.at, "on_missing")
        reliability = kpis[name].reliability if name in kpis else None
        if reliability is not None and reliability.otherwise in _WIDER:
            yield name, reliability.otherwise, checked.at("kpis", name, "reliability", "otherwise")
