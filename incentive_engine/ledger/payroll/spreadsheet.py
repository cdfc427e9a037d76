"""Payroll files for Excel."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from incentive_engine.engine.exporting import EXCEL_ROWS, writers
from incentive_engine.errors import Problem
from incentive_engine.ledger.payroll.columns import Cell, Sheet
from incentive_engine.ledger.payroll.file_kind import FileKind, is_risky

_MADE: Final = dt.datetime(2000, 1, 1)
"""What the file says of when it was made: the same always, so that the same lines are the same bytes."""
_EXCEL_DIGITS: Final = 15
"""What Excel's numbers hold; a longer amount is written as text, exact and seen to be."""


class Excel(FileKind):
    """A workbook of one sheet: amounts and days as such, all else as text that Excel does not run."""

    kind: Literal["xlsx"]
    header: Annotated[bool, Field(description="Whether the first row holds the names of the columns.")] = True

    suffix: ClassVar[str] = ".xlsx"

    def problems(self, sheet: Sheet) -> Iterator[Problem]:
        """Also more lines than a sheet has. Raises InputProblems where what writes Excel files is not installed."""
        writers(["xlsx"])
        yield from super().problems(sheet)
        if len(sheet.lines) >= EXCEL_ROWS:
            message = f"there are {len(sheet.lines):,} lines, and a sheet of Excel has {EXCEL_ROWS:,} rows"
            yield Problem("too-many-rows", message, hint="use the kind csv, or `by: legal_entity`")

    def content(self, sheet: Sheet) -> bytes:
        """The file."""
        import xlsxwriter

        made = io.BytesIO()
        with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
            book.set_properties({"created": _MADE})
            page = book.add_worksheet("payroll")
            cells = _Cells(book, self.date_format)
            if self.header:
                for at, column in enumerate(self.columns):
                    page.write_string(0, at, column.name, cells.bold)
                page.freeze_panes(1, 0)
            for row, line in enumerate(sheet.lines, start=int(self.header)):
                for at, column in enumerate(self.columns):
                    cells.write(page, row, at, column.of(line, sheet.period))
        return made.getvalue()


class _Cells:
    """The formats of one workbook, and its cells."""

    def __init__(self, book: Any, date_format: str) -> None:
        self._book, self._places = book, dict[int, Any]()
        self.bold = book.add_format({"bold": True})
        self._guarded = book.add_format({"quote_prefix": True})
        self._day = book.add_format({"num_format": date_format})

    def write(self, page: Any, row: int, at: int, cell: Cell) -> None:
        """Writes a cell."""
        if isinstance(cell, str):
            page.write_string(row, at, cell, *([self._guarded] if is_risky(cell) else []))
        elif isinstance(cell, dt.date):
            page.write_datetime(row, at, cell, self._day)
        elif len(cell.as_tuple().digits) > _EXCEL_DIGITS:
            page.write_string(row, at, f"{cell:f}")
        else:
            page.write_number(row, at, float(cell), self._number(-int(cell.as_tuple().exponent)))

    def _number(self, places: int) -> Any:
        """A format that shows all decimals of an amount, so that 0.10 reads as it is."""
        code = "0." + "0" * places if places else "0"
        return self._places.setdefault(places, self._book.add_format({"num_format": code}))
