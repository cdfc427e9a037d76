"""The row of an example: its payee, its results and its numbers, laid out as the wide frame of a run would be.

What depends on others is a number of its own: where a result stands in a population (`nps@payee#advisers.better`), and
the factor that a pool allows (`pool.factor`). So are the rates of the payee's currency (`plan_rate`, `rate`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from incentive_engine.compiler.inputs import ANSWERS, PREVIOUS, STANDING, ResultKey, StandingKey
from incentive_engine.compiler.program import Program
from incentive_engine.engine.exchange import Rates
from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import ColumnContract, Table
from incentive_engine.kinds.base import written
from incentive_engine.rulesets.contracts import LEAVE, WORKFORCE
from incentive_engine.rulesets.example import Example
from incentive_engine.rulesets.exchange import PLAN_RATE, RATE, ResolvedExchange
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import Kpi
from incentive_engine.rulesets.resolving import KeyPath

_PAYEE: Final = "example"


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """A value of an example that no run could have; `at` is its place below the example."""

    at: KeyPath
    code: str
    message: str
    hint: str | None = None


def workforce_of(rules: Rules, example: Example) -> Table:
    """The payee as the only row of a workforce; a team and a department that are not given have a name all the same."""
    columns = next(each.columns for each in rules.contracts if each.name == WORKFORCE)
    given: dict[str, Any] = {"payee": _PAYEE, "team": _PAYEE, "department": _PAYEE, **example.payee}
    cells = {each.name: pl.Series([_cell(each, given.get(each.name))], dtype=each.dtype) for each in columns}
    scales = {each.name: _scale(each) for each in columns if each.numeric}
    return Table(WORKFORCE, pl.DataFrame(cells), scales, True, "", ())


def _cell(column: ColumnContract, value: Decimal | str | bool | None) -> object:
    """The value as the column holds it."""
    at = ("payee", column.name)
    if value is None:
        return None
    if column.numeric:
        if isinstance(value, bool | str):
            raise Refused(at, "wrong-type", f"`{column.name}` must be a number")
        return _count(at, column.name, Fraction(value), _scale(column))
    if column.type == "boolean":
        if not isinstance(value, bool):
            raise Refused(at, "wrong-type", f"`{column.name}` must be `true` or `false`")
        return value
    if column.type == "text":
        if isinstance(value, bool):
            raise Refused(at, "wrong-type", f"`{column.name}` must be text", "put it in quotes")
        return value if isinstance(value, str) else written(value)
    try:
        return dt.date.fromisoformat(str(value)) if column.type == "date" else dt.datetime.fromisoformat(str(value))
    except ValueError:
        raise Refused(at, "not-a-date", f"`{column.name}` must be a date", "write it as 2026-01-31") from None


def _count(at: KeyPath, name: str, value: Fraction, scale: Scale) -> int:
    count = value * 10**scale.places
    if count.denominator != 1:
        raise Refused(at, "too-many-decimals", f"`{name}` keeps {scale.places} decimals, not {written(value)}")
    if not scale.low <= count <= scale.high:
        low, high = (written(end) for end in scale.span())
        raise Refused(at, "out-of-range", f"`{name}` is declared to lie between {low} and {high}, not {written(value)}")
    return int(count)


def inputs_of(rules: Rules, example: Example, program: Program) -> list[pl.Series]:
    """The results, with the facts behind them, the numbers of tables, the standings and what the pool brings."""
    columns: list[pl.Series] = []
    for key in program.results:
        columns += _result(rules, example, key)
    for name in program.parameters:
        scale = rules.ranges.parameters[name.table, name.column]
        columns.append(_parameter(example, name.name, name.header, scale))
    for standing in program.standings:
        columns += _standing(example, standing, program)
    if program.pooled is not None:
        columns += [_from_pool(example, name, value) for name, value in program.pooled.inputs.items()]
    return columns


def _result(rules: Rules, example: Example, key: ResultKey) -> Iterator[pl.Series]:
    """A result with its n; that of a part of the period stands under `nps.2026-07`, that of the one before nowhere.

    It is everybody's, but where one kind of subject has its own: `nps@team`.
    """
    name = f"{key.kpi}.{key.when}" if key.when else key.kpi
    name = key.column if key.column in example.results else name
    result, answers = (
        None if key.when == PREVIOUS else given.get(name) for given in (example.results, example.answers)
    )
    scale = rules.ranges.results[key.kpi]
    rounded = None if result is None else _rounded(rules.ruleset.kpis[key.kpi], Fraction(result))
    yield _column(("results", name), name, key.column, rounded, scale)
    n = None if result is None or answers is None else Fraction(answers)
    yield _column(("answers", name), name, key.answers, n, ANSWERS)


def _parameter(example: Example, name: str, column: str, scale: Scale) -> pl.Series:
    value = example.parameters.get(name)
    return _column(("parameters", name), name, column, None if value is None else Fraction(value), scale)


def _standing(example: Example, key: StandingKey, program: Program) -> Iterator[pl.Series]:
    """The counts of a standing; where an example gives some of them, the others are the least that they can be."""
    given = {count: example.parameters.get(key.column(count)) for count in STANDING}
    told = {count: Fraction(value) for count, value in given.items() if value is not None}
    if told:
        better = told.setdefault("better", told.get("distinct", Fraction(0)))
        told.setdefault("distinct", min(better, Fraction(1)))
        least = better + told.setdefault("equal", Fraction(1))
        if told.setdefault("size", least) < least:
            column = key.column("size")
            raise Refused(
                ("parameters", column), "out-of-range", f"`{column}` is less than those who are better or equal"
            )
    for count in STANDING:
        column = key.column(count)
        yield _column(("parameters", column), column, column, told.get(count), _scale_of(program.numbers[column]))


def _from_pool(example: Example, name: str, value: Exact | None) -> pl.Series:
    """What the pool gives: only its factor can be told."""
    if value is None:
        return pl.Series(name, [None], dtype=pl.Boolean)
    return _parameter(example, name, name, _scale_of(value))


def absences_of(example: Example) -> Table:
    """When the payee was away, as the table of leave would say it."""
    rows = [(_PAYEE, each.since, each.until, each.type) for each in example.leave]
    schema = {"payee": pl.String(), "from": pl.Date(), "to": pl.Date(), "type": pl.String()}
    return Table(LEAVE, pl.DataFrame(rows, schema, orient="row"), {}, True, "", ())


def rates_of(rules: Rules, example: Example, exchange: ResolvedExchange | None) -> Rates:
    """The rates of the payee's currency that the example gives."""
    scale, currency = rules.ranges.rates or Scale(0, 1, 1), rules.ruleset.currency
    days = () if exchange is None else ((PLAN_RATE, exchange.plan), (RATE, exchange.paid))
    given = {day: (name, example.parameters[name]) for name, day in days if name in example.parameters}
    rows = [
        (example.payee.get("currency"), day, _count(("parameters", name), name, Fraction(rate), scale))
        for day, (name, rate) in given.items()
    ]
    schema = {"currency": pl.String(), "from": pl.Date(), "rate": Exact.column("rate", scale).dtype}
    frame = pl.DataFrame(rows, schema, orient="row").drop_nulls().sort("from")
    return Rates(currency, frame, scale, pl.Series(dtype=pl.String))


def _scale_of(value: Exact) -> Scale:
    """The scale of a column of the wide frame."""
    assert value.finite_places is not None, "columns count tenths, hundredths…"
    return Scale(value.finite_places, value.low, value.high)


def _column(at: KeyPath, name: str, column: str, value: Fraction | None, scale: Scale) -> pl.Series:
    """The only row of a column of the wide frame."""
    count = None if value is None else _count(at, name, value, scale)
    return pl.Series(column, [count], dtype=Exact.column(column, scale).dtype)


def _rounded(kpi: Kpi, value: Fraction) -> Fraction:
    """The result with the decimals that its KPI keeps."""
    rounded = kpi.rounding.of(Exact.of(value)).constant
    assert rounded is not None, "a constant, rounded, is one"
    return rounded


def _scale(column: ColumnContract) -> Scale:
    return Scale(column.places, *column.count_bounds)
