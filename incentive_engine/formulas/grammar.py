"""Text to tree: the grammar of the formula language.

lark parses (LALR, built once, in some milliseconds, when the first formula is read). Words such as AND are recognised
by a callback on names, because lark's own keyword handling does not ignore case.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache, lru_cache
from typing import cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput

from incentive_engine.documents import is_too_large
from incentive_engine.formulas.functions import FUNCTIONS
from incentive_engine.formulas.syntax import WORDS, FormulaSyntaxError, explained
from incentive_engine.formulas.tree import (
    Arithmetic,
    ArithmeticSign,
    Call,
    Comparison,
    ComparisonSign,
    Logic,
    Membership,
    NameUse,
    Negative,
    Node,
    Not,
    NumberLiteral,
    TextLiteral,
    TruthLiteral,
    walk,
)

MAX_LENGTH = 10_000
MAX_DEPTH = 100

_GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction | disjunction OR conjunction -> logic
?conjunction: negation | conjunction AND negation -> logic
?negation: comparison | NOT negation -> not_
?comparison: sum | sum COMPARE sum | sum IN OPEN sum (COMMA sum)* CLOSE -> membership
?sum: product | sum (PLUS | MINUS) product -> arithmetic
?product: signed | product (TIMES | OVER) signed -> arithmetic
?signed: atom | MINUS signed -> negative
?atom: NUMBER -> number
     | TEXT -> text
     | TRUE -> truth
     | FALSE -> truth
     | NAME -> name
     | NAME OPEN [disjunction (COMMA disjunction)*] CLOSE -> call
     | OPEN disjunction CLOSE -> inside

NUMBER: /[0-9]+(\.[0-9]+)?%?/
TEXT: /"(?:[^"]|"")*"/
NAME: /[^\W\d]\w*(\.[^\W\d]\w*)*/
COMPARE: /<>|<=|>=|<|>|=/
PLUS: "+"
MINUS: "-"
TIMES: "*"
OVER: "/"
OPEN: "("
CLOSE: ")"
COMMA: ","
%declare AND OR NOT IN TRUE FALSE
%ignore /\s+/
"""


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of a formula. Raises FormulaSyntaxError."""
    if not text.strip():
        raise FormulaSyntaxError(0, "a formula is missing here")
    if len(text) > MAX_LENGTH:
        raise FormulaSyntaxError(0, f"this formula is longer than {MAX_LENGTH:,} characters")
    try:
        tree = cast(Node, _parser().parse(text))
    except UnexpectedInput as error:
        raise explained(text, error) from None
    for node, depth in walk(tree):
        if depth > MAX_DEPTH:
            raise FormulaSyntaxError(
                node.offset,
                f"this formula goes more than {MAX_DEPTH} steps deep",
                "work out a part of it under a name of its own",
            )
    return tree


@cache
def _parser() -> Lark:
    return Lark(
        _GRAMMAR,
        parser="lalr",
        lexer="basic",
        transformer=_Build(),
        maybe_placeholders=False,
        lexer_callbacks={"NAME": _word},
    )


def _word(token: Token) -> Token:
    upper = token.upper()
    return Token.new_borrow_pos(upper, token, token) if upper in WORDS else token


class _Build(Transformer[Token, Node]):
    """Each rule of the grammar makes its node; lark calls these bottom-up while it parses."""

    def number(self, found: list[Token]) -> Node:
        written = found[0].value
        if is_too_large(written):
            raise FormulaSyntaxError(_at(found[0]), "this number has more than 38 digits", "write a shorter one")
        value = Fraction(written[:-1]) / 100 if written.endswith("%") else Fraction(written)
        return NumberLiteral(_at(found[0]), value, written)

    def text(self, found: list[Token]) -> Node:
        return TextLiteral(_at(found[0]), found[0].value[1:-1].replace('""', '"'))

    def truth(self, found: list[Token]) -> Node:
        return TruthLiteral(_at(found[0]), found[0].type == "TRUE")

    def name(self, found: list[Token]) -> Node:
        return NameUse(_at(found[0]), found[0].value)

    def call(self, found: list[Node | Token]) -> Node:
        name = cast(Token, found[0])
        upper = name.value.upper()
        return Call(_at(name), upper if upper in FUNCTIONS else name.value, _nodes(found))

    def inside(self, found: list[Node | Token]) -> Node:
        return _nodes(found)[0]

    def negative(self, found: list[Node | Token]) -> Node:
        return Negative(_at(cast(Token, found[0])), _nodes(found)[0])

    def not_(self, found: list[Node | Token]) -> Node:
        return Not(_at(cast(Token, found[0])), _nodes(found)[0])

    def arithmetic(self, found: list[Node | Token]) -> Node:
        left, right = _nodes(found)
        return Arithmetic(left.offset, cast(ArithmeticSign, str(found[1])), left, right)

    def comparison(self, found: list[Node | Token]) -> Node:
        left, right = _nodes(found)
        return Comparison(left.offset, cast(ComparisonSign, str(found[1])), left, right)

    def logic(self, found: list[Node | Token]) -> Node:
        left, right = _nodes(found)
        return Logic(left.offset, "AND" if cast(Token, found[1]).type == "AND" else "OR", left, right)

    def membership(self, found: list[Node | Token]) -> Node:
        item, *choices = _nodes(found)
        return Membership(item.offset, item, tuple(choices))


def _nodes(found: list[Node | Token]) -> tuple[Node, ...]:
    return tuple(each for each in found if not isinstance(each, Token))


def _at(token: Token) -> int:
    return token.start_pos or 0
