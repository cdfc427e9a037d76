"""The steps of one payee in words: the run's sentences with the payee's numbers in them, and the result of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from incentive_engine.compiler.credibility import CREDIBILITY, WEIGHTED
from incentive_engine.compiler.explaining import WHERE_MET
from incentive_engine.engine.comparing import compared, exact_attainment
from incentive_engine.engine.step_names import PARAMETERS, STEP_NAMES
from incentive_engine.engine.telling_results import SIGNS, Place, ResultTeller, places_of
from incentive_engine.engine.wording import Row, as_written
from incentive_engine.kinds.base import written
from incentive_engine.kinds.curve_kind import in_points
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.rulesets.resolving import GroupNode, MeasureNode, Node

Told = tuple[str, str, str]
"""A step's name, what was done, and the line of the rules."""

_NOTHING_BELOW: Final = re.compile(r"÷ (?:0|\([0+× ]*\))$")
"""Arithmetic that divides by nothing: it was not done."""
_UNCOUNTED: Final = (
    "attainment", "across", "rate", "path", "best", "points", "parts_present", "mean",
)  # fmt: skip
"""What is not told of a measure whose result did not count."""
_COUNTS: Final = ("points", "weight_present", "items_present", "parts_present", "across", "argument")
"""What does not read as a percentage."""
_NOT_POSITIVE: Final = {"en": "which is not above 0", "fr": "qui n'est pas supérieur à 0"}
_WORDY: Final = (
    "best", "floor", "cap", "earned_bounded", "items_present", "parts_present", "weight_present", "argument",
)  # fmt: skip
"""What is said in words as well as in numbers."""
_SCORE: Final = "\0"


