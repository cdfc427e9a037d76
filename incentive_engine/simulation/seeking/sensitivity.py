"""Sensitivity: every number of the rules moved a little, up and down, and what that does to the cost; the most first.

One number is moved at a time, by the same part of itself, and everybody is paid again. No number is left out silently:
where neither move may be written, it says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.simulation.scenarios.simulating import Baseline
from incentive_engine.simulation.seeking.revalued import Payments, Priced, Scope, priced
from incentive_engine.simulation.seeking.rule_numbers import Grid, RuleNumber, grid_of, numbers_of, written_out

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
    refused: Problem | None
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
    payments, numbers = Payments(baseline, scope), list(numbers_of(baseline.rules))
    found = []
    for done, number in enumerate(numbers):
        on_number(done, len(numbers))
        found.append(_moved(baseline, payments, number, step))
    return tuple(sorted(found, key=lambda each: -each.effect))


def _moved(baseline: Baseline, payments: Payments, number: RuleNumber, step: Decimal) -> Sensitive:
    asked = [(number, value) for way in (-1, 1) for value in _values(baseline, number, way * step)]
    tried = [(value, paid) for (_, value), paid in zip(asked, payments.with_values(asked), strict=True)]
    fit = [priced(value, paid) for value, paid in tried if not isinstance(paid, InputProblems)]
    refused = [paid.problems[0] for _, paid in tried if isinstance(paid, InputProblems)]
    down = next((each for each in fit if each.value < number.value), None)
    up = next((each for each in fit if each.value > number.value), None)
    by_one = any(end is not None and _by_one(number.value, end.value, step) for end in (down, up))
    why = refused[0] if refused and (down is None or up is None) else None
    return Sensitive(number, priced(number.value, payments.now), down, up, why, by_one)


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
