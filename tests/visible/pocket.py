"""A pocket calculator in exact fractions, for arithmetic as it is printed in English or French.

Besides + − × ÷ it knows the functions of spreadsheets, texts in quotes and days; what is missing stays missing.
"""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from typing import Any

Value = Fraction | str | bool | None
Curves = Mapping[tuple[str, Fraction], Fraction]
NO_CURVES: Curves = {}
MONTHS = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "fr": (
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
}
TRUTH = {"yes": True, "no": False, "oui": True, "non": False, "TRUE": True, "FALSE": False}
MISSING = {"missing", "manquant"}
CURRENCY = r"(?:€|US\$|\$US|\$|£GB|£|JP¥|¥|JPY|TND|CHF|CLF|GBP|USD|CAD|KWD)"
MINUS = "−"
_SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-"})
_TOKEN = re.compile(r'"[^"]*"|\d+(?:\.\d+)?%?|[^\W\d]\w*(?:\.\w+)*|>=|<=|<>|[-+*/();<>=]')
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
}  # fmt: skip
_OTHER_WAY: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip


class NoArithmetic(ValueError):
    """What cannot be worked out: a sentence."""


def number(text: str, language: str) -> Fraction | None:
    """The number that a text starts with, whatever unit follows; None where it starts with none."""
    found = re.match(
        rf"([+{MINUS}]?)\s?{CURRENCY}?[\u00a0\u202f]?(\d[\d.,\u00a0\u202f]*\d|\d)[\u00a0\u202f]?(%?)", text
    )
    if found is None:
        return None
    value = Fraction(_digits(found[2], language)) / (100 if found[3] else 1)
    return -value if found[1] == MINUS else value


def decimals(text: str, language: str) -> int:
    """With how many decimals the number that a text starts with is printed."""
    found = re.match(rf"{MINUS}?{CURRENCY}?[\u00a0\u202f]?[\d.,\u00a0\u202f]*\d", text)
    mark = "." if language == "en" else ","
    return len(found[0].rpartition(mark)[2]) if found and mark in found[0] else 0


def _digits(text: str, language: str) -> str:
    return (
        re.sub(r"[,\u00a0\u202f]", "", text)
        if language == "en"
        else re.sub(r"[\u00a0\u202f]", "", text).replace(",", ".")
    )


def calculated(text: str, language: str, curves: Curves = NO_CURVES) -> Value:
    """What arithmetic gives. Raises NoArithmetic where the text is none."""
    pieces = re.split(r'("[^"]*")', text)  # what stands in quotes stays as it is
    plain = "".join(each if each[:1] == '"' else _neutral(each, language) for each in pieces)
    tokens = _TOKEN.findall(plain)
    if not tokens or "".join(tokens).replace(" ", "") != "".join(plain.split()).replace(" ", ""):
        raise NoArithmetic(text)
    reading = _Reading(tokens, curves)
    try:
        value = reading.any_of()
    except (TypeError, IndexError, ZeroDivisionError) as wrong:
        raise NoArithmetic(text) from wrong
    if reading.next:
        raise NoArithmetic(text)
    return value


def _neutral(text: str, language: str) -> str:
    day = re.compile(rf"(\d\d?)(?:er)? ({'|'.join(MONTHS[language])}) (\d{{4}})")
    text = day.sub(lambda at: str(dt.date(int(at[3]), MONTHS[language].index(at[2]) + 1, int(at[1])).toordinal()), text)
    text = re.sub(rf"[\u202f\u00a0]|{CURRENCY}", "", text)
    text = re.sub(r"\b(?:the lowest of|le plus bas de) (.*)$", r"MIN(\1)", text)
    text = re.sub(r"\b(?:the highest of|le plus haut de) (.*)$", r"MAX(\1)", text)
    text = re.sub(r", (?=\S|$)", ";", text)
    return (text.replace(",", "") if language == "en" else text.replace(",", ".")).translate(_SIGNS)


