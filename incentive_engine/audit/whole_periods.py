"""Results of whole periods, which audits look at: results over the days of one assignment compare with nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from incentive_engine.engine import measuring
from incentive_engine.engine.measured import Measured
from incentive_engine.facts import Accepted
from incentive_engine.kinds.base import SubjectKind
from incentive_engine.kinds.windows import ASSIGNMENT
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules


def measure(
    rules: Rules,
    accepted: Accepted,
    periods: Sequence[Period],
    kinds: Collection[SubjectKind],
    kpis: Collection[str] | None = None,
) -> Measured:
    """The results of KPIs, all unless said, for every kind of subject and period, whatever place anybody was in."""
    whole = {
        name: kpi.model_copy(update={"over": "period"}) if kpi.over == ASSIGNMENT else kpi
        for name, kpi in rules.ruleset.kpis.items()
    }
    ruleset = rules.ruleset.model_copy(update={"kpis": whole})
    return measuring.measure(replace(rules, ruleset=ruleset), accepted, periods, kinds, kpis)
