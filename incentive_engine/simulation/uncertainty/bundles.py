"""Records that only mean something together, and are drawn together: the events of a case, the calls of a customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from incentive_engine.facts import Table
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.simulation.uncertainty.urns import Array

PLACE: Final = "\0place"  # no header is so
"""The place of a record in its table."""
_BUNDLE: Final = "\0bundle"


def bundled_by(rules: RuleSet, name: str) -> str | None:
    """The column by which records of a source belong together, if KPIs look at several at once."""
    for cases in rules.cases.values():
        if cases.source == name:
            return cases.case
    for kpi in rules.kpis.values():
        if isinstance(kpi.compute, FromFacts) and kpi.compute.source == name and kpi.compute.texts():
            return next(iter(kpi.compute.texts().values()))
    return None


@dataclass(frozen=True, slots=True)
class Bundles:
    """The records of a source in bundles; each is one by itself unless a column says otherwise.

    `firsts`: the first record of each bundle, with its place. A case that is still open stays so.
    """

    table: Table
    column: str | None
    firsts: pl.DataFrame
    _places: Array
    _begins: Array
    _sizes: Array

    @classmethod
    def of(cls, table: Table, date: str, column: str | None) -> Bundles:
        """The bundles of a table, by the values of a column; records without one are each by themselves."""
        frame = table.frame.with_row_index(PLACE)
        nothing = np.empty(0, dtype=np.int64)
        if column is None:
            return cls(table, None, frame, nothing, nothing, nothing)
        alone = pl.format("\0{}", PLACE)
        ordered = frame.with_columns(pl.coalesce(column, alone).alias(_BUNDLE)).sort(_BUNDLE, date, PLACE)
        sizes = ordered[_BUNDLE].rle().struct.field("len").to_numpy().astype(np.int64)
        begins = np.cumsum(sizes) - sizes
        places = ordered[PLACE].to_numpy()
        at, of = np.zeros(frame.height, dtype=np.int64), np.ones(frame.height, dtype=np.int64)
        at[places[begins]], of[places[begins]] = begins, sizes
        return cls(table, column, ordered[begins].drop(_BUNDLE), places, at, of)

    def rows(self, firsts: Array) -> tuple[Array, Array]:
        """The places of all records of bundles, given by their first; and of which of these each is."""
        if self.column is None:
            return firsts, np.arange(len(firsts))
        sizes = self._sizes[firsts]
        each = np.repeat(np.arange(len(firsts)), sizes)
        inside = np.arange(len(each)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self._places[self._begins[firsts][each] + inside], each

    def apart(self, copies: pl.DataFrame, each: Array) -> pl.DataFrame:
        """Copies of bundles, so that what is drawn twice is two bundles."""
        if self.column is None:
            return copies
        own = pl.format("\0{}", pl.lit(pl.Series(each)))
        return copies.with_columns(pl.when(pl.col(self.column).is_not_null()).then(own).alias(self.column))
