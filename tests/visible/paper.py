"""The arithmetic of a PDF, read from its text alone: every run of numbers and signs, and the result that follows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tests.visible.pocket import CURRENCY, MODES, NoArithmetic, calculated, decimals, number, rounded, roundings

_SPACE = r"[\u00a0\u202f]"
_NUMBER = rf"−?{CURRENCY}?{_SPACE}?\d(?:[\d.,\u00a0\u202f]*\d)?(?:{_SPACE}?(?:%|{CURRENCY}))?"
_ATOM = rf"\(*{_NUMBER}\)*"
_RUN = re.compile(rf"(?<![\w(]){_ATOM}(?: [+−×÷] {_ATOM})+")
_FAR = 400
"""Further than any note beside a line is long."""
_NEAR = 60
"""As far as a unit and the words of a rounding behind a result."""


@dataclass(frozen=True)
class Printed:
    """A run of arithmetic, and what is printed behind it."""

    arithmetic: str
    after: str


def text_of(path: Path) -> str:
    """The text of a PDF in one line, without what stands on every page."""
    import pypdf

    pages = [page.extract_text() for page in pypdf.PdfReader(path).pages]
    lines = [line for page in pages for line in page.splitlines() if not re.fullmatch(r"\d+ / \d+", line.strip())]
    repeated = {line for line in lines if lines.count(line) >= len(pages) > 1 and " · " in line}
    return re.sub(r"[ \t\n]+", " ", " ".join(line for line in lines if line not in repeated))


def printed(text: str) -> list[Printed]:
    """Every run of arithmetic of a text, balanced in brackets."""
    found = [match for match in _RUN.finditer(text) if match[0].count("(") == match[0].count(")")]
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [
        Printed(match[0], text[match.end() : min(end, match.end() + _FAR)])
        for match, end in zip(found, ends, strict=True)
    ]


def comes_out(line: Printed, language: str) -> bool:
    """Whether one of the numbers behind some arithmetic is its result, rounded or cut as it says there."""
    try:
        value = calculated(line.arithmetic, language)
    except NoArithmetic:
        return False
    if not isinstance(value, Fraction):
        return False
    for place in re.finditer(_NUMBER, line.after):
        result = number(place[0], language)
        before, behind = line.after[: place.start()], line.after[place.end() :][:_NEAR]
        note = f"= {behind}" if before.strip() == "=" else before
        if result is not None and _is_result(value, result, note, place[0], language):
            return True
    return False


def _is_result(value: Fraction, result: Fraction, note: str, said: str, language: str) -> bool:
    for places, mode in roundings(note, language):
        value = rounded(value, places, mode)
    if value == result:
        return True
    coins = decimals(said, language)
    if re.search("add up|somme des parts", note):
        return abs(value - result) < Fraction(1, 10**coins)
    drawn = note.startswith("=") and re.search(CURRENCY, said)
    return bool(drawn) and result in {rounded(value, coins, mode) for mode in MODES}
