"""What the rules themselves say of a KPI: is it valid, objective, intelligible, agreed and renewed as declared?"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from incentive_engine.audit.findings import Evidence, Finding, Verdict, evidence, worst
from incentive_engine.kinds.base import FromTable, Label
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.rulesets.decisions import TargetDecision
from incentive_engine.rulesets.models import AnyMeasure, Kpi, RuleSet
from incentive_engine.rulesets.resolving import ways
from incentive_engine.rulesets.tables import Source

LONGEST_SENTENCE: Final = 25
"""Words: what is longer is read twice (the readability guides of public services say 20 to 25)."""
HARDEST: Final = 60
"""LIX, words per sentence plus the percentage of words of more than six letters (Björnsson, 1968): above, hard."""
_SENTENCES: Final = re.compile(r"[.!?…:;]+(?:\s|$)")
_WORDS: Final = re.compile(r"[^\W\d_]+")
_ABBREVIATION: Final = re.compile(r"\b[A-Z]{2,5}\b")


def declared_findings(
    rules: RuleSet, name: str, measures: Sequence[AnyMeasure], departments: Collection[str], on: dt.date
) -> Iterator[Finding]:
    """What the rules say of a KPI and of the measures that put it to work; `on` is the last day of the audit."""
    kpi = rules.kpis[name]
    if kpi.perspective == "customer":
        yield _validity(kpi, [each for measure in measures for each in decisions(rules, measure)])
    yield _objectivity(sources_of(rules, name))
    yield _intelligibility(kpi, tuple(rules.title))
    if measures and departments:
        yield _agreed(kpi, sorted(departments))
    yield _renewed(rules, kpi, on)


def decisions(rules: RuleSet, measure: AnyMeasure) -> Iterator[TargetDecision]:
    """Who set the target of a measure: as it says itself or, where it does not, as the table of its targets does."""
    if measure.decided is not None:
        yield measure.decided
        return
    for _, way in ways(measure):
        tables = (each.table for each in (way.target, way.threshold, way.benchmark) if isinstance(each, FromTable))
        yield from (said for name in tables if (said := rules.tables[name].decided) is not None)


def _validity(kpi: Kpi, decided: Sequence[TargetDecision]) -> Finding:
    """It measures a gap between what customers expected and what they got, and they had a say in it."""
    told: list[Evidence] = []
    if kpi.expectation is not None:
        told.append(evidence("expected", what=kpi.expectation))
    agreements = {(each.on, tuple(each.how.items())) for one in decided if (each := one.agreed_with_customers)}
    told += [evidence("agreed_with_customers", day=day, how=dict(how)) for day, how in sorted(agreements)]
    if not agreements:
        told.append(evidence("never_agreed" if kpi.expectation else "no_expectation"))
    return Finding("validity", "sound" if agreements else "weak", tuple(told))


def sources_of(rules: RuleSet, name: str) -> tuple[Source | None, ...]:
    """The sources that a KPI comes from, through formulas over KPIs; None stands for results delivered ready-made."""
    compute = rules.kpis[name].compute
    if isinstance(compute, FromFacts):
        return (rules.facts[compute.source],)
    if isinstance(compute, OverKpis):
        found = [source for each in sorted(compute.kpis) for source in sources_of(rules, each)]
        return tuple(source for index, source in enumerate(found) if source not in found[:index])
    return (None,)


def _objectivity(sources: Sequence[Source | None]) -> Finding:
    """The source does not depend on the people who are measured."""
    told: list[Evidence] = []
    verdicts: list[Verdict] = []
    for source in sources:
        if source is None:
            verdicts.append("weak")
            told.append(evidence("delivered"))
            continue
        by = source.recorded_by
        verdicts.append("unknown" if by is None else "weak" if by in ("payee", "manager") else "sound")
        told.append(evidence(f"recorded_by_{by or 'nobody'}"))
        if source.invited_by is not None:
            verdicts.append("weak" if source.invited_by in ("payee", "manager") else "sound")
            told.append(evidence(f"invited_by_{source.invited_by}"))
        elif by == "customer":
            verdicts.append("unknown")
            told.append(evidence("invited_by_nobody"))
    return Finding("objectivity", worst(verdicts), tuple(told))


def _intelligibility(kpi: Kpi, languages: Sequence[str]) -> Finding:
    """Whoever is paid on it can read what it is, in each language of the rule set."""
    told = [
        each
        for language in languages
        for each in (*_lacking(kpi, language), *_hard((kpi.meaning or {}).get(language, ""), language))
    ]
    unexplained = sorted(_abbreviations(kpi.title) - _abbreviations(kpi.meaning or {}))
    if unexplained and kpi.meaning is None:
        told.append(evidence("abbreviations", names=tuple(unexplained)))
    return Finding("intelligibility", "weak" if told else "sound", tuple(told) or (evidence("clear"),))


def _lacking(kpi: Kpi, language: str) -> Iterator[Evidence]:
    for what, label in (("title", kpi.title), ("meaning", kpi.meaning)):
        if language not in (label or {}):
            yield evidence(f"no_{what}", language=language)


def _hard(text: str, language: str) -> Iterator[Evidence]:
    """What makes a text hard to read."""
    sentences = [found for each in _SENTENCES.split(text) if (found := _WORDS.findall(each))]
    words = [word for sentence in sentences for word in sentence]
    longest = max(map(len, sentences), default=0)
    if longest > LONGEST_SENTENCE:
        yield evidence("long_sentence", language=language, words=longest)
    if len(words) >= 8:  # below, one long word decides
        lix = len(words) / len(sentences) + 100 * sum(len(word) > 6 for word in words) / len(words)
        if lix > HARDEST:
            yield evidence("hard_words", language=language, lix=round(lix))


def _abbreviations(label: Label) -> frozenset[str]:
    return frozenset(found for text in label.values() for found in _ABBREVIATION.findall(text))


def _agreed(kpi: Kpi, departments: Sequence[str]) -> Finding:
    """Every department that is paid on it agreed to it."""
    signed = tuple((name, kpi.agreed_by[name]) for name in departments if name in kpi.agreed_by)
    lacking = tuple(name for name in departments if name not in kpi.agreed_by)
    told = [evidence("signed", department=name, day=day) for name, day in signed]
    if lacking:
        told.append(evidence("not_signed", departments=lacking))
    return Finding("agreed", "weak" if lacking else "sound", tuple(told))


def _renewed(rules: RuleSet, kpi: Kpi, on: dt.date) -> Finding:
    """It was asked lately enough whether it is still the right KPI."""
    since = rules.principles.reviewed_since(on)
    if kpi.reviewed is None:
        return Finding("renewed", "weak", (evidence("never_reviewed"),))
    told = evidence("reviewed", day=kpi.reviewed)
    if since is None:
        return Finding("renewed", "unknown", (told, evidence("no_promise")))
    months = int((rules.principles.review_every or "").split()[0])
    if kpi.reviewed < since:
        return Finding("renewed", "weak", (told, evidence("overdue", months=months, day=on)))
    return Finding("renewed", "sound", (told, evidence("in_time", months=months)))
