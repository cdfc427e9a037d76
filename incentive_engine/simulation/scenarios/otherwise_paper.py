"""What a scenario says otherwise, as a section of a report: rules by path, results, people, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from incentive_engine.documents import Document
from incentive_engine.kinds.base import written
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.scenario import ColumnChange, Hires, PeopleChange, Scenario
from incentive_engine.simulation.difference.rule_words import named
from incentive_engine.simulation.reports.column_words import column_called
from incentive_engine.simulation.reports.paper import Said, Section, Share, Table, Value
from incentive_engine.simulation.scenarios.paths import as_written, found
from incentive_engine.simulation.scenarios.simulating import Simulated

_BECOMES = {"is": "becomes_is", "times": "becomes_times", "plus": "becomes_plus"}


def otherwise_section(
    base: Document, rules: RuleSet, scenario: Scenario, document: Document, made: Simulated | None = None
) -> Section:
    """What a scenario says otherwise than the rule set in the document `base`.

    `document`: where the scenario is written; `made`: with what became of its changes, where it was calculated alone.
    """
    shared = () if made is None else made.shared
    tables = [
        Table("changed", ("changed_rule", "was", "becomes", "path"), tuple(
            _of_rules(base, rules, scenario, document, made)
        )),
        Table("other_results", ("kpi", "becomes", "whom", "results_changed", "stopped"), tuple(
            _of_results(rules, scenario, document, made)
        )),
        Table("other_people", ("what", "becomes", "whom", "payees"), tuple(
            _person(change, at, document, made) for at, change in enumerate(scenario.people)
        )),
    ]  # fmt: skip
    there = tuple(table for table in tables if table.rows)
    said = [Said("shared", {"count": len(shared)})] if shared else []
    said += [Said("results_kept")] if scenario.facts else []
    said += [Said("copies")] if any(isinstance(change, Hires) for change in scenario.people) else []
    said += [] if there or scenario.sweep else [Said("nothing_changed")]
    return Section("changed", said=tuple(said), tables=there)


def _of_rules(
    base: Document, rules: RuleSet, scenario: Scenario, document: Document, made: Simulated | None
) -> Iterator[tuple[Value, ...]]:
    """What it is, what stands there now, what would, and its path: each change as the files have it."""
    changes = scenario.rules
    for path in changes.change:
        at = found(base, path)
        yield named(at, rules), as_written(base, at), as_written(document, ("rules", "change", path)), path
    for path in changes.add:
        called: Value = path
        if made is not None:
            called = named(found(made.rules.editions[0].document, path), made.rules.ruleset)
        yield called, None, as_written(document, ("rules", "add", path)), path
    for path in changes.remove:
        at = found(base, path)
        yield named(at, rules), as_written(base, at), None, path
    for each in made.shared if made else ():
        weights = (written(weight, percent=True) for weight in (each.before, each.after))
        yield named(found(base, each.path), rules), *weights, each.path


def _of_results(
    rules: RuleSet, scenario: Scenario, document: Document, made: Simulated | None
) -> Iterator[tuple[Value, ...]]:
    """The KPI, what becomes of it, whose, how many results that changed, and how many stopped at what is possible."""
    counts = [(each.results, each.stopped) for each in made.facts] if made else [(None, None)] * len(scenario.facts)
    for at, (change, count) in enumerate(zip(scenario.facts, counts, strict=True)):
        yield rules.kpis[change.kpi].title, _becomes(document, "facts", at), _whom(document, "facts", at), *count


def _person(change: PeopleChange, at: int, document: Document, made: Simulated | None) -> tuple[Value, ...]:
    """What is otherwise, what becomes of it, of whom, and how many they are."""
    count = None if made is None else made.people[at]
    if isinstance(change, Hires):
        return Said("are_hired"), change.starts, Said("like", {"payee": change.like}), count
    whom = _whom(document, "people", at)
    if isinstance(change, ColumnChange):
        return column_called(change.column), _becomes(document, "people", at), whom, count
    return Said("leave"), change.leave, whom, count


def _becomes(document: Document, section: str, at: int) -> Said:
    """What becomes of a number: `= 40`, `× 105%`, `+ 3`."""
    (said,) = (key for key in _BECOMES if document.data[section][at].get(key) is not None)
    number: Decimal = document.data[section][at][said]
    sign = "becomes_minus" if said == "plus" and number < 0 else _BECOMES[said]
    shown = abs(number) if said == "plus" else number
    percent = as_written(document, (section, at, said)).endswith("%")
    return Said(sign, {"number": Share(shown) if percent else shown})


def _whom(document: Document, section: str, at: int) -> Value:
    return as_written(document, (section, at, "where")) if "where" in document.data[section][at] else Said("everybody")
