"""KPI results: from accepted facts, or given, to one exact value per subject, with its n.

Facts are credited and grouped here; what is gathered of each group, and what follows from it, the KPI's kind says. Then
the KPI's own rounding, and at last the formulas over KPIs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, TypeAlias

import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.cases import facts_behind
from incentive_engine.engine.crediting import credited, subject_column
from incentive_engine.engine.eligibility import whole_period
from incentive_engine.engine.given import given_results
from incentive_engine.engine.invitations import beside, with_invitations, with_invited
from incentive_engine.engine.measured import (
    SUBJECT,
    VALUE,
    Measured,
    Result,
    Sheet,
    as_column,
    every_subject,
    fitted_result,
    rounded,
)
from incentive_engine.engine.named_facts import facts_scope
from incentive_engine.engine.over_results import results_over_kpis, with_what_they_read
from incentive_engine.exact import Scale
from incentive_engine.facts import Accepted
from incentive_engine.kinds.intervals import HIGH, LOW
from incentive_engine.kinds.kpi_kind import COUNT, NUMERATOR, Credited, FromFacts, Gathered
from incentive_engine.kinds.kpis import Given
from incentive_engine.kinds.windows import days_of
from incentive_engine.periods import Period
from incentive_engine.rulesets.formula_uses import WHOLE_PERIOD
from incentive_engine.rulesets.models import Kpi, RuleSet

Days: TypeAlias = tuple[dt.date, dt.date]
"""The first and the last day that count for a result."""
_DAYS: Final = "\0days"  # no header has this name: it cannot stand in a text file
"""UInt16: in which of the days of a pass a fact lies."""
_PLACE: Final = "\0place"
"""UInt64: the place of a fact's subject and days among those of all."""
_DELIVERED: Final = "\0delivered"
"""Boolean: whether any fact lies in these days."""


@dataclass(frozen=True, slots=True)
class _Pass:
    """KPIs that are gathered together: of one kind of subject, for days that do not overlap, in order."""

    kind: str
    days: tuple[Days, ...]
    kpis: tuple[str, ...]


def measure_kpis(
    rules: RuleSet, possible: Mapping[str, Scale], accepted: Accepted, keys: Collection[ResultKey], period: Period
) -> Measured:
    """The results behind `keys`, with those that formulas over KPIs read.

    `possible`: the least and the greatest result that each KPI can have, as declared: its intervals end there.
    """
    rules = with_invitations(rules)
    wanted = with_invited(rules, with_what_they_read(rules.kpis, keys, period))
    sheets: list[Sheet] = []
    held = [accepted.held]
    given = [key for key in wanted if isinstance(rules.kpis[key.kpi].compute, Given)]
    if given:
        of_table, refused = given_results(rules, accepted, given, period)
        sheets += of_table
        held.append(refused)
    for name in rules.facts:
        of_source = [key for key in wanted if _source_of(rules.kpis[key.kpi]) == name]
        if of_source:
            computed, refused = _from_source(rules, possible, accepted, name, of_source, period)
            sheets += computed
            held.append(refused)
    sheets += results_over_kpis(rules.kpis, wanted, Measured(tuple(sheets), accepted.held).results, period)
    return Measured(tuple(beside(sheets)), pl.concat(held))


def _source_of(kpi: Kpi) -> str | None:
    return kpi.compute.source if isinstance(kpi.compute, FromFacts) else None


