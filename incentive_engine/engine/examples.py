"""Examples: payees worked out by hand, run through the same stages as the workforce, and compared exactly.

An example gives results and parameters itself, so it needs no files: one row is laid out as the wide frame would be,
and the program evaluates it. What it does not give is missing, and holds the payee as it would in a run. What depends
on others is a number of its own: where a result stands in a population (`nps@payee#advisers.better`), and a factor that
a pool allows (`pool.factor`); nobody shares out a pool for one payee, so such a plan has examples of scores only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from incentive_engine.compiler.context import Hold
from incentive_engine.compiler.inputs import ANSWERS, PLAN, PREVIOUS, STANDING, Ranges, ResultKey, StandingKey
from incentive_engine.compiler.needs import result_keys
from incentive_engine.compiler.nodes import Scored
from incentive_engine.compiler.program import Program, compile_plans
from incentive_engine.engine.eligibility import assign
from incentive_engine.errors import Problem
from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import ColumnContract, Table
from incentive_engine.kinds.base import written
from incentive_engine.periods import Period
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import Example, Kpi
from incentive_engine.rulesets.resolving import ROOT, KeyPath, ResolvedPlan, resolve

PAYEE = "example"


@dataclass(frozen=True, slots=True)
class _Refused(Exception):
    """A value of an example that no run could have; `at` is its place below the example."""

    at: KeyPath
    code: str
    message: str
    hint: str | None = None


def run_examples(rules: Rules, ranges: Ranges) -> Iterator[Problem]:
    """Every example whose result is not the expected one."""
    programs: dict[tuple[str, str], tuple[ResolvedPlan, Program]] = {}
    for index, example in enumerate(rules.ruleset.examples):
        key = (example.plan, example.period)
        if key not in programs:
            programs[key] = _program(rules, ranges, *key)
        try:
            yield from _Outcome(rules, index, example, *programs[key]).differences()
        except _Refused as refused:
            where = rules.document.at(("examples", index, *refused.at))
            yield Problem(refused.code, f"example “{example.title}”: {refused.message}", where, refused.hint)


def _program(rules: Rules, ranges: Ranges, name: str, period: str) -> tuple[ResolvedPlan, Program]:
    plans = resolve(rules.ruleset, Period.parse(period, rules.ruleset.year_starts))
    plan = next(each for each in plans if each.name == name)
    kpis = frozenset(rules.ruleset.kpis)
    results = {key: rules.ranges.results[key.kpi] for key in result_keys((plan,), kpis)}
    return plan, compile_plans((plan,), replace(ranges, results=results), kpis)


class _Outcome:
    """What the engine makes of one example."""

    def __init__(self, rules: Rules, index: int, example: Example, plan: ResolvedPlan, program: Program) -> None:
        self._document, self._index, self._example = rules.document, index, example
        self._plan, self._program = plan, program
        contract = next(each for each in rules.contracts if each.name == WORKFORCE)
        people = _workforce(example, contract.columns, plan)
        table = Table(WORKFORCE, people, {each.name: _scale(each) for each in contract.columns if each.numeric},
                      True, "", ())  # fmt: skip
        assigned = assign((plan,), table, plan.period, rules.ruleset.currency, people.clear())
        self._failed = assigned.tests.filter(pl.col("result").eq(False)).collect()["test"].to_list()
        self._held = dict(assigned.held.select("code", "reason").iter_rows())
        wide = people.with_columns(pl.lit(0, pl.UInt32).alias(PLAN), *_inputs(rules, example, program))
        self._frame = program.evaluate(wide.lazy()).collect()
        if not self._true(self._worked_out()):
            self._held |= {hold.code: self._told(hold) for hold in program.holds if self._true(hold.when)}

    def _worked_out(self) -> pl.Expr:
        """Whether what the example expects could be worked out: of a plan with a pool that may be the score only."""
        program, expect = self._program, self._example.expect
        if program.pooled is None or (expect.payout is not None and self._plan.payout is not None):
            return program.paid
        return ~program.root.score.missing if expect.held is None else program.pooled.members

    def differences(self) -> Iterator[Problem]:
        """Where the outcome is not what the example expects."""
        expect = self._example.expect
        if self._failed:
            test = {"who": "`who`", "eligible": "`eligible`", "present": "its days of presence"}[self._failed[0]]
            message = f"this payee is not paid by `{self._example.plan}`: {test} says no"
            yield self._differs((), message, "correct the columns under `payee:`")
        elif expect.held is not None:
            if expect.held not in self._held:
                found = f"held: {self._reasons()}" if self._held else "paid"
                yield self._differs(("held",), f"the payee is {found}, not held with `{expect.held}`")
        elif self._held:
            yield self._differs((), f"the payee is held: {self._reasons()}", "give what is missing, or expect `held:`")
        else:
            yield from self._numbers()

    def _numbers(self) -> Iterator[Problem]:
        expect, program = self._example.expect, self._program
        scores = {scored.node.path: scored.score for scored in _all_scored(program.root)}
        for path, expected in expect.scores.items():
            yield from self._compared(("scores", path), f"the score of `{path}`", expected, scores[path])
        yield from self._compared(("score",), "the score", expect.score, scores[ROOT])
        if expect.payout is None:
            return
        if program.pooled is not None and self._plan.payout is None:
            message = f"`{self._example.plan}` is paid from a pool: what the others get decides the payout"
            yield self._differs(("payout",), message, "expect a `score:`")
        elif program.payout is None:
            message = f"`{self._example.plan}` is scored only: it has no `target_pay`"
            yield self._differs(("payout",), message, "expect a `score:`")
        else:
            yield from self._compared(("payout",), "the payout", expect.payout, program.payout)

    def _compared(self, at: KeyPath, what: str, expected: Decimal | None, value: Exact) -> Iterator[Problem]:
        if expected is None:
            return
        found = self._value(value)
        percent = (self._document.written(("examples", self._index, "expect", *at)) or "").endswith("%")
        if found is None:
            yield self._differs(at, f"{what} does not count, for lack of a result", self._shown_scores())
        elif found != Fraction(expected):
            told = f"{what} is {written(found, percent=percent)}, not {written(expected, percent=percent)}"
            yield self._differs(at, told, self._shown_scores())

    def _shown_scores(self) -> str:
        values = {each.node.path: self._value(each.score) for each in _all_scored(self._program.root)}
        told = [f"{path} {written(v, percent=True)}" for path, v in values.items() if v is not None and path != ROOT]
        return f"the scores are: {', '.join(told)}"

    def _differs(self, at: KeyPath, message: str, hint: str | None = None) -> Problem:
        path = ("examples", self._index, "expect", *at)
        where = self._document.at(path) if at else self._document.key_at(path)
        return Problem("example-differs", f"example “{self._example.title}”: {message}", where, hint)

    def _value(self, value: Exact) -> Fraction | None:
        counts = self._frame.select(value.expr).item()
        if counts is None:
            return None
        below = 1 if value.per is None else self._frame.select(value.per.expr).item()
        return Fraction(counts) * value.unit / below

    def _true(self, condition: pl.Expr) -> bool:
        return bool(self._frame.select(condition.fill_null(False)).to_series()[0])

    def _reasons(self) -> str:
        return "; ".join(f"{code} ({reason})" for code, reason in sorted(self._held.items()))

    def _told(self, hold: Hold) -> str:
        return hold.reason if hold.about is None else f"{hold.reason} {self._frame[hold.about].item()}"


def _all_scored(scored: Scored) -> Iterator[Scored]:
    yield scored
    for item in scored.items:
        yield from _all_scored(item)


def _workforce(example: Example, columns: tuple[ColumnContract, ...], plan: ResolvedPlan) -> pl.DataFrame:
    """The payee as the only row of a workforce; a team and a department that are not given have a name all the same."""
    given: dict[str, Any] = {"payee": PAYEE, "team": PAYEE, "department": PAYEE, **example.payee}
    cells = {each.name: pl.Series([_cell(each, given.get(each.name))], dtype=each.dtype) for each in columns}
    return pl.DataFrame(cells)


def _cell(column: ColumnContract, value: Decimal | str | bool | None) -> object:
    """The value as the column holds it."""
    at = ("payee", column.name)
    if value is None:
        return None
    if column.numeric:
        if isinstance(value, bool | str):
            raise _Refused(at, "wrong-type", f"`{column.name}` must be a number")
        return _count(at, column.name, Fraction(value), _scale(column))
    if column.type == "boolean":
        if not isinstance(value, bool):
            raise _Refused(at, "wrong-type", f"`{column.name}` must be `true` or `false`")
        return value
    if column.type == "text":
        if isinstance(value, bool):
            raise _Refused(at, "wrong-type", f"`{column.name}` must be text", "put it in quotes")
        return value if isinstance(value, str) else written(value)
    try:
        return dt.date.fromisoformat(str(value)) if column.type == "date" else dt.datetime.fromisoformat(str(value))
    except ValueError:
        raise _Refused(at, "not-a-date", f"`{column.name}` must be a date", "write it as 2026-01-31") from None


def _count(at: KeyPath, name: str, value: Fraction, scale: Scale) -> int:
    count = value * 10**scale.places
    if count.denominator != 1:
        raise _Refused(at, "too-many-decimals", f"`{name}` keeps {scale.places} decimals, not {written(value)}")
    if not scale.low <= count <= scale.high:
        low, high = (written(end) for end in scale.span())
        raise _Refused(
            at, "out-of-range", f"`{name}` is declared to lie between {low} and {high}, not {written(value)}"
        )
    return int(count)


def _inputs(rules: Rules, example: Example, program: Program) -> list[pl.Series]:
    """The results, with the facts behind them, the numbers of tables, the standings and what the pool brings."""
    columns: list[pl.Series] = []
    for key in program.results:
        columns += _result(rules, example, key)
    for name in program.parameters:
        scale = rules.ranges.parameters[name.table, name.column]
        columns.append(_parameter(example, name.name, name.header, scale))
    for standing in program.standings:
        columns += _standing(example, standing, program)
    if program.pooled is not None:
        columns += [_from_pool(example, name, value) for name, value in program.pooled.inputs.items()]
    return columns


def _result(rules: Rules, example: Example, key: ResultKey) -> Iterator[pl.Series]:
    """A result with its n; that of a part of the period stands under `nps.2026-07`, that of the one before nowhere."""
    name = f"{key.kpi}.{key.when}" if key.when else key.kpi
    result, answers = (
        None if key.when == PREVIOUS else given.get(name) for given in (example.results, example.answers)
    )
    scale = rules.ranges.results[key.kpi]
    rounded = None if result is None else _rounded(rules.ruleset.kpis[key.kpi], Fraction(result))
    yield _column(("results", name), name, key.column, rounded, scale)
    n = None if result is None or answers is None else Fraction(answers)
    yield _column(("answers", name), name, key.answers, n, ANSWERS)


def _parameter(example: Example, name: str, column: str, scale: Scale) -> pl.Series:
    value = example.parameters.get(name)
    return _column(("parameters", name), name, column, None if value is None else Fraction(value), scale)


def _standing(example: Example, key: StandingKey, program: Program) -> Iterator[pl.Series]:
    """The counts of a standing; where an example gives some of them, the others are the least that they can be."""
    given = {count: example.parameters.get(key.column(count)) for count in STANDING}
    told = {count: Fraction(value) for count, value in given.items() if value is not None}
    if told:
        better = told.setdefault("better", told.get("distinct", Fraction(0)))
        told.setdefault("distinct", min(better, Fraction(1)))
        least = better + told.setdefault("equal", Fraction(1))
        if told.setdefault("size", least) < least:
            column = key.column("size")
            raise _Refused(
                ("parameters", column), "out-of-range", f"`{column}` is less than those who are better or equal"
            )
    for count in STANDING:
        column = key.column(count)
        yield _column(("parameters", column), column, column, told.get(count), _scale_of(program.numbers[column]))


def _from_pool(example: Example, name: str, value: Exact | None) -> pl.Series:
    """What the pool gives: only its factor can be told."""
    if value is None:
        return pl.Series(name, [None], dtype=pl.Boolean)
    return _parameter(example, name, name, _scale_of(value))


def _scale_of(value: Exact) -> Scale:
    """The scale of a column of the wide frame."""
    assert value.finite_places is not None, "columns count tenths, hundredths…"
    return Scale(value.finite_places, value.low, value.high)


def _column(at: KeyPath, name: str, column: str, value: Fraction | None, scale: Scale) -> pl.Series:
    """The only row of a column of the wide frame."""
    count = None if value is None else _count(at, name, value, scale)
    return pl.Series(column, [count], dtype=Exact.column(column, scale).dtype)


def _rounded(kpi: Kpi, value: Fraction) -> Fraction:
    """The result with the decimals that its KPI keeps."""
    rounded = Exact.of(value).rounded(kpi.rounding.places, kpi.rounding.mode).constant
    assert rounded is not None, "a constant, rounded, is one"
    return rounded


def _scale(column: ColumnContract) -> Scale:
    return Scale(column.places, *column.count_bounds)
