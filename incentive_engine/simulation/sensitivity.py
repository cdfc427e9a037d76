"""Sensitivity: every number of the rules moved a little, up and down, and what that does to the cost; the most first.

One number is moved at a time, by the same part of itself, and everybody is paid again. No number is left out silently:
where neither move may be written, it says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from incentive_engine.errors import InputProblems
from incentive_engine.simulation.revalued import Priced, Scope, paid_with, priced, refuse_nobody
from incentive_engine.simulation.rule_numbers import Grid, RuleNumber, grid_of, numbers_of, written_out
from incentive_engine.simulation.simulating import Baseline

STEP: Final = Decimal("0.01")
"""A hundredth of each number, unless said."""
_EVERYBODY: Final = Scope()
_PLACES: Final = 6


@dataclass(frozen=True, slots=True)
class Sensitive:
    """One number of the rules, and what moving it does.

    `down`, `up`: a smaller and a greater value, with what all cost then; None where it may not be written, and
    `refused` says why.
    """

    number: RuleNumber
    now: Priced
    down: Priced | None
    up: Priced | None
    refused: str | None
    by_one: bool
    """Whether it had to be moved by 1: a part of it may not be written."""

    @property
    def effect(self) -> Decimal:
        """The greater of the two differences of the cost, without its sign."""
        return max((abs(each.cost - self.now.cost) for each in (self.down, self.up) if each), default=Decimal(0))


def sensitivity(
    baseline: Baseline,
    scope: Scope = _EVERYBODY,
    step: Decimal = STEP,
    on_number: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[Sensitive, ...]:
    """Every number on which pay depends, those that move the cost most first.

    `step`: the part of itself by which each is moved. A number that is 0 is moved by the step, one that must be whole
    by 1, a weight by what its siblings can take up. Raises InputProblems for a plan or department that nobody has.
    """
    refuse_nobody(baseline, scope)
    numbers = list(numbers_of(baseline.rules))
    found = []
    for done, number in enumerate(numbers):
        on_number(done, len(numbers))
        found.append(_moved(baseline, number, scope, step))
    return tuple(sorted(found, key=lambda each: -each.effect))


def _moved(baseline: Baseline, number: RuleNumber, scope: Scope, step: Decimal) -> Sensitive:
    now, refused = priced(number.value, scope.of(baseline.run.payouts)), list[str]()

    def moved(values: Iterable[Decimal]) -> Priced | None:
        for value in values:
            try:
                return priced(value, paid_with(baseline, number, value, scope))
            except InputProblems as problems:
                refused.append(problems.problems[0].message)
        return None

    down, up = (moved(_values(baseline, number, way * step)) for way in (-1, 1))
    missing = down is None or up is None
    by_one = any(end is not None and _by_one(number.value, end.value, step) for end in (down, up))
    return Sensitive(number, now, down, up, refused[0] if missing and refused else None, by_one)


def _by_one(value: Decimal, moved: Decimal, step: Decimal) -> bool:
    return abs(moved - value) == 1 and abs(value) * step != 1


def _values(baseline: Baseline, number: RuleNumber, step: Decimal) -> Iterator[Decimal]:
    """What may stand there instead: moved by a part of itself, or else by one."""
    value = number.value
    exact = value + (abs(value) * step if value else step)
    if number.is_weight:
        yield from _weight(grid_of(baseline.rules, number, _PLACES), value, exact)
    else:
        yield written_out(exact)
        if value == int(value) and not number.percent:
            yield written_out(value + (1 if step > 0 else -1))


def _weight(grid: Grid, value: Decimal, wanted: Decimal) -> Iterator[Decimal]:
    """The weight nearest to what is wanted, on the way to it, that leaves its siblings decimals."""
    around = (grid.below(wanted), grid.above(wanted))
    first, last = around if wanted > value else reversed(around)
    yield from (grid.value(each) for each in dict.fromkeys((first, last)) if grid.value(each) != value)
