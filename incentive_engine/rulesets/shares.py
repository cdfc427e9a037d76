"""How much of a plan customers decide, as the weights declare it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from incentive_engine.rulesets.models import Group, Item, Measure, Plan, RuleSet


def kpis_of(plan: Plan) -> tuple[str, ...]:
    """The KPIs of a plan, each once, in written order."""
    return tuple(dict.fromkeys(_kpis(plan.scorecard)))


def _kpis(items: dict[str, Item]) -> list[str]:
    names = []
    for name, item in items.items():
        names += _kpis(item.items) if isinstance(item, Group) else [item.kpi or name]
    return names


def declared_customer_share(rules: RuleSet, plan: Plan) -> Fraction | None:
    """The sum of path weights of measures whose KPI is `customer`; None where weights do not say (tables, sums)."""
    return _share(rules, plan.scorecard, plan.combine)


def _share(rules: RuleSet, items: dict[str, Item], combine: str) -> Fraction | None:
    total = Fraction(0)
    for name, item in items.items():
        share = _item_share(rules, name, item)
        if share is None or combine != "weighted_sum" or not isinstance(item.weight, Decimal):
            return share if share is not None and len(items) == 1 else None
        total += Fraction(item.weight) * share
    return total


def _item_share(rules: RuleSet, name: str, item: Item) -> Fraction | None:
    if isinstance(item, Measure):
        return Fraction(rules.kpis[item.kpi or name].perspective == "customer")
    return _share(rules, item.items, item.combine)
