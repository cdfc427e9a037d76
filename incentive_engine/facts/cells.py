"""The cells of a file → typed columns, and the faults of those that cannot be used."""

from __future__ import annotations

import polars as pl

from incentive_engine.facts.contracts import ColumnContract, TableContract
from incentive_engine.facts.dates import read_dates
from incentive_engine.facts.faults import faults_of
from incentive_engine.facts.grid import Grid, no_faults
from incentive_engine.facts.marks import date_order, decimal_mark, is_text
from incentive_engine.facts.numbers import read_numbers

_SPREADSHEET_ERROR = r"^#(?:N/A|(?:DIV/0|REF|VALUE|VALEUR|NUM|NOMBRE|NULL|NUL|SPILL|CALC)!|(?:NAME|NOM)\?)$"
_TRUE = ("true", "yes", "oui", "vrai", "1", "1.0")
_FALSE = ("false", "no", "non", "faux", "0", "0.0")
_BOOLEANS = {word: meaning for words, meaning in ((_TRUE, True), (_FALSE, False)) for word in words}


def read_cells(grid: Grid, contract: TableContract, timezone: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The values of a file, one row per row of the grid with the contract's schema, and its faults.

    A cell that cannot be used is null in the values. Raises InputProblems when the file's notation is ambiguous.
    """
    mark = decimal_mark(grid, contract)
    order = date_order(grid, contract, mark)
    values, faults = [], [no_faults()]
    for column in contract.columns:
        if column.source not in grid.frame.columns:
            values.append(pl.repeat(None, grid.frame.height, dtype=column.dtype, eager=True).alias(column.name))
            continue
        cells = _trimmed(grid.frame[column.source]) if grid.origin == "parquet" else grid.frame[column.source]
        if column.numeric:
            read, wrong = read_numbers(cells, column, mark, grid.origin == "excel")
        elif column.type in ("date", "datetime"):
            read, wrong = read_dates(cells, column, order, timezone)
        elif column.type == "boolean":
            read, wrong = _read_booleans(cells, column)
        else:
            read, wrong = _read_text(cells, column, grid.origin)
        values.append(read.alias(column.name))
        faults.append(wrong)
        if not column.nullable and read.null_count() > wrong.height:
            faults.append(_empty(cells, read, wrong["row"], column))
    found = pl.concat(faults).filter(~pl.col("row").is_in(grid.uneven["row"].implode()))  # follow from their row
    return pl.DataFrame(values), pl.concat([grid.uneven, found])


def _trimmed(cells: pl.Series) -> pl.Series:
    """Text of a Parquet file as the text of any other: without spaces around it, and missing when empty."""
    if isinstance(cells.dtype, pl.Binary):
        cells = cells.cast(pl.String, strict=False)
    if not is_text(cells.dtype):
        return cells
    text = cells.cast(pl.String).str.strip_chars().to_frame("t")
    return text.select(pl.when(pl.col("t") != "").then("t")).to_series()


def _empty(cells: pl.Series, read: pl.Series, wrong: pl.Series, column: ColumnContract) -> pl.DataFrame:
    """The faults of cells without a value that have no other: judged by what was read, so that none slips through."""
    codes = pl.select(pl.when(read.is_null()).then(pl.lit("empty-cell"))).to_series().scatter(wrong, None)
    return faults_of(cells, codes, pl.lit(f"`{column.source}` is empty: fill it in, or take the row out"))


def _read_text(cells: pl.Series, column: ColumnContract, origin: str) -> tuple[pl.Series, pl.DataFrame]:
    """Text as written, but for what software has put there by itself.

    Excel keeps midnight on a date and writes `#N/A` where a formula fails, which is nobody's name; data frame libraries
    make floats of whole numbers where one is missing.
    """
    if is_text(cells.dtype):
        text = cells.cast(pl.String)
    elif cells.dtype.is_float():
        text = cells.fill_nan(None).cast(pl.String).str.replace(r"^(-?[0-9]+)\.0$", "$1")
    else:
        text = cells.cast(pl.String, strict=False)
    if origin == "excel":
        text = text.str.replace(r"^([0-9]{4}-[0-9]{2}-[0-9]{2}) 00:00:00$", "$1")
    failed = text.str.contains(_SPREADSHEET_ERROR) if origin != "parquet" else pl.repeat(False, len(text), eager=True)
    codes = pl.select(pl.when(failed).then(pl.lit("spreadsheet-error"))).to_series()
    told = "`{}` is `{}`: the spreadsheet could not work it out; correct its formula"
    return text, faults_of(cells, codes, pl.format(told, pl.lit(column.source), pl.col("text")))


def _read_booleans(cells: pl.Series, column: ColumnContract) -> tuple[pl.Series, pl.DataFrame]:
    if cells.dtype == pl.Boolean:
        return cells, faults_of(cells, pl.repeat(None, len(cells), dtype=pl.String, eager=True), pl.lit(""))
    words = cells.cast(pl.String, strict=False).str.to_lowercase()
    read = words.replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean)
    codes = pl.select(pl.when(cells.is_not_null() & read.is_null()).then(pl.lit("not-a-boolean"))).to_series()
    told = "`{}` is `{}`, which is neither true nor false: write true or false (or yes, no, oui, non, vrai, faux, 1, 0)"
    return read, faults_of(cells, codes, pl.format(told, pl.lit(column.source), pl.col("text")))
