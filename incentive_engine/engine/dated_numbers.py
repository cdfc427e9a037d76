"""Tables of numbers whose rows count from a day on: where one changes within a segment of somebody who is paid by it.

A payee is cut where a number changes that a plan reads which is for him on that day, and nobody else is. What is
written again with the same value changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from incentive_engine.compiler.inputs import FIRST_DAY, LAST_DAY, SEGMENT, ParameterKey
from incentive_engine.engine.eligibility import NUMBER, selected
from incentive_engine.engine.gathering import parameter_keys
from incentive_engine.engine.segments import ROW, People
from incentive_engine.facts import Accepted
from incentive_engine.periods import Period
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import ResolvedPlan, resolve
from incentive_engine.rulesets.tables import ParameterTable

_DAY = "\0day"  # no header is so


def cut_by_numbers(rules: RuleSet, accepted: Accepted, people: People, period: Period) -> People:
    """People by segments that are cut where a number of a table with `since` changes inside them."""
    if not any(table.since for table in rules.tables.values()):
        return people
    plans = resolve(rules, period)
    chosen = selected(plans, people.table, period)
    cuts = [
        _cuts(people.table.frame, chosen, plans, numbers, _changes(rules.tables[key.table], accepted, key))
        for key, numbers in _readers(rules, plans)
    ]
    if not any(cut.height for cut in cuts):
        return people
    return _cut(people, pl.concat(cuts).unique())


def _readers(rules: RuleSet, plans: Sequence[ResolvedPlan]) -> Iterator[tuple[ParameterKey, list[int]]]:
    """The numbers of dated tables, each with the plans that read it."""
    read = [set(parameter_keys(rules, [plan])) for plan in plans]
    for key in parameter_keys(rules, plans):
        if rules.tables[key.table].since is not None:
            yield key, [number for number, keys in enumerate(read) if key in keys]


def _changes(table: ParameterTable, accepted: Accepted, key: ParameterKey) -> pl.DataFrame:
    """The days on which a number changes, by its keys."""
    frame, keys = accepted.tables[key.table].frame, [each for each in table.keys if each != "kpi"]
    frame = frame if key.kpi is None else frame.filter(pl.col("kpi") == key.kpi)
    frame = frame.sort(*keys, str(table.since))
    alike = pl.all_horizontal(pl.col(each).eq_missing(pl.col(each).shift()) for each in keys)
    before = pl.when(alike).then(pl.col(key.column).shift())  # before the first row there is no number
    return frame.filter(pl.col(key.column).ne_missing(before)).select(*keys, pl.col(str(table.since)).alias(_DAY))


def _cuts(
    segments: pl.DataFrame,
    chosen: pl.DataFrame,
    plans: Sequence[ResolvedPlan],
    numbers: Sequence[int],
    changes: pl.DataFrame,
) -> pl.DataFrame:
    """The days inside segments on which a number changes, on which one of its plans is in force: row, day."""
    keys = [name for name in changes.columns if name != _DAY]
    rows = chosen.filter(pl.col(NUMBER).is_in(numbers))
    since, until = (pl.lit(pl.Series([plan.days[end] for plan in plans])).gather(pl.col(NUMBER)) for end in (0, 1))
    placed = rows.hstack(segments.select(FIRST_DAY, LAST_DAY, *keys)[rows[ROW]])
    of_people = pl.Schema({key: segments.schema[key] for key in keys})
    found = placed.join(changes.cast(of_people, strict=False), on=keys)
    begun = pl.max_horizontal(FIRST_DAY, since) < pl.col(_DAY)
    goes_on = pl.col(_DAY) <= pl.min_horizontal(LAST_DAY, until)
    return found.filter(begun & goes_on).select(ROW, _DAY)


def _cut(people: People, cuts: pl.DataFrame) -> People:
    """The segments, cut: a row and a day for each segment that begins inside another."""
    segments = people.table.frame
    whole = segments.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW), pl.col(FIRST_DAY).alias(_DAY))
    begins = pl.concat([whole, cuts]).sort(ROW, _DAY)
    rows = begins[ROW]
    owners = rows if people.owners is None else people.owners.gather(rows)
    at, of_next = pl.int_range(pl.len(), dtype=pl.UInt32), pl.col(ROW) == pl.col(ROW).shift(-1)
    another = pl.lit(owners != owners.shift()).fill_null(True)
    days = begins.select(
        pl.col(_DAY).alias(FIRST_DAY),
        pl.when(of_next)
        .then(pl.col(_DAY).shift(-1) - dt.timedelta(days=1))
        .otherwise(pl.lit(segments[LAST_DAY].gather(rows)))
        .alias(LAST_DAY),
        (at - pl.when(another).then(at).forward_fill() + 1).cast(segments.schema[SEGMENT]).alias(SEGMENT),
    )
    return replace(people, table=replace(people.table, frame=segments[rows].with_columns(days)), owners=owners)
