"""A formula of the rules with one payee's values in the place of names: `base_salary * 8% / 4` as `30,000 × 8% ÷ 4`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from incentive_engine.formulas import Formula
from incentive_engine.formulas.tree import NameUse, NumberLiteral, TextLiteral, walk
from incentive_engine.statements.languages import Language

_TWICE = re.compile(r"\((\([^()]*\))\)")
"""Brackets around brackets."""
_NOTHING_FIXED: Mapping[str, str] = {}
_SIGNS = str.maketrans({"*": "×", "/": "÷", "-": "−"})


@dataclass(frozen=True, slots=True)
class WrittenOut:
    """A formula cut at its names; `column` None: the text as it is shown."""

    pieces: tuple[tuple[str, str | None], ...]
    percents: frozenset[str]
    """The columns whose values read as percentages."""
    language: Language

    def with_values(self, row: Mapping[str, Any]) -> str:
        """The formula with the row's values."""
        text = "".join(text if column is None else self._shown(row, column, text) for text, column in self.pieces)
        return bracketed_once(text)

    def _shown(self, row: Mapping[str, Any], column: str, name: str) -> str:
        if column not in row:
            return name
        value, words = row[column], self.language.words
        match value:
            case None:
                return str(words["missing"])
            case bool():
                return str(words["truth"]["yes" if value else "no"])
            case Decimal() | Fraction() | int():
                numbers = self.language.numbers
                return numbers.inside(value, numbers.percent if column in self.percents else numbers.number)
            case dt.date():
                return self.language.date(value)
            case _:
                return f'"{value}"'


def bracketed_once(text: str) -> str:
    """A text without brackets around brackets."""
    return _TWICE.sub(r"\1", text) if "((" in text else text


def written_out(
    formula: Formula,
    language: Language,
    column_of: Callable[[str], str] = str,
    percents: frozenset[str] = frozenset(),
    fixed: Mapping[str, str] = _NOTHING_FIXED,
) -> WrittenOut:
    """The formula, ready for any payee's values; `column_of` says which column a name stands for.

    `percents`: the columns that read as percentages; `fixed`: the names in whose place the same stands for all.
    """
    found = sorted(((node.offset, node) for node, _ in walk(formula.tree)), key=lambda pair: pair[0])
    pieces: list[tuple[str, str | None]] = []
    at = 0
    for offset, node in found:
        piece: tuple[str, str | None]
        match node:
            case NameUse():
                length = len(node.name)
                fixed_text = fixed.get(node.name)
                piece = (node.name, column_of(node.name)) if fixed_text is None else (fixed_text, None)
            case NumberLiteral():
                length, piece = len(node.written), (_literal(node, language), None)
            case TextLiteral():
                length, piece = len(node.value.replace('"', '""')) + 2, (f'"{node.value}"', None)
            case _:
                continue
        pieces += [(_between(formula.text[at:offset], language), None), piece]
        at = offset + length
    pieces.append((_between(formula.text[at:], language), None))
    return WrittenOut(tuple(pieces), percents, language)


def _between(text: str, language: Language) -> str:
    """What stands between names and numbers; arguments parted as the language's spreadsheets do."""
    return text.translate(_SIGNS).replace(",", str(language.words["argument_sign"]))


def _literal(node: NumberLiteral, language: Language) -> str:
    value = Decimal(node.value.numerator) / Decimal(node.value.denominator)
    return language.numbers.percent(value) if node.written.endswith("%") else language.numbers.number(value)
