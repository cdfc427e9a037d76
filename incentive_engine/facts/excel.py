"""Excel workbooks through fastexcel, as text, with the errors that it leaves out.

openpyxl would be five times slower and has had no release since 2024. fastexcel reads a cell that shows `#N/A` as an
empty one; an empty leaving date pays a whole period, so those cells are looked up in the file itself.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import defaultdict
from typing import Any
from xml.etree import ElementTree

import polars as pl

from incentive_engine.errors import InputProblems, Location, Problem, did_you_mean
from incentive_engine.facts.contracts import TableContract
from incentive_engine.facts.grid import Grid, named_columns, unreadable

_ERROR_CELL = re.compile(
    rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)([0-9]+)"[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>', re.DOTALL
)
_CELL_NAME = re.compile(rb'<c\b[^>]*?\br="([A-Z]+)[0-9]')
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read_excel(file: str, content: bytes, contract: TableContract) -> Grid:
    """The cells of one sheet as text, under the headers of its first row that is not empty; raises InputProblems."""
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
        what = f"is not an Excel file that can be read: {str(error).splitlines()[0]}"
        raise unreadable(file, what, "open it in Excel and save it again as .xlsx, without a password") from None
    cells = _with_errors(_trimmed(cells), content, sheet)
    filled = cells.select(pl.any_horizontal(pl.all().is_not_null())).to_series() if cells.width else pl.Series([False])
    if not filled.any():
        raise unreadable(file, f"has nothing in its sheet `{sheet}`")
    top = int(filled.arg_true()[0])
    named = named_columns(cells.row(top), lambda position: Location(file, top + 1, position + 1))
    frame = cells.select(pl.nth(position).alias(name) for position, name in named.items())
    lines = pl.int_range(1, cells.height + 1, eager=True).alias("line")
    records = filled & (lines > top + 1)
    columns = {name: position + 1 for position, name in named.items()}
    return Grid(
        file,
        "excel",
        frame.filter(records),
        lines.filter(records),
        tuple(columns),
        cell_column=lambda _, header: columns[header],
    )


def _trimmed(cells: pl.DataFrame) -> pl.DataFrame:
    texts = cells.select(pl.all().cast(pl.String).str.strip_chars())
    return texts.select(pl.when(pl.all() != "").then(pl.all()))


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
    first = book.load_sheet(sheet, header_row=None, n_rows=1, dtypes="string").to_polars()
    return {str(cell).strip() for cell in first.row(0) if cell is not None} if first.height else set()


def _with_errors(cells: pl.DataFrame, content: bytes, sheet: str) -> pl.DataFrame:
    """The same cells with `#N/A` and the like where the sheet shows them."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return cells  # the older binary format
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        path = _sheet_path(parts, sheet)
        text = parts.read(path) if path else b""
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for letters, row, shown in _ERROR_CELL.findall(text):
        found[_position(letters)][int(row) - 1] = shown.decode()
    first = min(map(_position, set(_CELL_NAME.findall(text)))) if found else 0
    columns = list(cells)
    for position, errors in found.items():
        columns[position - first] = columns[position - first].scatter(list(errors), list(errors.values()))
    return pl.DataFrame(columns)


def _sheet_path(parts: zipfile.ZipFile, sheet: str) -> str | None:
    """Where a sheet is inside the workbook, or None when the workbook is laid out in another way."""
    try:
        book = ElementTree.fromstring(parts.read("xl/workbook.xml"))
        links = ElementTree.fromstring(parts.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ElementTree.ParseError):
        return None
    relation = next((each.get(_RELATION) for each in book.iter() if each.get("name") == sheet), None)
    target = next((each.get("Target", "") for each in links if each.get("Id") == relation), None)
    path = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/") if target else None
    return path if path in parts.namelist() else None


def _position(letters: bytes) -> int:
    position = 0
    for letter in letters:
        position = position * 26 + letter - 64
    return position
