"""A payee from day to day, and what is different between one stretch of days and the next, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeAlias

from incentive_engine.engine.comparing import Number, parameter_of
from incentive_engine.engine.recalled import Span
from incentive_engine.kinds.base import Parameter
from incentive_engine.rulesets.in_force import EDITION
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import MeasureNode, Node, ResolvedPlan, nodes_under
from incentive_engine.statements.languages import Language
from incentive_engine.statements.reading import Row, in_percent

Followed: TypeAlias = tuple[ResolvedPlan, Row]
"""A plan, and the payee's row of the trace."""
_EMPLOYED: Final = ("hired", "left")
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Person:
    """The columns of the workforce as they were, by day: one row for all days on which none of them changed."""

    rows: tuple[Row, ...]

    def get(self, column: str) -> Any:
        """What a column says at last."""
        return self.rows[-1].get(column) if self.rows else None

    def every(self, column: str) -> str:
        """All that a column said, in the order of days, each once."""
        return " → ".join(dict.fromkeys(row[column] for row in self.rows if row.get(column)))

    def on(self, day: dt.date) -> Row:
        """The columns on one day; none where the payee was not there."""
        return next((row for row in self.rows if row["first_day"] <= day <= row["last_day"]), {})

    def inside(self, segment: int, days: Span) -> Span | None:
        """The days of a segment among some; None where there are none."""
        row = next((row for row in self.rows if row["segment"] == segment), None)
        if row is None:
            return None
        first, last = max(row["first_day"], days[0]), min(row["last_day"], days[1])
        return (first, last) if first <= last else None

    @property
    def spans(self) -> tuple[Span, ...]:
        """The days on which the payee was there."""
        return tuple((row["first_day"], row["last_day"]) for row in self.rows if row["first_day"] <= row["last_day"])


def uncovered(spans: tuple[Span, ...], first: dt.date, last: dt.date) -> Iterator[Span]:
    """The days from `first` to `last` that are in none of the spans; these follow each other."""
    day = first
    for begin, end in spans:
        if begin > last:
            break
        if begin > day:
            yield day, begin - _DAY
        day = max(day, end + _DAY)
    if day <= last:
        yield day, last


class ChangeWriter:
    """What changed from one day to a later one, in one language."""

    def __init__(self, language: Language, rules: Rules) -> None:
        self._language, self._words, self._rules = language, language.words["changes"], rules
        self._columns = sorted(rules.ruleset.dated_columns - {*_EMPLOYED})
        self._by_kpi = frozenset(name for name, table in rules.ruleset.tables.items() if "kpi" in table.keys)

    def of_person(self, before: Row, after: Row) -> Iterator[str]:
        """What changed about the payee."""
        if before.get("hired") != after.get("hired") and after.get("hired") is not None:
            yield str(self._words["back"]).format(day=self._language.date(after["hired"]))
        for column in self._columns:
            if column in after and before.get(column) != after[column]:
                yield self._changed(self._name(column), self._shown(before.get(column)), self._shown(after[column]))

    def of_plan(self, before: Followed, after: Followed) -> Iterator[str]:
        """What changed about the plan: it is another, or its numbers for the payee are."""
        (old, one), (new, other) = before, after
        if _base(old) != _base(new):
            titles = (self._language.label(plan.title) for plan in (old, new))
            yield self._changed(str(self._language.words["page"]["plan"]).lower(), *titles)
            return
        if old.name != new.name:
            yield str(self._words["rules"]).format(day=self._language.date(new.days[0]))
        editions = [self._rules.edition(plan).version for plan in (old, new)]
        if editions[0] != editions[1]:
            yield self._changed(str(self._words["edition"]), *editions)
        was = self._numbers(old, one)
        for name, (shown, number) in self._numbers(new, other).items():
            if name in was and was[name][1] != number:
                yield self._changed(" · ".join(name), was[name][0], shown)

    def _numbers(self, plan: ResolvedPlan, row: Row) -> Mapping[tuple[str, str], tuple[str, Number]]:
        """The numbers that decide for the payee, by the title of what has them and the word for them."""
        words, found = self._language.words, dict[tuple[str, str], tuple[str, Number]]()
        show, label = self._language.numbers, self._language.label

        def add(node: Node, word: str, parameter: Parameter | None, kpi: str | None, *, percent: bool) -> None:
            number = parameter_of(parameter, row, self._by_kpi, kpi)
            if number is not None:
                found[label(node.title), word] = show.percent(number) if percent else show.number(number), number

        for node in nodes_under(plan.root):
            kpi = node.kpi_name if isinstance(node, MeasureNode) else None
            if isinstance(node, MeasureNode):
                for way in node.paths:
                    for name, parameter in way.parameters.items():
                        word = words["card"]["parameters"][name] + (f" · {way.name}" if way.name else "")
                        add(node, word, parameter, kpi, percent=in_percent(node.kpi))
            add(node, str(words["card"]["weight"]), node.weight, kpi, percent=True)
            for name in ("floor", "cap"):
                add(node, str(words["steps"][name]), getattr(node.steps, name), kpi, percent=True)
        return found

    def _changed(self, name: str, before: str, after: str) -> str:
        return str(self._words["changed"]).format(name=name, before=before, after=after)

    def _name(self, column: str) -> str:
        return column_name(column, self._language)

    def _shown(self, value: object) -> str:
        match value:
            case None:
                return str(self._language.words["missing"])
            case bool():
                return str(self._language.words["truth"]["yes" if value else "no"])
            case Decimal() | int():
                return self._language.numbers.number(value)
            case dt.date():
                return self._language.date(value)
            case _:
                return str(value)


def _base(plan: ResolvedPlan) -> str:
    """The name of a plan, whichever of its versions this is."""
    return plan.name.partition(EDITION)[0]


def column_name(column: str, language: Language) -> str:
    """What a column of the workforce is called."""
    return str(language.words["columns"].get(column, column.replace("_", " ")))
