"""Exact values as the decimals of Parquet, in which numbers leave."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import polars as pl

from incentive_engine.exact import CannotProve, Exact

_MOST_PLACES: Final = (12, 10, 8, 6)


def decimal_column(value: Exact | None, name: str) -> pl.Expr:
    """The value as a decimal column; null everywhere where there is none."""
    if value is None:
        return pl.lit(None, pl.Decimal(38, 0)).alias(name)
    return ending(value).decimal().alias(name)


def ending(value: Exact) -> Exact:
    """The value as a decimal that ends: rounded to the most places that fit, where it is a fraction that may not.

    Only what no rule rounds needs it (`rounding: none`, numerators in thirds); the trace keeps the fraction itself.
    """
    if value.finite_places is not None:
        return value
    for places in _MOST_PLACES:
        with suppress(CannotProve):
            return value.rounded(places)
    return value.rounded(0)
