"""The cells of one file before they have types, with where each of them is written.

Whatever the format, the rest of `facts` sees this one shape: columns by header, the line of each row, and rows that
do not have as many cells as the header set aside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from incentive_engine.errors import InputProblems, Location, Problem

FAULTS_SCHEMA = pl.Schema({"row": pl.UInt32(), "code": pl.String(), "reason": pl.String()})


def no_faults() -> pl.DataFrame:
    """A frame of faults without any."""
    return pl.DataFrame(schema=FAULTS_SCHEMA)


@dataclass(frozen=True)
class Grid:
    """One file: `frame` has a column per header (text, or the types of a Parquet file) and a row per record.

    `lines`: the line (CSV), sheet row (Excel) or record number (Parquet) of each row. `uneven`: rows with more or
    fewer cells than the header. `headers`: all that the file has, also those that `frame` leaves out. `cell_column`:
    where in its line a cell starts, from 1.
    """

    file: str
    origin: Literal["csv", "excel", "parquet"]
    frame: pl.DataFrame
    lines: pl.Series
    headers: tuple[str, ...] = ()
    delimiter: str | None = None
    uneven: pl.DataFrame = field(default_factory=no_faults)
    cell_column: Callable[[int, str], int] | None = None

    def locate(self, row: int, header: str) -> Location:
        """Where the cell in this row, under this header, is written."""
        line = int(self.lines[row])
        if self.cell_column is not None:
            return Location(self.file, line, self.cell_column(line, header))
        return Location(self.file, line, self.frame.columns.index(header) + 1)


def named_columns(headers: Sequence[str | None], at: Callable[[int], Location]) -> dict[int, str]:
    """Position → trimmed header of the columns that have one; raises InputProblems when one is there twice."""
    named = {position: text for position, header in enumerate(headers) if (text := (header or "").strip())}
    seen: set[str] = set()
    problems = []
    for position, header in named.items():
        if header in seen:
            message = f"two columns are called `{header}`"
            hint = "rename one of them, or take it out: which of the two is meant cannot be known"
            problems.append(Problem("repeated-column", message, at(position), hint))
        seen.add(header)
    if problems:
        raise InputProblems(problems)
    return named


def unreadable(file: str, what: str, hint: str | None = None, line: int = 1) -> InputProblems:
    """The exception for a file that cannot be read at all."""
    return InputProblems([Problem("unreadable-file", f"`{file}` {what}", Location(file, line, 1), hint)])
