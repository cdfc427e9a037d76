"""KPI kinds that tell customers apart: how many there are, how many come again, who did not have to.

A customer is a value of a text column, as it is written; facts without one are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Final, Literal

import polars as pl
from pydantic import Field

from incentive_engine.exact import Exact
from incentive_engine.formulas import Scope
from incentive_engine.kinds.attainments import Better
from incentive_engine.kinds.intervals import OfSums, Sums, Wilson
from incentive_engine.kinds.kpi_kind import (
    COUNT,
    DENOMINATOR,
    NUMERATOR,
    Added,
    Column,
    Credited,
    FromFacts,
    Gathered,
    OneMore,
    Tally,
    counted,
    number_of,
    quotient,
)
from incentive_engine.kinds.wording import AnyLanguage, Words, said

_ROW: Final = "\0row"  # no header has this name: it cannot stand in a text file


class _OfColumn(FromFacts):
    """What counts the different values of a column."""

    column: Annotated[Column, Field(description="The column whose different values count: the customer's number.")]
    merges: ClassVar[bool] = False

    def texts(self) -> dict[str, str]:
        return {"column": self.column}

    def _values(self, facts: Credited) -> tuple[pl.Expr, pl.Expr]:
        """Which facts count, and their values."""
        value = pl.col(self.column)
        counts = facts.to_somebody & self._counted(facts.scope, value)
        return counts, value.filter(counts)


class Distinct(_OfColumn):
    """Number of different values of a column: of customers served, of products sold."""

    kind: Literal["distinct"]
    whole: ClassVar[bool] = True
    zero_without_facts: ClassVar[bool] = True
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("distinct")

    def gathered(self, facts: Credited) -> Gathered:
        counts, values = self._values(facts)
        columns = (values.n_unique().cast(pl.Int64).alias(NUMERATOR), number_of(counts).alias(COUNT))
        value = counted(NUMERATOR, facts.rows)
        return Gathered(columns, value, value)

    def one_more(self, better: Better) -> OneMore | None:
        return OneMore("customer", 1, 0) if better == "higher" else None

    @property
    def possible(self) -> tuple[Decimal, None]:
        return Decimal(0), None


class Repeat(_OfColumn):
    """Share of the different values of a column that have several facts: of customers who bought again.

    Its n is the number of different values: of customers, not of purchases.
    """

    kind: Literal["repeat"]
    at_least: Annotated[int, Field(ge=2, description="So many facts are a repetition.")] = 2
    in_percent: ClassVar[bool] = True
    interval: ClassVar[OfSums] = Wilson()
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("repeat")

    def gathered(self, facts: Credited) -> Gathered:
        _, values = self._values(facts)
        again, different = number_of(values.unique_counts() >= self.at_least), values.n_unique().cast(pl.Int64)
        columns = (again.alias(NUMERATOR), different.alias(DENOMINATOR), different.alias(COUNT))
        above, below = counted(NUMERATOR, facts.rows), counted(DENOMINATOR, facts.rows)
        interval = self.interval.columns(Sums(below, above, below, {}))
        return Gathered(columns, quotient(above, below), above, below, (Fraction(0), Fraction(1)), interval=interval)

    def one_more(self, better: Better) -> OneMore:
        return OneMore("again", 1, 1) if better == "higher" else OneMore("once", 0, 1)


class WithoutRepeat(Added):
    """Share of facts after which the same customer had no other within some days: settled in the first contact.

    Any later fact of the source counts as another, whoever it is about and whatever `where` says, also after the
    period. What happens at the same moment is in the order of the source's `id`. A fact whose days are not over on the
    source's last day is left out: nobody knows yet.
    """

    kind: Literal["without_repeat"]
    can_be_shared: ClassVar[bool] = False
    customer: Annotated[Column, Field(description="The column that says whose fact it is: the caller's number.")]
    subject: Annotated[Column | None, Field(description="Only a fact with the same value here is another.")] = None
    within: Annotated[
        int,
        Field(
            ge=1,
            le=3660,
            description="Any later fact of the source, up to so many days after, follows; what is not over by the "
            "source's last day is left out.",
        ),
    ]
    in_percent: ClassVar[bool] = True
    interval: ClassVar[OfSums | None] = Wilson()
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("without_repeat")

    def texts(self) -> dict[str, str]:
        subject = {} if self.subject is None else {"subject": self.subject}
        return {"customer": self.customer, **subject}

    def sentence_fields(self, language: AnyLanguage) -> dict[str, str]:
        columns = [said(language, "quoted", text=column) for column in self._same]
        days = said(language, "within_days" if self.within > 1 else "within_day", days=self.within)
        return {"days": days, "same": said(language, "and_same").join(columns)}

    @property
    def _same(self) -> tuple[str, ...]:
        return (self.customer,) if self.subject is None else (self.customer, self.subject)

    @property
    def _mark(self) -> str:
        """The column that says whether a fact is followed, missing where that is not known."""
        return "\0".join(["", "followed", str(self.within), *self._same])

    def marked(self, facts: pl.DataFrame, date: str) -> pl.DataFrame:
        if self._mark in facts.columns:
            return facts
        day = pl.col(date).cast(pl.Date)
        known = pl.all_horizontal(pl.col(column).is_not_null() for column in self._same)
        over = day + pl.duration(days=self.within) <= day.max()
        another = pl.all_horizontal(pl.col(column).shift(-1) == pl.col(column) for column in self._same)
        soon = day.shift(-1) <= day + pl.duration(days=self.within)
        marks = (
            facts.lazy()
            .select(*dict.fromkeys((*self._same, date)))
            .with_row_index(_ROW)
            .sort(*self._same, date, _ROW)
            .select(_ROW, pl.when(known & over).then((another & soon).fill_null(False)).alias(self._mark))
            .sort(_ROW)
            .collect()
        )
        return facts.with_columns(marks[self._mark])

    def tally(self, scope: Scope) -> Tally:
        followed = pl.col(self._mark)
        alone = Exact.choose((~followed, Exact.of(1)), otherwise=Exact.of(0))
        return Tally(alone, Exact.of(1), self._counted(scope, followed))

    def one_more(self, better: Better) -> OneMore:
        return OneMore("settled", 1, 1) if better == "higher" else OneMore("followed", 0, 1)
