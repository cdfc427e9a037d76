"""Pools: sums shared out among payees, by keys and between bounds, and factors that a sum allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.oracle.cards import Card
from tests.oracle.curves import with_curves
from tests.oracle.money import Outcome, divide, exact_payout, minor_places, pay, rounded_payout, scope_of, tell
from tests.oracle.numbers import ONE, ZERO, Rule, by_rule, rounded, shared_out


@dataclass
class Member:
    """A payee of a plan that takes from a pool."""

    card: Card
    outcome: Outcome
    fund: Fraction | None = None
    keys: Sequence[Fraction] = ()
    unearned: Sequence[Fraction] = ()  # the keys with all scores at 0
    minimum: Fraction = ZERO
    maximum: Fraction | None = None
    shares: Sequence[Fraction] = ()  # of each part, before bounds


@dataclass(frozen=True)
class Settled:
    """A row of the table of pools."""

    pool: str
    group: str | None
    payees: int
    sum: Fraction | None
    paid: Fraction
    left: Fraction | None
    factor: Fraction | None
    held: int


def settle(name: str, pool: Rule, cards: Sequence[tuple[Card, Outcome]]) -> list[Settled]:
    """Pays everybody who takes from a pool, group by group; `cards` are in the order of payees and plans."""
    members = [Member(card, outcome) for card, outcome in cards]
    by = pool.get("by", "company")
    groups: dict[str | None, list[Member]] = {}
    for member in members:
        group = member.card.subject(by)
        if group is None:
            member.outcome.codes.add(f"missing-{by}")
        prepare(member, pool)
        groups.setdefault(group, []).append(member)
    return [settle_group(name, group, pool, groups[group]) for group in sorted(groups, key=str)]


def prepare(member: Member, pool: Rule) -> None:
    """What a member brings to the pool; whoever lacks any of it is held."""
    card, outcome, places = member.card, member.outcome, minor_places(member.card)
    member.fund = fund_of(member, pool)
    if member.fund is None:
        outcome.codes.add("missing-fund")
    scope = scope_of(card, outcome, {})
    keys = [key_of(part, scope) for part in pool.get("parts", {}).values()]
    if None in keys:
        outcome.codes.add("missing-key")
    zeros = {node.path or "score": ZERO for node in outcome.root.nodes()} if outcome.root else {}
    unearned = [key_of(part, scope_of(card, outcome, zeros)) for part in pool.get("parts", {}).values()]
    member.keys = [key for key in keys if key is not None]
    outcome.keys = dict(zip(pool.get("parts", {}), keys, strict=True))
    member.unearned = [key for key in unearned if key is not None]
    bounds: dict[str, Fraction | None] = {}
    for bound in ("minimum", "maximum"):
        if bound in pool:
            value = pool[bound].value(scope)
            bounds[bound] = None if value is None else max(rounded(value, places), ZERO)
            if value is None:
                outcome.codes.add(f"missing-{bound}")
    member.minimum, member.maximum = bounds.get("minimum") or ZERO, bounds.get("maximum")
    if member.maximum is not None and member.minimum > member.maximum:
        outcome.codes.add("minimum-above-maximum")
    if "solve" in pool:
        unknown = pool["solve"]
        if exact_payout(card, outcome, {unknown["factor"]: Fraction(unknown.get("at_least", 0))}) is None:
            outcome.codes.add("missing-payout")


def key_of(part: Rule, scope: dict[str, Any]) -> Fraction | None:
    value = part["in_proportion_to"].value(scope)
    return None if value is None else max(by_rule(Fraction(value), part.get("rounding"), 6), ZERO)


def fund_of(member: Member, pool: Rule) -> Fraction | None:
    """The sum that one formula gives, or what the payee adds to it."""
    card, fund = member.card, pool["fund"]
    results = card.with_results(fund.get("of", "company"))
    if "sum" in fund:
        given: Fraction | None = fund["sum"].value(results)
        return given
    scope = scope_of(card, member.outcome, {})
    kpis = {name: results[name] for name in card.rules["kpis"]}
    names = {**scope, **kpis, **with_curves(card.rules, dict(results))}
    added: Fraction | None = fund["per_payee"].value(names)
    return None if added is None else rounded(added, 6)


def settle_group(name: str, group: str | None, pool: Rule, everyone: list[Member]) -> Settled:
    members = [member for member in everyone if not member.outcome.codes]
    if not members:
        return Settled(name, group, 0, None, ZERO, None, None, payees_of(everyone))
    places = minor_places(members[0].card)
    funds = [member.fund for member in members if member.fund is not None]
    total = rounded(funds[0] if "sum" in pool["fund"] else sum(funds, ZERO), places)
    factor = None
    if "solve" in pool:
        factor = solved(pool["solve"], total, members)
        short = factor is None
    else:
        short = total < 0 or sum((member.minimum for member in members), ZERO) > total
    if short:
        for member in members:
            member.outcome.codes.add("pool-too-small")
        return Settled(name, group, 0, total, ZERO, total, None, payees_of(everyone))
    if factor is not None:
        for member in members:
            pay(member.card, member.outcome, {pool["solve"]["factor"]: factor})
    else:
        share(total, [part["share"] for part in pool["parts"].values()], members, places)
    paid = sum((member.outcome.payout for member in members if member.outcome.payout is not None), ZERO)
    held = payees_of(member for member in everyone if member.outcome.codes)
    return Settled(name, group, payees_of(members), total, paid, total - paid, factor, held)


def payees_of(members: Iterable[Member]) -> int:
    """How many people they are: who moved takes part for each stretch of days, and is one all the same."""
    return len({member.card.payee["payee"] for member in members})


# --- sums shared out --------------------------------------------------------------------------------------------------


def share(total: Fraction, parts: list[Fraction], members: list[Member], places: int) -> None:
    """Every part by its key, then the totals between the bounds; and what of it the measures earned."""
    sums = shared_out(total, parts, places)
    columns = [shared_out(money, [member.keys[at] for member in members], places) for at, money in enumerate(sums)]
    for at, member in enumerate(members):
        member.shares = [column[at] for column in columns]
    wanted = [sum(member.shares, ZERO) for member in members]
    bounds = [(member.minimum, member.maximum) for member in members]
    needed = sum((member.minimum for member in members), ZERO)  # a part without keys leaves some for the minimums
    amounts = between_bounds(max(sum(wanted, ZERO), needed), wanted, bounds, places)
    for member, amount, before in zip(members, amounts, wanted, strict=True):
        bring(member, amount, before, places)


def between_bounds(
    total: Fraction, wanted: list[Fraction], bounds: list[tuple[Fraction, Fraction | None]], places: int
) -> list[Fraction]:
    """Everybody gets λ × what he wanted, but no less than the minimum and no more than the maximum.

    λ is where the amounts add up to the total: the sum rises with it, so it is looked for between the points at which
    somebody meets a bound. Whoever is on a bound stays there; what is left is shared out among the others.
    """

    def amount(at: int, factor: Fraction) -> Fraction:
        low, high = bounds[at]
        value = max(factor * wanted[at], low)
        return value if high is None else min(value, high)

    everyone = range(len(wanted))
    factor = common_factor(total, wanted, bounds, lambda factor: sum((amount(at, factor) for at in everyone), ZERO))
    exact = [amount(at, factor) for at in everyone]
    free = [exact[at] == factor * wanted[at] and exact[at] not in bounds[at] for at in everyone]
    rest = total - sum((exact[at] for at in everyone if not free[at]), ZERO)
    shares = shared_out(rest, [wanted[at] if free[at] else ZERO for at in everyone], places)
    return [shares[at] if free[at] else exact[at] for at in everyone]


def common_factor(
    total: Fraction,
    wanted: list[Fraction],
    bounds: list[tuple[Fraction, Fraction | None]],
    paid: Callable[[Fraction], Fraction],
) -> Fraction:
    """λ: between two neighbouring points nobody meets a bound, so that what is paid is a straight line there."""
    pairs = [(each, bound) for each, pair in zip(wanted, bounds, strict=True) for bound in pair]
    points = [ZERO, *sorted(bound / each for each, bound in pairs if each > 0 and bound is not None)]
    if paid(ZERO) >= total:
        return ZERO
    for low, high in zip(points, [*points[1:], points[-1] + 1], strict=True):
        last = high == points[-1] + 1 and low == points[-1]
        slope = (paid(high) - paid(low)) / (high - low) if high > low else ZERO
        if slope > 0 and (last or paid(high) >= total):
            return low + (total - paid(low)) / slope
    return points[-1] + 1  # everybody is at the maximum, and something is left


def bring(member: Member, amount: Fraction, before: Fraction, places: int) -> None:
    """What of an amount the scores brought, part by part: a minimum adds what nobody earned."""
    card, outcome = member.card, member.outcome
    assert outcome.root is not None
    earned = ZERO
    for share_of_part, key, unearned in zip(member.shares, member.keys, member.unearned, strict=True):
        earned += shared_out(share_of_part, [key - unearned, unearned], places)[0]
    others = before - earned
    if amount > before and amount == member.minimum:
        others += amount - before
    outcome.payout = amount
    divide(outcome.root, shared_out(amount, [earned, others], places)[0], places)
    tell(card, outcome)


# --- factors that a sum allows ----------------------------------------------------------------------------------------


def solved(unknown: Rule, total: Fraction, members: list[Member]) -> Fraction | None:
    """The greatest factor whose payouts do not exceed the total, by bisection; None where even the smallest does."""
    unit = ONE / 10 ** int(unknown["places"])

    def paid(count: int) -> Fraction:
        given = {unknown["factor"]: count * unit}
        return sum((rounded_payout(member.card, member.outcome, given) for member in members), ZERO)

    low: int = math.ceil(unknown.get("at_least", 0) / unit)
    high: int = math.floor(unknown["at_most"] / unit)
    if paid(low) > total:
        return None
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if paid(middle) <= total else (low, middle - 1)
    return Fraction(low * unit)
