"""Results that are otherwise in a scenario, after they are measured: as many facts stand behind them as before.

What a changed result was divided from, and how sure it is, nobody knows: these are missing beside it. A result never
leaves what is possible. Formulas over KPIs are worked out again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.documents import Document
from incentive_engine.engine.fitting import fitted
from incentive_engine.engine.measured import SUBJECT, VALUE, Measured, Result, as_column
from incentive_engine.engine.over_results import results_over_kpis, with_what_they_read
from incentive_engine.engine.segments import People
from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.exact import Exact, Scale
from incentive_engine.kinds.intervals import HIGH, LOW, SPREAD
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import Kpi
from incentive_engine.rulesets.scenario import ChangedNumber, FactChange
from incentive_engine.simulation.scenarios.whom import Place, payees_where

_BEHIND = ("numerator", "denominator", LOW, HIGH, SPREAD)
_MEANT = "\0meant"  # no header is so


@dataclass(frozen=True, slots=True)
class FactsMoved:
    """What a change of results did: how many results it changed, and how many of them stopped at what is possible."""

    kpi: str
    results: int
    stopped: int


@dataclass(frozen=True, slots=True)
class _Meant:
    """One change, and the subjects whose results it means, by kind; None: all of them."""

    change: FactChange
    subjects: Mapping[str, pl.Series | None]


def with_other_facts(
    measured: Measured,
    rules: Rules,
    people: People,
    period: Period,
    changes: Sequence[FactChange],
    document: Document | None = None,
) -> tuple[Measured, tuple[FactsMoved, ...]]:
    """The results with the changes made, in their order, and what each did.

    Results of the period and of its parts are meant, none of an earlier one. Raises InputProblems for a KPI that no
    plan reads, and where no result is meant.
    """
    meant, problems = list[_Meant](), list[Problem]()
    for at, change in enumerate(changes):
        place = Place(document, ("facts", at))
        try:
            _refuse_unread(change, measured, place)
            meant.append(_Meant(change, _subjects(change, people, period, place)))
        except InputProblems as found:
            problems += found.problems
    if problems:
        raise InputProblems(problems)
    known, told = _changed(measured, rules, period, meant)
    for at, each in enumerate(told):
        if not each.results:
            place = Place(document, ("facts", at))
            problems.append(Problem("nobody-meant", f"no result of `{each.kpi}` is meant", place.at("kpi")))
    if problems:
        raise InputProblems(problems)
    sheets = tuple({key: known[key] for key in sheet} for sheet in measured.sheets)
    return replace(measured, sheets=sheets), tuple(told)


def _refuse_unread(change: FactChange, measured: Measured, place: Place) -> None:
    read = {key.kpi for key in measured.results}
    if change.kpi not in read:
        hint = did_you_mean(change.kpi, read) or "plans read " + ", ".join(f"`{name}`" for name in sorted(read))
        raise InputProblems([Problem("unknown-kpi", f"no plan reads `{change.kpi}`", place.at("kpi"), hint)])


def _subjects(change: FactChange, people: People, period: Period, place: Place) -> dict[str, pl.Series | None]:
    """Whom a change means, by kind of subject."""
    if change.where is None:
        return dict.fromkeys(("payee", "team", "department", "company"))
    frame = people.table.frame
    payees = payees_where(change.where, people.table, period, place)
    meant: dict[str, pl.Series | None] = {"payee": payees}
    for kind in ("team", "department"):
        if kind in frame.columns:
            whole = frame.group_by(kind).agg(pl.col("payee").is_in(payees.implode()).all().alias(_MEANT))
            meant[kind] = whole.filter(_MEANT)[kind].drop_nulls()
    return meant


def _changed(
    measured: Measured, rules: Rules, period: Period, changes: Sequence[_Meant]
) -> tuple[Mapping[ResultKey, Result], list[FactsMoved]]:
    """Every result, each after what it reads."""
    kpis = rules.ruleset.kpis
    known = {key: each for key, each in measured.results.items() if not isinstance(kpis[key.kpi].compute, OverKpis)}
    counts = [[0, 0] for _ in changes]
    for key in with_what_they_read(kpis, measured.results, period):
        if key not in known:
            (sheet,) = results_over_kpis(kpis, [key], known, period)
            known[key] = sheet[key]
        if key.period(period).start < period.start:
            continue
        for at, one in enumerate(changes):
            of_kind = one.change.of in (None, key.subject_kind) and key.subject_kind in one.subjects
            if key.kpi == one.change.kpi and of_kind:
                possible = rules.ranges.results[key.kpi]
                known[key], moved = _moved(known[key], kpis[key.kpi], one, key, possible)
                counts[at] = [before + more for before, more in zip(counts[at], moved, strict=True)]
    return known, [FactsMoved(each.change.kpi, *of) for each, of in zip(changes, counts, strict=True)]


def _moved(result: Result, kpi: Kpi, meant: _Meant, key: ResultKey, possible: Scale) -> tuple[Result, tuple[int, int]]:
    """The result with the values of those who are meant changed; how many, and how many stopped at an end."""
    subjects = meant.subjects[key.subject_kind]
    chosen = pl.lit(True) if subjects is None else pl.col(SUBJECT).is_in(subjects.implode())
    chosen &= pl.col(VALUE).is_not_null()
    value, (low, high) = Exact.column(VALUE, result.scale), possible.span()
    wanted = kpi.rounding.of(moved(value, meant.change))
    within = wanted.clipped(low, high).rounded(kpi.rounding.kept)
    new = result.frame.with_columns(
        chosen.alias(_MEANT), as_column(within, "\0within"), wanted.differs(within).alias("\0stops")
    )
    counts = pl.when(_MEANT).then("\0within").otherwise(pl.col(VALUE).cast(pl.Int128))
    column, scale = fitted(new.select(counts.alias(VALUE))[VALUE], result.scale.places)
    behind = [pl.when(~pl.col(_MEANT)).then(name).alias(name) for name in _BEHIND if name in new.columns]
    frame = new.with_columns(column, *behind).select(result.frame.columns)
    stopped = int(new.select((pl.col(_MEANT) & pl.col("\0stops")).sum()).item())
    return replace(result, frame=frame, scale=scale), (int(new[_MEANT].sum()), stopped)


def moved(value: Exact, change: ChangedNumber) -> Exact:
    """A number as a scenario has it."""
    if change.becomes is not None:
        return Exact.of(change.becomes)
    return value.plus(change.plus) if change.plus is not None else value.times(change.times or 1)
