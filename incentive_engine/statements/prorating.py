"""The share of the period that counts, with the days behind it: what is printed can be counted and divided again."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.compiler.inputs import DAYS_WORKED, FIRST_DAY, LAST_DAY
from incentive_engine.compiler.presence import PRORATION, SHARE_OF_WORK
from incentive_engine.engine.comparing import Number
from incentive_engine.engine.counting import Shares, counted
from incentive_engine.kinds.base import Rounding
from incentive_engine.kinds.prorations import ProrationKind
from incentive_engine.rulesets.resolving import chosen_rounding
from incentive_engine.statements.digits import alike
from incentive_engine.statements.reading import Reading, Row, Show, number_in
from incentive_engine.statements.values import Line


class WorkWriter:
    """Targets that are less for who was away, in one language."""

    def __init__(self, reading: Reading, kind: ProrationKind) -> None:
        self._reading, self._kind, self._words = reading, kind, reading.words["steps"]
        self._shares = Shares(reading.plan, kind)

    def lines(
        self, row: Row, whole: Number | None, reduced: Number | None, rounding: Rounding | None, show: Show
    ) -> Iterator[Line]:
        """The share of work, and the target that it leaves of the whole one; nothing where all days were worked."""
        share, numbers, words = number_in(row, SHARE_OF_WORK), self._reading.language.numbers, self._words
        if share is None or share == 1 or whole is None or reduced is None:
            return
        days, worked = self._shares.of(row), int(row[DAYS_WORKED])
        note = self._reading.rounded(chosen_rounding(self._kind.rounding), days.of_work(worked), share, numbers.percent)
        notes = filter(None, (words["work_note"], words["counted"][self._kind.by], note))
        yield Line(words["work"], numbers.percent(share), days.work(worked, numbers.number), ", ".join(notes))
        one, other = alike((whole, share))
        note = self._reading.rounded(rounding, one * other, reduced, show)
        arithmetic = f"{numbers.inside(whole, show)} × {numbers.percent(share)}"
        yield Line(words["work_target"], show(reduced), arithmetic, note)


class ProrationWriter:
    """The proration of one plan, in one language."""

    def __init__(self, reading: Reading, kind: ProrationKind) -> None:
        self._reading, self._kind, self._words = reading, kind, reading.words["steps"]
        self._numbers, self._shares = reading.language.numbers, Shares(reading.plan, kind)

    def lines(self, row: Row) -> Iterator[Line]:
        """What leave takes out of the days, and their share of the period."""
        share = number_in(row, PRORATION)
        if share is None:
            return
        days, words = self._shares.of(row), self._words
        if days.away:
            yield Line(words["away"], self._units(days.away), "", words["away_note"])
        if days.left_out:
            yield Line(words["left_out_days"], self._units(days.left_out), "", words["left_out_note"])
        note = self._reading.rounded(chosen_rounding(self._kind.rounding), days.exact, share, self._numbers.percent)
        notes = filter(None, (self._span(row), words["counted"][self._kind.by], note))
        arithmetic = days.arithmetic(self._numbers.number)
        yield Line(words["proration"], self._numbers.percent(share), arithmetic, ", ".join(notes))

    def _span(self, row: Row) -> str:
        """Which days, where they are not the whole period."""
        span, period = (row[FIRST_DAY], row[LAST_DAY]), self._reading.plan.period
        return "" if span == (period.start, period.end) else self._reading.language.span(*span)

    def _units(self, units: int) -> str:
        """Units, with the word for them."""
        whole, rest = divmod(units, self._kind.per)
        plural = self._words["units"][self._kind.by]
        count = counted(self._kind, units, self._numbers.number)
        return self._reading.language.plural(plural, whole + bool(rest), units=count)
