"""A reader's language: page words from one catalogue file, numbers and dates as Unicode CLDR (Babel) writes them.

A language is a file under `words/`: nothing else names it. Babel's patterns are read once and applied by hand, since
its own formatting costs some thirty times as much per number, and rounds unless it is told not to.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import (
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
)

from incentive_engine.currencies import minor_digits
from incentive_engine.engine.comparing import Number
from incentive_engine.kinds.base import Label
from incentive_engine.kinds.wording import AnyLanguage
from incentive_engine.rulesets.decisions import Decision
from incentive_engine.rulesets.resolving import UNTRANSLATED
from incentive_engine.statements.catalogues import OURS, Words, added_words, has, words_in
from incentive_engine.statements.digits import printed, quotient

DEFAULT: Final = "en"
_MINUS: Final = "−"
_SIGN: Final = "¤"
_MINUS_BEFORE: Final = re.compile(r"(?<![\w.,-])-(?=\d)")
_POINT: Final = re.compile(r"(?<=\d)\.(?=\d)")
REMEMBERED: Final = 1 << 13


class Numbers:
    """Numbers as one locale writes them: every digit that was used, none that was not.

    Each is remembered: a page prints the same rate and the same target again and again.
    """

    def __init__(self, locale: Locale, currency: str) -> None:
        percent, money = locale.percent_formats[None], locale.currency_formats["standard"]
        symbol = get_currency_symbol(currency, locale)
        before, after = (text.replace(_SIGN, symbol) for text in (money.prefix[0], money.suffix[0]))
        self._moneys = (f"{before}\u00a0" if before[-1:].isalpha() else before, after)
        self._percents = (percent.prefix[0], percent.suffix[0])
        self._marks = {ord(","): get_group_symbol(locale), ord("."): get_decimal_symbol(locale)}
        self._points = (get_decimal_symbol(locale), self._percents[1])
        self.minor_digits = minor_digits(currency)
        self.number: Callable[[Number | int], str] = lru_cache(REMEMBERED)(self._number)
        """All digits, without needless zeros."""
        self.percent: Callable[[Number], str] = lru_cache(REMEMBERED)(self._percent)
        """A share of 1 as a percentage."""
        self.money: Callable[[Number], str] = lru_cache(REMEMBERED)(self._money)
        """An amount with the currency's minor digits, and more where there are more."""

    def inside(self, value: Number | int, show: Callable[[Number], str]) -> str:
        """A number inside arithmetic: in brackets where it is negative, and as a division where it has no end."""
        number = Decimal(value) if isinstance(value, int) else value
        divided = quotient(number)
        if divided is not None:
            return f"({self._number(divided[0])} ÷ {self._number(divided[1])})"
        shown = show(number)
        return f"({shown})" if number < 0 else shown

    def rewritten(self, text: str) -> str:
        """A text with its numbers, written as rules write them, as the language writes them."""
        mark, percent = self._points
        return _MINUS_BEFORE.sub(_MINUS, _POINT.sub(mark, text)).replace("%", percent)

    def _number(self, value: Number | int) -> str:
        return self._signed(printed(value), 0, ("", ""))

    def _percent(self, value: Number) -> str:
        return self._signed(printed(value).scaleb(2), 0, self._percents)

    def _money(self, value: Number) -> str:
        return self._signed(printed(value), self.minor_digits, self._moneys)

    def _signed(self, value: Decimal, digits: int, around: tuple[str, str]) -> str:
        whole, _, decimals = f"{abs(value):,f}".partition(".")
        decimals = decimals.rstrip("0").ljust(digits, "0")
        text = (f"{whole}.{decimals}" if decimals else whole).translate(self._marks)
        return f"{_MINUS if value < 0 else ''}{around[0]}{text}{around[1]}"


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the pages."""

    code: str
    words: Words
    locale: Locale
    currency: str
    numbers: Numbers
    added: Path | None = None
    """The file of a language that does not come with the engine."""

    @property
    def of_rules(self) -> AnyLanguage:
        """The language in which the vocabulary of the rules tells what it does."""
        return self.added or ("fr" if self.code == "fr" else "en")

    def date(self, day: dt.date) -> str:
        """A day, the month in letters."""
        return self._day(day, self.words["day"])

    def span(self, first: dt.date, last: dt.date) -> str:
        """From one day to another, both included, and how many they are; month and year once where they are one."""
        pattern = "day" if first.year != last.year else "day_and_month" if first.month != last.month else "day_alone"
        begins = self._day(first, self.words[pattern])
        form = self.words["span" if first != last else "single"]
        count = self.plural(self.words["days"], (last - first).days + 1)
        return f"{form.format(first=begins, last=self.date(last))}, {count}"

    def days(self, first: dt.date, last: dt.date) -> str:
        """The same, to begin with."""
        span = self.span(first, last)
        return span[0].upper() + span[1:]

    def _day(self, day: dt.date, pattern: str) -> str:
        text = format_date(day, pattern, self.locale)
        return text.replace("1", self.words["first"], 1) if day.day == 1 else text

    def money_in(self, currency: str) -> Callable[[Number], str]:
        """How amounts in a currency are written, whatever that of the rules is."""
        return _numbers(self.locale, currency).money

    def amounts(self, amounts: Mapping[str, Decimal]) -> str:
        """Amounts by currency, side by side: those of two currencies are never added."""
        shown = ""
        for currency, amount in amounts.items():
            show, sign = self.money_in(currency), _MINUS if amount < 0 else "+"
            shown = f"{shown} {sign} {show(abs(amount))}" if shown else show(amount)
        return shown

    def decided(self, decision: Decision) -> str:
        """Who decided the rules, when, and when people were told."""
        words = self.words["origin"]
        said = str(words["decided_by"]).format(by=decision.by, day=self.date(decision.on))
        if decision.notified is not None:
            said += str(words["notified"]).format(day=self.date(decision.notified))
        return said

    def plural(self, forms: Mapping[str, str], count: int, **more: str) -> str:
        """The form of a sentence that goes with a count, the count in it."""
        form = forms.get(_plural_form(self.locale, count)) or forms["other"]
        return form.format(count=self.numbers.number(count), **more)

    def label(self, label: Label) -> str:
        """What a rule set calls something; a name that is no word of a language is the same in each."""
        return label[self.code] if self.code in label else label[UNTRANSLATED]

    def nearest(self, label: Label) -> str:
        """What a rule set calls something; in another of its languages where it lacks this one."""
        return label.get(self.code) or label.get(DEFAULT) or next(iter(label.values()))

    def period(self, name: str, start: dt.date) -> str:
        """`2026-Q3` in words."""
        year, _, rest = name.partition("-")
        if rest[:1] in ("Q", "H"):
            return str(self.words["periods"][rest]).format(year=year)
        return format_date(start, "MMMM y", self.locale) if rest else year


@dataclass(frozen=True, slots=True)
class Languages:
    """The languages of pages: those that come with the engine, and those whose words a company adds in a folder."""

    default: str = DEFAULT
    """That of whoever names none."""
    added: Path | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The languages that there are words for."""
        return tuple(sorted({*codes(), *(codes(self.added) if self.added else ())}))

    def chosen(self, wish: str | None) -> str:
        """The language that a workforce cell asks for (`fr`, `FR`, `fr-CA`), whether there are words for it or not."""
        return (wish or "").strip()[:2].lower() or self.default

    def language(self, code: str, currency: str) -> Language:
        """A language, with amounts in a currency. Raises InputProblems for a company's words that are not whole."""
        if self.added is None or not has(self.added, code):
            return language(code, currency)
        file = None if code in codes() else self.added / f"{code}.yaml"
        return _language(code, currency, added_words(self.added, code), file)


@cache
def codes(folder: Path = OURS) -> tuple[str, ...]:
    """The languages whose words a folder has; those of statements unless said."""
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))


@lru_cache(REMEMBERED)
def _plural_form(locale: Locale, count: int) -> str:
    """Which form goes with a count: Babel works it out anew each time."""
    return str(locale.plural_form(count))


@cache
def language(code: str, currency: str, folder: Path = OURS) -> Language:
    """A language, with amounts in a currency; `folder` holds its words, those of statements unless said."""
    return _language(code, currency, words_in(folder, code), None)


def _language(code: str, currency: str, words: Words, file: Path | None) -> Language:
    locale = Locale.parse(words["locale"])
    return Language(code, words, locale, currency, _numbers(locale, currency), file)


@cache
def _numbers(locale: Locale, currency: str) -> Numbers:
    return Numbers(locale, currency)
