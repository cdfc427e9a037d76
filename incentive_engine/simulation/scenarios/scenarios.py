"""Scenarios beside each other: each calculated, compared with what is paid without it, and let go before the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from incentive_engine.documents import Document
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.scenario import Scenario, read_scenario
from incentive_engine.simulation.comparison.comparison import Comparison, compared
from incentive_engine.simulation.comparison.grouping import columns_besides
from incentive_engine.simulation.comparison.side import Side, side_of
from incentive_engine.simulation.difference.amounts import paying
from incentive_engine.simulation.difference.touched import Touched, touched
from incentive_engine.simulation.fairness.attaining import Attained, attained
from incentive_engine.simulation.fairness.divided_people import dividing, fairness_of
from incentive_engine.simulation.fairness.fairness import Fairness
from incentive_engine.simulation.scenarios.overlay import Written, overlay
from incentive_engine.simulation.scenarios.simulating import Baseline, Simulated, baseline, simulated
from incentive_engine.simulation.scenarios.swept import Point, points
from incentive_engine.simulation.scenarios.variants import Variant, variants

Tick = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A scenario and where it is written."""

    scenario: Scenario
    document: Document

    @property
    def written(self) -> Written:
        """Where its changes of rules stand."""
        return Written(self.document, ("rules",), ("sweep",))


@dataclass(frozen=True, slots=True)
class Compared:
    """A scenario, and what it does to everybody's pay."""

    file: ScenarioFile
    simulated: Simulated
    comparison: Comparison
    touched: Touched | None
    """Whom each changed rule touches; None where no rule is otherwise."""
    fairness: tuple[Fairness, Fairness] | None = None
    """How pay falls to women and men before and after; None where no table of people says who is who."""
    targets: tuple[Attained, ...] = ()
    """Which targets can be reached after."""


@dataclass(frozen=True, slots=True)
class Swept:
    """A scenario whose numbers go through many values, and what each of them costs."""

    file: ScenarioFile
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """A baseline, and scenarios held against it, in the order in which they were given."""

    baseline: Baseline
    side: Side
    scenarios: tuple[Compared | Swept, ...]


def read_scenarios(paths: Sequence[Path]) -> tuple[ScenarioFile, ...]:
    """The scenarios in files. Raises InputProblems with what is wrong with all of them."""
    files, problems = [], list[Problem]()
    for path in paths:
        try:
            files.append(ScenarioFile(*read_scenario(path)))
        except InputProblems as found:
            problems += found.problems
    names = [file.scenario.scenario for file in files]
    for at, file in enumerate(files):
        if file.scenario.scenario in names[:at]:
            where = file.document.at(("scenario",))
            problems.append(Problem("same-name", "another scenario has this name", where, "give each its own"))
    if problems:
        raise InputProblems(problems)
    return tuple(files)


def study(
    rules: Rules,
    data: Path,
    period: str,
    files: Sequence[ScenarioFile],
    by: Sequence[str] = (),
    people: Path | None = None,
    on_step: Tick = lambda done, of: None,
) -> Study:
    """What each scenario does to the pay of a period.

    `by`: columns of the workforce by which people are grouped, whether rules read them or not; the department where
    none is given. `people`: a table of `payee`, `gender` and `category`, to tell how pay falls to women and men.
    `on_step`: told how many calculations are done, and of how many. Raises InputProblems.
    """
    each = [variants(file.scenario, file.written) for file in files]
    _refuse_what_breaks_rules(rules, files, each)
    if people:
        dividing(people)  # what it lacks is told before anything is worked out
    steps = _steps(1 + sum(map(len, each)), on_step)
    base = baseline(rules, data, period)
    before = side_of(base.calculation)
    columns = tuple(dict.fromkeys(by)) or tuple({"department"} & set(before.people.columns))
    also = columns_besides(base.calculation.rules, before, data, columns)
    next(steps)
    found = list[Compared | Swept]()
    for file, its in zip(files, each, strict=True):
        if file.scenario.sweep:
            found.append(Swept(file, points(base, before, its, file.written, partial(next, steps))))
        else:
            made = simulated(base, file.scenario, file.written)
            after = side_of(made.calculation)
            comparison = compared(before, after, columns, also)
            changes = touched(base.rules, made.rules, paying(base)) if made.paths else None
            fair = (fairness_of(before, people), fairness_of(after, people)) if people else None
            found.append(Compared(file, made, comparison, changes, fair, attained(after.plans, after.contributions)))
            next(steps)
    return Study(base, before, tuple(found))


def _refuse_what_breaks_rules(rules: Rules, files: Sequence[ScenarioFile], each: Sequence[Sequence[Variant]]) -> None:
    """Raises InputProblems, before any data are read, with what is wrong with the rules of all scenarios."""
    problems = list[Problem]()
    for file, its in zip(files, each, strict=True):
        changes = its[0].scenario.rules
        try:
            made = overlay(rules, changes.change, changes.add, changes.remove, file.written)
            if made.paths:
                made.rules()
        except InputProblems as found:
            problems += found.problems
    if problems:
        raise InputProblems(problems)


def _steps(of: int, on_step: Tick) -> Iterator[None]:
    for done in range(1, of + 1):
        on_step(done, of)
        yield
