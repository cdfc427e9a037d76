"""Results of one payee in words: whose counts, from which facts, and what a sentence of the run becomes for a payee."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from incentive_engine.compiler.credibility import CREDIBILITY, WEIGHTED
from incentive_engine.compiler.explaining import SOURCE_WORDS
from incentive_engine.compiler.inputs import PREVIOUS, ResultKey
from incentive_engine.compiler.measures import OWN_SOURCES, PATH, SOURCES
from incentive_engine.compiler.telling import filled
from incentive_engine.engine.comparing import points
from incentive_engine.engine.over_results import read_by
from incentive_engine.engine.recalled import STINT
from incentive_engine.engine.wording import Number, Row, Wording, readable_limits
from incentive_engine.kinds.base import Label, SubjectKind
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.kinds.windows import ASSIGNMENT
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import Kpi
from incentive_engine.rulesets.resolving import MeasureNode, Node, PathNode, ResolvedPlan

SIGNS: Final = ("+ ", "− ", "× ", "÷ ")
_ASKED: Final = {"en": " of {} asked", "fr": " sur {} interrogés"}
_BETWEEN: Final = {
    "en": ", between {} and {} with 95% confidence",
    "fr": ", entre {} et {} avec 95\u00a0% de confiance",
}
_WIDER: Final = ("team", "department")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column of a measure belongs: to a part of the period and to one of several ways, if to any."""

    part: str = ""
    of: SubjectKind = "payee"
    """Whose result it is, where it is one."""
    way: PathNode | None = None
    column: str = ""
    """What the columns of the way start with."""


