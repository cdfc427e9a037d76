"""Numbers and templates in words: every digit that was used, none that was not."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any, Final, TypeAlias

from incentive_engine.kinds.base import written
from incentive_engine.kinds.wording import Language

Row: TypeAlias = Mapping[str, Any]
Number: TypeAlias = Decimal | Fraction | int
_PLACEHOLDER: Final = re.compile(r"\{([^{}]+?)(!r)?\}")
_CONSTANT: Final = re.compile(r"(?:(?<=[×÷−] )|(?<=au plus )|(?<=au moins ))\d+\.\d+|\b\d+\.\d+(?= [×÷−])")
_ITEM: Final = re.compile(r"(?:(?:[\d.,]+|\{[^{}]+\}) × )?\{([^{}]+\.(?:score|rate))\}")
"""An item of a sum or a list, with its weight where it has one."""
_PLUS_MINUS: Final = re.compile(r"\+ \(−([\d.,]+)\)")
_NONE: Final = "\0"
MISSING: Final[Mapping[Language, str]] = {"en": "missing", "fr": "manquant"}
_TRUTH: Final[Mapping[Language, Mapping[bool, str]]] = {
    "en": {True: "yes", False: "no"},
    "fr": {True: "oui", False: "non"},
}
_USUAL: Final[Mapping[Language, str]] = {
    "en": ", halves away from zero",
    "fr": ", les demis en s'éloignant de zéro",
}
"""What goes without saying of a rounding; an explanation says it once."""


class Wording:
    """One language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def number(self, value: Number, places: int = 0) -> str:
        """All digits of a number, at least `places` decimals, no needless zeros; a division where it has no end."""
        if isinstance(value, Fraction):
            ending = decimal_of(value)
            if ending is None:
                return f"{self.number(value.numerator)} ÷ {value.denominator}"
            value = ending
        text = f"{Decimal(value):f}"
        whole, _, decimals = text.partition(".")
        decimals = decimals.rstrip("0").ljust(places, "0")
        text = f"{whole}.{decimals}" if decimals else whole
        return self._localised(text.replace("-", "−"))

    def percent(self, value: Number) -> str:
        """A number as a percentage."""
        return self.number(value * 100) + ("%" if self.language == "en" else "\u00a0%")

    def value(self, value: object) -> str:
        """A value of any column."""
        match value:
            case None:
                return MISSING[self.language]
            case bool():
                return _TRUTH[self.language][value]
            case Decimal() | Fraction() | int():
                return self.number(value)
            case _:
                return str(value)

    def fill(self, template: str, row: Row) -> str:
        """A sentence with the row's values; what is not a column of the row stays as it is written.

        Items of a sum or a list that have no value were left out of it, and are left out here.
        """
        text = _ITEM.sub(lambda match: _NONE if row.get(match[1], "") is None else match[0], template)
        for sign in (" + ", ", ", " ; "):
            text = text.replace(f"{_NONE}{sign}", "").replace(f"{sign}{_NONE}", "")
        text = _PLACEHOLDER.sub(lambda match: self._placed(match, row), text.replace(_NONE, "0"))
        return _PLUS_MINUS.sub(r"− \1", text)

    def _placed(self, match: re.Match[str], row: Row) -> str:
        name, in_formula = match[1], match[2]
        if name not in row:
            return match[0]
        before = match.string[: match.start()].rstrip()[-1:]
        after = match.string[match.end() :].lstrip()[:1]
        shown = as_written(row[name]) if in_formula else self.value(row[name])
        minus, divided, signs = ("-", "/", "-*/") if in_formula else ("−", "÷", "−×÷")
        part_of_more = _among(before, signs) or _among(after, signs[1:])
        several = divided in shown and part_of_more
        return f"({shown})" if several or (shown.startswith(minus) and _among(before, f"+{signs}")) else shown

    def constants(self, template: str) -> str:
        """A template's arithmetic as this language writes numbers and lists; formulas stay as they are."""
        if self.language == "en":
            return template
        return _CONSTANT.sub(lambda match: self._localised(match[0]), re.sub(r"(?<!!r)\}, \{", "} ; {", template))

    def listed(self, text: str) -> str:
        """Arithmetic in which a comma parts numbers, as this language parts them."""
        return text if self.language == "en" else text.replace(", ", " ; ")

    def written(self, number: Number) -> str:
        """A number of the rules."""
        return self._localised(written(number).replace("-", "−"))

    def _localised(self, text: str) -> str:
        return text.replace(".", ",") if self.language == "fr" else text

    def rounded(self, said: str) -> str:
        """How a number was rounded; half up goes without saying, and the explanation says so once."""
        return said.replace(_USUAL[self.language], "")


def _among(sign: str, signs: str) -> bool:
    return sign != "" and sign in signs


def decimal_of(value: Fraction) -> Decimal | None:
    """The decimal that a fraction is, or None where it has no end."""
    rest = value.denominator
    places = 0
    while rest % 10 == 0 or rest % 5 == 0 or rest % 2 == 0:
        rest = rest // 10 if rest % 10 == 0 else rest // 5 if rest % 5 == 0 else rest // 2
        places += 1
    return Decimal(int(value * 10**places)).scaleb(-places) if rest == 1 else None


def readable_limits(low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    """The limits of an interval with two digits of their distance, rounded outwards: more would tell nothing."""
    step = Decimal(1).scaleb(-max(0, 1 - (high - low).adjusted()))
    return low.quantize(step, ROUND_FLOOR), high.quantize(step, ROUND_CEILING)


def as_written(value: object) -> str:
    """A value as a formula writes it."""
    match value:
        case None:
            return "?"
        case bool():
            return "TRUE" if value else "FALSE"
        case Decimal():
            text = f"{value:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        case Fraction():
            ending = decimal_of(value)
            return f"{value.numerator} / {value.denominator}" if ending is None else as_written(ending)
        case dt.date():
            return f"DATE({value.year}, {value.month}, {value.day})"
        case str():
            return '"' + value.replace('"', '""') + '"'
        case _:
            return str(value)
