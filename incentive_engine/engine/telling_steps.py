"""The steps of one payee in words: the run's sentences with the payee's numbers in them, and the result of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from incentive_engine.compiler.explaining import SOURCE_WORDS
from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.compiler.measures import SOURCES
from incentive_engine.engine.wording import Row, Wording
from incentive_engine.kinds.base import Label, Language, Rounding, written
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import MeasureNode, Node, ResolvedPlan

Told = tuple[str, str, str]
"""A step's name, what was done, and the line of the rules."""

_NAMES: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "result": "result", "source": "counts", "actual": "result that counts", "attainment": "attainment",
        "rate": "rate", "points": "points", "weight_present": "weights", "modifier": "modifier",
        "modified": "after modifier", "gate": "gate", "gated": "after gate", "floor": "floor", "cap": "cap",
        "score": "score", "target_pay": "target pay", "days_employed": "days employed", "days": "days",
        "proration": "proration", "payout": "payout",
    },
    "fr": {
        "result": "résultat", "source": "compte", "actual": "résultat qui compte", "attainment": "atteinte",
        "rate": "taux", "points": "points", "weight_present": "poids", "modifier": "modificateur",
        "modified": "après modificateur", "gate": "condition", "gated": "après condition", "floor": "plancher",
        "cap": "plafond", "score": "score", "target_pay": "prime cible", "days_employed": "jours d'emploi",
        "days": "jours", "proration": "prorata", "payout": "prime",
    },
}  # fmt: skip
_OF_PAY: Final = ("target_pay", "days_employed", "days", "proration", "payout")
_SIGNS: Final = ("+ ", "− ", "× ", "÷ ")


