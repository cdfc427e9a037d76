"""Columns that change while all days are paid on one value: the mean of the payee's days, or what holds on the last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from incentive_engine.engine.comparing import Number
from incentive_engine.engine.recalled import Span, weighed
from incentive_engine.rulesets.people import History
from incentive_engine.statements.people import Person, column_name
from incentive_engine.statements.reading import Reading, Row, number_in
from incentive_engine.statements.values import Line


class HistoryWriter:
    """What one plan reads of such columns, in one language."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._words = reading, reading.words["steps"]

    def lines(self, row: Row, person: Person) -> Iterator[Line]:
        """How the one value follows from several."""
        for table in self._reading.dated:
            rows = table.rows.get(row["payee"], ())
            for column in table.rules.gives:
                value = number_in(row, column)
                if value is not None and rows:
                    name = column_name(column, self._reading.language).capitalize()
                    if table.rules.basis == "end":
                        yield self._at_the_end(name, value, person.spans)
                    else:
                        yield self._mean(name, value, table.rules, weighed(rows, person.spans, column))

    def _at_the_end(self, name: str, value: Number, spans: Sequence[Span]) -> Line:
        day = self._reading.language.date(spans[-1][1])
        return Line(name, self._reading.language.numbers.number(value), "", str(self._words["as_on"]).format(day=day))

    def _mean(self, name: str, value: Number, rules: History, said: Sequence[tuple[int, Decimal]]) -> Line:
        number = self._reading.language.numbers.number
        total = sum(days for days, _ in said)
        exact = sum((days * each for days, each in said), Decimal(0)) / total
        above = " + ".join(f"{number(days)} × {number(each)}" for days, each in said)
        note = self._reading.rounded(rules.rounding, exact, value, number)
        notes = ", ".join(filter(None, (str(self._words["mean_of_days"]), note)))
        return Line(name, number(value), f"({above}) ÷ {number(total)}" if len(said) > 1 else "", notes)
