"""Pools, compiled: what each payee brings to the sharing, and what comes back from it.

A pool is shared out among rows, which no expression of one row can do: the columns that it needs are early stages, the
engine shares it out between the two halves of the program, and what it gives comes in as late inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import polars as pl

from incentive_engine.compiler.context import Context, Given
from incentive_engine.compiler.contributions import split
from incentive_engine.compiler.nodes import Scored
from incentive_engine.exact import Exact, Scale, total_of
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Rounding, SubjectKind, Variants
from incentive_engine.kinds.pools import SharedOut, Solved
from incentive_engine.rulesets.resolving import ResolvedPlan, ResolvedPool

FUND: Final = "pool.fund"
SUM: Final = "pool.sum"
PAYEES: Final = "pool.payees"
AMOUNT: Final = "pool.amount"
SHORT: Final = "pool.short"
MINIMUM: Final = "pool.minimum"
MAXIMUM: Final = "pool.maximum"
FACTOR: Final = "pool.factor"
_ZERO = Exact.of(0)


def part_column(part: str, what: str) -> str:
    """The column of one part: `key`, `sum`, `keys` or `amount`."""
    return f"pool.{part}.{what}"


@dataclass(frozen=True, slots=True)
class Pooled:
    """A pool as a program sees it."""

    pool: ResolvedPool
    places: int
    """Decimal places of the sum and the amounts."""
    group: str | None
    """The column that says which of the pools of this name a payee belongs to; None where there is one for all."""
    needs: tuple[str, ...]
    """The early columns that the sharing reads."""
    members: pl.Expr
    """Boolean, never missing: whether everything that the sharing needs is known of the payee."""
    inputs: Mapping[str, Exact | None]
    """The columns that the sharing gives; None for one that is not a number."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What a payee gets, and in which proportion measures and nothing earned it."""

    pooled: Pooled
    amount: Exact
    earned: Exact
    unearned: Exact


def shared_out(context: Context, plans: Variants[ResolvedPlan], nodes: Mapping[str, Scored], known: Given) -> Shared:
    """A sum shared out by keys. `known`: what keys may name besides the scores of `nodes`."""
    pool = _pool(plans.first)
    rules, places = pool.rules, plans.first.payout_rounding.kept
    assert isinstance(rules, SharedOut)
    fund = _fund(context, pool, known, places)
    keys = {name: _Key(context, pool, name, nodes, known) for name in rules.parts}
    bounds = _bounds(context, rules, known, places)
    members = [*known.values(), fund, *(key.value for key in keys.values()), *bounds.values()]
    sums = _sums(context, rules, fund, places)
    share = Scale(places, 0, max(0, sums.high))
    inputs: dict[str, Exact | None] = {SUM: sums, PAYEES: Exact.column(PAYEES, Scale(0, 1, context.ranges.payees))}
    for name, key in keys.items():
        inputs[part_column(name, "sum")] = Exact.column(part_column(name, "sum"), share)
        most = key.value.high * context.ranges.payees
        inputs[part_column(name, "keys")] = Exact.column(part_column(name, "keys"), Scale(key.places, 0, most))
        inputs[part_column(name, "amount")] = Exact.column(part_column(name, "amount"), share)
    inputs |= {AMOUNT: Exact.column(AMOUNT, share), SHORT: None}
    pooled = _pooled(context, pool, places, members, (FUND, *bounds, *(key.column for key in keys.values())), inputs)
    _hold_if_short(context, pool)
    before, earned, unearned = _earned(context, keys)
    amount = Exact.column(AMOUNT, share).masked(~pl.col(SHORT))
    if MINIMUM in bounds:
        lifted = amount.above(before) & amount.equals(bounds[MINIMUM])
        added = Exact.choose((lifted, amount.minus(before)), otherwise=_ZERO)
        unearned = context.stages.number("pool.unearned", unearned.plus(added))
    return Shared(pooled, amount, earned, unearned)


def least_factor(plans: Variants[ResolvedPlan]) -> Mapping[str, Fraction]:
    """The smallest factor that a pool may give, by the name that formulas have for it."""
    rules = _pool(plans.first).rules
    assert isinstance(rules, Solved)
    return {rules.solve.factor: rules.solve.least}


def solved_factor(
    context: Context, plans: Variants[ResolvedPlan], known: Given, members: Sequence[Exact]
) -> tuple[Pooled, Given]:
    """The factor that the sum of a pool allows, by the name that formulas have for it.

    `members`: what must be known of who takes part, besides what the pool itself needs.
    """
    pool = _pool(plans.first)
    rules, places = pool.rules, plans.first.payout_rounding.kept
    assert isinstance(rules, Solved)
    fund = _fund(context, pool, known, places)
    unknown = rules.solve
    factor = Exact.column(FACTOR, Scale(unknown.places, *unknown.counts))
    payees = Exact.column(PAYEES, Scale(0, 1, context.ranges.payees))
    inputs = {SUM: _sums(context, rules, fund, places), PAYEES: payees, FACTOR: factor, SHORT: None}
    pooled = _pooled(context, pool, places, [*members, fund], (FUND,), inputs)
    _hold_if_short(context, pool)
    return pooled, {unknown.factor: factor}


