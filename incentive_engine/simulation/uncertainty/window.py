"""The window of a forecast: which days of a period were seen, and which are to come."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from incentive_engine.periods import Period


@dataclass(frozen=True, slots=True)
class Window:
    """Which days were seen of a period, and which are to come.

    `seen_from`: the first day whose facts show the pace; the first of the period, or of the one before where nothing
    of the period was seen. `until`: the last day that was seen.
    """

    period: Period
    seen_from: dt.date
    until: dt.date

    @classmethod
    def of(cls, period: Period, until: dt.date) -> Window:
        """The window of a period that was seen until a day."""
        until = min(until, period.end)
        return cls(period, period.start if until >= period.start else period.previous().start, until)

    @property
    def begins(self) -> dt.date:
        """The first day to come."""
        return max(self.until + dt.timedelta(days=1), self.period.start)

    @property
    def days_left(self) -> int:
        """How many days are to come."""
        return (self.period.end - self.begins).days + 1

    @property
    def last_day(self) -> dt.date:
        """The last day whose facts are looked at: what follows a period that is over may say more about its facts."""
        return self.until if self.days_left else dt.date.max

    @property
    def seen(self) -> Period:
        """The period of which facts were seen."""
        return self.period if self.seen_from == self.period.start else self.period.previous()
