"""A measure as its payee reads it: whose result counts, how it became a score, and what it brought."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.rulesets.resolving import GroupNode, MeasureNode, chosen_rounding
from incentive_engine.statements.reading import Reading, Row, in_percent, signed
from incentive_engine.statements.steps import NodeSteps
from incentive_engine.statements.values import Card, Line

Results = Mapping[tuple[str, str, str, str], tuple[Decimal, Decimal]]
"""Numerator and denominator of a result, by KPI, kind of subject, subject and period."""


class CardWriter:
    """One measure of a plan, in one language."""

    def __init__(self, reading: Reading, node: MeasureNode, parent: GroupNode) -> None:
        self._reading, self._node, self._parent = reading, node, parent
        self._words, self._language = reading.words, reading.language
        self._numbers = reading.language.numbers
        self._steps = NodeSteps(reading, node)
        percent = in_percent(node.kpi)
        self._value = self._numbers.percent if percent else self._numbers.number
        self._attained = self._numbers.percent if percent or node.attainment.in_percent else self._numbers.number
        self._unit = f" {self._language.label(node.kpi.unit)}" if node.kpi.unit else ""
        self._meanings = tuple(
            self._language.label(label) for label in (node.kpi.meaning, node.kpi.outcome) if label is not None
        )
        self._title = self._language.label(node.title)
        self._curve = self._curve_words()
        self._measured = self._measured_words()
        self._rule = reading.rule(node.at)

    def card(self, row: Row, measured: Row, results: Results, brought: Iterable[Line]) -> Card:
        """The card of one payee; `measured` is the row of `contributions`."""
        node, numbers = self._node, self._numbers
        actual, target, n = measured["actual"], measured["target"], measured["n"]
        pay = measured["pay"]
        return Card(
            path=node.path,
            title=self._title,
            meanings=self._meanings,
            perspective=node.kpi.perspective,
            whose=self._whose(measured),
            result=self._words["card"]["no_result"] if actual is None else self._value(actual) + self._unit,
            facts="" if n is None or actual is None else self._language.plural(self._words["records"], n),
            measured=self._measured,
            target=self._words["card"]["no_target"] if target is None else self._value(target) + self._unit,
            instead=self._instead(row, measured),
            curve=self._curve,
            weight=self._weight(measured["weight"]),
            lines=(*self._lines(row, measured, results), *brought),
            score="" if measured["score"] is None else numbers.percent(measured["score"]),
            pay="" if pay is None else numbers.money(pay),
            rule=self._rule,
        )

    def _lines(self, row: Row, measured: Row, results: Results) -> Iterator[Line]:
        words = self._words["steps"]
        if measured["source"] == "reweight":
            yield Line(words["score"], words["left_out"])
            return
        yield from self._result(measured, results)
        if measured["source"] == "zero":
            yield from self._steps.score(row, measured["score"], "", Decimal(0))
            return
        yield self._attainment(measured)
        yield self._rate(measured)
        if self._steps.any or measured["score"] != measured["rate"]:
            yield from self._steps.score(row, measured["score"], "", measured["rate"])

    def _result(self, measured: Row, results: Results) -> Iterator[Line]:
        period = self._reading.plan.period
        name = period.previous().name if measured["source"] == "previous" else period.name
        found = results.get((self._node.kpi_name, measured["subject_kind"], measured["subject"], name))
        if found is None or measured["actual"] is None or measured["source"] == "target":
            return
        (above, below), actual = found, measured["actual"]
        if not below:
            return
        note = self._reading.rounded(chosen_rounding(self._node.kpi.rounding), above / below, actual, self._value)
        arithmetic = f"{self._numbers.number(above)} ÷ {self._numbers.number(below)}"
        yield Line(self._words["steps"]["result"], self._value(actual) + self._unit, arithmetic, note)

    def _attainment(self, measured: Row) -> Line:
        kind, words = self._node.attainment, self._words["steps"]
        actual, target, attainment = measured["actual"], measured["target"], measured["attainment"]
        shown = self._attained(attainment)
        if "÷ {actual}" in kind.arithmetic and not actual:
            return Line(words["attainment"], shown, "", words["zero_result"])
        after = {"actual": self._value(actual), "target": "" if target is None else signed(target, self._value)}
        arithmetic = kind.arithmetic.format_map(after)
        exact = _exactly(kind.arithmetic, actual, target)
        note = (
            ""
            if exact is None
            else self._reading.rounded(self._node.attainment_rounding, exact, attainment, self._attained)
        )
        return Line(words["attainment"], shown, "" if arithmetic == shown else arithmetic, note)

    def _rate(self, measured: Row) -> Line:
        attainment, rate = measured["attainment"], measured["rate"]
        percent = self._numbers.percent
        show = percent if self._attained == percent else self._numbers.number
        worked = self._node.curve.worked(attainment, show)
        shown = percent(rate)
        note = ""
        if "÷" in worked:
            exact = _interpolated(self._node.curve.corners(), attainment)
            note = self._reading.rounded(chosen_rounding(self._node.curve.rounding), exact, rate, percent)
            if show != percent:
                worked = f"{worked} = {self._numbers.number(rate)}"
        else:
            worked, note = "", str(self._words["steps"]["rate_note"])
        return Line(self._words["steps"]["rate"], shown, worked, note)

    def _whose(self, measured: Row) -> str:
        whose = self._words["whose"]
        said = str(whose[measured["subject_kind"]]).format(subject=measured["subject"])
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

    def _curve_words(self) -> str:
        curve, percent = self._node.curve, self._numbers.percent
        template = self._words["curves"].get(curve.kind)
        if template is None:
            return curve.sentence(self._language.of_rules, percent=self._node.attainment.in_percent)
        points = ", ".join(f"{self._attained(x)} → {percent(y)}" for x, y in curve.corners())
        return str(template).format(points=points, below=self._words["below"][curve.below])

    def _measured_words(self) -> str:
        better = self._words["card"]["better"][self._node.kpi.better]
        how = self._node.kpi.compute.sentence(self._language.of_rules)
        return str(self._words["card"]["measured_as"]).format(how=how, better=better)


def _exactly(arithmetic: str, actual: Decimal, target: Decimal | None) -> Decimal | None:
    """What the arithmetic of an attainment gives before it is rounded; None for one that is not known here."""
    if target is None:
        return actual
    exact = {
        "{actual} ÷ {target}": lambda: actual / target,
        "{target} ÷ {actual}": lambda: target / actual,
        "{actual} − {target}": lambda: actual - target,
    }.get(arithmetic)
    return exact() if exact else None


def _interpolated(corners: tuple[tuple[Decimal, Decimal], ...], at: Decimal) -> Decimal:
    """The height of the straight line at an attainment inside the corners."""
    place = max(index for index, (x, _) in enumerate(corners[:-1]) if x <= at)
    (x, y), (next_x, next_y) = corners[place], corners[place + 1]
    return y + (at - x) * (next_y - y) / (next_x - x)
