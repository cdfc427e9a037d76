"""Everybody from day to day, worked out again from a run folder, to say what changed about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeAlias

import polars as pl

from incentive_engine.engine.dated_numbers import cut_by_numbers
from incentive_engine.engine.run import accepted_in
from incentive_engine.engine.segments import people_over_time
from incentive_engine.engine.stints import stints, with_stints
from incentive_engine.engine.wording import Row
from incentive_engine.exact import Exact
from incentive_engine.periods import Period
from incentive_engine.rulesets.formula_uses import RESULTS
from incentive_engine.rulesets.loading import Rules

Span: TypeAlias = tuple[dt.date, dt.date]
"""The first and the last day."""
STINT: Final = "\0stint"  # no header is so
"""What a row of the trace is given besides: the days of the payee's assignment, as far as they lie in the period."""
STINT_DAYS: Final = ("\0since", "\0until")
"""Where rows of `people_of` have them."""


def people_of(folder: Path, rules: Rules, period: Period, payee: str | None = None) -> pl.DataFrame:
    """One row per payee × segment (of one payee, if named): the columns of the workforce as they were; decimals.

    With `first_day`, `last_day` and `segment`, as in the trace, and the days of the assignment where there is one.
    """
    others = {*rules.ruleset.sources, RESULTS}
    accepted = accepted_in(folder, rules, [each for each in rules.contracts if each.name not in others])
    if payee is not None:
        tables = {name: replace(table, frame=_only(table.frame, payee)) for name, table in accepted.tables.items()}
        accepted = replace(accepted, tables=tables)
    segments = people_over_time(rules.ruleset, accepted, period)
    people = cut_by_numbers(rules.ruleset, accepted, segments, period).table
    placed = people.frame
    if rules.ruleset.assignments is not None:
        placed = with_stints(placed.lazy(), stints(accepted, period), STINT_DAYS).collect()
    decimals = (Exact.column(name, scale).decimal(scale.places).alias(name) for name, scale in people.scales.items())
    return placed.with_columns(decimals)


def stint_of(person: Row) -> Span | None:
    """The days of the assignment of a row of `people_of`."""
    first, last = (person.get(day) for day in STINT_DAYS)
    return None if first is None or last is None else (first, last)


def weighed(rows: Iterable[Row], spans: Sequence[Span], column: str) -> list[tuple[int, Decimal]]:
    """What a dated table says of a payee in a column, each with the days of the spans on which it holds."""
    each = ((sum(_within(row, span) for span in spans), row[column]) for row in rows)
    return [(days, value) for days, value in each if days]


def _within(row: Row, span: Span) -> int:
    """The days of a span on which a row of a dated table holds; `to` is empty while it lasts."""
    first: dt.date = max(row["from"], span[0])
    last: dt.date = span[1] if row["to"] is None else min(row["to"], span[1])
    return max(0, (last - first).days + 1)


def _only(frame: pl.DataFrame, payee: str) -> pl.DataFrame:
    return frame.filter(pl.col("payee") == payee) if "payee" in frame.columns else frame
