"""Payout curves that are tables: rows with open and closed ends, and rows with columns."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from incentive_engine.exact import Exact, Table, tabled
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Declared, Variants, written
from incentive_engine.kinds.curve_kind import (
    Above,
    CurveKind,
    End,
    From,
    Outline,
    Show,
    Store,
    ascending,
    at,
    refused,
    staircase,
    unstored,
)
from incentive_engine.kinds.wording import AnyLanguage, said


class Band(Declared):
    """A rate for the attainments between two ends; an end that is left out is open for ever."""

    start: Annotated[Decimal | None, Field(alias="from", description="Attainments at or above.")] = None
    over: Annotated[Decimal | None, Field(description="Attainments above.")] = None
    to: Annotated[Decimal | None, Field(description="Attainments at or below.")] = None
    below: Annotated[Decimal | None, Field(description="Attainments below.")] = None
    rate: Annotated[Decimal, Field(description="What is paid in this row.")]

    @model_validator(mode="after")
    def _check(self) -> Band:
        for one, other in (("from", "over"), ("to", "below")):
            if None not in (self.start if one == "from" else self.to, getattr(self, other)):
                raise refused("two-ends", f"a row has `{one}` or `{other}`, not both", f"keep `{one}` or `{other}`")
        if self.begins is not None and self.ends is not None and self.begins >= self.ends:
            message = f"no attainment lies in {self.reads('en', percent=False)}"
            raise refused("empty-row", message, "write the lower end first")
        return self

    @property
    def begins(self) -> End | None:
        """Where the row begins: right after the number where true; None where it is open."""
        return _place((self.start, False), (self.over, True))

    @property
    def ends(self) -> End | None:
        """Where what is beyond the row begins."""
        return _place((self.below, False), (self.to, True))

    def reads(self, language: AnyLanguage, *, percent: bool) -> str:
        """The row's attainments in words."""
        bounds = {"from": self.start, "over": self.over, "to": self.to, "below": self.below}
        given = {word: written(end, percent=percent) for word, end in bounds.items() if end is not None}
        if len(given) == 1:
            ((word, end),) = given.items()
            return said(language, f"row_only_{word}", end=end)
        ends = [said(language, f"row_{word}", end=end) for word, end in given.items()]
        return " ".join(ends) if ends else said(language, "row_all")


def _place(*ends: tuple[Decimal | None, bool]) -> End | None:
    return next(((end, after) for end, after in ends if end is not None), None)


def _apart(rows: Sequence[Band]) -> None:
    """Rows come in order, and no attainment lies in two of them."""
    for before, after in pairwise(rows):
        first, second = (each.reads("en", percent=False) for each in (before, after))
        begins, reached = after.begins, before.begins
        if begins is None or (reached is not None and begins < reached):
            raise refused("not-ascending", f"“{second}” follows “{first}”", "order the rows by attainment")
        if before.ends is None or begins < before.ends:
            hint = "end a row where the next begins: `below` before `from`, `to` before `over`"
            raise refused("overlapping-rows", f"“{first}” and “{second}” have attainments in common", hint)


def _gap(end: End | None, start: End | None) -> Band:
    """What lies between the end of one row and the start of the next."""
    lower = {} if end is None else {"over" if end[1] else "from": end[0]}
    upper = {} if start is None else {"to" if start[1] else "below": start[0]}
    return Band.model_validate({**lower, **upper, "rate": Decimal(0)})


class Lookup(CurveKind):
    """The rate of the row that an attainment lies in; outside the rows there is none, and the payee is held."""

    kind: Literal["lookup"]
    rows: Annotated[
        tuple[Band, ...],
        Field(min_length=1, description="`{from: 80%, below: 90%, rate: 50%}`, in order, each attainment in one row."),
    ]

    @model_validator(mode="after")
    def _check(self) -> Lookup:
        _apart(self.rows)
        return self

    def holes(self) -> tuple[str, ...]:
        gaps = zip([None, *(row.ends for row in self.rows)], [*(row.begins for row in self.rows), None], strict=True)
        inner = [(end, start) for end, start in gaps if (end or start) and (not end or not start or end < start)]
        return tuple(_gap(end, start).reads("en", percent=False) for end, start in inner)

    def _table(self) -> Table:
        ends = [(end, rate) for row in self.rows for end, rate in ((row.begins, row.rate), (row.ends, None))]
        open_start, open_end = self.rows[0].begins is None, self.rows[-1].ends is None
        starts = tuple(end for end, _ in ends if end is not None)
        return Table((starts,), (*(() if open_start else (None,)), *(rate for _, rate in ends[: len(ends) - open_end])))

    @classmethod
    def rate(  # type: ignore[override]
        cls, curves: Variants[Self], attainment: Exact, across: Exact | None = None, store: Store = unstored
    ) -> Exact:
        return tabled([attainment], curves.map(lambda curve: curve._table()).each, curves.plan)

    def _found(self, attainment: Decimal | Fraction) -> Decimal | None:
        for row in self.rows:
            above = row.begins is None or attainment > row.begins[0] or (attainment, False) == row.begins
            if above and (row.ends is None or attainment < row.ends[0] or (attainment, True) == row.ends):
                return row.rate
        return None

    def exact(self, attainment: Fraction, across: Fraction | None = None) -> Fraction | None:
        found = self._found(attainment)
        return None if found is None else Fraction(found)

    def worked(self, attainment: Decimal | Fraction, across: Decimal | Fraction | None, show: Show) -> str:
        found = self._found(attainment)
        return "" if found is None else show(found)

    def sentence(self, language: AnyLanguage, *, percent: bool) -> str:
        rows = [f"{row.reads(language, percent=percent)} → {written(row.rate, percent=True)}" for row in self.rows]
        return said(language, "lookup", rows=", ".join(rows))

    def starts(self) -> tuple[End, ...]:
        return tuple(dict.fromkeys(end for row in self.rows for end in (row.begins, row.ends) if end is not None))

    def outlines(self) -> tuple[Outline, ...]:
        starts = [row.begins[0] for row in self.rows[1:] if row.begins is not None]
        return (staircase(starts, [row.rate for row in self.rows]),)

    @property
    def upper_end(self) -> Decimal | None:
        begins, ends = self.rows[-1].begins, self.rows[-1].ends
        if ends is not None:
            return None  # beyond it there is nothing
        return Decimal(0) if begins is None else begins[0] + begins[1]

    def _form(self) -> Hashable:
        ends = tuple(end and end[1] for row in self.rows for end in (row.begins, row.ends))
        return (ends, self.complete)


