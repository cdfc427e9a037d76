"""The steps of one payee in words: the run's sentences with the payee's numbers in them, and the result of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from incentive_engine.compiler.explaining import SOURCE_WORDS, WHERE_MET
from incentive_engine.compiler.inputs import PREVIOUS, ResultKey
from incentive_engine.compiler.measures import PATH, SOURCES
from incentive_engine.engine.comparing import compared, exact_attainment, points
from incentive_engine.engine.step_names import PARAMETERS, STEP_NAMES
from incentive_engine.engine.wording import Number, Row, Wording, as_written
from incentive_engine.kinds.base import Label, written
from incentive_engine.kinds.curve_kind import in_points
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import GroupNode, MeasureNode, Node, PathNode, ResolvedPlan

Told = tuple[str, str, str]
"""A step's name, what was done, and the line of the rules."""

_SIGNS: Final = ("+ ", "− ", "× ", "÷ ")
_NOTHING_BELOW: Final = re.compile(r"÷ (?:0|\([0+× ]*\))$")
"""Arithmetic that divides by nothing: it was not done."""
_UNCOUNTED: Final = (
    "attainment", "across", "rate", "path", "best", "points", "parts_present", "mean",
)  # fmt: skip
"""What is not told of a measure whose result did not count."""
_COUNTS: Final = ("points", "weight_present", "items_present", "parts_present", "across", "argument")
"""What does not read as a percentage."""
_WORDY: Final = (
    "best", "floor", "cap", "earned_bounded", "items_present", "parts_present", "weight_present", "argument",
)  # fmt: skip
"""What is said in words as well as in numbers."""
_SCORE: Final = "\0"
_WIDER: Final = ("team", "department")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column of a measure belongs: to a part of the period and to one of several ways, if to any."""

    part: str = ""
    way: PathNode | None = None
    column: str = ""
    """What the columns of the way start with."""


class StepTeller:
    """Tells the steps of one payee under one plan."""

    def __init__(self, rules: Rules, plan: ResolvedPlan, row: Row, results: pl.DataFrame, wording: Wording) -> None:
        self._rules, self._plan, self._results, self._wording = rules, plan, results, wording
        self._by_kpi = {name for name, table in rules.ruleset.tables.items() if "kpi" in table.keys}
        unpaid = {node.path for node in plan.measures() if row.get(f"{node.path}.source") == SOURCES["zero"]}
        self._left_out = {
            node.path for node in plan.measures() if row.get(f"{node.path}.source") == SOURCES["reweight"]
        }
        self._uncounted = unpaid | self._left_out
        self._percent = not points(plan)
        """Whether rates and scores read as percentages."""
        self._row = {**row, **{f"{path}.rate": Decimal(0) for path in unpaid}}

    @property
    def _colon(self) -> str:
        return ": " if self._wording.language == "en" else " : "

    def of_node(self, node: Node, steps: Iterable[Row]) -> Iterator[Told]:
        """The steps of one node, in order; what was not worked out for this payee is left out."""
        places = _places(node) if isinstance(node, MeasureNode) else {}
        tellers: Mapping[str, Callable[[Node, Row, Place], str | None]] = {
            "result": self._result, "source": self._source, "actual": self._actual, "attainment": self._attainment,
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

    def _sentence(self, step: Row) -> str:
        return self._filled(step["sentence" if self._wording.language == "en" else "sentence_fr"])

    def _filled(self, template: str) -> str:
        return self._wording.fill(self._wording.constants(template), self._row)

    def _rounding(self, step: Row, arithmetic: str) -> str:
        """How the number was rounded, where there was anything to round."""
        if step["places"] is None or not any(sign in arithmetic for sign in _SIGNS):
            return ""
        return f", {self._rounded(step)}"

    def _rounding_of(self, step: Row, sentence: str) -> str:
        """How a formula's number was rounded, where the formula is more than a number."""
        calculated = any(sign in sentence.rpartition(self._colon)[2] for sign in (" * ", " / ", "("))
        return f", {self._rounded(step)}" if calculated and step["places"] is not None else ""

    def _rounded(self, step: Row) -> str:
        return self._wording.rounded(step["rounding" if self._wording.language == "en" else "rounding_fr"])

    def _result(self, node: Node, step: Row, place: Place) -> str | None:
        assert isinstance(node, MeasureNode)
        value = self._row.get(step["column"])
        if node.of != "company" and self._row.get(node.of) is None:
            return self._nobodys(node, step)
        if value is None:
            none = "no result" if self._wording.language == "en" else "pas de résultat"
            return f"{self._sentence(step)}{self._colon}{none}"
        worked = self._worked(node, ResultKey(node.kpi_name, node.of, place.part), value)
        return f"{self._sentence(step)}{self._colon}{worked}"

    def _nobodys(self, node: MeasureNode, step: Row) -> str:
        """The result of a team or department that the payee has none of."""
        whose = node.of if self._wording.language == "en" else {"team": "équipe"}.get(node.of, "service")
        said = self._sentence(step).partition(", ")[0]
        if self._wording.language == "en":
            return f"{said}, of no {whose} (`{node.of}` is empty): no result"
        return f"{said}, d'aucun{'e' if whose == 'équipe' else ''} {whose} (« {node.of} » est vide) : pas de résultat"

    def _worked(self, node: MeasureNode, key: ResultKey, value: Decimal) -> str:
        """A result with what it was divided from and how many facts stand behind it."""
        rounded = self._wording.rounded(node.kpi.rounding.sentence(self._wording.language))
        subject = "company" if key.subject_kind == "company" else self._row[key.subject_kind]
        period = key.period(self._plan.period).name
        found = self._results.filter(kpi=key.kpi, subject_kind=key.subject_kind, subject=subject, period=period)
        number, text = self._wording.number, self._valued(value, percent=node.kpi.compute.in_percent)
        if node.kpi.unit:
            text += f" {self._label(node.kpi.unit)}"
        (facts,) = found.rows(named=True) or [{"numerator": None, "denominator": None, "n": None}]
        if facts["denominator"] is not None:
            quotient = f"{number(facts['numerator'])} ÷ {number(facts['denominator'])}"
            text = f"{quotient} = {text}, {rounded}"
        elif facts["numerator"] is not None and facts["numerator"] != value:
            text = f"{number(facts['numerator'])}, {rounded}{self._colon}{text}"
        return text if facts["n"] is None else f"{text}, n = {facts['n']}"

    def _valued(self, value: Number, *, percent: bool) -> str:
        shown = self._wording.number(value)
        return f"{shown} = {self._wording.percent(value)}" if percent and value and "÷" not in shown else shown

    def _label(self, label: Label) -> str:
        return label.get(self._wording.language) or next(iter(label.values()))

    def _source(self, node: Node, step: Row, place: Place) -> str | None:
        assert isinstance(node, MeasureNode)
        code = self._row.get(step["column"])
        if code is None:
            return None
        source = next(name for name, each in SOURCES.items() if each == code)
        return SOURCE_WORDS[self._wording.language][source] + self._why(node, source)

    def _why(self, node: MeasureNode, source: str) -> str:
        """Why another result than the own one counts."""
        english = self._wording.language == "en"
        if node.parts and source != "own":
            return ": no part of the period counts" if english else " : aucune partie de la période ne compte"
        told = self._few(node, "", missed=source != "own")
        if told or source == "own":
            return told and f"{self._colon}{told}"
        return ": there is no own result" if english else " : pas de résultat propre"

    def _few(self, node: MeasureNode, part: str, *, missed: bool) -> str:
        """How many facts there are and are needed; nothing where that does not matter."""
        reliability, count = node.kpi.reliability, self._row.get(ResultKey(node.kpi_name, node.of, part).answers)
        if not reliability or count is None or (missed and count >= reliability.at_least):
            return ""
        least = reliability.at_least
        if self._wording.language == "en":
            return f"n = {count}, at least {least} needed"
        return f"n = {count}, il en faut {least}"

    def _actual(self, node: Node, step: Row, place: Place) -> str | None:
        assert isinstance(node, MeasureNode)
        value, code = self._row.get(step["column"]), self._row.get(f"{node.path}.source")
        if place.part:
            own = self._row.get(ResultKey(node.kpi_name, node.of, place.part).column)
            if value is not None or own is None:
                return None
            told = self._few(node, place.part, missed=True)
            return f"{'does not count' if self._wording.language == 'en' else 'ne compte pas'}{self._colon}{told}"
        if value is None or code == SOURCES["own"]:
            return None
        for name in (*_WIDER, PREVIOUS):
            if code == SOURCES[name]:
                key = ResultKey(node.kpi_name, node.of, PREVIOUS)
                if name in _WIDER:
                    key = ResultKey(node.kpi_name, name)  # type: ignore[arg-type]
                whose = "" if name == PREVIOUS else f"{self._row[name]}{self._colon}"
                return whose + self._worked(node, key, value)
        return self._wording.number(value)

    def _attainment(self, node: Node, step: Row, place: Place) -> str | None:
        assert isinstance(node, MeasureNode)
        assert place.way is not None
        kind, value, language = place.way.attainment, self._row.get(step["column"]), self._wording.language
        numbers = compared(node, place.way, self._row, self._by_kpi, place.part)
        if value is None:
            lacks = [name for name in place.way.parameters if numbers[name] is None]
            missing = ", ".join(f"{PARAMETERS[language].get(name, name)} {self._wording.value(None)}" for name in lacks)
            return f"{kind.words[language]}{self._colon}{missing}" if lacks else None
        if exact_attainment(node, place.way, numbers) is None:
            words = kind.otherwise.get(language, kind.words[language])
            return f"{words}{self._colon}{self._valued(value, percent=kind.in_percent)}"
        return self._told(step, percent=kind.in_percent)

    def _rate(self, node: Node, step: Row, place: Place) -> str | None:
        assert place.way is not None
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
        if step["places"] is None or any(sign in arithmetic for sign in _SIGNS):
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


def _places(node: MeasureNode) -> dict[str, Place]:
    """Where each column of a measure belongs."""
    places = {}
    for part in [part.name for part in node.parts] or [""]:
        prefix = f"{node.path}.{part}" if part else node.path
        for column in (ResultKey(node.kpi_name, node.of, part).column, f"{prefix}.actual", f"{prefix}.{PATH}"):
            places[column] = Place(part)
        places[f"{prefix}.rate"] = Place(part)
        for way in node.paths:
            start = f"{prefix}.{way.name}" if way.name else prefix
            place = Place(part, way, start)
            places |= {f"{start}.{name}": place for name in ("attainment", "rate", "rate.across")}
    return places


def _number(step: Row) -> int:
    """Which modifier or gate of its node a step is, from 0."""
    return int(step["column"].rsplit("_", 1)[1]) - 1
