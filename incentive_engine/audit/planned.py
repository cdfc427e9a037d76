"""What an audit tells of a plan: few indicators that matter, the customers' share three ways, and the luck in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from incentive_engine.audit.findings import Evidence, PlanAudit, evidence
from incentive_engine.audit.luck import Luck
from incentive_engine.audit.shares import CustomerShare
from incentive_engine.rulesets.models import Kpi

HOLLOW: Final = 3 / 4
"""Customers who make less than three quarters of their weight of the differences weigh more on paper than in pay."""


def of_plan(found: PlanAudit, kpis: Mapping[str, Kpi]) -> Iterator[Evidence]:
    """Everything, in the order in which it is read."""
    if found.share is not None:
        yield from _shares(found.share)
    if found.luck is not None:
        yield from _luck(found.luck, kpis)
    yield from found.findings


def _shares(share: CustomerShare) -> Iterator[Evidence]:
    if share.declared_low != share.declared_high:
        yield evidence("declared_range", low=share.declared_low, high=share.declared_high)
    if share.effective is None:
        return
    if share.effective < HOLLOW * share.declared_low:
        yield evidence("hollow", declared=share.declared_low, effective=share.effective)
    else:
        yield evidence("effective", share=share.effective)


def _luck(luck: Luck, kpis: Mapping[str, Kpi]) -> Iterator[Evidence]:
    if luck.noise_share is not None:
        yield evidence("luck", share=luck.noise_share)
    if luck.typical_gap is not None:
        yield evidence("luck_money", gap=luck.typical_gap)
    if luck.wrong_tier is not None:
        yield evidence("luck_tier", tiers=luck.tiers, wrong=luck.wrong_tier)
    if luck.certain:
        yield evidence("luck_certain", names=tuple(kpis[name].title for name in luck.certain))
