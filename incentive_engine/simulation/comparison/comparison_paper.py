"""A comparison as sections of a report: what it costs, who gains and loses, why, and which lines are crossed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from incentive_engine.kinds.base import Label
from incentive_engine.rulesets.resolving import UNTRANSLATED
from incentive_engine.simulation.comparison.causing import Cause
from incentive_engine.simulation.comparison.comparison import Comparison, HeldMoved, Mover
from incentive_engine.simulation.comparison.crossing import Limit, Tier
from incentive_engine.simulation.comparison.grouping import GroupMoved
from incentive_engine.simulation.comparison.moving import Cost
from incentive_engine.simulation.comparison.shares import PlanMoved, PlanSide
from incentive_engine.simulation.comparison.spreading import Decile, Spread
from incentive_engine.simulation.reports.column_words import column_called
from incentive_engine.simulation.reports.paper import Money, Said, Section, Share, Table, Value

_MOST_HELD = 200


def comparison_sections(comparison: Comparison, currency: str) -> tuple[Section, ...]:
    """Every section that has something to say; `currency`: that of the rules, in which causes are told."""
    sections = (
        _cost(comparison),
        _customers(comparison),
        _movers(comparison),
        _causes(comparison, currency),
        _groups(comparison),
        _spread(comparison),
        _lines(comparison),
        _held(comparison),
    )
    return tuple(section for section in sections if section.facts or section.said or section.tables)


def _cost(comparison: Comparison) -> Section:
    tables = [_cost_table("costs", comparison.costs)]
    if comparison.paid_out != comparison.costs:
        tables.append(_cost_table("paid_out", comparison.paid_out))
    said = () if comparison.costs else (Said("nobody_paid"),)
    return Section("cost", _cost_facts(comparison) if comparison.costs else (), said, tuple(tables))


def _cost_facts(comparison: Comparison) -> tuple[tuple[str, Value], ...]:
    """The figures that most people look for first; none in several currencies, which have no sum."""
    customers = (
        ("customers_before", _share(comparison.customers_before)),
        ("customers_after", _share(comparison.customers_after)),
    )
    if len(comparison.costs) != 1:
        return customers
    (cost,) = comparison.costs
    return (("cost_difference", _money(cost.difference, cost.currency)), ("cost_share", _share(cost.share)), *customers)


def _cost_table(name: str, costs: Sequence[Cost]) -> Table:
    rows = tuple((each.currency, *_amounts(each, each.currency), _share(each.share)) for each in costs)
    return Table(name, ("currency", "before", "after", "difference", "change"), rows)


def _customers(comparison: Comparison) -> Section:
    columns = ("plan", "payees_before", "payees_after", "declared_before", "declared_after", "paid_before",
               "paid_after", "effective_before", "effective_after")  # fmt: skip
    rows = tuple(_plan_row(plan) for plan in comparison.plans)
    return Section("customers", tables=(Table("customers", columns, rows),) if rows else ())


def _plan_row(plan: PlanMoved) -> tuple[Value, ...]:
    sides = (plan.before, plan.after)
    return (
        plan.title,
        *(None if side is None else side.payees for side in sides),
        *(None if side is None else _declared(side) for side in sides),
        *(None if side is None else _share(side.paid) for side in sides),
        *(None if side is None else _share(side.effective) for side in sides),
    )


def _declared(side: PlanSide) -> Value:
    low, high = Share(side.declared_low), Share(side.declared_high)
    return low if low == high else Said("range", {"low": low, "high": high})


def _movers(comparison: Comparison) -> Section:
    fates = []
    for cost in comparison.costs:
        moved = [each for each in comparison.moved if each.currency == cost.currency and each.payees]
        rows = tuple((Said(f"fate_{each.fate}"), each.payees, _money(each.amount, cost.currency)) for each in moved)
        total = (Said("all"), sum(each.payees for each in moved), _money(cost.difference, cost.currency))
        about = {"currency": cost.currency}
        fates.append(Table("fates", ("fate", "payees", "difference"), rows, total, ("difference",), about))
    tables = {"gain_most": comparison.gain_most, "lose_most": comparison.lose_most}
    columns = ("payee", "department", "before", "after", "difference", "first_cause", "brings", "all_others")
    first = [
        Table(name, columns, tuple(map(mover_row, movers)), drawn=("difference",), about={"count": len(movers)})
        for name, movers in tables.items()
        if movers
    ]
    return Section("movers", tables=(*fates, *first))


def mover_row(mover: Mover) -> tuple[Value, ...]:
    """One payee who gains or loses, by what most: not by what brings more in the other direction."""
    coin = mover.currency
    before, after = (None if each is None else _money(each, coin) for each in (mover.before, mover.after))
    who = (mover.payee, mover.department, before, after, _money(mover.difference, coin))
    if mover.fate not in ("gains", "loses") or not mover.causes:
        return (*who, Said(f"fate_{mover.fate}"), _money(mover.difference, coin), None)
    first = max(mover.causes, key=lambda each: each.difference * (1 if mover.fate == "gains" else -1))
    others = mover.difference - first.difference
    return (*who, _cause(first), _money(first.difference, coin), _money(others, coin) if mover.causes[1:] else None)


def _causes(comparison: Comparison, currency: str) -> Section:
    if not comparison.causes:
        return Section("causes")
    rows = tuple((_cause(each), each.payees, *_amounts(each, currency)) for each in comparison.causes)
    cost = sum((each.difference for each in comparison.causes), Decimal(0))
    total = (Said("all"), None, None, None, _money(cost, currency))
    table = Table("causes", ("cause", "payees", "before", "after", "difference"), rows, total, ("difference",))
    return Section("causes", tables=(table,))


def _cause(cause: Cause) -> Said:
    where = "of" if cause.title else "of_plan"
    return Said(f"cause_{cause.kind}_{where}" if cause.kind in _STEPS else f"cause_{cause.kind}", _at(cause))


_STEPS = ("modifier", "gate", "floor", "cap")
"""The causes that are steps of a node, or of the whole plan."""


def _at(cause: Cause) -> dict[str, Value]:
    """What the sentence of a cause names: steps are numbered, their first is not."""
    return {"title": cause.title or {UNTRANSLATED: cause.node}, "number": cause.number}


def _groups(comparison: Comparison) -> Section:
    columns = dict.fromkeys(group.column for group in comparison.groups)
    tables = (
        _group_table(column, [group for group in comparison.groups if group.column == column], comparison.costs)
        for column in columns
    )
    return Section("groups", tables=tuple(tables))


def _group_table(column: str, groups: Sequence[GroupMoved], costs: Sequence[Cost]) -> Table:
    several = len(costs) > 1
    called = column_called(column)
    heads: tuple[str | Label, ...] = (called, "payees", "before", "after", "difference", "change", "gain", "lose")
    rows = tuple(_group_row(group) for group in groups)
    total = None if several or not costs else _group_total(groups, costs[0])
    return Table("groups", heads, rows, total, ("difference",), {"column": called})


def _group_row(group: GroupMoved) -> tuple[Value, ...]:
    amounts = _amounts(group, group.currency)
    return (group.value, group.payees, *amounts, _share(group.share), group.gain, group.lose)


def _group_total(groups: Sequence[GroupMoved], cost: Cost) -> tuple[Value, ...]:
    payees, gain, lose = (sum(getattr(each, name) for each in groups) for name in ("payees", "gain", "lose"))
    return (Said("all"), payees, *_amounts(cost, cost.currency), _share(cost.share), gain, lose)


def _spread(comparison: Comparison) -> Section:
    tables = [table for spread in comparison.spreads for table in _spread_tables(spread)]
    return Section("spread", tables=tuple(tables))


def _spread_tables(spread: Spread) -> Iterator[Table]:
    coin, about = spread.currency, {"currency": spread.currency}
    deciles = tuple(
        (_tenths(each), *(None if amount is None else _money(amount, coin) for amount in (each.before, each.after)))
        for each in spread.deciles
    )
    yield Table("deciles", ("payees_at_most", "before", "after"), deciles, about=about)
    bands = tuple(
        (_money(each.low, coin), _money(each.high, coin), each.before, each.after, each.after - each.before)
        for each in spread.bands
    )
    yield Table(
        "bands", ("from_amount", "to_amount", "before", "after", "difference"), bands, None, ("before", "after"), about
    )


def _tenths(decile: Decile) -> Value:
    if decile.tenths in (0, 10):
        return Said("most" if decile.tenths else "least")
    return Said("tenths", {"share": Share(Decimal(decile.tenths) / 10)})


def _lines(comparison: Comparison) -> Section:
    titles = {plan.plan: plan.title for plan in comparison.plans}
    crossings = tuple(
        (titles.get(each.plan, each.plan), each.title, _tier(each.before), _tier(each.after), each.payees)
        for each in comparison.crossings
    )
    tables = [Table("crossings", ("plan", "measure", "left", "reached", "payees"), crossings)] if crossings else []
    for name, limits in (("gates", comparison.gates), ("caps", comparison.caps)):
        columns = ("plan", "node", *(["number"] if name == "gates" else []), "before", "after", "newly", "no_longer")
        rows = tuple(_limit_row(each, titles) for each in limits)
        if rows:
            tables.append(Table(name, columns, rows))
    return Section("lines", tables=tuple(tables))


def _tier(tier: Tier) -> Said:
    """Where it begins; below the first, it begins nowhere."""
    way = {"way": tier.way} if tier.way else {}
    if tier.start is None:
        return Said("tier_below_of" if way else "tier_below", way)
    start: Value = Share(tier.start) if tier.in_percent else tier.start
    key = "tier_over" if tier.behind else "tier_from"
    return Said(f"{key}_of" if way else key, {"start": start, **way})


def _limit_row(limit: Limit, titles: dict[str, Label]) -> tuple[Value, ...]:
    number = [limit.number] if limit.number else []
    counts = (limit.before, limit.after, limit.newly, limit.no_longer)
    return (titles.get(limit.plan, limit.plan), limit.title, *number, *counts)


def _held(comparison: Comparison) -> Section:
    if not comparison.held_before and not comparison.held_after:
        return Section("held")
    facts = (("held_before", comparison.held_before), ("held_after", comparison.held_after))
    rows = tuple(map(_held_row, comparison.held[:_MOST_HELD]))
    columns = ("payee", "before", "after", "reason")
    return Section("held", facts, tables=(Table("held", columns, rows),) if rows else ())


def _held_row(held: HeldMoved) -> tuple[Value, ...]:
    before, after = (Said("not_held") if each is None else each for each in (held.before, held.after))
    return (held.payee, before, after, held.reason_after or held.reason_before)


def _amounts(moved: Cost | Cause | GroupMoved, currency: str) -> tuple[Money, Money, Money]:
    before, after, difference = (_money(each, currency) for each in (moved.before, moved.after, moved.difference))
    return before, after, difference


def _money(amount: Decimal, currency: str) -> Money:
    return Money(amount, currency)


def _share(share: Decimal | None) -> Share | None:
    return None if share is None else Share(share)
