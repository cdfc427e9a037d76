"""Which decimal mark and which date order a file is written in, from all its rows.

`1,234` is one thousand two hundred and thirty-four or one and 234 thousandths; `03/04/2026` is in April or in March.
A guess that is wrong pays wrong, so one cell that can be read in one way only decides for the whole file, and where
no cell does, or two cells disagree, the file is refused with both readings shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.facts.contracts import TableContract
from incentive_engine.facts.grid import Grid

SPACES = " \u00a0\u202f\u2009'\u2019"
"""What may stand between thousands besides a point or a comma."""

_OTHER = {",": ".", ".": ","}
_TAIL = f"[{SPACES}]?%?$"
_SHOWN_AS_NUMBER = r"^-?[0-9]+\.[0-9]+$"

_DAY_MONTH = r"^([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-][0-9]{4}"
_OVER_12 = r"(?:1[3-9]|2[0-9]|3[01])"
_ORDERS = {
    "dmy": rf"^{_OVER_12}[/.\-][0-9]{{1,2}}[/.\-][0-9]{{4}}",
    "mdy": rf"^[0-9]{{1,2}}[/.\-]{_OVER_12}[/.\-][0-9]{{4}}",
}


def _decisive(mark: str) -> str:
    """Numbers that can only be read with this decimal mark."""
    here, other = f"[{mark}]", f"[{_OTHER[mark]}]"
    return (
        rf"^[+\-−]?(?:[0-9]*{here}(?:[0-9]{{1,2}}|[0-9]{{4,}})"
        rf"|(?:0[0-9]*|[0-9]{{4,}}){here}[0-9]{{3}}|{here}[0-9]{{3}}"
        rf"|[0-9]{{1,3}}(?:[{_OTHER[mark]}{SPACES}][0-9]{{3}})+{here}[0-9]+"
        rf"|[0-9]{{1,3}}(?:{other}[0-9]{{3}}){{2,}}){_TAIL}"
    )


_OPEN = rf"^[+\-−]?[1-9][0-9]{{0,2}}[.,][0-9]{{3}}{_TAIL}"
"""Numbers in which the mark may be a decimal mark or set thousands apart."""


def decimal_mark(grid: Grid, contract: TableContract) -> str:
    """`.` or `,`: the mark that the numbers of this file are written with; raises InputProblems."""
    if contract.decimal is not None:
        return contract.decimal
    cells = _cells(grid, [column.source for column in contract.columns if column.numeric], "[.,]")
    if grid.origin == "excel":  # a cell of type number always comes with a point, whatever the sheet shows
        cells = cells.filter(~pl.col("text").str.contains(_SHOWN_AS_NUMBER))
    decided = {mark: cell for mark in ".," if (cell := _first(cells, _decisive(mark)))}
    if len(decided) == 2:
        point, comma = (cell["text"] for cell in decided.values())
        told = f"some numbers of this file have a decimal point and others a decimal comma: `{point}` and `{comma}`"
        raise _ambiguous("number", grid, list(decided.values()), told)
    if decided:
        return next(iter(decided))
    unsure = cells.filter(pl.col("text").str.contains(_OPEN))
    if grid.delimiter == ",":  # where cells are cut at commas, the comma is not the decimal mark
        unsure = unsure.filter(pl.col("text").str.contains(",", literal=True))
    cell = _first(unsure, _OPEN)
    if cell is None:
        return "."
    whole, fraction = cell["text"].replace(",", ".").split(".")
    readings = f"{whole}{fraction} or as {whole} and {fraction}/1000"
    told = f"`{cell['header']}` is `{cell['text']}`, which can be read as {readings}"
    raise _ambiguous("number", grid, [cell], told)


def date_order(grid: Grid, contract: TableContract, mark: str) -> str:
    """`dmy` or `mdy`: how dates that do not start with the year are written in this file; raises InputProblems."""
    if contract.date_order is not None:
        return contract.date_order
    dated = [column.source for column in contract.columns if column.type in ("date", "datetime")]
    cells = _cells(grid, dated, _DAY_MONTH)
    decided = {order: cell for order, pattern in _ORDERS.items() if (cell := _first(cells, pattern))}
    if len(decided) == 2:
        day, month = (cell["text"] for cell in decided.values())
        told = f"some dates of this file start with the day and others with the month: `{day}` and `{month}`"
        raise _ambiguous("date", grid, list(decided.values()), told)
    if decided:
        return next(iter(decided))
    first, second = (pl.col("text").str.extract(_DAY_MONTH, group).cast(pl.Int8) for group in (1, 2))
    cell = _first(cells.filter(first != second), _DAY_MONTH)
    if cell is None or mark == ",":  # nobody who writes a decimal comma puts the month first
        return "dmy"
    one, two = re.match(_DAY_MONTH, cell["text"]).groups()  # type: ignore[union-attr]
    readings = f"day {one} of month {two} or as day {two} of month {one}"
    told = f"`{cell['header']}` is `{cell['text']}`, which can be read as {readings}"
    raise _ambiguous("date", grid, [cell], told)


def _cells(grid: Grid, headers: Sequence[str], pattern: str) -> pl.DataFrame:
    """One row per text cell under these headers that has the pattern: row, header, text."""
    found = [pl.DataFrame(schema={"row": pl.UInt32, "header": pl.String, "text": pl.String})]
    for header in dict.fromkeys(headers):
        if header in grid.frame.columns and is_text(grid.frame[header].dtype):
            texts = grid.frame[header].cast(pl.String).str.strip_chars()
            rows = texts.str.contains(pattern).fill_null(False).arg_true()
            here = {"row": rows, "header": header, "text": texts.gather(rows)}
            found.append(pl.DataFrame(here, schema=found[0].schema))
    return pl.concat(found)


def is_text(dtype: pl.DataType) -> bool:
    """Whether cells of this type are written out, so that they have to be read."""
    return isinstance(dtype, (pl.String, pl.Categorical, pl.Enum))


def _first(cells: pl.DataFrame, pattern: str) -> dict[str, Any] | None:
    """The topmost of the cells with the pattern."""
    found = cells.filter(pl.col("text").str.contains(pattern)).sort("row", maintain_order=True).head(1)
    return found.row(0, named=True) if found.height else None


def _ambiguous(what: str, grid: Grid, cells: Sequence[Mapping[str, Any]], told: str) -> InputProblems:
    shown = max(cells, key=lambda cell: int(cell["row"]))
    location = grid.locate(shown["row"], shown["header"])
    return InputProblems([Problem(f"ambiguous-{what}", told, location, _HINTS[what])])


_HINTS = {
    "number": 'declare `decimal: "."` or `decimal: ","` for this source',
    "date": "declare `date_order: dmy` or `date_order: mdy` for this source, or write dates as 2026-07-31",
}
