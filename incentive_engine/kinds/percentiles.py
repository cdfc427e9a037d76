"""Percentiles: the median wait, the wait that nine in ten customers did not exceed.

Order statistics are no sums: the facts of each subject are put in order together. Equal values are alike, so that the
order of rows does not matter. There are many definitions (Hyndman and Fan, The American Statistician, 1996); the two
here are the one that always gives an observed value and the one of spreadsheets.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import Field

from incentive_engine.exact import CannotProve, Exact
from incentive_engine.formulas import Formula, Type, compile_number
from incentive_engine.kinds.base import Language, written
from incentive_engine.kinds.kpi_kind import COUNT, NUMERATOR, Credited, FromFacts, Gathered, number_of


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
    merges: ClassVar[bool] = False
    words: ClassVar[Mapping[Language, str]] = {
        "en": "{how}, of `{value}` in {facts}",
        "fr": "{how}, de « {value} » dans {facts}",
    }

    def formulas(self) -> dict[str, tuple[Formula, Type]]:
        return {"value": (self.value, "number"), **super().formulas()}

    def gathered(self, facts: Credited) -> Gathered:
        value = compile_number(self.value, facts.scope).plus(0)  # with a unit above zero, in which counts rise
        if value.per is not None:
            raise CannotProve("quotients have no common unit in which to be put in order: round them first")
        share = Fraction(self.at)
        counts = facts.to_somebody & self._counted(facts.scope, value)
        below = share.denominator if self.definition == "inclusive" else 1
        result = Exact(pl.col(NUMERATOR), value.unit / below, value.low * below, value.high * below)
        ordered = value.masked(counts).expr.drop_nulls().sort().cast(result.dtype)
        place = _nearest if self.definition == "nearest" else _inclusive
        picked = place(ordered, number_of(counts), share)
        return Gathered((picked.alias(NUMERATOR), number_of(counts).alias(COUNT)), result, result)

    def sentence_fields(self, language: Language) -> dict[str, str]:
        share = written(self.at, percent=True)
        if self.definition == "nearest":
            words = {"en": f"the smallest value with {share} of all at or below it"}
            words["fr"] = f"la plus petite valeur telle que {share} des valeurs ne la dépassent pas"
        else:
            words = {"en": f"the value {share} of the way from the smallest to the greatest, in order"}
            words["fr"] = f"la valeur à {share} du chemin de la plus petite à la plus grande, dans l'ordre"
        return {"how": words[language]}

    def picked(self, n: int, language: Language) -> str:
        """The rank: between two of them, where the value is."""
        share = Fraction(self.at)
        way = Fraction(math.ceil(n * share)) if self.definition == "nearest" else (n - 1) * share + 1
        low, high = math.floor(way), math.ceil(way)
        several, english = low < high, language == "en"
        ranks = f"{low} {'and' if english else 'et'} {high}" if several else f"{low}"
        if english:
            return f"{'between ranks' if several else 'rank'} {ranks} of {n} from the lowest"
        return f"{'entre les rangs' if several else 'rang'} {ranks} sur {n} à partir du plus bas"


def _nearest(ordered: pl.Expr, n: pl.Expr, share: Fraction) -> pl.Expr:
    rank = (n * share.numerator + share.denominator - 1) // share.denominator
    return ordered.get((rank - 1).clip(0), null_on_oob=True)


def _inclusive(ordered: pl.Expr, n: pl.Expr, share: Fraction) -> pl.Expr:
    """In counts of the share's denominator, so that nothing is rounded."""
    way = (n - 1).clip(0) * share.numerator
    whole, rest = way // share.denominator, way % share.denominator
    lower = ordered.get(whole, null_on_oob=True)
    upper = ordered.get(pl.min_horizontal(whole + 1, (n - 1).clip(0)), null_on_oob=True)
    return lower * (share.denominator - rest) + upper * rest
