"""Facts grouped: what the KPIs of one source gather of them, by place, and the results that follow.

A place is a number: that of a subject and its days among all that are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from incentive_engine.engine.measured import FIRST, LAST, SUBJECT, VALUE, Result, as_column, fitted_result, rounded
from incentive_engine.exact import Scale
from incentive_engine.kinds.intervals import HIGH, LOW
from incentive_engine.kinds.kpi_kind import COUNT, NUMERATOR, Credited, FromFacts, Gathered
from incentive_engine.rulesets.models import Kpi

PLACE: Final = "\0place"  # no header has this name: it cannot stand in a text file
"""UInt64: the place of a fact among those of all results."""
DELIVERED: Final = "\0delivered"
"""Boolean: whether any fact was delivered for the days of a place."""


class Grouping:
    """KPIs that are gathered together, of one kind of subject.

    `possible`: the least and the greatest result that each can have: its interval ends there. Without, none is made.
    """

    def __init__(self, kpis: Mapping[str, Kpi], facts: Credited, possible: Mapping[str, Scale] | None) -> None:
        gathered = {name: compute_of(kpi).gathered(replace(facts, name=name)) for name, kpi in kpis.items()}
        if possible is None:
            gathered = {name: replace(each, interval=(), for_interval=()) for name, each in gathered.items()}
        self._kpis, self._possible, self._gathered = kpis, possible or {}, gathered

    def groups(self, placed: pl.LazyFrame) -> list[pl.DataFrame]:
        """What is gathered of facts that have a place; one row per place of which there are any."""
        groups = []
        for merges in (True, False):
            # Apart: what does not merge would take what does from the streaming engine into memory.
            here = {name: each for name, each in self._gathered.items() if self._merges(name) == merges}
            of_each = [column for each in here.values() for column in each.of_each]
            columns = [
                column.name.prefix(f"{name}.")
                for name, each in here.items()
                for column in (*each.columns, *each.for_interval)
            ]
            if columns:
                by_place = placed.with_columns(of_each).group_by(PLACE)
                groups.append(by_place.agg(columns).collect(engine="streaming" if merges else "in-memory"))
        return groups

    def _merges(self, name: str) -> bool:
        return compute_of(self._kpis[name]).merges

    def results(self, places: pl.DataFrame, groups: Sequence[pl.DataFrame], delivered: pl.Series) -> dict[str, Result]:
        """The result of each KPI at all places, in order: `places` has a row for each, with its subject."""
        dense = places.with_columns(pl.int_range(pl.len(), dtype=pl.UInt64).alias(PLACE), delivered.alias(DELIVERED))
        for group in groups:
            dense = dense.join(group, on=PLACE, how="left", maintain_order="left")
        return {name: self._result(dense, name, gathered) for name, gathered in self._gathered.items()}

    def _result(self, dense: pl.DataFrame, name: str, gathered: Gathered) -> Result:
        """The result of each place; 0 without a fact where the kind says so, if any were delivered."""
        kpi, possible = self._kpis[name], self._possible.get(name)
        own = {column: column.removeprefix(f"{name}.") for column in dense.columns if column.startswith(f"{name}.")}
        frame = dense.select(*_named(dense.columns), DELIVERED, *own).rename(own)
        if kpi.compute.zero_without_facts:
            frame = frame.with_columns(pl.col(NUMERATOR, COUNT).fill_null(pl.when(DELIVERED).then(0)))
        frame = frame.with_columns(as_column(rounded(gathered.value, kpi), VALUE), *gathered.interval)
        if gathered.interval:
            known, ends = pl.col(VALUE).is_not_null(), map(float, possible.span()) if possible else (None, None)
            frame = frame.with_columns(pl.when(known).then(pl.col(LOW, HIGH).clip(*ends)))
        return fitted_result(frame.drop(DELIVERED), kpi, gathered.numerator, gathered.denominator)


def _named(columns: Iterable[str]) -> list[str]:
    """What says whose results these are, and of which days where they differ."""
    return [name for name in (SUBJECT, FIRST, LAST) if name in columns]


def compute_of(kpi: Kpi) -> FromFacts:
    """How a KPI is worked out that is known to be computed from facts."""
    assert isinstance(kpi.compute, FromFacts)
    return kpi.compute
