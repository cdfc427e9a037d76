"""A run folder as statements: of some payees at a time, every table read once and its rows put to their payees.

Filtering tables once per payee is quadratic; a dictionary of rows is not. A dictionary of everybody's rows does not fit
into memory; one of some thousand payees does. What all payees of a run share is `Material`; `Gathered` is what there is
about some of them, each table put to its payees when it is first asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import polars as pl

from incentive_engine.compiler.inputs import FIRST_DAY, LAST_DAY, SEGMENT
from incentive_engine.engine.earlier import Earlier, refuse_unlike
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
from incentive_engine.statements.reading import Dated, Row
from incentive_engine.statements.results import ResultName, Results, Written
from incentive_engine.statements.waterfalls import Brought, Reached
from incentive_engine.statements.worked import Worked

Key = tuple[str, str]
"""Payee and plan."""
_OTHERS: Final = ("team", "department", "company")
"""Whose results count beside payees' own."""


@dataclass(frozen=True)
class Material:
    """A run before anything is read of its payees."""

    run: Run
    rules: Rules
    plans: Mapping[str, ResolvedPlan]
    payees: tuple[str, ...]
    """Who has a statement, by payee: paid, scored, held or corrected."""
    people: pl.LazyFrame
    """What statements show of everybody, from day to day."""
    dated: Mapping[str, pl.LazyFrame]
    """The tables of which all days are paid on one value."""
    previous: Material | None = None
    """The run of an earlier period that this one is compared with."""

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The page of each payee."""
        return file_names(self.payees)

    @property
    def period(self) -> Period:
        """The period of the run."""
        return self.rules.period(self.run.summary["period"])

    def everybody(self) -> Gathered:
        """What there is about everybody, also about those who have no statement."""
        previous = None if self.previous is None else self.previous.everybody()
        return Gathered(self, self.payees, self.run, self.people, previous)

    def of(self, payees: Sequence[str]) -> Gathered:
        """What there is about some payees, at least one of them; they are sorted."""
        previous = None if self.previous is None else self.previous.of(payees)
        run = _run_of(payees, self.run, self.run.traces)
        return Gathered(self, tuple(payees), run, self.people.filter(_among(payees)), previous)


@dataclass(frozen=True)
class Gathered:
    """Everything that statements say about some payees. `run` has their rows only; its traces are in memory."""

    material: Material
    payees: tuple[str, ...]
    run: Run
    people_shown: pl.LazyFrame
    previous: Gathered | None
    """The same payees in an earlier run, if they are compared with one."""
    whole: Gathered | None = None
    """Those whom these payees are a part of."""

    def part(self, payees: Sequence[str]) -> Gathered:
        """What there is about some of these payees; what the engine works out is worked out for all of them."""
        previous = None if self.previous is None else self.previous.part(payees)
        run = _run_of(payees, self.material.run, self.run.traces)
        people = self.people_shown.filter(_among(payees))
        return Gathered(self.material, tuple(payees), run, people, previous, self)

    @property
    def rules(self) -> Rules:
        """The rules of the run."""
        return self.material.rules

    @property
    def plans(self) -> Mapping[str, ResolvedPlan]:
        """All plans of the run, by name."""
        return self.material.plans

    @property
    def files(self) -> Mapping[str, str]:
        """The page of each payee of the run."""
        return self.material.files

    @cached_property
    def people(self) -> Mapping[str, Person]:
        """By payee: what is known of them, from day to day."""
        return _people(self.people_shown)

    def person(self, payee: str) -> Person:
        """One payee from day to day; nothing is known of who is not in the workforce."""
        return self.people.get(payee, Person(()))

    @cached_property
    def payouts(self) -> Mapping[str, list[Row]]:
        """By payee: what is paid, by plan."""
        return _by_payee(self.run.payouts)

    @cached_property
    def traces(self) -> Mapping[Key, list[Row]]:
        """By payee and plan: every number that was worked out, by segment."""
        traces = defaultdict[Key, list[Row]](list)
        for trace in self.run.trace.values():
            for traced in _rows(trace):
                traces[traced["payee"], traced["plan"]].append(traced)
        return traces

    @cached_property
    def brought(self) -> Mapping[tuple[str, str, int], Brought]:
        """By payee, plan and segment: what each measure brought."""
        return _brought(self.run.contributions)

    @cached_property
    def waterfalls(self) -> Mapping[tuple[str, str, int], Reached]:
        """By payee, plan and segment: what is paid up to each bar, where the plan has bars."""
        rows = self._own(self.worked.waterfalls).iter_rows()
        return {(payee, plan, segment): (amounts, scores) for payee, plan, segment, amounts, scores in rows}

    @cached_property
    def variations(self) -> Mapping[tuple[str, str, int], list[Row]]:
        """By payee, plan and segment: what would have changed what the rules work out."""
        found = defaultdict[tuple[str, str, int], list[Row]](list)
        for row in self._own(self.worked.variations).iter_rows(named=True):
            found[row["payee"], row["plan"], row[SEGMENT]].append(row)
        return found

    @cached_property
    def bridges(self) -> Mapping[tuple[str, str], Row]:
        """By payee and what is paid: what the payout of the earlier run becomes, step by step, until it is this one."""
        found = self.worked.bridges
        rows = () if found is None else self._own(found).iter_rows(named=True)
        return {(row["payee"], row["pays"]): row for row in rows}

    @cached_property
    def worked(self) -> Worked:
        """What the engine works out beside the run."""
        if self.whole is not None:
            return self.whole.worked
        then, plans = self.previous, tuple(self.plans.values())
        earlier = None if then is None else Earlier(then.material.period, then.plans, then.run.traces)
        return Worked(self.rules, plans, self.run, earlier)

    def _own(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows of these payees."""
        return rows if self.whole is None else rows.filter(pl.col("payee").is_in(list(self.payees)))

    @cached_property
    def held(self) -> Mapping[str, list[Row]]:
        """By payee: why nothing could be decided."""
        return _by_payee(self.run.held.filter(pl.col("table") == WORKFORCE, pl.col("key") == pl.col("payee")))

    @cached_property
    def unused(self) -> Mapping[str, list[Row]]:
        """By payee: rows of other tables that name the payee, and could not be used."""
        return _by_payee(self.run.held.filter(pl.col("table") != WORKFORCE, pl.col("payee").is_not_null()))

    @cached_property
    def decided(self) -> Mapping[str, list[Row]]:
        """By payee: guarantees and adjustments."""
        return _by_payee(self.run.adjustments.filter(pl.col("kind") != "release"))

    @cached_property
    def released(self) -> Mapping[str, list[Row]]:
        """By payee: what is paid to who is held."""
        return _by_payee(self.run.adjustments.filter(pl.col("kind") == "release"))

    @cached_property
    def corrections(self) -> Mapping[str, list[Row]]:
        """By payee: the lines that correct earlier periods."""
        return _by_payee(self.run.corrections)

    @cached_property
    def absent(self) -> Mapping[str, list[tuple[int, str]]]:
        """By payee: segment and plan of days of which none counts."""
        absent = defaultdict[str, list[tuple[int, str]]](list)
        tests = self.run.eligibility.filter(~pl.col("result"), pl.col("test") == "present")
        for payee, segment, plan in tests.select("payee", SEGMENT, "plan").iter_rows():
            absent[payee].append((segment, plan))
        return absent

    @cached_property
    def dated(self) -> tuple[Dated, ...]:
        """The tables of which all days are paid on one value."""
        history, here = self.rules.ruleset.history, pl.col("payee").is_in(list(self.payees))
        return tuple(
            Dated(history[name], _by_payee(table.filter(here).sort("from").collect()))
            for name, table in self.material.dated.items()
        )

    @cached_property
    def results(self) -> Results:
        """What results were worked out from: those of the payees, of their teams, departments and the company."""
        return _results(self.run.kpis, self.run.verbatims, self.rules.ruleset.kpis)


