"""Money as bars, each from where the one above ends to the payout: they sum because amounts do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from incentive_engine.engine.comparing import Number
from incentive_engine.statements.languages import Numbers
from incentive_engine.statements.values import Bar, Perspective


@dataclass(frozen=True, slots=True)
class Piece:
    """What changes the pay, of which kind, and the pay with it and all before it."""

    title: str
    perspective: Perspective
    reached: Decimal
    arithmetic: str = ""
    note: str = ""


class Scale:
    """Where amounts stand between the least and the greatest that are drawn; nothing is always among them."""

    def __init__(self, amounts: Iterable[Number]) -> None:
        drawn = [0.0, *map(float, amounts)]
        self._low = min(drawn)
        self._span = max(drawn) - self._low or 1.0

    def at(self, amount: Number) -> float:
        """In percent of the width."""
        return (float(amount) - self._low) / self._span * 100


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
