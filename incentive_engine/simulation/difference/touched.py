"""Whom each change of rules touches, and what it costs: changes are made one after the other, each on those before it.

What one of them costs is what everybody is paid with it, less what everybody was paid before it: the costs add up to
the cost of them all, exactly. Another order divides the same sum otherwise, so that the order is always the same: what
is new to be named, then the rules in their own order, then what is gone. Changes that hold only together are one step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

import polars as pl

from incentive_engine.errors import InputProblems
from incentive_engine.mistakes import KeyPath
from incentive_engine.rulesets.loading import Rules, with_ruleset
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.simulation.difference.changed import Change, changes, meant, with_parts

Amounts: TypeAlias = pl.DataFrame
"""One row per payee × currency: `payee`, `currency`, `amount`."""
Pay: TypeAlias = Callable[[Rules], Amounts]
"""What everybody is paid by rules."""
_KEYS: Final = ["payee", "currency"]
_REFUSING: Final = frozenset({"principles", "law", "examples", "waive"})
"""What pays nobody and could refuse a step on the way."""


@dataclass(frozen=True, slots=True)
class Step:
    """Changes made at once, after those of the steps before.

    `payees`: how many are paid another amount with them than without, held people included. `costs`: what they add to
    all amounts, by currency; nothing where the sum stays.
    """

    changes: tuple[Change, ...]
    payees: int
    costs: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Touched:
    """Every step from one rule set to another; `payees` and `costs` are those of all of them at once."""

    steps: tuple[Step, ...]
    payees: int
    costs: Mapping[str, Decimal]
    before: Mapping[str, Decimal]
    after: Mapping[str, Decimal]


def touched(before: Rules, after: Rules, pay: Pay, on_step: Callable[[int, int], None] | None = None) -> Touched:
    """Whom every change from one rule set to another touches, and what it costs.

    `on_step`: told how many changes are made, and of how many. Raises InputProblems where one of the two cannot be
    paid.
    """
    first = state = pay(before)
    found = [each for each in changes(before.ruleset, after.ruleset) if not each.of_words]
    steps, made = list[Step](), 0
    for group, paid in _steps(before, after, found, pay):
        steps.append(Step(group, *_between(state, paid)))
        state, made = paid, made + len(group)
        if on_step is not None:
            on_step(made, len(found))
    return Touched(tuple(steps), *_between(first, state), _sums(first), _sums(state))


def always(rules: Rules) -> Rules:
    """The rules as if they held at all times: without their first and last day, and without editions before them."""
    return with_ruleset(rules, rules.ruleset.model_copy(update={"in_force": None, "follows": None}))


def _steps(
    before: Rules, after: Rules, found: Iterable[Change], pay: Pay
) -> Iterator[tuple[tuple[Change, ...], Amounts]]:
    """The changes of each step, and what is paid with all of them up to it."""
    state, waiting = _unrefused(before.ruleset), _grouped(found)
    while waiting:
        for group in _tries(waiting):
            there, left = _with(state, after.ruleset, group), [each for each in waiting if each[0] not in group]
            try:
                paid = pay(with_ruleset(before, there) if left else after)
            except InputProblems:
                if not left:
                    raise
                continue
            state, waiting = there, left
            yield group, paid
            break


def _unrefused(rules: RuleSet) -> RuleSet:
    """A rule set that promises nothing."""
    fields = RuleSet.model_fields
    return meant(rules).model_copy(update={name: fields[name].get_default() for name in _REFUSING & fields.keys()})


def _tries(waiting: Sequence[tuple[Change, ...]]) -> Iterator[tuple[Change, ...]]:
    """What may be changed next: each group alone, then more and more of them at once."""
    yield from waiting
    for many in range(2, len(waiting) + 1):
        yield tuple(change for group in waiting[:many] for change in group)


def _grouped(found: Iterable[Change]) -> list[tuple[Change, ...]]:
    """Changes that hold only together, in the order in which they are made."""
    groups: dict[KeyPath, list[Change]] = {}
    for change in sorted(found, key=_turn):
        groups.setdefault(change.together, []).append(change)
    return [tuple(group) for group in groups.values()]


def _turn(change: Change) -> int:
    """What can be named comes before the plans that name it, and goes after them."""
    whole = change.part == change.at and change.at[0] != "plans"
    return {"added": 0, "changed": 1, "removed": 2}[change.kind] if whole else 1


def _with(state: RuleSet, target: RuleSet, group: Iterable[Change]) -> RuleSet:
    changed: RuleSet = with_parts(state, meant(target), tuple(dict.fromkeys(change.part for change in group)))
    return changed


def _between(before: Amounts, after: Amounts) -> tuple[int, dict[str, Decimal]]:
    """How many payees have another amount, and what all have more, by currency."""
    was = before.select(*_KEYS, pl.col("amount").alias("was"))
    both = was.join(after, on=_KEYS, how="full", coalesce=True, nulls_equal=True)
    differ = both.filter(pl.col("was").ne_missing(pl.col("amount")))
    old, new = _sums(before), _sums(after)
    sums = {currency: new.get(currency, Decimal(0)) - old.get(currency, Decimal(0)) for currency in {**old, **new}}
    return differ["payee"].n_unique(), {currency: amount for currency, amount in sums.items() if amount}


def _sums(amounts: Amounts) -> dict[str, Decimal]:
    """All amounts, by currency."""
    rows = amounts.group_by("currency").agg(pl.col("amount").sum()).sort("currency")
    return dict(rows.drop_nulls().iter_rows())
