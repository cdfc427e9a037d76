"""The numbers that an attainment held against each other, of one payee, read from their row of the trace."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from incentive_engine.compiler.inputs import STANDING, ParameterKey, ResultKey, StandingKey
from incentive_engine.compiler.measures import TARGET, target_column
from incentive_engine.kinds.base import FromColumn, FromTable, Parameter
from incentive_engine.kinds.curve_kind import in_points
from incentive_engine.rulesets.resolving import MeasureNode, PathNode, ResolvedPlan

Row: TypeAlias = Mapping[str, Any]
Number: TypeAlias = Decimal | Fraction


def points(plan: ResolvedPlan) -> bool:
    """Whether a plan's rates and scores read as points rather than as percentages."""
    return any(in_points(way.curve.corners()) for measure in plan.measures() for way in measure.paths)


def parameter_of(
    parameter: Parameter | None, row: Row, by_kpi: Collection[str], kpi: str | None = None
) -> Number | None:
    """A number of the rules: as written, or the payee's own. `by_kpi`: the tables that have one row per KPI."""
    if isinstance(parameter, FromColumn):
        return _number(row, parameter.column)
    if not isinstance(parameter, FromTable):
        return parameter
    key = ParameterKey(parameter.table, parameter.column, kpi if parameter.table in by_kpi else None)
    return _number(row, key.header)


def result_column(node: MeasureNode, row: Row, part: str = "") -> str:
    """The column of the result that counts, of the period or of a part of it."""
    actual = f"{node.path}.{part}.actual" if part else f"{node.path}.actual"
    return actual if actual in row else ResultKey(node.kpi_name, node.of, part).column


def compared(
    node: MeasureNode, way: PathNode, row: Row, by_kpi: Collection[str], part: str = ""
) -> dict[str, Number | None]:
    """Every number that the attainment's arithmetic names; None for those that are missing."""
    numbers = {"actual": _number(row, result_column(node, row, part))}
    for name, parameter in way.parameters.items():
        numbers[name] = parameter_of(parameter, row, by_kpi, node.kpi_name)
    if node.for_presence and TARGET in numbers:
        numbers[TARGET] = _number(row, target_column(node, way))
    if way.among is not None:
        key = StandingKey(node.kpi_name, node.of, way.among)
        numbers |= {name: _number(row, key.column(name)) for name in STANDING}
        size, better, equal = (numbers[name] for name in ("size", "better", "equal"))
        known = isinstance(size, Decimal) and isinstance(better, Decimal) and isinstance(equal, Decimal)
        numbers["worse"] = size - better - equal if known else None  # type: ignore[operator]
    return numbers


def exact_attainment(node: MeasureNode, way: PathNode, numbers: Mapping[str, Number | None]) -> Number | None:
    """What the attainment's arithmetic gives, not rounded; None where it does not hold, or a number is missing."""
    known = {name: number for name, number in numbers.items() if number is not None}
    if len(known) < len(numbers):
        return None
    decimals = {name: number for name, number in known.items() if type(number) is Decimal}
    if len(decimals) == len(known):
        return way.attainment.exact(decimals, node.kpi.better)
    return way.attainment.exact({name: Fraction(number) for name, number in known.items()}, node.kpi.better)


def _number(row: Row, column: str) -> Number | None:
    value = row.get(column)
    return value if isinstance(value, Decimal | Fraction) else None
