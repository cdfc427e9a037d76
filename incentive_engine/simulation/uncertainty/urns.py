"""What is still to come, drawn from what was seen: how many facts, and which.

Chance has two parts. What comes differs by chance from what somebody does on average; and that average is itself known
only as far as facts tell it. Drawing again from one's own facts alone has the first part only, and its ranges are too
narrow where facts are few. Here facts come from an urn (Blackwell, MacQueen, Annals of Statistics, 1973): own facts are
in it, what was drawn is put back with one more like it, and with a weight of k facts it is drawn from the urn of peers
instead. On average that is credibility, n ÷ (n + k) own (Bühlmann, Straub, 1970), with what is still unknown about it.
What peers do is known only as far as it was seen, too: each of them weighs by chance (Bayesian bootstrap: Rubin, Annals
of Statistics, 1981), the same for all who draw from them, for that chance does not even out over many people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

_SPREAD: Final = 2
"""By how many facts less what was seen of somebody's own average is taken to be known."""
Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Urn:
    """Facts of each unit at one level: their places are `facts[first : first + count]`, by unit.

    `pull`: with the weight of how many facts it is drawn from the next urn; not used in the last.
    """

    facts: Array
    first: Array
    count: Array
    pull: Array

    @classmethod
    def of(cls, owners: Array, of_units: Array, pull: Array) -> Urn:
        """The facts by owner (a number each, below 0 for nobody's), and for each unit the owner whose facts it draws.

        `of_units` is below 0 for units that have no such owner.
        """
        facts = np.argsort(owners, kind="stable")
        facts = facts[np.searchsorted(owners[facts], 0) :]
        sizes = np.bincount(owners[owners >= 0], minlength=int(of_units.max(initial=-1)) + 1)
        firsts = np.concatenate([[0], np.cumsum(sizes)])
        there = of_units >= 0
        at = np.where(there, of_units, 0)
        return cls(facts, np.where(there, firsts[at], 0), np.where(there, sizes[at], 0), pull)


def facts_to_come(
    numbers: Array, urns: Sequence[Urn], owners: Array, generator: np.random.Generator
) -> tuple[Array, Array]:
    """So many facts for each unit: the unit of each, and the place of the fact that it repeats.

    `owners`: whose each fact is, a number, below 0 for nobody's. The first urn is the unit's own, into which what was
    drawn goes back; the last one keeps whoever comes to it.
    """
    units = np.repeat(np.arange(len(numbers)), numbers)
    begins = np.repeat(np.cumsum(numbers) - numbers, numbers)
    before = np.arange(len(units)) - begins
    own, *wider = urns
    there = own.count + own.pull
    # The spread of so few facts is itself not well known: as Student's t is wider than the normal distribution.
    back = (1 / (1 - _SPREAD / np.maximum(there, 2 * _SPREAD)))[units]
    count, total = own.count[units], there[units]
    # Where the pull is endless nothing is learnt from own facts: all balls are beyond them.
    ball = np.where(np.isinf(total), np.inf, generator.random(len(units)) * (total + back * before))
    is_own, again = ball < count, (ball >= total) & np.isfinite(ball)
    weights = generator.exponential(size=int(owners.max(initial=-1)) + 2)[owners]
    facts = _from_wider(units, wider, weights, generator)
    facts[is_own] = own.facts[own.first[units[is_own]] + ball[is_own].astype(np.int64)]
    copied = np.arange(len(units))
    repeats = ((ball[again] - total[again]) / back[again]).astype(np.int64)
    copied[again] = begins[again] + np.minimum(repeats, before[again] - 1)
    while again.any() and not np.array_equal(further := copied[copied], copied):
        copied = further
    return units, facts[copied]


def _from_wider(units: Array, urns: Sequence[Urn], weights: Array, generator: np.random.Generator) -> Array:
    """A fact for each from the first urn that keeps it."""
    facts = np.full(len(units), -1, dtype=np.int64)
    left = np.arange(len(units))
    for at, urn in enumerate(urns):
        count, last = urn.count[units[left]], at == len(urns) - 1
        pull = np.zeros(len(left)) if last else urn.pull[units[left]]
        kept = (generator.random(len(left)) * (count + pull) < count) & (count > 0)
        facts[left[kept]] = _weighed(urn, units[left[kept]], weights, generator)
        left = left[~kept]
    return facts


def _weighed(urn: Urn, units: Array, weights: Array, generator: np.random.Generator) -> Array:
    """A fact of each unit's list, by weight."""
    upto = np.concatenate([[0], np.cumsum(weights[urn.facts])])
    first, end = urn.first[units], urn.first[units] + urn.count[units]
    ball = upto[first] + generator.random(len(units)) * (upto[end] - upto[first])
    chosen: Array = urn.facts[np.clip(np.searchsorted(upto, ball, side="right") - 1, first, end - 1)]
    return chosen


def numbers_to_come(seen: Array, days: Array, days_left: Array, groups: Array, generator: np.random.Generator) -> Array:
    """How many facts are to come for each unit: Poisson, at a pace that is known as far as it was seen.

    `seen`: facts on so many `days`; `groups`: with whose pace each compares. Paces differ inside a group by what is
    left of the variance between its units when chance is taken out (method of moments), as a gamma distribution
    (negative binomial: Greenwood, Yule, Journal of the Royal Statistical Society, 1920).
    """
    size = int(groups.max(initial=-1)) + 1

    def added(values: Array) -> Array:
        return np.bincount(groups, values, minlength=size)

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        pace = np.nan_to_num(added(seen) / added(days), posinf=0.0)  # nobody was there: facts of others
        units = added((days > 0).astype(float))
        apart = added((seen - pace[groups] * days) ** 2) * np.nan_to_num(units / (units - 1), posinf=1.0)
        differ = np.nan_to_num((apart - pace * added(days)) / added(days**2.0)).clip(0)
        shape, days_worth = pace**2 / differ, pace / differ
        common = np.nan_to_num(generator.gamma(np.maximum(added(seen), 1e-12)) / added(days), posinf=0.0)
        own = generator.gamma(np.maximum(seen + shape[groups], 1e-12)) / (days + days_worth[groups])
    paces = np.where((differ == 0)[groups], common[groups], np.nan_to_num(own, posinf=0.0))
    return generator.poisson(paces * days_left)
