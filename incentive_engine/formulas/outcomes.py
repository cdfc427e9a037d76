"""What a condition can turn out to be, proved on the ranges of the numbers that it names.

Interval arithmetic in fractions: every number is known to lie between two ends, or nothing is known of it. The answer
may be wider than the truth and is never narrower, so that what cannot be here cannot be at all. What an AND or an IF
has settled narrows the ranges of what comes after it: `nps > 50 AND nps < 40` is never true.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, TypeAlias

from incentive_engine.exact import Mode
from incentive_engine.formulas.folding import folded
from incentive_engine.formulas.formula import Formula
from incentive_engine.formulas.functions import ROUNDINGS
from incentive_engine.formulas.tree import (
    Arithmetic,
    Call,
    Comparison,
    ComparisonSign,
    Logic,
    Membership,
    NameUse,
    Negative,
    Node,
    Not,
    TruthLiteral,
)
from incentive_engine.formulas.working import rounded

Span: TypeAlias = tuple[Fraction, Fraction]
"""The smallest and the largest number that something can be."""
Outcomes: TypeAlias = frozenset[bool]
CurveSpan: TypeAlias = Callable[[str, Span | None], Span | None]
"""What a curve can give, by its name, for what it is called with."""

_EITHER: Final = frozenset({True, False})
_TURNED: Final[Mapping[ComparisonSign, ComparisonSign]] = {
    "=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<",
}  # fmt: skip
_MIRRORED: Final[Mapping[ComparisonSign, ComparisonSign]] = {
    "=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<=",
}  # fmt: skip


def outcomes(condition: Formula, spans: Mapping[str, Span], curve: CurveSpan) -> Outcomes:
    """What a condition can turn out to be where it is known: nothing where no numbers let it be known.

    `spans`: the ranges of the numbers that it may name; nothing is known of other names.
    """
    return _Outlook(spans, curve).outcomes(condition.tree)


def span(formula: Formula, spans: Mapping[str, Span], curve: CurveSpan) -> Span | None:
    """The range of a formula that gives a number; None where nothing is known of it."""
    return _Outlook(spans, curve).span(formula.tree)


@dataclass(frozen=True)
class _Outlook:
    spans: Mapping[str, Span]
    curve: CurveSpan

    def outcomes(self, node: Node) -> Outcomes:
        """What a condition can be."""
        match node:
            case TruthLiteral():
                return frozenset({node.value})
            case Not():
                return frozenset(not each for each in self.outcomes(node.operand))
            case Logic():
                return self._joined(node)
            case Comparison():
                return _compared(node.sign, self.span(node.left), self.span(node.right))
            case Membership():
                item = self.span(node.item)
                met = any(True in _compared("=", item, self.span(choice)) for choice in node.choices)
                return _EITHER if met else frozenset({False})
            case Call(function="IF"):
                return frozenset[bool]().union(*(there.outcomes(part) for there, part in self._branches(node)))
            case _:
                return _EITHER

    def span(self, node: Node) -> Span | None:
        """The range of a number; None where nothing is known of it, or it is none."""
        value = folded(node)
        if value is not None:
            return value, value
        match node:
            case NameUse():
                return self.spans.get(node.name)
            case Negative():
                inner = self.span(node.operand)
                return None if inner is None else (-inner[1], -inner[0])
            case Arithmetic():
                return _worked_out(node.sign, self.span(node.left), self.span(node.right))
            case Call(function="IF"):
                return _either([there.span(part) for there, part in self._branches(node)])
            case Call(function=name) if name in _OF_NUMBERS:
                return _of_numbers(name, [self.span(part) for part in node.arguments])
            case Call(function=name) if name in ROUNDINGS:
                inner, places = self.span(node.arguments[0]), folded(node.arguments[1])
                if inner is None or places is None:
                    return None
                low, high = (rounded(end, int(places), _MODES[name]) for end in inner)
                return low, high
            case Call() if not node.built_in:
                return self.curve(node.function, self.span(node.arguments[0]))
            case _:
                return None

    def _joined(self, node: Logic) -> Outcomes:
        """Either side alone can decide; where none does, what the left one settles narrows the numbers of the right."""
        decides = node.word == "OR"
        left, after = self.outcomes(node.left), self._where(node.left, not decides)
        if (not decides) not in left or after is None:
            return frozenset({decides})
        decided = (left | self.outcomes(node.right)) & {decides}
        return decided | (after.outcomes(node.right) & {not decides})

    def _branches(self, node: Call) -> list[tuple[_Outlook, Node]]:
        """The branches of an IF that can be taken, each with what is known there."""
        condition, *parts = node.arguments
        can_be = self.outcomes(condition)
        taken = [(self._where(condition, truth), part) for truth, part in zip((True, False), parts, strict=True)]
        return [
            (there, part)
            for (there, part), truth in zip(taken, (True, False), strict=True)
            if truth in can_be and there is not None
        ]

    def _where(self, node: Node, truth: bool) -> _Outlook | None:
        """What is known where a condition is true, or false; None where it cannot be."""
        match node:
            case Not():
                return self._where(node.operand, not truth)
            case Logic() if (node.word == "AND") == truth:
                first = self._where(node.left, truth)
                return None if first is None else first._where(node.right, truth)
            case Comparison():
                sign = node.sign if truth else _TURNED[node.sign]
                first = self._narrowed(node.left, sign, node.right)
                return None if first is None else first._narrowed(node.right, _MIRRORED[sign], node.left)
            case _:
                return self

    def _narrowed(self, node: Node, sign: ComparisonSign, other: Node) -> _Outlook | None:
        """What is known where a name compares so with something; None where no number does."""
        against = self.span(other)
        if not isinstance(node, NameUse) or node.name not in self.spans or against is None or sign == "<>":
            return self
        low, high = self.spans[node.name]
        low = low if sign in ("<", "<=") else max(low, against[0])
        high = high if sign in (">", ">=") else min(high, against[1])
        return replace(self, spans={**self.spans, node.name: (low, high)}) if low <= high else None


_OF_NUMBERS: Final = frozenset({"MIN", "MAX", "ABS"})
_MODES: Final[Mapping[str, Mode]] = {"ROUND": "half_up", "ROUNDDOWN": "down", "ROUNDUP": "up"}


def _compared(sign: ComparisonSign, left: Span | None, right: Span | None) -> Outcomes:
    if left is None or right is None:
        return _EITHER
    met = {
        "=": left[0] <= right[1] and right[0] <= left[1],
        "<>": not left[0] == left[1] == right[0] == right[1],
        "<": left[0] < right[1],
        "<=": left[0] <= right[1],
        ">": left[1] > right[0],
        ">=": left[1] >= right[0],
    }
    return frozenset(truth for truth, word in ((True, sign), (False, _TURNED[sign])) if met[word])


def _worked_out(sign: str, left: Span | None, right: Span | None) -> Span | None:
    if left is None or right is None or (sign == "/" and right[0] <= 0 <= right[1]):
        return None
    act = _SIGNS[sign]
    ends = [act(one, other) for one in left for other in right]
    return min(ends), max(ends)


_SIGNS: Final[Mapping[str, Callable[[Fraction, Fraction], Fraction]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip


def _of_numbers(name: str, inner: list[Span | None]) -> Span | None:
    known = [each for each in inner if each is not None]
    if len(known) < len(inner):
        return None
    lows, highs = zip(*known, strict=True)
    if name == "ABS":
        low, high = known[0]
        return (Fraction(0) if low <= 0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))
    pick = min if name == "MIN" else max
    return pick(lows), pick(highs)


def _either(spans: list[Span | None]) -> Span | None:
    known = [each for each in spans if each is not None]
    if not known or len(known) < len(spans):
        return None
    return min(low for low, _ in known), max(high for _, high in known)
