"""Why a text is not a formula: kind words from the place where parsing stopped and the characters around it.

People bring along what other languages write: `==`, `&&`, `;` between arguments, decimal commas, curly quotes. Each
is answered with what to write here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from incentive_engine.formulas.functions import FUNCTIONS

WORDS = frozenset({"AND", "OR", "NOT", "IN", "TRUE", "FALSE"})
"""The words that are no names, in capitals; any case is read."""


@dataclass
class FormulaSyntaxError(Exception):
    """A text that is not a formula: where it stops being one, why, and what to write instead."""

    offset: int
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        return self.message


_FOREIGN: tuple[tuple[str, str, str], ...] = (
    (r"==", "`==` is written `=` here", "write `=`"),
    (r"=<", "`=<` is written the other way round", "write `<=`"),
    (r"=>", "`=>` is written the other way round", "write `>=`"),
    (r"!=|≠|><", "`{found}` is written `<>` here", "write `<>`"),
    (r"≥", "`≥` is written with two signs here", "write `>=`"),
    (r"≤", "`≤` is written with two signs here", "write `<=`"),
    (r"&&?", "conditions are joined by a word here, not by `{found}`", "write `AND`"),
    (r"\|\|?", "conditions are joined by a word here, not by `{found}`", "write `OR`"),
    (r"!", "a condition is turned round by a word here, not by `!`", "write `NOT`"),
    (r";", "arguments are separated by a comma here, not by `;`", "write `,`"),
    (r"'", "text stands between double quotes", "write \"Care\" rather than 'Care'"),
    (r"[“”„«»‘’]", "text stands between straight double quotes", 'write "Care" rather than {found}Care…'),
    (r"×|·", "`{found}` is written `*` here", "write `*`"),
    (r"÷|:", "`{found}` is not a sign of a formula", "write `/` to divide"),
    (r"−|–|—", "`{found}` is not the minus sign of the keyboard", "write `-`"),
    (r"\*\*|\^", "there are no powers in formulas", "multiply: x * x"),
    (r"%", "`%` stands directly after a number that is written out", "write 8%, or divide by 100"),
    (r"[$€£]", "amounts are written without `{found}`", "write the number only"),
    (r"\[|\{", "`{found}` is not a sign of a formula", "use round brackets"),
    (r"\.\d", "a number needs a digit before its point", "write 0{found}"),
    (r"#|@|\\|~|`|\?", "`{found}` is not a sign of a formula", "names are made of letters, digits and `_`"),
)
_VALUES = frozenset({"NUMBER", "TEXT", "NAME", "TRUE", "FALSE"})


def explained(text: str, error: UnexpectedInput) -> FormulaSyntaxError:
    """The error that lark raised for `text`, as the person who wrote it needs it."""
    if isinstance(error, UnexpectedCharacters):
        offset = cast(int, error.pos_in_stream)
        return _foreign(text, offset) or _unclosed_text(text, offset)
    token = error.token if isinstance(error, UnexpectedToken) else None
    if token is None or token.type == "$END":
        return _ends_early(text)
    return _unexpected(text, token, error)


def _foreign(text: str, offset: int) -> FormulaSyntaxError | None:
    for pattern, message, hint in _FOREIGN:
        match = re.compile(pattern).match(text, offset)
        if match:
            return FormulaSyntaxError(offset, message.format(found=match[0]), hint.format(found=match[0]))
    return None


def _unclosed_text(text: str, offset: int) -> FormulaSyntaxError:
    if text[offset] == '"':
        return FormulaSyntaxError(offset, "the text opened by this quote is not closed", 'end it with `"`')
    return FormulaSyntaxError(offset, f"`{text[offset]}` is not a sign of a formula")


def _ends_early(text: str) -> FormulaSyntaxError:
    opened: list[int] = []
    for match in re.finditer(r'"(?:[^"]|"")*"|[()]', text):
        if match[0] == "(":
            opened.append(match.start())
        elif match[0] == ")" and opened:
            opened.pop()
    end = text.rstrip()
    last = re.search(r"(\w+|[^\w\s])$", end)
    if opened and last and not (re.fullmatch(r"[-+*/=<>,(]", last[0]) or last[0].upper() in WORDS - {"TRUE", "FALSE"}):
        return FormulaSyntaxError(opened[-1], "the bracket opened here is not closed", "add a `)`")
    after = f" after `{last[0]}`" if last else ""
    return FormulaSyntaxError(len(end), f"the formula ends too early: a value is missing{after}")


def _unexpected(text: str, token: Token, error: UnexpectedInput) -> FormulaSyntaxError:
    offset, before = _offset(token), text[: _offset(token)].rstrip()
    wants_value = bool(_VALUES & set(getattr(error, "expected", ())))
    if token.type == "COMPARE":
        return _comparison_again(text, offset, wants_value)
    if token.type == "COMMA" and re.search(r"\d$", text[:offset]) and re.match(r",\d", text[offset:]):
        number = re.search(r"\d+$", text[:offset])
        start = number.start() if number else offset
        written = text[start:offset] + "," + (re.match(r"\d+", text[offset + 1 :]) or [""])[0]
        return FormulaSyntaxError(
            start, f"`{written}` is written with a decimal comma", f"write {written.replace(',', '.')}"
        )
    if token.type in ("AND", "OR") and text[offset + len(token) :].lstrip().startswith("(") and wants_value:
        return FormulaSyntaxError(offset, f"`{token}` stands between two conditions", f"write a {token.type} b")
    if wants_value:
        after = re.search(r"(\w+|[^\w\s]+)$", before)
        where = f"after `{after[0]}`" if after else "at the beginning"
        if token.type == "CLOSE" and before.endswith("("):
            return FormulaSyntaxError(offset, "these brackets are empty")
        return FormulaSyntaxError(offset, f"a value is missing {where}, before `{token}`")
    if token.type == "CLOSE":
        return FormulaSyntaxError(offset, "this `)` closes nothing", "delete it, or add a `(`")
    return _no_sign_between(text, token, before)


def _comparison_again(text: str, offset: int, wants_value: bool) -> FormulaSyntaxError:
    if not text[:offset].strip():
        return FormulaSyntaxError(offset, "a formula does not begin with a sign of comparison", "delete it")
    if foreign := _foreign(text, offset):
        return foreign
    previous = re.search(r"[<>=]+\s*$", text[:offset])
    if wants_value and previous:
        start = previous.start()
        signs = re.sub(r"\s", "", text[start : offset + 1])
        known = _foreign(signs, 0)
        if known:
            return FormulaSyntaxError(start, known.message, known.hint)
        return FormulaSyntaxError(start, f"`{signs}` is not a comparison", "write =, <>, <, <=, > or >=")
    if wants_value:
        return FormulaSyntaxError(offset, "a value is missing before this comparison")
    return FormulaSyntaxError(offset, "a comparison has two sides only", "write 1 < x AND x < 5")


def _no_sign_between(text: str, token: Token, before: str) -> FormulaSyntaxError:
    offset = _offset(token)
    previous = re.search(r"[\w.%\"]+$", before)
    if token.type == "NUMBER" and previous and re.fullmatch(r"\d+", previous[0]):
        return FormulaSyntaxError(
            offset - len(text[:offset]) + len(before) - len(previous[0]),
            "a number is written without spaces",
            f"write {previous[0]}{token}",
        )
    if token.type == "NAME" and previous and offset == len(before) and re.fullmatch(r"[\d.]+", previous[0]):
        return FormulaSyntaxError(
            offset,
            "a name does not begin with a digit, and a number holds no letters",
            "write `*` between a number and a name",
        )
    if token.type == "NAME" and token.upper() in {"IS", "LIKE", "BETWEEN"}:
        instead = {"IS": "ISMISSING(x)", "LIKE": 'x IN ("a", "b")', "BETWEEN": "x >= 1 AND x <= 5"}[token.upper()]
        return FormulaSyntaxError(offset, f"`{token}` is not a word of formulas", f"write {instead}")
    if token.type == "OPEN" and previous:
        return FormulaSyntaxError(
            offset,
            f"a sign is missing between `{previous[0]}` and `(`",
            f"the functions are {', '.join(FUNCTIONS)}" if previous[0][0].isalpha() else "write `*`",
        )
    shown = f"`{previous[0]}`" if previous else "the value before"
    return FormulaSyntaxError(
        offset,
        f"a sign or a word is missing between {shown} and `{token}`",
        "write one of + - * / = <> < <= > >= AND OR between them",
    )


def _offset(token: Token) -> int:
    return token.start_pos or 0
