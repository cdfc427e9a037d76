"""What every KPI kind stands on: how the facts about each subject become one exact value, and how that reads.

A kind from facts says which columns to gather for each subject and how the value follows from them; the engine groups,
and knows no kind by name. Kinds that only add up share `Added`: sums of integers merge in any order, so that a result
depends neither on the order of rows nor on how they are cut up, and one division comes at the end. A condition that is
missing for a fact (the answer was left empty) leaves the fact out.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Final

import polars as pl
from pydantic import Field

from incentive_engine.exact import CannotProve, Exact, Scale
from incentive_engine.formulas import Formula, Scope, Type, compile_condition
from incentive_engine.kinds.attainments import Better
from incentive_engine.kinds.base import Declared
from incentive_engine.kinds.intervals import Interval, OfSums, Sums
from incentive_engine.kinds.wording import AnyLanguage

NUMERATOR: Final = "numerator"
DENOMINATOR: Final = "denominator"
COUNT: Final = "n"
Column = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Shared:
    """How facts are shared between payees, one row per fact and payee."""

    fact: str
    """The text column that says which fact a row is of."""
    share: Exact
    """How far the fact counts for the row's payee: above 0, up to 1."""


@dataclass(frozen=True, slots=True)
class Credited:
    """The facts of a source, to be grouped by the subject that they are credited to; at most `rows` in a group."""

    scope: Scope
    to_somebody: pl.Expr
    """Boolean column, never null: whether a fact is credited to anybody."""
    rows: int
    shared: Shared | None = None
    name: str = ""
    """What the columns are called by which facts are added up."""

    def column(self, name: str, value: Exact) -> tuple[tuple[pl.Expr, ...], Exact]:
        """A column of what each fact adds, worked out once for all sums that read it; and the value that reads it."""
        columns, read = value.named(f"\0{self.name} {name}")
        return tuple(columns), read

    def counted(self, value: Exact) -> Exact:
        """The value of each row, as far as it counts."""
        return value if self.shared is None else value.times(self.shared.share)

    def number(self, value: Exact) -> pl.Expr:
        """How many facts of a group have a value: one that several share is one."""
        if self.shared is None:
            return value.expr.count().cast(pl.Int64)
        return pl.col(self.shared.fact).filter(~value.missing).n_unique().cast(pl.Int64)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is gathered for each subject, and the value that follows; the values read the gathered columns.

    `columns`: aggregates of a group, named `numerator`, `denominator` where there is one, and `n`.
    """

    columns: tuple[pl.Expr, ...]
    value: Exact
    numerator: Exact
    denominator: Exact | None = None
    within: tuple[Fraction, Fraction] | None = None
    """What the value is known to lie within besides, which intervals of sums cannot see."""
    of_each: tuple[pl.Expr, ...] = ()
    """Columns of each fact that the aggregates read."""
    interval: tuple[pl.Expr, ...] = ()
    """Float64 columns `low`, `high` and `spread`, over the gathered columns; none where no interval is known."""
    for_interval: tuple[pl.Expr, ...] = ()
    """Aggregates of a group that only these read."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What each fact adds; `denominator` None where the result is the numerator itself."""

    numerator: Exact
    denominator: Exact | None
    counts: pl.Expr
    """Boolean, never null: whether the fact is one of the n."""


@dataclass(frozen=True, slots=True)
class OneMore:
    """What one more record that speaks for the payee changes, or one less: what is added above, below and to n."""

    word: str
    """Which record, as the catalogues of words call it."""
    above: int | Decimal
    below: int | Decimal
    facts: int = 1


