"""Solving for a factor: the greatest whose payments do not exceed a sum, by exact bracketing on integers.

A bracket always holds a factor whose payments fit and a greater one whose payments do not, so that what is found is
right whatever the payments look like in between, as long as they do not fall as the factor rises. Guesses follow the
chord, as payments are nearly linear (with the Illinois rule, so that both ends close in), and halve the bracket where
the chord does not help: rounding makes payments climb in steps, on which every chord is flat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from incentive_engine.exact.counts import carrier, prove
from incentive_engine.kinds.pools import Unknown

Payments = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(slots=True)
class _Bracket:
    """The search of one group: what `low` pays fits, what `high` pays does not; `under` and `over` say by how much."""

    total: int
    low: int
    high: int
    paid: int
    under: int
    over: int
    last: int = 0
    """Which end the last guess moved."""
    patience: int = 3
    """How many chords in a row may fail to halve the bracket; once they did, halving takes turns with chords."""
    failed: int = 0

    @property
    def found(self) -> bool:
        """Whether nothing lies between the ends."""
        return self.high - self.low <= 1

    def guess(self) -> int:
        """The next factor to try, between the ends."""
        width = self.high - self.low
        chord = self.failed < self.patience
        step = width * self.under // (self.under + self.over) if chord else width // 2
        return self.low + min(max(step, 1), width - 1)

    def tell(self, factor: int, paid: int) -> None:
        """Takes in what a guess pays. Illinois: an end that stays twice counts half, so that the chord comes nearer."""
        width, off, end = self.high - self.low, _off(paid, self.total), 1 if paid > self.total else -1
        if end < 0:
            self.low, self.paid, self.under = factor, paid, -off
            self.over = (self.over + 1) // 2 if self.last == end else self.over
        else:
            self.high, self.over = factor, off
            self.under = (self.under + 1) // 2 if self.last == end else self.under
        self.last = end
        if self.failed == self.patience:
            self.patience, self.failed = 1, 0
        else:
            self.failed = self.failed + 1 if 2 * (self.high - self.low) > width else 0


def solve(sums: pl.DataFrame, unknown: Unknown, payments: Payments) -> pl.DataFrame:
    """The greatest factor of each group whose payments do not exceed its sum: group, factor, paid, short.

    `sums`: group, sum, as integer counts. `payments` is asked for some groups at once: group and factor, in counts of
    10**-places, in; group and what is paid in all, in the counts of the sums, out. `short`: the smallest factor pays
    too much already, and there is none.
    """
    low, high = unknown.counts
    totals: dict[str, int] = dict(sums.select("group", "sum").iter_rows())
    least = _paid(payments, dict.fromkeys(totals, low), unknown)
    affordable = [group for group, total in totals.items() if least[group] <= total]
    most = _paid(payments, dict.fromkeys(affordable, high), unknown)
    found = {group: (high, most[group]) for group in affordable if most[group] <= totals[group]}
    searched = {
        group: _Bracket(
            totals[group], low, high, least[group], -_off(least[group], totals[group]), _off(most[group], totals[group])
        )
        for group in affordable
        if group not in found
    }
    while still := {group: bracket.guess() for group, bracket in searched.items() if not bracket.found}:
        for group, paid in _paid(payments, still, unknown).items():
            searched[group].tell(still[group], paid)
    found |= {group: (bracket.low, bracket.paid) for group, bracket in searched.items()}
    nothing = (None, None)
    rows = [(group, *found.get(group, nothing), group not in found) for group in totals]
    schema = pl.Schema({"group": pl.String(), "factor": dtype(unknown), "paid": pl.Int128(), "short": pl.Boolean()})
    return pl.DataFrame(rows, schema=schema, orient="row")


def dtype(unknown: Unknown) -> pl.DataType:
    """What carries the factor."""
    prove(*unknown.counts)
    return carrier(*unknown.counts)


def _paid(payments: Payments, factors: dict[str, int], unknown: Unknown) -> dict[str, int]:
    """What the factors pay; a group of which nobody is paid costs nothing."""
    if not factors:
        return {}
    schema = pl.Schema({"group": pl.String(), "factor": dtype(unknown)})
    paid = payments(pl.DataFrame(list(factors.items()), schema=schema, orient="row"))
    return dict.fromkeys(factors, 0) | dict(paid.select("group", "paid").iter_rows())


def _off(paid: int, total: int) -> int:
    """Twice by how much the payments are above the sum, less one: a payment that is met is below, and it is never 0."""
    return 2 * (paid - total) - 1
