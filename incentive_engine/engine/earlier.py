"""A run of an earlier period, to say beside a later one what became different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from incentive_engine.engine.run import Run
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier run paid, and by what."""

    period: Period
    plans: Mapping[str, ResolvedPlan]
    traces: Mapping[str, pl.LazyFrame]


def refuse_unlike(then: Run, rules_then: Rules, now: Run, rules: Rules) -> None:
    """Raises InputProblems where a run is not of an earlier period than another, or counts in another currency."""
    first, second = then.summary, now.summary
    if rules_then.period(first["period"]).end >= rules.period(second["period"]).start:
        message = f"`{then.folder}` is of {first['period']}, which does not end before {second['period']} begins"
        raise InputProblems([Problem("not-earlier", message, hint="give the run of the period before")])
    if first["currency"] != second["currency"]:
        message = f"`{then.folder}` counts in {first['currency']}, and `{now.folder}` in {second['currency']}"
        raise InputProblems([Problem("other-currency", message, hint="leave it out: amounts cannot be compared")])
