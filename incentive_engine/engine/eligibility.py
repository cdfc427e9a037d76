"""Who is in which plan, segment by segment: `who` selects, `eligible` filters; two plans that pay the same thing hold.

A test is worked out once per distinct combination of the columns that it names, not once per payee: a thousand plans
that select by team look at a thousand teams. Segments are numbered meanwhile: integers join and sort five times as fast
as names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from incentive_engine.compiler.context import days_employed
from incentive_engine.compiler.inputs import DAYS, DAYS_EMPLOYED, FIRST_DAY, LAST_DAY, SEGMENT
from incentive_engine.engine.exchange import Rates, without_rate
from incentive_engine.engine.leave import Away, is_away
from incentive_engine.engine.segments import ROW
from incentive_engine.exact import Exact
from incentive_engine.facts import HELD_SCHEMA, Table
from incentive_engine.formulas import Formula, Scope, compile_condition
from incentive_engine.periods import Period
from incentive_engine.rulesets.resolving import ResolvedPlan

NUMBER = "\0number"
_CASE, _SELECTED, _EVERYONE = "\0case", "\0selected", "\0everyone"  # no header is so
_SINCE, _UNTIL = "\0since", "\0until"
_RESULT = "result"
_TEST = pl.Enum(["eligible", "present", "who"])


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who is paid on what.

    `assignments`: one row per payee × segment × plan to evaluate: payee, row (of the segment among all), number (of the
    plan among those resolved); first_day and last_day where a plan is not in force all the time.
    `tests`: one row per payee × segment × plan × test: payee, segment, plan, test, result. `held`: payees who cannot be
    assigned. `blocked`: payee × pays of the money that they would be paid.
    """

    assignments: pl.DataFrame
    tests: pl.LazyFrame
    held: pl.DataFrame
    blocked: pl.DataFrame


def assign(
    plans: Sequence[ResolvedPlan],
    table: Table,
    period: Period,
    rates: Rates,
    held: pl.DataFrame,
    told: pl.DataFrame,
    away: Away | None = None,
) -> Assigned:
    """The plans of every segment of `table`; those of `held` payees are not evaluated.

    `told`: reasons to hold payees, as held rows: given back for those who would be paid without them. Who is paid in
    another currency than the rules' is held where there is no rate of it: amounts in two are never added.
    """
    people = everyone(table, period).with_row_index(ROW)
    selected = _tested([(number, plan.who) for number, plan in enumerate(plans)], people, table, period)
    candidates = selected.filter(pl.col(_RESULT).fill_null(True))
    tests = [selected.with_columns(test=pl.lit("who", _TEST))]
    for name, tested in (
        ("eligible", _eligible(plans, candidates, people, table, period)),
        ("present", _present(plans, candidates, people, away)),
    ):
        tests.append(tested.with_columns(test=pl.lit(name, _TEST)))
        refused = tested.filter(~pl.col(_RESULT))
        candidates = _without(candidates, refused)
    every_test = pl.concat([test.select(ROW, NUMBER, "test", _RESULT) for test in tests])
    faulty = candidates.join(people.join(held, on="payee", how="semi").select(ROW), on=ROW)
    doubtful = every_test.filter(pl.col(_RESULT).is_null(), pl.col("test") != "present")
    unknown = doubtful.join(_without(candidates, faulty), on=[ROW, NUMBER], how="semi")
    conflicts = _conflicts(plans, _without(candidates, faulty))
    foreign = without_rate(plans, candidates.select(ROW, NUMBER).join(_paid_in(people), on=ROW), NUMBER, rates)
    blocked = pl.concat([frame.select(ROW, NUMBER) for frame in (unknown, conflicts, foreign, faulty)])
    names = people.select(ROW, "payee")
    reasons = [
        told.join(people[faulty[ROW]], on="payee", how="semi"),
        _held_unknown(plans, unknown, people),
        _held_conflicts(plans, conflicts.join(names, on=ROW)),
        _held_foreign(foreign),
    ]
    assignments = _without(candidates, blocked).sort(ROW, NUMBER).select(_payee(people), ROW, NUMBER)
    blocked = blocked.with_columns(_payee(people), _pays(plans))
    assignments = _of_whole_time(plans, assignments, blocked)
    return Assigned(
        assignments=assignments if all(plan.always for plan in plans) else _in_force(plans, assignments, people),
        tests=_named(plans, every_test.sort(ROW, NUMBER, "test"), people),
        held=pl.concat(reasons),
        blocked=blocked.filter(pl.col(NUMBER).is_in(_in_money(plans))).select("payee", "pays").unique(),
    )


def selected(plans: Sequence[ResolvedPlan], table: Table, period: Period) -> pl.DataFrame:
    """The segments of `table` that each plan is for: row, number; with those of which `who` cannot be told."""
    people = everyone(table, period).with_row_index(ROW)
    tested = _tested([(number, plan.who) for number, plan in enumerate(plans)], people, table, period)
    return tested.filter(pl.col(_RESULT).fill_null(True)).select(ROW, NUMBER)


def _of_whole_time(plans: Sequence[ResolvedPlan], rows: pl.DataFrame, blocked: pl.DataFrame) -> pl.DataFrame:
    """Without those that pay for other days what is held for some: nobody is paid for a part of the time."""
    if blocked.is_empty():
        return rows
    held = blocked.select("payee", "pays", pl.col(ROW).alias(_CASE))
    others = rows.with_columns(_pays(plans)).join(held, on=["payee", "pays"]).filter(pl.col(ROW) != pl.col(_CASE))
    return _without(rows, others)


