"""People over time: what was so of each payee on each day of the period; days that are alike are one stretch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.oracle.calendars import ONE_DAY
from tests.oracle.dated import NOTED, Dated, dated_rules, given_by, last_day
from tests.oracle.formulas import Formula
from tests.oracle.numbers import ZERO, Case, Row, Rule, by_rule, days_of, span
from tests.oracle.versions import versions

Span = tuple[dt.date | None, dt.date | None]
ALWAYS_READ = ("name", "language", "department", "team", "currency")
"""Workforce columns that are read though no rule may name them: for statements and totals."""


@dataclass(frozen=True)
class Stretch:
    """A payee on days on which everything dated that the rules read is the same."""

    number: int
    """Counted from 1, by day."""
    row: Row
    """The payee's columns, as they were."""
    days: tuple[dt.date, ...]
    """Those of the period; none of a payee who is not there."""
    there: tuple[dt.date, ...]
    """All days of the period on which the payee was there."""


class People:
    """Every payee of a case, by stretches; `codes`: why some are held, whatever their plans."""

    def __init__(self, case: Case) -> None:
        self.case, self.rules = case, case.rules
        self.days = days_of(case.period, int(self.rules.get("year_starts", 1)))
        names = ("employment", "assignments", *self.rules.get("history", ()))
        self.tables = {name: Dated(case, name) for name in names}
        self.read = {*ALWAYS_READ, *columns_read([self.rules, case.plans])}
        dated = {name for name, table in self.rules.get("tables", {}).items() if "since" in table}
        self.asked = [
            (version, written, kpi)
            for version in versions(case)
            for written, kpi in numbers_read(version.rule)
            if written["table"] in dated
        ]
        self.all_plans = [version.rule for version in versions(case)]
        self.codes: dict[str, set[str]] = {}
        self.stretches = {row["payee"]: list(self.cut(row)) for row in case.tables["workforce"]}
        for row in case.tables["workforce"]:
            for table in self.tables.values():
                table.note_late(row["payee"], self.left(row))

    def left(self, staff: Row) -> dt.date | None:
        """When a payee left for good."""
        own = self.tables["employment"].rows.get(staff["payee"])
        return max(map(last_day, own)) if own else staff.get("left")

    @property
    def everyone(self) -> Iterator[Stretch]:
        for stretches in self.stretches.values():
            yield from stretches

    def cut(self, staff: Row) -> Iterator[Stretch]:
        """The stretches of a payee."""
        payee = staff["payee"]
        spans = self.employed(staff)
        there = tuple(day for day in self.days if any(is_in(day, span) for span in spans))
        self.codes[payee] = set(self.faults(payee, there))
        if not there:
            hired, left = spans[-1]
            yield Stretch(1, {**staff, "hired": hired, "left": left}, (), ())
            return
        of_all_days = self.of_all_days(payee, there)
        pieces: list[tuple[dict[str, Any], list[dt.date]]] = []
        for day in there:
            hired, left = next(span for span in spans if is_in(day, span))
            now = {**staff, "hired": hired, "left": left, **self.on(payee, day), **of_all_days}
            goes_on = bool(pieces) and pieces[-1][0] == now and pieces[-1][1][-1] + ONE_DAY == day
            if goes_on and not self.number_changes(now, day):
                pieces[-1][1].append(day)
            else:
                pieces.append((now, [day]))
        for number, (row, days) in enumerate(pieces, 1):
            yield Stretch(number, row, tuple(days), there)

    def employed(self, staff: Row) -> list[Span]:
        """From when to when a payee was employed; rows that follow one another are one employment."""
        table = self.tables["employment"]
        if not table.rows.get(staff["payee"]):
            return [(staff["hired"], staff["left"])]
        spans: list[Span] = []
        for row in table.rows[staff["payee"]]:
            since = row["from"]
            if spans and spans[-1][1] == since - ONE_DAY:
                since = spans.pop()[0]
            spans.append((since, row["to"]))
        return spans

    def on(self, payee: str, day: dt.date) -> dict[str, Any]:
        """What dated tables say of a payee on a day."""
        found: dict[str, Any] = {}
        for name, rule in dated_rules(self.rules).items():
            row = self.tables[name].on(payee, day)
            if row is not None and rule.get("basis", "earned") == "earned":
                found |= {
                    column: row[column]
                    for column in given_by(name, rule)
                    if column in self.read and row[column] is not None
                }
        return found

    def of_all_days(self, payee: str, there: tuple[dt.date, ...]) -> dict[str, Any]:
        """What dated tables say that counts on all days: the value of the last, or the mean."""
        found: dict[str, Any] = {}
        for name, rule in self.rules.get("history", {}).items():
            rows = [row for day in there if (row := self.tables[name].on(payee, day)) is not None]
            for column in rule["gives"] if rows and rule.get("basis", "earned") != "earned" else ():
                values = [row[column] for row in rows]
                found[column] = values[-1] if rule["basis"] == "end" else mean(values, rule.get("rounding"))
        return found

    def stint(self, payee: str, day: dt.date) -> tuple[dt.date, dt.date]:
        """The first and the last day, around a day, on which the payee was in the same place."""
        if payee not in self.tables["assignments"].rows:
            return self.days[0], self.days[-1]
        places = [self.place(payee, each) for each in self.days]
        first = last = self.days.index(day)
        while first and places[first - 1] == places[first]:
            first -= 1
        while last + 1 < len(places) and places[last + 1] == places[last]:
            last += 1
        return self.days[first], self.days[last]

    def place(self, payee: str, day: dt.date) -> dict[str, Any] | None:
        """What assignments say of a day, and the workforce where they leave something empty."""
        row = self.tables["assignments"].on(payee, day)
        (staff,) = (each for each in self.case.tables["workforce"] if each["payee"] == payee)
        columns = set(given_by("assignments", self.rules["assignments"])) & self.read
        return None if row is None else {name: staff[name] if row.get(name) is None else row[name] for name in columns}

    def number_changes(self, row: Row, day: dt.date) -> bool:
        """Whether a plan that is for a payee, on a day and the day before, reads another number from a dated table."""
        scope = payee_scope(self.rules, row, self.case.period)
        for version, written, kpi in self.asked:
            if version.first < day <= version.last and version.rule["who"].value(scope) is not False:
                keys = {
                    key: kpi if key == "kpi" else row[key] for key in self.rules["tables"][written["table"]]["keys"]
                }
                before, now = (
                    number_in(self.rules, self.case.tables, written, keys, each) for each in (day - ONE_DAY, day)
                )
                if before != now:
                    return True
        return False

    def faults(self, payee: str, there: tuple[dt.date, ...]) -> Iterator[str]:
        """Why a payee is held: rows that cannot be right, or else days there of which a table says nothing."""
        if any(held == payee and code not in NOTED for table in self.tables.values() for held, code in table.held):
            yield "faulty-history"
            return
        staff = next(row for row in self.case.tables["workforce"] if row["payee"] == payee)
        hired, left = staff.get("hired"), staff.get("left")
        matters = bool({"hired", "days_employed"} & self.read) or any("proration" in plan for plan in self.all_plans)
        backwards = hired is not None and left is not None and left < hired
        if matters and backwards and not self.tables["employment"].rows.get(payee):
            yield "leaves-before-hire"
        for name, table in self.tables.items():
            last_only = self.rules.get("history", {}).get(name, {}).get("basis") == "end"
            asked = there[-1:] if last_only else there
            read = self.read.intersection(given_by(name, dated_rules(self.rules).get(name, {})))
            if read and payee in table.rows and any(table.on(payee, day) is None for day in asked):
                yield f"gap-in-{name}"


