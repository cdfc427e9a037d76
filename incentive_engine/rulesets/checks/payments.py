"""Payments: what plans pay out of scores and pools can be worked out, and adds up."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

from incentive_engine.errors import Problem
from incentive_engine.formulas import constant
from incentive_engine.kinds.base import written
from incentive_engine.kinds.pools import GivenSum, Part, SharedOut, Solved
from incentive_engine.rulesets.checked import Checked, tells, unknown
from incentive_engine.rulesets.formula_uses import NODE, FormulaUse
from incentive_engine.rulesets.models import Plan

_SCORE = "score"


@tells("unknown-pool", "payout-not-allowed", "payout-missing", about=(Plan,))
def plans_share_what_they_can(checked: Checked) -> Iterator[Problem]:
    """A plan's pool is declared, and either shares out a sum or decides a factor of the plan's payout."""
    pools = checked.rules.pools
    for name, plan in checked.rules.plans.items():
        if plan.pool is None:
            continue
        where, pool = checked.at("plans", name, "pool"), pools.get(plan.pool)
        if pool is None:
            yield unknown("pool", plan.pool, where, pools, "`pools`")
        elif isinstance(pool, SharedOut) and plan.payout is not None:
            message = f"`{name}` cannot say what it pays: `{plan.pool}` shares out a sum among its payees"
            hint = "leave `payout` out, or make the pool `solve` a factor of it"
            yield Problem("payout-not-allowed", message, checked.key("plans", name, "payout"), hint)
        elif isinstance(pool, Solved) and plan.payout is None:
            message = f"`{name}` does not say how it pays with `{pool.solve.factor}`, the factor of `{plan.pool}`"
            hint = f"add `payout: target_pay * score * {pool.solve.factor}`"
            yield Problem("payout-missing", message, where, hint)


@tells("factor-not-used", "unknown-factor", about=(Solved,))
def factors_are_those_of_the_pool(checked: Checked) -> Iterator[Problem]:
    """A payout names the factor of its plan's pool, and no formula that of another."""
    pools = checked.rules.pools
    factors = {pool.solve.factor: name for name, pool in pools.items() if isinstance(pool, Solved)}
    for name, plan in checked.rules.plans.items():
        pool = pools.get(plan.pool or "")
        if plan.payout and isinstance(pool, Solved) and pool.solve.factor not in plan.payout.names:
            message = f"the payout of `{name}` does not depend on `{pool.solve.factor}`, the factor of `{plan.pool}`"
            hint = f"multiply by it, `… * {pool.solve.factor}`, or leave `pool` out"
            yield Problem("factor-not-used", message, checked.at("plans", name, "payout"), hint)
    declared = checked.rules.workforce.columns.keys()
    for use in checked.formulas:
        for factor in sorted(use.named_columns & factors.keys() - declared) if use.source is None else ():
            message = f"`{factor}` is the factor of the pool `{factors[factor]}`, which is not known here"
            hint = f"only the `payout` of a plan with `pool: {factors[factor]}` may name it"
            yield Problem("unknown-factor", message, checked.document.inside(use.at, use.offset_of(factor)), hint)


@tells("overlapping-nodes", about=(Plan,))
def payouts_name_separate_nodes(checked: Checked) -> Iterator[Problem]:
    """No node that a payout names lies inside another: its money would go back to both."""
    for use in checked.formulas:
        if use.at[-1] != "payout":
            continue
        for outer, inner in combinations(sorted(_nodes(use), key=lambda path: (path != _SCORE, path)), 2):
            if outer == _SCORE or inner.startswith(f"{outer}."):
                message = f"`{inner}` lies inside `{outer}`: what it brings would count twice"
                where = checked.document.inside(use.at, use.offset_of(inner))
                yield Problem("overlapping-nodes", message, where, "name nodes that lie side by side")
                break


def _nodes(use: FormulaUse) -> set[str]:
    """The nodes whose scores a formula names; `score` is that of the whole plan."""
    nodes = {name for name in use.formula.names if use.given.get(name) is NODE}
    return nodes | ({_SCORE} if _SCORE in use.given and _SCORE in use.formula.names else set())


