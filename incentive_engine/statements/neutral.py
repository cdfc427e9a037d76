"""What a page prints, in a notation that is the same in every language: that of the formulas of the rules.

`24 150 × 1 × 8 % ÷ 4` is `24150*1*8%/4`, and `IF(3 >= 4 ; 1,05 ; 1)` is `IF(3>=4,1.05,1)`. What has letters or quotes
in it is read piece by piece; all the rest, which is nearly all, in one go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Final

from babel.dates import get_month_names
from babel.numbers import get_currency_symbol, get_decimal_symbol, get_group_symbol

from incentive_engine.kinds.combinations import COMBINATIONS
from incentive_engine.statements.languages import Language

MISSING: Final = "missing"
"""The name that stands for what is missing."""
_QUOTED: Final = re.compile(r'("[^"]*")')
_SPACES: Final = ("\u00a0", "\u202f", "\u2009")
_SIGNS: Final = (("×", "*"), ("÷", "/"), ("−", "-"))
_PARTED: Final = "\x1e"
_BETWEEN: Final = "\x1f"
_HOLE: Final = "\x1d"
_WORDS: Final = re.compile(r"[^\W\d_]{2}")


class Neutral:
    """One language, read."""

    def __init__(self, language: Language, currencies: Iterable[str]) -> None:
        """`currencies`: those of the amounts that are read."""
        self._language = language
        decimal, group = get_decimal_symbol(language.locale), get_group_symbol(language.locale)
        symbols = sorted({get_currency_symbol(each, language.locale) for each in currencies}, key=len, reverse=True)
        self._symbols = tuple(symbols)
        self._parting = f"{language.words['argument_sign']} "
        spaces = [(each, "") for each in _SPACES]
        self._marks = (*spaces, *_SIGNS, (group, ""), (decimal, "."), (_PARTED, ","))

    def formulas(self, texts: list[str]) -> list[str]:
        """Arithmetic, each in neutral notation."""
        plain = self.numbers(texts)
        return [self.text(text) if _WORDS.search(each) else each for text, each in zip(texts, plain, strict=True)]

    def numbers(self, texts: list[str]) -> list[str]:
        """Numbers, each in neutral notation; the units behind them in any."""
        joined = _BETWEEN.join(texts)
        if joined.count(_BETWEEN) >= len(texts):  # somebody's name holds the very mark
            return [self._plain(each) for each in texts]
        return self._plain(joined).split(_BETWEEN)

    def text(self, text: str) -> str:
        """One text; what stands in quotes in it stays as it is."""
        for words, function in self._extremes:
            if text.startswith(words):
                text = f"{function}({text.removeprefix(words).replace(', ', f'{self._argument} ')})"
        pieces = _QUOTED.split(self._days.sub(self._date, text))
        return "".join(each if each[:1] == '"' else self._of_words(each) for each in pieces)

    def _plain(self, text: str) -> str:
        """Signs and marks; arguments are parted by a comma, and nothing else is between them."""
        return self._marked(text).replace(" ", "")

    def _marked(self, text: str) -> str:
        # One look at the whole text for each mark: a table of all of them costs ten times as much.
        for symbol in self._symbols:
            text = text.replace(symbol, "")
        text = text.replace(self._parting, _PARTED)
        for mark, plain in self._marks:
            text = text.replace(mark, plain)
        return text

    @property
    def _argument(self) -> str:
        return str(self._language.words["argument_sign"])

    def _of_words(self, text: str) -> str:
        """What has words in it: spaces between them stay."""
        words, text = self._language.words, self._marked(text)
        for name, told in (
            ("TRUE", words["truth"]["yes"]),
            ("FALSE", words["truth"]["no"]),
            (MISSING, words["missing"]),
        ):
            text = re.sub(rf"(?<![\w.]){re.escape(str(told))}(?![\w.(])", name, text)
        return text

    @cached_property
    def _extremes(self) -> tuple[tuple[str, str], ...]:
        """How the lowest and the highest of several numbers are told, and the functions that give them."""
        told = (
            (COMBINATIONS[name].arithmetic([_HOLE], _nothing_kept, self._language.of_rules), name.upper())
            for name in ("min", "max")
        )
        return tuple((words.partition(_HOLE)[0], function) for words, function in told)

    @cached_property
    def _months(self) -> dict[str, int]:
        return {name: number for number, name in get_month_names("wide", locale=self._language.locale).items()}

    @cached_property
    def _days(self) -> re.Pattern[str]:
        return re.compile(rf"(\d\d?)\w* ({'|'.join(map(re.escape, self._months))}) (\d{{4}})")

    def _date(self, found: re.Match[str]) -> str:
        return f"DATE({found[3]}{self._argument} {self._months[found[2]]}{self._argument} {found[1]})"


def _nothing_kept(column: str) -> None:
    """No number of a group is told by itself."""
