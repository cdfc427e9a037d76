"""The stretches of a curve: what lies below its first point or tier, between two of them, and from the last on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from incentive_engine.kinds.base import written
from incentive_engine.kinds.curve_kind import End


@dataclass(frozen=True, slots=True)
class Stretch:
    """Numbers between two ends; None where there is no end."""

    start: End | None
    end: End | None

    def holds(self, number: Fraction) -> bool:
        """Whether a number lies in it."""
        return self.possible(number, number)

    def possible(self, low: Fraction, high: Fraction) -> bool:
        """Whether a number between these can lie in it."""
        begins = self.start is None or reached(self.start, high)
        return begins and (self.end is None or not reached(self.end, low))

    def reads(self, *, percent: bool) -> str:
        """The stretch in words."""
        words = []
        if self.start is not None:
            words.append(f"{'above' if self.start[1] else 'from'} {written(self.start[0], percent=percent)}")
        if self.end is not None:
            word = "up to" if self.end[1] else "to below" if words else "below"
            words.append(f"{word} {written(self.end[0], percent=percent)}")
        return " ".join(words)


def reached(end: End, number: Fraction) -> bool:
    """Whether a number lies beyond an end, or at it where it begins there."""
    return number > end[0] or (number == end[0] and not end[1])


def stretches(starts: Sequence[End]) -> tuple[Stretch, ...]:
    """All stretches, in order; none where nothing begins anywhere."""
    ends = [None, *sorted(set(starts)), None]
    return tuple(Stretch(start, end) for start, end in pairwise(ends)) if starts else ()
