"""The columns of a payroll file: what each holds, and what keeps an amount or a person from being written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, model_validator

from incentive_engine.currencies import minor_digits
from incentive_engine.errors import Problem
from incentive_engine.kinds.base import Declared
from incentive_engine.kinds.curve_kind import refused
from incentive_engine.periods import Period

Value = Literal[
    "payee", "payroll_id", "name", "legal_entity", "pay_code", "currency", "amount", "period", "period_start",
    "period_end",
]  # fmt: skip
OF_PERSON: Final = ("payroll_id", "name", "legal_entity")
"""What the workforce says of a payee, and may not say."""

OF_LINE: Final = frozenset({*OF_PERSON, "payee", "pay_code", "currency", "amount"})
"""The values that differ from line to line."""

Cell: TypeAlias = str | Decimal | dt.date
"""What a column holds in one line; an amount has the decimals that are written."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a payroll file: what one payee gets under one pay code in one currency."""

    payee: str
    payroll_id: str | None
    name: str | None
    legal_entity: str | None
    pay_code: str
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of one file, in their order, and the period for which they are paid."""

    period: Period
    lines: Sequence[Line]


class Column(Declared):
    """One column of the file: a value of each line, or the same text in all of them."""

    name: Annotated[str, Field(min_length=1, description="Its heading, and its name in messages.")]
    source: Annotated[Value | None, Field(alias="from", description="The value that it holds.")] = None
    text: Annotated[str | None, Field(description="The text that it holds in every line.")] = None
    places: Annotated[
        int | None, Field(ge=0, le=6, description="Decimals of an amount; those of its currency unless said.")
    ] = None
    in_cents: Annotated[
        bool, Field(description="Whether an amount is counted in the smallest coin: 12345 for 123.45 euros.")
    ] = False

    @model_validator(mode="after")
    def _one_value(self) -> Column:
        if (self.source is None) == (self.text is None):
            message = f"the column `{self.name}` needs either `from` or `text`"
            raise refused("one-value", message, "write `from: amount`, or `text:` for the same text in every line")
        if self.source != "amount" and (self.places is not None or self.in_cents):
            message = f"the column `{self.name}` holds no amount: `places` and `in_cents` say nothing of it"
            raise refused("no-amount", message, "remove them")
        return self

    def of(self, line: Line, period: Period) -> Cell:
        """What the column holds in a line that has all that the columns need."""
        match self.source:
            case None:
                return self.text or ""
            case "amount":
                exact = self.counted(line)
                return round(exact, self.decimals(line))
            case "period":
                return period.name
            case "period_start":
                return period.start
            case "period_end":
                return period.end
            case _:
                return str(getattr(line, self.source))

    def counted(self, line: Line) -> Decimal:
        """The amount in the unit in which it is written."""
        return line.amount.scaleb(minor_digits(line.currency)) if self.in_cents else line.amount

    def decimals(self, line: Line) -> int:
        """With how many decimals the amount is written."""
        if self.places is not None:
            return self.places
        return 0 if self.in_cents else minor_digits(line.currency)


def lacking(sources: Iterable[str], lines: Sequence[Line]) -> Iterator[Problem]:
    """Who lacks a value that the file needs: nobody is left out of it in silence."""
    for source in OF_PERSON:
        payees = [line.payee for line in lines if not getattr(line, source)] if source in sources else []
        if payees:
            message = f"`{source}` is missing for {told(payees)}"
            hint = f"fill the column `{source}` of the workforce, then run, review and approve again"
            yield Problem("missing-value", message, hint=hint)


def too_fine(columns: Iterable[Column], lines: Sequence[Line]) -> Iterator[Problem]:
    """Whose amount has more decimals than its column: no cent is rounded away on the way to payroll."""
    for column in columns:
        if column.source != "amount":
            continue
        payees = [line.payee for line in lines if round(each := column.counted(line), column.decimals(line)) != each]
        if payees:
            message = f"the column `{column.name}` has too few decimals for the amounts of {told(payees)}"
            yield Problem("too-many-decimals", message, hint="give the column more `places`")


def faulty(
    column: Column,
    texts: Sequence[str],
    lines: Sequence[Line],
    code: str,
    fault: Callable[[str], str | None],
    hint: str,
) -> Iterator[Problem]:
    """The problem of a column with texts that cannot be written, with the payees whose they are; none without.

    `fault`: what is wrong with a text, in words that follow its payee.
    """
    found = [(line.payee, fault(text)) for line, text in zip(lines, texts, strict=True)]
    cells = [f"{payee} ({said})" for payee, said in found if said is not None]
    if cells:
        yield Problem(code, f"the column `{column.name}` cannot hold what it should: {', '.join(cells)}", hint=hint)


def told(payees: Iterable[str]) -> str:
    """All of the payees, each once."""
    return ", ".join(sorted(set(payees)))
