"""The facts of the rest of a period, drawn at random from those that were seen, source by source.

How much of what was seen is somebody's own is what `audit.reliability` finds: facts are drawn from those of peers with
the weight of as many own facts as make a result half reliable. A drawn fact is a copy, all columns together, so that
what hangs together in the records hangs together in what is drawn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from incentive_engine.audit.whole_periods import measure
from incentive_engine.compiler.inputs import FIRST_DAY, LAST_DAY
from incentive_engine.engine.eligibility import NUMBER
from incentive_engine.engine.running import Calculation
from incentive_engine.engine.segments import people_over_time
from incentive_engine.facts import Accepted, Table
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.periods import Period
from incentive_engine.rulesets.tables import Source
from incentive_engine.simulation.pulls import NOBODY, Pulls
from incentive_engine.simulation.urns import Array, Urn, facts_to_come, numbers_to_come

_UNIT, _DAY, _SEEN, _LEFT, _FIRST, _AT = "\0unit", "\0day", "\0seen", "\0left", "\0first", "\0at"
_LEAST: Final = 0.001
"""Who has no fact at all draws from others, however little these may say of anybody."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which days were seen of a period, and which are to come.

    `seen_from`: the first day whose facts show the pace; the first of the period, or of the one before where nothing
    of the period was seen. `until`: the last day that was seen.
    """

    period: Period
    seen_from: dt.date
    until: dt.date

    @classmethod
    def of(cls, period: Period, until: dt.date) -> Window:
        """The window of a period that was seen until a day."""
        until = min(until, period.end)
        return cls(period, period.start if until >= period.start else period.previous().start, until)

    @property
    def begins(self) -> dt.date:
        """The first day to come."""
        return max(self.until + dt.timedelta(days=1), self.period.start)

    @property
    def days_left(self) -> int:
        """How many days are to come."""
        return (self.period.end - self.begins).days + 1

    @property
    def seen(self) -> Period:
        """The period of which facts were seen."""
        return self.period if self.seen_from == self.period.start else self.period.previous()


class Futures:
    """What a calculation's sources may still deliver.

    `calculation` is that of the facts seen so far. `people`: one row per payee: payee, group (which plans pay them),
    team, and on how many days of the window they were and will be there.
    """

    def __init__(self, calculation: Calculation, sources: Collection[str], window: Window) -> None:
        self.window, self._calculation = window, calculation
        self.people = _people(calculation, window)
        self._sources = {name: self._source(name) for name in sorted(sources)}

    def _source(self, name: str) -> _SourceToCome:
        rules, accepted = self._calculation.rules, self._calculation.accepted
        compute = {kpi: declared.compute for kpi, declared in rules.ruleset.kpis.items()}
        kpis = {
            kpi for kpi, each in compute.items()
            if isinstance(each, FromFacts) and rules.ruleset.source_behind(each.source) == name
        }  # fmt: skip
        measured = measure(rules, accepted, [self.window.seen], ("payee", "team"), kpis)
        pulls = Pulls.of(measured, sorted(kpis), self.window.seen, self.people)
        return _SourceToCome(rules.ruleset.sources[name], accepted.tables[name], self.people, self.window, pulls)

    def drawn(self, generator: np.random.Generator) -> Accepted:
        """What may have been accepted when the period is over."""
        accepted = self._calculation.accepted
        drawn = {name: source.drawn(generator) for name, source in self._sources.items()}
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
        _days(first, pl.col(LAST_DAY)).alias(_LEFT),
        first.min().alias(_FIRST),
    )
    there = rows if window.seen == calculation.period else _there_before(calculation, window.seen)
    seen = there.group_by("payee").agg(
        _days(pl.col(FIRST_DAY), pl.min_horizontal(LAST_DAY, pl.lit(window.until))).alias(_SEEN)
    )
    people = to_come.join(seen, on="payee", how="left").join(plans, on="payee", how="left")
    return people.with_columns(pl.col("group").fill_null(""), pl.col(_SEEN).fill_null(0)).sort("payee")


def _there_before(calculation: Calculation, period: Period) -> pl.DataFrame:
    """On which days everybody was there in an earlier period."""
    return people_over_time(calculation.rules.ruleset, calculation.accepted, period).table.frame


def _days(first: pl.Expr, last: pl.Expr) -> pl.Expr:
    return ((last - first).dt.total_days() + 1).clip(0).sum()


class _SourceToCome:
    """One source: its facts, who has facts, and from whose they are drawn."""

    def __init__(
        self,
        source: Source,
        table: Table,
        people: pl.DataFrame,
        window: Window,
        pulls: Pulls,
    ) -> None:
        self._source, self._table, self._window = source, table, window
        frame = table.frame.with_row_index(_AT).with_columns(
            _unit(source).alias(_UNIT), pl.col(source.date).cast(pl.Date).alias(_DAY)
        )
        of_window = frame.filter(pl.col(_DAY).is_between(window.seen_from, window.until))
        before = frame.filter(pl.col(_DAY) < window.seen_from)
        self._units = _units(of_window, people, source, window)
        self._facts = pl.concat([of_window, before])[_AT].to_numpy()
        self._urns = self._made(of_window, before, pulls)
        self._days = frame[_DAY].to_numpy()

    def _made(self, of_window: pl.DataFrame, before: pl.DataFrame, pulls: Pulls) -> list[Urn]:
        """Own facts, own earlier ones, the team's, those of all whom the same plans pay."""
        units, height = self._units, of_window.height
        numbers = {name: at for at, name in enumerate(units[_UNIT])}
        own = of_window[_UNIT].replace_strict(numbers, default=-1, return_dtype=pl.Int64).to_numpy()
        earlier = before[_UNIT].replace_strict(numbers, default=-1, return_dtype=pl.Int64).to_numpy()
        nobody = np.full(len(earlier), -1)
        each = np.arange(units.height)
        of_team, of_group = (units[column].rank("dense").cast(pl.Int64).to_numpy() - 1 for column in ("team", "group"))
        typical = max(1.0, height / max(1, units.height))
        of_queues, of_payees = (
            typical if each is None else max(each, _LEAST) for each in (pulls.of_queues, pulls.of_payees)
        )
        pull = np.where(units["group"].to_numpy() == NOBODY, of_queues, of_payees)
        of_whom = np.where(own >= 0, own, 0)

        def wider(column: Array, pull: Array) -> Urn:
            return Urn.of(np.concatenate([np.where(own >= 0, column[of_whom], -1), nobody]), column, pull)

        self._owners = np.concatenate([own, earlier])
        urns = [Urn.of(np.concatenate([own, nobody]), each, pull)]
        if before.height:
            urns.append(Urn.of(np.concatenate([np.full(height, -1), earlier]), each, pull))
        if pulls.of_teams is not None and np.isfinite(pulls.of_teams):
            per_payee = units.select((pl.col("facts").sum() / pl.len()).over("team")).to_series().to_numpy()
            urns.append(wider(of_team, pulls.of_teams * per_payee))
        return [*urns, wider(of_group, np.zeros(units.height))]

    def drawn(self, generator: np.random.Generator) -> Table:
        """The facts that were seen, and those of the days to come."""
        units = self._units
        facts, seen, left = (units[name].to_numpy().astype(float) for name in ("facts", _SEEN, _LEFT))
        groups = units["group"].rank("dense").cast(pl.Int64).to_numpy() - 1
        numbers = numbers_to_come(facts, seen, left, groups, generator)
        whose, chosen = facts_to_come(numbers, self._urns, self._owners, generator)
        rows = self._facts[chosen]
        firsts = units[_FIRST].to_numpy()[whose]
        days = firsts + (generator.random(len(whose)) * left[whose]).astype(np.int64).astype("timedelta64[D]")
        shifts = (days.astype("datetime64[D]") - self._days[rows].astype("datetime64[D]")).astype(np.int64)
        return replace(self._table, frame=pl.concat([self._seen, self._copies(rows, whose, shifts)]))

    @property
    def _seen(self) -> pl.DataFrame:
        day = pl.col(self._source.date).cast(pl.Date)
        return self._table.frame.filter((day <= self._window.until).fill_null(True))

    def _copies(self, rows: Array, whose: Array, shifts: Array) -> pl.DataFrame:
        """Copies of facts, credited to those who drew them, every date later by so many days."""
        frame, source = self._table.frame[rows], self._source
        units = self._units[whose]
        shift = pl.duration(days=pl.lit(pl.Series(shifts)))
        moved = [pl.col(name) + shift for name, kind in frame.schema.items() if kind.is_temporal()]
        named = {column: units[f"\0{kind}"] for kind, column in _names(source).items()}
        frame = frame.with_columns(*moved, **named)
        if source.id is not None:
            own = pl.format("\0{}", pl.int_range(pl.len())).alias(source.id)
            frame = frame.with_columns(own)
        return frame


