"""Grids: a mystery visit, call or e-mail, marked item by item; what does not apply is not held against anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from operator import or_
from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import Discriminator, Field, Tag

from incentive_engine.exact import Exact
from incentive_engine.formulas import Formula, Scope, Type, compile_condition
from incentive_engine.kinds.attainments import Better
from incentive_engine.kinds.base import Declared, by_key, written
from incentive_engine.kinds.intervals import Linearised, OfSums
from incentive_engine.kinds.kpi_kind import Added, Column, Credited, Gathered, OneMore, Tally
from incentive_engine.kinds.wording import AnyLanguage, Words, said

_Weight = Annotated[Decimal, Field(gt=0, le=1000, description="How often its points count.")]


class Met(Declared):
    """An item that is met, for one point, or not; where the condition is missing, the item does not apply."""

    met: Annotated[Formula, Field(description="The condition that earns the point: `greeted`.")]
    weight: _Weight = Decimal(1)
    out_of: ClassVar[int] = 1

    @property
    def text(self) -> str:
        """What is looked at, as it is written."""
        return self.met.text

    def points(self, scope: Scope) -> Exact:
        """The points earned on each fact; missing where the item does not apply."""
        return Exact.choose((compile_condition(self.met, scope), Exact.of(1)), otherwise=Exact.of(0))


class Scored(Declared):
    """An item that has a mark; where the mark is missing, the item does not apply."""

    score: Annotated[Column, Field(description="The column with the mark, a whole number from 0.")]
    out_of: Annotated[int, Field(ge=1, le=100, description="The highest mark.")]
    weight: _Weight = Decimal(1)

    @property
    def text(self) -> str:
        """What is looked at, as it is written."""
        return self.score

    def points(self, scope: Scope) -> Exact:
        """The points earned on each fact; missing where the item does not apply."""
        mark = scope[self.score]
        assert isinstance(mark, Exact)
        return mark


GridItem = Annotated[
    Annotated[Met, Tag("met")] | Annotated[Scored, Tag("score")], Discriminator(by_key("met", "score"))
]


class Grid(Added):
    """Points earned of those that could be earned, on a grid of weighted items: mystery visits, calls, e-mails.

    Items that do not apply drop out of both sums; visits are pooled, so that one on which little applies weighs less.
    """

    kind: Literal["grid"]
    items: Annotated[
        dict[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")], GridItem],
        Field(min_length=1, description="What is looked at, by name: `{met: greeted}`, `{score: advice, out_of: 5}`."),
    ]
    in_percent: ClassVar[bool] = True
    interval: ClassVar[OfSums | None] = Linearised()
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("grid")

    def formulas(self) -> dict[str, tuple[Formula, Type]]:
        met = {name: item.met for name, item in self.items.items() if isinstance(item, Met)}
        conditions: dict[str, tuple[Formula, Type]] = {
            f"items.{name}.met": (formula, "boolean") for name, formula in met.items()
        }
        return conditions | super().formulas()

    def answers(self) -> dict[str, tuple[str, int, int]]:
        scored = {name: item for name, item in self.items.items() if isinstance(item, Scored)}
        return {f"items.{name}.score": (item.score, 0, item.out_of) for name, item in scored.items()}

    def tally(self, scope: Scope) -> Tally:
        earned, possible, applies = Exact.of(0), Exact.of(0), list[pl.Expr]()
        for item in self.items.values():
            points = item.points(scope)
            there = ~points.missing
            applies.append(there)
            earned = earned.plus(points.times(item.weight).or_else(0))
            most = Exact.choose((there, Exact.of(item.out_of * item.weight)), otherwise=Exact.of(0))
            possible = possible.plus(most)
        return Tally(earned, possible, self._counted(scope) & reduce(or_, applies))

    def gathered(self, facts: Credited) -> Gathered:
        return replace(super().gathered(facts), within=(Fraction(0), Fraction(1)))

    def sentence_fields(self, language: AnyLanguage) -> dict[str, str]:
        told = [
            (f"{written(item.weight)} × " if item.weight != 1 else "")
            + said(language, "quoted", text=item.text)
            + (said(language, "grid_out_of", most=item.out_of) if isinstance(item, Scored) else "")
            for item in self.items.values()
        ]
        return {"items": ", ".join(told)}

    def one_more(self, better: Better) -> OneMore:
        points = sum((item.out_of * item.weight for item in self.items.values()), Decimal(0))
        return OneMore("perfect", points, points) if better == "higher" else OneMore("nothing", 0, points)
