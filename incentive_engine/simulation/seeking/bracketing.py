"""Which decimal gives a cost, exactly: brackets on a grid of numbers that a reader can write, coarse before fine.

Between two numbers that were tried, what somebody is paid for a stretch of days goes one way only. So the cost there
lies between the sum of the least of each and the sum of the most of each, although the cost itself may rise and fall: a
bracket that can hold nothing nearer to the goal is dropped, and what is left is narrowed until nothing is. That finds
the number whether payments are straight lines (the first guess, on the chord, is then right but for rounding), steps or
neither; and where no number gives the goal, all of them have been ruled out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

import polars as pl

SCAN: Final = 8
"""Into how many parts a range is cut at first."""
_PARTS: Final = 2
"""Into how many parts a bracket is cut, besides beside its chord: fewest numbers are tried so."""
MOST: Final = 1500
"""How many numbers are tried before giving up."""
_HIGH: Final = " of high"


@dataclass(frozen=True, slots=True)
class Tried:
    """What one number of the grid costs; `cost` and `paid` are None where rules with it are refused.

    `paid`: one row for each amount that goes one way by itself: what tells it apart, and payout.
    """

    at: int
    cost: Decimal | None
    paid: pl.DataFrame | None


Try = Callable[[Sequence[int]], Sequence[Tried]]


@dataclass(frozen=True, slots=True)
class Bracket:
    """Two numbers tried, nothing between them; all that is paid there lies between `least` and `most`, if known."""

    low: Tried
    high: Tried
    least: Decimal | None
    most: Decimal | None

    def crosses(self, goal: Decimal) -> bool:
        """Whether one end costs less than the goal and the other more."""
        if self.low.cost is None or self.high.cost is None:
            return False
        return (self.low.cost < goal) != (self.high.cost < goal) and goal not in (self.low.cost, self.high.cost)

    def may_hold(self, below: Tried | None, above: Tried | None) -> bool:
        """Whether a number inside can come nearer to the goal than the nearest below and above it."""
        over = self.most is None or below is None or below.cost is None or self.most > below.cost
        under = self.least is None or above is None or above.cost is None or self.least < above.cost
        return over and under


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found.

    `below`, `above`: the numbers whose costs are nearest to the goal, at most and at least it; the same one where it
    gives the goal. `complete`: every other number of the grid has been ruled out. `others`: brackets elsewhere that
    reach the goal as well.
    """

    below: Tried | None
    above: Tried | None
    complete: bool
    tried: int
    others: tuple[Bracket, ...]


def search(goal: Decimal, ends: tuple[int, int], now: int, units: Sequence[int], costs: Try) -> Searched:
    """The number between the ends that costs the goal, of the first of the units of which a multiple does.

    `units`: which numbers of the grid are tried, multiples of the first, then of the next, each a part of the one
    before. Of several numbers, one near `now` is taken.
    """
    searching = _Searching(goal, now, costs)
    searching.tell(_scan(ends, now, units[0]))
    for unit in units:
        while (chosen := searching.guesses(unit)) and searching.count < MOST:
            searching.tell(chosen)
        if searching.found or searching.count >= MOST:
            break
    searching.tell([*searching.shorter(units)])
    return searching.result()


