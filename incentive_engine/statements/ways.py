"""From a result to a rate: one way, or several of which the best counts, on the whole period or on each part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeAlias

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.compiler.measures import PATH, TARGET, target_column
from incentive_engine.compiler.telling import Names
from incentive_engine.engine.comparing import Number, compared, exact_attainment, result_column
from incentive_engine.periods import Period
from incentive_engine.rulesets.resolving import MeasureNode, PathNode
from incentive_engine.statements.curves import CurveWriter, across_line
from incentive_engine.statements.languages import REMEMBERED
from incentive_engine.statements.prorating import WorkWriter
from incentive_engine.statements.reading import Reading, Row, Show, in_percent, number_in
from incentive_engine.statements.sketching import SketchWriter, drawable
from incentive_engine.statements.values import Line, Sketch

Results: TypeAlias = Callable[[str], Iterator[Line]]
"""How a result came about, by the name of its period; nothing where it is simply there."""


class WayWriter:
    """One way of a measure, in one language."""

    def __init__(self, reading: Reading, node: MeasureNode, way: PathNode) -> None:
        self._reading, self._node, self._way = reading, node, way
        numbers, kind = reading.language.numbers, way.attainment
        percent = kind.in_percent or (in_percent(node.kpi) and not kind.ranked)
        self._value: Show = numbers.percent if in_percent(node.kpi) else numbers.number
        self._attained: Show = numbers.percent if percent else numbers.number
        self._percent = percent
        self._attainment: Callable[[Number, tuple[tuple[str, Number | None], ...]], Line]
        self._attainment = lru_cache(REMEMBERED)(self._attainment_of)
        self._curve = CurveWriter(reading, way.curve, self._attained, reading.score)
        self._sketch = None
        if drawable(way.curve):
            title = " · ".join(filter(None, (str(reading.words["card"]["curve"]), self.name)))
            self._sketch = SketchWriter(reading, way.curve, title, self._attained)
        self._unit = f" {reading.language.label(node.kpi.unit)}" if node.kpi.unit else ""
        proration = reading.plan.proration if node.for_presence else None
        self._work = None if proration is None else WorkWriter(reading, proration)

    @property
    def curve(self) -> str:
        """The curve in words."""
        language = self._reading.language.of_rules
        return self._reading.in_words(self._way.curve.sentence(language, percent=self._percent))

    @property
    def name(self) -> str:
        """What the way is called, where there are several."""
        return self._way.name.replace("_", " ")

    def sketch(self, row: Row) -> Sketch | None:
        """The curve with the payee's results on it; None where it cannot be drawn, or no result led to a rate."""
        if self._sketch is None:
            return None
        parts, own = [part.name for part in self._node.parts] or [""], []
        for part in parts:
            prefix = ".".join(filter(None, (self._node.path, part, self._way.name)))
            attainment, rate = number_in(row, f"{prefix}.attainment"), number_in(row, f"{prefix}.rate")
            if attainment is not None and rate is not None:
                own.append((attainment, rate))
        return self._sketch.sketch(own) if own else None

    def against(self, row: Row) -> Iterator[tuple[str, str]]:
        """What the result is held against."""
        words, numbers = self._reading.words["card"], self._numbers(row, "")
        after = f" · {self.name}" if self.name else ""
        for name in self._way.parameters:
            value = numbers[name]
            shown = str(self._reading.words["missing"]) if value is None else self._value(value) + self._unit
            yield words["parameters"][name] + after, shown
        if self._way.among is not None and numbers["size"] is not None:
            write = self._reading.language.numbers.number
            counts = {name: write(value) for name, value in numbers.items() if value is not None}
            yield words["ranked"] + after, str(words["standing"]).format(**counts)

    def lines(self, row: Row, part: str, prefix: str) -> Iterator[Line]:
        """Attainment and rate; nothing but the reason where the way leads nowhere."""
        attainment = number_in(row, f"{prefix}.attainment")
        if attainment is None:
            numbers, words = self._numbers(row, part), self._reading.words
            lacks = [words["card"]["parameters"][name] for name in self._way.parameters if numbers[name] is None]
            why = str(words["steps"]["lacks"]).format(what=", ".join(lacks)) if lacks else ""
            yield Line(words["steps"]["attainment"], str(words["steps"]["not_possible"]), "", why)
            return
        yield from self._reduced(row)
        yield self._attainment(attainment, tuple(self._numbers(row, part).items()))
        rate, across = number_in(row, f"{prefix}.rate"), number_in(row, f"{prefix}.rate.across")
        if self._way.curve.across is not None and across is not None:
            formula = self._reading.formula(self._way.curve.across, Names(self._node.of, part))
            yield across_line(self._reading, formula.with_values(row), across)
        if rate is None:
            yield Line(self._reading.words["steps"]["rate"], str(self._reading.words["steps"]["no_rate"]))
        else:
            yield self._curve.line(self._reading.words["steps"]["rate"], attainment, across, rate)

    def _reduced(self, row: Row) -> Iterator[Line]:
        """How the target is less for who was away."""
        if self._work is not None:
            node, reduced = self._node, number_in(row, target_column(self._node, self._way))
            whole = self._reading.parameter(self._way.parameters.get(TARGET), row, node.kpi_name)
            yield from self._work.lines(row, whole, reduced, node.kpi.rounding, self._value)

    def _numbers(self, row: Row, part: str) -> dict[str, Number | None]:
        return compared(self._node, self._way, row, self._reading.by_kpi, part)

    def _attainment_of(self, attainment: Number, compared: tuple[tuple[str, Number | None], ...]) -> Line:
        kind, language, reading = self._way.attainment, self._reading.language.of_rules, self._reading
        name, shown, numbers = reading.words["steps"]["attainment"], self._attained(attainment), dict(compared)
        exact = exact_attainment(self._node, self._way, numbers)
        if exact is None:
            return Line(name, shown, "", kind.otherwise.get(language, kind.words[language]))
        count, inside = reading.language.numbers.number, reading.language.numbers.inside
        written = {
            each: inside(value, self._value if each == "actual" or each in self._way.parameters else count)
            for each, value in numbers.items()
            if value is not None
        }
        if numbers["actual"] is not None and kind.arithmetic.startswith("{actual}"):
            written["actual"] = self._value(numbers["actual"])
        arithmetic = kind.arithmetic.format_map(written)
        note = reading.rounded(self._way.attainment_rounding, exact, attainment, self._attained)
        notes = [kind.words[language], note]
        return Line(name, shown, "" if arithmetic == shown else arithmetic, ", ".join(filter(None, notes)))


