"""Examples: payees worked out by hand, run through the same stages as the workforce, and compared exactly.

An example gives all that it needs itself, so it needs no files: one row is laid out as the wide frame would be, and the
program evaluates it. What it does not give is missing, and holds the payee as it would in a run. Nobody shares out a
pool for one payee: examples of a plan that is paid from one expect its scores.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import polars as pl

from incentive_engine.compiler.context import Hold
from incentive_engine.compiler.inputs import FIRST_DAY, LAST_DAY, PLAN, Ranges
from incentive_engine.compiler.needs import result_keys
from incentive_engine.compiler.nodes import Scored
from incentive_engine.compiler.program import Program, compile_plans
from incentive_engine.engine.eligibility import assign
from incentive_engine.engine.example_rows import Refused, absences_of, inputs_of, rates_of, workforce_of
from incentive_engine.engine.exchange import with_rates
from incentive_engine.engine.leave import time_away, with_leave
from incentive_engine.engine.segments import People, whole_time
from incentive_engine.errors import Problem
from incentive_engine.exact import Exact
from incentive_engine.facts import HELD_SCHEMA
from incentive_engine.kinds.base import written
from incentive_engine.periods import Period
from incentive_engine.rulesets.contracts import LEAVE, WORKFORCE
from incentive_engine.rulesets.example import Example
from incentive_engine.rulesets.exchange import PAID
from incentive_engine.rulesets.in_force import EDITION
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ROOT, KeyPath, ResolvedPlan, resolve


def run_examples(rules: Rules, ranges: Ranges) -> Iterator[Problem]:
    """Every example whose result is not the expected one."""
    programs: dict[tuple[str, str], tuple[ResolvedPlan, Program]] = {}
    for index, example in enumerate(rules.ruleset.examples):
        key = (example.plan, example.period)
        try:
            if key not in programs:
                programs[key] = _program(rules, ranges, *key)
            yield from _Outcome(rules, index, example, *programs[key]).differences()
        except Refused as refused:
            where = rules.document.at(("examples", index, *refused.at))
            yield Problem(refused.code, f"example “{example.title}”: {refused.message}", where, refused.hint)


def _program(rules: Rules, ranges: Ranges, name: str, period: str) -> tuple[ResolvedPlan, Program]:
    plans = resolve(rules.ruleset, Period.parse(period, rules.ruleset.year_starts))
    plan = next((each for each in plans if each.name == name), None)
    if plan is None:
        known = [f"`{each.name}`" for each in plans if each.name.partition(EDITION)[0] == name.partition(EDITION)[0]]
        hint = f"in {period} there is {', '.join(known)}" if known else "take a period in which it is"
        raise Refused(("plan",), "unknown-plan", f"`{name}` is not in force in {period}", hint)
    kpis = frozenset(rules.ruleset.kpis)
    results = {key: rules.ranges.results[key.kpi] for key in result_keys((plan,), kpis)}
    return plan, compile_plans((plan,), replace(ranges, results=results), kpis)


class _Outcome:
    """What the engine makes of one example."""

    def __init__(self, rules: Rules, index: int, example: Example, plan: ResolvedPlan, program: Program) -> None:
        self._document, self._index, self._example = rules.document, index, example
        self._plan, self._program = plan, program
        tables = {WORKFORCE: workforce_of(rules, example), LEAVE: absences_of(example)}
        table, nobody = whole_time(tables[WORKFORCE], plan.period), pl.DataFrame(schema=HELD_SCHEMA)
        people = People(table, None, nobody)
        away = time_away(rules.ruleset, tables, people)
        rates = rates_of(rules, example, plan.exchange)
        assigned = assign((plan,), table, plan.period, rates, nobody, nobody, away)
        self._failed = assigned.tests.filter(pl.col("result").eq(False)).collect()["test"].to_list()
        self._held = dict(assigned.held.select("code", "reason").iter_rows())
        begin, end = map(pl.lit, plan.days)
        wide = table.frame.with_columns(
            pl.lit(0, pl.UInt32).alias(PLAN),
            pl.max_horizontal(FIRST_DAY, begin).alias(FIRST_DAY),
            pl.min_horizontal(LAST_DAY, end).alias(LAST_DAY),
            *inputs_of(rules, example, program),
        )
        wide = with_leave(wide, pl.Series([0], dtype=pl.UInt32), program, people, away)
        self._frame = program.evaluate(with_rates(wide, program, rates).lazy()).collect()
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
        if expect.payout is None and expect.paid is None:
            return
        if program.pooled is not None and self._plan.payout is None:
            message = f"`{self._example.plan}` is paid from a pool: what the others get decides the payout"
            yield self._differs(("payout",), message, "expect a `score:`")
        elif program.payout is None:
            message = f"`{self._example.plan}` is scored only: it has no `target_pay`"
            yield self._differs(("payout",), message, "expect a `score:`")
        else:
            yield from self._compared(("payout",), "the payout", expect.payout, program.payout)
            paid = program.numbers.get(PAID, program.payout)
            yield from self._compared(("paid",), "what is paid", expect.paid, paid)

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
