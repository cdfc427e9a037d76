"""A reader's language: page words from one catalogue file, numbers and dates as Unicode CLDR (Babel) writes them.

A language is a file under `words/`: nothing else names it. Babel's patterns are read once and applied by hand, since
its own formatting costs some thirty times as much per number, and rounds unless it is told not to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import (
    get_currency_precision,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
)

from incentive_engine.documents import read_document
from incentive_engine.kinds.base import Label
from incentive_engine.kinds.base import Language as RulesLanguage

Words = Mapping[str, Any]
DEFAULT: Final = "en"
_FOLDER: Final = Path(__file__).parent / "words"
_MINUS: Final = "−"
_SIGN: Final = "¤"


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers as one locale writes them: every digit that was used, none that was not."""

    marks: Mapping[int, str]
    """What `,` and `.` of Python's own formatting become."""
    percents: tuple[str, str]
    """What stands before and after a percentage."""
    moneys: tuple[str, str]
    minor_digits: int

    def number(self, value: Decimal | int) -> str:
        """All digits, without needless zeros."""
        text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
        if "." in text:
            text = text.rstrip("0").removesuffix(".")
        return self._signed(text, "", "")

    def percent(self, value: Decimal) -> str:
        """A share of 1 as a percentage."""
        text = f"{value.scaleb(2):,f}"
        if "." in text:
            text = text.rstrip("0").removesuffix(".")
        return self._signed(text, *self.percents)

    def money(self, value: Decimal) -> str:
        """An amount with the currency's minor digits, and more where there are more."""
        whole, _, decimals = f"{value:,f}".partition(".")
        decimals = decimals.rstrip("0").ljust(self.minor_digits, "0")
        return self._signed(f"{whole}.{decimals}" if decimals else whole, *self.moneys)

    def _signed(self, text: str, before: str, after: str) -> str:
        if text.startswith("-"):
            text, before = text[1:], _MINUS + before
        return f"{before}{text.translate(self.marks)}{after}"


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the pages."""

    code: str
    words: Words
    locale: Locale
    numbers: Numbers

    @property
    def of_rules(self) -> RulesLanguage:
        """The language in which the vocabulary of the rules tells what it does."""
        return "fr" if self.code == "fr" else "en"

    def date(self, day: dt.date) -> str:
        """A day, the month in letters."""
        text = format_date(day, self.words["day"], self.locale)
        return text.replace("1", self.words["first"], 1) if day.day == 1 else text

    def plural(self, forms: Mapping[str, str], count: int, **more: str) -> str:
        """The form of a sentence that goes with a count, the count in it."""
        form = forms.get(self.locale.plural_form(count)) or forms["other"]
        return form.format(count=self.numbers.number(count), **more)

    def label(self, label: Label) -> str:
        """What a rule set calls something; in another of its languages where it lacks this one."""
        return label.get(self.code) or label.get(DEFAULT) or next(iter(label.values()))

    def period(self, name: str, start: dt.date) -> str:
        """`2026-Q3` in words."""
        year, _, rest = name.partition("-")
        if rest[:1] in ("Q", "H"):
            return str(self.words["periods"][rest]).format(year=year)
        return format_date(start, "MMMM y", self.locale) if rest else year


@cache
def codes() -> tuple[str, ...]:
    """The languages that there is a catalogue for."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def chosen(wish: str | None) -> str:
    """The language that a workforce cell asks for (`fr`, `FR`, `fr-CA`), or English."""
    code = (wish or "").strip()[:2].lower()
    return code if code in codes() else DEFAULT


@cache
def language(code: str, currency: str) -> Language:
    """A language, with amounts in a currency."""
    words = read_document(_FOLDER / f"{code}.yaml").data
    locale = Locale.parse(words["locale"])
    return Language(code, words, locale, _numbers(locale, currency))


def _numbers(locale: Locale, currency: str) -> Numbers:
    percent, money = locale.percent_formats[None], locale.currency_formats["standard"]
    symbol = get_currency_symbol(currency, locale)
    before, after = (text.replace(_SIGN, symbol) for text in (money.prefix[0], money.suffix[0]))
    if before[-1:].isalpha():
        before += "\u00a0"
    marks = {ord(","): get_group_symbol(locale), ord("."): get_decimal_symbol(locale)}
    return Numbers(marks, (percent.prefix[0], percent.suffix[0]), (before, after), get_currency_precision(currency))
