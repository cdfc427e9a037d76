"""Evidence in words: a sentence of the catalogue, its values written as the reader's language writes them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from math import floor, log10
from pathlib import Path
from string import Formatter
from typing import Any, Final

from incentive_engine.audit.findings import Evidence, InUnit
from incentive_engine.kinds.base import Label
from incentive_engine.statements.languages import Language, language

_WORDS: Final = Path(__file__).parent / "words"
_APART: Final = re.compile(r" (?=[:;?!»%])|(?<=«) ")
_DIGITS: Final = 3
"""Of a statistic, as it is printed: more would claim more than it knows."""


@cache
def reader(code: str, currency: str) -> Language:
    """A language, with the words of audits; signs that French sets apart stay on the line of the word before."""
    found = language(code, currency, _WORDS)
    return replace(found, words=typeset(found.words))


def typeset(words: Any) -> Any:
    """Words whose signs that French sets apart stay on the line of the word before."""
    if isinstance(words, Mapping):
        return {name: typeset(each) for name, each in words.items()}
    if isinstance(words, list):
        return [typeset(each) for each in words]
    return _APART.sub("\u00a0", words) if isinstance(words, str) else words


def told(found: Evidence, reader: Language) -> str:
    """The sentence of a piece of evidence."""
    return Told(reader).vformat(str(reader.words["evidence"][found.code]), (), found.values)


class Told(Formatter):
    """Fills sentences: `{share:percent}`, `{day:date}`; each way to write a value is a method of that name."""

    def __init__(self, reader: Language) -> None:
        self._reader = reader

    def format_field(self, value: Any, format_spec: str) -> str:
        """One value, as the sentence asks for it."""
        if not format_spec:
            return str(value)
        return str(getattr(self, f"_{format_spec}")(value))

    def _count(self, value: float) -> str:
        return self._reader.numbers.number(round(value))

    _whole = _count

    def _decimals(self, value: float) -> str:
        return self._reader.numbers.number(Decimal(f"{value:.2f}"))

    def _percent(self, value: float) -> str:
        """To the whole percent, to a tenth where little is left."""
        return self._reader.numbers.percent(Decimal(f"{value:.3f}" if abs(value) < 0.1 else f"{value:.2f}"))

    def _money(self, value: float) -> str:
        return self._reader.numbers.money(Decimal(f"{value:.0f}"))

    def _date(self, day: dt.date) -> str:
        return self._reader.date(day)

    def _label(self, label: Label) -> str:
        return self._reader.nearest(label)

    def _unit(self, value: InUnit) -> str:
        """Three digits, with the unit."""
        number = significant(value.value * (100 if value.percent else 1))
        if value.percent:
            return self._reader.numbers.percent(number.scaleb(-2))
        unit = f" {self._reader.nearest(value.unit)}" if value.unit else ""
        return self._reader.numbers.number(number) + unit

    def _apart(self, value: InUnit) -> str:
        """A difference: that of two percentages is in points."""
        if not value.percent:
            return self._unit(value)
        return f"{self._reader.numbers.number(significant(value.value * 100))} {self._reader.words['points']}"

    def _subjects(self, kind: str) -> str:
        return str(self._reader.words["subjects"][kind])

    def _whose(self, kind: str) -> str:
        return str(self._reader.words["whose"][kind])

    def _tiers(self, kind: str) -> str:
        return str(self._reader.words["tiers"][kind])

    def _language(self, code: str) -> str:
        return str(self._reader.words["languages"].get(code, code))

    def _list(self, names: Sequence[str | Label]) -> str:
        *others, last = (self._reader.nearest(each) if isinstance(each, dict) else str(each) for each in names)
        return f"{', '.join(others)} {self._reader.words['and']} {last}" if others else last


def significant(value: float) -> Decimal:
    """A number to three digits that count; whole numbers are never cut."""
    if value == 0:
        return Decimal(0)
    places = max(0, _DIGITS - 1 - floor(log10(abs(value))))
    return Decimal(f"{value:.{places}f}")
