"""Money as bars, each from where the one above ends to the payout: they sum because amounts do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Final

from incentive_engine.engine.comparing import Number
from incentive_engine.statements.languages import Numbers
from incentive_engine.statements.values import Bar, Perspective

_ALIKE: Final = 0.6
"""By which part of the least amounts differ at most, for what they have in common to be drawn shorter."""
_KEPT: Final = 0.5
"""How much of it is drawn: so many times what they differ by."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What changes the pay, of which kind, and the pay with it and all before it."""

    title: str
    perspective: Perspective
    reached: Decimal
    arithmetic: str = ""
    note: str = ""


class Scale:
    """Where amounts stand between nothing, or the least, and the greatest that are drawn.

    `shorten`: where all of them are far from nothing, what they have in common is drawn shorter than it is, so that
    one sees by how much they differ.
    """

    def __init__(self, amounts: Iterable[Number], *, shorten: bool = False) -> None:
        drawn = [float(amount) for amount in amounts]
        least, most = min(drawn), max(drawn)
        self.shortened = shorten and 0 < most - least < least * _ALIKE
        self._low = least - (most - least) * _KEPT if self.shortened else min(0.0, least)
        self._span = max(most, 0.0) - self._low or 1.0

    def at(self, amount: Number) -> float:
        """In percent of the width."""
        return max(float(amount) - self._low, 0.0) / self._span * 100


def bars(pieces: Sequence[Piece], scale: Scale, numbers: Numbers) -> tuple[Bar, ...]:
    """A bar for each piece, from nothing on."""
    start = Piece("", "other", Decimal(0))
    return tuple(bar(before, piece, scale, numbers) for before, piece in pairwise([start, *pieces]))


def whole(piece: Piece, scale: Scale, numbers: Numbers) -> Bar:
    """A bar that stands by itself: what is reached, from nothing."""
    drawn = bar(Piece("", "other", Decimal(0)), piece, scale, numbers)
    return replace(drawn, pay=drawn.reached, way="whole")


def bar(before: Piece, piece: Piece, scale: Scale, numbers: Numbers) -> Bar:
    """A bar from what was reached before to what is reached then."""
    begins, ends, change = scale.at(before.reached), scale.at(piece.reached), piece.reached - before.reached
    shown = numbers.money(change)
    return Bar(
        title=piece.title,
        perspective=piece.perspective,
        pay=f"+{shown}" if change > 0 else shown,
        start=f"{min(begins, ends):.2f}",
        width=f"{abs(ends - begins):.2f}",
        end=f"{ends:.2f}",
        way="down" if change < 0 else "up",
        reached=numbers.money(piece.reached),
        arithmetic=piece.arithmetic,
        note=piece.note,
    )
