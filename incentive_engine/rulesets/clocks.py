"""Cases: what becomes of a log of events, one row per ticket, order or request, with the time that it took."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from incentive_engine.exact import Exact, Scale
from incentive_engine.formulas import Formula, Name
from incentive_engine.kinds.base import Declared
from incentive_engine.kinds.wording import AnyLanguage, said
from incentive_engine.rulesets.tables import Column, Source

OF_CASES: Final[dict[str, Name]] = {
    "started": Name("date", "when a case started"),
    "ended": Name("date", "when a case ended"),
    "hours": Name("number", "the hours that a case took"),
}
"""What a case has besides the columns of an event."""
MICROSECONDS: Final = "\0microseconds"  # no header has this name: it cannot stand in a text file
"""The column of a table of cases with the time that each took: `hours` are a quotient of it."""
LONGEST: Final = Scale(0, 0, 10**18)
"""More microseconds than lie between any two moments."""


def hours(microseconds: Scale) -> Exact:
    """The hours that a case took, exactly."""
    return Exact.column(MICROSECONDS, microseconds).over(3_600_000_000)


class Cases(Declared):
    """Cases made of events, in their order in time: KPIs read them as facts, `from: requests`.

    A case starts with its first event that meets `starts`, and ends with the first from then on that meets `ends`. Its
    columns are those of that event, of its last one while it has not ended, and `started`, `ended` and `hours`: the
    time in between, without that from an event that meets `waits` to the next. What happens at the same moment is in
    the order of the source's `id`; without one, what ends a case comes last.
    """

    source: Annotated[str, Field(alias="from", description="The source with the events, as named under `sources`.")]
    case: Annotated[Column, Field(description="The column that says to which case an event belongs.")]
    starts: Annotated[Formula | None, Field(description="Which events start a case; the first unless said.")] = None
    ends: Annotated[Formula, Field(description="Which events end it.")]
    waits: Annotated[
        Formula | None, Field(description="After which events the clock stops until the next; it runs on unless said.")
    ] = None
    clock: Annotated[
        Literal["always", "open"], Field(description="`open`: only the opening hours of the `calendar` count.")
    ] = "always"
    date: Annotated[
        Literal["started", "ended"], Field(description="What puts a case into a period: what is open has no end.")
    ] = "ended"

    @property
    def formulas(self) -> dict[str, Formula]:
        """The conditions on events, by key."""
        given = {"starts": self.starts, "ends": self.ends, "waits": self.waits}
        return {key: formula for key, formula in given.items() if formula is not None}

    def as_source(self, events: Source) -> Source:
        """The cases as a source of facts, about whom their events are about."""
        return events.model_copy(
            update={"id": self.case, "date": self.date, "share": None, "set_aside": (), "watch": {}}
        )

    def sentence(self, language: AnyLanguage) -> str:
        """From when to when the clock runs, in words."""
        starts, ends, waits = (None if each is None else each.text for each in (self.starts, self.ends, self.waits))
        start = said(language, "first_event_with" if starts else "first_event", starts=starts)
        stops = said(language, "without_waits", waits=waits) if waits else ""
        counts = said(language, "opening_hours_only") if self.clock == "open" else ""
        return said(language, "cases", start=start, case=self.case, ends=ends, stops=stops, counts=counts)
