"""Payroll files with a mark between the cells: CSV."""

from __future__ import annotations

import csv
import io
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from incentive_engine.kinds.curve_kind import refused
from incentive_engine.ledger.payroll.columns import Cell, Sheet
from incentive_engine.ledger.payroll.file_kind import TextFile, is_risky


class Csv(TextFile):
    """Lines of cells with a mark between them. A text that a spreadsheet would run gets a leading apostrophe."""

    kind: Literal["csv"]
    delimiter: Annotated[str, Field(min_length=1, max_length=1, description="Between the cells.")] = ";"
    header: Annotated[bool, Field(description="Whether the first line holds the names of the columns.")] = True

    suffix: ClassVar[str] = ".csv"

    @model_validator(mode="after")
    def _marks_differ(self) -> Csv:
        if self.delimiter in (self.decimal, '"', "\n", "\r"):
            message = f"`{self.delimiter}` cannot stand between cells: it stands inside them"
            raise refused("same-mark", message, 'write `delimiter: ";"`')
        return self

    def fixed_texts(self) -> list[str]:
        """Also the first line."""
        return [*super().fixed_texts(), *(column.name for column in self.columns if self.header)]

    def content(self, sheet: Sheet) -> bytes:
        """The file."""
        lines = io.StringIO(newline="")
        writer = csv.writer(lines, delimiter=self.delimiter, lineterminator=self.line_ending)
        if self.header:
            writer.writerow([column.name for column in self.columns])
        writer.writerows(self.rows(sheet))
        return lines.getvalue().encode(self.encoding)

    def written(self, cell: Cell) -> str:
        """A cell as text that nothing runs."""
        return f"'{cell}" if isinstance(cell, str) and is_risky(cell) else super().written(cell)
