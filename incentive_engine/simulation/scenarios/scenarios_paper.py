"""What a study of scenarios shows: all of them beside each other, then each by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from incentive_engine.documents import Document
from incentive_engine.kinds.base import Label
from incentive_engine.rulesets.loading import Rules
from incentive_engine.simulation.comparison.comparison_paper import comparison_sections
from incentive_engine.simulation.comparison.moving import Cost
from incentive_engine.simulation.difference.rule_words import named
from incentive_engine.simulation.difference.soundness import soundness_section
from incentive_engine.simulation.difference.touched_paper import touched_section
from incentive_engine.simulation.fairness.fairness_paper import attainability_section, fairness_section
from incentive_engine.simulation.reports.paper import Money, Part, Report, Said, Section, Share, Table, Value
from incentive_engine.simulation.scenarios.otherwise_paper import otherwise_section
from incentive_engine.simulation.scenarios.paths import as_written, found
from incentive_engine.simulation.scenarios.scenarios import Compared, ScenarioFile, Study, Swept
from incentive_engine.simulation.scenarios.simulating import Simulated

_BESIDE: Label = {"en": "Side by side", "fr": "Côte à côte"}


def scenarios_report(study: Study) -> Report:
    """Everything that a study of scenarios found out."""
    ruleset, period = study.baseline.rules.ruleset, study.baseline.period
    each = [_part(study, one) for one in study.scenarios]
    alone = [one for one in study.scenarios if isinstance(one, Compared)]
    beside = [Part(_BESIDE, (Section("beside", tables=(_beside(alone),)),))] if len(alone) > 1 else []
    return Report(
        name="scenarios",
        title=ruleset.title,
        rule_set=ruleset.rule_set,
        version=ruleset.version,
        period=period.name,
        first_day=period.start,
        parts=(*beside, *each),
        assumptions=tuple(_assumptions(study)),
        fingerprints=tuple(_fingerprints(study)),
    )


def _beside(scenarios: Sequence[Compared]) -> Table:
    """One row per scenario and currency."""
    columns = ("scenario", "currency", "after", "difference", "change", "customers", "gain", "lose", "held_payees")
    return Table("beside", columns, tuple(row for one in scenarios for row in _rows_beside(one)))


def _rows_beside(one: Compared) -> Iterator[tuple[Value, ...]]:
    title, comparison = one.file.scenario.title, one.comparison
    for cost in comparison.costs:
        counts = {each.fate: each.payees for each in comparison.moved if each.currency == cost.currency}
        gain, lose = (counts.get(name, 0) for name in ("gains", "loses"))
        share = comparison.customers_after
        yield (title, cost.currency, *_cost(cost), _share(share), gain, lose, comparison.held_after)


def _cost(cost: Cost) -> tuple[Value, ...]:
    return Money(cost.after, cost.currency), Money(cost.difference, cost.currency), _share(cost.share)


def _share(share: Decimal | None) -> Share | None:
    return None if share is None else Share(share)


def _part(study: Study, one: Compared | Swept) -> Part:
    title = one.file.scenario.title
    if isinstance(one, Swept):
        changed = _changed(study, one.file)
        swept = Section("swept", tables=(_points(study.baseline.rules, one),))
        return Part(title, (*([changed] if changed.tables else []), swept))
    sections = comparison_sections(one.comparison, study.baseline.rules.ruleset.currency)
    return Part(title, (_changed(study, one.file, one.simulated), *sections, *_touched(study, one), *_fair(one)))


def _fair(one: Compared) -> Iterator[Section]:
    """How pay falls to women and men, where that is known, and which targets can be reached."""
    if one.fairness is not None:
        yield fairness_section(one.fairness)
    if one.targets:
        yield attainability_section(one.targets)


def _touched(study: Study, one: Compared) -> Iterator[Section]:
    """Whom each changed rule touches, and whether rules stay sound; without what is said of results and people."""
    if one.touched is not None:
        before, after = study.baseline.rules, one.simulated.rules
        yield touched_section(one.touched, before, after)
        yield soundness_section(before, after, study.baseline.period.end)


def _changed(study: Study, file: ScenarioFile, made: Simulated | None = None) -> Section:
    base = study.baseline.rules
    return otherwise_section(base.editions[0].document, base.ruleset, file.scenario, file.document, made)


def _points(rules: Rules, swept: Swept) -> Table:
    """One row per variant and currency."""
    base = rules.editions[0].document
    paths: tuple[Label, ...] = tuple(named(found(base, path), rules.ruleset) for path in swept.file.scenario.sweep)
    columns: tuple[str | Label, ...] = (*paths, "currency", "after", "difference", "change", "customers")
    rows = tuple(
        (
            *(_value(base, path, value) for path, value in point.values.items()),
            cost.currency,
            *_cost(cost),
            _share(point.customers),
        )
        for point in swept.points
        for cost in point.costs
    )
    return Table("swept", columns, rows, drawn=("difference",))


def _value(base: Document, path: str, value: Any) -> Value:
    """A value that a number goes through, as a percentage where the rules write one."""
    if not isinstance(value, Decimal):
        return str(value)
    return Share(value) if as_written(base, found(base, path)).endswith("%") else value


def _assumptions(study: Study) -> Iterator[Said]:
    yield Said("same_engine", {"period": study.baseline.period.name})
    yield Said("same_people")


def _fingerprints(study: Study) -> Iterator[tuple[str, str]]:
    rules = study.baseline.run.summary["rules"]
    yield rules["file"], rules["sha256"]
    for name, table in study.baseline.run.summary["inputs"].items():
        yield name, table["sha256"]
    for one in study.scenarios:
        yield one.file.document.file, sha256(one.file.document.text.encode()).hexdigest()
