"""The tables of a run for spreadsheets, beside the Parquet files: the same rows, columns and numbers.

A text that a spreadsheet would take for a formula gets a leading apostrophe: a name that begins with `=` must not run
on the machine of whoever opens the file. Excel counts in binary floats of 15 digits, so that a number of more digits
is written as text: exact, and seen to be.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from incentive_engine.engine.folder import write_table
from incentive_engine.errors import InputProblems, Problem

RISKY: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet may run."""
EXCEL_ROWS: Final = 1_048_576
_EXCEL_DIGITS: Final = 15


def writers(formats: Sequence[str]) -> list[tuple[str, Callable[[pl.LazyFrame, Path], None]]]:
    """The suffix and the writer of each format. Raises InputProblems where one needs what is not installed."""
    if "xlsx" in formats and importlib.util.find_spec("xlsxwriter") is None:
        hint = "install it: pip install 'incentive-engine[excel]', or choose csv"
        raise InputProblems([Problem("excel-extra", "writing Excel files needs the `excel` extra", hint=hint)])
    return [(name, _WRITERS[name]) for name in dict.fromkeys(formats)]


def write_as(path: Path) -> Callable[[pl.LazyFrame, Path], None]:
    """What writes a file of that name. Raises InputProblems where its suffix says no format that can be written."""
    name = path.suffix.removeprefix(".")
    if name == "parquet":
        return write_table
    if name not in _WRITERS:
        known = ", ".join(f"`.{each}`" for each in ("parquet", *_WRITERS))
        raise InputProblems([Problem("unknown-format", f"`{path.name}` cannot be written", hint=f"end it in {known}")])
    ((_, write),) = writers([name])
    return write


def write_csv(frame: pl.LazyFrame, path: Path) -> None:
    """A CSV file in UTF-8 with the mark by which Excel knows it; decimals as they are."""
    texts = [name for name, dtype in frame.collect_schema().items() if dtype == pl.String]
    guarded = (pl.when(_risky(name)).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name) for name in texts)
    frame.with_columns(guarded).sink_csv(path, include_bom=True, engine="streaming")


def _risky(name: str) -> pl.Expr:
    return pl.col(name).str.head(1).is_in(RISKY)


def write_xlsx(frame: pl.LazyFrame, path: Path) -> None:
    """An Excel file of one sheet. Raises InputProblems for more rows than a sheet has."""
    import xlsxwriter

    collected = frame.collect(engine="streaming")
    if collected.height >= EXCEL_ROWS:
        message = f"`{path.stem}` has {collected.height:,} rows, and a sheet of Excel {EXCEL_ROWS - 1:,}"
        raise InputProblems([Problem("too-many-rows", message, hint="choose csv, or read the Parquet file")])
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet(path.stem[:31])
        styles = _Styles(book)
        for at, (name, dtype) in enumerate(collected.schema.items()):
            sheet.set_column(at, at, min(max(len(name) + 2, 10), 40), styles.of(dtype))
            sheet.write_string(0, at, name, styles.bold)
        sheet.freeze_panes(1, 0)
        for row, cells in enumerate(collected.iter_rows(), start=1):
            for at, cell in enumerate(cells):
                _write_cell(sheet, row, at, cell, styles)


class _Styles:
    """The formats of one workbook."""

    def __init__(self, book: Any) -> None:
        self._book, self._places = book, dict[int, Any]()
        self.bold = book.add_format({"bold": True})
        self.text = book.add_format({"quote_prefix": True})

    def of(self, dtype: pl.DataType) -> Any:
        """The format of a column: a decimal shows its places, so that 0.10 reads as it is."""
        if not isinstance(dtype, pl.Decimal) or not dtype.scale:
            return None
        return self._places.setdefault(dtype.scale, self._book.add_format({"num_format": "0." + "0" * dtype.scale}))


def _write_cell(sheet: Any, row: int, at: int, cell: object, styles: _Styles) -> None:
    match cell:
        case None:
            return
        case bool():
            sheet.write_boolean(row, at, cell)
        case str():
            sheet.write_string(row, at, cell, *([styles.text] if cell.startswith(RISKY) else []))
        case Decimal() if len(cell.normalize().as_tuple().digits) > _EXCEL_DIGITS:
            sheet.write_string(row, at, f"{cell:f}")
        case Decimal():
            sheet.write_number(row, at, float(cell), styles.of(pl.Decimal(38, -int(cell.as_tuple().exponent))))
        case _:
            sheet.write(row, at, cell)


_WRITERS: Final[Mapping[str, Callable[[pl.LazyFrame, Path], None]]] = {"csv": write_csv, "xlsx": write_xlsx}
