"""Gates: conditions that withhold a node. To add one: one class here, told apart by its key, on the last lines."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

import polars as pl
from pydantic import Discriminator, Field, Tag

from incentive_engine.exact import Exact
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Declared, Label, Language, SubjectKind, Variants, by_key, written

Part = Annotated[
    Annotated[Literal["all"], Tag("all")] | Annotated[Decimal, Field(gt=0, lt=1), Tag("part")],
    Discriminator(lambda value: "all" if isinstance(value, str) else "part"),
]


class Withhold(Declared):
    """Where the condition holds, all or a part of the score is withheld; where it is missing, the payee is held."""

    when: Annotated[Formula, Field(description="The condition, over KPIs and workforce columns.")]
    of: Annotated[SubjectKind, Field(description="Whose results the condition reads.")] = "payee"
    withhold: Annotated[Part, Field(description="`all`, or the part that is withheld: `50%`.")]
    because: Annotated[Label, Field(description="The reason, as the payee reads it.")]

    @property
    def kept(self) -> Fraction:
        """The part of the score that is left."""
        return Fraction(0) if self.withhold == "all" else 1 - Fraction(self.withhold)

    @staticmethod
    def apply(gates: Variants[Withhold], condition: pl.Expr, score: Exact) -> Exact:
        """The score behind the gate."""
        return Exact.choose((condition, score.times(gates.number(lambda gate: gate.kept))), otherwise=score)

    def sentence(self, language: Language) -> str:
        """What the gate does, in words."""
        part = "100%" if self.withhold == "all" else written(self.withhold, percent=True)
        if language == "en":
            return f"{part} is withheld where {self.when.text}"
        return f"{part} est retenu si {self.when.text}"


Gate = Annotated[Annotated[Withhold, Tag("withhold")], Discriminator(by_key("withhold"))]