def _pool(plan: ResolvedPlan) -> ResolvedPool:
    assert plan.pool is not None, "plans of one shape all have one"
    return plan.pool


def _same(formula: Formula) -> Variants[Formula]:
    """A formula that all plans of the shape share."""
    return Variants((formula,), pl.lit(0, pl.UInt32))


def _fund(context: Context, pool: ResolvedPool, known: Given, places: int) -> Exact:
    fund = pool.rules.fund
    return _formula(context, fund.formula, fund.of, FUND, fund.rounding(Rounding(places=places)), known)


def _formula(
    context: Context, formula: Formula, of: SubjectKind, column: str, rounding: Rounding, known: Given
) -> Exact:
    formulas = _same(formula)
    value = context.rounded(column, context.number(formulas, of, column, known), rounding)
    context.hold_unless_known(f"missing-{column.rpartition('.')[2]}", formulas, of, value.missing, known)
    return value


class _Key:
    """What a part is shared out by: a payee's key, and what it would be with a score of 0 everywhere.

    Where the formula would give nothing then, as in a division by a score, 0 is counted: the scores earned it all.
    """

    def __init__(
        self, context: Context, pool: ResolvedPool, name: str, nodes: Mapping[str, Scored], known: Given
    ) -> None:
        assert isinstance(pool.rules, SharedOut)
        part = pool.rules.parts[name]
        self.name, self.column, self.places = name, part_column(name, "key"), part.rounding.kept
        formula = part.in_proportion_to
        scores = {path: node.score for path, node in nodes.items() if path in formula.names}
        exact = _formula(context, formula, "payee", f"pool.{name}.exact.key", part.rounding, {**known, **scores})
        self.value = context.stages.number(self.column, exact.maximum(0))
        nothing = {**known, **dict.fromkeys(scores, _ZERO)}
        column = part_column(name, "unearned_key")
        without = context.number(_same(formula), "payee", column, nothing)
        self.unearned = self.value
        if scores:
            self.unearned = context.rounded(column, without.or_else(0).masked(~exact.missing).maximum(0), part.rounding)


def _bounds(context: Context, rules: SharedOut, known: Given, places: int) -> dict[str, Exact]:
    bounds = {}
    for column, formula in ((MINIMUM, rules.minimum), (MAXIMUM, rules.maximum)):
        if formula is not None:
            bounds[column] = _formula(context, formula, "payee", column, Rounding(places=places), known)
    if len(bounds) == 2:
        crossed = bounds[MINIMUM].above(bounds[MAXIMUM])
        context.hold("minimum-above-maximum", crossed, "the pool's minimum for this payee is above the maximum")
        bounds[MINIMUM] = context.stages.number(f"{MINIMUM}.fits", bounds[MINIMUM].masked(~crossed))
    return bounds


def _sums(context: Context, rules: SharedOut | Solved, fund: Exact, places: int) -> Exact:
    """The pool's sum, of which only the bounds are known here."""
    low, high = rules.fund.reach(*fund.bounds, context.ranges.payees)
    unit = 10**places
    return Exact.column(SUM, Scale(places, int(low * unit) - 1, int(high * unit) + 1))


def _pooled(
    context: Context,
    pool: ResolvedPool,
    places: int,
    members: Sequence[Exact],
    needs: Sequence[str],
    inputs: Mapping[str, Exact | None],
) -> Pooled:
    group = None if pool.rules.by == "company" else pool.rules.by
    known = ~pl.any_horizontal([member.missing for member in members])
    if group is not None:
        missing = context.text(group).is_null()
        context.hold(f"missing-{group}", missing, f"`{group}` is empty, and pool `{pool.name}` is one for each {group}")
        known = known & ~missing
    for name, value in inputs.items():
        context.stages.late_input(name, value)
    return Pooled(pool, places, group, tuple(needs), known, inputs)


def _hold_if_short(context: Context, pool: ResolvedPool) -> None:
    reason = f"the sum of pool `{pool.name}` is below zero, or less than it owes everyone at least"
    context.hold("pool-too-small", pl.col(SHORT).fill_null(False), reason)


def _earned(context: Context, keys: Mapping[str, _Key]) -> tuple[Exact, Exact, Exact]:
    """What a payee would get without bounds, and the parts of it that measures and nothing earned."""
    amounts, earned, unearned = [], [], []
    for name, key in keys.items():
        amount = context.stages.numbers[part_column(name, "amount")]
        amounts.append(amount)
        shares = split(context, f"pool.{name}.split", amount, [key.value.minus(key.unearned), key.unearned])
        earned.append(context.stages.number(part_column(name, "earned"), shares[0]))
        unearned.append(context.stages.number(part_column(name, "unearned"), shares[1]))
    before = context.stages.number("pool.before_bounds", total_of(amounts))
    return before, total_of(earned), total_of(unearned)
