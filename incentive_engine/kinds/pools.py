"""Pools: a sum that is shared out among payees, to the cent, or that decides a factor of their pay.

To add a way of funding or of sharing: one class here, told apart by its key, and its name in the union.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import Discriminator, Field, StringConstraints, Tag

from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Declared, Label, Rounding, SubjectKind, by_key, written
from incentive_engine.kinds.wording import AnyLanguage, Language, Words, said

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
PoolSubject = Literal["company", "department", "team"]


class FundingKind(Declared):
    """What every funding has: a number in the row of each payee of the pool, and how these become its sum."""

    key: ClassVar[str]
    """The key under which the formula is written."""
    words: ClassVar[Mapping[AnyLanguage, str]]

    @property
    def formula(self) -> Formula:
        """What the compiler works out for each payee."""
        formula: Formula = getattr(self, self.key)
        return formula

    @abstractmethod
    def rounding(self, minor: Rounding) -> Rounding:
        """How a payee's number is rounded; `minor`: to the currency's smallest coin, as the sum is in the end."""

    @abstractmethod
    def added(self, numbers: pl.Expr) -> pl.Expr:
        """The pool's sum, before it is rounded, from the numbers of its payees."""

    @abstractmethod
    def reach(self, low: Fraction, high: Fraction, payees: int) -> tuple[Fraction, Fraction]:
        """Between what the sum lies, where a payee's number lies between `low` and `high`."""

    def sentence(self, language: AnyLanguage) -> str:
        """Where the sum comes from, in words."""
        return self.words[language].format(formula=self.formula.text)


class GivenSum(FundingKind):
    """A sum that one formula gives for the whole pool, rounded to the currency's minor unit."""

    sum: Annotated[Formula, Field(description="The sum, over KPIs and curves: `2% * store_sales`.")]
    of: Annotated[SubjectKind, Field(description="Whose results the formula reads: the company's, or those of `by`.")]
    key = "sum"
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("given_sum")

    def rounding(self, minor: Rounding) -> Rounding:
        return minor

    def added(self, numbers: pl.Expr) -> pl.Expr:
        return numbers.max()  # one number for all, whoever comes first

    def reach(self, low: Fraction, high: Fraction, payees: int) -> tuple[Fraction, Fraction]:
        return low, high


class SumOverPayees(FundingKind):
    """What a formula gives for each payee of the pool, at 6 places, added up; rounded to the currency's minor unit."""

    per_payee: Annotated[Formula, Field(description="What each payee adds: `target_pay * funding(profit)`.")]
    of: Annotated[SubjectKind, Field(description="Whose results the formula reads.")] = "company"
    key = "per_payee"
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("sum_over_payees")

    def rounding(self, minor: Rounding) -> Rounding:
        return Rounding(places=6)

    def added(self, numbers: pl.Expr) -> pl.Expr:
        return numbers.sum()

    def reach(self, low: Fraction, high: Fraction, payees: int) -> tuple[Fraction, Fraction]:
        return min(low, low * payees), max(high, high * payees)


Funding = Annotated[
    Annotated[GivenSum, Tag("sum")] | Annotated[SumOverPayees, Tag("per_payee")],
    Discriminator(by_key("sum", "per_payee")),
]


class Part(Declared):
    """A part of the pool, shared out by a key of its own."""

    title: Label
    share: Annotated[Decimal, Field(gt=0, le=1, description="Its part of the pool; the parts add up to 100 %.")]
    in_proportion_to: Annotated[
        Formula,
        Field(description="The key: `score * target_pay * proration`, `base_salary`, `1` for equal shares."),
    ]
    rounding: Annotated[Rounding, Field(description="Of the key; 6 places unless said.")] = Rounding(places=6)

    def sentence(self, language: Language) -> str:
        """Which part goes by which key, in words."""
        share, key = written(self.share, percent=True), self.in_proportion_to.text
        if language == "en":
            return f"{share} in proportion to {key} ({self.rounding.sentence(language)})"
        return f"{share} en proportion de {key} ({self.rounding.sentence(language)})"


class PoolKind(Declared):
    """What every pool has."""

    title: Label
    by: Annotated[PoolSubject, Field(description="One pool for all, or one for each of these.")] = "company"
    fund: Annotated[Funding, Field(description="Where the sum comes from.")]

    def sentence(self, language: Language) -> str:
        """The pool in words: for whom, from what, and how it is shared."""
        colon, semicolon = {"en": (": ", "; "), "fr": (" : ", " ; ")}[language]
        return f"{_FOR_EACH[language][self.by]}{colon}{semicolon.join(self._clauses(language))}"

    @abstractmethod
    def _clauses(self, language: Language) -> list[str]:
        """What the sentence says, piece by piece."""


_FOR_EACH: Mapping[Language, Mapping[PoolSubject, str]] = {
    "en": {"company": "one pool", "department": "one pool for each department", "team": "one pool for each team"},
    "fr": {
        "company": "une enveloppe",
        "department": "une enveloppe par service",
        "team": "une enveloppe par équipe",
    },
}


class SharedOut(PoolKind):
    """A sum shared out in proportion to keys, each part to the cent."""

    parts: Annotated[dict[Name, Part], Field(min_length=1, description="What is shared by which key.")]
    minimum: Annotated[Formula | None, Field(description="The least that a payee gets; the others make up for it.")] = (
        None
    )
    maximum: Annotated[
        Formula | None, Field(description="The most that a payee gets; what is above goes to the others.")
    ] = None

    def _clauses(self, language: Language) -> list[str]:
        words = {
            "en": ("each payee gets at least {}", "each payee gets at most {}"),
            "fr": ("chaque personne reçoit au moins {}", "chaque personne reçoit au plus {}"),
        }[language]
        bounds = zip(words, (self.minimum, self.maximum), strict=True)
        return [
            self.fund.sentence(language),
            *(part.sentence(language) for part in self.parts.values()),
            *(word.format(bound.text) for word, bound in bounds if bound is not None),
        ]


class Unknown(Declared):
    """The factor that is looked for."""

    factor: Annotated[Name, Field(description="Its name, as the plans' `payout:` formulas use it.")]
    at_least: Annotated[Decimal, Field(description="The smallest that it can be.")] = Decimal(0)
    at_most: Annotated[Decimal, Field(description="The largest that it can be.")]
    places: Annotated[int, Field(ge=0, le=15, description="Its decimal places.")]

    @property
    def counts(self) -> tuple[int, int]:
        """The smallest and the largest that it can be, in counts of 10**-places."""
        unit = 10**self.places
        return math.ceil(Fraction(self.at_least) * unit), math.floor(Fraction(self.at_most) * unit)

    @property
    def least(self) -> Fraction:
        """The smallest that it can be."""
        return Fraction(self.counts[0], 10**self.places)

    def sentence(self, language: AnyLanguage) -> str:
        """What is looked for, in words."""
        low, high = written(self.at_least), written(self.at_most)
        return said(language, "factor_sought", factor=self.factor, low=low, high=high, places=self.places)


class Solved(PoolKind):
    """A factor in the plans' `payout:`, as large as the sum allows."""

    solve: Annotated[Unknown, Field(description="The factor; the greatest whose payments do not exceed the sum.")]

    def _clauses(self, language: Language) -> list[str]:
        return [self.fund.sentence(language), self.solve.sentence(language)]


Pool = Annotated[
    Annotated[SharedOut, Tag("parts")] | Annotated[Solved, Tag("solve")], Discriminator(by_key("parts", "solve"))
]
