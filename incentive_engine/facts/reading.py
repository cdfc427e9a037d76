"""A file's bytes → its cells, by the file's kind.

Files are read once into memory, so that what is fingerprinted is what is used. Excel comes through fastexcel as text
(openpyxl is five times slower and unreleased since 2024); Parquet keeps its types.
"""

from __future__ import annotations

import io
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from incentive_engine.errors import InputProblems, Location, Problem, did_you_mean
from incentive_engine.facts.contracts import TableContract
from incentive_engine.facts.delimited import read_delimited
from incentive_engine.facts.grid import Grid, named_columns, unreadable

_DELIMITED = (".csv", ".tsv", ".txt")
_EXCEL = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_PARQUET = (".parquet", ".pq")


def read_grid(file: str, content: bytes, contract: TableContract) -> Grid:
    """The cells of one file; raises InputProblems."""
    suffix = PurePosixPath(file).suffix.lower()
    if suffix in _DELIMITED:
        grid = read_delimited(file, content, contract)
    elif suffix in _EXCEL:
        grid = _read_excel(file, content, contract)
    elif suffix in _PARQUET:
        grid = _read_parquet(file, content, contract)
    else:
        raise unreadable(file, f"is of a kind that is not read: `{suffix}`", "use .csv, .xlsx or .parquet")
    _require_columns(grid, contract)
    return grid


def _require_columns(grid: Grid, contract: TableContract) -> None:
    there = grid.headers
    problems = []
    for column in contract.columns:
        if column.required and column.source not in there:
            wanted = "" if column.name == column.source else f" (the rules' `{column.name}`)"
            message = f"`{grid.file}` has no column `{column.source}`{wanted}"
            listed = "its columns are: " + ", ".join(there[:20]) + (", …" if len(there) > 20 else "")
            hint = did_you_mean(column.source, there) or listed
            problems.append(Problem("missing-column", message, Location(grid.file, 1, 1), hint))
    if problems:
        raise InputProblems(problems)


def _read_parquet(file: str, content: bytes, contract: TableContract) -> Grid:
    try:
        headers = list(pl.read_parquet_schema(io.BytesIO(content)))
        named = named_columns(file, headers)
        wanted = {column.source for column in contract.columns}
        used = {headers[position]: name for position, name in named.items() if name in wanted}
        frame = pl.read_parquet(io.BytesIO(content), columns=list(used), hive_partitioning=False).rename(used)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(file, f"is not a Parquet file that can be read: {_first_line(error)}") from None
    lines = pl.int_range(1, frame.height + 1, eager=True).alias("line")
    return Grid(file, "parquet", frame, lines, tuple(named.values()))


def _read_excel(file: str, content: bytes, contract: TableContract) -> Grid:
    try:
        import fastexcel
    except ImportError:
        message = f"`{file}` is an Excel file, and what reads Excel is not installed"
        hint = "pip install 'incentive-engine[excel]', or save the file as CSV"
        raise InputProblems([Problem("excel-extra", message, Location(file, 1, 1), hint)]) from None
    try:
        book = fastexcel.read_excel(content)
        sheet = _sheet(file, book, contract)
        cells = book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars()
    except fastexcel.FastExcelError as error:
        raise unreadable(file, f"is not an Excel file that can be read: {_first_line(error)}") from None
    if not cells.height:
        raise unreadable(file, f"has nothing in its sheet `{sheet}`")
    named = named_columns(file, cells.row(0))
    trimmed = cells.slice(1).select(
        pl.nth(position).cast(pl.String).str.strip_chars().alias(name) for position, name in named.items()
    )
    frame = trimmed.with_columns(pl.when(pl.all() != "").then(pl.all()))
    lines = pl.int_range(2, frame.height + 2, eager=True).alias("line")
    filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series() if frame.width else lines > 0
    return Grid(file, "excel", frame.filter(filled), lines.filter(filled), tuple(named.values()))


def _sheet(file: str, book: Any, contract: TableContract) -> str:
    """The sheet that is declared; else the only one that has every required column, or the first."""
    names: list[str] = book.sheet_names
    if contract.sheet is not None:
        if contract.sheet in names:
            return contract.sheet
        message = f"`{file}` has no sheet `{contract.sheet}`"
        hint = did_you_mean(contract.sheet, names) or "its sheets are: " + ", ".join(names)
        raise InputProblems([Problem("missing-sheet", message, contract.location or Location(file, 1, 1), hint)])
    required = {column.source for column in contract.columns if column.required}
    fitting = [name for name in names if required <= _headers(book, name)] if len(names) > 1 else names
    if len(fitting) > 1:
        message = f"{len(fitting)} sheets of `{file}` have the columns of `{contract.name}`: {', '.join(fitting)}"
        hint = "declare `sheet` for this source"
        raise InputProblems([Problem("ambiguous-sheet", message, contract.location or Location(file, 1, 1), hint)])
    return fitting[0] if fitting else names[0]


def _headers(book: Any, sheet: str) -> set[str]:
    first = book.load_sheet(sheet, header_row=None, skip_rows=0, n_rows=1, dtypes="string").to_polars()
    return {str(cell).strip() for cell in first.row(0) if cell is not None} if first.height else set()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
