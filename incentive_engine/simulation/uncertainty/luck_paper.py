"""Luck before and after a change of rules: how much of pay is chance, and who is paid another tier than is deserved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from incentive_engine.audit.luck import Luck
from incentive_engine.kinds.base import Label
from incentive_engine.periods import Period
from incentive_engine.simulation.reports.paper import Money, Part, Report, Said, Section, Share, Table, Value
from incentive_engine.simulation.uncertainty.forecasts import Ruled

_TOGETHER: Final[Label] = {"en": "All plans", "fr": "Tous les plans"}
Lucky = tuple[Ruled, tuple[Luck, ...]]


def luck_report(found: Sequence[Lucky], period: Period, draws: int) -> Report:
    """The luck in every plan under each rule set, beside each other and then person by person."""
    first, ruleset = found[0][0], found[0][0].rules.ruleset
    said = () if any(lucks for _, lucks in found) else (Said("nobody_paid"),)
    beside = Part(_TOGETHER, (Section("luck", said=said, tables=(_beside(found),)),))
    return Report(
        name="luck",
        title=ruleset.title,
        rule_set=ruleset.rule_set,
        version=ruleset.version,
        period=period.name,
        first_day=period.start,
        parts=(beside, *(Part(one.title, (_people(one, lucks),)) for one, lucks in found)),
        assumptions=(Said("true_results", {"count": draws}), *_certain(found)),
        fingerprints=(*(one.fingerprint for one, _ in found), *first.data_fingerprints),
    )


def _beside(found: Sequence[Lucky]) -> Table:
    columns = ("plan", "rules", "payees", "chance", "typical_gap", "wrong_tier", "tiers")
    plans = dict.fromkeys(luck.plan for _, lucks in found for luck in lucks)
    rows = tuple(_row(one, luck) for plan in plans for one, lucks in found for luck in lucks if luck.plan == plan)
    return Table("luck", columns, rows)


def _row(one: Ruled, luck: Luck) -> tuple[Value, ...]:
    title = one.rules.ruleset.plans[luck.plan].title
    gap = _money(one, luck.typical_gap)
    tiers = None if luck.wrong_tier is None else Said(f"tiers_{luck.tiers}")
    return (title, one.title, luck.payees, _share(luck.noise_share), gap, _share(luck.wrong_tier), tiers)


def _people(one: Ruled, lucks: Sequence[Luck]) -> Section:
    columns = ("payee", "plan", "paid", "low", "high", "wrong_tier")
    rows = []
    for luck in lucks:
        title = one.rules.ruleset.plans[luck.plan].title
        for row in luck.people.sort("wrong_tier", "payee", descending=[True, False], nulls_last=True).to_dicts():
            amounts = (_money(one, row[name]) for name in ("payout", "low", "high"))
            rows.append((row["payee"], title, *amounts, _share(row["wrong_tier"])))
    return Section("luck_people", tables=(Table("luck_people", columns, tuple(rows), drawn=("paid",)),))


def _certain(found: Sequence[Lucky]) -> Iterator[Said]:
    titles = {name: kpi.title for one, _ in found for name, kpi in one.rules.ruleset.kpis.items()}
    for name in sorted({name for _, lucks in found for luck in lucks for name in luck.certain}):
        yield Said("taken_as_certain", {"kpi": titles[name]})


def _money(one: Ruled, amount: float | None) -> Money | None:
    return None if amount is None else Money(Decimal(f"{amount:.2f}"), one.rules.ruleset.currency)


def _share(share: float | None) -> Share | None:
    return None if share is None else Share(Decimal(f"{share:.3f}"))