class KpiKind(Declared):
    """What every KPI kind has."""

    zero_without_facts: ClassVar[bool] = False
    """Whether a subject without any matching fact has the result 0, where the source was delivered."""
    in_percent: ClassVar[bool] = False
    whole: ClassVar[bool] = False
    """Whether results are whole numbers, where facts are not shared."""
    words: ClassVar[Mapping[AnyLanguage, str]]
    """The sentence that says how the result is worked out; `{field}` stands for the field's text."""

    def sentence(self, language: AnyLanguage) -> str:
        """How the result is worked out, in words."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        shown = {name: value.text if isinstance(value, Formula) else value for name, value in fields.items()}
        condition = shown.get("where")
        if condition and "{where}" not in self.words[language]:
            shown["facts"] = f"{shown['source']} ({condition})"
        else:
            shown["facts"] = shown.get("source")
        return self.words[language].format_map({**shown, **self.sentence_fields(language)})

    def sentence_fields(self, language: AnyLanguage) -> dict[str, str]:
        """What the sentence says besides the fields as they are written."""
        return {}

    def picked(self, n: int, language: AnyLanguage) -> str:
        """Which of `n` facts the result is, in words; empty where all of them make it."""
        return ""

    def one_more(self, better: Better) -> OneMore | None:
        """The smallest thing that could have gone better; None where that has no plain meaning."""
        return None

    @property
    def possible(self) -> tuple[Decimal | None, Decimal | None]:
        """The least and the greatest result that there can be, as far as that is known."""
        return (Decimal(0), Decimal(1)) if self.in_percent else (None, None)


class FromFacts(KpiKind):
    """What every kind that is computed from facts has."""

    source: Annotated[str, Field(alias="from", description="The source, as named under `sources`.")]
    where: Annotated[Formula | None, Field(description="Which facts count; all unless said.")] = None
    filters: ClassVar[tuple[str, ...]] = ("where",)
    """The formulas that say which facts count; what the others name is good or bad."""
    can_be_shared: ClassVar[bool] = False
    """Whether a fact can count for several payees, each in part."""
    interval: ClassVar[Interval | None] = None
    """The formula of its 95 % interval, if it has one."""
    merges: ClassVar[bool] = True
    """Whether what is gathered merges, batch by batch; else all facts of a subject are looked at together."""

    def formulas(self) -> dict[str, tuple[Formula, Type]]:
        """The formulas over one fact, by key (dotted where it lies deeper), with the type that each must have."""
        return {"where": (self.where, "boolean")} if self.where else {}

    @property
    def measured(self) -> frozenset[str]:
        """The columns that say how good a fact is."""
        formulas = [formula for key, (formula, _) in self.formulas().items() if key not in self.filters]
        answers = [column for column, *_ in self.answers().values()]
        return frozenset(answers).union(*(formula.names for formula in formulas))

    def answers(self) -> dict[str, tuple[str, int, int]]:
        """The columns of whole numbers that the kind reads, by key, with the least and greatest value of each."""
        return {}

    def texts(self) -> dict[str, str]:
        """The columns that the kind reads as text, by key."""
        return {}

    def marked(self, facts: pl.DataFrame, date: str) -> pl.DataFrame:
        """The facts of the source, all of them, with what the kind has to know of others for each."""
        return facts

    @abstractmethod
    def gathered(self, facts: Credited) -> Gathered:
        """What is gathered for each subject, and the value that follows from it."""

    def _counted(self, scope: Scope, *needed: Exact | pl.Expr) -> pl.Expr:
        """The facts that meet `where` and have everything that is needed."""
        counts = compile_condition(self.where, scope).fill_null(False) if self.where else pl.lit(True)
        for value in needed:
            counts = counts & (~value.missing if isinstance(value, Exact) else value.is_not_null())
        return counts


class Added(FromFacts):
    """What every kind that only adds up has."""

    can_be_shared: ClassVar[bool] = True
    interval: ClassVar[OfSums | None] = None

    @abstractmethod
    def tally(self, scope: Scope) -> Tally:
        """What each fact adds, in a scope that holds the source's columns."""

    def gathered(self, facts: Credited) -> Gathered:
        tally = self.tally(facts.scope)
        counts = facts.to_somebody & tally.counts
        of_each, above = facts.column(NUMERATOR, facts.counted(tally.numerator).masked(counts))
        columns, numerator = above.added(facts.rows).named(NUMERATOR)
        n = facts.number(above)
        columns.append(n.alias(COUNT))
        if tally.denominator is None:
            gathered = Gathered(tuple(columns), numerator, numerator, of_each=of_each)
            return self._with_interval(gathered, facts, above, Exact.of(1))
        parts = facts.counted(tally.denominator)
        if parts.constant == 1:
            below, added, denominator = parts, [n.alias(DENOMINATOR)], counted(DENOMINATOR, facts.rows)
        else:
            column, below = facts.column(DENOMINATOR, parts.masked(counts))
            of_each, (added, denominator) = (*of_each, *column), below.added(facts.rows).named(DENOMINATOR)
        gathered = Gathered(
            columns=(*columns, *added),
            value=quotient(numerator, denominator),
            numerator=numerator,
            denominator=denominator,
            # A mean lies within what it is the mean of.
            within=tally.numerator.bounds if tally.denominator.constant == 1 else None,
            of_each=of_each,
        )
        return self._with_interval(gathered, facts, above, below)

    def _with_interval(self, gathered: Gathered, facts: Credited, above: Exact, below: Exact) -> Gathered:
        """What is gathered, and what the interval needs; without one where its sums cannot be proved to fit."""
        if self.interval is None or facts.shared is not None:  # parts of facts are no sample of facts
            return gathered
        n = counted(COUNT, facts.rows)
        with suppress(CannotProve):
            besides = self.interval.besides(above, below)
            totals = {name: each.added(facts.rows).named(name) for name, each in besides.items()}
            sums = {name: added for name, (_, added) in totals.items()}
            interval = self.interval.columns(Sums(n, gathered.numerator, gathered.denominator or n, sums))
            columns = (column for columns, _ in totals.values() for column in columns)
            return replace(gathered, interval=interval, for_interval=tuple(columns))
        return gathered


def number_of(facts: pl.Expr) -> pl.Expr:
    """How many facts of a group meet a condition."""
    return facts.sum().cast(pl.Int64)


def counted(name: str, rows: int) -> Exact:
    """A column that counts facts."""
    return Exact.column(name, Scale(0, 0, rows))


def quotient(numerator: Exact, denominator: Exact) -> Exact:
    """The quotient of two sums, missing where the lower one is not above zero."""
    return numerator.over(denominator.maximum(denominator.unit)).masked(denominator.above(0))
