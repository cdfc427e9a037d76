"""The numbers of a rule set that pay depends on, each with the place where it stands and what may stand there instead.

A number of a formula is one as well: `8%` in `base_salary * 8% / 4` is the first of its formula. Not so the `1` of
`reopened = 1`: it is the name of something, and a little more of it is nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from incentive_engine.documents import Document
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.formulas import Formula
from incentive_engine.formulas.tree import Comparison, Membership, Node, NumberLiteral, literals, parts
from incentive_engine.kinds.base import written
from incentive_engine.mistakes import KeyPath
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.walked import Walked
from incentive_engine.simulation.scenarios.paths import Unknown, found, path_text, value_at

_PAYING: Final = ("sources", "cases", "kpis", "populations", "curves", "pools", "plans")
"""The parts of a rule set on whose numbers pay depends."""
_ONLY_FORMULAS: Final = ("sources", "cases")
"""What else they hold says which data may be right."""
_STRUCTURAL: Final = frozenset(
    {"rounding", "attainment_rounding", "payout_rounding", "verbatims", "decided", "in_force", "calendar"}
)
"""What says how something is done, and not how much of it."""
_WEIGHT: Final = "weight"
_FEWEST_PLACES_OF_PERCENT: Final = 2
_LISTED: Final = 6
"""How many numbers a hint names."""


@dataclass(frozen=True, slots=True)
class RuleNumber:
    """One number of a rule set; `literal` counts from 0 which one of its formula it is, None outside formulas."""

    at: KeyPath
    value: Decimal
    percent: bool
    """Whether it is written as a percentage."""
    literal: int | None = None

    @property
    def path(self) -> str:
        """Where it stands, as it is written in commands; a number of a formula after the formula's own path."""
        return path_text(self.at if self.literal is None else (*self.at, self.literal))

    def shown(self, value: Decimal) -> str:
        """A value in its place, as a reader of rules writes it."""
        return written(value, percent=self.percent)

    @property
    def is_weight(self) -> bool:
        """Whether it is a share of a group."""
        return self.literal is None and self.at[-1] == _WEIGHT

    @property
    def places(self) -> int:
        """The decimal places of the coarsest values that are tried in its place: whole ones, or whole percent."""
        return _FEWEST_PLACES_OF_PERCENT if self.percent else 0


def numbers_of(rules: Rules) -> Iterator[RuleNumber]:
    """Every number on which pay depends, in the order of the file."""
    edition = rules.editions[0]
    formulas = {use.at: use.formula for use in Walked(edition.ruleset).formulas}
    for part in _PAYING:
        yield from _below(edition.document, formulas, (part,), edition.document.data.get(part))


def _below(document: Document, formulas: Mapping[KeyPath, Formula], at: KeyPath, value: Any) -> Iterator[RuleNumber]:
    if at in formulas and isinstance(value, str):
        yield from _in_formula(at, formulas[at])
    elif isinstance(value, Decimal) and at[0] not in _ONLY_FORMULAS:
        yield RuleNumber(at, value, (document.written(at) or "").endswith("%"))
    elif isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if key not in _STRUCTURAL:
                yield from _below(document, formulas, (*at, key), inner)


def _in_formula(at: KeyPath, formula: Formula) -> Iterator[RuleNumber]:
    names = set(_names(formula.tree))
    for place, literal in enumerate(literals(formula.tree)):
        if literal in names:
            continue
        percent = literal.written.endswith("%")
        value = Decimal(literal.written.rstrip("%"))
        yield RuleNumber(at, value.scaleb(-2) if percent else value, percent, place)


def _names(node: Node) -> Iterator[Node]:
    """The numbers by which a formula picks what is equal to them."""
    match node:
        case Comparison(sign="=" | "<>"):
            yield from (part for part in parts(node) if isinstance(part, NumberLiteral))
        case Membership():
            yield from node.choices
    for part in parts(node):
        yield from _names(part)