class _Reading:
    """One expression, token by token."""

    def __init__(self, tokens: list[str], curves: Curves) -> None:
        self._tokens, self._curves = tokens, curves

    @property
    def next(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self, *expected: str) -> str:
        if not self._tokens or (expected and self.next not in expected):
            raise NoArithmetic(f"{expected} is missing before {self.next!r}")
        return self._tokens.pop(0)

    def any_of(self) -> Value:
        return self._joined("OR", lambda: self._joined("AND", self._negated))

    def _joined(self, word: str, part: Callable[[], Value]) -> Value:
        values = [part()]
        while self.next.upper() == word:
            self._take()
            values.append(part())
        if len(values) == 1:
            return values[0]
        decisive = word == "OR"
        if any(value is decisive for value in values):
            return decisive
        return None if None in values else not decisive

    def _negated(self) -> Value:
        if self.next.upper() == "NOT":
            self._take()
            value = self._negated()
            return None if value is None else not value
        left = self._sum()
        if self.next in _COMPARED:
            sign, right = self._take(), self._sum()
            return None if left is None or right is None else _COMPARED[sign](left, right)
        if self.next.upper() == "IN":
            self._take()
            return left in self._arguments() if left is not None else None
        return left

    def _sum(self) -> Value:
        return self._chain(("+", "-"), lambda: self._chain(("*", "/"), self._factor))

    def _chain(self, signs: tuple[str, str], part: Callable[[], Value]) -> Value:
        value = part()
        while self.next in signs:
            sign, other = self._take(), part()
            if value is None or other is None or (sign == "/" and not other):
                value = None
            elif isinstance(value, Fraction) and isinstance(other, Fraction):
                value = _OTHER_WAY[sign](value, other)
            else:
                raise NoArithmetic(f"{value} {sign} {other}")
        return value

    def _factor(self) -> Value:
        token = self._take()
        if token == "-":
            value = self._factor()
            return -value if isinstance(value, Fraction) else None
        if token == "(":
            value = self.any_of()
            self._take(")")
            return value
        if token[0] == '"':
            return token[1:-1]
        if token[0].isdigit():
            return Fraction(token.removesuffix("%")) / (100 if token.endswith("%") else 1)
        if self.next == "(":
            return self._called(token, self._arguments())
        if token in TRUTH:
            return TRUTH[token]
        if token in MISSING:
            return None
        raise NoArithmetic(f"{token} is no number")

    def _arguments(self) -> list[Value]:
        self._take("(")
        found = [self.any_of()]
        while self._take(";", ")") != ")":
            found.append(self.any_of())
        return found

    def _called(self, name: str, given: list[Value]) -> Value:
        if name.upper() == "ISMISSING":
            return given[0] is None
        if name.upper() == "IF":
            return None if given[0] is None else given[1 if given[0] else 2]
        if None in given:
            return None
        numbers = [Fraction(each) for each in given if isinstance(each, Fraction | bool)]
        if len(numbers) < len(given):
            raise NoArithmetic(f"{name} of {given}")
        match name.upper():
            case "MIN":
                return min(numbers)
            case "MAX":
                return max(numbers)
            case "ABS":
                return abs(numbers[0])
            case "ROUND" | "ROUNDDOWN" | "ROUNDUP":
                return rounded(numbers[0], int(numbers[1]), _ROUNDINGS[name.upper()])
            case "DATE":
                return Fraction(dt.date(*map(int, numbers)).toordinal())
            case "DAYS":
                return numbers[0] - numbers[1]
        if (name, numbers[0]) not in self._curves:
            raise NoArithmetic(f"nothing is printed of {name} at {numbers[0]}")
        return self._curves[name, numbers[0]]


_ROUNDINGS = {"ROUND": "half_up", "ROUNDDOWN": "down", "ROUNDUP": "up"}


def rounded(value: Fraction, places: int, mode: str) -> Fraction:
    """The value to so many decimals."""
    unit = Fraction(1, 10**places) if places >= 0 else Fraction(10**-places)
    low = value // unit
    rest = value / unit - low
    half = Fraction(1, 2)
    up = {
        "half_up": rest > half or (rest == half and value > 0),
        "half_even": rest > half or (rest == half and low % 2 == 1),
        "down": value < 0 and rest > 0,
        "up": value > 0 and rest > 0,
        "floor": False,
        "ceil": rest > 0,
    }[mode]
    return (low + up) * unit


MODES = {
    "half_even": ("halves to the even digit", "les demis au chiffre pair"),
    "half_up": ("halves away from zero", "les demis en s'éloignant de zéro"),
    "down": ("towards zero", "vers zéro"),
    "up": ("away from zero", "en s'éloignant de zéro"),
    "floor": ("downwards", "vers le bas"),
    "ceil": ("upwards", "vers le haut"),
}


def roundings(note: str, language: str) -> list[tuple[int, str]]:
    """How a note says that a number was rounded, one after the other: decimals and mode."""
    words = "|".join(word for both in MODES.values() for word in both)
    money = rf"{CURRENCY}?[\u00a0\u202f]?[\d.,\u00a0\u202f]*\d[\u00a0\u202f]?(?:%|{CURRENCY})?"
    found = re.finditer(rf"(?:rounded to|arrondi à) ({money})(?:, ({words}))?", note)
    return [(_places(match[1], language), _mode(match[2])) for match in found]


def _places(step: str, language: str) -> int:
    value = number(step, language)
    assert value, step
    return next(places for places in range(-30, 60) if Fraction(10) ** -places == value)


def _mode(said: str | None) -> str:
    return next((mode for mode, both in MODES.items() if said in both), "half_up")


def product(values: list[Fraction]) -> Fraction:
    return reduce(operator.mul, values, Fraction(1))
