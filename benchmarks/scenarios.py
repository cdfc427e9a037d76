"""Scenarios at speed: what each of many costs in all, against a loop that one writes by hand for this one plan.

A scenario of ours starts from its numbers as a person writes them: the rule set is overlaid, declared, checked and
resolved, compiled with the others, and paid. A scenario by hand starts from constants in Python.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, Final

import polars as pl

from benchmarks.by_hand.exact_scenarios import ON_RATIO, TARGETS, Numbers, kept, paid, paid_with_weights
from benchmarks.figures import Figure
from benchmarks.timing import Times, interleaved
from benchmarks.workload import PERIOD, RULES, accepted, workload
from incentive_engine.engine.running import Calculation, calculate
from incentive_engine.engine.sweeping import AT_ONCE as SWEPT_AT_ONCE
from incentive_engine.engine.sweeping import Sweep
from incentive_engine.engine.timings import Timings
from incentive_engine.rulesets.loading import Rules, load, rules_for
from incentive_engine.simulation.scenarios.overlay import overlaid

CARD: Final = "plans.adviser.scorecard"
AT_ONCE: Final = 32
"""How many scenarios one round tries; times are of each."""
_FIRST: Final = 2 * SWEPT_AT_ONCE


@dataclass(frozen=True, slots=True)
class Tried:
    """One scenario: what is changed in the rule set, and the same for the loop by hand."""

    change: Mapping[str, Any]
    numbers: Numbers


def targets(number: int) -> Tried:
    """Another target of one measure."""
    percent = 70 + Decimal(number % 64) / 4
    change = {f"{CARD}.customer.items.satisfied.target": percent / 100}
    return Tried(change, Numbers(targets={**TARGETS, "satisfied": Fraction(percent) / 100}))


def grid(number: int) -> Tried:
    """Another target of one measure, and another cap."""
    seconds, cap = 340 + number % 8 * 5, 110 + number // 8 % 8 * 5
    change = {f"{CARD}.internal.items.handle_time.target": Decimal(seconds), "plans.adviser.cap": Decimal(cap) / 100}
    return Tried(change, Numbers(targets={**TARGETS, "handle_time": Fraction(seconds)}, cap=cap * 100))


def points(number: int) -> Tried:
    """Another point of the curve that nine of the twelve measures share."""
    rate = 40 + number % 64 // 2
    curve = (ON_RATIO[0], (9000, rate * 100), *ON_RATIO[2:])
    return Tried({"curves.on_ratio.points.2": [Decimal("0.9"), Decimal(rate) / 100]}, Numbers(on_ratio=curve))


def weights(number: int) -> Tried:
    """Another weight of customers; that of internal results is what it leaves."""
    percent = 40 + number % 64
    percent = min(percent, 99)
    return Tried({f"{CARD}.customer.weight": Decimal(percent) / 100}, Numbers(customer=percent))


@dataclass(frozen=True, slots=True)
class Trials:
    """A workload with which scenarios can be tried, by the engine and by hand."""

    rules: Rules
    sweep: Sweep
    wide: pl.DataFrame
    rates: pl.DataFrame

    @classmethod
    def of(cls, payees: int) -> Trials:
        """A workforce of so many payees, paid once."""
        load_of, rules = workload(payees), load(RULES)
        base = calculate(rules, accepted(load_of), PERIOD, Timings(), keep=False)
        return cls(rules, Sweep(base, _refused), load_of.wide, kept(load_of.wide))

    def written(self, tried: Sequence[Tried]) -> Iterator[Rules]:
        """The rule set of each scenario, declared and checked."""
        for each in tried:
            yield rules_for(overlaid(self.rules, each.change), PERIOD)

    def costs(self, tried: Sequence[Tried]) -> list[Decimal]:
        """What each scenario costs."""
        return self.paid(self.written(tried))

    def paid(self, variants: Iterator[Rules] | Sequence[Rules]) -> list[Decimal]:
        """What each rule set costs."""
        total = pl.col("payout").sum()
        return [each.payouts.select(total).collect(engine="streaming").item() for each in self.sweep.paid(variants)]

    def by_hand(self, tried: Sequence[Tried]) -> list[Decimal]:
        """What each scenario costs, everything worked out each time."""
        return [Decimal(paid(self.wide, each.numbers).item()) / 100 for each in tried]

    def by_hand_from_rates(self, tried: Sequence[Tried]) -> list[Decimal]:
        """What each scenario of weights costs, from rates that were kept."""
        return [Decimal(paid_with_weights(self.rates, each.numbers).item()) / 100 for each in tried]


def _refused(rules: Rules) -> Calculation:
    raise AssertionError("these scenarios change numbers only")


def each_kind(payees: int, rounds: int) -> Iterator[Figure]:
    """One scenario of several kinds against the loop by hand, everything from the written number on included."""
    trials = Trials.of(payees)
    for name, made in {
        "of a target": targets,
        "of a grid of a target and the cap": grid,
        "of a point of a curve that 9 measures share": points,
    }.items():
        ours, _, theirs = _times(trials, [made(number) for number in range(AT_ONCE)], trials.by_hand, rounds)
        yield _at_most(f"one scenario {name}, written to paid, against a hand-written exact loop", payees, ours, theirs)
    tried = [weights(number) for number in range(AT_ONCE)]
    ours, paid_only, theirs = _times(trials, tried, trials.by_hand_from_rates, rounds)
    what = "one scenario of weights, checked to paid, against a hand-written exact loop that keeps the rates"
    yield _at_most(what, payees, paid_only, theirs)
    yield replace(_at_most(what.replace("checked", "written"), payees, ours, theirs), goal="")


def _times(
    trials: Trials, tried: Sequence[Tried], by_hand: Callable[[Sequence[Tried]], list[Decimal]], rounds: int
) -> tuple[Times, Times, Times]:
    """Of one scenario: from its written numbers to its cost, once its rule set is checked, and by hand."""
    checked = list(trials.written(tried))
    times = interleaved(
        {
            "written": partial(trials.costs, tried),
            "checked": partial(trials.paid, checked),
            "by hand": partial(by_hand, tried),
        },
        rounds,
    )
    ours, paid_only, theirs = (Times(tuple(each / AT_ONCE for each in found.seconds)) for found in times.values())
    return ours, paid_only, theirs


def memory(payees: int, scenarios: int) -> Iterator[Figure]:
    """Peak memory of a process after so many scenarios, against its peak after the first of them."""
    command = [sys.executable, "-m", "benchmarks.scenarios", str(payees), str(scenarios)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    first, last = (int(each) / 1000 for each in told)
    what = f"memory of {scenarios:,} scenarios against that of the first {_FIRST}, {payees // 1000}k × 12"
    yield Figure(what, "≤ 1.05", f"{last / first:.2f}", last / first <= 1.05, f"{last:.0f} MB against {first:.0f} MB")


def _peaks(payees: int, scenarios: int) -> tuple[int, int]:
    """The peak in kilobytes after the first scenarios, and after all."""
    trials, peaks = Trials.of(payees), []
    for count in (_FIRST, scenarios - _FIRST):
        trials.costs([grid(number) for number in range(count)])
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return peaks[0], peaks[1]


def _at_most(what: str, payees: int, ours: Times, theirs: Times) -> Figure:
    ratio, least = ours.median / theirs.median, ours.least / theirs.least
    detail = f"{ours} against {theirs}; of the least {least:.2f}"
    return Figure(f"{what}, {payees // 1000}k × 12", "≤ 1.15", f"{ratio:.2f}", ratio <= 1.15, detail)


if __name__ == "__main__":
    print(*_peaks(*map(int, sys.argv[1:])))
