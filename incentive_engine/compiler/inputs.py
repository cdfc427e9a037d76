"""What a program reads, by name: workforce columns, KPI results and parameters, as columns of one wide frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, TypeAlias

from incentive_engine.exact import Scale
from incentive_engine.formulas import Type
from incentive_engine.kinds.base import FromTable, SubjectKind
from incentive_engine.periods import Period

PLAN: Final = "\0plan"  # no header has this name: it cannot stand in a text file
"""UInt32: which plan of the shape a row follows."""
DAYS_EMPLOYED: Final = "days_employed"
SEGMENT: Final = "segment"
FIRST_DAY: Final = "first_day"
LAST_DAY: Final = "last_day"
OWN_DAYS: Final = "own_days"
"""How many days of the period a payee was there, in all segments."""
DAYS_AWAY: Final = "days_away"
"""Units of the proration in a segment that leave takes out of what is paid."""
DAYS_LEFT_OUT: Final = "days_left_out"
"""Units of the proration that leave takes out of the whole period."""
DAYS_WORKED: Final = "days_worked"
"""Units of the proration on which a payee was there and not on leave, in all segments."""
OF_LEAVE: Final = (DAYS_AWAY, DAYS_LEFT_OUT, DAYS_WORKED)
DAYS: Final = Scale(0, -(10**7), 10**7)
"""Any number of days between two dates."""
ANSWERS: Final = Scale(0, 0, 10**9)
"""How many facts may stand behind one result."""


PREVIOUS: Final = "previous"
"""`ResultKey.when` of a result of the period before."""


@dataclass(frozen=True, slots=True, order=True)
class ResultKey:
    """One KPI for one kind of subject: in the period, in the one before, or in a part of the period, by its name."""

    kpi: str
    subject_kind: SubjectKind
    when: str = ""

    @property
    def column(self) -> str:
        """The column of the wide frame that holds the result."""
        return f"{self.kpi}@{self.subject_kind}" + (f".{self.when}" if self.when else "")

    @classmethod
    def of_period(cls, kpi: str, subject_kind: SubjectKind, period: Period, of: Period) -> ResultKey:
        """The key of a result of `period`, in a calculation of the period `of`: one result has one key."""
        names = {of.name: "", of.previous().name: PREVIOUS}
        return cls(kpi, subject_kind, names.get(period.name, period.name))

    def period(self, of: Period) -> Period:
        """The period of the result, in a calculation of the period `of`."""
        if not self.when:
            return of
        return of.previous() if self.when == PREVIOUS else Period.parse(self.when, of.year_starts)

    @property
    def answers(self) -> str:
        """The column that holds how many facts stand behind it."""
        return f"{self.column}.n"


@dataclass(frozen=True, slots=True, order=True)
class StandingKey:
    """Where the results of one KPI stand in a population."""

    kpi: str
    subject_kind: SubjectKind
    population: str

    def column(self, count: str) -> str:
        """The column of the wide frame that holds one of the counts: `better`, `distinct`, `equal` or `size`."""
        return f"{self.kpi}@{self.subject_kind}#{self.population}.{count}"


STANDING: Final = ("better", "distinct", "equal", "size")
"""The counts of a standing, as `kinds.attainments.Standing` names them."""


@dataclass(frozen=True, slots=True, order=True)
class ParameterKey:
    """One number of a table, for one KPI where the table has a row per KPI."""

    table: str
    column: str
    kpi: str | None = None

    @property
    def name(self) -> str:
        """As examples write it: `targets.value.nps`."""
        return f"{self.table}.{self.column}" + (f".{self.kpi}" if self.kpi else "")

    @property
    def header(self) -> str:
        """The column of the wide frame; no node is called so."""
        return f"{self.name}@table"


Span: TypeAlias = tuple[Fraction, Fraction]
"""The least and the greatest value of a number."""


@dataclass(frozen=True, slots=True)
class RateRanges:
    """What is proved about exchange rates, and about what they convert."""

    plan: Scale
    paid: Scale
    coins: Mapping[int, tuple[str, ...]]
    """The currencies that there are rates of, by the decimal places of their smallest coin."""
    own: Mapping[str, Span] = field(default_factory=dict)
    """What own amounts lie between in the rules' currency; where nothing is said, what the rates make of them."""


@dataclass(frozen=True, slots=True)
class AdjustmentRanges:
    """What is proved about the adjustments of any payee's pay, taken together.

    `places`: what amounts of pay are counted at, `coins` what a percentage is rounded to. `amount`, `percent` and
    `at_least` are the largest sums, whatever their sign; `rows` is how many there are at most.
    """

    places: int
    coins: int
    amount: Fraction
    percent: Fraction
    at_least: Fraction
    rows: int


@dataclass(frozen=True, slots=True)
class Ranges:
    """What is proved about every number that comes in; declared ranges for a check, the data's own for a run."""

    workforce: Mapping[str, Scale]
    results: Mapping[ResultKey, Scale]
    parameters: Mapping[ParameterKey, Scale]
    types: Mapping[str, Type]
    """Types of all workforce columns that rules name."""
    by_kpi: frozenset[str]
    """Tables that have one row per KPI."""
    payees: int = 10**7
    """The most payees that there are."""
    exchange: RateRanges | None = None
    """Known wherever the rules have an exchange."""
    adjustments: AdjustmentRanges | None = None
    """Known in a run whose rules have adjustments: what is compiled for anything else has none."""

    def parameter_key(self, parameter: FromTable, kpi: str | None) -> ParameterKey:
        """The number that a parameter of a measure (or of a group: no KPI) means."""
        return ParameterKey(parameter.table, parameter.column, kpi if parameter.table in self.by_kpi else None)
