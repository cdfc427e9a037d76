"""A measure as its payee reads it: whose result counts, how it became a score, and what it brought."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.comparing import Number
from incentive_engine.engine.over_results import read_by
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.periods import Period
from incentive_engine.rulesets.resolving import GroupNode, MeasureNode
from incentive_engine.statements.formulas import written_out
from incentive_engine.statements.reading import Reading, Row, in_percent, number_in
from incentive_engine.statements.steps import NodeSteps
from incentive_engine.statements.values import Card, Line
from incentive_engine.statements.ways import WaysWriter

ResultName: TypeAlias = tuple[str, str, str, str]
"""KPI, kind of subject, subject and period."""


@dataclass(frozen=True, slots=True)
class Results:
    """What results were worked out from: numerators and denominators, and the values that formulas over KPIs read."""

    quotients: Mapping[ResultName, tuple[Decimal, Decimal]]
    read: Mapping[ResultName, Decimal]


class CardWriter:
    """One measure of a plan, in one language."""

    def __init__(self, reading: Reading, node: MeasureNode, parent: GroupNode) -> None:
        self._reading, self._node, self._parent = reading, node, parent
        self._words, self._language = reading.words, reading.language
        self._numbers = reading.language.numbers
        self._steps, self._ways = NodeSteps(reading, node), WaysWriter(reading, node)
        self._value = self._numbers.percent if in_percent(node.kpi) else self._numbers.number
        self._unit = f" {self._language.label(node.kpi.unit)}" if node.kpi.unit else ""
        self._meanings = tuple(
            self._language.label(label) for label in (node.kpi.meaning, node.kpi.outcome) if label is not None
        )
        self._title = self._language.label(node.title)
        curve = str(self._words["card"]["curve"])
        self._curves = tuple((f"{curve} · {name}" if name else curve, said) for name, said in self._ways.curves)
        self._measured = self._measured_words()
        self._rule = reading.rule(node.at)

    def card(self, row: Row, measured: Row, results: Results, brought: Iterable[Line]) -> Card:
        """The card of one payee; `measured` is the row of `contributions`."""
        node, numbers = self._node, self._numbers
        pay, score = measured["pay"], number_in(row, f"{node.path}.score")
        return Card(
            path=node.path,
            title=self._title,
            meanings=self._meanings,
            perspective=node.kpi.perspective,
            whose=self._whose(measured),
            result=self._result_words(row, measured),
            facts=self._facts(measured),
            measured=self._measured,
            against=self._against(row),
            instead=self._instead(row, measured),
            curves=self._curves,
            weight=self._weight(measured["weight"]),
            lines=(*self._lines(row, measured, results), *brought),
            score="" if score is None else self._reading.score(score),
            pay="" if pay is None else numbers.money(pay),
            rule=self._rule,
        )

    def _result_words(self, row: Row, measured: Row) -> str:
        actual, words = measured["actual"], self._words["card"]
        if self._node.parts:
            counted, whole = self._ways.counted(row), self._numbers.number(len(self._node.parts))
            return self._language.plural(words["average"], counted, whole=whole) if counted else str(words["no_part"])
        return str(words["no_result"]) if actual is None else self._value(actual) + self._unit

    def _facts(self, measured: Row) -> str:
        n = measured["n"]
        if n is None or measured["actual"] is None:
            return ""
        picked = self._node.kpi.compute.picked(n, self._language.of_rules)
        return picked or self._language.plural(self._words["records"], n)

    def _against(self, row: Row) -> tuple[tuple[str, str], ...]:
        words = self._words["card"]
        return self._ways.against(row) or ((words["parameters"]["target"], words["no_target"]),)

    def _lines(self, row: Row, measured: Row, results: Results) -> Iterator[Line]:
        words = self._words["steps"]
        if measured["source"] == "reweight":
            yield Line(words["score"], words["left_out"])
            return
        if measured["source"] == "zero":
            yield from self._steps.score(row, "", Decimal(0))
            return
        period = self._reading.plan.period
        taken = period.previous() if measured["source"] == "previous" else period
        yield from self._ways.lines(row, lambda name: self._result(row, measured, results, name), taken)
        rate, score = number_in(row, f"{self._node.path}.rate"), number_in(row, f"{self._node.path}.score")
        if rate is not None and (self._steps.any or rate != score):
            yield from self._steps.score(row, "", rate)

    def _result(self, row: Row, measured: Row, results: Results, period: str) -> Line | None:
        """How the result of a period was divided, or worked out from others."""
        node = self._node
        found = results.quotients.get((node.kpi_name, measured["subject_kind"], measured["subject"], period))
        actual = measured["actual"]
        if node.parts:
            actual = number_in(row, ResultKey(node.kpi_name, node.of, period).column)
        if actual is None or measured["source"] == "target":
            return None
        if isinstance(node.kpi.compute, OverKpis):
            return self._over_kpis(node.kpi.compute, actual, measured, results, period)
        if found is None or not found[1]:
            return None
        above, below = found
        note = self._reading.rounded(node.kpi.rounding, above / below, actual, self._value)
        arithmetic = f"{self._numbers.number(above)} ÷ {self._numbers.number(below)}"
        return Line(self._words["steps"]["result"], self._value(actual) + self._unit, arithmetic, note)

    def _over_kpis(self, compute: OverKpis, actual: Number, measured: Row, results: Results, period: str) -> Line:
        """How the result was worked out from the results of other KPIs."""
        node, own = self._node, self._reading.plan.period
        kind, subject = measured["subject_kind"], measured["subject"]
        key = ResultKey.of_period(node.kpi_name, kind, Period.parse(period, own.year_starts), own)
        read = read_by(node.kpi, key, own)
        values = {
            name: results.read.get((each.kpi, kind, subject, each.period(own).name)) for name, each in read.items()
        }
        percents = frozenset(name for name, each in read.items() if each.kpi in self._reading.percent_kpis)
        written = written_out(compute.value, self._language, percents=percents).with_values(values)
        note = self._reading.maybe_rounded(written, actual, node.kpi.rounding, self._value)
        return Line(self._words["steps"]["result"], self._value(actual) + self._unit, written, note)

    def _whose(self, measured: Row) -> str:
        whose, subject = self._words["whose"], measured["subject"]
        said = str(whose[measured["subject_kind"]]).format(subject=subject or self._words["missing"])
        return str(whose["previous"]).format(whose=said) if measured["source"] == "previous" else said

    def _instead(self, row: Row, measured: Row) -> str:
        source = measured["source"]
        if source == "own":
            return ""
        node, words = self._node, self._words["reason"]
        key, reliability = ResultKey(node.kpi_name, node.of), node.kpi.reliability
        count = row.get(key.answers)
        why = words["none"]
        if reliability and count is not None and row.get(key.column) is not None and count < reliability.at_least:
            least = self._numbers.number(reliability.at_least)
            why = self._language.plural(words["few"], count, least=least)
        return f"{why} {self._words['instead'][source].format(subject=measured['subject'])}"

    def _weight(self, weight: Decimal | None) -> str:
        if weight is None:
            return ""
        group = self._language.label(self._parent.title)
        return str(self._words["card"]["weight_in"]).format(weight=self._numbers.percent(weight), group=group)

    def _measured_words(self) -> str:
        better = self._words["card"]["better"][self._node.kpi.better]
        how = self._node.kpi.sentence(self._language.of_rules)
        return str(self._words["card"]["measured_as"]).format(how=how, better=better)
