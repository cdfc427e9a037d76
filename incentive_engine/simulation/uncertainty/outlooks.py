"""Outlooks: from what was drawn of amounts to how sure they are.

Of D draws and the outcome, none of which can be told from the others, the outcome lies between those of rank a and b
with probability (b - a) ÷ (D + 1). The ends of a range are amounts that were drawn: nothing is interpolated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeAlias

import numpy as np
import polars as pl

from incentive_engine.simulation.uncertainty.urns import Array

LOW, MIDDLE, HIGH = Fraction(1, 10), Fraction(1, 2), Fraction(9, 10)
_AMOUNT: Final = "payout"
Keys: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an amount will be.

    In one case of ten less than `low`, in one of ten more than `high`, half the time more than `middle`. `expected` is
    the mean of all draws, to the places of the amounts.
    """

    low: Decimal
    middle: Decimal
    high: Decimal
    expected: Decimal

    def times(self, share: Fraction) -> Outlook:
        """A part of it, to the same places."""
        return Outlook(*(_part(getattr(self, each.name), share) for each in fields(self)))


def _part(amount: Decimal, share: Fraction) -> Decimal:
    places = _places(amount)
    return Decimal(round(Fraction(amount) * share * 10**places)).scaleb(-places)


def _places(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent


@dataclass(frozen=True, slots=True)
class Drawn:
    """Amounts by draw.

    `rows`: one row per payee × plan: payee, plan, department. `amounts`: one row per draw, one column per row of these,
    in counts of 10**-places; not a number where nothing could be worked out.
    """

    rows: pl.DataFrame
    amounts: Array
    places: int

    @classmethod
    def of(cls, draws: Sequence[pl.DataFrame], key: Keys) -> Drawn:
        """From one frame per draw: the columns of the key, department, payout.

        Several rows of one key, of what is paid in different currencies, are added up: payouts are all in one.
        """
        places = max(_decimals(frame.schema[_AMOUNT]) for frame in draws)
        every = pl.concat(
            frame.select(
                *key,
                "department",
                pl.col(_AMOUNT).cast(pl.Decimal(38, places)).to_physical().cast(pl.Float64).alias(_AMOUNT),
                pl.lit(at, pl.UInt32).alias("\0draw"),
            )
            for at, frame in enumerate(draws)
        )
        rows = every.group_by(key).agg(pl.col("department").drop_nulls().first()).sort(key)
        at = every.join(rows.select(key).with_row_index("\0at"), on=key, how="left", maintain_order="left")
        at = at.group_by("\0draw", "\0at").agg(pl.col(_AMOUNT).sum())
        amounts = np.full((len(draws), rows.height), np.nan)
        amounts[at["\0draw"].to_numpy(), at["\0at"].to_numpy()] = at[_AMOUNT].to_numpy()
        return cls(rows, amounts, places)

    def total(self) -> Outlook:
        """The sum of all."""
        return self._outlook(np.nansum(self.amounts, axis=1))

    def of_each(self) -> pl.DataFrame:
        """Each row, with low, middle, high, expected, and held: in which share of draws it could not be worked out."""
        told = [self._outlook(column[~np.isnan(column)]) for column in self.amounts.T]
        held = np.isnan(self.amounts).mean(axis=0)
        return self.rows.with_columns(*_columns(told, self.places), pl.Series("held", held, dtype=pl.Float64))

    def by(self, column: str) -> pl.DataFrame:
        """One row per value of a column: the value, how many payees, low, middle, high and expected of the sum."""
        groups = (
            self.rows.with_row_index("\0at").group_by(column).agg("\0at", pl.col("payee").n_unique().alias("payees"))
        )
        groups = groups.sort(column)
        told = [self._outlook(np.nansum(self.amounts[:, each.to_numpy()], axis=1)) for each in groups["\0at"]]
        return groups.select(column, "payees").with_columns(*_columns(told, self.places))

    def _outlook(self, amounts: Array) -> Outlook:
        ordered = np.sort(amounts)
        low = max(1, int(LOW * (len(ordered) + 1)))
        ranks = (low, -int(-(MIDDLE * (len(ordered) + 1)) // 1), len(ordered) + 1 - low)
        counts = [round(float(ordered[min(rank, len(ordered)) - 1])) for rank in ranks]
        return Outlook(*(Decimal(count).scaleb(-self.places) for count in (*counts, round(float(amounts.mean())))))


def _columns(told: Iterable[Outlook], places: int) -> list[pl.Series]:
    outlooks = list(told)
    return [
        pl.Series(each.name, [getattr(outlook, each.name) for outlook in outlooks], dtype=pl.Decimal(38, places))
        for each in fields(Outlook)
    ]


def _decimals(kind: pl.DataType) -> int:
    return kind.scale if isinstance(kind, pl.Decimal) else 0