def is_in(day: dt.date, span: Span) -> bool:
    """Whether a day is in a span, as far as its ends are known."""
    return (span[0] or dt.date.min) <= day <= (span[1] or dt.date.max)


def mean(values: list[Fraction | None], rounding: Any) -> Fraction | None:
    known = [value for value in values if value is not None]
    return by_rule(sum(known, ZERO) / len(known), rounding, 6) if len(known) == len(values) else None


def payee_scope(rules: Rule, payee: Row, period: str) -> dict[str, Any]:
    """What formulas about payees can name: their columns, and the period."""
    start, end = span(period, int(rules.get("year_starts", 1)))
    hired, last = payee["hired"], min(payee["left"] or end, end)
    return {
        **payee,
        "days_employed": None if hired is None else Fraction((last - hired).days + 1),
        "period_days": Fraction((end - start).days + 1),
        "period_start": start,
        "period_end": end,
    }


def numbers_read(plan: Rule) -> Iterator[tuple[Rule, str]]:
    """The numbers that a plan takes from tables, each with the KPI that it is of."""
    for written in parameters_in({key: value for key, value in plan.items() if key != "scorecard"}):
        yield written, ""
    yield from numbers_of(plan["scorecard"])


def numbers_of(items: Rule) -> Iterator[tuple[Rule, str]]:
    for name, item in items.items():
        for written in parameters_in({key: value for key, value in item.items() if key != "items"}):
            yield written, item.get("kpi", name)
        yield from numbers_of(item.get("items", {}))


def parameters_in(rule: Any) -> Iterator[Rule]:
    """The numbers that rules take from tables."""
    if isinstance(rule, Mapping):
        if "table" in rule:
            yield rule
        for each in rule.values():
            yield from parameters_in(each)


def number_in(
    rules: Rule, tables: Mapping[str, Sequence[Row]], written: Rule, keys: Row, day: dt.date
) -> Fraction | None:
    """The number of a table for some keys; of a dated table, the one that is in force on a day."""
    rows = [row for row in tables[written["table"]] if None not in keys.values() and keys.items() <= row.items()]
    since = rules["tables"][written["table"]].get("since")
    if since is not None:
        rows = sorted((row for row in rows if row[since] <= day), key=lambda row: row[since])[-1:]
    number: Fraction | None = rows[0][written.get("column", "value")] if rows else None
    return number


def columns_read(rules: Any) -> set[str]:
    """Everything that rules name and that may be a column: of formulas, of parameters, of keys."""
    if isinstance(rules, Formula):
        return rules.names
    if isinstance(rules, list | tuple):
        return set().union(*(columns_read(each) for each in rules))
    if not isinstance(rules, Mapping):
        return set()
    found = set().union(*(columns_read(each) for each in rules.values()))
    for key in ("column", "by", "keys"):
        value = rules.get(key, ())
        found |= {value} if isinstance(value, str) else set(value) if isinstance(value, list | tuple) else set()
    return found
