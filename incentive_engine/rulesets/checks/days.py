"""Days: plans, rule sets and numbers hold on days that exist, and editions of a rule set follow each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from incentive_engine.errors import Problem
from incentive_engine.kinds.base import Since
from incentive_engine.kinds.calendars import FIRST, LAST
from incentive_engine.mistakes import KeyPath
from incentive_engine.periods import Period
from incentive_engine.rulesets.checked import Checked, tells
from incentive_engine.rulesets.checks.people import not_by_days
from incentive_engine.rulesets.editions import SECTIONS, Edition, changed
from incentive_engine.rulesets.in_force import Days, InForce, numbers_that_change
from incentive_engine.rulesets.models import Plan, RuleSet
from incentive_engine.rulesets.versions import Version, versions

_DAY = dt.timedelta(days=1)


@tells("no-days", about=(InForce,))
def days_in_force_exist(checked: Checked) -> Iterator[Problem]:
    """What is in force is so on at least one day, and a plan on one of its rule set's."""
    whole = checked.rules.in_force
    yield from _no_days(checked, whole, ("in_force",))
    for name, plan in checked.rules.plans.items():
        at = ("plans", name, "in_force")
        yield from _no_days(checked, plan.in_force, at)
        if plan.in_force and whole and _apart(plan.in_force, whole):
            message = f"`{name}` is in force on no day on which its rule set is"
            yield Problem("no-days", message, checked.key(*at), "change one of them")


def _no_days(checked: Checked, days: InForce | None, at: KeyPath) -> Iterator[Problem]:
    if days is None:
        return
    if days.start is None and days.end is None:
        yield Problem("no-days", "`in_force` names no day", checked.key(*at), "write `{from: 2026-08-15}`")
    if days.start and days.end and days.end < days.start:
        message = f"`in_force` ends on {days.end}, before it begins"
        yield Problem("no-days", message, checked.at(*at, "to"), f"it begins on {days.start}: both days count")


def _apart(some: InForce, others: InForce) -> bool:
    return any(one.end and other.start and one.end < other.start for one, other in ((some, others), (others, some)))


@tells("no-number-yet", about=(Since,))
def numbers_begin_with_their_plan(checked: Checked) -> Iterator[Problem]:
    """A number that changes has a value from the first day on which its plan, or its rule set, is in force."""
    rules = checked.over_time or checked.rules
    for name, plan in rules.plans.items():
        starts = [days.start for days in (plan.in_force, rules.in_force) if days and days.start]
        if starts:
            yield from _without_numbers(Edition(rules, checked.document), name, plan, (max(starts), dt.date.max))


@tells("no-first-day", "another-rule-set", "same-version", "not-later", about=(RuleSet,))
def editions_follow_each_other(checked: Checked) -> Iterator[Problem]:
    """An edition that follows another one is of the same rule set, has a version of its own, and begins later."""
    rules = checked.rules
    if not checked.before:
        return
    older, where = checked.before[0].ruleset, checked.at("follows")
    if rules.in_force is None or rules.in_force.start is None:
        message = f"it does not say from which day on it holds instead of `{rules.follows}`"
        yield Problem("no-first-day", message, where, "write the day: `in_force: {from: 2026-08-15}`")
    if rules.rule_set != older.rule_set:
        message = f"`{rules.follows}` is an edition of `{older.rule_set}`, this is one of `{rules.rule_set}`"
        yield Problem("another-rule-set", message, checked.at("rule_set"), "give both the same name")
    if any(rules.version == each.ruleset.version for each in checked.before):
        message = f"`{rules.follows}`, or what it follows, is version {rules.version}, too"
        yield Problem("same-version", message, checked.at("version"), "number the editions")
    first, earlier = (each.in_force.start if each.in_force else None for each in (rules, older))
    if first and earlier and first <= earlier:
        message = f"it holds from {first} on, and `{rules.follows}`, which it follows, from {earlier} on"
        yield Problem("not-later", message, checked.at("in_force", "from"), "the edition before begins before")


@tells("changed-name", about=(RuleSet,))
def names_mean_one_thing(checked: Checked) -> Iterator[Problem]:
    """What an edition declares under the name that it has in the edition before is the same.

    Only a period that crosses the day between them needs that: where that day is no first of a month every period
    that holds it does; where it begins the fiscal year, none.
    """
    rules = checked.rules
    first = rules.in_force.start if rules.in_force else None
    if not checked.before or first is None or (first.day, first.month) == (1, rules.year_starts):
        return
    for problem in changed_names(Edition(rules, checked.document), checked.before[0]):
        yield problem if first.day > 1 else _only_where_crossed(problem, first)


