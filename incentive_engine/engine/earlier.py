"""A run of an earlier period, to say beside a later one what became different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

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


def refuse_unlike(folder: Path, then: tuple[Rules, Period], now: tuple[Rules, Period]) -> None:
    """Raises InputProblems where the run in a folder is not of an earlier period, or counts in another currency."""
    (rules_then, before), (rules, period) = then, now
    if before.end >= period.start:
        message = f"`{folder}` is of {before.name}, which does not end before {period.name} begins"
        raise InputProblems([Problem("not-earlier", message, hint="give the run of the period before")])
    currencies = rules_then.ruleset.currency, rules.ruleset.currency
    if len(set(currencies)) > 1:
        message = f"`{folder}` counts in {currencies[0]}, and this run in {currencies[1]}"
        raise InputProblems([Problem("other-currency", message, hint="leave it out: amounts cannot be compared")])
