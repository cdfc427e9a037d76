"""The tree of a formula: frozen nodes, each with the offset in the text where its part begins.

The tree says what was written and nothing more: no types, no columns, no folding. What the parts mean is decided by
`checking`, `folding` and `compiling`, which all walk these same few classes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeAlias

from incentive_engine.formulas.functions import FUNCTIONS

Type = Literal["number", "text", "date", "boolean"]
ArithmeticSign = Literal["+", "-", "*", "/"]
ComparisonSign = Literal["=", "<>", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    """A number as written; `8%` has the value 8/100."""

    offset: int
    value: Fraction
    written: str


@dataclass(frozen=True, slots=True)
class TextLiteral:
    """A text between double quotes."""

    offset: int
    value: str


@dataclass(frozen=True, slots=True)
class TruthLiteral:
    """TRUE or FALSE."""

    offset: int
    value: bool


@dataclass(frozen=True, slots=True)
class NameUse:
    """A name that stands for a value of the row: a column, a KPI, a node of the scorecard."""

    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class Negative:
    """Minus in front of a number."""

    offset: int
    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers and the sign between them."""

    offset: int
    sign: ArithmeticSign
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values compared."""

    offset: int
    sign: ComparisonSign
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether a value is one of several."""

    offset: int
    item: Node
    choices: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """Two conditions joined by AND or OR."""

    offset: int
    word: Literal["AND", "OR"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Not:
    """A condition turned round."""

    offset: int
    operand: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; the name is in capitals where it is built in, else as written: a curve's."""

    offset: int
    function: str
    arguments: tuple[Node, ...]

    @property
    def built_in(self) -> bool:
        """Whether it is a function of the language, not a curve of the rule set."""
        return self.function in FUNCTIONS


Node: TypeAlias = (
    NumberLiteral
    | TextLiteral
    | TruthLiteral
    | NameUse
    | Negative
    | Arithmetic
    | Comparison
    | Membership
    | Logic
    | Not
    | Call
)


def parts(node: Node) -> tuple[Node, ...]:
    """The nodes directly below a node, in written order."""
    match node:
        case Negative() | Not():
            return (node.operand,)
        case Arithmetic() | Comparison() | Logic():
            return (node.left, node.right)
        case Membership():
            return (node.item, *node.choices)
        case Call():
            return node.arguments
        case _:
            return ()


def walk(node: Node) -> Iterator[tuple[Node, int]]:
    """Every node of the tree with its depth, without recursion."""
    waiting = [(node, 1)]
    while waiting:
        here, depth = waiting.pop()
        yield here, depth
        waiting.extend((part, depth + 1) for part in reversed(parts(here)))


STRUCTURAL_ARGUMENTS = {"ROUND": (1,), "ROUNDDOWN": (1,), "ROUNDUP": (1,), "DATE": (0, 1, 2)}
"""Arguments that say how a function works rather than with which number: they are part of a formula's skeleton."""


def literals(node: Node) -> Iterator[NumberLiteral]:
    """The numbers that another formula of the same skeleton may have instead, in written order."""
    match node:
        case NumberLiteral():
            yield node
        case Call():
            fixed = STRUCTURAL_ARGUMENTS.get(node.function, ())
            for index, argument in enumerate(node.arguments):
                if index not in fixed:
                    yield from literals(argument)
        case _:
            for part in parts(node):
                yield from literals(part)


def skeleton(node: Node, with_numbers: bool = False) -> Hashable:
    """The formula without its numbers: two formulas of one skeleton differ in `literals` only."""
    match node:
        case NumberLiteral():
            return node.value if with_numbers else "number"
        case Call():
            fixed = STRUCTURAL_ARGUMENTS.get(node.function, ())
            arguments = enumerate(node.arguments)
            return node.function, tuple(skeleton(each, with_numbers or index in fixed) for index, each in arguments)
        case NameUse() | TextLiteral() | TruthLiteral():
            return replace(node, offset=0)
        case _:
            sign = getattr(node, "sign", getattr(node, "word", None))
            return type(node).__name__, sign, tuple(skeleton(part, with_numbers) for part in parts(node))


def flattened(node: Call) -> tuple[Node, ...]:
    """The arguments of MIN or MAX, with those of the same function inside: MIN(a, MIN(b, c)) has a, b and c."""
    return tuple(
        part
        for argument in node.arguments
        for part in (
            flattened(argument) if isinstance(argument, Call) and argument.function == node.function else (argument,)
        )
    )