@tells("shares-not-100", about=(SharedOut, Part))
def parts_are_the_whole_pool(checked: Checked) -> Iterator[Problem]:
    """The parts of a pool add up to exactly 100 %."""
    for name, pool in checked.rules.pools.items():
        shares = [part.share for part in pool.parts.values()] if isinstance(pool, SharedOut) else [Decimal(1)]
        total = sum(map(Fraction, shares), Fraction(0))
        if total != 1:
            told = " + ".join(written(share, percent=True) for share in shares)
            message = f"the parts of `{name}` add up to {written(total, percent=True)}, not 100%"
            where = checked.key("pools", name, "parts")
            yield Problem("shares-not-100", message, where, f"they are {told}: change one of them")


@tells("minimum-above-maximum", about=(SharedOut,))
def minima_are_below_maxima(checked: Checked) -> Iterator[Problem]:
    """What a payee gets of a pool can lie between the minimum and the maximum."""
    for name, pool in checked.rules.pools.items():
        if not isinstance(pool, SharedOut) or pool.minimum is None or pool.maximum is None:
            continue
        low, high = constant(pool.minimum), constant(pool.maximum)
        if low is not None and high is not None and low > high:
            message = f"the minimum {written(low)} of `{name}` is above the maximum {written(high)}"
            where = checked.at("pools", name, "minimum")
            yield Problem("minimum-above-maximum", message, where, "lower it, or raise the maximum")


@tells("empty-range", about=(Solved,))
def factors_have_a_range(checked: Checked) -> Iterator[Problem]:
    """The factor of a pool can lie between its bounds, with the decimal places that it has."""
    for name, pool in checked.rules.pools.items():
        least, most = pool.solve.counts if isinstance(pool, Solved) else (0, 0)
        if not isinstance(pool, Solved) or least <= most:
            continue
        low, high, at = written(pool.solve.at_least), written(pool.solve.at_most), ("pools", name, "solve")
        message = f"no value of `{pool.solve.factor}` can lie between {low} and {high}"
        if pool.solve.at_least > pool.solve.at_most:
            hint = "`at_least` is 0 unless said: raise `at_most`, or lower it"
            yield Problem("empty-range", message, checked.at(*at, "at_most"), hint)
        else:
            hint = f"with `places: {pool.solve.places}` there is none: raise it"
            yield Problem("empty-range", message, checked.at(*at, "places"), hint)


@tells("fund-not-shared", about=(GivenSum,))
def sums_are_of_the_whole_pool(checked: Checked) -> Iterator[Problem]:
    """A sum is the same for all who share it: it reads results of the company, or of what the pool is `by`."""
    for name, pool in checked.rules.pools.items():
        if isinstance(pool.fund, GivenSum) and pool.fund.of not in ("company", pool.by):
            message = f"the sum of `{name}` would differ among its payees: it reads results of each {pool.fund.of}"
            hint = f"write `of: {pool.by}`" if pool.by == "company" else f"write `of: {pool.by}` or `of: company`"
            yield Problem("fund-not-shared", message, checked.at("pools", name, "fund", "of"), hint)


@tells("payout-rounding-differs", about=(Plan,))
def one_pool_rounds_alike(checked: Checked) -> Iterator[Problem]:
    """The plans of one pool round what they pay alike."""
    first: dict[str, str] = {}
    plans = checked.rules.plans
    for name, plan in plans.items():
        if plan.pool is None:
            continue
        other = first.setdefault(plan.pool, name)
        if plan.payout_rounding != plans[other].payout_rounding:
            message = f"`{name}` and `{other}` share `{plan.pool}`, and round what they pay differently"
            at = ("plans", name, "payout_rounding") if plan.payout_rounding else ("plans", name, "pool")
            yield Problem("payout-rounding-differs", message, checked.at(*at), "give both the same `payout_rounding`")
