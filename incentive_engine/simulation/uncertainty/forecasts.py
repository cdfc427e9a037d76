"""Forecasts of one period by several rule sets: as the rules are, and as scenarios would have them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from incentive_engine.engine.running import accept_for
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.facts import Accepted
from incentive_engine.kinds.base import Label
from incentive_engine.rulesets.loading import Rules, rules_for
from incentive_engine.simulation.scenarios.overlay import overlaid
from incentive_engine.simulation.scenarios.scenarios import ScenarioFile
from incentive_engine.simulation.uncertainty.forecasting import Forecast, forecast, last_day_seen

Tick = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Ruled:
    """Rules with a title, and what they accept of a data folder."""

    title: Label
    rules: Rules
    accepted: Accepted

    @property
    def fingerprint(self) -> tuple[str, str]:
        """The file of the rules, and its SHA-256."""
        document = self.rules.document
        return document.file, sha256(document.text.encode()).hexdigest()

    @property
    def data_fingerprints(self) -> tuple[tuple[str, str], ...]:
        """Every table that was read, and the SHA-256 of its files."""
        return tuple((name, table.fingerprint) for name, table in sorted(self.accepted.tables.items()))


def ruled(rules: Rules, data: Path, period: str, files: Sequence[ScenarioFile]) -> tuple[Ruled, ...]:
    """The rules as they are and by each scenario. Raises InputProblems where one changes more than rules."""
    parsed = rules.period(period)
    refused = [_refused(file) for file in files if file.scenario.facts or file.scenario.people or file.scenario.sweep]
    if refused:
        raise InputProblems(refused)
    found = [(rules.ruleset.title, rules)]
    for file in files:
        changes = file.scenario.rules
        changed = overlaid(rules, changes.change, changes.add, changes.remove, file.written)
        found.append((file.scenario.title, changed))
    made = ((title, rules_for(each, parsed)) for title, each in found)
    return tuple(Ruled(title, each, accept_for(each, data)) for title, each in made)


def _refused(file: ScenarioFile) -> Problem:
    message = (
        f"`{file.scenario.scenario}` changes results or people, or goes through values: chance is drawn on real ones"
    )
    return Problem("not-only-rules", message, file.document.at(()), "give a scenario with `rules` only")


@dataclass(frozen=True, slots=True)
class Forecasts:
    """One forecast for each rule set, all of the same facts to come."""

    of: tuple[tuple[Ruled, Forecast], ...]


def forecasts(
    each: Sequence[Ruled],
    period: str,
    until: dt.date | None,
    runs: Sequence[Path],
    draws: int,
    seed: int,
    tick: Tick = lambda done, of: None,
) -> Forecasts:
    """What each rule set will pay in a period; `until`: the last day that was seen, that of the last fact unless said.

    `runs`: folders of earlier runs, whose results tell what may be delivered.
    """
    parsed = each[0].rules.period(period)
    until = until or last_day_seen(each[0].rules, each[0].accepted, parsed)
    found = []
    for at, one in enumerate(each):

        def told(done: int, of: int, before: int = at) -> None:
            tick(before * of + done, len(each) * of)

        found.append((one, forecast(one.rules, one.accepted, parsed, until, draws, seed, runs, told)))
    return Forecasts(tuple(found))
