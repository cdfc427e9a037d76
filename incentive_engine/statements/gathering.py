"""A run folder as statements: every table read once, its rows put to their payees in one pass.

Filtering tables once per payee is quadratic; a dictionary of rows is not.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from incentive_engine.engine.retracing import with_quotients
from incentive_engine.engine.run import Run, rules_in
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import Kpi
from incentive_engine.rulesets.resolving import ResolvedPlan, nodes_under, resolve
from incentive_engine.statements.files import file_names
from incentive_engine.statements.languages import Language, chosen, language
from incentive_engine.statements.plans import PlanWriter
from incentive_engine.statements.reading import Reading, Row
from incentive_engine.statements.results import Results, Written
from incentive_engine.statements.values import Held, Origin, Source, Statement

_QUOTED = re.compile(r"`([^`]+)`")
Key = tuple[str, str]
"""Payee and plan."""


@dataclass(frozen=True)
class Gathered:
    """Everything that statements say, from one run folder."""

    run: Run
    rules: Rules
    plans: Mapping[str, ResolvedPlan]
    people: Mapping[str, Row]
    payouts: Mapping[str, list[Row]]
    traces: Mapping[Key, Row]
    measured: Mapping[Key, Mapping[str | None, Row]]
    held: Mapping[str, list[Row]]
    results: Results

    @cached_property
    def payees(self) -> tuple[str, ...]:
        """Who has a statement, by payee: paid, scored or held."""
        return tuple(sorted(self.payouts.keys() | self.held.keys()))

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The page of each payee."""
        return file_names(self.payees)


def gathered(folder: Path) -> Gathered:
    """Everything in a run folder. Raises InputProblems when there is no run in it."""
    run = Run.open(folder)
    rules = rules_in(folder)
    plans = resolve(rules.ruleset, rules.period(run.summary["period"]))
    payouts, held = defaultdict[str, list[Row]](list), defaultdict[str, list[Row]](list)
    measured = defaultdict[Key, dict[str | None, Row]](dict)
    for row in run.payouts.iter_rows(named=True):
        payouts[row["payee"]].append(row)
    for row in run.contributions.iter_rows(named=True):
        measured[row["payee"], row["plan"]][row["measure"]] = row
    for row in run.held.filter(pl.col("table") == WORKFORCE, pl.col("key") == pl.col("payee")).iter_rows(named=True):
        held[row["payee"]].append(row)
    return Gathered(
        run=run,
        rules=rules,
        plans={plan.name: plan for plan in plans},
        people={row["payee"]: row for row in _workforce(folder).iter_rows(named=True)},
        payouts=payouts,
        traces={(row["payee"], row["plan"]): row for trace in run.trace.values() for row in _rows(trace)},
        measured=measured,
        held=held,
        results=_results(run.kpis, run.verbatims, rules.ruleset.kpis),
    )


def _rows(trace: pl.DataFrame) -> Iterator[Row]:
    """The rows of a trace, numbers that do not end as fractions."""
    rows = trace.iter_rows(named=True)
    return map(with_quotients, rows) if any(name.endswith(".per") for name in trace.columns) else rows


def _workforce(folder: Path) -> pl.DataFrame:
    people = pl.read_parquet(folder / "inputs" / f"{WORKFORCE}.parquet")
    shown = ("payee", "name", "language", "department", "team")
    return people.select(
        pl.col(name) if name in people.columns else pl.lit(None, pl.String).alias(name) for name in shown
    )


def _results(results: pl.DataFrame, verbatims: pl.DataFrame, kpis: Mapping[str, Kpi]) -> Results:
    name = ("kpi", "subject_kind", "subject", "period")
    quotients = results.filter(pl.col("denominator").is_not_null()).select(*name, "numerator", "denominator")
    over = [kpi.compute.kpis for kpi in kpis.values() if isinstance(kpi.compute, OverKpis)]
    invited = results.filter(pl.col("invited").is_not_null()).select(*name, "invited")
    limits = results.filter(pl.col("low").is_not_null()).select(*name, "low", "high")
    read = results.filter(pl.col("kpi").is_in(frozenset().union(*over))).select(*name, "value")
    return Results(
        {
            (payee, kpi): Written(count, tuple(zip(days, texts, strict=True)))
            for payee, kpi, count, days, texts in _written(verbatims).iter_rows()
        },
        {
            (kpi, kind, subject, period): (above, below)
            for kpi, kind, subject, period, above, below in quotients.iter_rows()
        },
        {(kpi, kind, subject, period): value for kpi, kind, subject, period, value in read.iter_rows()},
        {(kpi, kind, subject, period): asked for kpi, kind, subject, period, asked in invited.iter_rows()},
        {(kpi, kind, subject, period): (low, high) for kpi, kind, subject, period, low, high in limits.iter_rows()},
    )