def material(folder: Path, previous: Path | None = None) -> Material:
    """A run folder, of which only the rules, who has a statement and who is who are read so far.

    `previous`: the folder of a run that it is compared with. Raises InputProblems when there is no run in one of them.
    """
    run = Run.open(folder)
    rules = rules_in(folder)
    period = rules.period(run.summary["period"])
    plans = resolve(rules.ruleset, period)
    then = None if previous is None else material(previous)
    if then is not None:
        refuse_unlike(then.run, then.rules, run, rules)
    return Material(
        run=run,
        rules=rules,
        plans={plan.name: plan for plan in plans},
        payees=_payees(run),
        people=people_shown(folder, rules).lazy(),
        dated={
            name: pl.scan_parquet(folder / "inputs" / f"{name}.parquet")
            for name, table in rules.ruleset.history.items()
            if table.basis != "earned"
        },
        previous=then,
    )


def gathered(folder: Path) -> Gathered:
    """Everything in a run folder about everybody, at once. Raises InputProblems when there is no run in it."""
    return material(folder).everybody()


def people_shown(folder: Path, rules: Rules) -> pl.DataFrame:
    """Everybody from day to day, sorted by payee: what statements show of them, and what changed."""
    people = people_of(folder, rules, rules.period(Run.open(folder).summary["period"]))
    read = {*SHOWN, *rules.ruleset.dated_columns, "hired", SEGMENT, FIRST_DAY, LAST_DAY, *STINT_DAYS}
    return people.select("payee", *(name for name in people.columns if name in read))


def _payees(run: Run) -> tuple[str, ...]:
    found: set[str] = set()
    held = run.tables["held"].filter(pl.col("table") == WORKFORCE, pl.col("key") == pl.col("payee"))
    for table in (run.tables["payouts"], held, run.tables["corrections"]):
        found.update(table.select("payee").unique().collect()["payee"])
    return tuple(sorted(found))


def _among(payees: Sequence[str]) -> pl.Expr:
    """Whether a row is about one of the payees; what lies outside their range is skipped unread."""
    payee = pl.col("payee")
    return payee.is_between(pl.lit(payees[0]), pl.lit(payees[-1])) & payee.is_in(list(payees))


def _run_of(payees: Sequence[str], run: Run, traces: Mapping[str, pl.LazyFrame]) -> Run:
    """A run with the rows of some payees, their traces in memory; of results, those that can count for them."""
    here = _among(payees)
    own = {name: trace.filter(here).collect().lazy() for name, trace in traces.items()}
    named = pl.col("subject").is_in({*payees, *_subjects(run.tables["contributions"].filter(here), own.values())})
    tables = {name: table.filter(named) if name == "kpis" else _only(table, here) for name, table in run.tables.items()}
    return replace(run, tables=tables, traces=own)


def _only(table: pl.LazyFrame, here: pl.Expr) -> pl.LazyFrame:
    return table.filter(here) if "payee" in table.collect_schema() else table


def _subjects(contributions: pl.LazyFrame, traces: Iterable[pl.LazyFrame]) -> Iterator[str]:
    """Whose results beside their own can count for payees."""
    yield from contributions.select("subject").drop_nulls().unique().collect()["subject"]
    for trace in traces:
        frame = trace.collect()
        for name in _OTHERS:
            if name in frame.columns:
                yield from frame[name].drop_nulls().unique()


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


def _people(people: pl.LazyFrame) -> Mapping[str, Person]:
    return {payee: Person(tuple(rows)) for payee, rows in _by_payee(people.collect()).items()}


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
