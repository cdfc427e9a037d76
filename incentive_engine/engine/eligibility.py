"""Who is in which plan: `who` selects, `eligible` filters, and two plans that pay the same thing hold the payee.

A test is worked out once per distinct combination of the columns that it names, not once per payee: a thousand plans
that select by team look at a thousand teams. Payees are numbered meanwhile: integers join and sort five times as fast
as names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from incentive_engine.compiler.context import days_employed
from incentive_engine.compiler.inputs import DAYS, DAYS_EMPLOYED
from incentive_engine.exact import Exact
from incentive_engine.facts import HELD_SCHEMA, Table
from incentive_engine.formulas import Formula, Scope, compile_condition
from incentive_engine.periods import Period
from incentive_engine.rulesets.resolving import ResolvedPlan

NUMBER = "\0number"
_PERSON, _CASE, _SELECTED, _EVERYONE = "\0person", "\0case", "\0selected", "\0everyone"  # no header is so
_RESULT = "result"
_TEST = pl.Enum(["eligible", "present", "who"])


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who is paid on what.

    `assignments`: one row per payee × plan to evaluate: payee, number (of the plan in the rule set).
    `tests`: one row per payee × plan × test: payee, plan, test, result. `held`: payees who cannot be assigned.
    """

    assignments: pl.DataFrame
    tests: pl.LazyFrame
    held: pl.DataFrame


def assign(
    plans: Sequence[ResolvedPlan], workforce: Table, period: Period, currency: str, held: pl.DataFrame
) -> Assigned:
    """Every payee's plans; those of `held` payees are not evaluated.

    Who is paid in another currency than the rules' is held: amounts in two are never added.
    """
    people = everyone(workforce, period).with_row_index(_PERSON)
    selected = _tested([(number, plan.who) for number, plan in enumerate(plans)], people, workforce, period)
    candidates = selected.filter(pl.col(_RESULT).fill_null(True))
    tests = [selected.with_columns(test=pl.lit("who", _TEST))]
    for name, tested in (
        ("eligible", _eligible(plans, candidates, people, workforce, period)),
        ("present", _present(plans, candidates, people, period)),
    ):
        tests.append(tested.with_columns(test=pl.lit(name, _TEST)))
        refused = tested.filter(~pl.col(_RESULT))
        candidates = _without(candidates, refused)
    every_test = pl.concat([test.select(_PERSON, NUMBER, "test", _RESULT) for test in tests])
    faulty = candidates.join(people.join(held, on="payee", how="semi").select(_PERSON), on=_PERSON)
    doubtful = every_test.filter(pl.col(_RESULT).is_null(), pl.col("test") != "present")
    unknown = doubtful.join(_without(candidates, faulty), on=[_PERSON, NUMBER], how="semi")
    conflicts = _conflicts(plans, candidates)
    foreign = candidates.join(_paid_elsewhere(people, currency), on=_PERSON)
    blocked = pl.concat([frame.select(_PERSON, NUMBER) for frame in (unknown, conflicts, foreign, faulty)])
    names = people.select(_PERSON, "payee")
    reasons = [
        _held_unknown(plans, unknown, people),
        _held_conflicts(plans, conflicts.join(names, on=_PERSON)),
        _held_foreign(foreign, currency),
    ]
    return Assigned(
        assignments=_without(candidates, blocked).sort(_PERSON, NUMBER).select(_payee(people), NUMBER),
        tests=_named(plans, every_test.sort(_PERSON, NUMBER, "test"), people),
        held=pl.concat(reasons),
    )


def _without(candidates: pl.DataFrame, refused: pl.DataFrame) -> pl.DataFrame:
    if refused.is_empty():
        return candidates
    return candidates.join(refused, on=[_PERSON, NUMBER], how="anti", maintain_order="left")


def _payee(people: pl.DataFrame) -> pl.Expr:
    return pl.lit(people["payee"]).gather(pl.col(_PERSON)).alias("payee")


def everyone(workforce: Table, period: Period) -> pl.DataFrame:
    """The workforce, with what formulas name besides its columns."""
    frame = workforce.frame
    return frame.with_columns(days_employed(period).alias(DAYS_EMPLOYED)) if "hired" in frame.columns else frame


def scope_of(workforce: Table, period: Period) -> Scope:
    """What the names of a formula mean that speaks of `everyone`, and of no results."""
    scope: dict[str, Exact | pl.Expr] = {
        column: Exact.column(column, workforce.scales[column]) if column in workforce.scales else pl.col(column)
        for column in workforce.frame.columns
    }
    return {**scope, **whole_period(period), DAYS_EMPLOYED: Exact.column(DAYS_EMPLOYED, DAYS)}


def whole_period(period: Period) -> Scope:
    """What the names of a formula mean that speak of the period."""
    start, end = pl.lit(period.start), pl.lit(period.end)
    return {"period_days": Exact.of(period.days), "period_start": start, "period_end": end}