class StepTeller(ResultTeller):
    """Tells the steps of one payee under one plan."""

    def of_node(self, node: Node, steps: Iterable[Row]) -> Iterator[Told]:
        """The steps of one node, in order; what was not worked out for this payee is left out."""
        places = places_of(node) if isinstance(node, MeasureNode) else {}
        tellers: Mapping[str, Callable[[Node, Row, Place], str | None]] = {
            "result": self._result, CREDIBILITY: self._weighted, WEIGHTED: self._weighted,
            "target": self._weighted,
            "source": self._source, "actual": self._actual, "attainment": self._attainment,
            "rate": self._rate, "called": self._called, "path": self._path, "extreme": self._extreme,
            "empty": self._empty, "modifier": self._modifier, "gate": self._gate, "gated": self._gated,
            "earned_gated": self._gated,
        }  # fmt: skip
        for step in steps:
            name = step["step"]
            if name not in STEP_NAMES["en"] or self._silent(node, name):
                continue
            place = places.get(step["column"], Place())
            text = tellers.get(name, self._computed)(node, step, place)
            if text is not None:
                way = place.way.name if place.way else ""
                yield " · ".join(filter(None, (self._name(name), place.part, way))), text, step["rule"]

    def _silent(self, node: Node, name: str) -> bool:
        if node.path in self._left_out:
            return name not in ("result", "source", "actual")
        return node.path in self._uncounted and name in _UNCOUNTED

    def _name(self, step: str) -> str:
        return STEP_NAMES[self._wording.language][step]

    def _weighted(self, node: Node, step: Row, place: Place) -> str | None:
        assert isinstance(node, MeasureNode)
        return self._told(step, percent=step["step"] == CREDIBILITY or node.kpi.compute.in_percent)

    def _attainment(self, node: Node, step: Row, place: Place) -> str | None:
        assert isinstance(node, MeasureNode)
        assert place.way is not None
        kind, value, language = place.way.attainment, self._row.get(step["column"]), self._wording.language
        numbers = compared(node, place.way, self._row, self._by_kpi, place.part)
        if (low := self._too_low(node, place)) is not None:
            return low
        if value is None:
            lacks = [name for name in place.way.parameters if numbers[name] is None]
            missing = ", ".join(f"{PARAMETERS[language].get(name, name)} {self._wording.value(None)}" for name in lacks)
            return f"{kind.words[language]}{self._colon}{missing}" if lacks else None
        if exact_attainment(node, place.way, numbers) is None:
            words = kind.otherwise.get(language, kind.words[language])
            return f"{words}{self._colon}{self._valued(value, percent=kind.in_percent)}"
        return self._told(step, percent=kind.in_percent)

    def _too_low(self, node: MeasureNode, place: Place) -> str | None:
        """Why nothing can be divided by the target; None where it can."""
        assert place.way is not None
        kind, language = place.way.attainment, self._wording.language
        numbers = compared(node, place.way, self._row, self._by_kpi, place.part)
        for name in kind.positive:
            number = numbers[name]
            if number is not None and number <= 0:
                said = f"{PARAMETERS[language].get(name, name)} {self._wording.number(number)}"
                return f"{kind.words[language]}{self._colon}{said}, {_NOT_POSITIVE[language]}"
        return None

    def _rate(self, node: Node, step: Row, place: Place) -> str | None:
        assert isinstance(node, MeasureNode)
        assert place.way is not None
        if self._too_low(node, place) is not None:
            return None
        return self._of_curve(place.way.curve, step, f"{place.column}.attainment")

    def _called(self, node: Node, step: Row, place: Place) -> str | None:
        return self.called(step)

    def called(self, step: Row) -> str | None:
        """The rate of a curve that a formula calls."""
        name = step["column"].rpartition(".")[2].rpartition("_")[0]
        return self._of_curve(self._plan.curves[name], step, f"{step['column']}.at")

    def _of_curve(self, curve: CurveKind, step: Row, attained: str) -> str | None:
        rate, attainment = self._row.get(step["column"]), self._row.get(attained)
        if attainment is None:
            return None
        if rate is None:
            return (
                f"{self._sentence(step)}{self._colon}{'no rate' if self._wording.language == 'en' else 'pas de taux'}"
            )
        number = self._wording.number
        worked = curve.worked(attainment, self._row.get(f"{step['column']}.across"), number)
        value = self._valued(rate, percent=not in_points(curve.corners()))
        told = value if worked == number(rate) else self._equal(worked, value, step)
        return f"{self._sentence(step)}{self._colon}{told}"

    def _path(self, node: Node, step: Row, place: Place) -> str | None:
        assert isinstance(node, MeasureNode)
        which = self._row.get(step["column"])
        if which is None:
            return None
        words = self._sentence(step).partition(" (")[0]
        return f"{words}{self._colon}{node.paths[which].name}"

    def _extreme(self, node: Node, step: Row, place: Place) -> str | None:
        assert isinstance(node, GroupNode)
        value = self._row.get(step["column"])
        if value is None or self._row.get(f"{node.path}.empty"):
            return None
        decides = next((item for item in node.items if self._row.get(f"{item.path}.score") == value), None)
        name = "" if decides is None else f"{decides.path}, "
        return f"{self._sentence(step)}{self._colon}{name}{self._valued(value, percent=self._percent)}"

    def _empty(self, node: Node, step: Row, place: Place) -> str | None:
        return self._sentence(step) if self._row.get(step["column"]) else None

    def _computed(self, node: Node, step: Row, place: Place) -> str | None:
        if self._row.get(f"{node.path}.empty"):
            return None
        value = self._row.get(step["column"])
        if step["step"] == "score" and value is not None and value == self._row.get(f"{node.path}.extreme"):
            return f"{self._sentence(step)}{self._colon}{self._valued(value, percent=self._percent)}"
        return self._told(step, percent=self._percent and step["step"] not in _COUNTS)

    def _told(self, step: Row, *, percent: bool) -> str | None:
        """A number with the arithmetic behind it."""
        value = self._row.get(step["column"])
        if not isinstance(value, Decimal | Fraction | int):
            return None
        sentence, number = self._sentence(step), self._wording.number(value)
        for same in (number, as_written(value)):
            if sentence == same or sentence.endswith(f"{self._colon}{same}"):
                return sentence.removesuffix(same) + self._valued(value, percent=percent)
        shown = self._valued(value, percent=percent)
        if step["step"] in _WORDY:
            return f"{sentence}{self._colon}{shown}"
        return self._equal(sentence, shown, step)

    def _equal(self, arithmetic: str, shown: str, step: Row) -> str:
        """What comes out of some arithmetic, or of rounding a number where there is none."""
        if _NOTHING_BELOW.search(arithmetic):
            return shown
        if step["places"] is None or any(sign in arithmetic for sign in SIGNS):
            return f"{arithmetic} = {shown}{self._rounding(step, arithmetic)}"
        return f"{arithmetic}, {self._rounded(step)}{self._colon}{shown}"

    def _modifier(self, node: Node, step: Row, place: Place) -> str | None:
        value = self._row.get(step["column"])
        because = self._label(node.steps.modifiers[_number(step)].because)
        if value is None:
            return None
        sentence = self._sentence(step)
        return f"{sentence} = {self._wording.number(value)}{self._rounding_of(step, sentence)} ({because})"

    def _gate(self, node: Node, step: Row, place: Place) -> str | None:
        met = self._row.get(step["column"])
        because = self._label(node.steps.gates[_number(step)].because)
        return f"{self._sentence(step)}{self._colon}{self._wording.value(met)} ({because})"

    def _gated(self, node: Node, step: Row, place: Place) -> str | None:
        """The score behind a gate: what is left of it where the condition is met, or all of it."""
        value, met = self._row.get(step["column"]), self._row.get(f"{node.path}.gate_{_number(step) + 1}")
        if value is None or met is None:
            return None
        gate, wording = node.steps.gates[_number(step)], self._wording
        template = step["sentence" if wording.language == "en" else "sentence_fr"]
        before, after = gate.worked(_SCORE, written).split(_SCORE)
        template = template.removesuffix(f" {WHERE_MET[wording.language]}").removesuffix(after).removeprefix(before)
        shown = self._valued(value, percent=self._percent)
        if met:
            return f"{wording.listed(gate.worked(self._filled(template), wording.written))} = {shown}"
        score = self._filled(template[1:-1] if " " in template else template)
        return shown if score == wording.number(value) else f"{score} = {shown}"


def _number(step: Row) -> int:
    """Which modifier or gate of its node a step is, from 0."""
    return int(step["column"].rsplit("_", 1)[1]) - 1
