"""Curves on a page: the line that leads from an attainment to a rate, and those of curves that formulas call."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from incentive_engine.compiler.telling import Names, curve_calls
from incentive_engine.engine.comparing import Number
from incentive_engine.formulas import Formula
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.rulesets.resolving import chosen_rounding
from incentive_engine.statements.formulas import printed
from incentive_engine.statements.reading import Reading, Row, Show, number_in
from incentive_engine.statements.values import Line


class CurveWriter:
    """One curve, in one language; `show` writes attainments, and rates where both read alike."""

    def __init__(self, reading: Reading, curve: CurveKind, show: Show, show_rate: Show) -> None:
        self._reading, self._curve, self._show, self._show_rate = reading, curve, show, show_rate

    def line(self, name: str, attainment: Number, across: Number | None, rate: Number) -> Line:
        """From an attainment to its rate."""
        number = self._reading.language.numbers.number

        def show(value: Any) -> str:
            if isinstance(value, Fraction):  # a power of e, to its own places
                return number(printed(value))
            return self._show(value)

        at = printed(attainment)
        worked = self._curve.worked(at, None if across is None else printed(across), show)
        if not any(sign in worked for sign in ("+", "−", "×", "÷")) or worked.startswith("−"):
            return Line(name, self._show_rate(printed(rate)), "", str(self._reading.words["steps"]["rate_note"]))
        exact = self._curve.exact(Fraction(attainment), None if across is None else Fraction(across))
        assert exact is not None, "a rate was worked out"
        note = self._reading.rounded(chosen_rounding(self._curve.rounding), exact, rate, self._show_rate)
        if self._show != self._show_rate:
            worked = f"{worked} = {number(printed(rate))}"
        return Line(name, self._show_rate(printed(rate)), worked, note)


class CallWriter:
    """The curves that one formula calls."""

    def __init__(self, reading: Reading, formula: Formula, column: str, names: Names) -> None:
        self._reading, self._formula, self._column = reading, formula, column
        number = reading.language.numbers.number
        curves = reading.plan.curves
        self._writers = {name: CurveWriter(reading, curves[name], number, number) for name in formula.calls}
        across = {name: curves[name].across for name in formula.calls}
        plain = Names(names.of, names.when)
        self._across = {name: reading.formula(each, plain) for name, each in across.items() if each is not None}

    def lines(self, row: Row) -> Iterator[Line]:
        """The lines of one payee."""
        numbers = self._reading.language.numbers
        for call in curve_calls(self._formula, self._column, row):
            argument, rate = number_in(row, f"{call.column}.at"), number_in(row, call.column)
            if argument is None or rate is None:
                continue
            across = number_in(row, f"{call.column}.across")
            inside = numbers.number(printed(argument))
            if across is not None:
                yield self._second(call.curve, across, row)
            yield self._writers[call.curve].line(f"{call.curve}({inside})", argument, across, rate)

    def _second(self, curve: str, across: Number, row: Row) -> Line:
        """The second number that a curve reads."""
        shown = self._reading.language.numbers.number(printed(across))
        return across_line(self._reading, self._across[curve].with_values(row), shown)


def across_line(reading: Reading, arithmetic: str, shown: str) -> Line:
    """What a curve reads besides the attainment."""
    return Line(str(reading.words["steps"]["across"]), shown, "" if arithmetic == shown else arithmetic)
