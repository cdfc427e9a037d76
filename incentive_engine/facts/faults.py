"""Cells that cannot be used, each with a code and a sentence that says what to do.

A fault is found by its row; which record that is, in words, is said once, when the table is put together.
"""

from __future__ import annotations

import polars as pl

from incentive_engine.facts.grid import FAULTS_SCHEMA

CODES = (
    "not-a-number",
    "too-many-decimals",
    "out-of-bounds",
    "not-a-date",
    "not-a-boolean",
    "empty-cell",
    "spreadsheet-error",
    "uneven-row",
    "duplicate-row",
    "contradicting-rows",
    "beside-faulty-row",
)
"""Every code that a held row can have."""

_SHOWN = 60


def faults_of(cells: pl.Series, codes: pl.Series, reason: pl.Expr) -> pl.DataFrame:
    """One row per cell that has a code: row, code, reason. `reason` may use the columns `text` and `code`."""
    rows = codes.is_not_null().arg_true()
    written = cells.gather(rows).cast(pl.String, strict=False)
    text = pl.col("text")
    shown = pl.when(text.str.len_chars() > _SHOWN).then(text.str.head(_SHOWN) + "…").otherwise(text)
    faulty = pl.DataFrame({"row": rows, "code": codes.gather(rows), "text": written})
    told = faulty.with_columns(shown.alias("text")).select("row", "code", reason.alias("reason"))
    return told.match_to_schema(FAULTS_SCHEMA)