class StepTeller:
    """Tells the steps of one payee under one plan."""

    def __init__(self, rules: Rules, plan: ResolvedPlan, row: Row, results: pl.DataFrame, wording: Wording) -> None:
        self._rules, self._plan, self._results, self._wording = rules, plan, results, wording
        unpaid = (node.path for node in plan.measures() if row.get(f"{node.path}.source") == SOURCES["zero"])
        self._row = {**row, **{f"{path}.rate": Decimal(0) for path in unpaid}}

    @property
    def _colon(self) -> str:
        return ": " if self._wording.language == "en" else " : "

    def of_node(self, node: Node, steps: Iterable[Row]) -> Iterator[Told]:
        """The steps of one node, in order; what was not worked out for this payee is left out."""
        tellers: Mapping[str, Callable[[Node, Row], str | None]] = {
            "result": self._result, "source": self._source, "actual": self._actual, "attainment": self._attainment,
            "rate": self._rate, "modifier": self._modifier, "gate": self._gate, "gated": self._gated,
        }  # fmt: skip
        for step in steps:
            if step["step"] in _NAMES["en"] and step["step"] not in _OF_PAY:
                text = tellers.get(step["step"], self._score)(node, step)
                if text is not None:
                    yield _NAMES[self._wording.language][step["step"]], text, step["rule"]

    def of_pay(self, steps: Iterable[Row]) -> Iterator[Told]:
        """Target pay, proration and payout."""
        for step in steps:
            value = self._row.get(step["column"])
            if step["step"] in _OF_PAY and value is not None:
                money = step["step"] in ("target_pay", "payout")
                places = max(self._plan.payout_rounding.places, 0) if step["step"] == "payout" else 0
                shown = self._wording.number(value, places) + (f" {self._rules.ruleset.currency}" if money else "")
                text = f"{self._sentence(step)} = {shown}{self._rounding(step, self._sentence(step))}"
                if step["step"] in ("days", "days_employed"):
                    text = f"{self._sentence(step)}{self._colon}{shown}"
                yield _NAMES[self._wording.language][step["step"]], text, step["rule"]

    def _sentence(self, step: Row) -> str:
        template = step["sentence" if self._wording.language == "en" else "sentence_fr"]
        return self._wording.fill(self._wording.constants(template), self._row)

    def _rounding(self, step: Row, arithmetic: str) -> str:
        """How the number was rounded, where there was anything to round."""
        if step["places"] is None or not any(sign in arithmetic for sign in _SIGNS):
            return ""
        return f", {self._rounded(step)}"

    def _rounded(self, step: Row) -> str:
        return self._wording.rounded(Rounding(places=step["places"], mode=step["mode"]))

    def _result(self, node: Node, step: Row) -> str | None:
        assert isinstance(node, MeasureNode)
        value = self._row.get(step["column"])
        none = "no result" if self._wording.language == "en" else "pas de résultat"
        if value is None:
            return f"{self._sentence(step)}{self._colon}{none}"
        return (
            f"{self._sentence(step)}{self._colon}{self._worked(node, ResultKey(node.kpi_name, node.of), value, step)}"
        )

    def _worked(self, node: MeasureNode, key: ResultKey, value: Decimal, step: Row) -> str:
        """A result with what it was divided from and how many facts stand behind it."""
        subject = "company" if key.subject_kind == "company" else self._row[key.subject_kind]
        period = self._plan.period.previous() if key.previous else self._plan.period
        found = self._results.filter(
            kpi=key.kpi, subject_kind=key.subject_kind, subject=subject, period=period.name
        ).rows(named=True)
        number, text = self._wording.number, self._valued(value, percent=node.kpi.compute.in_percent)
        if node.kpi.unit:
            text += f" {self._label(node.kpi.unit)}"
        (facts,) = found or [{"numerator": None, "denominator": None, "n": None}]
        if facts["denominator"] is not None:
            quotient = f"{number(facts['numerator'])} ÷ {number(facts['denominator'])}"
            text = self._equal(quotient, text, step)
        elif facts["numerator"] is not None and facts["numerator"] != value:
            text = self._equal(number(facts["numerator"]), text, step)
        return text if facts["n"] is None else f"{text}, n = {facts['n']}"

    def _valued(self, value: Decimal | Fraction, *, percent: bool) -> str:
        shown = self._wording.number(value)
        return f"{shown} = {self._wording.percent(value)}" if percent and value and "÷" not in shown else shown

    def _label(self, label: Label) -> str:
        return label.get(self._wording.language) or next(iter(label.values()))

    def _source(self, node: Node, step: Row) -> str | None:
        assert isinstance(node, MeasureNode)
        code = self._row.get(step["column"])
        if code is None:
            return None
        words = SOURCE_WORDS[self._wording.language]
        source = next(name for name, each in SOURCES.items() if each == code)
        return words[source] + self._why(node, source)

    def _why(self, node: MeasureNode, source: str) -> str:
        """Why another result than the own one counts."""
        count, english = self._row.get(ResultKey(node.kpi_name, node.of).answers), self._wording.language == "en"
        reliability = node.kpi.reliability
        if reliability and count is not None and (source == "own" or count < reliability.at_least):
            least = reliability.at_least
            return f": n = {count}, at least {least} needed" if english else f" : n = {count}, il en faut {least}"
        if source == "own":
            return ""
        return ": there is no own result" if english else " : pas de résultat propre"

    def _actual(self, node: Node, step: Row) -> str | None:
        assert isinstance(node, MeasureNode)
        value, code = self._row.get(step["column"]), self._row.get(f"{node.path}.source")
        if value is None or code == SOURCES["own"]:
            return None
        for name in ("team", "department", "previous"):
            if code == SOURCES[name]:
                key = ResultKey(node.kpi_name, node.of if name == "previous" else name, name == "previous")  # type: ignore[arg-type]
                places = {"places": node.kpi.rounding.places, "mode": node.kpi.rounding.mode}
                whose = "" if name == "previous" else f"{self._row[name]}{self._colon}"
                return whose + self._worked(node, key, value, {**step, **places})
        return self._wording.number(value)

    def _attainment(self, node: Node, step: Row) -> str | None:
        assert isinstance(node, MeasureNode)
        sentence, value = self._sentence(step), self._row.get(step["column"])
        if value is not None and sentence.endswith(" ÷ 0"):
            return f"{sentence.rpartition(self._colon)[0]}{self._colon}{self._wording.number(value)}"
        return self._computed(step, percent=node.attainment.in_percent)

    def _score(self, node: Node, step: Row) -> str | None:
        return self._computed(step, percent=step["step"] not in ("points", "weight_present"))

    def _computed(self, step: Row, *, percent: bool) -> str | None:
        value = self._row.get(step["column"])
        if not isinstance(value, Decimal | Fraction):
            return None
        sentence = self._sentence(step)
        number = self._wording.number(value)
        if sentence == number or sentence.endswith(f"{self._colon}{number}"):
            return sentence.removesuffix(number) + self._valued(value, percent=percent)
        shown = self._valued(value, percent=percent)
        return (
            f"{sentence}{self._colon}{shown}"
            if step["step"] in ("floor", "cap")
            else self._equal(sentence, shown, step)
        )

    def _equal(self, arithmetic: str, shown: str, step: Row) -> str:
        """What comes out of some arithmetic, or of rounding a number where there is none."""
        if step["places"] is None or any(sign in arithmetic for sign in _SIGNS):
            return f"{arithmetic} = {shown}{self._rounding(step, arithmetic)}"
        return f"{arithmetic}, {self._rounded(step)}{self._colon}{shown}"

    def _rate(self, node: Node, step: Row) -> str | None:
        assert isinstance(node, MeasureNode)
        rate, attainment = self._row.get(step["column"]), self._row.get(f"{node.path}.attainment")
        if rate is None or attainment is None:
            return None
        worked = node.curve.worked(attainment, self._wording.number)
        value = self._valued(rate, percent=True)
        told = value if worked == self._wording.number(rate) else self._equal(worked, value, step)
        return f"{self._sentence(step)}{self._colon}{told}"

    def _modifier(self, node: Node, step: Row) -> str | None:
        value = self._row.get(step["column"])
        because = self._label(node.steps.modifiers[_place(step)].because)
        return None if value is None else f"{self._sentence(step)} = {self._wording.number(value)} ({because})"

    def _gate(self, node: Node, step: Row) -> str | None:
        met: Any = self._row.get(step["column"])
        because = self._label(node.steps.gates[_place(step)].because)
        return f"{self._sentence(step)}{self._colon}{self._wording.value(met)} ({because})"

    def _gated(self, node: Node, step: Row) -> str | None:
        """The score behind a gate: the part that is kept, or all of it."""
        value, met = self._row.get(step["column"]), self._row.get(f"{node.path}.gate_{_place(step) + 1}")
        if value is None or met is None:
            return None
        gate = node.steps.gates[_place(step)]
        kept = self._wording.number(Decimal(written(gate.kept)))
        before = self._sentence(step).rpartition(f" × {kept}")[0]
        shown = self._valued(value, percent=True)
        if met:
            return f"{before} × {kept} = {shown}"
        before = before[1:-1] if before.startswith("(") else before
        return shown if before == self._wording.number(value) else f"{before} = {shown}"


def _place(step: Row) -> int:
    """Which modifier or gate of its node a step is, from 0."""
    return int(step["column"].rsplit("_", 1)[1]) - 1
