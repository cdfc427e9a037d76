"""How much of a plan customers decide, as the weights declare it.

Where weights come from tables, or scores are added up without weights, the share lies in a range.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from incentive_engine.rulesets.models import Group, Item, Measure, Plan, RuleSet


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a plan, as weights declare it: at least `low`, at most `high`, and mostly the same."""

    low: Fraction
    high: Fraction


def kpis_of(plan: Plan) -> tuple[str, ...]:
    """The KPIs of a plan, each once, in written order."""
    return tuple(dict.fromkeys(_kpis(plan.scorecard)))


def _kpis(items: dict[str, Item]) -> list[str]:
    names = []
    for name, item in items.items():
        names += _kpis(item.items) if isinstance(item, Group) else [item.kpi or name]
    return names


def declared_customer_share(rules: RuleSet, plan: Plan) -> Share:
    """The path weights of measures whose KPI is `customer`, added up."""
    return _share(rules, plan.scorecard)


def _share(rules: RuleSet, items: dict[str, Item]) -> Share:
    shares = [(item.weight, _item_share(rules, name, item)) for name, item in items.items()]
    fixed = [(Fraction(weight), share) for weight, share in shares if isinstance(weight, Decimal)]
    open_shares = [share for weight, share in shares if not isinstance(weight, Decimal)]
    low = sum((weight * share.low for weight, share in fixed), Fraction(0))
    high = sum((weight * share.high for weight, share in fixed), Fraction(0))
    if not open_shares:
        return Share(low, high)
    rest = 1 - sum((weight for weight, _ in fixed), Fraction(0))
    return Share(
        low + rest * min(share.low for share in open_shares), high + rest * max(share.high for share in open_shares)
    )


def _item_share(rules: RuleSet, name: str, item: Item) -> Share:
    if isinstance(item, Measure):
        whole = Fraction(rules.kpis[item.kpi or name].perspective == "customer")
        return Share(whole, whole)
    return _share(rules, item.items)