def _scan(ends: tuple[int, int], now: int, unit: int) -> list[int]:
    low, high = ends
    spread = ((low + (high - low) * part // SCAN) // unit * unit for part in range(1, SCAN))
    return sorted({low, high, now, *(each for each in spread if low < each < high)})


class _Searching:
    def __init__(self, goal: Decimal, now: int, costs: Try) -> None:
        self._goal, self._now, self._costs = goal, now, costs
        self._tried: dict[int, Tried] = {}
        self._known: dict[tuple[int, int], Bracket] = {}

    @property
    def count(self) -> int:
        return len(self._tried)

    @property
    def found(self) -> bool:
        return any(each.cost == self._goal for each in self._tried.values())

    def tell(self, numbers: Sequence[int]) -> None:
        """Tries numbers that were not tried."""
        new = [each for each in dict.fromkeys(numbers) if each not in self._tried]
        self._tried |= {each.at: each for each in self._costs(new)}

    def guesses(self, unit: int) -> list[int]:
        """What to try next: inside the best bracket that can hold a multiple of the unit nearer to the goal."""
        if self.found:
            return []
        below, above = self._nearest()
        open_ = [each for each in self._brackets() if _inside(each, unit) and each.may_hold(below, above)]
        if not open_:
            return []
        best = min(open_, key=lambda each: (not each.crosses(self._goal), self._away(each)))
        return sorted(set(self._points(best, unit)))

    def _away(self, bracket: Bracket) -> int:
        return max(bracket.low.at - self._now, self._now - bracket.high.at, 0)

    def _points(self, bracket: Bracket, unit: int) -> Iterator[int]:
        """Multiples of the unit inside: beside where the chord meets the goal, and evenly spread."""
        first, last = _inside(bracket, unit) or (0, 0)
        low, high = bracket.low, bracket.high
        if bracket.crosses(self._goal) and low.cost is not None and high.cost is not None:
            chord = low.at + int((high.at - low.at) * (self._goal - low.cost) / (high.cost - low.cost))
            for guess in (chord // unit, chord // unit + 1):
                yield min(max(guess * unit, first), last)
        for part in range(1, _PARTS):
            yield first + (last - first) * part // _PARTS // unit * unit

    def _brackets(self) -> list[Bracket]:
        ordered = sorted(self._tried)
        return [self._bracket(low, high) for low, high in pairwise(ordered)]

    def _bracket(self, low: int, high: int) -> Bracket:
        if (low, high) not in self._known:
            self._known[low, high] = _between(self._tried[low], self._tried[high])
        return self._known[low, high]

    def _nearest(self) -> tuple[Tried | None, Tried | None]:
        """What costs the most that is at most the goal, and the least that is at least it; of several the shortest."""
        costs = [each.cost for each in self._tried.values() if each.cost is not None]
        below = max((each for each in costs if each <= self._goal), default=None)
        above = min((each for each in costs if each >= self._goal), default=None)
        return self._shortest(below), self._shortest(above)

    def _shortest(self, cost: Decimal | None) -> Tried | None:
        """Of what costs so much, the number with the most zeros at its end; of these, the one nearest to now."""
        some = [each for each in self._tried.values() if cost is not None and each.cost == cost]
        return min(some, key=lambda each: (-_zeros(each.at), abs(each.at - self._now)), default=None)

    def shorter(self, units: Sequence[int]) -> Iterator[int]:
        """Numbers right beside the nearest with more zeros at their end, which may cost the same."""
        low, high = min(self._tried), max(self._tried)
        for near in {each.at for each in self._nearest() if each is not None}:
            beside = (at for unit in units for at in (near // unit * unit, near // unit * unit + unit))
            yield from (at for at in beside if low <= at <= high and _zeros(at) > _zeros(near))

    def result(self) -> Searched:
        """What was found so far."""
        below, above = self._nearest()
        taken = [each.at for each in (below, above) if each is not None] or [self._now]
        others = [each for each in self._brackets() if each.crosses(self._goal)]
        elsewhere = tuple(each for each in others if each.high.at < min(taken) or each.low.at > max(taken))
        return Searched(below, above, self.count < MOST, self.count, elsewhere)


def _zeros(number: int) -> int:
    text = str(number)
    return len(text) - len(text.rstrip("0")) if number else MOST


def _inside(bracket: Bracket, unit: int) -> tuple[int, int] | None:
    """The first and the last multiple of the unit strictly inside; None where there is none."""
    first, last = bracket.low.at // unit * unit + unit, -(-bracket.high.at // unit) * unit - unit
    return (first, last) if first <= last else None


def _between(low: Tried, high: Tried) -> Bracket:
    if low.paid is None or high.paid is None:
        return Bracket(low, high, None, None)
    keys = [name for name in low.paid.columns if name != "payout"]
    both = low.paid.join(high.paid, on=keys, how="full", suffix=_HIGH)
    ends = [pl.col(name).fill_null(0) for name in ("payout", f"payout{_HIGH}")]  # who is not paid costs nothing
    sums = both.select(least=pl.min_horizontal(ends).sum(), most=pl.max_horizontal(ends).sum())
    least, most = sums.row(0)
    return Bracket(low, high, least, most)
