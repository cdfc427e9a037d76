"""Reports in one reader's language: values as the reader writes them, sentences of the catalogue, bars to scale."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from incentive_engine.audit.telling import typeset
from incentive_engine.kinds.base import Label
from incentive_engine.simulation.reports.paper import Money, Part, Report, Said, Section, Share, Table, Value
from incentive_engine.simulation.reports.written import (
    Bar,
    Cell,
    Head,
    WrittenPart,
    WrittenReport,
    WrittenSection,
    WrittenTable,
)
from incentive_engine.statements.languages import Language, language
from incentive_engine.version import __version__

WORDS: Final = Path(__file__).parent / "words"
_NOTHING: Final = "–"
_ZERO: Final = Decimal(0)


@cache
def reader(code: str, currency: str) -> Language:
    """A language, with the words of simulations."""
    found = language(code, currency, WORDS)
    return replace(found, words=typeset(found.words))


class Writer:
    """Writes what studies show in one language."""

    def __init__(self, reader: Language) -> None:
        self._reader, self._words = reader, reader.words

    def report(self, report: Report) -> WrittenReport:
        """A whole report."""
        words = self._words
        return WrittenReport(
            language=self._reader.code,
            question=words["reports"][report.name]["title"],
            lead=words["reports"][report.name]["lead"],
            title=self._named(report.title),
            rule_set=report.rule_set,
            version=words["page"]["version"].format(version=report.version),
            period=self._reader.period(report.period, report.first_day),
            parts=tuple(map(self.part, report.parts)),
            assumptions=tuple(map(self.sentence, report.assumptions)),
            fingerprints=report.fingerprints,
            engine=f"incentive_engine {__version__}",
            colon=words["page"]["colon"],
        )

    def part(self, part: Part) -> WrittenPart:
        """What is said of one scenario."""
        return WrittenPart(self._named(part.title), tuple(map(self.section, part.sections)))

    def section(self, section: Section) -> WrittenSection:
        """One question and its answer."""
        words = self._words["sections"][section.name]
        return WrittenSection(
            name=section.name,
            title=self._filled(words["title"], section.about),
            lead=self._filled(words["lead"], section.about),
            facts=tuple((self._words["facts"][name], self.text(value)) for name, value in section.facts),
            said=tuple(map(self.sentence, section.said)),
            tables=tuple(map(self.table, section.tables)),
        )

    def table(self, table: Table) -> WrittenTable:
        """A table, each of its columns to one scale."""
        words = self._words["tables"][table.name]
        columns = list(zip(*table.rows, *([table.total] if table.total else []), strict=True))
        rows = tuple(self._row(row, bars) for row, bars in zip(table.rows, _bars(table), strict=True))
        return WrittenTable(
            name=table.name,
            title=self._filled(words["title"], table.about),
            lead=self._filled(words["lead"], table.about),
            heads=tuple(
                Head(self._head(name), bool(columns) and _is_number(columns[at]))
                for at, name in enumerate(table.columns)
            ),
            rows=rows,
            total=self._row(table.total, {}) if table.total else (),
            longest=max((len(cell.text) for row in rows for cell in row if cell.bar), default=0),
        )

    def _row(self, row: Sequence[Value], bars: Mapping[int, Bar]) -> tuple[Cell, ...]:
        return tuple(Cell(self.text(value), _order(value), value, bars.get(at)) for at, value in enumerate(row))

    def sentence(self, said: Said) -> str:
        """A sentence of the catalogue."""
        return self._filled(self._words["said"][said.key], said.values)

    def text(self, value: Value) -> str:
        """A value as the reader writes it."""
        numbers = self._reader.numbers
        match value:
            case None:
                return _NOTHING
            case str():
                return value
            case Money(amount, currency):
                return self._reader.money_in(currency)(amount)
            case Share(share):
                return numbers.percent(share)
            case Said():
                return self.sentence(value)
            case dt.date():
                return self._reader.date(value)
            case int() | Decimal():
                return numbers.number(value)
        return self._named(value)

    def _named(self, label: Label) -> str:
        """What the rules call something; signs that French sets apart stay on the line of the word before."""
        return str(typeset(self._reader.nearest(label)))

    def _head(self, column: str | Label) -> str:
        text = str(self._words["columns"][column]) if isinstance(column, str) else self._named(column)
        return text[:1].upper() + text[1:]

    def _filled(self, pattern: str | Mapping[str, str], values: Mapping[str, Value]) -> str:
        texts = {name: self.text(value) for name, value in values.items()}
        if isinstance(pattern, str):
            return pattern.format(**texts)
        count = values["count"]
        assert isinstance(count, int), "what chooses between plural forms is counted"
        return self._reader.plural(pattern, count, **{name: text for name, text in texts.items() if name != "count"})


def _number(value: Value) -> Decimal | None:
    match value:
        case Money(amount, _):
            return amount
        case Share(share):
            return share
        case int() | Decimal():
            return Decimal(value)
    return None


def _is_number(column: Iterable[Value]) -> bool:
    there = [value for value in column if value is not None]
    return bool(there) and all(_number(value) is not None for value in there)


def _order(value: Value) -> str:
    """By what a column is sorted: a number's own digits; of the rest, the reader's text."""
    number = _number(value)
    if number is not None:
        return f"{number:f}"
    return value.isoformat() if isinstance(value, dt.date) else ""


def _bars(table: Table) -> list[dict[int, Bar]]:
    """For each row its bars, by the place of their column: all to one scale."""
    places = {name: at for at, name in enumerate(table.columns) if isinstance(name, str)}
    ends = [places[name] for name in ("low", "high") if name in places]
    stretches = [
        {places[name]: _stretch(_number(row[places[name]]), [_number(row[at]) for at in ends]) for name in table.drawn}
        for row in table.rows
    ]
    drawn = [each for row in stretches for each in row.values() if each is not None]
    least, most = min((each.low for each in drawn), default=_ZERO), max((each.high for each in drawn), default=_ZERO)
    width = (most - least) or Decimal(1)
    return [{at: each.to_scale(least, width) for at, each in row.items() if each is not None} for row in stretches]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From where to where a bar goes, and what is marked on it."""

    low: Decimal
    high: Decimal
    mark: Decimal | None
    sign: str

    def to_scale(self, least: Decimal, width: Decimal) -> Bar:
        """The bar, where `width` from `least` on fills the drawing."""

        def percent(value: Decimal) -> str:
            return f"{value / width * 100:.2f}"

        return Bar(
            start=percent(self.low - least),
            length=percent(self.high - self.low),
            sign=self.sign,
            mark="" if self.mark is None else percent(self.mark - least),
            zero=percent(-least) if least < 0 else "",
        )


def _stretch(value: Decimal | None, ends: Sequence[Decimal | None]) -> _Stretch | None:
    """From nothing to the value; or from end to end, the value marked."""
    if value is None:
        return None
    sign = "down" if value < 0 else "up"
    if not ends:
        return _Stretch(min(value, _ZERO), max(value, _ZERO), None, sign)
    low, high = ends
    return None if low is None or high is None else _Stretch(low, high, value, sign)
