"""Given results: the long table `kpis`, one row per subject × KPI × period, laid out densely over the subjects.

Each row's place is worked out once, from its subject's and its KPI's number, and the values are scattered to their
places: twelve filters and joins of a long table cost four times as much, `pivot` ten times.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product

import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.crediting import COMPANY, known_people
from incentive_engine.engine.measured import (
    COUNT,
    DENOMINATOR,
    NUMERATOR,
    SUBJECT,
    VALUE,
    Result,
    Sheet,
    as_column,
    every_subject,
    fitted_result,
    rounded,
)
from incentive_engine.exact import Exact
from incentive_engine.facts import Accepted
from incentive_engine.kinds.base import written
from incentive_engine.kinds.kpis import Given
from incentive_engine.periods import Period
from incentive_engine.rulesets.contracts import RESULTS, WORKFORCE
from incentive_engine.rulesets.models import RuleSet

_PLACE = "place"


def given_results(
    rules: RuleSet, accepted: Accepted, keys: Collection[ResultKey], period: Period
) -> tuple[list[Sheet], pl.DataFrame]:
    """The given results behind `keys`, and the rows of payees whom the workforce does not know."""
    sheets: list[Sheet] = []
    held = []
    for kind, previous in product(("payee", "team", "department", "company"), (False, True)):
        asked = sorted(key for key in keys if (key.subject_kind, key.previous) == (kind, previous))
        if asked or kind == "payee":
            subjects, rows = _rows(accepted, kind, (period.previous() if previous else period).name)
            rows, refused = _usable(rules, accepted, rows)
            held.append(refused)
            sheets += [_sheet(rules, accepted, asked, subjects, rows)] if asked else []
    return sheets, pl.concat(held)


def _rows(accepted: Accepted, kind: str, period: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every subject of one kind, and the rows of the table about them in one period, each with its subject's number."""
    subject = pl.lit(COMPANY).alias(SUBJECT) if kind == "company" else pl.col(SUBJECT)
    rows = (
        accepted.tables[RESULTS]
        .frame.lazy()
        .filter(pl.col("subject_kind") == kind, pl.col("period") == period)
        .with_columns(subject)
        .collect()
    )
    subjects = every_subject(kind, accepted.tables[WORKFORCE].frame, rows[SUBJECT])
    return subjects, rows.with_columns(_numbers(rows[SUBJECT], subjects[SUBJECT]).alias(_PLACE))


def _numbers(names: pl.Series, among: pl.Series) -> pl.Series:
    """The place of each name in a list without repetitions; the same names in a row are looked up once."""
    runs = names.rle().struct.field("value").alias(SUBJECT)
    if runs.equals(among):
        return names.rle_id()
    numbered = pl.DataFrame({SUBJECT: among}).with_row_index(_PLACE)
    found = pl.DataFrame({SUBJECT: runs}).join(numbered, on=SUBJECT, how="left", maintain_order="left")
    return found[_PLACE].gather(names.rle_id())


def _usable(rules: RuleSet, accepted: Accepted, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows without those of payees whom nobody knows, and without results outside the range of their KPI."""
    known = known_people(accepted)["payee"].implode()
    stranger = (pl.col("subject_kind") == "payee") & ~pl.col(SUBJECT).is_in(known).fill_null(False)
    unknown = pl.format("payee `{}` is not in the workforce", pl.col(SUBJECT).fill_null(""))
    held = [_refused(rows.filter(stranger), "unknown-payee", unknown)]
    value = Exact.column(VALUE, accepted.tables[RESULTS].scales[VALUE])
    outside = pl.lit(False)
    for name, kpi in rules.kpis.items():
        if isinstance(kpi.compute, Given):
            low, high = kpi.compute.at_least, kpi.compute.at_most
            beyond = ((value.below(low) | value.above(high)) & (pl.col("kpi") == name)).fill_null(False)
            told = f"a result of `{name}` lies between {written(low)} and {written(high)}; {{}} does not: correct it"
            held.append(_refused(rows.filter(beyond), "out-of-bounds", pl.format(told, value.decimal())))
            outside = outside | beyond
    return rows.filter(~stranger, ~outside), pl.concat(held)


def _refused(rows: pl.DataFrame, code: str, reason: pl.Expr) -> pl.DataFrame:
    key = pl.format("subject_kind={}, subject={}, kpi={}, period={}", "subject_kind", SUBJECT, "kpi", "period")
    return rows.select(
        pl.lit(RESULTS).alias("table"),
        key.alias("key"),
        pl.when(pl.col("subject_kind") == "payee").then(pl.col(SUBJECT)).alias("payee"),
        pl.lit(code).alias("code"),
        reason.alias("reason"),
    )


def _sheet(
    rules: RuleSet, accepted: Accepted, keys: Sequence[ResultKey], subjects: pl.DataFrame, rows: pl.DataFrame
) -> Sheet:
    height = subjects.height
    number = rows["kpi"].cast(pl.Enum([key.kpi for key in keys]), strict=False).to_physical().cast(pl.UInt32)
    places = number * height + rows[_PLACE]
    known = places.is_not_null()
    columns = {}
    for name in (VALUE, COUNT):
        if name in rows.columns:
            laid_out = pl.repeat(None, height * len(keys), dtype=rows.schema[name], eager=True)
            columns[name] = laid_out.scatter(places.filter(known), rows[name].filter(known))
    scale = accepted.tables[RESULTS].scales[VALUE]
    sheet: dict[ResultKey, Result] = {}
    for at, key in enumerate(keys):
        kpi = rules.kpis[key.kpi]
        own = {name: column.slice(at * height, height) for name, column in columns.items()}
        frame = subjects.with_columns(**own).select(
            SUBJECT,
            as_column(rounded(Exact.column(VALUE, scale), kpi), VALUE),
            pl.col(COUNT).cast(pl.Int64) if COUNT in own else pl.lit(None, pl.Int64).alias(COUNT),
            pl.col(VALUE).alias(NUMERATOR),
            pl.lit(None, pl.Int64).alias(DENOMINATOR),
        )
        sheet[key] = fitted_result(frame, kpi, Exact.column(NUMERATOR, scale), None)
    return sheet
