"""Formulas read from their text, by descending from what binds least; nothing is shared with the engine's grammar."""

from __future__ import annotations

import re
from fractions import Fraction

from tests.oracle.formulas import FUNCTIONS, Both, Call, Constant, Curved, Formula, In, Named, Not, Sign

_TOKEN = re.compile(r'\s*("(?:[^"]|"")*"|\d+(?:\.\d+)?%?|[A-Za-z_][\w.]*|<>|<=|>=|[-+*/=<>(),])')
_BINARY = (("OR",), ("AND",), ("=", "<>", "<", "<=", ">", ">=", "IN"), ("+", "-"), ("*", "/"))


def read_formula(text: str) -> Formula:
    """The formula that a text is; the text has been checked before."""
    tokens = _TOKEN.findall(text)
    assert "".join(tokens) == re.sub(r'\s+(?=(?:[^"]*"[^"]*")*[^"]*$)', "", text), text
    return _level(tokens, 0)


def _level(tokens: list[str], binds: int) -> Formula:
    """What binds at least so tightly; takes what it reads from the front of `tokens`."""
    if binds == len(_BINARY):
        return _single(tokens)
    if binds == 2 and tokens[0].upper() == "NOT":
        tokens.pop(0)
        return Not(_level(tokens, 2))
    found = _level(tokens, binds + 1)
    while tokens and tokens[0].upper() in _BINARY[binds]:
        sign = tokens.pop(0).upper()
        if sign == "IN":
            found = In(found, _arguments(tokens))
        else:
            found = Both(found, sign, _level(tokens, binds + 1))
    return found


def _single(tokens: list[str]) -> Formula:
    token = tokens.pop(0)
    if token == "-":
        return Sign(_single(tokens))
    if token == "(":
        inside = _level(tokens, 0)
        assert tokens.pop(0) == ")"
        return inside
    if token.startswith('"'):
        return Constant(token, token[1:-1].replace('""', '"'))
    if token[0].isdigit():
        return Constant(token, Fraction(token.rstrip("%")) / (100 if token.endswith("%") else 1))
    if token.upper() in ("TRUE", "FALSE"):
        return Constant(token, token.upper() == "TRUE")
    if not tokens or tokens[0] != "(":
        return Named(token)
    return Call(token.upper(), _arguments(tokens)) if token.upper() in FUNCTIONS else Curved(token, *_arguments(tokens))


def _arguments(tokens: list[str]) -> tuple[Formula, ...]:
    assert tokens.pop(0) == "("
    found = [_level(tokens, 0)]
    while tokens.pop(0) == ",":
        found.append(_level(tokens, 0))
    return tuple(found)