class ResultTeller:
    """Tells the results of one payee under one plan."""

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

    def _sentence(self, step: Row) -> str:
        return self._filled(step["sentence" if self._wording.language == "en" else "sentence_fr"])

    def _filled(self, template: str) -> str:
        return self._wording.fill(self._wording.constants(template), self._row)

    def _rounding(self, step: Row, arithmetic: str) -> str:
        """How the number was rounded, where there was anything to round."""
        if step["places"] is None or not any(sign in arithmetic for sign in SIGNS):
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
        if place.of != "company" and self._row.get(place.of) is None:
            return self._nobodys(node, place.of)
        if value is None:
            none = "no result" if self._wording.language == "en" else "pas de résultat"
            return f"{self._sentence(step)}{self._colon}{none}"
        worked = self._worked(node, ResultKey(node.kpi_name, place.of, place.part), value)
        return f"{self._sentence(step)}{self._colon}{worked}"

    def _nobodys(self, node: MeasureNode, of: SubjectKind) -> str:
        """The result of a team or department that the payee has none of."""
        whose = of if self._wording.language == "en" else {"team": "équipe"}.get(of, "service")
        said = self._filled(node.measured(self._wording.language))
        if self._wording.language == "en":
            return f"{said}, of no {whose} (`{of}` is empty): no result"
        return f"{said}, d'aucun{'e' if whose == 'équipe' else ''} {whose} (« {of} » est vide) : pas de résultat"

    def _worked(self, node: MeasureNode, key: ResultKey, value: Decimal) -> str:
        """A result with what it was worked out from and how many facts stand behind it."""
        compute, language = node.kpi.compute, self._wording.language
        rounded = self._wording.rounded(node.kpi.rounding.sentence(language))
        number, text = self._wording.number, self._valued(value, percent=compute.in_percent)
        if node.kpi.unit:
            text += f" {self._label(node.kpi.unit)}"
        facts = self._printed(key)
        if facts["denominator"] is not None:
            quotient = f"{number(facts['numerator'])} ÷ {number(facts['denominator'])}"
            text = f"{quotient} = {text}, {rounded}"
        elif facts["numerator"] is not None and facts["numerator"] != value:
            text = f"{number(facts['numerator'])}, {rounded}{self._colon}{text}"
        elif isinstance(compute, OverKpis):
            text = f"{self._read(node.kpi, compute, key)} = {text}, {rounded}"
        if facts["n"] is None:
            return text
        asked = "" if facts["invited"] is None else _ASKED[language].format(number(facts["invited"]))
        picked = compute.picked(facts["n"], language)
        return f"{text}, {picked or 'n = ' + str(facts['n'])}{asked}{self._between(facts, compute.in_percent)}"

    def _between(self, facts: Row, in_percent: bool) -> str:
        """The interval of a result, where it has one."""
        if facts["low"] is None or facts["low"] == facts["high"]:
            return ""
        show = self._wording.percent if in_percent else self._wording.number
        return _BETWEEN[self._wording.language].format(*map(show, readable_limits(facts["low"], facts["high"])))

    def _printed(self, key: ResultKey) -> Row:
        """The row of the KPI table."""
        subject = "company" if key.subject_kind == "company" else self._row[key.subject_kind]
        period = key.period(self._plan.period).name
        found = self._results.filter(kpi=key.kpi, subject_kind=key.subject_kind, subject=subject, period=period)
        of_stint = self._rules.ruleset.kpis[key.kpi].over == ASSIGNMENT
        first, last = (of_stint and self._row.get(STINT)) or (None, None)
        found = found.filter(pl.col("from").eq_missing(first), pl.col("to").eq_missing(last))
        (row,) = found.rows(named=True) or [dict.fromkeys(found.columns)]
        return row

    def _read(self, kpi: Kpi, compute: OverKpis, key: ResultKey) -> str:
        """A formula over KPIs with the results that it read."""
        read = read_by(kpi, key, self._plan.period)
        results = {name: self._printed(each)["value"] for name, each in read.items()}
        return self._wording.fill(filled(compute.value, lambda name: f"{{{name}!r}}"), results)

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
        own = source in ("own", WEIGHTED)
        if node.parts and not own:
            return ": no part of the period counts" if english else " : aucune partie de la période ne compte"
        told = self._few(node, "", missed=not own)
        if told or own:
            return told and f"{self._colon}{told}"
        return f"{self._colon}{self._nothing(node, '')}"

    def _nothing(self, node: MeasureNode, part: str) -> str:
        """Which result is missing, where no own one counts: itself, or the one that it is weighted with."""
        key, reliability = ResultKey(node.kpi_name, node.of, part), node.kpi.reliability
        counted = self._row.get(key.column) is not None and self._row.get(key.answers) is not None
        if not counted or reliability is None or reliability.credibility is None:
            return "there is no own result" if self._wording.language == "en" else "pas de résultat propre"
        if self._wording.language == "en":
            return "there is no wider result to weight the own one with"
        return "pas de résultat plus large pour pondérer le résultat propre"

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
            told = self._few(node, place.part, missed=True) or self._nothing(node, place.part)
            return f"{'does not count' if self._wording.language == 'en' else 'ne compte pas'}{self._colon}{told}"
        if value is None or code in OWN_SOURCES:
            return None
        for name in (*_WIDER, PREVIOUS):
            if code == SOURCES[name]:
                key = ResultKey(node.kpi_name, node.of, PREVIOUS)
                if name in _WIDER:
                    key = ResultKey(node.kpi_name, name)  # type: ignore[arg-type]
                whose = "" if name == PREVIOUS else f"{self._row[name]}{self._colon}"
                return whose + self._worked(node, key, value)
        return self._wording.number(value)


def places_of(node: MeasureNode) -> dict[str, Place]:
    """Where each column of a measure belongs."""
    places: dict[str, Place] = {}
    for part in [part.name for part in node.parts] or [""]:
        prefix = f"{node.path}.{part}" if part else node.path
        kinds: tuple[SubjectKind, ...] = (node.of, "team", "department")
        places |= {ResultKey(node.kpi_name, of, part).column: Place(part, of) for of in kinds}
        places |= {f"{prefix}.{name}": Place(part) for name in ("actual", CREDIBILITY, WEIGHTED, PATH, "rate")}
        for way in node.paths:
            start = f"{prefix}.{way.name}" if way.name else prefix
            place = Place(part, node.of, way, start)
            places |= {f"{start}.{name}": place for name in ("attainment", "rate", "rate.across")}
    return places