def _in_money(plans: Sequence[ResolvedPlan]) -> list[int]:
    """The plans that are not for scores alone."""
    return [n for n, plan in enumerate(plans) if (plan.target_pay, plan.payout, plan.pool) != (None, None, None)]


def _pays(plans: Sequence[ResolvedPlan]) -> pl.Expr:
    return pl.lit(pl.Series([plan.pays for plan in plans], dtype=pl.String)).gather(pl.col(NUMBER)).alias("pays")


def _in_force(plans: Sequence[ResolvedPlan], rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """With the days of each row's segment on which its plan is in force; the last is before the first where none is."""
    since, until = (pl.lit(pl.Series([plan.days[end] for plan in plans])).gather(pl.col(NUMBER)) for end in (0, 1))
    days = people.select(ROW, FIRST_DAY, LAST_DAY)[rows[ROW]].select(FIRST_DAY, LAST_DAY)
    first, last = pl.max_horizontal(FIRST_DAY, since), pl.min_horizontal(LAST_DAY, until)
    return rows.hstack(days).with_columns(first.alias(FIRST_DAY), last.alias(LAST_DAY))


def _without(candidates: pl.DataFrame, refused: pl.DataFrame) -> pl.DataFrame:
    if refused.is_empty():
        return candidates
    return candidates.join(refused, on=[ROW, NUMBER], how="anti", maintain_order="left")


def _payee(people: pl.DataFrame) -> pl.Expr:
    return pl.lit(people["payee"]).gather(pl.col(ROW)).alias("payee")


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
    numbered = people.select(ROW, *named).join(cases, on=named, how="left", nulls_equal=True)
    return numbered.select(ROW, _CASE).join(long, on=_CASE).select(ROW, NUMBER, _RESULT)


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
        candidates.select(ROW, NUMBER)
        .filter(pl.col(NUMBER).is_in(numbers))
        .join(people, on=ROW, how="left")
        .select(ROW, NUMBER, compile_condition(formula, scope).alias(_RESULT))
        for formula, numbers in formulas.items()
    ]
    return pl.concat([candidates.clear().select(ROW, NUMBER, _RESULT), *parts])


def _present(
    plans: Sequence[ResolvedPlan], candidates: pl.DataFrame, people: pl.DataFrame, away: Away | None
) -> pl.DataFrame:
    """Whether a candidate was there on any day that counts, where that decides; missing without a hire date."""
    asked = [n for n, plan in enumerate(plans) if plan.proration is not None or not plan.always]
    rows = candidates.select(ROW, NUMBER).filter(pl.col(NUMBER).is_in(asked))
    days = _in_force(plans, rows, people)
    present = days[FIRST_DAY] <= days[LAST_DAY]
    present = present if away is None else present & ~is_away(away, plans, days, NUMBER)
    there = days.select(ROW, NUMBER, present.alias(_RESULT))
    needed = [n for n in asked if (each := plans[n].proration) is not None and "hired" in each.needs]
    if not needed:
        return there
    unknown = pl.col(NUMBER).is_in(needed) & pl.lit(people["hired"].is_null()).gather(pl.col(ROW))
    return there.with_columns(pl.when(~unknown).then(_RESULT).alias(_RESULT))


def _conflicts(plans: Sequence[ResolvedPlan], candidates: pl.DataFrame) -> pl.DataFrame:
    """Candidates of two plans that pay the same thing on the same days."""
    pays = pl.Series([plan.pays for plan in plans], dtype=pl.String)
    since, until = (pl.Series([plan.days[end] for plan in plans]) for end in (0, 1))
    paid = candidates.select(ROW, NUMBER, pl.lit(pays).gather(pl.col(NUMBER)).alias("pays"))
    several = paid.filter(pl.len().over(ROW, "pays") > 1)
    begin, end = pl.lit(since).gather(pl.col(NUMBER)), pl.lit(until).gather(pl.col(NUMBER))
    by_day = several.with_columns(begin.alias(_SINCE), end.alias(_UNTIL)).sort(ROW, "pays", _SINCE)
    later = (pl.col(_SINCE) <= pl.col(_UNTIL).shift().cum_max()).fill_null(False).any()
    return by_day.filter(later.over(ROW, "pays")).select(ROW, NUMBER, "pays")


def _named(plans: Sequence[ResolvedPlan], frame: pl.DataFrame, people: pl.DataFrame) -> pl.LazyFrame:
    """With names for numbers, when it is read: text of so many rows takes five times the memory."""
    plan = _gathered([plan.name for plan in plans]).alias("plan")
    segment = pl.lit(people[SEGMENT]).gather(pl.col(ROW)).cast(pl.Int64).alias(SEGMENT)
    return frame.lazy().select(_payee(people), segment, plan, pl.col("test").cast(pl.String), _RESULT)


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
        rows = unknown.filter(pl.col(NUMBER) == number, pl.col("test") == test).select(ROW).join(people, on=ROW)
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


def _paid_in(people: pl.DataFrame) -> pl.DataFrame:
    """In which currency each payee is paid, where that is said."""
    if "currency" not in people.columns:
        return people.select(ROW, "payee", currency=pl.lit(None, pl.String)).clear()
    return people.select(ROW, "payee", "currency").drop_nulls("currency")


def _held_foreign(foreign: pl.DataFrame) -> pl.DataFrame:
    return foreign.select(
        table=pl.lit("workforce"),
        key=pl.col("payee"),
        payee=pl.col("payee"),
        code=pl.col("code"),
        reason=pl.col("reason"),
    ).unique()


def _gathered(values: Sequence[str]) -> pl.Expr:
    return pl.lit(pl.Series(values, dtype=pl.String)).gather(pl.col(NUMBER))
