"""What the compilers of nodes share: stages, ranges, the plans of the shape, and the reasons to hold a payee."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Final, TypeAlias

import polars as pl

from incentive_engine.compiler.inputs import (
    ANSWERS,
    DAYS,
    DAYS_EMPLOYED,
    PLAN,
    STANDING,
    ParameterKey,
    Ranges,
    RateRanges,
    ResultKey,
    StandingKey,
)
from incentive_engine.compiler.stages import Stages
from incentive_engine.exact import Exact, Scale, Which
from incentive_engine.formulas import Formula, Scope, compile_condition, compile_number
from incentive_engine.kinds.attainments import Standing
from incentive_engine.kinds.base import FromColumn, FromTable, Parameter, Rounding, SubjectKind, Variants
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.periods import Period
from incentive_engine.rulesets.exchange import PAID_CURRENCY, PLAN_RATE, ResolvedExchange
from incentive_engine.rulesets.resolving import ResolvedPlan

Given: TypeAlias = Mapping[str, Exact]
"""What names stand for in one formula only: the scores of nodes, target pay…"""
NOTHING_GIVEN: Final[Given] = {}


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

    first: ResolvedPlan
    """The first plan of the shape: any of them, as far as they are alike."""
    ranges: Ranges
    kpis: frozenset[str]
    stages: Stages = field(default_factory=Stages)
    holds: list[Hold] = field(default_factory=list)
    results: set[ResultKey] = field(default_factory=set)
    standings: set[StandingKey] = field(default_factory=set)
    parameters: set[ParameterKey] = field(default_factory=set)
    workforce: set[str] = field(default_factory=set)
    plan: Which = field(default_factory=lambda: pl.col(PLAN))
    """Which plan of the shape a row follows."""

    @property
    def period(self) -> Period:
        """The period for which it is compiled."""
        return self.first.period

    @property
    def curves(self) -> Mapping[str, CurveKind]:
        """Every curve of the rule set."""
        return self.first.curves

    @property
    def exchange(self) -> ResolvedExchange | None:
        """How amounts are converted."""
        return self.first.exchange

    def hold(self, code: str, when: pl.Expr, reason: str, about: str | None = None) -> None:
        """Holds the payees for whom `when` is true."""
        self.holds.append(Hold(code, when, reason, about))

    def relevant_unless(self, excused: pl.Expr | None, start: int) -> None:
        """The reasons given since `start` hold nobody for whom `excused` is true: what does not count is not missed."""
        if excused is not None:
            self.holds[start:] = [replace(hold, when=hold.when & ~excused) for hold in self.holds[start:]]

    def result(self, kpi: str, of: SubjectKind, when: str = "") -> Exact:
        """A KPI's result, as a column of the wide frame."""
        key = ResultKey(kpi, of, when)
        self.results.add(key)
        value = Exact.column(key.column, self.ranges.results[key])
        self.stages.input(key.column, value)
        self.stages.input(key.answers)
        if of != "company":
            self.text(of)
        return value

    def answers(self, kpi: str, of: SubjectKind, when: str = "") -> Exact:
        """How many facts stand behind a result; missing where that is not known."""
        return Exact.column(ResultKey(kpi, of, when).answers, ANSWERS)

    def standing(self, kpi: str, of: SubjectKind, population: str) -> Standing:
        """Where a result stands among those of a population; missing for who is not one of them."""
        key = StandingKey(kpi, of, population)
        self.standings.add(key)
        counts = {}
        for name in STANDING:
            column = key.column(name)
            counts[name] = Exact.column(column, Scale(0, 1 if name in ("equal", "size") else 0, self.ranges.payees))
            self.stages.input(column, counts[name])
        return Standing(**counts)

    def text(self, column: str) -> pl.Expr:
        """A workforce column that is not a number."""
        self.workforce.add(column)
        self.stages.input(column)
        return pl.col(column)

    def parameter(self, parameters: Variants[Parameter | None], name: str, kpi: str | None = None) -> Exact | None:
        """A number of the rule set, or its column where it differs by payee (then missing holds the payee)."""
        if parameters.first is None:
            return None
        value = self.parameter_or_missing(parameters, kpi)
        first = parameters.first
        if isinstance(first, FromTable):
            of_kpi = f" and KPI `{kpi}`" if self.ranges.parameter_key(first, kpi).kpi else ""
            reason = f"table `{first.table}` has no {name} for this payee{of_kpi}"
            self.hold(f"missing-{name}", value.missing, reason)
        elif isinstance(first, FromColumn):
            self.hold(f"missing-{name}", value.missing, f"`{first.column}` is empty, which is the {name}")
        return value

    def parameter_or_missing(self, parameters: Variants[Parameter | None], kpi: str | None = None) -> Exact:
        """A number of the rule set, or its column where it differs by payee."""
        first = parameters.first
        if isinstance(first, FromColumn):
            return self._workforce_number(first.column)
        if not isinstance(first, FromTable):
            return parameters.number(_number)
        key = self.ranges.parameter_key(first, kpi)
        self.parameters.add(key)
        value = Exact.column(key.header, self.ranges.parameters[key])
        self.stages.input(key.header, value)
        return value

    def number(
        self,
        formulas: Variants[Formula],
        of: SubjectKind,
        column: str,
        given: Given = NOTHING_GIVEN,
        when: str = "",
    ) -> Exact:
        """What a formula gives for each payee; the curves that it calls are columns below `column`."""
        scope = self._scope(formulas.first, of, column, given, when)
        return compile_number(formulas.first, scope, formulas.each, self.plan)

    def condition(self, formulas: Variants[Formula], of: SubjectKind, column: str) -> pl.Expr:
        """Whether a condition holds for each payee; missing where that is not known."""
        scope = self._scope(formulas.first, of, column, NOTHING_GIVEN)
        return compile_condition(formulas.first, scope, formulas.each, self.plan)

    def hold_unless_known(
        self,
        code: str,
        formulas: Variants[Formula],
        of: SubjectKind,
        missing: pl.Expr,
        given: Given = NOTHING_GIVEN,
        when: str = "",
    ) -> None:
        """Holds the payees for whom a formula gives nothing, naming what it lacks."""
        formula = formulas.first
        texts = {each.text for each in formulas.each}
        told_as = f"`{formula.text}`" if len(texts) == 1 else f"the formula of `{code.removeprefix('missing-')}`"
        named = {name: self._named(name, of, given, when) for name in formula.names}
        named |= {name: self._named(name, of, NOTHING_GIVEN, when) for name in self._read_across(formula)}
        lacks = {name: value.missing if isinstance(value, Exact) else value.is_null() for name, value in named.items()}
        for name in sorted(lacks):
            told = f"there is no result of `{name}`" if name in self.kpis else f"`{name}` is empty"
            told = f"`{name}` could not be worked out" if name in given else told
            self.hold(code, missing & lacks[name], f"{told}, which {told_as} needs")
        known = ~pl.any_horizontal([pl.lit(False), *lacks.values()])
        why = "does it divide by zero, or leave a curve?" if formula.calls else "does it divide by zero?"
        self.hold(code, missing & known, f"{told_as} cannot be worked out: {why}")

    def _read_across(self, formula: Formula) -> Iterator[str]:
        """What the curves read, besides their argument, that a formula calls."""
        for across in (self.curves[call].across for call in formula.calls):
            if across is not None:
                yield from across.names - formula.names
                yield from self._read_across(across)

    def rounded(self, name: str, value: Exact, rounding: Rounding | None) -> Exact:
        """The value rounded where the rules say so, as a column."""
        return self.stages.number(name, value if rounding is None else rounding.of(value))

    def _scope(self, formula: Formula, of: SubjectKind, column: str, given: Given, when: str = "") -> Scope:
        names = {name: self._named(name, of, given, when) for name in formula.names}
        numbers = count(1)
        calls = {f"{name}()": self._call(name, of, column, numbers) for name in formula.calls}
        return {**names, **calls}

    def _call(self, name: str, of: SubjectKind, column: str, numbers: Iterator[int]) -> Callable[[Exact], Exact]:
        """A curve as a function: its argument and its rate are columns, numbered as the formula calls them.

        Where it gives nothing it holds nobody: whether the formula needs it there, only the formula can say.
        """
        curves = Variants((self.curves[name],), pl.lit(0, pl.UInt32))

        def rate(argument: Exact) -> Exact:
            place, reasons = f"{column}.{name}_{next(numbers)}", len(self.holds)
            value = self.rate(place, curves, self.stages.number(f"{place}.at", argument), of)
            del self.holds[reasons:]
            return value

        return rate

    def rate(self, name: str, curves: Variants[CurveKind], attainment: Exact, of: SubjectKind, when: str = "") -> Exact:
        """The rate of a curve, rounded, as a column; with what a second input adds in one below it."""
        first = curves.first
        across = None
        if first.across is not None:
            formulas = curves.map(_across)
            value = self.number(formulas, of, f"{name}.across", when=when)
            across = self.stages.number(f"{name}.across", value)
            self.hold_unless_known("missing-across", formulas, of, across.missing & ~attainment.missing, when=when)
        rounding = first.rounding if isinstance(first.rounding, Rounding) else None
        store = partial(self._scratched, f"{name}.power")
        rate = self.rounded(name, type(first).rate(curves, attainment, across, store), rounding)
        if not first.complete:
            outside = rate.missing & ~attainment.missing
            outside = outside if across is None else outside & ~across.missing
            of_node = name.removesuffix(".rate")
            self.hold("outside-curve", outside, f"the curve of `{of_node}` says nothing about this attainment")
        return rate

    def _scratched(self, name: str, value: Exact) -> Exact:
        """A number that is worked out once and told to nobody."""
        columns, stored = value.named(name)
        for column in columns:
            self.stages.scratch(column)
        return stored

    def _named(self, name: str, of: SubjectKind, given: Given, when: str) -> Exact | pl.Expr:
        if name in given:
            return given[name]
        period: dict[str, Callable[[], Exact | pl.Expr]] = {
            "period_days": lambda: Exact.of(self.period.days),
            "period_start": lambda: pl.lit(self.period.start),
            "period_end": lambda: pl.lit(self.period.end),
            DAYS_EMPLOYED: self._days_employed,
        }
        if name in period:
            return period[name]()
        if name in self.kpis:
            return self.result(name, of, when)
        return self.text(name) if self.ranges.types[name] != "number" else self._workforce_number(name)

    def _workforce_number(self, name: str) -> Exact:
        self.workforce.add(name)
        value = Exact.column(name, self.ranges.workforce[name])
        self.stages.input(name, value)
        if self.exchange is None or name not in self.exchange.own:
            return value
        return self._converted(self.exchange, name, value)

    def _converted(self, exchange: ResolvedExchange, name: str, own: Exact) -> Exact:
        """An amount in the payee's own currency, in that of the rules."""
        column = exchange.converted(name)
        if column not in self.stages.numbers:
            amount = exchange.rounding.of(own.over(self.exchange_rate(PLAN_RATE)))
            within = self.rates.own.get(name)
            self.stages.number(column, amount if within is None else amount.clipped(*within))
        return self.stages.numbers[column]

    @property
    def rates(self) -> RateRanges:
        """What is proved about exchange rates."""
        assert self.ranges.exchange is not None, "rules with an exchange have rates"
        return self.ranges.exchange

    def exchange_rate(self, name: str) -> Exact:
        """How much of the payee's currency one unit of the rules' is: `plan_rate`, or `rate`, which is paid."""
        rate = Exact.column(name, self.rates.plan if name == PLAN_RATE else self.rates.paid)
        self.text("currency")
        self.stages.input(PAID_CURRENCY)
        self.stages.input(name, rate)
        return rate

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


def _across(curve: CurveKind) -> Formula:
    assert curve.across is not None, "curves of one shape all have one"
    return curve.across


def _number(parameter: Parameter | None) -> Decimal:
    assert isinstance(parameter, Decimal)
    return parameter
