"""A pocket calculator: + − × ÷ and brackets over decimals and percentages, in exact fractions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

_TOKEN = re.compile(r"\d+(?:\.\d+)?%?|[-+*/()]")
F = Fraction
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


@dataclass(frozen=True)
class Equation:
    """`left = right`, as it is printed, with how the right side was rounded, step by step, or cut."""

    left: str
    right: str
    roundings: tuple[tuple[int, str], ...] = ()
    cut: bool = False

    @property
    def holds(self) -> bool:
        """Whether both sides are the same number, once rounded as it says; what is cut is less than a coin off."""
        value, right = calculate(self.left), calculate(self.right)
        if self.cut:
            return abs(value - right) < Fraction(1, 10 ** len(self.right.partition(".")[2]))
        for places, mode in self.roundings:
            value = rounded(value, places, mode)
        return value == right


def equations(line: str) -> list[Equation]:
    """The equations of a printed line, where they begin after a colon or two spaces."""
    return [
        Equation(match["left"], match["right"], tuple(_roundings(match["how"])), bool(match["cut"]))
        for match in _EQUATION.finditer(line)
    ]


def _roundings(how: str) -> Iterator[tuple[int, str]]:
    for match in _ROUNDING.finditer(how):
        places = int(match["places"]) if match["decimals"] else 1 - len(match["places"])  # rounded to 10
        yield places, match["mode"] or MODES[0]


MODES = (
    "halves away from zero", "halves to the even digit", "towards zero", "away from zero", "downwards", "upwards",
)  # fmt: skip
"""How a number is rounded, in the words of an explanation; the first where it says nothing."""
_ROUNDING = re.compile(rf"rounded to (?P<places>\d+)(?P<decimals> decimal places?)?(?:, (?P<mode>{'|'.join(MODES)}))?")
_EQUATION = re.compile(
    r"(?:(?<=: )|(?<=  ))(?P<left>[-−(]*\d[\d.%()+*/×÷− -]*) = (?P<right>−?\d+(?:\.\d+)?%?(?: ÷ \d+)?)"
    r"(?: = −?[\d.]+%)?(?: [a-zA-Z]+)?(?P<cut>, cut)?(?=(?P<how>.*?)(?: = |$))"
)


def rounded(value: Fraction, places: int, mode: str = MODES[0]) -> Fraction:
    """The value to so many decimals."""
    counts = value * Fraction(10) ** places
    low = counts.numerator // counts.denominator
    rest = counts - low
    up = {
        "halves away from zero": rest > F(1, 2) or (rest == F(1, 2) and value > 0),
        "halves to the even digit": rest > F(1, 2) or (rest == F(1, 2) and low % 2 == 1),
        "towards zero": value < 0 and rest > 0,
        "away from zero": value > 0 and rest > 0,
        "downwards": False,
        "upwards": rest > 0,
    }[mode]
    return Fraction(low + up) / Fraction(10) ** places


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
