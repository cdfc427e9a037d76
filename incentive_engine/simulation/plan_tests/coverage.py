"""What the examples of a rule set show of its plans, and every hole: what no example reaches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from incentive_engine.engine.checking import check, declared
from incentive_engine.engine.example_rows import Refused
from incentive_engine.engine.outcomes import Outcome, Programs
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.exact import CannotProve
from incentive_engine.periods import Period
from incentive_engine.rulesets.linting import Lint, weighed
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import resolve_always
from incentive_engine.rulesets.tested import TESTED, Asked
from incentive_engine.simulation.plan_tests.branches import ways_to_go
from incentive_engine.simulation.plan_tests.people import missing, people
from incentive_engine.simulation.plan_tests.places import Compiled, Place
from incentive_engine.simulation.plan_tests.steps import steps
from incentive_engine.simulation.plan_tests.tiers import tiers

_ANY = "2024"
"""Where nothing but the rules counts, the longest period."""
_PLACES = (people, tiers, steps, ways_to_go, missing)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every place of a rule set's plans, and which of them some example reaches."""

    places: tuple[Place, ...]
    reached: frozenset[int]
    """The places that are reached, by their number."""

    @property
    def holes(self) -> tuple[Place, ...]:
        """The places that no example reaches."""
        return tuple(place for number, place in enumerate(self.places) if number not in self.reached)


class PlanTests:
    """The plans of a rule set and its examples, worked out. Raises InputProblems where a number may not fit."""

    def __init__(self, rules: Rules) -> None:
        plans = resolve_always(rules.ruleset, Period.parse(_ANY, rules.ruleset.year_starts))
        self.rules = rules
        self.programs = Programs(rules, declared(rules, plans))
        try:
            self.plans = tuple(Compiled(plan, self.programs.compiled(plan)) for plan in plans)
        except CannotProve:
            raise InputProblems(check(rules)) from None
        self.outcomes = tuple(self._outcomes())

    def _outcomes(self) -> Iterator[Outcome]:
        for example in self.rules.ruleset.examples:
            try:
                yield self.programs.outcome(example)
            except Refused:  # told by the check of examples
                continue

    def coverage(self, more: Sequence[Outcome] = ()) -> Coverage:
        """What the examples reach, and `more` outcomes with them."""
        found = (place for compiled in self.plans for of in _PLACES for place in of(compiled))
        places = tuple({place.key: place for place in found}.values())
        reached = (number for number, place in enumerate(places) if self._is_reached(place, more))
        return Coverage(places, frozenset(reached))

    def _is_reached(self, place: Place, more: Sequence[Outcome]) -> bool:
        outcomes = (each for each in (*self.outcomes, *more) if each.example.plan_name == place.plan)
        return any(place.reached(outcome) for outcome in outcomes)


_HINTS: Final[Mapping[Asked, str]] = {
    "T01-tier": "give it a result there, and work out by hand what it pays",
    "T02-gate": "write an example on this side of the gate",
    "T03-modifier": "write an example that it changes",
    "T04-limit": "write an example on this side of the limit",
    "T05-branch": "write an example that goes this way",
    "T06-missing": "write an example without it, and expect `held: missing-result` or what stands in for it",
    "T07-people": "write an example that expects `fails: who` or `fails: eligible`, or who was hired in the period",
    "T08-example": "work out by hand what somebody is paid, and write it under `examples`",
}


def holes(rules: Rules, coverage: Coverage, day: dt.date) -> Lint:
    """Every hole at its place in the file, but for those that are waived on a day."""
    found = [(hole.at, _told(rules, hole)) for hole in coverage.holes]
    return weighed(rules.linted, found, TESTED.keys(), day)


def _told(rules: Rules, hole: Place) -> Problem:
    document = rules.document
    at = document.key_at if hole.asked == "T08-example" else document.at
    where = at(hole.at) if hole.offset is None else document.inside(hole.at, hole.offset)
    return Problem(hole.asked, f"no example shows {hole.told}", where, _HINTS[hole.asked])
