"""A run folder as statements: every table read once, its rows put to their payees in one pass.

Filtering tables once per payee is quadratic; a dictionary of rows is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from incentive_engine.compiler.inputs import FIRST_DAY, LAST_DAY, SEGMENT
from incentive_engine.engine.recalled import STINT_DAYS, people_of
from incentive_engine.engine.retracing import with_quotients
from incentive_engine.engine.run import Run, rules_in
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.periods import Period
from incentive_engine.rulesets.contracts import SHOWN, WORKFORCE
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import Kpi
from incentive_engine.rulesets.resolving import ResolvedPlan, resolve
from incentive_engine.statements.files import file_names
from incentive_engine.statements.people import Person
from incentive_engine.statements.plans import Brought
from incentive_engine.statements.reading import Dated, Row
from incentive_engine.statements.results import ResultName, Results, Written

Key = tuple[str, str]
"""Payee and plan."""


@dataclass(frozen=True)
class Gathered:
    """Everything that statements say, from one run folder."""

    run: Run
    rules: Rules
    plans: Mapping[str, ResolvedPlan]
    people: Mapping[str, Person]
    payouts: Mapping[str, list[Row]]
    traces: Mapping[Key, list[Row]]
    brought: Mapping[tuple[str, str, int], Brought]
    """By payee, plan and segment."""
    held: Mapping[str, list[Row]]
    decided: Mapping[str, list[Row]]
    """Guarantees and adjustments."""
    released: Mapping[str, list[Row]]
    corrections: Mapping[str, list[Row]]
    absent: Mapping[str, list[tuple[int, str]]]
    """By payee: segment and plan of days of which none counts."""
    dated: tuple[Dated, ...]
    results: Results

    @cached_property
    def payees(self) -> tuple[str, ...]:
        """Who has a statement, by payee: paid, scored, held or corrected."""
        return tuple(sorted(self.payouts.keys() | self.held.keys() | self.corrections.keys()))

    def person(self, payee: str) -> Person:
        """One payee from day to day; nothing is known of who is not in the workforce."""
        return self.people.get(payee, Person(()))

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The page of each payee."""
        return file_names(self.payees)


def gathered(folder: Path) -> Gathered:
    """Everything in a run folder. Raises InputProblems when there is no run in it."""
    run = Run.open(folder)
    rules = rules_in(folder)
    period = rules.period(run.summary["period"])
    plans = resolve(rules.ruleset, period)
    traces = defaultdict[Key, list[Row]](list)
    for trace in run.trace.values():
        for traced in _rows(trace):
            traces[traced["payee"], traced["plan"]].append(traced)
    return Gathered(
        run=run,
        rules=rules,
        plans={plan.name: plan for plan in plans},
        people=_people(folder, rules, period),
        payouts=_by_payee(run.payouts),
        traces=traces,
        brought=_brought(run.contributions),
        held=_by_payee(run.held.filter(pl.col("table") == WORKFORCE, pl.col("key") == pl.col("payee"))),
        decided=_by_payee(run.adjustments.filter(pl.col("kind") != "release")),
        released=_by_payee(run.adjustments.filter(pl.col("kind") == "release")),
        corrections=_by_payee(run.corrections),
        absent=_absent(run),
        dated=tuple(_dated(folder, rules)),
        results=_results(run.kpis, run.verbatims, rules.ruleset.kpis),
    )


def _brought(contributions: pl.DataFrame) -> Mapping[tuple[str, str, int], Brought]:
    brought = defaultdict[tuple[str, str, int], Brought](lambda: Brought({}, []))
    for row in contributions.iter_rows(named=True):
        of_days = brought[row["payee"], row["plan"], row[SEGMENT]]
        if row["measure"] is None:
            of_days.unearned.append(row)
        else:
            of_days.measured[row["measure"]] = row
    return brought


def _by_payee(table: pl.DataFrame) -> Mapping[str, list[Row]]:
    rows = defaultdict[str, list[Row]](list)
    for row in table.iter_rows(named=True):
        rows[row["payee"]].append(row)
    return rows


def _rows(trace: pl.DataFrame) -> Iterator[Row]:
    """The rows of a trace, numbers that do not end as fractions."""
    rows = trace.iter_rows(named=True)
    return map(with_quotients, rows) if any(name.endswith(".per") for name in trace.columns) else rows


def _people(folder: Path, rules: Rules, period: Period) -> Mapping[str, Person]:
    """Everybody from day to day: what statements show of them, and what changed."""
    people, rows = people_of(folder, rules, period), defaultdict[str, list[Row]](list)
    read = {*SHOWN, *rules.ruleset.dated_columns, "hired", SEGMENT, FIRST_DAY, LAST_DAY, *STINT_DAYS}
    for row in people.select("payee", *(name for name in people.columns if name in read)).iter_rows(named=True):
        rows[row["payee"]].append(row)
    return {payee: Person(tuple(of_payee)) for payee, of_payee in rows.items()}


def _absent(run: Run) -> Mapping[str, list[tuple[int, str]]]:
    absent = defaultdict[str, list[tuple[int, str]]](list)
    tests = run.eligibility.filter(~pl.col("result"), pl.col("test") == "present")
    for payee, segment, plan in tests.select("payee", SEGMENT, "plan").iter_rows():
        absent[payee].append((segment, plan))
    return absent


def _dated(folder: Path, rules: Rules) -> Iterator[Dated]:
    """The tables of which all days are paid on one value."""
    for name, table in rules.ruleset.history.items():
        if table.basis != "earned":
            rows = defaultdict[str, list[Row]](list)
            for row in pl.read_parquet(folder / "inputs" / f"{name}.parquet").sort("from").iter_rows(named=True):
                rows[row["payee"]].append(row)
            yield Dated(table, rows)


def _results(results: pl.DataFrame, verbatims: pl.DataFrame, kpis: Mapping[str, Kpi]) -> Results:
    over = [kpi.compute.kpis for kpi in kpis.values() if isinstance(kpi.compute, OverKpis)]
    read = results.filter(pl.col("kpi").is_in(frozenset().union(*over)))
    return Results(
        {
            (payee, kpi): Written(count, tuple(zip(days, texts, strict=True)))
            for payee, kpi, count, days, texts in _written(verbatims).iter_rows()
        },
        {name: (above, below) for name, (above, below) in _known(results, "denominator", "numerator", "denominator")},
        {name: value for name, (value,) in _known(read, "kpi", "value")},
        {name: asked for name, (asked,) in _known(results, "invited", "invited")},
        {name: (low, high) for name, (low, high) in _known(results, "low", "low", "high")},
    )


def _known(results: pl.DataFrame, needed: str, *columns: str) -> Iterator[tuple[ResultName, tuple[Any, ...]]]:
    """The names of the results that have what is needed, and the columns asked for."""
    name = ("kpi", "subject_kind", "subject", "period", "from", "to")
    for row in results.drop_nulls(needed).select(*name, *columns).iter_rows():
        kpi, kind, subject, period, first, last, *values = row
        yield (kpi, kind, subject, period, None if first is None else (first, last)), tuple(values)


def _written(verbatims: pl.DataFrame) -> pl.DataFrame:
    """One row per payee and KPI: how many texts, and those that may be shown with their days, the latest first."""
    latest = verbatims.drop_nulls("payee").sort("date", descending=True, maintain_order=True)
    shown = pl.col("date", "text").filter(pl.col("shown"))
    return latest.group_by("payee", "kpi", maintain_order=True).agg(pl.len(), shown)
