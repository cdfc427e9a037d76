"""Payroll files whose columns have a fixed width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from incentive_engine.errors import Problem
from incentive_engine.ledger.payroll.columns import Column, Sheet, faulty
from incentive_engine.ledger.payroll.file_kind import TextFile

_HINT: Final = "give the column a greater `width` if payroll allows, or write it shorter in the workforce"


class FixedColumn(Column):
    """A column of so many characters."""

    width: Annotated[int, Field(ge=1, le=1000, description="How many characters it has.")]
    align: Annotated[
        Literal["left", "right"] | None,
        Field(description="Where the text stands; amounts right, others left unless said."),
    ] = None
    pad: Annotated[
        str, Field(min_length=1, max_length=1, description="What fills it up; zeros stand behind a minus sign.")
    ] = " "

    def filled(self, text: str) -> str:
        """The text, filled up to the width."""
        if not self.right:
            return text.ljust(self.width, self.pad)
        if self.pad == "0" and self.source == "amount" and text.startswith("-"):
            return "-" + text[1:].rjust(self.width - 1, self.pad)
        return text.rjust(self.width, self.pad)

    def too_wide(self, text: str) -> str | None:
        """What is wrong with a text that the column cannot hold."""
        return f"`{text}` has {len(text)} characters" if len(text) > self.width else None

    @property
    def right(self) -> bool:
        """Whether the text stands on the right."""
        return self.source == "amount" if self.align is None else self.align == "right"


class Fixed(TextFile):
    """Lines of cells of a fixed width, without headings: a text that is too long is refused, never cut."""

    kind: Literal["fixed"]
    columns: Annotated[
        tuple[FixedColumn, ...], Field(min_length=1, description="What each line holds, from left to right.")
    ]

    suffix: ClassVar[str] = ".txt"

    def content(self, sheet: Sheet) -> bytes:
        """The file."""
        lines = ("".join(map(FixedColumn.filled, self.columns, row)) for row in self.rows(sheet))
        return "".join(line + self.line_ending for line in lines).encode(self.encoding)

    def problems(self, sheet: Sheet) -> Iterator[Problem]:
        """Also texts that are wider than their column."""
        found = list(super().problems(sheet))
        yield from found
        for column in self.columns if not found else ():
            texts = self.texts(column, sheet)
            if max(map(len, texts), default=0) > column.width:
                yield from faulty(column, texts, sheet.lines, "too-wide", column.too_wide, _HINT)
