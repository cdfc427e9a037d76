"""Modifiers: what changes a node's score once its items are combined.

To add one: one class here, told apart by its key, on the last line.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Discriminator, Field, Tag

from incentive_engine.exact import Exact
from incentive_engine.formulas import Formula, constant
from incentive_engine.kinds.base import (
    Declared,
    Label,
    Rounding,
    RoundingChoice,
    SubjectKind,
    by_key,
    written,
)
from incentive_engine.kinds.wording import AnyLanguage, Language, Words


class ModifierKind(Declared):
    """What every modifier has. Where its formula gives nothing, the payee is held."""

    of: Annotated[SubjectKind, Field(description="Whose results the formula reads.")] = "payee"
    because: Annotated[Label, Field(description="The reason, as the payee reads it.")]
    rounding: Annotated[RoundingChoice, Field(description="Of the formula's number; 4 places unless said.")] = Rounding(
        places=4
    )
    key: ClassVar[str]
    """The key under which the formula is written."""
    sign: ClassVar[str]
    """What stands between the score and the formula's number."""
    earns: ClassVar[bool]
    """Whether what it brings is earned by the items below, or by no measure."""
    words: ClassVar[Mapping[AnyLanguage, str]]

    @property
    def formula(self) -> Formula:
        """What the compiler works out for each payee."""
        formula: Formula = getattr(self, self.key)
        return formula

    @staticmethod
    @abstractmethod
    def apply(number: Exact, score: Exact) -> Exact:
        """The score, modified by the formula's number."""

    def sentence(self, language: Language) -> str:
        """What the modifier does, in words."""
        number = constant(self.formula)
        return f"{self.words[language]} {self.formula.text if number is None else written(number, percent=True)}"


class Factor(ModifierKind):
    """The score times a number that a formula gives."""

    factor: Annotated[Formula, Field(description="The factor, over KPIs, curves and workforce columns.")]
    key = "factor"
    sign = "×"
    earns = True
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("factor")

    @staticmethod
    def apply(number: Exact, score: Exact) -> Exact:
        return score.times(number)


class Points(ModifierKind):
    """The score plus a number that a formula gives: money that no measure earned, or a deduction."""

    add: Annotated[Formula, Field(description="What is added, over KPIs, curves and workforce columns: `5%`.")]
    key = "add"
    sign = "+"
    earns = False
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("points")

    @staticmethod
    def apply(number: Exact, score: Exact) -> Exact:
        return score.plus(number)


Modifier = Annotated[
    Annotated[Factor, Tag("factor")] | Annotated[Points, Tag("add")], Discriminator(by_key("factor", "add"))
]
