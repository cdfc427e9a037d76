"""What the engine makes of an example: one payee, run through the same stages as the workforce.

An example gives all that it needs itself, so it needs no files: one row is laid out as the wide frame would be, and the
program evaluates it. What it does not give is missing, and holds the payee as it would in a run. Nobody shares out a
pool for one payee: of a plan that is paid from one, there are its scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
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
from incentive_engine.exact import Exact
from incentive_engine.facts import HELD_SCHEMA
from incentive_engine.periods import Period
from incentive_engine.rulesets.contracts import LEAVE, WORKFORCE
from incentive_engine.rulesets.example import Example
from incentive_engine.rulesets.in_force import EDITION
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan, resolve


class Programs:
    """The programs of a rule set's plans for the periods of its examples, each compiled once."""

    def __init__(self, rules: Rules, ranges: Ranges) -> None:
        self._rules, self._ranges = rules, ranges
        self._made: dict[tuple[str, str], tuple[ResolvedPlan, Program]] = {}

    def outcome(self, example: Example) -> Outcome:
        """What the engine makes of an example. Raises Refused for one that no run could have."""
        key = (example.plan, example.period)
        if key not in self._made:
            self._made[key] = self._compiled(*key)
        return Outcome(self._rules, example, *self._made[key])

    def period(self, example: Example) -> Period:
        """The period of an example."""
        return Period.parse(example.period, self._rules.ruleset.year_starts)

    def _compiled(self, name: str, period: str) -> tuple[ResolvedPlan, Program]:
        plans = resolve(self._rules.ruleset, Period.parse(period, self._rules.ruleset.year_starts))
        plan = next((each for each in plans if each.name == name), None)
        if plan is None:
            base = name.partition(EDITION)[0]
            known = [f"`{each.name}`" for each in plans if each.name.partition(EDITION)[0] == base]
            hint = f"in {period} there is {', '.join(known)}" if known else "take a period in which it is"
            raise Refused(("plan",), "unknown-plan", f"`{name}` is not in force in {period}", hint)
        return plan, self.compiled(plan)

    def compiled(self, plan: ResolvedPlan) -> Program:
        """The program of one plan alone."""
        kpis = frozenset(self._rules.ruleset.kpis)
        results = {key: self._rules.ranges.results[key.kpi] for key in result_keys((plan,), kpis)}
        return compile_plans((plan,), replace(self._ranges, results=results), kpis)


class Outcome:
    """What the engine makes of one example: which tests fail, why the payee is held, and every number on the way."""

    def __init__(self, rules: Rules, example: Example, plan: ResolvedPlan, program: Program) -> None:
        self.example, self.plan, self.program = example, plan, program
        tables = {WORKFORCE: workforce_of(rules, example), LEAVE: absences_of(example)}
        table, nobody = whole_time(tables[WORKFORCE], plan.period), pl.DataFrame(schema=HELD_SCHEMA)
        people = People(table, None, nobody)
        away = time_away(rules.ruleset, tables, people)
        rates = rates_of(rules, example, plan.exchange)
        assigned = assign((plan,), table, plan.period, rates, nobody, nobody, away)
        self.scales = table.scales
        self.failed: list[str] = assigned.tests.filter(pl.col("result").eq(False)).collect()["test"].to_list()
        """The tests that say no: `who`, `eligible`, `present`."""
        self.held: Mapping[str, str] = dict(assigned.held.select("code", "reason").iter_rows())
        """Why the payee is held, by code."""
        begin, end = map(pl.lit, plan.days)
        wide = table.frame.with_columns(
            pl.lit(0, pl.UInt32).alias(PLAN),
            pl.max_horizontal(FIRST_DAY, begin).alias(FIRST_DAY),
            pl.min_horizontal(LAST_DAY, end).alias(LAST_DAY),
            *inputs_of(rules, example, program),
        )
        wide = with_leave(wide, pl.Series([0], dtype=pl.UInt32), program, people, away)
        self.frame = program.evaluate(with_rates(wide, program, rates).lazy()).collect()
        """One row: what came in, and every stage column."""
        if not self.true(self._worked_out()):
            self.held |= {hold.code: self._told(hold) for hold in program.holds if self.true(hold.when)}

    @property
    def paid(self) -> bool:
        """Whether the plan pays (or scores) the payee: no test says no, and nothing holds."""
        return not self.failed and not self.held

    def _worked_out(self) -> pl.Expr:
        """Whether what the example expects could be worked out: of a plan with a pool that may be the score only."""
        program, expect = self.program, self.example.expect
        if program.pooled is None or (expect.payout is not None and self.plan.payout is not None):
            return program.paid
        return ~program.root.score.missing if expect.held is None else program.pooled.members

    def value(self, value: Exact) -> Fraction | None:
        """A number of the program; None where it is missing."""
        counts = self.frame.select(value.expr).item()
        if counts is None:
            return None
        below = 1 if value.per is None else self.frame.select(value.per.expr).item()
        return Fraction(counts) * value.unit / below

    def number(self, name: str) -> Fraction | None:
        """A number of the program, by its column; None where it is missing or the program has none."""
        value = self.program.numbers.get(name)
        return None if value is None else self.value(value)

    def true(self, condition: pl.Expr) -> bool:
        """Whether a condition holds: not where it is missing."""
        return bool(self.frame.select(condition.fill_null(False)).to_series()[0])

    def scores(self) -> dict[str, Fraction | None]:
        """The score of every node, by its path; None where it does not count."""
        return {each.node.path: self.value(each.score) for each in all_scored(self.program.root)}

    def _told(self, hold: Hold) -> str:
        return hold.reason if hold.about is None else f"{hold.reason} {self.frame[hold.about].item()}"


def all_scored(scored: Scored) -> Iterator[Scored]:
    """The compiled node and every one below it, in written order."""
    yield scored
    for item in scored.items:
        yield from all_scored(item)
