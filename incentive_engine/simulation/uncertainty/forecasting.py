"""Forecast: what the period in progress will pay, and how sure that is.

The facts to come are drawn many times, and the engine that pays runs on each draw.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.compiler.needs import result_keys
from incentive_engine.engine.fitting import fitted_tables
from incentive_engine.engine.measured import Measured
from incentive_engine.engine.over_results import with_what_they_read
from incentive_engine.engine.results import measure_kpis
from incentive_engine.engine.running import Timings, calculate
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.facts import Accepted
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.periods import Period
from incentive_engine.rulesets.formula_uses import RESULTS
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import resolve
from incentive_engine.simulation.uncertainty.futures import Futures
from incentive_engine.simulation.uncertainty.given_to_come import GivenToCome, given_keys, reached_before
from incentive_engine.simulation.uncertainty.outlooks import Drawn, Outlook
from incentive_engine.simulation.uncertainty.repaying import Repaying
from incentive_engine.simulation.uncertainty.window import Window

DRAWS: Final = 199
"""With so many, the ends of 80 % are drawn amounts exactly: the 20th and the 180th."""
Tick = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a period will pay.

    `people`: one row per payee × plan that is paid in any draw: payee, plan, department, low, middle, high, expected
    (Decimal, in the rule set's currency), held (in which share of the draws nothing could be worked out).
    `departments`: one row per department: department, payees, and low, middle, high, expected of their sum.
    `draws`: 1 where nothing is to come. `as_delivered`: KPIs whose results are taken as they were delivered.
    """

    rules: Rules
    window: Window
    draws: int
    seed: int
    budget: Outlook
    people: pl.DataFrame
    departments: pl.DataFrame
    as_delivered: tuple[str, ...]

    @property
    def elapsed(self) -> Fraction:
        """The part of the period's days that is over."""
        return Fraction(self.window.period.days - self.window.days_left, self.window.period.days)

    @property
    def accrual(self) -> Outlook:
        """What is earned by now: the part of the period that is over, of what all of it will pay."""
        return self.budget.times(self.elapsed)


def last_day_seen(rules: Rules, accepted: Accepted, period: Period) -> dt.date:
    """The last day up to the end of a period of which there is any fact; the day before it where there is none."""
    days = [period.start - dt.timedelta(days=1)]
    for name, source in rules.ruleset.sources.items():
        if name in accepted.tables:
            day = accepted.tables[name].frame.select(pl.col(source.date).cast(pl.Date)).to_series()
            last = day.filter(day <= period.end).max()
            days += [last] if isinstance(last, dt.date) else []
    return max(days)


def forecast(
    rules: Rules,
    accepted: Accepted,
    period: Period,
    until: dt.date,
    draws: int = DRAWS,
    seed: int = 1,
    runs: Collection[Path] = (),
    tick: Tick = lambda done, of: None,
) -> Forecast:
    """What a period will pay by the rules, of what was accepted, as far as facts are of days up to `until`.

    `runs`: folders of earlier runs, whose results tell what may be delivered ready-made. The same seed gives the same
    forecast, and two rule sets the same facts to come. Raises InputProblems where nobody is paid.
    """
    window = Window.of(period, until)
    rules = replace(rules, ruleset=_without_invitations(rules))
    keys = _read(rules, period)
    before = reached_before(rules, accepted, runs, period)
    accepted = _seen(rules, fitted_tables(rules.ruleset, accepted), window)
    now = calculate(rules, accepted, period, Timings(), keep=False)
    futures = Futures(now, set(_sources(rules, keys)), window)
    given = list(given_keys(rules, keys))
    to_come = GivenToCome(accepted, given, before, period) if given else None
    draws = draws if window.days_left or (to_come is not None and to_come.any) else 1

    def measured(draw: int) -> Measured:
        then = futures.drawn(seed, draw)
        if to_come is not None:
            chance = np.random.default_rng([seed, draw])
            then = replace(then, tables={**then.tables, RESULTS: to_come.drawn(chance)})
        return measure_kpis(rules.ruleset, None, then, keys, period)

    again, paid = Repaying(now), []
    for draw in range(draws):
        tick(draw, draws)
        paid.append(again.paid(measured(draw)))
    if not any(frame.height for frame in paid):
        message = f"on what was seen until {window.until}, nobody is paid for {period.name} by these rules"
        raise InputProblems([Problem("nobody-paid", message, hint="give data of the period, or a later --until")])
    drawn = Drawn.of(paid, ("payee", "plan"))
    return Forecast(
        rules=rules,
        window=window,
        draws=draws,
        seed=seed,
        budget=drawn.total(),
        people=drawn.of_each(),
        departments=drawn.by("department"),
        as_delivered=tuple(dict.fromkeys(key.kpi for key in given)),
    )


def _without_invitations(rules: Rules) -> RuleSet:
    """The rule set without what is counted beside results: no pay depends on it."""
    sources = {name: each.model_copy(update={"invitations": None}) for name, each in rules.ruleset.sources.items()}
    return rules.ruleset.model_copy(update={"sources": sources})


def _read(rules: Rules, period: Period) -> list[ResultKey]:
    """The results that the plans of the period read, and all that these read."""
    kpis = rules.ruleset.kpis
    return with_what_they_read(kpis, result_keys(resolve(rules.ruleset, period), frozenset(kpis)), period)


def _sources(rules: Rules, keys: Collection[ResultKey]) -> Iterator[str]:
    """The sources behind results."""
    for key in keys:
        compute = rules.ruleset.kpis[key.kpi].compute
        if isinstance(compute, FromFacts):
            yield rules.ruleset.source_behind(compute.source)


def _seen(rules: Rules, accepted: Accepted, window: Window) -> Accepted:
    """What was accepted, without facts of days that were not seen."""
    tables = dict(accepted.tables)
    for name, source in rules.ruleset.sources.items():
        if name in tables:
            seen = pl.col(source.date).cast(pl.Date) <= window.last_day
            tables[name] = replace(tables[name], frame=tables[name].frame.filter(seen))
    return replace(accepted, tables=tables)
