"""Standings: how many of a population have a better result, as integers; a rank is worked out from them.

Nothing depends on the order of rows: those who tie have the same counts. Only who has a result that can be paid on is
counted; who has none stands nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from incentive_engine.compiler.inputs import STANDING, ResultKey, StandingKey
from incentive_engine.engine.eligibility import everyone, scope_of
from incentive_engine.engine.measured import SUBJECT, VALUE, Measured
from incentive_engine.facts import Table
from incentive_engine.formulas import compile_condition
from incentive_engine.kinds.kpi_kind import COUNT
from incentive_engine.periods import Period
from incentive_engine.rulesets.models import Kpi, RuleSet

_RANKED, _HELD = "\0ranked", "\0held"  # no header is so


@dataclass(frozen=True, slots=True)
class Standings:
    """Where the subjects of one population stand: one row per subject and value of its `by` columns.

    `frame`: the columns of the workforce in `keys`, then the counts, under the names that the wide frame has them by.
    """

    frame: pl.DataFrame
    keys: tuple[str, ...]


def work_out_standings(
    rules: RuleSet,
    table: Table,
    held: pl.DataFrame,
    keys: Collection[StandingKey],
    measured: Measured,
    period: Period,
) -> Mapping[StandingKey, Standings]:
    """The standings behind `keys` among the people of `table`; the payees of `held` count nowhere."""
    if not keys:
        return {}
    scope, results = scope_of(table, period), measured.results
    people = everyone(table, period)
    if not held.is_empty():
        people = people.with_columns(pl.col("payee").is_in(held["payee"].implode()).alias(_HELD))
    standings = {}
    for key in sorted(keys):
        population, kpi = rules.populations[key.population], rules.kpis[key.kpi]
        members = compile_condition(population.who, scope)
        members = members if held.is_empty() else members & ~pl.col(_HELD)
        columns = tuple(dict.fromkeys([*population.by, key.subject_kind]))
        result = results[ResultKey(key.kpi, key.subject_kind)].frame.select(SUBJECT, _value(kpi))
        ranked = _ranked(people, members, columns, key.subject_kind, result)
        counts = _counts(ranked, population.by, highest_first=kpi.better == "higher")
        named = [counts[count].alias(key.column(count)) for count in STANDING]
        standings[key] = Standings(ranked.select(columns).with_columns(named), columns)
    return standings


def _value(kpi: Kpi) -> pl.Expr:
    """The results that can be paid on; the others are missing."""
    value = pl.col(VALUE).alias(_RANKED)
    if kpi.reliability is None:
        return value
    return pl.when(pl.col(COUNT) >= kpi.reliability.at_least).then(value)  # no n: not counted


def _ranked(
    people: pl.DataFrame, members: pl.Expr, columns: tuple[str, ...], kind: str, result: pl.DataFrame
) -> pl.DataFrame:
    """Each subject of the members once per value of the other columns, with its result."""
    if kind == "payee" and people["payee"].equals(result[SUBJECT]):
        return people.with_columns(result[_RANKED]).filter(members).select(*columns, _RANKED).drop_nulls()
    subjects = people.filter(members).select(columns).drop_nulls().unique()
    return subjects.join(result.drop_nulls(), left_on=kind, right_on=SUBJECT)


def _counts(ranked: pl.DataFrame, by: tuple[str, ...], *, highest_first: bool) -> pl.DataFrame:
    """The counts of each standing, apart for each value of the `by` columns.

    All rows are sorted once, by one integer: who ties is a run of rows, and only runs are counted.
    """
    value, values = _numbered(ranked[_RANKED])
    group = _together([ranked[name] for name in by], values)
    in_order = values - 1 - value if highest_first else value
    key = in_order if group is None else group * values + in_order
    order = key.arg_sort()
    key = key.gather(order)
    runs = pl.DataFrame({"equal": key.rle().struct.field("len").cast(pl.Int64)})
    runs = runs.with_columns(before=pl.col("equal").cum_sum() - pl.col("equal"), run=pl.int_range(pl.len()))
    groups = key.gather(runs["before"]) // values
    begins, ends = (pl.lit(groups != groups.shift(step)).fill_null(True) for step in (1, -1))
    counts = runs.select(
        "equal",
        better=pl.col("before") - pl.when(begins).then("before").forward_fill(),
        distinct=pl.col("run") - pl.when(begins).then("run").forward_fill(),
        size=pl.when(ends).then(pl.col("before") + pl.col("equal")).backward_fill()
        - pl.when(begins).then("before").forward_fill(),
    )
    return counts[pl.zeros(ranked.height, dtype=pl.UInt32, eager=True).scatter(order, key.rle_id())]


def _together(columns: Sequence[pl.Series], room: int) -> pl.Series | None:
    """Several columns as one integer that can be multiplied by `room`; None without columns."""
    together: pl.Series | None = None
    many = 1
    for column in columns:
        number, numbers = _numbered(column)
        if together is not None:
            if many * numbers >= 2**63:
                together, many = _ranks(together)
            number = number + together * numbers
        together, many = number, many * numbers
    if together is not None and many * room >= 2**63:
        together, _ = _ranks(together)
    return together


def _numbered(column: pl.Series) -> tuple[pl.Series, int]:
    """A column as integers of less than 2**32, in its order unless it is text; and how many there may be at most."""
    if column.dtype == pl.String:
        number = column.cast(pl.Categorical).to_physical().cast(pl.Int64)
        return number, _end(number.max()) + 1
    low, high = (_end(end) for end in (column.min(), column.max()))
    if column.dtype == pl.Int64 and high - low < 2**31:
        return column - low, high - low + 1
    return _ranks(column)


def _ranks(column: pl.Series) -> tuple[pl.Series, int]:
    number = column.rank("dense").cast(pl.Int64) - 1
    return number, _end(number.max()) + 1


def _end(found: Any) -> int:
    return found if isinstance(found, int) else 0
