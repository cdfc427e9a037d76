"""Other values of what a formula names: those that it compares with, one step beside them, and both ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from incentive_engine.exact import Scale
from incentive_engine.formulas import Formula
from incentive_engine.formulas.folding import folded
from incentive_engine.formulas.tree import Call, Comparison, Membership, NameUse, Node, TextLiteral, walk
from incentive_engine.kinds.base import written
from incentive_engine.periods import Period
from incentive_engine.rulesets.example import Example
from incentive_engine.rulesets.loading import Rules
from incentive_engine.simulation.plan_tests.places import Slot

_ANOTHER = "another"
"""A text that no rule names."""


@dataclass(frozen=True, slots=True)
class Other:
    """A value in the place of one, and what is told of it."""

    name: str
    told: str
    example: Example


def others(rules: Rules, slot: Slot, example: Example) -> Iterator[Other]:
    """An example with another value of one name of a formula, each in turn."""
    formulas = [slot.formula, *(across for name in sorted(slot.formula.calls) if (across := _across(rules, name)))]
    for formula in formulas:
        for name in sorted(formula.names):
            if name in rules.ruleset.kpis:
                scale = rules.ranges.results[name]
                for number in _numbers(rules, formula, name, scale):
                    yield Other(name, written(number), with_result(example, name, slot.of, Fraction(number)))
            elif name == "days_employed":
                yield from _hired(rules, formula, example)
            elif name in rules.types.workforce:
                for value in values_of(rules, formula, name):
                    changed = example.model_copy(update={"payee": {**example.payee, name: value}})
                    yield Other(name, str(value), changed)


def with_result(example: Example, kpi: str, of: str, number: Fraction) -> Example:
    """The example with another result: in the place of that of its kind of subject, or of the parts of its period."""
    own = [name for name in example.results if name.partition(".")[0] == f"{kpi}@{of}"]
    parts = [name for name in example.results if name.partition(".")[0] == kpi]
    names = own or parts or [kpi]
    given = {**example.results, **dict.fromkeys(names, in_decimals(number))}
    return example.model_copy(update={"results": given})


def in_decimals(number: Fraction) -> Decimal:
    """A number that ends, as rules write it."""
    return Decimal(number.numerator) / Decimal(number.denominator)


def values_of(rules: Rules, formula: Formula, name: str) -> Iterator[Decimal | str | bool]:
    """Values of a workforce column that a formula may tell apart."""
    match rules.types.workforce[name]:
        case "number":
            yield from _numbers(rules, formula, name, rules.ranges.workforce[name])
        case "text":
            yield from dict.fromkeys(node.value for node, _ in walk(formula.tree) if isinstance(node, TextLiteral))
            yield _ANOTHER
        case "boolean":
            yield from (True, False)


def _across(rules: Rules, curve: str) -> Formula | None:
    return rules.ruleset.curves[curve].across


def _numbers(rules: Rules, formula: Formula, name: str, scale: Scale) -> Iterator[Decimal]:
    """The numbers that a name is compared with, or that begin a stretch of a curve that reads it, and beside them."""
    unit = Fraction(10) ** -scale.places
    compared = [number for node, _ in walk(formula.tree) for number in _compared(rules, node, name)]
    steps = [number + step * unit for number in compared for step in (-1, 0, 1)]
    ends = [max(scale.low, -10 * scale.high) * unit, scale.high * unit]
    for number in dict.fromkeys([*steps, *ends]):
        if (number / unit).denominator == 1 and scale.low <= number / unit <= scale.high:
            yield in_decimals(number)


def _compared(rules: Rules, node: Node, name: str) -> Iterator[Fraction]:
    match node:
        case Comparison() | Membership():
            sides = (node.left, node.right) if isinstance(node, Comparison) else (node.item, *node.choices)
            if any(isinstance(side, NameUse) and side.name == name for side in sides):
                yield from (value for side in sides if (value := folded(side)) is not None)
        case Call() if not node.built_in and isinstance(node.arguments[0], NameUse):
            if node.arguments[0].name == name:
                yield from (Fraction(start) for start, _ in rules.ruleset.curves[node.function].starts())


def _hired(rules: Rules, formula: Formula, example: Example) -> Iterator[Other]:
    """The payee, hired so many days before the end of the period."""
    end = Period.parse(example.period, rules.ruleset.year_starts).end
    for node, _ in walk(formula.tree):
        for days in _compared(rules, node, "days_employed"):
            for step in (-1, 0, 1):
                day = end - dt.timedelta(days=int(days) + step - 1)
                changed = example.model_copy(update={"payee": {**example.payee, "hired": day.isoformat()}})
                yield Other("days_employed", str(int(days) + step), changed)
