"""One number of a scenario through many values, or two of them in a grid: what each variant costs.

The variants differ in numbers of rules only, so that all which does not rest on these is worked out once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any

from incentive_engine.engine.running import Calculation
from incentive_engine.engine.sweeping import Sweep
from incentive_engine.rulesets.contracts import ADJUSTMENTS
from incentive_engine.rulesets.loading import Rules, rules_for
from incentive_engine.simulation.comparison.moving import Cost, costs, movements, total
from incentive_engine.simulation.comparison.shares import customers_share, part
from incentive_engine.simulation.comparison.side import Side, side_of
from incentive_engine.simulation.scenarios.overlay import Written
from incentive_engine.simulation.scenarios.simulating import Baseline, calculated, overlay_of
from incentive_engine.simulation.scenarios.variants import Variant


@dataclass(frozen=True, slots=True)
class Point:
    """What one variant of a sweep costs; `customers`: the part of pay that customers bring, to 0.01 %."""

    values: Mapping[str, Any]
    costs: tuple[Cost, ...]
    customers: Decimal | None


def points(
    base: Baseline, before: Side, variants: Sequence[Variant], written: Written, on_step: Callable[[], object]
) -> tuple[Point, ...]:
    """What each variant of one scenario costs; `on_step` is told of each. Raises InputProblems."""
    rules = (_rules(base, variant, written) for variant in variants)  # never all at once: memory stays flat
    found = []
    for point in (_each_by_itself if _may_be_released(base) else _together)(base, before, variants, rules, written):
        on_step()
        found.append(point)
    return tuple(found)


def _rules(base: Baseline, variant: Variant, written: Written) -> Rules:
    return overlay_of(base, variant.scenario, written).rules()


def _may_be_released(base: Baseline) -> bool:
    """Whether anybody may be paid by decision, in whatever currency, once their pay cannot be worked out."""
    decisions = base.calculation.accepted.tables.get(ADJUSTMENTS)
    return decisions is not None and bool(decisions.frame["release"].is_not_null().any())


def _together(
    base: Baseline, before: Side, variants: Sequence[Variant], rules: Iterator[Rules], written: Written
) -> Iterator[Point]:
    """In one currency each: where nobody is paid by decision, all payouts are in that of the rules."""
    scenario, currency, now = variants[0].scenario, before.currency, total(before.payouts["payout"])

    def otherwise(paid_by: Rules) -> Calculation:
        return calculated(base, paid_by, scenario, written)

    first = next(rules)
    sweep = Sweep(otherwise(first), otherwise, ("payout", "customer_pay"))
    paid = sweep.paid(rules_for(each, base.period) for each in chain([first], rules))
    for variant, each in zip(variants, paid, strict=True):
        sums = each.payouts.select("payout", "customer_pay").sum().collect(engine="streaming")
        payout, customers = total(sums["payout"]), total(sums["customer_pay"])
        yield Point(variant.values, _costs(currency, now, each.rules.ruleset.currency, payout), part(customers, payout))


def _costs(before: str, now: Decimal, after: str, payout: Decimal) -> tuple[Cost, ...]:
    """What is paid before and after, where each side pays in one currency."""
    if before == after:
        return (Cost(before, now, payout),)
    return (Cost(before, now, Decimal(0)), Cost(after, Decimal(0), payout))


def _each_by_itself(
    base: Baseline, before: Side, variants: Sequence[Variant], rules: Iterator[Rules], written: Written
) -> Iterator[Point]:
    for variant, paid_by in zip(variants, rules, strict=True):
        side = side_of(calculated(base, paid_by, variant.scenario, written))
        yield Point(variant.values, costs(movements(before, side)), customers_share(side))
