"""What customers said and lived in the company, its departments and teams: worked out from the records of the run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from incentive_engine.engine.crediting import COMPANY
from incentive_engine.engine.measuring import kpi_table, measure
from incentive_engine.engine.run import Run, accepted_in
from incentive_engine.engine.wording import readable_limits
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import Kpi
from incentive_engine.statements.belonging import Member
from incentive_engine.statements.languages import Language
from incentive_engine.statements.reading import in_percent
from incentive_engine.statements.small_groups import LEAST, Place, nested, shown

_KINDS: Final = (COMPANY, "department", "team", "payee")


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One result, of how many records, and the limits between which it lies with 95 % confidence, if known."""

    value: Decimal
    n: int | None
    low: Decimal | None
    high: Decimal | None


class GroupResults:
    """The results of some KPIs for every group that is large enough to be told of."""

    def __init__(
        self, run: Run, rules: Rules, kpis: Collection[str], members: Sequence[Member], least: int = LEAST
    ) -> None:
        assert run.folder is not None, "results are worked out from a run's folder"
        period = rules.period(run.summary["period"])
        accepted = accepted_in(run.folder, rules, rules.contracts)
        measured = measure(rules, accepted, [period], _KINDS, kpis)
        self._results = _by_subject(kpi_table(measured.results, period).collect(), period)
        self._places = _places(members)
        self._shown = {kpi: shown(nested(self._people(kpi)), least) for kpi in kpis}

    def of(self, kpi: str, place: Place) -> GroupResult | None:
        """The result of the company (an empty place), a department or a team of it; None where it may not be told."""
        return self._result(kpi, place) if place in self._shown[kpi] else None

    def parts(self, kpi: str, department: str) -> Sequence[str]:
        """The teams of a department that have a result, told or not."""
        teams = {place[-1] for place in self._places.values() if len(place) > 1 and place[0] == department}
        return sorted(team for team in teams if self._result(kpi, (department, team)) is not None)

    def knows(self, kpi: str) -> bool:
        """Whether the KPI is among those that were asked for."""
        return kpi in self._shown

    def has(self, kpi: str, department: str) -> bool:
        """Whether there is anything to tell of a department, even if it may not be told."""
        return self._result(kpi, (department,)) is not None or bool(self.parts(kpi, department))

    def _result(self, kpi: str, place: Place) -> GroupResult | None:
        return self._results[kpi].get((_KINDS[len(place)], place[-1] if place else COMPANY))

    def _people(self, kpi: str) -> list[tuple[tuple[str], Place]]:
        """Who stands behind the results of a KPI: those who have one themselves.

        Where records name nobody, everybody does in whose team they are; in whose department, where they name no team.
        """
        own = {subject for kind, subject in self._results[kpi] if kind == "payee"}
        with_own = {place[:length] for payee, place in self._places.items() if payee in own for length in (1, 2)}
        return [
            ((payee,), place)
            for payee, place in self._places.items()
            if payee in own or (place not in with_own and self._result(kpi, place) is not None)
        ]


def _by_subject(table: pl.DataFrame, period: Period) -> Mapping[str, Mapping[tuple[str, str], GroupResult]]:
    """The results over the whole period, by KPI, then by kind of subject and subject."""
    whole = (pl.col("from").is_null() & pl.col("to").is_null()) | (
        (pl.col("from") == period.start) & (pl.col("to") == period.end)
    )
    found = defaultdict[str, dict[tuple[str, str], GroupResult]](dict)
    columns = ("kpi", "subject_kind", "subject", "value", "n", "low", "high")
    for kpi, kind, subject, value, n, low, high in table.filter(whole).select(columns).iter_rows():
        found[kpi][kind, subject] = GroupResult(value, n, low, high)
    return found


def _places(members: Sequence[Member]) -> Mapping[str, Place]:
    """The department and team of everybody; no team where people of several departments are in it."""
    departments = defaultdict[str, set[str]](set)
    for each in members:
        departments[each.team].add(each.department)
    return {
        each.payee: (each.department, each.team)
        if each.team and len(departments[each.team]) == 1
        else (each.department,)
        for each in members
    }


def asked(kpi: Kpi, reader: Language) -> str:
    """What customers were asked, or what the result means to them; empty where the rules say neither."""
    said = kpi.question or kpi.meaning or kpi.outcome
    return reader.nearest(said) if said else ""


class ResultWords:
    """Results of groups, in one language."""

    def __init__(self, reader: Language) -> None:
        self._reader = reader

    def value(self, kpi: Kpi, value: Decimal) -> str:
        """A result as it is printed."""
        unit = f" {self._reader.nearest(kpi.unit)}" if kpi.unit else ""
        return self._number(kpi, value) + unit

    def records(self, result: GroupResult) -> str:
        """How many records it is from, if that is known."""
        return "" if result.n is None else self._reader.plural(self._reader.words["records"], result.n)

    def between(self, kpi: Kpi, result: GroupResult) -> str:
        """Between which limits it lies; nothing where that is not known or nothing varied."""
        if result.low is None or result.high is None or result.low == result.high:
            return ""
        low, high = (self._number(kpi, each) for each in readable_limits(result.low, result.high))
        return str(self._reader.words["between"]).format(low=low, high=high)

    def _number(self, kpi: Kpi, value: Decimal) -> str:
        numbers = self._reader.numbers
        return numbers.percent(value) if in_percent(kpi) else numbers.number(value)
