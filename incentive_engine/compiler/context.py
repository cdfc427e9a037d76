"""What the compilers of nodes share: stages, ranges, the plans of the shape, and the reasons to hold a payee."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

import polars as pl

from incentive_engine.compiler.inputs import ANSWERS, DAYS, DAYS_EMPLOYED, PLAN, ParameterKey, Ranges, ResultKey
from incentive_engine.compiler.stages import Stages
from incentive_engine.exact import Exact
from incentive_engine.formulas import Formula, Scope, compile_condition, compile_number
from incentive_engine.kinds.base import FromTable, Parameter, Rounding, SubjectKind, Variants
from incentive_engine.periods import Period


@dataclass(frozen=True, slots=True)
class Hold:
    """A reason not to pay: a Boolean column expression (true: hold), and words; `about`: the column that ends them."""

    code: str
    when: pl.Expr
    reason: str
    about: str | None = None


@dataclass(slots=True)
class Context:
    """One compilation of one shape."""

    period: Period
    ranges: Ranges
    kpis: frozenset[str]
    stages: Stages = field(default_factory=Stages)
    holds: list[Hold] = field(default_factory=list)
    results: set[ResultKey] = field(default_factory=set)
    parameters: set[ParameterKey] = field(default_factory=set)
    workforce: set[str] = field(default_factory=set)

    @property
    def plan(self) -> pl.Expr:
        """Which plan of the shape a row follows."""
        return pl.col(PLAN)

    def hold(self, code: str, when: pl.Expr, reason: str, about: str | None = None) -> None:
        """Holds the payees for whom `when` is true."""
        self.holds.append(Hold(code, when, reason, about))

    def relevant_unless(self, excused: pl.Expr | None, start: int) -> None:
        """The reasons given since `start` hold nobody for whom `excused` is true: what does not count is not missed."""
        if excused is not None:
            self.holds[start:] = [replace(hold, when=hold.when & ~excused) for hold in self.holds[start:]]

    def result(self, kpi: str, of: SubjectKind, *, previous: bool = False) -> Exact:
        """A KPI's result, as a column of the wide frame."""
        key = ResultKey(kpi, of, previous)
        self.results.add(key)
        value = Exact.column(key.column, self.ranges.results[key])
        self.stages.input(key.column, value)
        self.stages.input(key.answers)
        if of != "company":
            self.text(of)
        return value

    def answers(self, kpi: str, of: SubjectKind) -> Exact:
        """How many facts stand behind a result; missing where that is not known."""
        return Exact.column(ResultKey(kpi, of).answers, ANSWERS)

    def text(self, column: str) -> pl.Expr:
        """A workforce column that is not a number."""
        self.workforce.add(column)
        self.stages.input(column)
        return pl.col(column)

    def parameter(self, parameters: Variants[Parameter | None], name: str, kpi: str | None = None) -> Exact | None:
        """A number of the rule set, or its column where it comes from a table (then missing holds the payee)."""
        first = parameters.first
        if first is None:
            return None
        if not isinstance(first, FromTable):
            return parameters.number(_number)
        key = self.ranges.parameter_key(first, kpi)
        self.parameters.add(key)
        value = Exact.column(key.header, self.ranges.parameters[key])
        self.stages.input(key.header, value)
        self.hold(
            f"missing-{name}",
            value.missing,
            f"table `{first.table}` has no {name} for this payee" + (f" and KPI `{kpi}`" if key.kpi else ""),
        )
        return value

    def number(self, formulas: Variants[Formula], of: SubjectKind) -> Exact:
        """What a formula gives for each payee."""
        return compile_number(formulas.first, self._scope(formulas.first, of), formulas.each, self.plan)

    def condition(self, formulas: Variants[Formula], of: SubjectKind) -> pl.Expr:
        """Whether a condition holds for each payee; missing where that is not known."""
        return compile_condition(formulas.first, self._scope(formulas.first, of), formulas.each, self.plan)

    def hold_unless_known(self, code: str, formulas: Variants[Formula], of: SubjectKind, missing: pl.Expr) -> None:
        """Holds the payees for whom a formula gives nothing, naming what it lacks."""
        formula = formulas.first
        texts = {each.text for each in formulas.each}
        told_as = f"`{formula.text}`" if len(texts) == 1 else f"the formula of `{code.removeprefix('missing-')}`"
        scope = self._scope(formula, of)
        lacks = {name: value.missing if isinstance(value, Exact) else value.is_null() for name, value in scope.items()}
        for name in sorted(lacks):
            told = f"there is no result of `{name}`" if name in self.kpis else f"`{name}` is empty"
            self.hold(code, missing & lacks[name], f"{told}, which {told_as} needs")
        known = ~pl.any_horizontal([pl.lit(False), *lacks.values()])
        self.hold(code, missing & known, f"{told_as} cannot be worked out: does it divide by zero?")

    def rounded(self, name: str, value: Exact, rounding: Rounding | None) -> Exact:
        """The value rounded where the rules say so, as a column."""
        return self.stages.number(name, value if rounding is None else value.rounded(rounding.places, rounding.mode))

    def _scope(self, formula: Formula, of: SubjectKind) -> Scope:
        return {name: self._named(name, of) for name in formula.names}

    def _named(self, name: str, of: SubjectKind) -> Exact | pl.Expr:
        period: dict[str, Callable[[], Exact | pl.Expr]] = {
            "period_days": lambda: Exact.of(self.period.days),
            "period_start": lambda: pl.lit(self.period.start),
            "period_end": lambda: pl.lit(self.period.end),
            DAYS_EMPLOYED: self._days_employed,
        }
        if name in period:
            return period[name]()
        if name in self.kpis:
            return self.result(name, of)
        if self.ranges.types[name] != "number":
            return self.text(name)
        self.workforce.add(name)
        value = Exact.column(name, self.ranges.workforce[name])
        self.stages.input(name, value)
        return value

    def _days_employed(self) -> Exact:
        self.text("hired")
        self.text("left")
        if DAYS_EMPLOYED not in self.stages.numbers:
            self.stages.column(DAYS_EMPLOYED, days_employed(self.period))
            self.stages.numbers[DAYS_EMPLOYED] = Exact.column(DAYS_EMPLOYED, DAYS)
        return self.stages.numbers[DAYS_EMPLOYED]


def days_employed(period: Period) -> pl.Expr:
    """Int64: days from hire to leave or to the end of the period, both included; missing where `hired` is."""
    last = pl.min_horizontal(pl.col("left").fill_null(period.end), pl.lit(period.end))
    return (last - pl.col("hired")).dt.total_days() + 1


def _number(parameter: Parameter | None) -> Decimal:
    assert isinstance(parameter, Decimal)
    return parameter
