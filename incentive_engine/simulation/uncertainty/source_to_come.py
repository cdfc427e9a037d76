"""The facts of one source that are still to come: how many of whom, copies of which, on which days."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from incentive_engine.facts import Table
from incentive_engine.rulesets.tables import Source
from incentive_engine.simulation.uncertainty.bundles import PLACE, Bundles
from incentive_engine.simulation.uncertainty.pulls import NOBODY, Pulls
from incentive_engine.simulation.uncertainty.urns import Array, Urn, facts_to_come, numbers_to_come
from incentive_engine.simulation.uncertainty.window import Window

SEEN, LEFT, FIRST = "\0seen", "\0left", "\0first"
"""On how many days of the window a payee was there, on how many they will be, and from which on."""
_UNIT, _DAY = "\0unit", "\0day"  # no header is so
_LEAST: Final = 0.001
"""Who has no fact at all draws from others, however little these may say of anybody."""


class SourceToCome:
    """One source: its facts, who has facts, and from whose they are drawn."""

    def __init__(self, source: Source, facts: Bundles, people: pl.DataFrame, window: Window, pulls: Pulls) -> None:
        self._source, self._bundles, self._window = source, facts, window
        frame = facts.firsts.with_columns(_unit(source).alias(_UNIT), pl.col(source.date).cast(pl.Date).alias(_DAY))
        of_window = frame.filter(pl.col(_DAY).is_between(window.seen_from, window.until))
        before = frame.filter(pl.col(_DAY) < window.seen_from)
        self._units = _units(of_window, people, source, window)
        self._seen = facts.table.frame.filter(pl.col(source.date).cast(pl.Date) <= window.last_day)
        drawn_from = pl.concat([of_window, before])
        self._facts, self._days = drawn_from[PLACE].to_numpy(), drawn_from[_DAY].to_numpy()
        self._urns = self._made(of_window, before, pulls)

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
        facts, seen, left = (units[name].to_numpy().astype(float) for name in ("facts", SEEN, LEFT))
        groups = units["group"].rank("dense").cast(pl.Int64).to_numpy() - 1
        numbers = numbers_to_come(facts, seen, left, groups, generator)
        whose, chosen = facts_to_come(numbers, self._urns, self._owners, generator)
        firsts = units[FIRST].to_numpy()[whose]
        days = firsts + (generator.random(len(whose)) * left[whose]).astype(np.int64).astype("timedelta64[D]")
        shifts = (days.astype("datetime64[D]") - self._days[chosen].astype("datetime64[D]")).astype(np.int64)
        rows, each = self._bundles.rows(self._facts[chosen])
        copies = self._copies(rows, self._facts[chosen][each], whose[each], shifts[each])
        return replace(self._bundles.table, frame=pl.concat([self._seen, self._bundles.apart(copies, each)]))

    def _copies(self, rows: Array, firsts: Array, whose: Array, shifts: Array) -> pl.DataFrame:
        """Copies of facts, later by so many days; what is about the payee of the first is about who drew it."""
        every, source, units = self._bundles.table.frame, self._source, self._units[whose]
        frame = every[rows]
        shift = pl.duration(days=pl.lit(pl.Series(shifts)))
        moved = [pl.col(name) + shift for name, kind in frame.schema.items() if kind.is_temporal()]
        payee = source.payee
        same = pl.lit(True) if payee is None else pl.lit(every[payee].gather(firsts)).eq_missing(pl.col(payee))
        named = [
            pl.when(same).then(pl.lit(units[f"\0{kind}"])).otherwise(pl.col(column)).alias(column)
            for kind, column in _names(source).items()
        ]
        own = [] if source.id is None else [pl.format("\0{}", pl.int_range(pl.len())).alias(source.id)]
        return frame.with_columns(*moved, *named, *own)


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
        pl.col(SEEN).fill_null(seen_days),
        pl.col(LEFT).fill_null(window.days_left),
        pl.col(FIRST).fill_null(window.begins),
    )
    if source.payee is None:
        return each
    return each.with_columns(pl.coalesce("\0payee", pl.when(pl.col("group") != NOBODY).then(_UNIT)).alias("\0payee"))
