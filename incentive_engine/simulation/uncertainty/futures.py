"""The facts of the rest of a period, drawn at random from those that were seen, source by source.

How much of what was seen is somebody's own is what `audit.reliability` finds: facts are drawn from those of peers with
the weight of as many own facts as make a result half reliable. A drawn fact is a copy, all columns together, so that
what hangs together in the records hangs together in what is drawn.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import polars as pl

from incentive_engine.audit.whole_periods import measure
from incentive_engine.compiler.inputs import FIRST_DAY, LAST_DAY
from incentive_engine.engine.eligibility import NUMBER
from incentive_engine.engine.running import Calculation
from incentive_engine.engine.segments import people_over_time
from incentive_engine.facts import Accepted
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.periods import Period
from incentive_engine.simulation.uncertainty.bundles import Bundles, bundled_by
from incentive_engine.simulation.uncertainty.pulls import Pulls
from incentive_engine.simulation.uncertainty.source_to_come import FIRST, LEFT, SEEN, SourceToCome
from incentive_engine.simulation.uncertainty.window import Window


class Futures:
    """What a calculation's sources may still deliver.

    `calculation` is that of the facts seen so far. `people`: one row per payee: payee, group (which plans pay them),
    team, and on how many days of the window they were and will be there.
    """

    def __init__(self, calculation: Calculation, sources: Collection[str], window: Window) -> None:
        self.window, self._calculation = window, calculation
        self.people = _people(calculation, window)
        self._sources = {name: self._source(name) for name in sorted(sources)}

    def _source(self, name: str) -> SourceToCome:
        rules, accepted = self._calculation.rules, self._calculation.accepted
        compute = {kpi: declared.compute for kpi, declared in rules.ruleset.kpis.items()}
        kpis = {
            kpi for kpi, each in compute.items()
            if isinstance(each, FromFacts) and rules.ruleset.source_behind(each.source) == name
        }  # fmt: skip
        measured = measure(rules, accepted, [self.window.seen], ("payee", "team"), kpis)
        pulls = Pulls.of(measured, sorted(kpis), self.window.seen, self.people)
        facts = Bundles.of(accepted.tables[name], rules.ruleset.sources[name].date, bundled_by(rules.ruleset, name))
        return SourceToCome(rules.ruleset.sources[name], facts, self.people, self.window, pulls)

    def drawn(self, seed: int, draw: int) -> Accepted:
        """What may have been accepted when the period is over, in one of many draws.

        Each source has chances of its own, which do not depend on what else rules read.
        """
        accepted = self._calculation.accepted
        drawn = {
            name: source.drawn(np.random.default_rng([seed, draw, *name.encode()]))
            for name, source in self._sources.items()
        }
        return replace(accepted, tables={**accepted.tables, **drawn})


def _people(calculation: Calculation, window: Window) -> pl.DataFrame:
    """One row per payee: which plans pay them, their team, the days on which they are there in the window."""
    plans = calculation.assigned.assignments.group_by("payee").agg(
        pl.col(NUMBER).unique().sort().cast(pl.String).str.join("+").alias("group")
    )
    rows = calculation.people.table.frame
    team = pl.col("team") if "team" in rows.columns else pl.lit(None, pl.String)
    first = pl.max_horizontal(FIRST_DAY, pl.lit(window.begins))
    to_come = rows.group_by("payee").agg(
        team.last().fill_null("").alias("team"),
        _days(first, pl.col(LAST_DAY)).alias(LEFT),
        first.min().alias(FIRST),
    )
    there = rows if window.seen == calculation.period else _there_before(calculation, window.seen)
    seen = there.group_by("payee").agg(
        _days(pl.col(FIRST_DAY), pl.min_horizontal(LAST_DAY, pl.lit(window.until))).alias(SEEN)
    )
    people = to_come.join(seen, on="payee", how="left").join(plans, on="payee", how="left")
    return people.with_columns(pl.col("group").fill_null(""), pl.col(SEEN).fill_null(0)).sort("payee")


def _there_before(calculation: Calculation, period: Period) -> pl.DataFrame:
    """On which days everybody was there in an earlier period."""
    return people_over_time(calculation.rules.ruleset, calculation.accepted, period).table.frame


def _days(first: pl.Expr, last: pl.Expr) -> pl.Expr:
    return ((last - first).dt.total_days() + 1).clip(0).sum()
