"""Rules over time: a plan that changes inside a period is several, each for its days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.oracle.calendars import ONE_DAY
from tests.oracle.numbers import Case, Rule, span

Days = tuple[dt.date, dt.date]


@dataclass(frozen=True)
class Version:
    """A plan as it stands from one day of the period to another."""

    name: str
    first: dt.date
    last: dt.date
    rule: Rule
    period: Days

    @property
    def is_whole(self) -> bool:
        """Whether it is in force all the time."""
        return (self.first, self.last) == self.period


def versions(case: Case) -> list[Version]:
    """All plans as they stand, by name and in the order of days; days with the same terms are one version."""
    period = span(case.period, int(case.rules.get("year_starts", 1)))
    begins: dt.date = case.rules["in_force"]["from"] if case.before else dt.date.min
    found: list[Version] = []
    for name in {**case.before, **case.rules["plans"]}:
        pieces: list[Version] = []
        if name in case.before:
            pieces += pieces_of(name, case.before[name], period[0], min(period[1], begins - ONE_DAY), period)
        if name in case.rules["plans"]:
            pieces += pieces_of(name, case.rules["plans"][name], max(period[0], begins), period[1], period)
        joined: list[Version] = []
        for each in pieces:
            if joined and joined[-1].last + ONE_DAY == each.first and joined[-1].rule == each.rule:
                joined[-1] = replace(joined[-1], last=each.last)
            else:
                joined.append(each)
        found += [replace(each, name=f"{name}@{each.first}" if at else name) for at, each in enumerate(joined)]
    return found


def pieces_of(name: str, plan: Rule, start: dt.date, end: dt.date, period: Days) -> Iterator[Version]:
    """A plan from one day to another, cut where a number changes."""
    force = plan.get("in_force", {})
    start, end = max(start, force.get("from", start)), min(end, force.get("to", end))
    changes = {day for day in changes_of(plan) if start < day <= end}
    for first in sorted({start} | changes) if start <= end else ():
        last = min((day - ONE_DAY for day in changes if day > first), default=end)
        terms = {key: value for key, value in plan.items() if key != "in_force"}
        yield Version(name, first, last, on_day(terms, first), period)


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
