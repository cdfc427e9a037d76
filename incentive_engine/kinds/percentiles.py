"""Percentiles: the median wait, the wait that nine in ten customers did not exceed.

Order statistics are no sums: the facts of each subject are put in order together. Equal values are alike, so that the
order of rows does not matter. There are many definitions (Hyndman and Fan, The American Statistician, 1996); the two
here are the one that always gives an observed value and the one of spreadsheets.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Final, Literal

import polars as pl
from pydantic import Field

from incentive_engine.exact import CannotProve, Exact
from incentive_engine.formulas import Formula, Type, compile_number
from incentive_engine.kinds.base import written
from incentive_engine.kinds.intervals import OrderStatistics
from incentive_engine.kinds.kpi_kind import COUNT, Credited, FromFacts, Gathered, number_of
from incentive_engine.kinds.wording import AnyLanguage, Words, said

_PICKED: Final = "picked"
"""The values around the percentile, and those that limit it."""


class Percentile(FromFacts):
    """The value that a share of facts does not exceed: the median, where that share is 50 %."""

    kind: Literal["percentile"]
    value: Annotated[Formula, Field(description="The number, from the fact's columns.")]
    at: Annotated[Decimal, Field(gt=0, le=1, description="The share of facts: `50%` for the median.")]
    definition: Annotated[
        Literal["nearest", "inclusive"],
        Field(
            description="`nearest`: the smallest value with at least that share of all at or below it; `inclusive`: "
            "on the line between the two nearest, as PERCENTILE.INC of spreadsheets."
        ),
    ] = "nearest"
    interval: ClassVar[OrderStatistics] = OrderStatistics()
    merges: ClassVar[bool] = False
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("percentile")

    def formulas(self) -> dict[str, tuple[Formula, Type]]:
        return {"value": (self.value, "number"), **super().formulas()}

    def gathered(self, facts: Credited) -> Gathered:
        value = compile_number(self.value, facts.scope).plus(0)  # with a unit above zero, in which counts rise
        if value.per is not None:
            raise CannotProve("quotients have no common unit in which to be put in order: round them first")
        counts = facts.to_somebody & self._counted(facts.scope, value)
        n, ordered = number_of(counts), value.masked(counts).expr.drop_nulls().sort()
        whole, _, _ = self._way(n)
        places = (whole, pl.min_horizontal(whole + 1, n - 1), *self.interval.places(n, Fraction(self.at)))
        # Picked together: to put the values in order is what costs.
        columns = (ordered.gather(pl.concat(places), null_on_oob=True).alias(_PICKED), n.alias(COUNT))
        picked = (pl.col(_PICKED).list.get(at, null_on_oob=True) for at in range(len(places)))
        lower, upper, low, high = (replace(value, expr=each, fixed=False) for each in picked)
        _, rest, parts = self._way(pl.col(COUNT))
        result = Exact(lower.expr, value.unit / parts, value.low * parts, value.high * parts)
        below, above = (each.expr.cast(result.dtype) for each in (lower, upper))
        result = replace(result, expr=below * (parts - rest) + above * rest)
        return Gathered(columns, result, result, interval=self.interval.columns(low, high))

    def _way(self, n: pl.Expr) -> tuple[pl.Expr, pl.Expr, int]:
        """The place of the value, from 0, as a whole and a rest in so many parts, so that nothing is rounded."""
        share = Fraction(self.at)
        if self.definition == "nearest":
            return (n * share.numerator - 1).clip(0) // share.denominator, pl.lit(0), 1
        way, parts = (n - 1).clip(0) * share.numerator, share.denominator
        return way // parts, way % parts, parts

    def sentence_fields(self, language: AnyLanguage) -> dict[str, str]:
        name = "smallest_value" if self.definition == "nearest" else "value_on_the_way"
        return {"how": said(language, name, share=written(self.at, percent=True))}

    def picked(self, n: int, language: AnyLanguage) -> str:
        """The rank: between two of them, where the value is."""
        share = Fraction(self.at)
        way = Fraction(math.ceil(n * share)) if self.definition == "nearest" else (n - 1) * share + 1
        low, high = math.floor(way), math.ceil(way)
        return said(language, "picked_between" if low < high else "picked", low=low, high=high, n=n)
