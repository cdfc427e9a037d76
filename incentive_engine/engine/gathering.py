"""The wide frame of a program: one row per payee × plan, one column per number that the program reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from incentive_engine.compiler.inputs import PLAN, ParameterKey, ResultKey
from incentive_engine.compiler.program import Program
from incentive_engine.engine.fitting import fitted
from incentive_engine.engine.results import COUNT, SUBJECT, VALUE, Result
from incentive_engine.exact import Scale
from incentive_engine.facts import Accepted
from incentive_engine.kinds.base import FromTable
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import ResolvedPlan, nodes_under


@dataclass(frozen=True, slots=True)
class ParameterColumn:
    """One number of a table, by the table's keys."""

    frame: pl.DataFrame
    keys: tuple[str, ...]
    scale: Scale


def parameter_columns(
    rules: RuleSet, accepted: Accepted, plans: Sequence[ResolvedPlan]
) -> Mapping[ParameterKey, ParameterColumn]:
    """Every number that the plans take from tables."""
    columns = {}
    for key in parameter_keys(rules, plans):
        table = accepted.tables[key.table]
        frame = table.frame if key.kpi is None else table.frame.filter(pl.col("kpi") == key.kpi)
        keys = tuple(each for each in rules.tables[key.table].keys if each != "kpi")
        column, scale = fitted(frame[key.column], table.scales[key.column].places)
        columns[key] = ParameterColumn(frame.select(*keys, column.alias(key.name)), keys, scale)
    return columns


def parameter_keys(rules: RuleSet, plans: Sequence[ResolvedPlan]) -> list[ParameterKey]:
    """The numbers that the plans take from tables, each once."""
    keys = []
    for plan in plans:
        for node in nodes_under(plan.root):
            kpi = getattr(node, "kpi_name", None)
            keys += [(getattr(node, name, None), kpi) for name in ("weight", "target")]
            keys += [(node.steps.floor, None), (node.steps.cap, None)]
    return list(
        dict.fromkeys(
            ParameterKey(each.table, each.column, kpi if "kpi" in rules.tables[each.table].keys else None)
            for each, kpi in keys
            if isinstance(each, FromTable)
        )
    )


def gather(
    program: Program,
    assignments: pl.DataFrame,
    workforce: pl.DataFrame,
    results: Mapping[ResultKey, Result],
    parameters: Mapping[ParameterKey, ParameterColumn],
) -> pl.LazyFrame:
    """The wide frame: payee, plan#, and the program's inputs; in the order of the assignments."""
    keys = {key for name in program.parameters for key in parameters[name].keys}
    subjects = {key.subject_kind for key in program.results} - {"payee", "company"}
    columns = sorted((set(program.workforce) | keys | subjects | {"department"} & set(workforce.columns)) - {"payee"})
    wide = assignments.lazy().join(
        workforce.lazy().select("payee", *columns), on="payee", how="left", maintain_order="left"
    )
    for key in program.results:
        wide = _with_result(wide, key, results[key].frame)
    for name in program.parameters:
        column = parameters[name]
        wide = wide.join(column.frame.lazy(), on=list(column.keys), how="left", maintain_order="left")
    return wide


def _with_result(wide: pl.LazyFrame, key: ResultKey, frame: pl.DataFrame) -> pl.LazyFrame:
    value, count = pl.col(VALUE).alias(key.column), pl.col(COUNT).alias(key.answers)
    if key.subject_kind == "company":
        (only,) = frame.select(value, count).rows(named=True) or [{key.column: None, key.answers: None}]
        dtype = frame.schema[VALUE]
        return wide.with_columns(
            pl.lit(only[key.column], dtype).alias(key.column), pl.lit(only[key.answers], pl.Int64).alias(key.answers)
        )
    of_subject = frame.lazy().select(SUBJECT, value, count)
    return wide.join(of_subject, left_on=key.subject_kind, right_on=SUBJECT, how="left", maintain_order="left")


def numbered(assignments: pl.DataFrame, numbers: Sequence[int], number: str) -> pl.DataFrame:
    """The assignments of some plans, with the plan's place among them as `plan#`."""
    places = pl.DataFrame({number: numbers, PLAN: range(len(numbers))}, schema={number: pl.UInt32, PLAN: pl.UInt32})
    return assignments.join(places, on=number, how="inner", maintain_order="left").drop(number)
