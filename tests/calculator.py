"""A pocket calculator: + − × ÷ and brackets over decimals and percentages, in exact fractions."""

from __future__ import annotations

import re
from fractions import Fraction

_TOKEN = re.compile(r"\d+(?:\.\d+)?%?|[-+*/()]")
_SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-"})


def calculate(text: str) -> Fraction:
    """The value of an expression. Raises ValueError where the text is none."""
    plain = text.translate(_SIGNS)
    tokens = _TOKEN.findall(plain)
    if "".join(tokens) != "".join(plain.split()):
        raise ValueError(text)
    value, rest = _sum(tokens)
    if rest:
        raise ValueError(text)
    return value


def rounded(value: Fraction, places: int) -> Fraction:
    """The value to so many decimals, halves away from zero."""
    whole, part = divmod(abs(value) * 10**places, 1)
    return (1 if value >= 0 else -1) * Fraction(whole + (part >= Fraction(1, 2)), 10**places)


def _sum(tokens: list[str]) -> tuple[Fraction, list[str]]:
    value, rest = _product(tokens)
    while rest and rest[0] in "+-":
        term, after = _product(rest[1:])
        value, rest = (value + term if rest[0] == "+" else value - term), after
    return value, rest


def _product(tokens: list[str]) -> tuple[Fraction, list[str]]:
    value, rest = _factor(tokens)
    while rest and rest[0] in "*/":
        factor, after = _factor(rest[1:])
        value, rest = (value * factor if rest[0] == "*" else value / factor), after
    return value, rest


def _factor(tokens: list[str]) -> tuple[Fraction, list[str]]:
    if not tokens:
        raise ValueError("nothing where a number should be")
    first, rest = tokens[0], tokens[1:]
    if first == "-":
        value, rest = _factor(rest)
        return -value, rest
    if first == "(":
        value, rest = _sum(rest)
        return value, rest[1:]
    if first.endswith("%"):
        return Fraction(first[:-1]) / 100, rest
    return Fraction(first), rest
