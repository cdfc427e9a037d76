"""The engine's side of every comparison: from accepted tables, or from a wide frame, to every stage column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from benchmarks.workload import KPIS, PERIOD, PLACES, RULES, Workload, accepted
from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.compiler.needs import result_keys
from incentive_engine.compiler.program import Program, compile_plans
from incentive_engine.compiler.shapes import by_shape
from incentive_engine.engine.eligibility import NUMBER, assign
from incentive_engine.engine.exchange import rates_in
from incentive_engine.engine.fitting import fitted, fitted_tables
from incentive_engine.engine.gathering import gather, numbered, parameter_columns
from incentive_engine.engine.known import held_people
from incentive_engine.engine.measured import SUBJECT, VALUE, Measured, Result
from incentive_engine.engine.results import measure_kpis
from incentive_engine.engine.running import data_ranges
from incentive_engine.engine.segments import People, people_over_time
from incentive_engine.exact import Exact
from incentive_engine.facts import Accepted
from incentive_engine.kinds.kpi_kind import COUNT, NUMERATOR
from incentive_engine.rulesets.loading import Rules, load
from incentive_engine.rulesets.resolving import ResolvedPlan, resolve


@dataclass(frozen=True)
class Prepared:
    """A workload accepted, with the plans assigned: everything that is no part of what the benchmarks compare."""

    rules: Rules
    plans: tuple[ResolvedPlan, ...]
    tables: Accepted
    people: People
    assignments: pl.DataFrame
    wide_results: Measured

    def measured(self) -> Measured:
        """The results, from the long table."""
        keys = result_keys(self.plans, frozenset(self.rules.ruleset.kpis))
        return measure_kpis(self.rules.ruleset, self.rules.ranges.results, self.tables, keys, PERIOD)

    def program(self, measured: Measured) -> Program:
        """The plans compiled; all are of one shape."""
        parameters = parameter_columns(self.rules.ruleset, self.tables, self.plans)
        ranges = data_ranges(self.rules, self.people.table, measured.results, parameters, self.assignments.height)
        (shape,) = by_shape(self.plans)
        return compile_plans(shape, ranges, frozenset(self.rules.ruleset.kpis))

    def gathered(self, program: Program, measured: Measured) -> pl.DataFrame:
        """The wide frame, joined."""
        parameters = parameter_columns(self.rules.ruleset, self.tables, self.plans)
        places = numbered(self.assignments, range(len(self.plans)), NUMBER)
        return gather(program, places, self.people, measured, parameters, {})

    def from_long(self) -> pl.DataFrame:
        """Every stage column, from workforce, targets and the long table of results."""
        measured = self.measured()
        program = self.program(measured)
        return evaluated(program, self.gathered(program, measured))

    def from_wide(self) -> pl.DataFrame:
        """The same from results that come with a column per KPI."""
        program = self.program(self.wide_results)
        return evaluated(program, self.gathered(program, self.wide_results))


def evaluated(program: Program, wide: pl.DataFrame) -> pl.DataFrame:
    """Every stage column of a wide frame, contributions included."""
    return program.evaluate(wide.lazy()).collect(engine="streaming")


def prepared(load_of: Workload, rules: Rules | None = None, kpis: pl.DataFrame | None = None) -> Prepared:
    """The workload as the engine has it before it measures."""
    rules = rules or load(RULES)
    given = accepted(load_of, kpis)
    tables = fitted_tables(rules.ruleset, given)
    plans = resolve(rules.ruleset, PERIOD)
    people = people_over_time(rules.ruleset, tables, PERIOD)
    assigned = assign(plans, people.table, PERIOD, rates_in(rules.ruleset, tables), held_people(given), people.held)
    return Prepared(rules, plans, tables, people, assigned.assignments, Measured((_sheet(load_of),), given.held))


def _sheet(load_of: Workload) -> Mapping[ResultKey, Result]:
    """The results of a wide table, as those of a long one are once they are laid out."""
    wide, sheet = load_of.wide, {}
    for kpi in KPIS:
        value, scale = fitted(wide[kpi].alias(VALUE), PLACES)
        frame = wide.select(
            pl.col("payee").alias(SUBJECT),
            value,
            pl.col(f"{kpi}.n").alias(COUNT),
            pl.col(kpi).alias(NUMERATOR),
        )
        sheet[ResultKey(kpi, "payee")] = Result(frame, scale, Exact.column(NUMERATOR, scale), None)
    return sheet


def plain(program: Program, frame: pl.DataFrame) -> pl.DataFrame:
    """The engine's columns under the names that the plans by hand give them; pay in cents, payees in order."""
    names = {measure.node.path: measure.node.path.rpartition(".")[2] for measure in program.measures()}
    pays = {f"{path}.pay": f"{name}.pay" for path, name in names.items()}
    pays |= {name: name for name in ("payout", "customer_pay", "internal_pay", "other_pay")}
    cents = [
        (program.numbers[column].decimal(2).to_physical().cast(pl.Int64)).alias(name) for column, name in pays.items()
    ]
    rates = [
        program.numbers[f"{path}.{kind}"].decimal(4).to_physical().cast(pl.Int64).alias(f"{name}.{kind}")
        for path, name in names.items()
        for kind in ("attainment", "rate")
    ]
    return frame.select("payee", *rates, *cents)
