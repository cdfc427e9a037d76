"""What every kind of payroll file has: columns, and a way to write lines that never drops or changes any."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from incentive_engine.engine.exporting import RISKY
from incentive_engine.errors import Problem
from incentive_engine.kinds.base import Declared
from incentive_engine.kinds.curve_kind import refused
from incentive_engine.ledger.payroll.columns import OF_LINE, Cell, Column, Sheet, faulty, lacking, too_fine

DateFormat = Literal["yyyy-mm-dd", "dd/mm/yyyy", "dd.mm.yyyy", "mm/dd/yyyy", "yyyymmdd", "ddmmyyyy", "ddmmyy"]
Encoding = Literal["utf-8", "utf-8-sig", "cp1252", "cp1250", "iso-8859-1", "iso-8859-15", "ascii"]

_LINE_ENDS: Final[Mapping[str, str]] = {"crlf": "\r\n", "lf": "\n"}
_TOLD_APART: Final[Mapping[str, str]] = {"currency": "currencies", "pay_code": "pay codes"}


class FileKind(Declared):
    """What every kind of file has."""

    columns: Annotated[tuple[Column, ...], Field(min_length=1, description="What each line holds, from left to right.")]
    date_format: Annotated[DateFormat, Field(description="How days are written: `dd/mm/yyyy`.")] = "yyyy-mm-dd"

    suffix: ClassVar[str]
    """What the name of such a file ends in."""

    @model_validator(mode="after")
    def _who_and_how_much(self) -> FileKind:
        if not {"payee", "payroll_id"} & self.sources:
            message = "no column says who is paid"
            raise refused("names-nobody", message, "add `{name: …, from: payroll_id}`")
        if "amount" not in self.sources:
            raise refused("no-amount", "no column says how much is paid", "add `{name: …, from: amount}`")
        return self

    @property
    def sources(self) -> frozenset[str]:
        """The values that the columns hold."""
        return frozenset(column.source for column in self.columns if column.source is not None)

    @abstractmethod
    def content(self, sheet: Sheet) -> bytes:
        """The file: the same lines give the same bytes."""

    def problems(self, sheet: Sheet) -> Iterator[Problem]:
        """What keeps the lines from being written, with everybody whom it is about."""
        yield from lacking(self.sources, sheet.lines)
        yield from too_fine(self.columns, sheet.lines)
        for source, plural in _TOLD_APART.items():
            found = sorted({getattr(line, source) for line in sheet.lines})
            if source not in self.sources and len(found) > 1:
                message = f"the lines have {len(found)} {plural} ({', '.join(found)}), and no column says which"
                yield Problem(f"untold-{source.replace('_', '-')}", message, hint=f"add `{{name: …, from: {source}}}`")


class TextFile(FileKind):
    """What files of plain text have."""

    encoding: Annotated[
        Encoding,
        Field(description="How letters become bytes; `utf-8-sig` begins with the mark by which Excel knows it."),
    ] = "utf-8"
    decimal: Annotated[Literal[".", ","], Field(description="The decimal mark of amounts.")] = "."
    line_end: Annotated[Literal["crlf", "lf"], Field(description="`crlf` as on Windows, or `lf`.")] = "crlf"

    @model_validator(mode="after")
    def _fixed_texts_fit(self) -> TextFile:
        for text in self.fixed_texts():
            if (said := self._unwritable(text)) is not None:
                raise refused("not-in-encoding", said, "write it otherwise, or choose another encoding")
        return self

    def fixed_texts(self) -> list[str]:
        """The texts that are the same whoever is paid."""
        return [column.text for column in self.columns if column.text is not None]

    def problems(self, sheet: Sheet) -> Iterator[Problem]:
        """Also letters that the encoding lacks: none is replaced by another."""
        found = list(super().problems(sheet))
        yield from found
        for column in self.columns if not found else ():
            texts = self.texts(column, sheet)
            if self._unwritable("".join(texts)) is not None:
                hint = "use the encoding utf-8 if payroll can read it, or write the name otherwise in the workforce"
                yield from faulty(column, texts, sheet.lines, "not-in-encoding", self._unwritable, hint)

    @property
    def line_ending(self) -> str:
        """What stands between lines."""
        return _LINE_ENDS[self.line_end]

    def rows(self, sheet: Sheet) -> Iterator[Sequence[str]]:
        """The cells of each line, as texts."""
        return zip(*(self.texts(column, sheet) for column in self.columns), strict=True)

    def texts(self, column: Column, sheet: Sheet) -> list[str]:
        """The cells of a column, line by line."""
        if column.source not in OF_LINE and sheet.lines:
            return [self.written(column.of(sheet.lines[0], sheet.period))] * len(sheet.lines)
        return [self.written(column.of(line, sheet.period)) for line in sheet.lines]

    def written(self, cell: Cell) -> str:
        """A cell as text."""
        if isinstance(cell, Decimal):
            return f"{cell:f}".replace(".", self.decimal)
        return in_format(cell, self.date_format) if isinstance(cell, dt.date) else cell

    def _unwritable(self, text: str) -> str | None:
        if "\n" in text or "\r" in text:
            return "a text has a line break"
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError as error:
            return f"`{text}`: {self.encoding} has no `{text[error.start : error.end]}`"
        return None


def in_format(day: dt.date, date_format: DateFormat) -> str:
    """A day as text."""
    parts = {"yyyy": f"{day.year:04}", "yy": f"{day.year % 100:02}", "mm": f"{day.month:02}", "dd": f"{day.day:02}"}
    text: str = date_format
    for part, digits in parts.items():
        text = text.replace(part, digits)
    return text


def is_risky(text: str) -> bool:
    """Whether a spreadsheet may take a text for a formula, and run it."""
    return text.startswith(RISKY)
