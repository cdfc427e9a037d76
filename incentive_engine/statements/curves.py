"""Curves on a page: the line that leads from an attainment to a rate, and those of curves that formulas call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from incentive_engine.compiler.telling import Names, curve_calls
from incentive_engine.engine.comparing import Number
from incentive_engine.formulas import Formula
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.rulesets.resolving import chosen_rounding
from incentive_engine.statements.digits import ends, printed
from incentive_engine.statements.formulas import WrittenOut, bracketed_once
from incentive_engine.statements.languages import REMEMBERED
from incentive_engine.statements.reading import Reading, Row, Show, number_in
from incentive_engine.statements.values import Line

_WORKED: Final = re.compile(r"(?<=.)[+−×÷]")
"""Arithmetic, beyond a number and its sign."""


class CurveWriter:
    """One curve, in one language; `show` writes attainments, and rates where both read alike."""

    def __init__(self, reading: Reading, curve: CurveKind, show: Show, show_rate: Show, about: str = "") -> None:
        self._reading, self._curve, self._show, self._show_rate = reading, curve, show, show_rate
        self._about = about
        self.line: Callable[[str, Number, Number | None, Number], Line] = lru_cache(REMEMBERED)(self._line)
        """From an attainment, and what the curve reads besides, to a rate; many have the same."""

    def _line(self, name: str, attainment: Number, across: Number | None, rate: Number) -> Line:
        number, words = self._reading.language.numbers.number, self._reading.words["steps"]

        def show(value: Any) -> str:
            if type(value) is Fraction:  # a power of e, to its own places, or an attainment without an end
                return self._reading.language.numbers.inside(value, number)
            return self._show(value)

        at = printed(attainment) if ends(attainment) else attainment
        worked, shown = self._curve.worked(at, across, show), self._show_rate(rate)
        exact = self._curve.exact(Fraction(attainment), None if across is None else Fraction(across))
        assert exact is not None, "a rate was worked out"
        note = self._reading.rounded(chosen_rounding(self._curve.rounding), exact, rate, self._show_rate)
        if not _WORKED.search(worked):
            return Line(name, shown, "", ", ".join(filter(None, (self._about or str(words["rate_note"]), note))))
        if self._show != self._show_rate:
            worked = f"{worked} = {number(rate)}"
        return Line(name, shown, worked, ", ".join(filter(None, (note, self._about))))


class CallWriter:
    """The curves that one formula calls."""

    def __init__(self, reading: Reading, formula: Formula, column: str, names: Names) -> None:
        self._reading, self._formula, self._column = reading, formula, column
        number, curves = reading.language.numbers.number, reading.plan.curves
        language = reading.language.of_rules
        self._writers = {
            name: CurveWriter(
                reading, curves[name], number, number, reading.in_words(curves[name].sentence(language, percent=False))
            )
            for name in formula.calls
        }
        plain = Names(names.of, names.when)
        across = {name: curves[name].across for name in formula.calls}
        self._across = {name: reading.formula(each, plain) for name, each in across.items() if each is not None}
        self._arguments: dict[Formula, WrittenOut] = {}
        self._names = names

    def lines(self, row: Row) -> Iterator[Line]:
        """The lines of one payee."""
        calls = curve_calls(self._formula, self._column, row) if self._writers else ()
        for call in calls:
            argument, rate = number_in(row, f"{call.column}.at"), number_in(row, call.column)
            if argument is None or rate is None:
                continue
            across = number_in(row, f"{call.column}.across")
            if across is not None:
                yield self._second(call.curve, across, row)
            inside = self._reading.language.numbers.number(argument)
            if call.argument is not None:
                if call.argument not in self._arguments:
                    self._arguments[call.argument] = self._reading.formula(call.argument, self._names)
                inside = self._arguments[call.argument].with_values(row)
            yield self._writers[call.curve].line(bracketed_once(f"{call.curve}({inside})"), argument, across, rate)

    def _second(self, curve: str, across: Number, row: Row) -> Line:
        """The second number that a curve reads."""
        return across_line(self._reading, self._across[curve].with_values(row), across)


def across_line(reading: Reading, arithmetic: str, across: Number) -> Line:
    """What a curve reads besides the attainment."""
    shown, note = reading.language.numbers.number(across), "" if ends(across) else reading.unrounded(across)
    return Line(str(reading.words["steps"]["across"]), shown, "" if arithmetic == shown else arithmetic, note)
