"""Calendars: opening hours can be kept, holidays are known, and what counts by a calendar has one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from incentive_engine.errors import Problem, did_you_mean
from incentive_engine.formulas.functions import OF_CALENDAR
from incentive_engine.formulas.tree import Call, walk
from incentive_engine.kinds.calendars import Calendar, PublicHolidays
from incentive_engine.kinds.prorations import WorkingDays
from incentive_engine.rulesets.checked import Checked, tells
from incentive_engine.rulesets.clocks import Cases
from incentive_engine.rulesets.formula_uses import RESULTS, FormulaUse


@tells("opening-hours", about=(Calendar,))
def opening_hours_can_be_kept(checked: Checked) -> Iterator[Problem]:
    """Opening hours end after they begin, and no hour is there twice."""
    opened = checked.rules.calendar.open if checked.rules.calendar else ()
    for index, each in enumerate(opened):
        if each.span[0] >= each.span[1]:
            message = f"the opening hours end at {each.until}, before they begin at {each.since}"
            hint = "write what lies after midnight as hours of the next day"
            yield Problem("opening-hours", message, checked.at("calendar", "open", index, "to"), hint)
    for (_, one), (index, other) in combinations(enumerate(opened), 2):
        both = [day for day in other.days if day in one.days]
        if both and one.span[0] < other.span[1] and other.span[0] < one.span[1]:
            message = f"{both[0]} is open twice: {one.since} to {one.until}, and {other.since} to {other.until}"
            where = checked.at("calendar", "open", index, "from")
            yield Problem("opening-hours", message, where, "leave a day out, or let one begin when the other ends")


@tells("calendars-extra", "unknown-country", about=(PublicHolidays,))
def holidays_are_known(checked: Checked) -> Iterator[Problem]:
    """The package `holidays` is there, and knows the country and its subdivision."""
    place = checked.rules.calendar.holidays if checked.rules.calendar else None
    if place is None:
        return
    at = ("calendar", "holidays")
    try:
        from holidays import list_supported_countries
    except ImportError:
        hint = "pip install 'incentive-engine[calendars]', or list the days under `closed`"
        yield Problem("calendars-extra", "what knows public holidays is not installed", checked.at(*at), hint)
        return
    known = list_supported_countries()
    if place.country not in known:
        hint = did_you_mean(place.country, known) or "write its ISO 3166 code, as FR, or list the days under `closed`"
        message = f"no public holidays are known of `{place.country}`"
        yield Problem("unknown-country", message, checked.at(*at, "country"), hint)
    elif place.subdivision is not None and place.subdivision not in known[place.country]:
        parts = known[place.country]
        hint = did_you_mean(place.subdivision, parts) or f"it has {', '.join(parts) or 'none'}"
        message = f"`{place.country}` has no part `{place.subdivision}` with public holidays of its own"
        yield Problem("unknown-country", message, checked.at(*at, "subdivision"), hint)


@tells("no-calendar", "function-not-allowed", "not-used", about=(Calendar, Cases, WorkingDays))
def calendars_are_there(checked: Checked) -> Iterator[Problem]:
    """What counts by the calendar is of facts, and there is one; one that nothing counts by is told (a warning)."""
    rules, used = checked.rules, False
    missing = "declare opening hours: `calendar: {open: [{days: [monday], from: 09:00, to: 18:00}]}`"
    for use in checked.formulas:
        for call in _calls(use):
            where, used = checked.document.inside(use.at, call.offset), True
            if use.at[0] not in ("kpis", "cases") or use.source == RESULTS:
                message = f"`{call.function}` counts between moments of facts: not in `{use.at[-1]}`"
                yield Problem("function-not-allowed", message, where, "use it in a KPI, and name that KPI here")
            elif rules.calendar is None:
                yield Problem("no-calendar", f"`{call.function}` has no calendar to count by", where, missing)
    for name, cases in rules.cases.items():
        if cases.clock == "open":
            used = True
            if rules.calendar is None:
                where = checked.at("cases", name, "clock")
                yield Problem("no-calendar", f"the clock of `{name}` has no opening hours to count", where, missing)
    for name, plan in rules.plans.items():
        if plan.proration is not None and plan.proration.of_calendar:
            used = True
            if rules.calendar is None:
                where = checked.at("plans", name, "proration")
                message = f"the proration of `{name}` has no calendar to count working days by"
                yield Problem("no-calendar", message, where, missing)
    if rules.calendar is not None and not used:
        hint = "remove it, or put it to work"
        yield Problem("not-used", "nothing counts by `calendar`", checked.key("calendar"), hint, level="warning")


def _calls(use: FormulaUse) -> Iterator[Call]:
    """The functions of the calendar that a formula calls."""
    for node, _ in walk(use.formula.tree):
        if isinstance(node, Call) and node.function in OF_CALENDAR:
            yield node
