"""Who is in which plan: `who` selects, `eligible` filters, and two plans that pay the same thing hold the payee.

A test is worked out once per distinct combination of the columns that it names, not once per payee: a thousand plans
that select by team look at a thousand teams.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from incentive_engine.compiler.context import days_employed
from incentive_engine.compiler.inputs import DAYS_EMPLOYED
from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import HELD_SCHEMA, Table
from incentive_engine.formulas import Formula, Scope, compile_condition
from incentive_engine.periods import Period
from incentive_engine.rulesets.resolving import ResolvedPlan

NUMBER = "number#"
_RESULT = "result"


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who is paid on what.

    `assignments`: one row per payee × plan to evaluate: payee, number# (of the plan in the rule set).
    `tests`: one row per payee × plan × test: payee, plan, test, result. `held`: payees who cannot be assigned.
    """

    assignments: pl.DataFrame
    tests: pl.DataFrame
    held: pl.DataFrame


def assign(plans: Sequence[ResolvedPlan], workforce: Table, period: Period, currency: str) -> Assigned:
    """Every payee's plans. Who is paid in another currency than the rules' is held: amounts in two are never added."""
    people = workforce.frame
    if "hired" in people.columns:
        people = people.with_columns(days_employed(period).alias(DAYS_EMPLOYED))
    selected = _tested([(number, plan.who) for number, plan in enumerate(plans)], people, workforce, period)
    outside = selected.filter(~pl.col(_RESULT)).join(
        selected.filter(pl.col(_RESULT).fill_null(True)), on="payee", how="anti"
    )
    inside = selected.filter(pl.col(_RESULT).fill_null(True))
    tests = [outside.with_columns(test=pl.lit("who")), inside.with_columns(test=pl.lit("who"))]
    candidates = inside
    for name, tested in (
        ("eligible", _eligible(plans, candidates, people, workforce, period)),
        ("present", _present(plans, candidates, people, period)),
    ):
        tests.append(tested.with_columns(test=pl.lit(name)))
        refused = tested.filter(~pl.col(_RESULT))
        candidates = candidates.join(refused, on=["payee", NUMBER], how="anti")
    every_test = pl.concat([test.select("payee", NUMBER, "test", _RESULT) for test in tests])
    unknown = every_test.filter(pl.col(_RESULT).is_null(), pl.col("test") != "present").join(
        candidates, on=["payee", NUMBER], how="semi"
    )
    conflicts = _conflicts(plans, candidates)
    foreign = candidates.join(_paid_elsewhere(people, currency), on="payee")
    blocked = pl.concat([frame.select("payee", NUMBER) for frame in (unknown, conflicts, foreign)])
    return Assigned(
        assignments=candidates.select("payee", NUMBER)
        .join(blocked, on=["payee", NUMBER], how="anti")
        .sort("payee", NUMBER),
        tests=_named(plans, every_test).sort("payee", NUMBER, "test").drop(NUMBER),
        held=pl.concat(
            [_held_unknown(plans, unknown, people), _held_conflicts(plans, conflicts), _held_foreign(foreign, currency)]
        ),
    )


def _scope(workforce: Table, period: Period) -> Scope:
    scope: dict[str, Exact | pl.Expr] = {
        column: Exact.column(column, workforce.scales[column]) if column in workforce.scales else pl.col(column)
        for column in workforce.frame.columns
    }
    scope["period_days"] = Exact.of(period.days)
    scope["period_start"], scope["period_end"] = pl.lit(period.start), pl.lit(period.end)
    scope[DAYS_EMPLOYED] = Exact.column(DAYS_EMPLOYED, Scale(0, -(10**7), 10**7))
    return scope


def _tested(
    tests: Iterable[tuple[int, Formula]], people: pl.DataFrame, workforce: Table, period: Period
) -> pl.DataFrame:
    """One row per payee × test: payee, number#, result."""
    tests = list(tests)
    scope = _scope(workforce, period)
    named = sorted({name for _, formula in tests for name in formula.names} & set(people.columns))
    if not named:
        people, named = people.with_columns(pl.lit(True).alias("everyone")), ["everyone"]
    cases = people.select(named).unique().with_row_index("case")
    results = cases.select("case", *(compile_condition(formula, scope).alias(str(number)) for number, formula in tests))
    long = results.unpivot(index="case", variable_name=NUMBER, value_name=_RESULT).with_columns(
        pl.col(NUMBER).cast(pl.UInt32)
    )
    numbered = (
        people.select("payee", *named).join(cases, on=named, how="left", nulls_equal=True).select("payee", "case")
    )
    return numbered.join(long, on="case").select("payee", NUMBER, _RESULT)


