"""Targets of which people were told when the period had begun, and the money that may be due for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from incentive_engine.kinds.base import written
from incentive_engine.ledger.review.amounts import EXACTLY
from incentive_engine.ledger.review.findings import Finding, Rows, count, money, tolerance
from incentive_engine.ledger.review.greatest import greatest_score
from incentive_engine.ledger.review.looked_at import LookedAt, Written
from incentive_engine.rulesets.resolving import ResolvedPlan


@dataclass(frozen=True, slots=True)
class _Told:
    """What was told late in one plan, and the latest day of it."""

    what: str
    on: dt.date


def late_targets(look: LookedAt) -> Finding:
    """Everybody knew their targets when the period began; where not, the money that may be due is in tolerance."""
    share, now = look.tolerances.late_targets.at_most, look.now
    late = {name: told for name, plan in now.plans.items() if (told := _told_late(now, plan)) is not None}
    silent = _never_told(now)
    besides = f"; the rules do not say when people were told of {count(silent, 'target')}" if silent else ""
    if not late:
        return Finding(True, f"No target was told after its first day{besides}.", "")
    exposures = _exposures(now, late)
    total = sum((each for each in exposures.values() if each is not None), Decimal(0))
    unbounded = [plan for plan, exposure in exposures.items() if exposure is None]
    paid = sum(now.payouts["payout"].to_list(), Decimal(0))
    rows = [
        (name, told.what, told.on.isoformat(), _greatest(now.plans[name]), _money(exposures[name], now.currency))
        for name, told in late.items()
    ]
    said = f"In {count(len(late), 'plan')} people were told of targets after their first day: if the most were due, it "
    said += f"would be {money(total, now.currency)} more (at most {tolerance(share)} of payouts passes)"
    said += f"; for {', '.join(unbounded)} nothing bounds it" if unbounded else ""
    passed = not unbounded and Fraction(total) <= Fraction(share) * Fraction(paid)
    hint = "courts may hold that a target told late does not bind: ask counsel, or waive this with the decision"
    table = Rows.of("plan|told late|on|greatest score|may be due", "<<<>>", rows)
    return Finding(passed, f"{said}{besides}.", hint, table)


def _told_late(now: Written, plan: ResolvedPlan) -> _Told | None:
    """The rules of a plan, or targets of it, that people were told after the first day on which they counted."""
    rules = now.rules.edition(plan)
    told = {"the rules": rules.decided.notified}
    told |= {each.path: each.decided.notified for each in plan.measures() if each.decided is not None}
    late = {what: on for what, on in told.items() if on is not None and on > plan.days[0]}
    return _Told(", ".join(late), max(late.values())) if late else None


def _never_told(now: Written) -> int:
    """How many measures have targets of which neither they nor the rules say when people were told."""
    silent = 0
    for plan in now.plans.values():
        if now.rules.edition(plan).decided.notified is None:
            silent += sum(each.decided is None or each.decided.notified is None for each in plan.measures())
    return silent


def _exposures(now: Written, late: Mapping[str, _Told]) -> dict[str, Decimal | None]:
    """What each of the plans could pay beyond what it does; None where nothing bounds it."""
    found: dict[str, Decimal | None] = {}
    for name in late:
        plan, greatest = now.plans[name], greatest_score(now.plans[name].root)
        bounded = greatest is not None and plan.payout is None and plan.pool is None and plan.target_pay is not None
        found[name] = sum(_beyond(now, plan, greatest), Decimal(0)) if bounded and greatest is not None else None
    return found


def _beyond(now: Written, plan: ResolvedPlan, greatest: Fraction) -> Iterator[Decimal]:
    """For each payee × segment, target pay × greatest score × proration, rounded as payouts are, less the payout."""
    places = plan.payout_rounding.kept
    rows = now.parts.filter(plan=plan.name).select("target_pay", "proration", "payout").iter_rows()
    with localcontext(EXACTLY):
        for target_pay, proration, payout in rows:
            share = Fraction(1) if proration is None else Fraction(proration)
            most = _rounded(Fraction(target_pay) * greatest * share, places)
            yield max(most - payout, Decimal(0))


def _rounded(amount: Fraction, places: int) -> Decimal:
    """Rounded to places, halves away from zero."""
    scaled = abs(amount) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if amount >= 0 else -whole).scaleb(-places)


def _greatest(plan: ResolvedPlan) -> str:
    score = greatest_score(plan.root)
    return "not bounded" if score is None else written(score, percent=True)


def _money(exposure: Decimal | None, currency: str) -> str:
    return "not bounded" if exposure is None else money(exposure, currency)
