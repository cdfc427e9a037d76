"""What is paid with another value of one number of the rules: the whole of it, by the engine that pays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import SEGMENT
from incentive_engine.engine import outputs
from incentive_engine.engine.sweeping import Sweep
from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.rulesets.loading import Rules, rules_for
from incentive_engine.simulation.scenarios.overlay import overlaid
from incentive_engine.simulation.scenarios.simulating import Baseline, paid_by
from incentive_engine.simulation.seeking.rule_numbers import RuleNumber, change_of

KEYS: Final = ("payee", "plan", SEGMENT)
"""What tells apart what is rounded by itself."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose payouts are the cost: everybody's, those of a plan, those of a department, or of both."""

    plan: str | None = None
    department: str | None = None

    def of(self, payouts: pl.DataFrame) -> pl.DataFrame:
        """The rows of payouts that are paid and belong to it."""
        name = pl.col("plan").str.split("@").list.first()  # a plan that changes inside a period has versions
        payouts = payouts if self.plan is None else payouts.filter(name == self.plan)
        payouts = payouts if self.department is None else payouts.filter(pl.col("department") == self.department)
        return payouts.filter(pl.col("payout").is_not_null())


@dataclass(frozen=True, slots=True)
class Priced:
    """A value, what all in the scope cost with it, in the rules' currency, and how many of them are paid."""

    value: Decimal
    cost: Decimal
    payees: int


def cost(paid: pl.DataFrame) -> Decimal:
    """What all are paid together; `paid` as `Scope.of` gives it."""
    return Decimal(paid["payout"].sum() or 0)


def priced(value: Decimal, paid: pl.DataFrame) -> Priced:
    """A value with which that is paid; `paid` as `Scope.of` gives it."""
    return Priced(value, cost(paid), paid["payee"].n_unique())


def with_value(rules: Rules, number: RuleNumber, value: Decimal) -> Rules:
    """The rules with another value of a number. Raises InputProblems where it may not be written."""
    path = number.path if number.literal is None else number.path.rpartition(".")[0]
    return overlaid(rules, {path: change_of(rules, number, value)})


class Payments:
    """What everybody in a scope is paid by rules with other numbers, many of them at once."""

    def __init__(self, baseline: Baseline, scope: Scope) -> None:
        """Raises InputProblems for a plan or a department that nobody has."""
        refuse_nobody(baseline, scope)
        self._baseline, self._scope = baseline, scope
        self._sweep = Sweep(baseline.calculation, lambda rules: paid_by(baseline, rules))
        people = baseline.calculation.people.table.frame
        named = "department" if "department" in people.columns else pl.lit(None, pl.String).alias("department")
        self._departments = people.select("payee", pl.col(SEGMENT).cast(pl.Int64), named)
        self.now = scope.of(baseline.run.payouts)
        """What they are paid as the rules are."""

    def with_values(self, asked: Sequence[tuple[RuleNumber, Decimal]]) -> list[pl.DataFrame | InputProblems]:
        """What they are paid with each value in the place of a number, or why it may not be written there.

        One row per payee × plan × segment: payee, plan, segment, payout.
        """
        found = [self._rules(number, value) for number, value in asked]
        paid = iter(self._paid([each for each in found if isinstance(each, Rules)]))
        return [next(paid) if isinstance(each, Rules) else each for each in found]

    def in_full(self, number: RuleNumber, value: Decimal) -> pl.DataFrame:
        """What they are paid with a value, as a run with it calculates it. Raises InputProblems as a run does."""
        rules = with_value(self._baseline.rules, number, value)
        return self._scope.of(outputs.payouts(paid_by(self._baseline, rules)).collect(engine="streaming"))

    def _rules(self, number: RuleNumber, value: Decimal) -> Rules | InputProblems:
        try:
            return rules_for(with_value(self._baseline.rules, number, value), self._baseline.period)
        except InputProblems as problems:
            return problems

    def _paid(self, variants: Sequence[Rules]) -> Iterator[pl.DataFrame | InputProblems]:
        try:
            yield from [self._in_scope(each.payouts) for each in self._sweep.paid(variants)]
        except InputProblems as problems:  # of one of them: a number can be too long for what is exact
            if len(variants) == 1:
                yield problems
            else:
                for each in variants:
                    yield from self._paid([each])

    def _in_scope(self, rows: pl.LazyFrame) -> pl.DataFrame:
        """Every segment apart: one may be paid more, and another less. All belong to the last department of a plan."""
        known = rows.join(self._departments.lazy(), on=["payee", SEGMENT], how="left").sort(SEGMENT)
        payouts = known.with_columns(pl.col("department").last().over("payee", "plan")).collect(engine="streaming")
        return self._scope.of(payouts).select(*KEYS, "payout")


def refuse_nobody(baseline: Baseline, scope: Scope) -> None:
    """Raises InputProblems for a plan or a department that nobody has, and where nobody at all is paid."""
    if baseline.run.payouts["payout"].drop_nulls().is_empty():
        message = f"nobody is paid for {baseline.period.name} by these rules"
        hint = "look whether the data are of this period: `incentive run` tells who is held, and why"
        raise InputProblems([Problem("nobody-paid", message, hint=hint)])
    plans = {plan.name.partition("@")[0] for plan in baseline.calculation.plans}
    if scope.plan is not None and scope.plan not in plans:
        message = f"there is no plan `{scope.plan}` in the period"
        raise InputProblems([Problem("unknown-plan", message, hint=_meant(scope.plan, plans))])
    departments = set(baseline.run.payouts["department"].drop_nulls())
    if scope.department is not None and scope.department not in departments:
        message = f"nobody is paid in a department `{scope.department}`"
        raise InputProblems([Problem("unknown-department", message, hint=_meant(scope.department, departments))])


def _meant(name: str, known: set[str]) -> str:
    return did_you_mean(name, known) or "they are " + ", ".join(f"`{each}`" for each in sorted(known))