def number_at(rules: Rules, path: str) -> RuleNumber:
    """The number that a path names. Raises InputProblems where there is none, with what may be meant."""
    known = {number.path: number for number in numbers_of(rules)}
    if path in known:
        return known[path]
    inside = [number for name, number in known.items() if name.startswith(f"{path}.")]
    if len(inside) == 1:
        return inside[0]
    if inside:
        listed = ", ".join(f"`{number.path}` ({number.shown(number.value)})" for number in inside[:_LISTED])
        raise InputProblems([Problem("not-a-number", f"`{path}` holds several numbers", hint=f"name one: {listed}")])
    document = rules.editions[0].document
    try:
        at = found(document, path)
    except Unknown as unknown:
        raise InputProblems([Problem("unknown-path", unknown.message, hint=unknown.hint)]) from None
    message = f"`{path}` holds no number on which pay depends"
    raise InputProblems([Problem("not-a-number", message, document.at(at), _instead(value_at(document, at)))])


def _instead(value: Any) -> str:
    """What to ask for where a number does not stand in the rules."""
    if isinstance(value, dict) and {"table", "column"} & value.keys():
        held = f"the table `{value['table']}`" if "table" in value else f"the column `{value['column']}`"
        return f"everybody has their own, in {held}: change that file, and run again"
    return "name a weight, target, threshold, cap or curve point"


def change_of(rules: Rules, number: RuleNumber, value: Decimal) -> Any:
    """What stands at the number's path with another value in its place: that, or the formula with it."""
    if number.literal is None:
        return value
    text = value_at(rules.editions[0].document, number.at)
    literal = list(literals(Formula(text).tree))[number.literal]
    return f"{text[: literal.offset]}{number.shown(value)}{text[literal.offset + len(literal.written) :]}"


@dataclass(frozen=True, slots=True)
class Grid:
    """The decimals that may stand in a place: `origin + k × step`, and of them those that are `places` long at most."""

    origin: int
    step: int
    """In counts of the last place."""
    places: int

    def value(self, k: int) -> Decimal:
        """The decimal of that number on the grid, without zeros at its end."""
        return written_out(Decimal(self.origin) + Decimal(k * self.step).scaleb(-self.places))

    def below(self, value: Decimal | Fraction) -> int:
        """The last number on the grid that is not above a value."""
        return math.floor(self._exactly(value))

    def above(self, value: Decimal | Fraction) -> int:
        """The first number on the grid that is not below a value."""
        return math.ceil(self._exactly(value))

    def _exactly(self, value: Decimal | Fraction) -> Fraction:
        return (Fraction(value) - self.origin) * Fraction(10**self.places, self.step)

    def units(self, coarsest: int) -> tuple[int, ...]:
        """Of which numbers those are multiples that have at most so many places, then one more, up to all of them."""
        return tuple(10 ** max(self.places - each, 0) for each in range(min(coarsest, self.places), self.places + 1))


def written_out(value: Decimal) -> Decimal:
    """The same decimal without zeros at its end."""
    short = value.normalize()
    return short if int(short.as_tuple().exponent) <= 0 else short.quantize(Decimal(1))


def grid_of(rules: Rules, number: RuleNumber, places: int) -> Grid:
    """What may stand in a number's place with so many decimal places.

    A weight leaves its siblings the rest, in proportion to what they weigh: of the decimals, only those do for which
    what they get are decimals as well. With siblings of 2 to 1, that are those whose rest is a multiple of 3.
    """
    if not number.is_weight:
        return Grid(0, 1, places)
    others = [weight for at, weight in siblings(rules, number).items() if at != number.at]
    together = sum(others, Decimal(0))
    if not together:
        return Grid(0, 1, places)
    parts = [Fraction(each) / Fraction(together) for each in others]
    return Grid(1, math.lcm(*(_without_two_and_five(part.denominator) for part in parts)), places)


def siblings(rules: Rules, number: RuleNumber) -> dict[KeyPath, Decimal]:
    """The constant weights of the group in which a weight stands, its own among them, by their places."""
    above = number.at[:-2]
    group = value_at(rules.editions[0].document, above)
    weights = {(*above, name, _WEIGHT): item.get(_WEIGHT) for name, item in group.items()}
    return {at: weight for at, weight in weights.items() if isinstance(weight, Decimal)}


def _without_two_and_five(number: int) -> int:
    for factor in (2, 5):
        while number % factor == 0:
            number //= factor
    return number