def _names(source: Source) -> dict[str, str]:
    """Which column names the payee, the team, the department."""
    columns = {"payee": source.payee, "team": source.team, "department": source.department}
    return {kind: column for kind, column in columns.items() if column is not None}


def _unit(source: Source) -> pl.Expr:
    """Whose fact it is: the payee's or, where none is named, that of what is named."""
    names = _names(source)
    wider = [pl.col(column).fill_null("") for kind, column in names.items() if kind != "payee"]
    nobody = pl.concat_str(pl.lit(NOBODY), *wider, separator="\0")
    return nobody if source.payee is None else pl.coalesce(source.payee, nobody)


def _units(seen: pl.DataFrame, people: pl.DataFrame, source: Source, window: Window) -> pl.DataFrame:
    """One row per payee, and per machine or queue that facts were seen of: how many, on which days, in which group.

    With what its facts are credited to: who names a team in its facts names it in those to come.
    """
    names = [pl.col(column).drop_nulls().last().alias(f"\0{kind}") for kind, column in _names(source).items()]
    counted = seen.group_by(_UNIT).agg(pl.len().cast(pl.Int64).alias("facts"), *names)
    seen_days = (window.until - window.seen_from).days + 1
    each = people.rename({"payee": _UNIT}).join(counted, on=_UNIT, how="full", coalesce=True).sort(_UNIT)
    each = each.with_columns(
        pl.col("facts").fill_null(0),
        pl.col("group").fill_null(NOBODY),
        pl.col("team").fill_null(pl.col("\0team") if source.team else pl.lit("")).fill_null(""),
        pl.col(_SEEN).fill_null(seen_days),
        pl.col(_LEFT).fill_null(window.days_left),
        pl.col(_FIRST).fill_null(window.begins),
    )
    if source.payee is None:
        return each
    return each.with_columns(pl.coalesce("\0payee", pl.when(pl.col("group") != NOBODY).then(_UNIT)).alias("\0payee"))