def _from_source(
    rules: RuleSet, possible: Mapping[str, Scale], accepted: Accepted, name: str, keys: list[ResultKey], period: Period
) -> tuple[list[Sheet], pl.DataFrame]:
    """All results from one source, in as few passes as there are sets of days that KPIs ask for together."""
    source, table, nameless = facts_behind(rules, accepted, name)
    frame = table.frame
    for key in keys:
        frame = _compute(rules.kpis[key.kpi]).marked(frame, source.date)
    facts, refused = credited(name, frame, source, accepted, {key.subject_kind for key in keys})
    sheets: list[Sheet] = []
    for spoken_of, together in _by_period(rules.kpis, keys, period).items():
        scope = {**facts_scope(table), **rules.clocks, **(whole_period(spoken_of) if spoken_of else {})}
        days = {key: days_of(rules.kpis[key.kpi].over, key.period(period)) for key in together}
        for each in _passes(days):
            subjects, dated = every_subject(each.kind, accepted), _dated(facts, source.date, each.days)
            to_somebody = pl.col(subject_column(each.kind)).is_not_null()
            to_group = Credited(scope, to_somebody, frame.height, source.shared(scope))
            results = _results(rules, possible, each, dated, subjects, to_group)
            for when, by_kpi in zip(each.days, results, strict=True):
                asked = [key for key in together if (key.subject_kind, days[key]) == (each.kind, when)]
                sheets.append({key: by_kpi[key.kpi] for key in sorted(asked) if key.kpi in by_kpi})
    return sheets, pl.concat([nameless, refused])


def _by_period(
    kpis: Mapping[str, Kpi], keys: Collection[ResultKey], of: Period
) -> Mapping[Period | None, list[ResultKey]]:
    """The results by the period that their formulas speak of: None where they speak of none, and go together."""
    found: dict[Period | None, list[ResultKey]] = {}
    for key in keys:
        formulas = [formula for formula, _ in _compute(kpis[key.kpi]).formulas().values()]
        speaks = any(formula.names & WHOLE_PERIOD.keys() for formula in formulas)
        found.setdefault(key.period(of) if speaks else None, []).append(key)
    return found


def _passes(days: Mapping[ResultKey, Days]) -> Iterator[_Pass]:
    """The passes that make all results: KPIs that are asked for the same days go together."""
    asked: dict[tuple[str, str], set[Days]] = {}
    for key, when in days.items():
        asked.setdefault((key.subject_kind, key.kpi), set()).add(when)
    together = sorted((kind, tuple(apart), kpi) for (kind, kpi), when in asked.items() for apart in _apart(when))
    for (kind, apart), several in groupby(together, lambda each: each[:2]):
        yield _Pass(kind, apart, tuple(kpi for *_, kpi in several))


def _apart(days: Collection[Days]) -> list[list[Days]]:
    """The days in lists within which they do not overlap, each in order."""
    lists: list[list[Days]] = []
    for start, end in sorted(days):
        free = next((each for each in lists if each[-1][1] < start), None)
        if free is None:
            lists.append([(start, end)])
        else:
            free.append((start, end))
    return lists


def _dated(facts: pl.LazyFrame, date: str, days: Sequence[Days]) -> pl.LazyFrame:
    """The facts that lie in one of the days, and in which."""
    day = pl.col(date).cast(pl.Date)
    within = pl.any_horizontal(day.is_between(start, end) for start, end in _joined(days))
    which = pl.lit(len(days) - 1, pl.UInt16)
    for at, (start, _) in reversed(list(enumerate(days[1:]))):
        which = pl.when(day < start).then(pl.lit(at, pl.UInt16)).otherwise(which)
    return facts.filter(within).with_columns(which.alias(_DAYS))


def _joined(days: Sequence[Days]) -> Iterator[Days]:
    """The days, those that follow each other taken together."""
    start, end = days[0]
    for following, last in days[1:]:
        if following > end + dt.timedelta(days=1):
            yield start, end
            start = following
        end = last
    yield start, end


