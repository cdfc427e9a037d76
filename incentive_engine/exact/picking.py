"""Which of several numbers a row takes: by a column that says so, or the same in all rows, one variant after the other.

To look a number up in a table for each row costs as much as ten additions; a column with one number in all rows costs
next to nothing. So variants that are worked out one after the other have their numbers in columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import polars as pl

PICKED: Final = "\0picked "  # no header begins so
"""How the names begin of columns that hold one number in all rows."""


@dataclass(frozen=True, slots=True)
class OneAtOnce:
    """One of many variants that all rows follow; `number` is the column that says which, as tables need it."""

    number: pl.Expr
    _names: dict[tuple[tuple[int | None, ...], pl.DataType], str] = field(default_factory=dict)

    def column(self, counts: Sequence[int | None], dtype: pl.DataType) -> pl.Expr:
        """The column with the count of the variant; one for all that take the same counts."""
        return pl.col(self._names.setdefault((tuple(counts), dtype), f"{PICKED}{len(self._names)}"))

    def columns(self, variant: int) -> list[pl.Expr]:
        """All columns that were asked for, for one variant."""
        return [pl.lit(counts[variant], dtype).alias(name) for (counts, dtype), name in self._names.items()]


Which: TypeAlias = pl.Expr | OneAtOnce


def row_number(which: Which) -> pl.Expr:
    """The number of what each row takes."""
    return which.number if isinstance(which, OneAtOnce) else which
