"""KPI results: from accepted facts, or given, to one exact value per subject, with its n.

Facts are credited and dated here, then grouped; what is gathered of each group, and what follows from it, the KPI's
kind says. Then the KPI's own rounding, and at last the formulas over KPIs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Final, TypeAlias

import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.assignment_results import results_of_stints
from incentive_engine.engine.cases import facts_behind
from incentive_engine.engine.crediting import credited, subject_column
from incentive_engine.engine.eligibility import whole_period
from incentive_engine.engine.given import given_results
from incentive_engine.engine.grouping import PLACE, Grouping, compute_of
from incentive_engine.engine.invitations import beside, with_invitations, with_invited
from incentive_engine.engine.measured import SUBJECT, Measured, Result, Sheet, every_subject
from incentive_engine.engine.named_facts import facts_scope
from incentive_engine.engine.over_results import results_over_kpis, with_what_they_read
from incentive_engine.engine.stints import stints, subjects_of_stints
from incentive_engine.exact import Scale
from incentive_engine.facts import Accepted
from incentive_engine.kinds.kpi_kind import Credited, FromFacts
from incentive_engine.kinds.kpis import Given
from incentive_engine.kinds.windows import ASSIGNMENT, days_of
from incentive_engine.periods import Period
from incentive_engine.rulesets.formula_uses import WHOLE_PERIOD
from incentive_engine.rulesets.models import Kpi, RuleSet

Days: TypeAlias = tuple[dt.date, dt.date]
"""The first and the last day that count for a result."""
_DAYS: Final = "\0days"  # no header has this name: it cannot stand in a text file
"""UInt16: in which of the days of a pass a fact lies."""


@dataclass(frozen=True, slots=True)
class _Pass:
    """KPIs that are gathered together: of one kind of subject, for days that do not overlap, in order."""

    kind: str
    days: tuple[Days, ...]
    kpis: tuple[str, ...]


def measure_kpis(
    rules: RuleSet,
    possible: Mapping[str, Scale] | None,
    accepted: Accepted,
    keys: Collection[ResultKey],
    period: Period,
) -> Measured:
    """The results behind `keys`, with those that formulas over KPIs read.

    `possible`: the least and the greatest result that each KPI can have, as declared: its intervals end there. None:
    nobody asks how sure results are, and they have no intervals.
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
    places = stints(accepted, period) if any(rules.kpis[key.kpi].over == ASSIGNMENT for key in keys) else None
    return Measured(tuple(beside(sheets)), pl.concat(held), places)


def _source_of(kpi: Kpi) -> str | None:
    return kpi.compute.source if isinstance(kpi.compute, FromFacts) else None


def _from_source(
    rules: RuleSet,
    possible: Mapping[str, Scale] | None,
    accepted: Accepted,
    name: str,
    keys: list[ResultKey],
    period: Period,
) -> tuple[list[Sheet], pl.DataFrame]:
    """All results from one source, in as few passes as there are sets of days that KPIs ask for together."""
    source, table, nameless = facts_behind(rules, accepted, name)
    frame = table.frame
    for key in keys:
        frame = compute_of(rules.kpis[key.kpi]).marked(frame, source.date)
    facts, refused = credited(name, frame, source, accepted, {key.subject_kind for key in keys})
    sheets: list[Sheet] = []
    for spoken_of, together in _by_period(rules.kpis, keys, period).items():
        scope = {**facts_scope(table), **rules.clocks, **(whole_period(spoken_of) if spoken_of else {})}
        to_group = Credited(scope, pl.lit(True), frame.height, source.shared(scope))
        sheets += _Facts(facts, source.date, to_group, accepted, rules.kpis, possible, period).sheets(together)
    return sheets, pl.concat([nameless, refused])


