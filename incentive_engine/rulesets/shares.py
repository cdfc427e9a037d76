"""How much of a plan customers decide, as the weights declare it.

Where weights come from tables, where the smallest or the largest score decides, and where scores are added up without
weights, the share lies in a range; so it does where a formula names several nodes. What a pool shares out by salary or
presence customers do not decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from incentive_engine.kinds.pools import SharedOut
from incentive_engine.rulesets.models import AnyMeasure, Group, Item, Plan, RuleSet


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
    """The path weights of measures whose KPI is `customer`, added up; in a pool, of the parts that scores decide."""
    pool = rules.pools.get(plan.pool) if plan.pool else None
    if not isinstance(pool, SharedOut):
        return _decided(rules, plan, plan.payout.names if plan.payout else frozenset({"score"}))
    parts = [(Fraction(part.share), _decided(rules, plan, part.in_proportion_to.names)) for part in pool.parts.values()]
    return Share(
        sum((share * part.low for share, part in parts), Fraction(0)),
        sum((share * part.high for share, part in parts), Fraction(0)),
    )


def _decided(rules: RuleSet, plan: Plan, named: frozenset[str]) -> Share:
    """The customers' share in what a formula gives that names these; none where it names no score."""
    below = _by_path(rules, plan.scorecard, "")
    below["score"] = _together(_shares(rules, plan.scorecard), plan.scorecard)
    return _range([share for path, share in below.items() if path in named])


def _by_path(rules: RuleSet, items: Mapping[str, Item], above: str) -> dict[str, Share]:
    """The share of customers in every node."""
    found = {}
    for name, item in items.items():
        found[above + name] = _item_share(rules, name, item)
        if isinstance(item, Group):
            found |= _by_path(rules, item.items, f"{above}{name}.")
    return found


def _shares(rules: RuleSet, items: Mapping[str, Item]) -> list[Share]:
    return [_item_share(rules, name, item) for name, item in items.items()]


def _item_share(rules: RuleSet, name: str, item: Item) -> Share:
    if isinstance(item, AnyMeasure):
        whole = Fraction(rules.kpis[item.kpi or name].perspective == "customer")
        return Share(whole, whole)
    return _together(_shares(rules, item.items), item.items)


def _together(shares: list[Share], items: Mapping[str, Item]) -> Share:
    """The share in a node of the shares in its items; what has no constant weight may have all that is left."""
    weighted = [(item.weight, share) for item, share in zip(items.values(), shares, strict=True)]
    known = [(Fraction(weight), share) for weight, share in weighted if isinstance(weight, Decimal)]
    rest = 1 - sum((weight for weight, _ in known), Fraction(0))
    either = _range([share for weight, share in weighted if not isinstance(weight, Decimal)])
    return Share(
        sum((weight * share.low for weight, share in known), rest * either.low),
        sum((weight * share.high for weight, share in known), rest * either.high),
    )


def _range(shares: list[Share]) -> Share:
    if not shares:
        return Share(Fraction(0), Fraction(0))
    return Share(min(share.low for share in shares), max(share.high for share in shares))