def _results(
    rules: RuleSet,
    possible: Mapping[str, Scale],
    each: _Pass,
    facts: pl.LazyFrame,
    subjects: pl.DataFrame,
    to_group: Credited,
) -> Iterator[dict[str, Result]]:
    """The results of a pass by KPI, for each of its days; `facts` are dated."""
    gathered = {kpi: _compute(rules.kpis[kpi]).gathered(replace(to_group, name=kpi)) for kpi in each.kpis}
    placed = _placed(facts, each, subjects[SUBJECT])
    groups = []
    for merges in (True, False):
        # Apart: what does not merge would take what does from the streaming engine into memory.
        here = {kpi: of_kpi for kpi, of_kpi in gathered.items() if _compute(rules.kpis[kpi]).merges == merges}
        of_each = [column for of_kpi in here.values() for column in of_kpi.of_each]
        columns = [column.name.prefix(f"{kpi}.") for kpi, of_kpi in here.items() for column in of_kpi.columns]
        if columns:
            by_place = placed.with_columns(of_each).group_by(_PLACE)
            groups.append(by_place.agg(columns).collect(engine="streaming" if merges else "in-memory"))
    dense = _laid_out(groups, subjects, len(each.days), facts)
    results = {kpi: _result(dense, kpi, rules.kpis[kpi], of_kpi, possible.get(kpi)) for kpi, of_kpi in gathered.items()}
    for at in range(len(each.days)):
        yield {kpi: result.slice(at * subjects.height, subjects.height) for kpi, result in results.items()}


def _placed(facts: pl.LazyFrame, each: _Pass, subjects: pl.Series) -> pl.LazyFrame:
    """The facts of these subjects, with the place of their subject and days: a number is grouped faster than a name."""
    subject = pl.col(subject_column(each.kind)).cast(pl.Enum(subjects), strict=False).to_physical()
    place = pl.col(_DAYS).cast(pl.UInt64) * len(subjects) + subject
    return facts.with_columns(place.alias(_PLACE))  # without a subject it is missing: a group that nobody asks for


def _laid_out(groups: Sequence[pl.DataFrame], subjects: pl.DataFrame, days: int, facts: pl.LazyFrame) -> pl.DataFrame:
    """All subjects of the first days, then of the next…, with what was gathered, and whether facts were delivered."""
    places = pl.DataFrame({_PLACE: pl.int_range(days * subjects.height, dtype=pl.UInt64, eager=True)})
    dense = places.with_columns(pl.concat([subjects[SUBJECT]] * days))
    for group in groups:
        dense = dense.join(group, on=_PLACE, how="left", maintain_order="left")
    height = subjects.height
    delivered = [
        any(group[_PLACE].is_between(at * height, (at + 1) * height, closed="left").any() for group in groups)
        or _delivered(facts.filter(pl.col(_DAYS) == at))
        for at in range(days)
    ]
    in_days = pl.concat([pl.repeat(each, height, dtype=pl.Boolean, eager=True) for each in delivered])
    return dense.with_columns(in_days.alias(_DELIVERED))


def _compute(kpi: Kpi) -> FromFacts:
    assert isinstance(kpi.compute, FromFacts)
    return kpi.compute


def _delivered(facts: pl.LazyFrame) -> bool:
    """Whether there is any fact at all."""
    return facts.head(1).collect().height > 0


def _result(dense: pl.DataFrame, name: str, kpi: Kpi, gathered: Gathered, possible: Scale | None) -> Result:
    """The result of each subject; 0 without a fact where the kind says so, if any were delivered."""
    own = {column: column.removeprefix(f"{name}.") for column in dense.columns if column.startswith(f"{name}.")}
    frame = dense.select(SUBJECT, _DELIVERED, *own).rename(own)
    if kpi.compute.zero_without_facts:
        frame = frame.with_columns(pl.col(NUMERATOR, COUNT).fill_null(pl.when(_DELIVERED).then(0)))
    frame = frame.with_columns(as_column(rounded(gathered.value, kpi), VALUE), *gathered.interval)
    if gathered.interval:
        known, ends = pl.col(VALUE).is_not_null(), map(float, possible.span()) if possible else (None, None)
        frame = frame.with_columns(pl.when(known).then(pl.col(LOW, HIGH).clip(*ends)))
    return fitted_result(frame.drop(_DELIVERED), kpi, gathered.numerator, gathered.denominator)