@dataclass(frozen=True, slots=True)
class _Facts:
    """The credited facts of one source, and what is needed to group them; `of` is the period of the calculation."""

    frame: pl.LazyFrame
    date: str
    to_group: Credited
    accepted: Accepted
    kpis: Mapping[str, Kpi]
    possible: Mapping[str, Scale] | None
    of: Period

    def sheets(self, keys: Collection[ResultKey]) -> Iterator[Sheet]:
        """The results behind `keys`."""
        of_stints = [key for key in keys if self.kpis[key.kpi].over == ASSIGNMENT]
        days = {key: days_of(self.kpis[key.kpi].over, key.period(self.of)) for key in keys if key not in of_stints}
        for each in _passes(days):
            dated = _dated(self.frame, self.date, each.days)
            results = _results(self._grouping(each.kind, each.kpis), dated, each, self.accepted)
            for when, by_kpi in zip(each.days, results, strict=True):
                asked = [key for key in days if (key.subject_kind, days[key]) == (each.kind, when)]
                yield {key: by_kpi[key.kpi] for key in sorted(asked) if key.kpi in by_kpi}
        by_days = attrgetter("subject_kind", "when")
        for (kind, _), several in groupby(sorted(of_stints, key=by_days), by_days):
            yield self._over_assignments(kind, sorted(several))

    def _over_assignments(self, kind: str, keys: Sequence[ResultKey]) -> Sheet:
        """Results of one kind of subject and one period."""
        period, grouping = keys[0].period(self.of), self._grouping(kind, [key.kpi for key in keys])
        spans = subjects_of_stints(kind, self.accepted, period)
        by_kpi = results_of_stints(grouping, self.frame, self.date, kind, spans, period)
        return {key: by_kpi[key.kpi] for key in keys}

    def _grouping(self, kind: str, names: Collection[str]) -> Grouping:
        facts = replace(self.to_group, to_somebody=pl.col(subject_column(kind)).is_not_null())
        return Grouping({name: self.kpis[name] for name in names}, facts, self.possible)


def _by_period(
    kpis: Mapping[str, Kpi], keys: Collection[ResultKey], of: Period
) -> Mapping[Period | None, list[ResultKey]]:
    """The results by the period that their formulas speak of: None where they speak of none, and go together."""
    found: dict[Period | None, list[ResultKey]] = {}
    for key in keys:
        formulas = [formula for formula, _ in compute_of(kpis[key.kpi]).formulas().values()]
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


def _results(grouping: Grouping, facts: pl.LazyFrame, each: _Pass, accepted: Accepted) -> Iterator[dict[str, Result]]:
    """The results of a pass by KPI, for each of its days; `facts` are dated."""
    subjects = every_subject(each.kind, accepted)
    groups = grouping.groups(_placed(facts, each, subjects[SUBJECT]))
    height, days = subjects.height, range(len(each.days))
    delivered = [
        any(group[PLACE].is_between(at * height, (at + 1) * height, closed="left").any() for group in groups)
        or _delivered(facts.filter(pl.col(_DAYS) == at))
        for at in days
    ]
    in_days = pl.concat([pl.repeat(there, height, dtype=pl.Boolean, eager=True) for there in delivered])
    results = grouping.results(pl.concat([subjects] * len(days)), groups, in_days)
    for at in days:
        yield {kpi: result.slice(at * height, height) for kpi, result in results.items()}


def _placed(facts: pl.LazyFrame, each: _Pass, subjects: pl.Series) -> pl.LazyFrame:
    """The facts of these subjects, with the place of their subject and days: a number is grouped faster than a name."""
    subject = pl.col(subject_column(each.kind)).cast(pl.Enum(subjects), strict=False).to_physical()
    place = pl.col(_DAYS).cast(pl.UInt64) * len(subjects) + subject
    return facts.with_columns(place.alias(PLACE))  # without a subject it is missing: a group that nobody asks for


def _delivered(facts: pl.LazyFrame) -> bool:
    """Whether there is any fact at all."""
    return facts.head(1).collect().height > 0
