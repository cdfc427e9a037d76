"""Results as they are kept: dense over the subjects of one kind, so that the wide frame needs no join per KPI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.crediting import COMPANY, known_names
from incentive_engine.engine.fitting import fitted
from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import Accepted
from incentive_engine.kinds.kpi_kind import COUNT
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.rulesets.models import Kpi

SUBJECT, VALUE = "subject", "value"
FIRST, LAST = "from", "to"
"""Which days a result is of, where it is not of the days that its KPI says for all: a row for each."""


@dataclass(frozen=True, slots=True)
class Result:
    """One KPI for one kind of subject and period.

    `frame`: one row per subject: subject, value, n and, where there are any, numerator, denominator and invited, all
    as integer counts; value and n are null for a subject without a result. Where the kind names an interval, Float64
    columns too, in the result's own unit: its 95 % limits `low` and `high`; `spread`, the variance of what one fact
    says, which is that of the result times n. A result over assignments has a row per subject and stint of anybody,
    with its days `from` and `to`.
    """

    frame: pl.DataFrame
    scale: Scale
    numerator: Exact | None = None
    denominator: Exact | None = None

    @property
    def of_stints(self) -> bool:
        """Whether each row is of days of its own."""
        return FIRST in self.frame.columns

    def slice(self, first: int, height: int) -> Result:
        """The result of so many subjects from one on."""
        column, scale = fitted(self.frame[VALUE].slice(first, height), self.scale.places)
        return replace(self, frame=self.frame.slice(first, height).with_columns(column), scale=scale)


Sheet: TypeAlias = Mapping[ResultKey, Result]
"""Results of one kind of subject whose frames have the same subjects, row by row: payees as the workforce has them."""


def of_stints(sheet: Sheet) -> bool:
    """Whether the results of a sheet are over assignments."""
    return any(result.of_stints for result in sheet.values())


@dataclass(frozen=True, slots=True)
class Measured:
    """Every result that was asked for, and the facts that could not be used."""

    sheets: tuple[Sheet, ...]
    held: pl.DataFrame
    stints: pl.DataFrame | None = None
    """One row per payee × stint, where results of any are among these: payee, from, to."""

    @property
    def results(self) -> Mapping[ResultKey, Result]:
        """Every result."""
        return {key: result for sheet in self.sheets for key, result in sheet.items()}


def every_subject(kind: str, accepted: Accepted) -> pl.DataFrame:
    """Every subject of one kind: payees as the workforce has them, teams and departments of all who are known."""
    if kind == "payee":
        return accepted.tables[WORKFORCE].frame.select(pl.col("payee").alias(SUBJECT))
    if kind == "company":
        return pl.DataFrame({SUBJECT: [COMPANY]})
    return pl.DataFrame({SUBJECT: known_names(kind, accepted)})


def fitted_result(
    frame: pl.DataFrame, kpi: Kpi, numerator: Exact | None = None, denominator: Exact | None = None
) -> Result:
    """The result, its value in the carrier that the least and the greatest that occur need."""
    column, scale = fitted(frame[VALUE], kpi.rounding.kept)
    count = pl.when(column.is_not_null()).then(pl.col(COUNT)).alias(COUNT)
    return Result(frame.with_columns(column, count), scale, numerator, denominator)


def rounded(value: Exact, kpi: Kpi) -> Exact:
    """The value, rounded as the KPI says."""
    return kpi.rounding.of(value)


def as_column(value: Exact, name: str) -> pl.Expr:
    """The counts of a rounded value, named."""
    (column,), _ = value.named(name)
    return column
