"""A scenario calculated: by the engine that pays, on the same data, without working out again what it leaves as it is.

The baseline is read, measured and paid once. A scenario reads again only the tables of which its rules ask something
else, measures again only where KPIs, facts or places are otherwise, and then pays everybody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from incentive_engine.engine.fitting import fitted_tables
from incentive_engine.engine.measured import Measured
from incentive_engine.engine.run import Run, in_memory
from incentive_engine.engine.running import (
    Calculation,
    Timings,
    calculate_from,
    measured_in,
    people_in,
    results_read,
    usable,
)
from incentive_engine.engine.segments import People
from incentive_engine.engine.summary import check
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.facts import HELD_SCHEMA, Accepted, TableContract, accept
from incentive_engine.periods import Period
from incentive_engine.rulesets.editions import in_force
from incentive_engine.rulesets.loading import Rules, rules_for
from incentive_engine.rulesets.scenario import Scenario
from incentive_engine.simulation.scenarios.other_facts import FactsMoved, with_other_facts
from incentive_engine.simulation.scenarios.other_people import with_other_people, with_results_of_copies
from incentive_engine.simulation.scenarios.overlay import Overlay, Written, overlay
from incentive_engine.simulation.scenarios.weights import SharedWeight

_PEOPLE: Final = ("workforce", "employment", "assignments", "history")
_USABLE: Final = (*_PEOPLE, "sources", "cases", "leave", "exchange", "adjustments", "results", "tables", "timezone")
"""The parts of a rule set on which it depends what is accepted of the tables that its contracts name."""
_MEASURED: Final = ("kpis", "sources", "cases", "calendar", "populations")
"""Those on which results depend."""
_NOTHING: Final = Scenario(scenario="nothing", title={"en": "Nothing is otherwise"})


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is paid without any scenario, and all that scenarios can take over from it."""

    rules: Rules
    """As they were loaded."""
    data: Path
    as_of: dt.date | None
    read: Accepted
    """The tables as their contracts say, before facts are set aside."""
    calculation: Calculation
    run: Run

    @property
    def period(self) -> Period:
        """The period that is paid."""
        return self.calculation.period


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a scenario pays: everything that a run has."""

    scenario: Scenario
    rules: Rules
    calculation: Calculation
    run: Run
    paths: tuple[str, ...] = ()
    """What it changes in the rule set."""
    shared: tuple[SharedWeight, ...] = ()
    """Weights that follow from one that it changes."""
    facts: tuple[FactsMoved, ...] = ()
    """What became of each change of results."""
    people: tuple[int, ...] = ()
    """How many people each change of people means."""


def baseline(
    rules: Rules, data: Path | str, period: str, timings: Timings | None = None, as_of: dt.date | None = None
) -> Baseline:
    """What the rules pay on a data folder in a period. Raises InputProblems as a run does."""
    timings, parsed = timings or Timings(), rules.period(period)
    paid_by = rules_for(rules, parsed)
    with timings.step("accept"):
        read = _read(paid_by.contracts, Path(data), paid_by, None)
        accepted = fitted_tables(paid_by.ruleset, usable(paid_by, read, as_of))
    with timings.step("people"):
        people = people_in(paid_by, accepted, parsed)
    with timings.step("kpis"):
        measured = measured_in(paid_by, accepted, parsed)
    calculation = calculate_from(paid_by, accepted, people, measured, parsed, timings, keep=True)
    return Baseline(rules, Path(data), as_of, read, calculation, in_memory(check(calculation, as_of)))


def simulated(
    baseline: Baseline, scenario: Scenario, written: Written | None = None, timings: Timings | None = None
) -> Simulated:
    """What a scenario pays. `written`: where its changes of rules stand. Raises InputProblems as a run does."""
    made = overlay_of(baseline, scenario, written)
    loaded = made.rules() if made.paths else baseline.rules
    calculation, facts, people = _calculated(baseline, loaded, scenario, written, timings or Timings())
    run = in_memory(check(calculation, baseline.as_of))
    return Simulated(scenario, loaded, calculation, run, made.paths, made.shared, facts, people)


def overlay_of(baseline: Baseline, scenario: Scenario, written: Written | None = None) -> Overlay:
    """The rule set with what a scenario says of rules. Raises InputProblems."""
    changes = scenario.rules
    made = overlay(baseline.rules, changes.change, changes.add, changes.remove, written)
    if made.paths:
        _refuse_other_edition(baseline)
    return made


def _refuse_other_edition(baseline: Baseline) -> None:
    """Raises InputProblems where the period is paid by older editions only: what changes the newest does nothing."""
    period, editions = baseline.period, baseline.rules.editions
    if editions[0] not in [edition for edition, _ in in_force(editions, (period.start, period.end))]:
        message = f"{period.name} is paid by an older edition than `{editions[0].document.file}`"
        raise InputProblems([Problem("older-edition", message, hint="simulate with the file of that edition")])


def paid_by(baseline: Baseline, rules: Rules) -> Calculation:
    """What other rules pay on the data of the baseline, in its period. Raises InputProblems as a run does."""
    return calculated(baseline, rules, _NOTHING)


def calculated(baseline: Baseline, rules: Rules, scenario: Scenario, written: Written | None = None) -> Calculation:
    """What rules pay to the people and on the results of a scenario, whatever it says of rules."""
    return _calculated(baseline, rules, scenario, written, Timings())[0]


def _calculated(
    baseline: Baseline, rules: Rules, scenario: Scenario, written: Written | None, timings: Timings
) -> tuple[Calculation, tuple[FactsMoved, ...], tuple[int, ...]]:
    """What is paid by rules, to other people and on other results; what was done to each."""
    before, document = baseline.calculation, None if written is None else written.document
    period, rules = before.period, rules_for(rules, before.period)
    with timings.step("accept"):
        accepted, likes, counts = _accepted(baseline, rules), dict[str, str](), tuple[int, ...]()
    problems = list[Problem]()
    with timings.step("people"):
        people = _people(before, rules, accepted)
        if scenario.people:
            try:
                other = with_other_people(accepted, rules, people, period, scenario.people, document)
            except InputProblems as found:  # told with what is wrong with results
                problems += found.problems
            else:
                accepted, likes, counts = other.accepted, dict(other.likes), other.counts
                people = people_in(rules, accepted, period)
    with timings.step("kpis"):
        measured, moved = with_results_of_copies(_measured(before, rules, accepted), likes), tuple[FactsMoved, ...]()
        if scenario.facts:
            try:
                measured, moved = with_other_facts(measured, rules, people, period, scenario.facts, document)
            except InputProblems as found:
                problems += found.problems
    if problems:
        raise InputProblems(problems)
    return calculate_from(rules, accepted, people, measured, period, timings, keep=True), moved, counts


def _accepted(baseline: Baseline, rules: Rules) -> Accepted:
    """The tables that the rules of a scenario read: those of the baseline, but for what they ask otherwise."""
    before = baseline.calculation
    if rules.contracts == before.rules.contracts and _alike(rules, before.rules, _USABLE) and _same_pays(rules, before):
        return before.accepted
    read = _read(rules.contracts, baseline.data, rules, baseline)
    return fitted_tables(rules.ruleset, usable(rules, read, baseline.as_of))


def _read(contracts: Iterable[TableContract], data: Path, rules: Rules, known: Baseline | None) -> Accepted:
    """The tables of the contracts, those that are known as they are."""
    if not data.is_dir():
        raise InputProblems([Problem("missing-folder", f"the data folder `{data}` is not there")])
    if known is None:
        return accept(tuple(contracts), data, rules.ruleset.timezone)
    asked, ruleset = list(contracts), known.calculation.rules.ruleset
    there = set() if rules.ruleset.timezone != ruleset.timezone else set(known.calculation.rules.contracts)
    new = accept([each for each in asked if each not in there], data, rules.ruleset.timezone)
    kept = [each.name for each in asked if each in there]
    tables = {each.name: new.tables.get(each.name) or known.read.tables[each.name] for each in asked}
    held = known.read.held.filter(pl.col("table").is_in(kept))
    return Accepted(tables, pl.concat([held, new.held]).sort(list(HELD_SCHEMA), nulls_last=True))


def _people(before: Calculation, rules: Rules, accepted: Accepted) -> People:
    same = accepted is before.accepted and _alike(rules, before.rules, _PEOPLE)
    dated = any(table.since for table in rules.ruleset.tables.values())
    return before.people if same and not dated else people_in(rules, accepted, before.period)


def _measured(before: Calculation, rules: Rules, accepted: Accepted) -> Measured:
    keys = (results_read(each, before.period) for each in (rules, before.rules))
    same = accepted is before.accepted and _alike(rules, before.rules, _MEASURED) and len(set(keys)) == 1
    return before.measured if same else measured_in(rules, accepted, before.period)


def _alike(rules: Rules, others: Rules, parts: Iterable[str]) -> bool:
    return all(getattr(rules.ruleset, part) == getattr(others.ruleset, part) for part in parts)


def _same_pays(rules: Rules, before: Calculation) -> bool:
    """Whether adjustments are for the same money in both."""
    ours, theirs = ({plan.pays for plan in each.ruleset.plans.values()} for each in (rules, before.rules))
    return ours == theirs
