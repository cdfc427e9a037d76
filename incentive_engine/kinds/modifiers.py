"""Modifiers: what changes a node's score once its items are combined.

To add one: one class here, told apart by its key, on the last line.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from incentive_engine.exact import Exact
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import (
    Declared,
    Label,
    Language,
    Rounding,
    RoundingChoice,
    SubjectKind,
    by_key,
)


class Factor(Declared):
    """The score times a number that a formula gives."""

    factor: Annotated[Formula, Field(description="The factor, over KPIs and workforce columns.")]
    of: Annotated[SubjectKind, Field(description="Whose results the formula reads.")] = "payee"
    because: Annotated[Label, Field(description="The reason, as the payee reads it.")]
    rounding: Annotated[RoundingChoice, Field(description="Of the factor; 4 places unless said.")] = Rounding(places=4)

    @property
    def formula(self) -> Formula:
        """What the compiler works out for each payee."""
        return self.factor

    @staticmethod
    def apply(number: Exact, score: Exact) -> Exact:
        """The score, modified by the formula's number."""
        return score.times(number)

    def sentence(self, language: Language) -> str:
        """What the modifier does, in words."""
        return {"en": "multiplied by", "fr": "multiplié par"}[language] + f" {self.factor.text}"


Modifier = Annotated[Annotated[Factor, Tag("factor")], Discriminator(by_key("factor"))]
