"""Amounts that somebody should look at: who moved, who stands out, who is at a cap, who gets nothing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Final

import polars as pl

from incentive_engine.engine.caps import at_caps
from incentive_engine.ledger.review.findings import (
    MOST_ROWS,
    Finding,
    Rows,
    change,
    count,
    money,
    percent,
    tolerance,
    tolerated,
    within,
)
from incentive_engine.ledger.review.looked_at import LookedAt, Written
from incentive_engine.rulesets.resolving import ResolvedPlan

EXACTLY: Final = Context(prec=200)
"""Products of two Parquet decimals and a tolerance, with all their digits."""


def movers(look: LookedAt) -> Finding:
    """Nobody's payout is much further from that of the run before than policy lets pass."""
    now, before, share = look.now, look.before, look.tolerances.movers.at_most
    if before is None:
        return Finding(True, "There is no earlier run to compare payouts with.", "")
    if before.currency != now.currency:
        found = f"{before.name} was paid by rules in {before.currency}, this run in {now.currency}: nothing compares."
        return Finding(False, found, "look at the amounts by hand, then waive this item with what you saw")
    was = pl.col("payout").alias("was")
    both = now.payouts.join(
        before.payouts.select("payee", "pays", was), on=["payee", "pays"], how="full", coalesce=True
    )
    new, gone = both["was"].null_count(), both["payout"].null_count()
    compared = both.drop_nulls(("payout", "was")).with_columns(change=pl.col("payout") - pl.col("was"))
    least = Fraction(share)
    beyond = _times(pl.col("change").abs(), least.denominator) > _times(pl.col("was").abs(), least.numerator)
    moved = compared.filter(beyond)
    shown = moved if moved.height else compared.filter(pl.col("change") != 0)
    rows = shown.sort([pl.col("change").abs(), "payee"], descending=[True, False]).head(MOST_ROWS)
    verb = "moves" if moved.height == 1 else "move"
    found = f"{moved.height:,} of {compared.height:,} payouts that both runs have {verb} by more than "
    found += f"{tolerance(share)} against {before.name}; {new:,} paid only now, {gone:,} only then; "
    found += f"in all {_from_to(_sum(both['was']), _sum(both['payout']), now.currency)}."
    listed = [
        (
            payee,
            pays,
            money(old, now.currency),
            money(amount, now.currency),
            change(moved_by, now.currency),
            percent(moved_by, abs(old)),
        )
        for payee, pays, amount, old, moved_by in rows.select("payee", "pays", "payout", "was", "change").iter_rows()
    ]
    table = Rows.of("payee|pays|before|now|change|of before", "<<>>>>", listed, shown.height)
    return Finding(
        moved.is_empty(), found, "find out why each of them moved; `incentive explain` shows every step", table
    )


def _times(amount: pl.Expr, factor: int) -> pl.Expr:
    """A decimal times a whole number: no digit is lost."""
    return amount * pl.lit(Decimal(factor), pl.Decimal(38, 0))


def _from_to(was: Decimal, amount: Decimal, currency: str) -> str:
    return f"{money(was, currency)} became {money(amount, currency)} ({change(amount - was, currency)})"


def _sum(amounts: pl.Series) -> Decimal:
    total = amounts.sum()
    return total if isinstance(total, Decimal) else Decimal(0)


def outliers(look: LookedAt) -> Finding:
    """No payout is a greater share of its target pay, prorated, than policy lets pass."""
    share, currency = look.tolerances.outliers.at_most, look.now.currency
    found: list[tuple[Decimal, str, str, Decimal, Decimal]] = []
    compared, without = 0, 0
    with localcontext(EXACTLY):
        for payee, pays, payout, target in _against_target(look.now):
            compared += target is not None
            without += target is None
            if target is not None and payout > share * target:
                found.append((payout - target, payee, pays, payout, target))
    found.sort(key=lambda each: (-each[0], each[1], each[2]))
    listed = [
        (payee, pays, money(round(target, 2), currency), money(payout, currency), percent(payout, target))
        for _, payee, pays, payout, target in found[:MOST_ROWS]
    ]
    said = f"{len(found):,} of {compared:,} payouts {'is' if len(found) == 1 else 'are'} more than "
    said += f"{tolerance(share)} of the target pay, prorated"
    said += f"; {count(without, 'payout')} without a target pay cannot be held against one." if without else "."
    rows = Rows.of("payee|pays|target pay, prorated|payout|of the target", "<<>>>", listed, len(found))
    return Finding(not found, said, "look at each of them: `incentive explain` shows every step", rows)


