"""Examples: payees worked out by hand, run through the same stages as the workforce, and compared exactly.

An example gives results and parameters itself, so it needs no files: one row is laid out as the wide frame would be,
and the program evaluates it. What it does not give is missing, and holds the payee as it would in a run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from incentive_engine.compiler.context import Hold
from incentive_engine.compiler.inputs import PLAN, Ranges
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
_MOST_ANSWERS = Scale(0, 0, 10**9)


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
    return plan, compile_plans((plan,), ranges, frozenset(rules.ruleset.kpis))


class _Outcome:
    """What the engine makes of one example."""

    def __init__(self, rules: Rules, index: int, example: Example, plan: ResolvedPlan, program: Program) -> None:
        self._document, self._index, self._example, self._program = rules.document, index, example, program
        contract = next(each for each in rules.contracts if each.name == WORKFORCE)
        people = _workforce(example, contract.columns, plan)
        table = Table(WORKFORCE, people, {each.name: _scale(each) for each in contract.columns if each.numeric},
                      True, "", ())  # fmt: skip
        assigned = assign((plan,), table, plan.period, rules.ruleset.currency, people.clear())
        self._failed = assigned.tests.filter(pl.col("result").eq(False)).collect()["test"].to_list()
        self._held = dict(assigned.held.select("code", "reason").iter_rows())
        wide = people.with_columns(pl.lit(0, pl.UInt32).alias(PLAN), *_inputs(rules, example, program))
        self._frame = program.evaluate(wide.lazy()).collect()
        if not self._frame.select(program.paid).item():
            self._held |= {hold.code: self._told(hold) for hold in program.holds if self._true(hold.when)}

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
        if expect.payout is not None and program.payout is None:
            message = f"`{self._example.plan}` is scored only: it has no `target_pay`"
            yield self._differs(("payout",), message, "expect a `score:`")
        elif program.payout is not None:
            yield from self._compared(("payout",), "the payout", expect.payout, program.payout)

    def _compared(self, at: KeyPath, what: str, expected: Decimal | None, value: Exact) -> Iterator[Problem]:
        found = self._value(value)
        if expected is not None and found != Fraction(expected):
            percent = (self._document.written(("examples", self._index, "expect", *at)) or "").endswith("%")
            told = f"{what} is {written(found, percent=percent)}, not {written(expected, percent=percent)}"
            yield self._differs(at, told, self._shown_scores())

    def _shown_scores(self) -> str:
        scores = [
            f"{scored.node.path} {written(self._value(scored.score), percent=True)}"
            for scored in _all_scored(self._program.root)
            if scored.node.path != ROOT and (scored.left_out is None or not self._true(scored.left_out))
        ]
        return f"the scores are: {', '.join(scores)}"

    def _differs(self, at: KeyPath, message: str, hint: str | None = None) -> Problem:
        path = ("examples", self._index, "expect", *at)
        where = self._document.at(path) if at else self._document.key_at(path)
        return Problem("example-differs", f"example “{self._example.title}”: {message}", where, hint)

    def _value(self, value: Exact) -> Fraction:
        counts = self._frame.select(value.expr).item()
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
    """The results, with the facts behind them, and the parameters that the program reads."""
    columns = []
    for key in program.results:
        result = None if key.previous else example.results.get(key.kpi)
        scale = rules.ranges.results[key.kpi]
        at: KeyPath = ("results", key.kpi)
        rounded = None if result is None else _rounded(rules.ruleset.kpis[key.kpi], Fraction(result))
        count = None if rounded is None else _count(at, key.kpi, rounded, scale)
        columns.append(pl.Series(key.column, [count], dtype=Exact.column(key.column, scale).dtype))
        answers = None if result is None else example.answers.get(key.kpi)
        if answers is not None:
            _count(("answers", key.kpi), key.kpi, Fraction(answers), _MOST_ANSWERS)
        columns.append(pl.Series(key.answers, [answers], dtype=pl.Int64))
    for name in program.parameters:
        scale = rules.ranges.parameters[name.table, name.column]
        value = example.parameters.get(name.name)
        count = None if value is None else _count(("parameters", name.name), name.name, Fraction(value), scale)
        columns.append(pl.Series(name.header, [count], dtype=Exact.column(name.header, scale).dtype))
    return columns


def _rounded(kpi: Kpi, value: Fraction) -> Fraction:
    """The result with the decimals that its KPI keeps."""
    rounded = Exact.of(value).rounded(kpi.rounding.places, kpi.rounding.mode).constant
    assert rounded is not None, "a constant, rounded, is one"
    return rounded


def _scale(column: ColumnContract) -> Scale:
    return Scale(column.places, *column.count_bounds)
