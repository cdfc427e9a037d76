"""One calculation: accept, measure, assign, then one pass per shape of plan.

Each shape's frame is gathered once; the stages run on the streaming engine, in memory or straight to the run folder.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from incentive_engine.compiler.inputs import ParameterKey, Ranges, ResultKey
from incentive_engine.compiler.needs import result_keys, standing_keys
from incentive_engine.compiler.program import Program, compile_plans
from incentive_engine.compiler.shapes import by_shape
from incentive_engine.engine.adjusting import Decided, with_nothing_decided
from incentive_engine.engine.adjustments import decisions_in, held_by_adjustments, without_unsound
from incentive_engine.engine.dated import without_faults
from incentive_engine.engine.dated_numbers import cut_by_numbers
from incentive_engine.engine.eligibility import NUMBER, Assigned, assign
from incentive_engine.engine.exchange import rates_in, with_rates, without_odd_rates
from incentive_engine.engine.fitting import fitted_tables
from incentive_engine.engine.gathering import ParameterColumn, gather, numbered, parameter_columns
from incentive_engine.engine.known import held_people
from incentive_engine.engine.leave import time_away, with_leave
from incentive_engine.engine.measured import Measured, Result
from incentive_engine.engine.proving import unproved
from incentive_engine.engine.recording import recorded
from incentive_engine.engine.results import measure_kpis
from incentive_engine.engine.segments import ROW, People, people_over_time
from incentive_engine.engine.setting_aside import without_set_aside
from incentive_engine.engine.shared_facts import without_broken_shares
from incentive_engine.engine.standings import work_out_standings
from incentive_engine.engine.timings import Timings as Timings
from incentive_engine.engine.together import Together
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.exact import CannotProve
from incentive_engine.facts import Accepted, Table, accept
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan, resolve


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One shape of plans over its payees.

    `frame`: one row per payee × plan, with the inputs and every stage column, numbers as integer counts.
    """

    program: Program
    frame: pl.LazyFrame


@dataclass(frozen=True, slots=True)
class Calculation:
    """Everything that one calculation found out, before it is written or shown."""

    rules: Rules
    period: Period
    plans: tuple[ResolvedPlan, ...]
    accepted: Accepted
    people: People
    measured: Measured
    assigned: Assigned
    evaluations: tuple[Evaluation, ...]
    pools: pl.DataFrame
    """One row per pool × group."""
    decided: Decided
    timings: Timings
    ranges: Ranges
    """What is proved of every number that the plans read."""
    together: Together
    gathered: tuple[tuple[Program, pl.DataFrame], ...]
    """Each program with its wide frame, before pools and adjustments gave columns of their own."""


def calculate(rules: Rules, accepted: Accepted, period: Period, timings: Timings, *, keep: bool) -> Calculation:
    """Runs the rules over accepted tables.

    With `keep` the stage columns stay in memory; otherwise each reader works them out again, which keeps memory flat.
    """
    accepted = fitted_tables(rules.ruleset, accepted)
    with timings.step("people"):
        people = people_in(rules, accepted, period)
    with timings.step("kpis"):
        measured = measured_in(rules, accepted, period)
    return calculate_from(rules, accepted, people, measured, period, timings, keep=keep)


def people_in(rules: Rules, accepted: Accepted, period: Period) -> People:
    """Who is evaluated, and for which days, by tables whose number columns are fitted."""
    people = people_over_time(rules.ruleset, accepted, period)
    return cut_by_numbers(rules.ruleset, accepted, people, period)


def results_read(rules: Rules, period: Period) -> frozenset[ResultKey]:
    """The results that the plans of a period read."""
    return result_keys(resolve(rules.ruleset, period), frozenset(rules.ruleset.kpis))


def measured_in(rules: Rules, accepted: Accepted, period: Period) -> Measured:
    """The results that the plans of a period read, by tables whose number columns are fitted."""
    return measure_kpis(rules.ruleset, rules.ranges.results, accepted, results_read(rules, period), period)


