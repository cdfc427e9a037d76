"""A measure as its payee reads it: whose result counts, how it became a score, and what it brought."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from incentive_engine.compiler.credibility import WEIGHTED
from incentive_engine.compiler.inputs import PREVIOUS
from incentive_engine.kinds.kpis import Given
from incentive_engine.rulesets.formula_uses import RESULTS
from incentive_engine.rulesets.resolving import GroupNode, MeasureNode
from incentive_engine.statements.reading import Reading, Row, number_in
from incentive_engine.statements.results import ResultName, Results, ResultWriter, Written
from incentive_engine.statements.steps import NodeSteps
from incentive_engine.statements.values import Card, Comments, Line
from incentive_engine.statements.ways import WaysWriter

_RATE: Final = Decimal("0.001")
"""Response rates are printed to a tenth of a percent: nothing is paid on them."""


class CardWriter:
    """One measure of a plan, in one language."""

    def __init__(self, reading: Reading, node: MeasureNode, parent: GroupNode) -> None:
        self._reading, self._node, self._parent = reading, node, parent
        self._words, self._language = reading.words, reading.language
        self._numbers = reading.language.numbers
        self._steps, self._ways = NodeSteps(reading, node), WaysWriter(reading, node)
        self._results = ResultWriter(reading, node)
        self._meanings = tuple(self._meaning_words())
        self._title = self._language.label(node.title)
        curve = str(self._words["card"]["curve"])
        self._curves = tuple((f"{curve} · {name}" if name else curve, said) for name, said in self._ways.curves)
        self._measured = self._measured_words()
        compute = node.kpi.compute
        self._source = RESULTS if isinstance(compute, Given) else getattr(compute, "source", "")
        self._decided = self._decided_words()
        self._rule = reading.rule(node.at)

    def card(
        self,
        row: Row,
        measured: Row,
        results: Results,
        brought: Iterable[Line],
        reference: str,
        bounds: Iterable[str],
    ) -> Card:
        """The card of one payee; `measured` is the row of `contributions`, `reference` that of the pay.

        `bounds`: what bound the measure, in words.
        """
        node, numbers = self._node, self._numbers
        pay, score = measured["pay"], number_in(row, f"{node.path}.score")
        return Card(
            path=node.path,
            reference=f"{reference}-{node.path}",
            title=self._title,
            meanings=self._meanings,
            perspective=node.kpi.perspective,
            whose=self._whose(measured),
            result=self._result_words(row, measured),
            facts=self._facts(row, measured, results),
            between=self._between(row, measured, results),
            measured=self._measured,
            source=self._source,
            against=self._against(row),
            decided=self._decided,
            instead=self._instead(row, measured),
            curves=self._curves,
            sketches=() if measured["source"] in ("zero", "reweight") else self._ways.sketches(row),
            weight=self._weight(measured["weight"]),
            lines=tuple(self._lines(row, measured, results)),
            brought=tuple(brought),
            bounds=tuple(bounds),
            comments=self._comments(results.written.get((row["payee"], node.kpi_name))),
            score="" if score is None else self._reading.score(score),
            pay="" if pay is None else numbers.money(pay),
            rule=self._rule,
        )

    def _result_words(self, row: Row, measured: Row) -> str:
        actual, words = measured["actual"], self._words["card"]
        if self._node.parts:
            counted, whole = self._ways.counted(row), self._numbers.number(len(self._node.parts))
            return self._language.plural(words["average"], counted, whole=whole) if counted else str(words["no_part"])
        return str(words["no_result"]) if actual is None else self._results.shown(actual)

    def _facts(self, row: Row, measured: Row, results: Results) -> str:
        n = measured["n"]
        if n is None or measured["actual"] is None:
            return ""
        picked = self._node.kpi.compute.picked(n, self._language.of_rules)
        said = (picked or self._language.plural(self._words["records"], n)) + self._asked(row, measured, results)
        days = self._named(row, measured)[-1]
        return said if days is None else f"{said}, {self._language.span(*days)}"

    def _named(self, row: Row, measured: Row) -> ResultName:
        """The result that counts."""
        own = self._reading.plan.period
        period = own.previous() if measured["source"] == PREVIOUS else own
        return self._results.named(row, (measured["subject_kind"], measured["subject"]), period.name)

    def _between(self, row: Row, measured: Row, results: Results) -> str:
        """How sure the result is, where it was counted as it is."""
        limits = results.limits.get(self._named(row, measured))
        if limits is None or measured["n"] is None or measured["actual"] is None or measured["source"] == WEIGHTED:
            return ""
        return self._results.between(*limits)

    def _asked(self, row: Row, measured: Row, results: Results) -> str:
        """How many were asked, and how many of them answered; nothing where others answered, too."""
        asked = results.invited.get(self._named(row, measured))
        if not asked or asked < measured["n"]:
            return ""
        rate = (Decimal(measured["n"]) / asked).quantize(_RATE)
        return self._language.plural(self._words["asked"], asked, rate=self._numbers.percent(rate))

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
        taken = period.previous() if measured["source"] == PREVIOUS else period
        yield from self._ways.lines(row, lambda name: self._results.lines(row, measured, results, name), taken)
        rate, score = number_in(row, f"{self._node.path}.rate"), number_in(row, f"{self._node.path}.score")
        if rate is not None and (self._steps.any or rate != score):
            yield from self._steps.score(row, "", rate)

    def _whose(self, measured: Row) -> str:
        whose, subject, source = self._words["whose"], measured["subject"], measured["source"]
        said = str(whose[measured["subject_kind"]]).format(subject=subject or self._words["missing"])
        return str(whose[source]).format(whose=said) if source in (PREVIOUS, WEIGHTED) else said

    def _instead(self, row: Row, measured: Row) -> str:
        source, instead = measured["source"], self._words["instead"]
        if source == "own":
            return ""
        reliability = self._node.kpi.reliability
        if source == WEIGHTED and reliability and reliability.credibility:
            wider = reliability.credibility.towards
            return str(instead[WEIGHTED][wider]).format(subject=row[wider])
        return f"{self._ways.why_not(row)} {instead[source].format(subject=measured['subject'])}"

    def _comments(self, written: Written | None) -> Comments | None:
        """What was written about the payee, where the KPI says that anything is."""
        verbatims, words = self._node.kpi.verbatims, self._words["comments"]
        if written is None or verbatims is None:
            return None
        allowed = self._language.plural(words["allowed"], len(written.allowed)) if written.allowed else words["none"]
        lead = str(words["lead"]).format(count=self._language.plural(words["count"], written.count), allowed=allowed)
        latest = written.allowed[: verbatims.at_most]
        return Comments(lead, tuple((self._language.date(day), text) for day, text in latest))

    def _weight(self, weight: Decimal | None) -> str:
        if weight is None:
            return ""
        group = self._language.label(self._parent.title)
        return str(self._words["card"]["weight_in"]).format(weight=self._numbers.percent(weight), group=group)

    def _meaning_words(self) -> Iterator[str]:
        """What was asked, what that says, and which outcome is meant."""
        kpi, words = self._node.kpi, self._words["card"]
        for label, form in ((kpi.question, words["asked"]), (kpi.meaning, "{said}"), (kpi.outcome, words["meant"])):
            if label is not None:
                yield str(form).format(said=self._language.label(label))

    def _measured_words(self) -> str:
        better = self._words["card"]["better"][self._node.kpi.better]
        how = self._node.measured(self._language.of_rules)
        return str(self._words["card"]["measured_as"]).format(how=how, better=better)

    def _decided_words(self) -> str:
        decided, words, day = self._node.decided, self._words["card"], self._language.date
        if decided is None:
            return ""
        said = str(words["set_by"]).format(by=decided.by, day=day(decided.on))
        if decided.notified:
            said += words["told_on"].format(day=day(decided.notified))
        if agreed := decided.agreed_with_customers:
            said += words["agreed_on"].format(day=day(agreed.on), how=self._language.label(agreed.how))
        return said
