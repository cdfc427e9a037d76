"""A pocket calculator: + − × ÷ and brackets over decimals and percentages, in exact fractions; IF, MIN, MAX and curves.

A curve is a table of what was printed of it: its name and what it was asked for, and the rate.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

F = Fraction
Curves = Mapping[tuple[str, Fraction], Fraction]
NO_CURVES: Curves = {}
_TOKEN = re.compile(r"\d+(?:\.\d+)?%?|[A-Za-z_]\w*|>=|<=|<>|[-+*/(),;<>=]")
_SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-"})
_COMPARED: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
}  # fmt: skip


def calculate(text: str, curves: Curves = NO_CURVES) -> Fraction:
    """The value of an expression. Raises ValueError where the text is none."""
    plain = text.translate(_SIGNS)
    tokens = _TOKEN.findall(plain)
    if "".join(tokens) != "".join(plain.split()):
        raise ValueError(text)
    calculation = _Calculation(tokens, curves)
    value = calculation.sum()
    if calculation.next:
        raise ValueError(text)
    return value


class _Calculation:
    """One expression, token by token."""

    def __init__(self, tokens: list[str], curves: Curves) -> None:
        self._tokens, self._curves = tokens, curves

    @property
    def next(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self, *expected: str) -> str:
        if not self._tokens or (expected and self.next not in expected):
            raise ValueError(f"{' or '.join(expected) or 'a number'} is missing before {self.next!r}")
        return self._tokens.pop(0)

    def sum(self) -> Fraction:
        value = self._product()
        while self.next in ("+", "-"):
            value = value + self._product() if self._take() == "+" else value - self._product()
        return value

    def _product(self) -> Fraction:
        value = self._factor()
        while self.next in ("*", "/"):
            value = value * self._factor() if self._take() == "*" else value / self._factor()
        return value

    def _factor(self) -> Fraction:
        token = self._take()
        if token == "-":
            return -self._factor()
        if token == "(":
            value = self.sum()
            self._take(")")
            return value
        if token[0].isalpha() or token[0] == "_":
            return self._called(token)
        if not token[0].isdigit():
            raise ValueError(f"{token} stands where a number should be")
        return Fraction(token.removesuffix("%")) / (100 if token.endswith("%") else 1)

    def _called(self, name: str) -> Fraction:
        self._take("(")
        arguments = [self._condition()]
        while self._take(",", ";", ")") != ")":
            arguments.append(self._condition())
        first, rest = arguments[0], arguments[1:]
        match name.upper(), rest:
            case "IF", [then, otherwise]:
                return then if first else otherwise
            case "MIN", _:
                return min(arguments)
            case "MAX", _:
                return max(arguments)
            case "ABS", []:
                return abs(first)
            case "ROUND" | "ROUNDDOWN" | "ROUNDUP", [places]:
                mode = {"ROUND": MODES[0], "ROUNDDOWN": "towards zero", "ROUNDUP": "away from zero"}[name.upper()]
                return rounded(first, int(places), mode)
        if (name, first) not in self._curves:
            raise ValueError(f"nothing is printed of {name} at {first}")
        return self._curves[name, first]

    def _condition(self) -> Fraction:
        """A number, or 1 or 0 for a condition."""
        any_of = [self._all()]
        while self.next == "OR":
            self._take()
            any_of.append(self._all())
        return any_of[0] if len(any_of) == 1 else Fraction(any(any_of))

    def _all(self) -> Fraction:
        all_of = [self._comparison()]
        while self.next == "AND":
            self._take()
            all_of.append(self._comparison())
        return all_of[0] if len(all_of) == 1 else Fraction(all(all_of))

    def _comparison(self) -> Fraction:
        if self.next == "NOT":
            self._take()
            return Fraction(not self._comparison())
        left = self.sum()
        return Fraction(_COMPARED[self._take()](left, self.sum())) if self.next in _COMPARED else left


@dataclass(frozen=True)
class Equation:
    """`left = right`, as it is printed, with how the right side was rounded, step by step, or cut."""

    left: Fraction
    right: Fraction
    roundings: tuple[tuple[int, str], ...] = ()
    coin: Fraction | None = None
    """The smallest coin, where an amount was cut so that all parts add up."""

    @property
    def holds(self) -> bool:
        """Whether both sides are the same number, once rounded as it says; what is cut is less than a coin off."""
        if self.coin is not None:
            return abs(self.left - self.right) < self.coin
        value = self.left
        for places, mode in self.roundings:
            value = rounded(value, places, mode)
        return value == self.right


def equations(line: str, curves: Curves = NO_CURVES) -> list[Equation]:
    """The equations of a printed line, where they begin after a colon or two spaces; what is no arithmetic is none."""
    found, at = [], 0
    for match in _EQUALS.finditer(line):
        start = max(line.rfind(": ", at, match.start()), line.rfind("  ", at, match.start())) + 2
        if start < 2:
            continue
        try:
            left, right = calculate(line[start : match.start()], curves), calculate(match["right"])
        except (ValueError, ZeroDivisionError):
            continue
        coin = calculate(match["cut"]) if match["cut"] else None
        found.append(Equation(left, right, tuple(_roundings(line[match.end() :])), coin))
        at = match.end()
    return found


def curves_in(lines: list[str]) -> dict[tuple[str, Fraction], Fraction]:
    """What is printed of curves: the name, what it was asked for, and the rate."""
    found = {}
    for line in lines:
        line = re.sub(r"  \[[^\]]*\]$", "", line)
        match = re.search(r"curve `(\w+)` at ([−\d.÷ ]+): .*?(?:: | = )(−?[\d.]+)(?: = −?[\d.]+%)?(?:,[^:]*)?$", line)
        if match:
            found[match[1], calculate(match[2])] = calculate(match[3])
    return found


def _roundings(how: str) -> Iterator[tuple[int, str]]:
    for match in _ROUNDING.finditer(how.partition(" = ")[0]):
        places = int(match["places"]) if match["decimals"] else 1 - len(match["places"])  # rounded to 10
        yield places, match["mode"] or MODES[0]


MODES = (
    "halves away from zero", "halves to the even digit", "towards zero", "away from zero", "downwards", "upwards",
)  # fmt: skip
"""How a number is rounded, in the words of an explanation; the first where it says nothing."""
_ROUNDING = re.compile(rf"rounded to (?P<places>\d+)(?P<decimals> decimal places?)?(?:, (?P<mode>{'|'.join(MODES)}))?")
_EQUALS = re.compile(
    r" = (?P<right>−?\d+(?:\.\d+)?%?(?: ÷ \d+)?)(?= = |,|$| \(|  | [A-Za-z])"
    r"(?: = −?[\d.]+%)?(?: [a-zA-Z]+)?(?:, cut to (?P<cut>[\d.]+))?"
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