class WaysWriter:
    """All ways of a measure, in one language."""

    def __init__(self, reading: Reading, node: MeasureNode) -> None:
        self._reading, self._node = reading, node
        self._ways = [WayWriter(reading, node, way) for way in node.paths]
        self.curves = tuple((way.name, way.curve) for way in self._ways)
        """The curves in words, each with the name of its way."""
        self._titles = {part.name: reading.language.period(part.name, part.start) for part in node.parts}

    def sketches(self, row: Row) -> tuple[Sketch, ...]:
        """The curves drawn, way by way."""
        return tuple(sketch for way in self._ways if (sketch := way.sketch(row)) is not None)

    def against(self, row: Row) -> tuple[tuple[str, str], ...]:
        """What the result is held against, way by way."""
        return tuple(pair for way in self._ways for pair in way.against(row))

    def why_not(self, row: Row, part: str = "") -> str:
        """Why the own result, of the period or of a part of it, does not count."""
        words, key = self._reading.words["reason"], ResultKey(self._node.kpi_name, self._node.of, part)
        reliability, count = self._node.kpi.reliability, row.get(key.answers)
        if reliability is None or count is None or row.get(key.column) is None:
            return str(words["none"])
        if count >= reliability.at_least:
            return str(words["no_wider"])
        least = self._reading.language.numbers.number(reliability.at_least)
        return self._reading.language.plural(words["few"], count, least=least)

    def counted(self, row: Row) -> int:
        """How many parts of the period have a rate."""
        return sum(number_in(row, f"{self._node.path}.{part.name}.rate") is not None for part in self._node.parts)

    def lines(self, row: Row, result: Results, taken: Period) -> Iterator[Line]:
        """From results to the rate; `taken`: the period whose result counts."""
        if not self._node.parts:
            yield from result(taken.name)
            yield from self._of(row, "", self._node.path)
            return
        for part in self._node.parts:
            yield Line(self._titles[part.name], "", heading=True)
            yield from self._part(row, part.name, result)
        yield Line(self._reading.words["steps"]["all_parts"], "", heading=True)
        yield self._mean(row)

    def _part(self, row: Row, part: str, result: Results) -> Iterator[Line]:
        words, node = self._reading.words, self._node
        if number_in(row, result_column(node, row, part)) is None:
            yield Line(words["steps"]["result"], words["card"]["no_result"], "", self.why_not(row, part))
            return
        yield from result(part)
        yield from self._of(row, part, f"{node.path}.{part}")

    def _of(self, row: Row, part: str, prefix: str) -> Iterator[Line]:
        """Every way of one result, and the best of them."""
        words, percent = self._reading.words["steps"], self._reading.score
        if len(self._ways) == 1:
            yield from self._ways[0].lines(row, part, prefix)
            return
        rates = []
        for way, node in zip(self._ways, self._node.paths, strict=True):
            yield Line(str(words["way"]).format(way=way.name), "", heading=True)
            yield from way.lines(row, part, f"{prefix}.{node.name}")
            rate = number_in(row, f"{prefix}.{node.name}.rate")
            rates += [] if rate is None else [percent(rate)]
        which, rate = row.get(f"{prefix}.{PATH}"), number_in(row, f"{prefix}.rate")
        if rate is not None and which is not None:
            listed = f"max({self._reading.listed(rates)})" if len(rates) > 1 else ""
            yield Line(words["best_way"], "", heading=True)
            note = str(words["best"]).format(way=self._ways[which].name)
            yield Line(words["rate"], percent(rate), listed, note)

    def _mean(self, row: Row) -> Line:
        words, percent, node = self._reading.words["steps"], self._reading.score, self._node
        rates = [number_in(row, f"{node.path}.{part.name}.rate") for part in node.parts]
        present = [rate for rate in rates if rate is not None]
        rate = number_in(row, f"{node.path}.rate")
        if rate is None or not present:
            return Line(words["rate"], self._reading.words["card"]["no_result"])
        points, rounding = number_in(row, f"{node.path}.points"), self._node.paths[0].curve.rounding
        assert points is not None, "the rates were added up"
        exact = points / len(present)
        note = self._reading.rounded(None if isinstance(rounding, str) else rounding, exact, rate, percent)
        inside = self._reading.language.numbers.inside
        shown = " + ".join(inside(each, percent) for each in present)
        count = self._reading.language.numbers.number(len(present))
        return Line(words["rate"], percent(rate), f"({shown}) ÷ {count}", note)