def calculate_from(
    rules: Rules,
    accepted: Accepted,
    people: People,
    measured: Measured,
    period: Period,
    timings: Timings,
    *,
    keep: bool,
) -> Calculation:
    """Runs the rules over results, whoever measured them, and over tables whose number columns are fitted."""
    plans = resolve(rules.ruleset, period)
    kpis, rates = frozenset(rules.ruleset.kpis), rates_in(rules.ruleset, accepted)
    with timings.step("eligibility"):
        told = pl.concat([people.held, held_by_adjustments(accepted)])
        unknown = pl.concat([held_people(accepted), people.held.select("payee")])
        held = pl.concat([unknown, told.select("payee")])
        away = time_away(rules.ruleset, accepted.tables, people)
        assigned = assign(plans, people.table, period, rates, held, told, away)
    parameters = parameter_columns(rules.ruleset, accepted, plans)
    ranges = data_ranges(rules, people.table, measured.results, parameters, assigned.assignments.height)
    ranges = replace(ranges, exchange=rates.ranges(plans, people.table))
    decisions, currency = decisions_in(accepted, period), rules.ruleset.currency
    if decisions is not None:
        ranges = replace(ranges, adjustments=decisions.ranges(plans, currency))
    standings = work_out_standings(rules.ruleset, people.table, unknown, standing_keys(plans), measured, period)
    with timings.step("compile"):
        programs = [program for shape in by_shape(plans) for program in _programs(rules, shape, ranges, kpis)]
    numbers = {plan.name: number for number, plan in enumerate(plans)}
    frames = []
    with timings.step("gather"):
        for program in programs:
            places = numbered(assigned.assignments, [numbers[plan.name] for plan in program.plans], NUMBER)
            wide = gather(program, places, people, measured, parameters, standings)
            wide = with_leave(wide, places[ROW], program, people, away)
            wide = with_rates(wide, program, rates)
            frames.append(wide if ranges.adjustments is None else with_nothing_decided(wide, program))
    segmented = people.owners is not None or not all(plan.always for plan in plans)
    together = Together(segmented, decisions, ranges.adjustments, held_people(accepted), assigned.blocked, currency)
    given = together.given(programs, frames, timings)
    evaluations = []
    for program, wide in zip(programs, given.frames, strict=True):
        with timings.step("evaluate"):
            frame = program.evaluate(wide.lazy())
            evaluations.append(Evaluation(program, frame.collect(engine="streaming").lazy() if keep else frame))
    return Calculation(
        rules=rules,
        period=period,
        plans=plans,
        accepted=accepted,
        people=people,
        measured=measured,
        assigned=assigned,
        evaluations=tuple(evaluations),
        pools=given.pools,
        decided=given.decided,
        timings=timings,
        ranges=ranges,
        together=together,
        gathered=tuple(zip(programs, frames, strict=True)),
    )


def _programs(rules: Rules, shape: tuple[ResolvedPlan, ...], ranges: Ranges, kpis: frozenset[str]) -> list[Program]:
    """The program of a shape, or several where its plans fit only apart: their numbers have no small unit in common.

    Raises InputProblems for a plan whose numbers cannot be proved to fit on these data.
    """
    try:
        return [compile_plans(shape, ranges, kpis)]
    except CannotProve:
        if len(shape) == 1:
            raise InputProblems(unproved(rules, shape, ranges, kpis)) from None
    half = len(shape) // 2
    return [*_programs(rules, shape[:half], ranges, kpis), *_programs(rules, shape[half:], ranges, kpis)]


def data_ranges(
    rules: Rules,
    workforce: Table,
    results: Mapping[ResultKey, Result],
    parameters: Mapping[ParameterKey, ParameterColumn],
    assignments: int,
) -> Ranges:
    """What the accepted data prove about every number that comes in."""
    return Ranges(
        workforce=workforce.scales,
        results={key: result.scale for key, result in results.items()},
        parameters={key: column.scale for key, column in parameters.items()},
        types=rules.types.workforce,
        by_kpi=frozenset(name for name, table in rules.ruleset.tables.items() if "kpi" in table.keys),
        payees=max(1, workforce.frame.height, assignments),
    )


def accept_for(rules: Rules, data: Path, as_of: dt.date | None = None) -> Accepted:
    """The tables that the rules read, from a data folder, without what does not count or cannot be right.

    `as_of`: facts that were recorded later are not read. Raises InputProblems for files that cannot be read, and where
    nothing says when facts were recorded.
    """
    if not data.is_dir():
        raise InputProblems([Problem("missing-folder", f"the data folder `{data}` is not there")])
    return usable(rules, accept(rules.contracts, data, rules.ruleset.timezone), as_of)


def usable(rules: Rules, read: Accepted, as_of: dt.date | None = None) -> Accepted:
    """Tables as they were read, without what does not count or cannot be right. Raises InputProblems."""
    accepted = recorded(rules.ruleset, read, as_of)
    accepted = without_set_aside(rules.ruleset, without_broken_shares(rules.ruleset, accepted))
    accepted = without_odd_rates(rules.ruleset, without_faults(rules.ruleset, accepted))
    return without_unsound(rules.ruleset, accepted)
