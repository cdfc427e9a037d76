"""Integer columns in the carrier that their data need: a run is proved on what was accepted, not on declarations."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import polars as pl

from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import Accepted, Table
from incentive_engine.rulesets.models import RuleSet


def fitted(counts: pl.Series, places: int) -> tuple[pl.Series, Scale]:
    """The column in its carrier, and its scale: places, with the least and the greatest count that occur."""
    low, high = counts.min(), counts.max()
    scale = Scale(places, 0, 0) if low is None or high is None else Scale(places, int(low), int(high))  # type: ignore[arg-type]
    return counts.cast(Exact.column(counts.name, scale).dtype), scale


def fitted_tables(rules: RuleSet, accepted: Accepted) -> Accepted:
    """What was accepted, every number column in the carrier that it needs."""
    keys = {key for table in rules.tables.values() for key in table.keys}
    return Accepted({name: _fitted_table(table, keys) for name, table in accepted.tables.items()}, accepted.held)


def _fitted_table(table: Table, keys: Collection[str]) -> Table:
    """The table with every number column fitted, with the fewest places that hold what was delivered.

    Columns among `keys` keep their declared places: tables are joined on their counts.
    """
    columns = {
        name: fitted(*((column, scale.places) if name in keys else _as_written(column, scale.places)))
        for name, scale in table.scales.items()
        for column in (table.frame[name],)
    }
    frame = table.frame.with_columns(column for column, _ in columns.values())
    return replace(table, frame=frame, scales={name: scale for name, (_, scale) in columns.items()})


def _as_written(counts: pl.Series, places: int) -> tuple[pl.Series, int]:
    """The counts in the largest unit that holds them all: 4.50 stays 450 hundredths, not 4,500,000 millionths.

    The first rows say how large it can be, so that the others are mostly looked at once.
    """
    spare = places
    for rows in (counts.head(1000), counts):
        while spare and not _multiples(rows, 10**spare):
            spare -= 1
    return (counts // pl.Series([10**spare], dtype=counts.dtype), places - spare) if spare else (counts, places)


def _multiples(counts: pl.Series, unit: int) -> bool:
    rest = pl.lit(counts) % pl.lit(unit, counts.dtype)
    return bool(pl.select((rest == 0).all()).item())