class MatrixRow(Declared):
    """From an attainment on, a rate for each column."""

    start: From
    rates: Annotated[tuple[Decimal, ...], Field(min_length=1, description="A rate for each column.")]


def _as_many(rows: Sequence[MatrixRow], columns: int) -> None:
    """Each row has a rate for each column."""
    for row in rows:
        if len(row.rates) != columns:
            message = f"the row from {row.start} has {len(row.rates)} rates for {columns} columns"
            raise refused("row-length", message, "write one rate for each column")


class Matrix(CurveKind):
    """The rate where the tier of the attainment and the tier of a second number meet."""

    kind: Literal["matrix"]
    second: Annotated[
        Formula, Field(alias="across", description="The second number, over KPIs and workforce columns, as a formula.")
    ]
    columns: Annotated[tuple[Decimal, ...], Field(min_length=1, description="Where each column starts, rising.")]
    rows: Annotated[
        tuple[MatrixRow, ...], Field(min_length=1, description="`{from: 90%, rates: [0%, 50%]}`, starts rising.")
    ]
    below: Annotated[
        Literal["flat", "zero"], Field(description="Below the first row or column: what that says, or zero.")
    ]
    above: Above = "flat"

    @model_validator(mode="after")
    def _check(self) -> Matrix:
        ascending(self.columns)
        ascending([row.start for row in self.rows])
        _as_many(self.rows, len(self.columns))
        return self

    @property
    def across(self) -> Formula:
        return self.second

    def _rates(self) -> tuple[tuple[Decimal, ...], ...]:
        """By how many rows and how many columns are reached."""
        nothing = [Decimal(0)] if self.below == "zero" else []
        rates = [(*(nothing or row.rates[:1]), *row.rates) for row in self.rows]
        return ((Decimal(0),) * len(rates[0]) if nothing else rates[0], *rates)

    @classmethod
    def rate(  # type: ignore[override]
        cls, curves: Variants[Self], attainment: Exact, across: Exact | None = None, store: Store = unstored
    ) -> Exact:
        assert across is not None, "a matrix has a second number"
        first = 0 if curves.first.below == "zero" else 1  # a flat first tier has no start

        def table(curve: Matrix) -> Table:
            rates = tuple(rate for row in curve._rates()[first:] for rate in row[first:])
            return Table((at([row.start for row in curve.rows[first:]]), at(curve.columns[first:])), rates)

        return tabled([attainment, across], curves.map(table).each, curves.plan)

    def _found(self, attainment: Decimal | Fraction, across: Decimal | Fraction | None) -> Decimal:
        assert across is not None, "a matrix has a second number"
        row = sum(row.start <= attainment for row in self.rows)
        return self._rates()[row][sum(start <= across for start in self.columns)]

    def exact(self, attainment: Fraction, across: Fraction | None = None) -> Fraction:
        return Fraction(self._found(attainment, across))

    def worked(self, attainment: Decimal | Fraction, across: Decimal | Fraction | None, show: Show) -> str:
        return show(self._found(attainment, across))

    def sentence(self, language: AnyLanguage, *, percent: bool) -> str:
        columns = ", ".join(map(written, self.columns))
        rows = "; ".join(
            f"{written(row.start, percent=percent)} → {', '.join(written(rate, percent=True) for rate in row.rates)}"
            for row in self.rows
        )
        below = said(language, f"below_{self.below}")
        return said(language, "matrix", second=self.second, columns=columns, rows=rows, below=below)

    def starts(self) -> tuple[End, ...]:
        return at([row.start for row in self.rows])

    def starts_across(self) -> tuple[End, ...]:
        return at(self.columns)

    def outlines(self) -> tuple[Outline, ...]:
        starts = [row.start for row in self.rows]
        return tuple(staircase(starts, rates) for rates in zip(*self._rates(), strict=True))

    @property
    def upper_end(self) -> Decimal:
        return self.rows[-1].start

    def _form(self) -> Hashable:
        return (self.below, len(self.columns), len(self.rows), self.second.skeleton)
