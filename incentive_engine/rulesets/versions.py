"""Plans over time: what is in force on the days of a period, each plan once for every stretch of days with its terms.

A plan changes where one of its numbers does, where its own days begin or end, and where another edition of the rule
set takes over. What changes only in words does not change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from incentive_engine.periods import Period
from incentive_engine.rulesets.in_force import EDITION, Days, InForce, numbers_that_change, on_day, same_terms
from incentive_engine.rulesets.models import Plan, RuleSet

_ALWAYS = InForce()
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Version:
    """A plan on some days of a period, its numbers those of these days.

    `key` is what `plans` calls it. `name`: the plan's own on its first days in the period, `adviser@2026-08-15` later.
    """

    key: str
    name: str
    plan: Plan
    days: Days


def versions(rules: RuleSet, period: Period) -> Iterator[Version]:
    """Every plan that is in force in the period, by name, each stretch of days after the one before."""
    found: dict[str, list[Version]] = {}
    for key, plan in rules.plans.items():
        name = key.partition(EDITION)[0]
        found.setdefault(name, []).extend(_versions(key, name, plan, (period.start, period.end)))
    for name, plans in found.items():
        for number, each in enumerate(_joined(sorted(plans, key=lambda version: version.days))):
            yield replace(each, name=f"{name}{EDITION}{each.days[0]}") if number else each


def all_versions(rules: RuleSet, period: Period) -> Iterator[Version]:
    """Every plan with each number that it has at any time, as if each were in force for the whole period."""
    for key, plan in rules.plans.items():
        for day in days_of_change(plan) or [period.start]:
            yield Version(key, key, on_day(plan, day), (period.start, period.end))


def days_of_change(plan: Plan) -> list[dt.date]:
    """The days on which a number of the plan changes, or begins, in order."""
    return sorted({day for _, number in numbers_that_change(plan) for day in number.since})


def _versions(key: str, name: str, plan: Plan, days: Days) -> Iterator[Version]:
    inside = (plan.in_force or _ALWAYS).within(days)
    if inside is None:
        return
    first, last = inside
    begins = [first, *(day for day in days_of_change(plan) if first < day <= last)]
    for begin, after in pairwise([*begins, last + _DAY]):
        yield Version(key, name, on_day(plan, begin), (begin, after - _DAY))


def _joined(plans: Iterable[Version]) -> list[Version]:
    """The versions, one where the next goes on with the same terms; it is quoted as the latest of them says it."""
    joined: list[Version] = []
    for each in plans:
        before = joined[-1] if joined else None
        if before and before.days[1] + _DAY == each.days[0] and same_terms(before.plan, each.plan):
            joined[-1] = replace(each, days=(before.days[0], each.days[1]))
        else:
            joined.append(each)
    return joined