def _written(verbatims: pl.DataFrame) -> pl.DataFrame:
    """One row per payee and KPI: how many texts, and those that may be shown with their days, the latest first."""
    latest = verbatims.drop_nulls("payee").sort("date", descending=True, maintain_order=True)
    shown = pl.col("date", "text").filter(pl.col("shown"))
    return latest.group_by("payee", "kpi", maintain_order=True).agg(pl.len(), shown)


class StatementMaker:
    """Makes statements, each in its payee's language; what is the same for many is made once."""

    def __init__(self, everything: Gathered) -> None:
        self._all = everything
        self._writers: dict[Key, PlanWriter] = {}
        self._origins: dict[str, Origin] = {}

    def statements(self) -> Iterator[Statement]:
        """Every statement, by payee."""
        return (self.statement(payee) for payee in self._all.payees)

    def statement(self, payee: str) -> Statement:
        """What one payee reads."""
        person = self._all.people.get(payee, {})
        reader = self.reader(chosen(person.get("language")))
        paid = self._all.payouts.get(payee, ())
        amounts = [row["payout"] for row in paid if row["payout"] is not None]
        amount = sum(amounts, Decimal(0)) if amounts else None
        return Statement(
            payee=payee,
            name=person.get("name") or "",
            language=reader.code,
            department=person.get("department") or "",
            team=person.get("team") or "",
            file=self._all.files[payee],
            origin=self.origin(reader),
            amount=amount,
            total="" if amount is None else reader.numbers.money(amount),
            pays=tuple(
                self._writer(row["plan"], reader).pay(
                    row,
                    self._all.traces[payee, row["plan"]],
                    self._all.measured[payee, row["plan"]],
                    self._all.results,
                )
                for row in paid
            ),
            held=tuple(self.held(row, reader) for row in self._all.held.get(payee, ())),
        )

    def reader(self, code: str) -> Language:
        """A language, with the run's currency."""
        return language(code, self._all.rules.ruleset.currency)

    def _writer(self, plan: str, reader: Language) -> PlanWriter:
        key = (plan, reader.code)
        if key not in self._writers:
            self._writers[key] = PlanWriter(Reading(self._all.rules, self._all.plans[plan], reader))
        return self._writers[key]

    def held(self, row: Row, reader: Language) -> Held:
        """Why nothing could be decided, with the titles of the plan and the measure that the reason names."""
        words, named = reader.words["held"], _QUOTED.findall(row["reason"])
        plan = next((self._all.plans[name] for name in named if name in self._all.plans), None)
        titles = {node.path: reader.label(node.title) for node in nodes_under(plan.root)} if plan else {}
        return Held(
            plan=reader.label(plan.title) if plan else "",
            code=row["code"],
            sentence=words["codes"].get(row["code"], words["other"]),
            about=next((titles[name] for name in named[1:] if name in titles and name != "plan"), ""),
            reason=row["reason"],
        )

    def origin(self, reader: Language) -> Origin:
        """Where the numbers come from."""
        if reader.code not in self._origins:
            self._origins[reader.code] = _origin(self._all.run.summary, self._all.rules, reader)
        return self._origins[reader.code]


def _origin(summary: Mapping[str, Any], rules: Rules, reader: Language) -> Origin:
    ruleset, words = rules.ruleset, reader.words
    start, end = (dt.date.fromisoformat(summary[name]) for name in ("period_start", "period_end"))
    decided = words["origin"]["decided_by"].format(by=ruleset.decided.by, day=reader.date(ruleset.decided.on))
    if ruleset.decided.notified is not None:
        decided += words["origin"]["notified"].format(day=reader.date(ruleset.decided.notified))
    return Origin(
        title=reader.label(ruleset.title),
        rule_set=ruleset.rule_set,
        version=ruleset.version,
        decided=decided,
        rule_files=((summary["rules"]["file"], summary["rules"]["sha256"]), *summary["rules"]["entries"].items()),
        engine=f"incentive_engine {summary['engine']}",
        period=reader.period(summary["period"], start),
        dates=words["page"]["dates"].format(start=reader.date(start), end=reader.date(end)),
        sources=tuple(
            Source(name, ", ".join(table["files"]), reader.numbers.number(table["rows"]), table["sha256"])
            for name, table in summary["inputs"].items()
            if table["files"]
        ),
    )
