"""Goal seek: which value of one number of the rules makes the cost an amount, found by the engine that pays.

What is found is written into the rules and paid in full: what is told is what was paid with it, to the cent. Where no
value gives the amount, the two that come nearest are told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Final

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.simulation.scenarios.simulating import Baseline
from incentive_engine.simulation.seeking.bracketing import Searched, Tried, search
from incentive_engine.simulation.seeking.one_way import goes_one_way
from incentive_engine.simulation.seeking.revalued import Payments, Priced, Scope, cost, priced, with_value
from incentive_engine.simulation.seeking.rule_numbers import Grid, RuleNumber, grid_of

PLACES: Final = 8
"""How many decimal places a value has at most, unless said."""
_EVERYBODY: Final = Scope()
_HUNDREDTH: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Sought:
    """What a goal seek found.

    `below`, `above`: the values whose costs come nearest to the goal, at most and at least it; equal where one gives
    it. `low`, `high`: between which values was looked. `places`: how many decimal places they have at most. `proved`:
    no other value in there comes nearer, for certain. `elsewhere`: stretches, from one value to another, in which the
    cost passes the goal as well. `limits`: why values beyond `low` or `high` may not be written.
    """

    number: RuleNumber
    goal: Decimal
    scope: Scope
    now: Priced
    low: Decimal
    high: Decimal
    places: int
    below: Priced | None
    above: Priced | None
    proved: bool
    tried: int
    elsewhere: tuple[tuple[Decimal, Decimal], ...]
    limits: tuple[Problem, ...]

    @property
    def answer(self) -> Priced | None:
        """The value that gives the goal; None where none does."""
        return self.below if self.below is not None and self.below == self.above else None


def sought(
    baseline: Baseline,
    number: RuleNumber,
    goal: Decimal,
    scope: Scope = _EVERYBODY,
    within: tuple[Decimal | None, Decimal | None] = (None, None),
    places: int = PLACES,
    on_try: Callable[[int], None] = lambda count: None,
) -> Sought:
    """The value of a number of the rules with which payouts cost the goal.

    `within`: the least and the greatest value to look at; from nothing to twice what is written unless said, weights up
    to 100 %. `on_try` is told how many values were tried. Raises InputProblems for a plan or department that nobody
    has, and for a range without a value that may be written.
    """
    values = _Values(baseline, number, Payments(baseline, scope), on_try)
    grid = values.writable(grid_of(baseline.rules, number, places))
    low, high, limits = values.ends(grid, within)
    start = min(max(grid.below(number.value), low), high)
    found = search(goal, (low, high), start, grid.units(number.places), partial(values.tried, grid))
    now = priced(number.value, values.payments.now)
    one_way = goes_one_way(baseline.calculation.plans, number) and values.comparable
    certain = found.tried > high - low or one_way
    return Sought(
        number=number,
        goal=goal,
        scope=scope,
        now=now,
        low=grid.value(low),
        high=grid.value(high),
        places=grid.places,
        below=values.put_back(grid, found.below),
        above=values.put_back(grid, found.above),
        proved=found.complete and certain,
        tried=found.tried,
        elsewhere=_elsewhere(grid, found),
        limits=limits,
    )


def _elsewhere(grid: Grid, found: Searched) -> tuple[tuple[Decimal, Decimal], ...]:
    return tuple((grid.value(each.low.at), grid.value(each.high.at)) for each in found.others)


@dataclass(slots=True)
class _Values:
    """The values that may stand in a number's place, and what they cost."""

    baseline: Baseline
    number: RuleNumber
    payments: Payments
    on_try: Callable[[int], None]
    _count: int = field(default=0)
    _heights: set[int] = field(default_factory=set)

    def tried(self, grid: Grid, numbers: Sequence[int]) -> list[Tried]:
        """What values cost, by their numbers on a grid."""
        self._count += len(numbers)
        self.on_try(self._count)
        paid = self.payments.with_values([(self.number, grid.value(at)) for at in numbers])
        self._heights |= {each.height for each in paid if not isinstance(each, InputProblems)}
        return [
            Tried(at, None, None) if isinstance(each, InputProblems) else Tried(at, cost(each), each)
            for at, each in zip(numbers, paid, strict=True)
        ]

    @property
    def comparable(self) -> bool:
        """Whether each amount stands by itself, and the same amounts are paid with all values that were tried."""
        together = self.baseline.calculation.together
        decided = together.decisions is not None and not together.decisions.frame.is_empty()
        return len(self._heights) <= 1 and not (together.in_segments and decided)

    def put_back(self, grid: Grid, tried: Tried | None) -> Priced | None:
        """A value that was tried, paid in full, as a run pays. Raises AssertionError where that is something else."""
        if tried is None:
            return None
        value = grid.value(tried.at)
        told = priced(value, self.payments.in_full(self.number, value))
        assert told.cost == tried.cost, f"{self.number.path} at {value}: {tried.cost} was found, {told.cost} is paid"
        return told

    def writable(self, grid: Grid) -> Grid:
        """The grid, or that of whole numbers where nothing else may be written."""
        value = self.number.value
        if value != int(value) or not all(map(self._refused, (value + _HUNDREDTH, value - _HUNDREDTH))):
            return grid
        return Grid(grid.origin, grid.step, 0)

    def ends(self, grid: Grid, within: tuple[Decimal | None, Decimal | None]) -> tuple[int, int, tuple[Problem, ...]]:
        """The least and the greatest value that may be written, of those that are asked for; and why none beyond."""
        number = self.number
        usual = (Decimal(0), Decimal(1)) if number.is_weight else _around(number.value)
        least, most = (own if asked is None else asked for own, asked in zip(usual, within, strict=True))
        first, last = grid.above(least), grid.below(most)
        if first > last:
            message = f"no value of `{number.path}` lies between {number.shown(least)} and {number.shown(most)}"
            raise InputProblems([Problem("empty-range", message, hint="give others with --from and --to")])
        now = min(max(grid.below(number.value), first), last)
        low, high = self._furthest(grid, now, first), self._furthest(grid, now, last)
        beyond = [low - 1] * (low > first) + [high + 1] * (high < last)
        refused = [each for at in beyond if (each := self._refused(grid.value(at)))]
        if refused and low == high:
            raise refused[0]
        return low, high, tuple(dict.fromkeys(each.problems[0] for each in refused))

    def _furthest(self, grid: Grid, now: int, end: int) -> int:
        """The value nearest to an end that may be written, seen from the one that is: curves have points in order."""
        if self._refused(grid.value(end)) is None:
            return end
        fits, refused = now, end
        while abs(refused - fits) > 1:
            middle = (fits + refused) // 2
            if self._refused(grid.value(middle)) is None:
                fits = middle
            else:
                refused = middle
        return fits

    def _refused(self, value: Decimal) -> InputProblems | None:
        """Why a value may not be written; None where it may."""
        try:
            with_value(self.baseline.rules, self.number, value)
        except InputProblems as problems:
            return problems
        return None


def _around(value: Decimal) -> tuple[Decimal, Decimal]:
    return min(Decimal(0), 2 * value), max(Decimal(0), 2 * value) or Decimal(1)
