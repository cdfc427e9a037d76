"""Where a result comes from, as its payee reads it: what was divided, what formulas read, what it was weighted with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from incentive_engine.compiler.credibility import CREDIBILITY, WEIGHTED
from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.comparing import Number
from incentive_engine.engine.over_results import read_by
from incentive_engine.engine.recalled import STINT, Span
from incentive_engine.engine.wording import readable_limits
from incentive_engine.kinds.base import SubjectKind
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.kinds.windows import ASSIGNMENT
from incentive_engine.periods import Period
from incentive_engine.rulesets.models import Credibility
from incentive_engine.rulesets.resolving import MeasureNode
from incentive_engine.statements.formulas import written_out
from incentive_engine.statements.reading import Reading, Row, Show, in_percent, number_in
from incentive_engine.statements.values import Line

ResultName: TypeAlias = tuple[str, str, str, str, Span | None]
"""KPI, kind of subject, subject, period, and the days of it where it is only those of one assignment."""
Subject: TypeAlias = tuple[SubjectKind, str]


@dataclass(frozen=True, slots=True)
class Written:
    """What was written about a payee beside the answers of one KPI."""

    count: int
    allowed: tuple[tuple[dt.date, str], ...]
    """What may be shown, the latest first."""


@dataclass(frozen=True, slots=True)
class Results:
    """What results were worked out from: numerators and denominators, and the values that formulas over KPIs read.

    `invited`: how many were asked, where that is known; `limits`: between which they lie with 95 % confidence.
    """

    written: Mapping[tuple[str, str], Written]
    """What was written, by payee and KPI."""
    quotients: Mapping[ResultName, tuple[Decimal, Decimal]]
    read: Mapping[ResultName, Decimal]
    invited: Mapping[ResultName, int]
    limits: Mapping[ResultName, tuple[Decimal, Decimal]]


class ResultWriter:
    """The results of one measure, in one language."""

    def __init__(self, reading: Reading, node: MeasureNode) -> None:
        self._reading, self._node, self._words = reading, node, reading.words["steps"]
        self._numbers = reading.language.numbers
        self._value: Show = self._numbers.percent if in_percent(node.kpi) else self._numbers.number
        self._unit = f" {reading.language.label(node.kpi.unit)}" if node.kpi.unit else ""

    def named(self, row: Row, whose: Subject, period: str) -> ResultName:
        """The result of a subject in a period, of the days of the payee's assignment where only these count."""
        days = row.get(STINT) if self._node.kpi.over == ASSIGNMENT else None
        return (self._node.kpi_name, *whose, period, days)

    def shown(self, value: Number) -> str:
        """A result as it is printed."""
        return self._value(value) + self._unit

    def between(self, low: Decimal, high: Decimal) -> str:
        """Between which limits a result lies; nothing where nothing varied."""
        if low == high:
            return ""
        lowest, highest = map(self._value, readable_limits(low, high))
        return str(self._reading.words["between"]).format(low=lowest, high=highest)

    def lines(self, row: Row, measured: Row, results: Results, period: str) -> Iterator[Line]:
        """How the result of a period (the whole, or a part) came about; nothing where it is simply there."""
        node, source = self._node, measured["source"]
        key = ResultKey(node.kpi_name, node.of, period if node.parts else "")
        credibility = node.kpi.reliability and node.kpi.reliability.credibility
        if source == WEIGHTED and credibility:
            yield from self._weighted(row, key, credibility, results, period)
            return
        value = number_in(row, key.column) if node.parts else measured["actual"]
        if value is not None and source != "target":
            whose = measured["subject_kind"], measured["subject"]
            line = self._worked_out(str(self._words["result"]), row, whose, value, results, period)
            if line is not None:
                yield line

    def _worked_out(
        self, name: str, row: Row, whose: Subject, value: Number, results: Results, period: str
    ) -> Line | None:
        """How one result was divided, or worked out from others; None where it was neither."""
        kpi = self._node.kpi
        if isinstance(kpi.compute, OverKpis):
            return self._over_kpis(name, kpi.compute, whose, value, results, period)
        found = results.quotients.get(self.named(row, whose, period))
        if found is None or not found[1]:
            return None
        above, below = found
        note = self._reading.rounded(kpi.rounding, above / below, value, self._value)
        arithmetic = f"{self._numbers.number(above)} ÷ {self._numbers.number(below)}"
        return Line(name, self.shown(value), arithmetic, note)

    def _over_kpis(
        self, name: str, compute: OverKpis, whose: Subject, value: Number, results: Results, period: str
    ) -> Line:
        """How a result was worked out from the results of other KPIs."""
        kpi, own, (kind, subject) = self._node.kpi, self._reading.plan.period, whose
        key = ResultKey.of_period(self._node.kpi_name, kind, Period.parse(period, own.year_starts), own)
        read = read_by(kpi, key, own)
        names = {each: (of.kpi, kind, subject, of.period(own).name, None) for each, of in read.items()}
        values = {each: results.read.get(name) for each, name in names.items()}
        percents = frozenset(each for each, of in read.items() if of.kpi in self._reading.percent_kpis)
        written = written_out(compute.value, self._reading.language, percents=percents).with_values(values)
        note = self._reading.maybe_rounded(written, value, kpi.rounding, self._value)
        return Line(name, self.shown(value), written, note)

    def _weighted(
        self, row: Row, own: ResultKey, credibility: Credibility, results: Results, period: str
    ) -> Iterator[Line]:
        """The own result, the wider one, how far each counts, and what comes out."""
        shown, exact = [], []
        for kind in (own.subject_kind, credibility.towards):
            subject, value = row[kind], number_in(row, ResultKey(own.kpi, kind, own.when).column)
            assert value is not None, "both results count"
            name = str(self._words["result_of"][kind]).format(subject=subject)
            yield self._worked_out(name, row, (kind, subject), value, results, period) or Line(name, self.shown(value))
            shown.append(self._numbers.inside(value, self._value))
            exact.append(Fraction(value))
        prefix = f"{self._node.path}.{own.when}" if own.when else self._node.path
        share, weighted = (number_in(row, f"{prefix}.{name}") for name in (CREDIBILITY, WEIGHTED))
        assert share is not None, "the result was weighted"
        assert weighted is not None, "the result was weighted"
        yield self._share(credibility, row[own.answers], share)
        percent, part = self._numbers.percent, Fraction(share)
        arithmetic = f"{percent(share)} × {shown[0]} + {percent(1 - share)} × {shown[1]}"
        whole = part * exact[0] + (1 - part) * exact[1]
        note = self._reading.rounded(self._node.kpi.rounding, whole, weighted, self._value)
        yield Line(self._words["weighted"], self.shown(weighted), arithmetic, note)

    def _share(self, credibility: Credibility, count: int, share: Number) -> Line:
        """How far the own result counts."""
        number, percent = self._numbers.number, self._numbers.percent
        exact = Fraction(count) / (count + Fraction(credibility.k))
        note = self._reading.rounded(credibility.rounding, exact, share, percent)
        arithmetic = f"{number(count)} ÷ ({number(count)} + {number(credibility.k)})"
        return Line(self._words["credibility"], percent(share), arithmetic, note)
