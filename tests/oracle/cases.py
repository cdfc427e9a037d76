"""Cases that events make: each event looked at by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from tests.oracle.calendars import working_hours
from tests.oracle.formulas import CALENDAR
from tests.oracle.numbers import ZERO, Row, Rule

MICROSECOND = dt.timedelta(microseconds=1)


def cases_of(cases: Rule, source: Rule, events: Sequence[Row], calendar: Rule | None) -> Iterator[Row]:
    """The cases that started, with the columns of the event that ended them, or of their last."""
    events = [{**event, CALENDAR: calendar} for event in events]
    for case in sorted({event[cases["case"]] for event in events} - {None}):
        own = [event for event in events if event[cases["case"]] == case]
        own.sort(key=lambda event: (event[source["date"]], event[source["id"]]))
        while own and "starts" in cases and cases["starts"].value(own[0]) is not True:
            own.pop(0)
        end = next((event for event in own if cases["ends"].value(event) is True), None)
        if not own or (end is None and cases.get("date") != "started"):
            continue
        yield {
            **(end or own[-1]),
            "started": own[0][source["date"]],
            "ended": end and end[source["date"]],
            "hours": None if end is None else clock(cases, source["date"], own[: own.index(end) + 1], calendar),
        }


def clock(cases: Rule, date: str, events: Sequence[Row], calendar: Rule | None) -> Fraction:
    """The hours from the first to the last of the events, but for those after one that waits."""
    running = [
        (later[date], event[date])
        for event, later in pairwise(events)
        if "waits" not in cases or cases["waits"].value(event) is not True
    ]
    if cases.get("clock") == "open" and calendar is not None:
        return sum((working_hours(calendar, later, earlier) for later, earlier in running), ZERO)
    return sum((Fraction((later - earlier) // MICROSECOND, 3_600_000_000) for later, earlier in running), ZERO)
