"""How payouts are spread before and after: deciles that somebody is paid, and how many lie between round amounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

import polars as pl

_MOST: Final = 20
"""Bands of a histogram; with these steps, half as many at least."""
_ROUND: Final = pl.Decimal(38, 12)
"""Polars compares with a bare Decimal of a positive exponent, `1E+3`, as if that were another number."""
_STEPS: Final = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5))


@dataclass(frozen=True, slots=True)
class Decile:
    """The smallest amount that so many tenths of the payees are paid at most; the least and the most for 0 and 10."""

    tenths: int
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True, slots=True)
class Band:
    """How many lie from `low` on and below `high`."""

    low: Decimal
    high: Decimal
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Spread:
    """The payouts in one currency: deciles, and a histogram of bands of one width."""

    currency: str
    deciles: tuple[Decile, ...]
    bands: tuple[Band, ...]


def spreads(movements: pl.DataFrame) -> tuple[Spread, ...]:
    """The payouts of each currency; the frame is that of `moving.movements`."""
    return tuple(
        Spread(str(currency), _deciles(*sides), _bands(*sides))
        for (currency,), rows in movements.group_by("currency", maintain_order=True)
        for sides in [[rows[side].drop_nulls().sort() for side in ("before", "after")]]
    )


def _deciles(before: pl.Series, after: pl.Series) -> tuple[Decile, ...]:
    """By nearest rank, so that each of them is somebody's payout, and exact."""
    return tuple(Decile(tenths, _ranked(before, tenths), _ranked(after, tenths)) for tenths in range(11))


def _ranked(amounts: pl.Series, tenths: int) -> Decimal | None:
    place = max(0, -(-tenths * amounts.len() // 10) - 1)
    found = amounts[place] if amounts.len() else None
    return found if isinstance(found, Decimal) else None


def _bands(before: pl.Series, after: pl.Series) -> tuple[Band, ...]:
    ends = [end for each in (before, after) if each.len() for end in (each[0], each[-1])]
    if not ends:
        return ()
    edges = list(_edges(min(ends), max(ends)))
    counted = (_counts(each, edges) for each in (before, after))
    return tuple(map(Band, edges, edges[1:], *counted))


def _edges(least: Decimal, most: Decimal) -> Iterator[Decimal]:
    """Multiples of a round width around all amounts."""
    width = next(width for width in _widths(most - least) if (most // width) - (least // width) < _MOST)
    edge = (least / width).to_integral_value("ROUND_FLOOR") * width
    while edge <= most:
        yield edge
        edge += width
    yield edge


def _widths(span: Decimal) -> Iterator[Decimal]:
    """Round widths, from one that is too small for a span on."""
    power = Decimal(1).scaleb(span.adjusted() - 2 if span else 0)
    while True:
        yield from (power * step for step in _STEPS)
        power *= 10


def _counts(amounts: pl.Series, edges: Sequence[Decimal]) -> list[int]:
    reached = [int((amounts >= pl.Series([edge], dtype=_ROUND)).sum()) for edge in edges]
    return [low - high for low, high in pairwise(reached)]
