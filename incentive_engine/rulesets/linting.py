"""What numbered rules say of a rule set, and what of it is waived.

A rule that is an error refuses the rule set whenever it is read; a waiver lets it pass for good, so that what was paid
once can be worked out again. All others, and waivers that have run out, are told by `incentive check` alone: they say
what is unwise today, not what cannot be paid.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from incentive_engine.errors import Problem
from incentive_engine.mistakes import KeyPath
from incentive_engine.rulesets.checked import Checked, at_all_times
from incentive_engine.rulesets.checks.plans.rule import Linted, PlanRule
from incentive_engine.rulesets.plan_rules import PLAN_RULES
from incentive_engine.rulesets.waivers import Waiver, dotted

_LISTED = 3


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that is broken, and where."""

    problem: Problem
    at: KeyPath


@dataclass(frozen=True, slots=True)
class Waived:
    """A rule that is broken on purpose, and the reason for it."""

    problem: Problem
    waiver: Waiver
    at: KeyPath


@dataclass(frozen=True, slots=True)
class Lint:
    """What the numbered rules say: what is broken, which waivers are of no use, and what is waived."""

    broken: tuple[Broken, ...]
    useless: tuple[Problem, ...]
    waived: tuple[Waived, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is to be looked at."""
        return (*(each.problem for each in self.broken), *self.useless)


def lint(linted: Linted, day: dt.date) -> Lint:
    """What the numbered rules say of a rule set on a day; unused waivers and those that have run out, too."""
    return weighed(linted, list(_broken(linted, PLAN_RULES)), {rule.code for rule in PLAN_RULES}, day)


def weighed(checked: Checked, broken: Sequence[tuple[KeyPath, Problem]], codes: Collection[str], day: dt.date) -> Lint:
    """What of these problems no waiver is of, and what is waived; with the waivers of `codes` that are of no use."""
    left, waived = [], []
    for at, problem in broken:
        waiver = _waiver(checked.rules.waive, problem.code, at, day)
        if waiver is None:
            left.append(Broken(problem, at))
        else:
            waived.append(Waived(problem, waiver, at))
    useless = _useless(checked, [(at, problem.code) for at, problem in broken], codes, day)
    return Lint(tuple(left), tuple(useless), tuple(waived))


def refused(linted: Linted) -> list[Problem]:
    """What refuses a rule set that is read: errors that no waiver is of."""
    errors = _broken(linted, [rule for rule in PLAN_RULES if rule.level == "error"])
    return [
        problem
        for at, problem in errors
        if problem.level == "error" and _waiver(linted.rules.waive, problem.code, at, None) is None
    ]


def _broken(linted: Linted, rules: Sequence[PlanRule]) -> Iterator[tuple[KeyPath, Problem]]:
    """Where the rules are broken, at whatever time; each place once."""
    told = set()
    for rule in rules:
        for each in at_all_times(linted):
            for found in rule.broken(each):
                where, level = linted.key(*found.at), found.level or rule.level
                problem = Problem(rule.code, found.message, where, found.hint, level)
                if problem not in told:
                    told.add(problem)
                    yield found.at, problem


def _waiver(waivers: Sequence[Waiver], rule: str, at: KeyPath, day: dt.date | None) -> Waiver | None:
    return next((each for each in waivers if each.covers(rule, at) and each.holds_on(day)), None)


def _useless(
    checked: Checked, broken: Sequence[tuple[KeyPath, str]], codes: Collection[str], day: dt.date
) -> Iterator[Problem]:
    """Waivers of what is not so, and those that have run out."""
    for index, waiver in enumerate(checked.rules.waive):
        if waiver.rule not in codes:
            continue
        if not any(waiver.covers(rule, at) for at, rule in broken):
            places = [f"`{dotted(at)}`" for at, rule in broken if rule == waiver.rule]
            message = f"`{waiver.rule}` is kept at `{waiver.at}`: there is nothing to waive"
            listed = ", ".join(places[:_LISTED]) + (", …" if len(places) > _LISTED else "")
            hint = f"it is broken at {listed}" if places else "remove it"
            yield Problem("unused-waiver", message, checked.at("waive", index, "at"), hint, "warning")
        elif not waiver.holds_on(day):
            message = f"`{waiver.rule}` was waived at `{waiver.at}` until {waiver.until}"
            where = checked.at("waive", index, "until")
            yield Problem("waiver-ended", message, where, "change the rules, or decide again", "warning")