def _against_target(now: Written) -> Iterator[tuple[str, str, Decimal, Decimal | None]]:
    """Payee, pays, payout, and what 100 % would pay in all segments; None where a plan has no target pay."""
    payouts: dict[tuple[str, str], Decimal] = {}
    targets: dict[tuple[str, str], Decimal | None] = {}
    rows = now.parts.select("payee", "pays", "payout", "target_pay", "proration").iter_rows()
    for payee, pays, payout, target_pay, proration in rows:
        key, known = (payee, pays), targets.get((payee, pays), Decimal(0))
        payouts[key] = payouts.get(key, Decimal(0)) + payout
        whole = None if target_pay is None else target_pay * (Decimal(1) if proration is None else proration)
        targets[key] = None if known is None or whole is None else known + whole
    for (payee, pays), payout in payouts.items():
        yield payee, pays, payout, targets[payee, pays]


def caps(look: LookedAt) -> Finding:
    """Not more payouts stand at a cap than policy lets pass."""
    share, now = look.tolerances.caps.at_most, look.now
    reached = [each for plan, trace in _traces(now) for each in _at_cap(now, plan, trace)]
    paid = now.payouts.height
    capped = pl.concat([who for _, _, _, who in reached]).unique().height if reached else 0
    rows = [(plan, node, cap, f"{who.height:,}") for plan, node, cap, who in reached if who.height]
    said = f"{capped:,} of {paid:,} payouts ({percent(capped, paid)}; {tolerated(share)}) "
    said += f"{'stands' if capped == 1 else 'stand'} at a cap" if reached else "stand at a cap: no plan has one"
    hint = "ask whether targets were too easy, or the cap too low, before you waive this"
    return Finding(within(capped, paid, share), f"{said}.", hint, Rows.of("plan|of|cap|payouts", "<<>>", rows))


def _traces(now: Written) -> Iterator[tuple[ResolvedPlan, pl.LazyFrame]]:
    """Every plan with its rows of the trace."""
    for trace in now.run.traces.values():
        for name in trace.select("plan").unique().collect()["plan"].sort():
            yield now.plans[name], trace.filter(pl.col("plan") == name)


def _at_cap(now: Written, plan: ResolvedPlan, trace: pl.LazyFrame) -> Iterator[tuple[str, str, str, pl.DataFrame]]:
    """For each node with a cap: plan, node, the cap in words, and payee and pays of each who is paid at it."""
    for node, cap, payees in at_caps(now.rules.ruleset, plan, trace):
        yield plan.name, node.path, cap, payees.with_columns(pl.lit(plan.pays).alias("pays"))


def zeros(look: LookedAt) -> Finding:
    """Not more payouts are zero than policy lets pass."""
    share, payouts = look.tolerances.zeros.at_most, look.now.payouts
    nothing = payouts.filter(pl.col("payout") == 0)
    said = f"{nothing.height:,} of {payouts.height:,} payouts ({percent(nothing.height, payouts.height)}; "
    said += f"{tolerated(share)}) {'is' if nothing.height == 1 else 'are'} zero."
    rows = Rows.of("payee|pays", "<<", nothing.select("payee", "pays").head(MOST_ROWS).rows(), nothing.height)
    hint = "make sure that each zero was earned: `incentive explain` shows every step"
    return Finding(within(nothing.height, payouts.height, share), said, hint, rows)