def _only_where_crossed(problem: Problem, first: dt.date) -> Problem:
    message = f"{problem.message}: no period that crosses {first} can be paid"
    return Problem(problem.code, message, problem.location, problem.hint, level="warning")


def changed_names(newer: Edition, older: Edition) -> Iterator[Problem]:
    """What means one thing in an edition, and another one in the edition before."""
    for path in changed(newer.ruleset, older.ruleset):
        there = older.document.key_at(path)
        hint = "give it a new name: both editions count in one period"
        if path[0] not in SECTIONS:
            hint = "one period has one of them: let this edition begin with a period"
        message = f"`{path[-1]}` is not what it is in line {there.line} of `{Path(there.file).name}`"
        yield Problem("changed-name", message, newer.document.key_at(path), hint)


def unpayable(rules: Edition, period: Period, held: list[Days]) -> Iterator[Problem]:
    """Why a period cannot be paid: days without rules (`held`: those that have some), or what plans lack on theirs."""
    for first, last in _without(held, (period.start, period.end)):
        message = f"no rules are in force {f'on {first}' if first == last else f'from {first} to {last}'}"
        where = rules.document.at(("in_force",)) if rules.ruleset.in_force else None
        hint = "`follows` names the edition before; a plan that begins later says so itself, with its own `in_force`"
        yield Problem("not-in-force", message, where, hint)
    for key, plan in rules.ruleset.plans.items():
        yield from _without_numbers(rules, key, plan, (period.start, period.end))
    yield from _uncountable(rules, period)
    found = list(versions(rules.ruleset, period))
    if not found:
        yield Problem("not-in-force", f"no plan is in force in {period.name}", rules.document.key_at(("plans",)))
    partly = [each for each in found if each.days != (period.start, period.end)]
    for version in partly:
        if _pays(version) and version.plan.proration is None:
            first, last = version.days
            message = f"`{version.name}` holds from {first} to {last} only, and would pay all of {period.name}"
            where = rules.document.key_at(("plans", version.key))
            hint = "say what share of the period its days are: `proration: {by: calendar_days}`"
            yield Problem("not-prorated", message, where, hint)
    pools = {each.plan.pool for each in partly if each.plan.pool is not None}
    yield from not_by_days(Checked(rules.ruleset, rules.document), pools) if pools else ()


def _uncountable(rules: Edition, period: Period) -> Iterator[Problem]:
    """The plans by whose way of counting the period has nothing of which a share could be paid."""
    known, calendar = period.start >= FIRST and period.end <= LAST, rules.ruleset.calendar
    counting = {key: kind for key, plan in rules.ruleset.plans.items() if (kind := plan.proration)}
    for key, kind in counting.items():
        where, hint = rules.document.at(("plans", key, "proration")), "pay another period, or count calendar days"
        if kind.of_known_days and not known:
            message = f"{period.name} is outside {FIRST.year} to {LAST.year}, and `{kind.by}` knows no other days"
            yield Problem("unknown-days", message, where, hint)
        elif kind.of_calendar and kind.whole(period, calendar) == 0:
            message = f"{period.name} has no working day by `calendar`, and `{key}` counts them"
            yield Problem("no-working-days", message, where, hint)


def _without(held: list[Days], whole: Days) -> Iterator[Days]:
    """The days on which nothing holds."""
    begin = whole[0]
    for first, last in sorted(held):
        if begin < first:
            yield begin, first - _DAY
        begin = last + _DAY
    if begin <= whole[1]:
        yield begin, whole[1]


def _without_numbers(rules: Edition, key: str, plan: Plan, days: Days) -> Iterator[Problem]:
    """The numbers that begin after the plan does."""
    inside = (plan.in_force or InForce()).within(days)
    for path, number in numbers_that_change(plan, ("plans", key)):
        if inside and number.first > inside[0]:
            message = f"there is no number on {inside[0]}: the first counts from {number.first} on"
            yield Problem("no-number-yet", message, rules.document.at(path), "say what it was before, under its day")


def _pays(version: Version) -> bool:
    plan = version.plan
    return plan.target_pay is not None or plan.payout is not None or plan.pool is not None