def _tested(
    tests: Iterable[tuple[int, Formula]], people: pl.DataFrame, workforce: Table, period: Period
) -> pl.DataFrame:
    """One row per payee × test, false ones only of payees for whom no other holds: person, number, result."""
    tests = list(tests)
    scope = scope_of(workforce, period)
    named = sorted({name for _, formula in tests for name in formula.names} & set(people.columns))
    if not named:
        people, named = people.with_columns(pl.lit(True).alias(_EVERYONE)), [_EVERYONE]
    cases = people.select(named).unique().with_row_index(_CASE)
    results = {str(number): compile_condition(formula, scope) for number, formula in tests}
    long = (
        cases.lazy()
        .select(_CASE, *(result.alias(name) for name, result in results.items()))
        .with_columns(pl.any_horizontal(pl.col(*results).fill_null(True)).alias(_SELECTED))
        .unpivot(index=[_CASE, _SELECTED], variable_name=NUMBER, value_name=_RESULT)
        .filter(pl.col(_RESULT).fill_null(True) | ~pl.col(_SELECTED))
        .select(_CASE, pl.col(NUMBER).cast(pl.UInt32), _RESULT)
        .collect(engine="streaming")
    )
    numbered = people.select(_PERSON, *named).join(cases, on=named, how="left", nulls_equal=True)
    return numbered.select(_PERSON, _CASE).join(long, on=_CASE).select(_PERSON, NUMBER, _RESULT)


def _eligible(
    plans: Sequence[ResolvedPlan], candidates: pl.DataFrame, people: pl.DataFrame, workforce: Table, period: Period
) -> pl.DataFrame:
    """The result of `eligible` for each candidate whose plan has one."""
    formulas: dict[Formula, list[int]] = {}
    for number, plan in enumerate(plans):
        if plan.eligible is not None:
            formulas.setdefault(plan.eligible, []).append(number)
    scope = scope_of(workforce, period)
    parts = [
        candidates.select(_PERSON, NUMBER)
        .filter(pl.col(NUMBER).is_in(numbers))
        .join(people, on=_PERSON, how="left")
        .select(_PERSON, NUMBER, compile_condition(formula, scope).alias(_RESULT))
        for formula, numbers in formulas.items()
    ]
    return pl.concat([candidates.clear().select(_PERSON, NUMBER, _RESULT), *parts])


def _present(
    plans: Sequence[ResolvedPlan], candidates: pl.DataFrame, people: pl.DataFrame, period: Period
) -> pl.DataFrame:
    """Whether a prorated candidate was there on any day of the period; the plan holds who has no hire date."""
    prorated = {number: plan.proration for number, plan in enumerate(plans) if plan.proration is not None}
    kinds = dict.fromkeys(prorated.values())
    parts = [
        candidates.select(_PERSON, NUMBER)
        .filter(pl.col(NUMBER).is_in([number for number, each in prorated.items() if each == kind]))
        .join(people, on=_PERSON, how="left")
        .select(_PERSON, NUMBER, (kind.days(period) > 0).alias(_RESULT))
        for kind in kinds
    ]
    return pl.concat([candidates.clear().select(_PERSON, NUMBER, _RESULT), *parts])


def _conflicts(plans: Sequence[ResolvedPlan], candidates: pl.DataFrame) -> pl.DataFrame:
    """Candidates of two plans that pay the same thing."""
    pays = pl.Series([plan.pays for plan in plans], dtype=pl.String)
    paid = candidates.select(_PERSON, NUMBER, pl.lit(pays).gather(pl.col(NUMBER)).alias("pays"))
    return paid.filter(pl.len().over(_PERSON, "pays") > 1)


def _named(plans: Sequence[ResolvedPlan], frame: pl.DataFrame, people: pl.DataFrame) -> pl.LazyFrame:
    """With names for numbers, when it is read: text of so many rows takes five times the memory."""
    plan = _gathered([plan.name for plan in plans]).alias("plan")
    return frame.lazy().select(_payee(people), plan, pl.col("test").cast(pl.String), _RESULT)


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
        rows = unknown.filter(pl.col(NUMBER) == number, pl.col("test") == test).select(_PERSON).join(people, on=_PERSON)
        parts.append(
            rows.select(
                table=pl.lit("workforce"),
                key=pl.col("payee"),
                payee=pl.col("payee"),
                code=pl.lit(f"missing-{test}"),
                reason=pl.concat_str(
                    pl.lit(f"plan `{plans[number].name}`: "), _why(empty, f"`{test}: {formula.text}`")
                ),
            )
        )
    return pl.concat(parts)


def _why(empty: Sequence[pl.Expr], test: str) -> pl.Expr:
    """Why a test gives nothing: what is empty, or else that it divides by zero."""
    other = pl.lit(f"{test} cannot be worked out: does it divide by zero?")
    if not empty:
        return other
    names = pl.concat_str(empty, separator=", ", ignore_nulls=True)
    return pl.when(names != "").then(pl.concat_str(names, pl.lit(f" is empty, which {test} needs"))).otherwise(other)


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
    return people.select(_PERSON, "payee", own).filter(pl.col("currency") != currency)


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
