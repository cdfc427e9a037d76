"""A file's bytes → its cells, by the file's kind.

Files are read once into memory, so that what is fingerprinted is what is used. CSV and Excel come as text, Parquet
keeps its types.
"""

from __future__ import annotations

import io
from pathlib import PurePosixPath

import polars as pl

from incentive_engine.errors import InputProblems, Location, Problem, did_you_mean
from incentive_engine.facts.contracts import TableContract
from incentive_engine.facts.delimited import read_delimited
from incentive_engine.facts.excel import read_excel
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
        grid = read_excel(file, content, contract)
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
        named = named_columns(headers, lambda position: Location(file, 1, position + 1))
        wanted = {column.source for column in contract.columns}
        used = {headers[position]: name for position, name in named.items() if name in wanted}
        frame = pl.read_parquet(io.BytesIO(content), columns=list(used), hive_partitioning=False).rename(used)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(file, f"is not a Parquet file that can be read: {str(error).splitlines()[0]}") from None
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested() or dtype == pl.Duration]
    if nested:
        what = f"has values in its column `{nested[0]}` that are not text, numbers, dates or booleans"
        raise unreadable(file, what, f"write them as one of these: `{nested[0]}` is {frame.schema[nested[0]]}")
    lines = pl.int_range(1, frame.height + 1, eager=True).alias("line")
    return Grid(file, "parquet", frame, lines, tuple(named.values()))
