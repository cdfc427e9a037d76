"""Gates: conditions that withhold a node or limit it.

To add one: one class here, told apart by its key, on the last lines.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from incentive_engine.exact import Exact
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Declared, Label, SubjectKind, by_key, written
from incentive_engine.kinds.wording import AnyLanguage, said

Part = Annotated[
    Annotated[Literal["all"], Tag("all")] | Annotated[Decimal, Field(gt=0, lt=1), Tag("part")],
    Discriminator(lambda value: "all" if isinstance(value, str) else "part"),
]


class GateKind(Declared):
    """What every gate has. Where its condition is missing, the payee is held."""

    when: Annotated[Formula, Field(description="The condition, over KPIs, curves and workforce columns.")]
    of: Annotated[SubjectKind, Field(description="Whose results the condition reads.")] = "payee"
    because: Annotated[Label, Field(description="The reason, as the payee reads it.")]

    @property
    @abstractmethod
    def number(self) -> Decimal | Fraction:
        """What the score is worked out with where the condition holds."""

    @staticmethod
    @abstractmethod
    def shut(number: Exact, score: Exact) -> Exact:
        """The score where the condition holds."""

    @abstractmethod
    def effect(self, language: AnyLanguage) -> str:
        """What the gate does where the condition holds, in words."""

    def sentence(self, language: AnyLanguage) -> str:
        """What the gate does, and where."""
        return f"{self.effect(language)} {'where' if language == 'en' else 'si'} {self.when.text}"

    @abstractmethod
    def worked(self, score: str, show: Callable[[Decimal | Fraction], str]) -> str:
        """The score where the condition holds, written out for a pocket calculator."""


class Withhold(GateKind):
    """Where the condition holds, all or a part of the score is withheld."""

    withhold: Annotated[Part, Field(description="`all`, or the part that is withheld: `50%`.")]

    @property
    def number(self) -> Decimal | Fraction:
        """The part of the score that is left."""
        return Fraction(0) if self.withhold == "all" else 1 - Fraction(self.withhold)

    @staticmethod
    def shut(number: Exact, score: Exact) -> Exact:
        return score.times(number)

    def worked(self, score: str, show: Callable[[Decimal | Fraction], str]) -> str:
        return f"{score} × {show(self.number)}"

    def effect(self, language: AnyLanguage) -> str:
        part = "100%" if self.withhold == "all" else written(self.withhold, percent=True)
        return said(language, "withheld", part=part)


class Limit(GateKind):
    """Where the condition holds, the score is not above a limit."""

    limit: Annotated[Decimal, Field(description="What the score is not above: `80%`.")]

    @property
    def number(self) -> Decimal | Fraction:
        """What the score is not above."""
        return self.limit

    @staticmethod
    def shut(number: Exact, score: Exact) -> Exact:
        return score.minimum(number)

    def worked(self, score: str, show: Callable[[Decimal | Fraction], str]) -> str:
        return f"min({score}, {show(self.limit)})"

    def effect(self, language: AnyLanguage) -> str:
        limit = written(self.limit, percent=True)
        return said(language, "not_above", limit=limit)


Gate = Annotated[
    Annotated[Withhold, Tag("withhold")] | Annotated[Limit, Tag("limit")], Discriminator(by_key("withhold", "limit"))
]
