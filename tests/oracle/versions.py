"""Rules over time: a plan that changes inside a period is several, each for its days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.calendars import ONE_DAY
from tests.oracle.numbers import Case, Rule, span


@dataclass(frozen=True)
class Version:
    """A plan as it stands from one day of the period to another."""

    name: str
    first: dt.date
    last: dt.date
    rule: Rule
    is_whole: bool
    """Whether that is all of the period."""


def versions(case: Case) -> list[Version]:
    """All plans as they stand, in the order of the rules and of days."""
    return [each for name, plan in case.rules["plans"].items() for each in versions_of(case, name, plan)]


def versions_of(case: Case, name: str, plan: Rule) -> Iterator[Version]:
    whole = start, end = span(case.period, int(case.rules.get("year_starts", 1)))
    force = plan.get("in_force", {})
    start, end = max(start, force.get("from", start)), min(end, force.get("to", end))
    if start > end:
        return
    changes = sorted({day for day in changes_of(plan) if start < day <= end})
    found: list[tuple[dt.date, Rule]] = []
    for first in (start, *changes):
        rule = on_day(plan, first)
        if not found or found[-1][1] != rule:
            found.append((first, rule))
    ends = [first - ONE_DAY for first, _ in found[1:]] + [end]
    for (first, rule), last in zip(found, ends, strict=True):
        yield Version(name if rule is found[0][1] else f"{name}@{first}", first, last, rule, (first, last) == whole)


def changes_of(rule: Any) -> Iterator[dt.date]:
    """The days on which a number of a rule may change."""
    if isinstance(rule, Mapping):
        yield from rule.get("since", ())
    for each in rule.values() if isinstance(rule, Mapping) else rule if isinstance(rule, list | tuple) else ():
        yield from changes_of(each)


def on_day(rule: Any, day: dt.date) -> Any:
    """A rule with the numbers that are in force on a day."""
    if isinstance(rule, list | tuple):
        return [on_day(each, day) for each in rule]
    if not isinstance(rule, Mapping):
        return rule
    if "since" in rule:
        return rule["since"][max(since for since in rule["since"] if since <= day)]
    return {key: on_day(each, day) for key, each in rule.items()}
