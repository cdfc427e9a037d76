"""A formula as models hold it: its text. The tree is derived, so that equality, hashes and files know the text only."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from incentive_engine.formulas.grammar import parse
from incentive_engine.formulas.syntax import FormulaSyntaxError
from incentive_engine.formulas.tree import Call, NameUse, Node, literals, skeleton, walk

DESCRIPTION = (
    'A formula, written as in Excel: names, numbers (`8%`), "text", + - * /, = <> < <= > >=, AND, OR, NOT, '
    'IN ("a", "b"), IF, MIN, MAX, ABS, ROUND, ROUNDDOWN, ROUNDUP, DATE, DAYS, HOURS, WORKHOURS, WORKDAYS, ISMISSING, '
    "and curves by name: `multiplier(nps)`."
)


@dataclass(frozen=True)
class Formula:
    """A formula of the rule language; equal to another with the same text."""

    text: str

    @cached_property
    def tree(self) -> Node:
        """What the text says. Raises FormulaSyntaxError; never for a formula that a model has accepted."""
        return parse(self.text)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that the formula uses, functions left out."""
        return frozenset(node.name for node, _ in walk(self.tree) if isinstance(node, NameUse))

    @cached_property
    def calls(self) -> frozenset[str]:
        """The functions that the formula calls and that are not built in: curves of the rule set."""
        return frozenset(node.function for node, _ in walk(self.tree) if isinstance(node, Call) and not node.built_in)

    @cached_property
    def skeleton(self) -> Hashable:
        """The formula without its numbers: formulas of one skeleton run in one pass."""
        return skeleton(self.tree)

    @cached_property
    def constants(self) -> tuple[Fraction, ...]:
        """The numbers that the skeleton leaves out, in written order."""
        return tuple(literal.value for literal in literals(self.tree))

    def __str__(self) -> str:
        return self.text

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_accepted, serialization=core_schema.to_string_ser_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean"], "description": DESCRIPTION}


def _accepted(value: object) -> Formula:
    match value:
        case Formula():
            formula = value
        case str():
            formula = Formula(value.rstrip())
        case bool():
            formula = Formula("TRUE" if value else "FALSE")
        case Decimal() if value.is_finite():
            formula = Formula(f"{value:f}")
        case int():
            formula = Formula(str(value))
        case _:
            raise PydanticCustomError("wrong-type", "this must be a formula", {"expected_type": "a formula"})
    try:
        _ = formula.tree
    except FormulaSyntaxError as error:
        context = {"offset": error.offset, "hint": error.hint}
        # The message goes through the context, because pydantic reads braces in a template.
        raise PydanticCustomError("formula-syntax", "{message}", {**context, "message": error.message}) from None
    return formula
