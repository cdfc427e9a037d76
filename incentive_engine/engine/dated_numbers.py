"""Tables of numbers whose rows count from a day on: who has which of them, and where that changes within a segment.

A payee is cut where a number changes that is found under his own keys, and nobody else is. What is written again with
the same value changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl

from incentive_engine.compiler.inputs import FIRST_DAY, LAST_DAY, SEGMENT
from incentive_engine.facts import Accepted
from incentive_engine.rulesets.models import RuleSet

_ROW, _DAY = "\0row", "\0day"  # no header is so


def cut_by_numbers(
    rules: RuleSet, accepted: Accepted, segments: pl.DataFrame, owners: pl.Series | None
) -> tuple[pl.DataFrame, pl.Series | None]:
    """Segments, of whom `owners` says whose they are, cut where a number of tables with `since` changes inside them."""
    placed = segments.with_row_index(_ROW)
    cuts = [_cuts(placed, changes, keys) for changes, keys in _changes(rules, accepted)]
    if not any(cut.height for cut in cuts):
        return segments, owners
    begins = pl.concat([placed.select(_ROW, pl.col(FIRST_DAY).alias(_DAY)), pl.concat(cuts).unique()]).sort(_ROW, _DAY)
    rows = begins[_ROW]
    owner = rows if owners is None else owners.gather(rows)
    at, of_next = pl.int_range(pl.len(), dtype=pl.UInt32), pl.col(_ROW) == pl.col(_ROW).shift(-1)
    another = pl.lit(owner != owner.shift()).fill_null(True)
    days = begins.select(
        pl.col(_DAY).alias(FIRST_DAY),
        pl.when(of_next)
        .then(pl.col(_DAY).shift(-1) - dt.timedelta(days=1))
        .otherwise(pl.lit(segments[LAST_DAY].gather(rows)))
        .alias(LAST_DAY),
        (at - pl.when(another).then(at).forward_fill() + 1).cast(segments.schema[SEGMENT]).alias(SEGMENT),
    )
    return segments[rows].with_columns(days), owner


def _changes(rules: RuleSet, accepted: Accepted) -> Iterator[tuple[pl.DataFrame, list[str]]]:
    """For each dated table the days on which a number of it changes: keys of people, and the day."""
    for name, table in rules.tables.items():
        if table.since is None or name not in accepted.tables:
            continue
        frame, keys = accepted.tables[name].frame.sort(*table.keys, table.since), list(table.keys)
        numbers = [column for column in frame.columns if column not in (*keys, table.since)]
        same = pl.all_horizontal(pl.col(each).eq_missing(pl.col(each).shift()) for each in (*keys, *numbers))
        of_people = [key for key in keys if key != "kpi"]
        changes = frame.filter(~same.fill_null(False)).select(*of_people, pl.col(table.since).alias(_DAY))
        yield changes.unique(), of_people


def _cuts(segments: pl.DataFrame, changes: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """The days inside segments on which a number changes: row, day."""
    of_people = pl.Schema({key: segments.schema[key] for key in keys})
    found = segments.select(_ROW, FIRST_DAY, LAST_DAY, *keys).join(changes.cast(of_people, strict=False), on=keys)
    inside = (pl.col(_DAY) > pl.col(FIRST_DAY)) & (pl.col(_DAY) <= pl.col(LAST_DAY))
    return found.filter(inside).select(_ROW, _DAY)


def with_number(wide: pl.LazyFrame, numbers: pl.DataFrame, keys: tuple[str, ...], since: str) -> pl.LazyFrame:
    """Rows of segments with what a table says for their keys on their first day; the rows stay in order."""
    rows = numbers.rename({since: _DAY}).sort(_DAY).lazy()
    placed = wide.with_row_index(_ROW).sort(FIRST_DAY)
    found = placed.join_asof(rows, left_on=FIRST_DAY, right_on=_DAY, by=list(keys), check_sortedness=False)
    return found.sort(_ROW).drop(_ROW, _DAY)