def _eligible(
    plans: Sequence[ResolvedPlan], candidates: pl.DataFrame, people: pl.DataFrame, workforce: Table, period: Period
) -> pl.DataFrame:
    """The result of `eligible` for each candidate whose plan has one."""
    formulas: dict[Formula, list[int]] = {}
    for number, plan in enumerate(plans):
        if plan.eligible is not None:
            formulas.setdefault(plan.eligible, []).append(number)
    scope = _scope(workforce, period)
    parts = [
        candidates.filter(pl.col(NUMBER).is_in(numbers))
        .join(people, on="payee", how="left")
        .select("payee", NUMBER, compile_condition(formula, scope).alias(_RESULT))
        for formula, numbers in formulas.items()
    ]
    return pl.concat([candidates.clear().select("payee", NUMBER, _RESULT), *parts])


def _present(
    plans: Sequence[ResolvedPlan], candidates: pl.DataFrame, people: pl.DataFrame, period: Period
) -> pl.DataFrame:
    """Whether a prorated candidate was there on any day of the period; the plan holds who has no hire date."""
    prorated = {number: plan.proration for number, plan in enumerate(plans) if plan.proration is not None}
    kinds = dict.fromkeys(prorated.values())
    parts = [
        candidates.filter(pl.col(NUMBER).is_in([number for number, each in prorated.items() if each == kind]))
        .join(people, on="payee", how="left")
        .select("payee", NUMBER, (kind.days(period) > 0).alias(_RESULT))
        for kind in kinds
    ]
    return pl.concat([candidates.clear().select("payee", NUMBER, _RESULT), *parts])


def _conflicts(plans: Sequence[ResolvedPlan], candidates: pl.DataFrame) -> pl.DataFrame:
    """Candidates of two plans that pay the same thing."""
    pays = pl.Series([plan.pays for plan in plans], dtype=pl.String)
    paid = candidates.select("payee", NUMBER, pl.lit(pays).gather(pl.col(NUMBER)).alias("pays"))
    return paid.filter(pl.len().over("payee", "pays") > 1)


def _named(plans: Sequence[ResolvedPlan], frame: pl.DataFrame) -> pl.DataFrame:
    names = pl.Series([plan.name for plan in plans], dtype=pl.String)
    return frame.select("payee", pl.lit(names).gather(pl.col(NUMBER)).alias("plan"), "test", _RESULT, NUMBER)


def _held_unknown(plans: Sequence[ResolvedPlan], unknown: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Candidates for whom a test gives neither yes nor no, with the columns that are empty."""
    parts = [pl.DataFrame(schema=HELD_SCHEMA)]
    for number, test in unknown.select(NUMBER, "test").unique().sort(NUMBER, "test").rows():
        formula = plans[number].who if test == "who" else plans[number].eligible
        assert formula is not None
        named = {"hired" if name == DAYS_EMPLOYED else name for name in formula.names}
        empty = [
            pl.when(pl.col(name).is_null()).then(pl.lit(f"`{name}`")) for name in sorted(named & set(people.columns))
        ]
        rows = unknown.filter(pl.col(NUMBER) == number, pl.col("test") == test).join(people, on="payee")
        parts.append(
            rows.select(
                table=pl.lit("workforce"),
                key=pl.col("payee"),
                payee=pl.col("payee"),
                code=pl.lit(f"missing-{test}"),
                reason=pl.format(
                    "plan `{}`: {} is empty, which `{}: {}` needs",
                    pl.lit(plans[number].name),
                    pl.concat_str(empty, separator=", ", ignore_nulls=True),
                    pl.lit(test),
                    pl.lit(formula.text),
                ),
            )
        )
    return pl.concat(parts)


def _held_conflicts(plans: Sequence[ResolvedPlan], conflicts: pl.DataFrame) -> pl.DataFrame:
    names = _gathered([plan.name for plan in plans])
    return (
        conflicts.sort("payee", NUMBER)
        .with_columns(names.alias("plans"))
        .group_by("payee", "pays", maintain_order=True)
        .agg("plans")
        .select(
            table=pl.lit("workforce"),
            key=pl.col("payee"),
            payee=pl.col("payee"),
            code=pl.lit("two-plans"),
            reason=pl.format("plans {} all pay `{}`", pl.col("plans").list.join(", "), "pays"),
        )
    )


def _paid_elsewhere(people: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Payees whose own currency is not the rules'."""
    own = pl.col("currency") if "currency" in people.columns else pl.lit(None, pl.String).alias("currency")
    return people.select("payee", own).filter(pl.col("currency") != currency)


def _held_foreign(foreign: pl.DataFrame, currency: str) -> pl.DataFrame:
    return foreign.unique("payee").select(
        table=pl.lit("workforce"),
        key=pl.col("payee"),
        payee=pl.col("payee"),
        code=pl.lit("other-currency"),
        reason=pl.format("is paid in {}, and the rules pay in {}", "currency", pl.lit(currency)),
    )


def _gathered(values: Sequence[str]) -> pl.Expr:
    return pl.lit(pl.Series(values, dtype=pl.String)).gather(pl.col(NUMBER))
