"""KPI results: for any subject, period and part of a period; and those among whom one is ranked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.cases import cases_of
from tests.oracle.credit import known, set_aside, without_broken_shares
from tests.oracle.exchange import Exchange
from tests.oracle.formulas import CALENDAR
from tests.oracle.numbers import (
    ONE,
    ZERO,
    Case,
    Row,
    Rule,
    by_rule,
    day,
    looked_at,
    previous,
    span,
    year_before,
)
from tests.oracle.people import People, is_in, payee_scope
from tests.oracle.presence import Leaves
from tests.oracle.reads import behind, kinds_read

Day = dt.date | None


@dataclass(frozen=True)
class Result:
    """A KPI's result for one subject, and what it was worked out from."""

    value: Fraction | None = None
    n: int | None = None
    numerator: Fraction | None = None
    denominator: Fraction | None = None


NOTHING = Result()


class Results:
    """Every KPI of a case, for any subject and period."""

    def __init__(self, case: Case) -> None:
        self.rules, self.tables, self.aside = case.rules, dict[str, list[Row]](), dict[str, list[tuple[Row, str]]]()
        for source, facts in case.tables.items():
            rule = self.rules.get("sources", {}).get(source, {})
            whole, broken = without_broken_shares(rule, known(rule, facts, case.as_of))
            aside = set_aside(rule, whole)
            self.tables[source] = [fact for fact in whole if fact not in aside]
            self.aside[source] = [*broken, *((fact, "set-aside") for fact in aside)]
        self.sources = dict(self.rules.get("sources", {}))
        for name, cases in self.rules.get("cases", {}).items():
            events = self.sources[cases["from"]]
            self.tables[name] = [
                dict(row) for row in cases_of(cases, events, self.tables[cases["from"]], self.rules.get("calendar"))
            ]
            self.sources[name] = {**events, "id": cases["case"], "date": cases.get("date", "ended")}
        self.case, self.people, self.leaves, self.exchange = case, People(case), Leaves(case), Exchange(case)
        for payee in {payee for payee, _ in self.leaves.held}:
            self.people.codes[payee] = {"faulty-history"}
        for row in case.tables["workforce"]:
            self.leaves.note_late(row["payee"], self.people.left(row))
        self.assignments = self.people.tables["assignments"]
        self.staff = {row["payee"]: row for row in case.tables["workforce"]}
        self.read: dict[str, set[str]] = {source: set() for source in self.sources}
        cases = self.rules.get("cases", {})
        for name, kind in kinds_read(self.rules, case.plans):
            for each in behind(self.rules, name):
                compute = self.rules["kpis"][each]["compute"]
                if "from" in compute:
                    self.read[compute["from"]].add(kind)
                    invited = self.sources[compute["from"]].get("invitations")
                    if invited is not None and compute["from"] not in cases and self.can_name(invited, kind):
                        self.read[invited].add(kind)

    def of(self, name: str, kind: str, subject: str | None, period: str, first: Day = None, last: Day = None) -> Result:
        """The result, rounded as the KPI says; missing where there is none. Over assignments, that of these days."""
        kpi = self.rules["kpis"][name]
        if subject is None:
            return NOTHING
        how = {"given": self.given, "formula": self.over_others}.get(kpi["compute"]["kind"])
        found = how(name, kind, subject, period) if how else self.computed(name, kind, subject, period, (first, last))
        if found.value is None:
            return found
        value = by_rule(found.value, kpi.get("rounding"), 4)
        return Result(value, found.n, found.numerator, found.denominator)

    def given(self, name: str, kind: str, subject: str, period: str) -> Result:
        key = {"kpi": name, "subject_kind": kind, "subject": subject, "period": period}
        for row in self.tables["kpis"]:
            if all(row[column] == wanted for column, wanted in key.items()):
                n = row.get("n")
                return Result(row["value"], None if n is None else int(n), row["value"])
        return NOTHING

    def over_others(self, name: str, kind: str, subject: str, period: str) -> Result:
        """A formula over the results of other KPIs, rounded as they are."""
        formula = self.rules["kpis"][name]["compute"]["value"]
        earlier = {"": period, "previous": previous(period), "year_before": year_before(period)}
        read = {each: self.of(*_split(each, earlier, kind, subject)) for each in formula.names}
        counts = [None if result.value is None else result.n for result in read.values()]
        n = None if None in counts else min(count for count in counts if count is not None)
        return Result(formula.value({each: result.value for each, result in read.items()}), n)

    def computed(self, name: str, kind: str, subject: str, period: str, days: tuple[Day, Day]) -> Result:
        compute, over = self.rules["kpis"][name]["compute"], self.rules["kpis"][name].get("over", "period")
        source = compute["from"]
        year_starts = int(self.rules.get("year_starts", 1))
        dated = self.facts(source, *looked_at(over, period, year_starts))
        start, end = span(period, year_starts)
        spoken_of = {"period_start": start, "period_end": end, "period_days": Fraction((end - start).days + 1)}
        spoken_of |= {CALENDAR: self.rules.get("calendar")}
        on = self.sources[source]["date"]
        here = [fact for fact in dated if over != "assignment" or is_in(day(fact[on]), days)]
        facts = [{**fact, **spoken_of} for fact in here if self.subject(source, fact, kind) == subject]
        if compute["kind"] in BY_COLUMN:
            return BY_COLUMN[compute["kind"]](compute, [fact for fact in facts if meets(compute, fact)], bool(dated))
        if compute["kind"] == "without_repeat":
            known = [self.followed(compute, fact) for fact in facts if meets(compute, fact)]
            return shared([not each for each in known if each is not None])
        tallied = [(fact, tally) for fact in facts if (tally := added_by(compute, fact)) is not None]
        rule, n = self.sources[source], len(tallied)
        if "share" in rule:
            n = len({fact[rule["id"]] for fact, _ in tallied})
        shares = [fact[rule["share"]] if "share" in rule else ONE for fact, _ in tallied]
        numerator = sum((share * above for share, (_, (above, _)) in zip(shares, tallied, strict=True)), ZERO)
        denominator = sum((share * below for share, (_, (_, below)) in zip(shares, tallied, strict=True)), ZERO)
        if compute["kind"] in ("count", "sum"):
            return Result(numerator, n, numerator) if dated else NOTHING
        return Result(numerator / denominator if denominator != 0 else None, n, numerator, denominator)

    def invited(
        self, name: str, kind: str, subject: str, period: str, first: Day = None, last: Day = None
    ) -> int | None:
        """How many were asked, where the invitations are known and say whom they are about."""
        compute, over = self.rules["kpis"][name]["compute"], self.rules["kpis"][name].get("over", "period")
        source = self.sources.get(compute.get("from"), {}).get("invitations")
        if source is None or compute["from"] in self.rules.get("cases", {}) or not self.can_name(source, kind):
            return None
        dated = self.facts(source, *looked_at(over, period, int(self.rules.get("year_starts", 1))))
        asked = [
            fact
            for fact in dated
            if self.subject(source, fact, kind) == subject
            and (over != "assignment" or is_in(day(fact[self.sources[source]["date"]]), (first, last)))
        ]
        return len({fact["ref"] for fact in asked}) if dated else None

    def can_name(self, source: str, kind: str) -> bool:
        """Whether the facts of a source can be about a subject of this kind."""
        return kind == "company" or "payee" in self.sources[source] or kind in self.sources[source]

    def facts(self, source: str, start: dt.date, end: dt.date) -> list[Row]:
        """The facts of these days that can be credited."""
        rule = self.sources[source]
        return [
            fact
            for fact in self.tables[source]
            if start <= day(fact[rule["date"]]) <= end and not self.unknown(source, fact)
        ]

    def without_case(self, source: str) -> list[Row]:
        """The events that belong to none of these cases; none where they are no cases."""
        cases = self.rules.get("cases", {}).get(source)
        return [event for event in self.tables[cases["from"]] if event[cases["case"]] is None] if cases else []

    def followed(self, compute: Rule, fact: Row) -> bool | None:
        """Whether the customer had another fact in time; None where that is not known."""
        rule, rows = self.sources[compute["from"]], self.tables[compute["from"]]
        columns = [compute[key] for key in ("customer", "subject") if key in compute]
        last = day(fact[rule["date"]]) + dt.timedelta(days=int(compute["within"]))
        if any(fact[column] is None for column in columns) or last > max(day(row[rule["date"]]) for row in rows):
            return None
        return any(
            all(row[column] == fact[column] for column in columns)
            and (fact[rule["date"]], fact[rule["id"]]) < (row[rule["date"]], row[rule["id"]])
            and day(row[rule["date"]]) <= last
            for row in rows
        )

    def refused(self, source: str, fact: Row) -> list[str]:
        """Why a fact cannot be credited to all: it names somebody unknown, or nothing says where its payee was."""
        rule, wrong = self.sources[source], self.unknown(source, fact)
        payee = self.payee(source, fact)
        if wrong or payee is None or payee not in self.assignments.rows:
            return wrong
        nameless = [kind for kind in self.read[source] & {"team", "department"} if fact.get(rule.get(kind)) is None]
        nowhere = self.assignments.on(payee, fact[rule["date"]]) is None
        return ["not-assigned"] if nameless and nowhere else []

    def unknown(self, source: str, fact: Row) -> list[str]:
        """Whom a fact names that nobody knows; teams and departments matter only where rules read them."""
        rule = self.sources[source]
        wrong = []
        for kind in ("payee", "team", "department"):
            named = fact[rule[kind]] if kind in rule else None
            machine = kind == "payee" and named in rule.get("system_accounts", ())
            matters = kind == "payee" or kind in self.read[source]
            if named is not None and matters and not machine and not self.is_known(kind, named):
                wrong.append(f"unknown-{kind}")
        return wrong

    def reliable(self, name: str, found: Result) -> bool:
        """Whether a result is there and rests on enough facts."""
        reliability = self.rules["kpis"][name].get("reliability")
        if found.value is None or reliability is None:
            return found.value is not None
        return found.n is not None and found.n >= reliability.get("at_least", 1)

    def ranked_with(self, name: str, kind: str, population: Rule, payee: Row, period: str) -> list[Fraction] | None:
        """All the results among which that of the payee's subject is ranked, its own included; None where it is not.

        The population says whose subjects are ranked: a team is, though its leader may not be one of the population.
        Who was in several groups is ranked in each; who is held whatever his plans is ranked in none.
        """
        by = population.get("by", ())
        group = [payee[column] for column in by]
        members = [
            each.row
            for each in self.people.everyone
            if [each.row[column] for column in by] == group
            and not self.people.codes[each.row["payee"]]
            and population["who"].value(payee_scope(self.rules, each.row, period)) is True
        ]
        if None in group:
            return None
        subjects = {row[kind] for row in members if row[kind] is not None}
        results = {subject: self.of(name, kind, subject, period) for subject in subjects}
        counted = {subject: found.value for subject, found in results.items() if self.reliable(name, found)}
        if payee[kind] not in counted:
            return None
        return [value for value in counted.values() if value is not None]

    def is_known(self, kind: str, name: str) -> bool:
        then = [row for rows in self.assignments.rows.values() for row in rows]
        return kind == "company" or any(row.get(kind) == name for row in (*self.staff.values(), *then))

    def payee(self, source: str, fact: Row) -> str | None:
        """Whom a fact is about; nobody where it is a machine."""
        rule = self.sources[source]
        named: str | None = fact[rule["payee"]] if "payee" in rule else None
        return None if named in rule.get("system_accounts", ()) else named

    def subject(self, source: str, fact: Row, kind: str) -> str | None:
        """Whom a fact is about: the payee, the team, the department, or the company."""
        rule = self.sources[source]
        if kind == "company":
            return "company"
        payee = self.payee(source, fact)
        if kind == "payee":
            return payee
        named: str | None = fact[rule[kind]] if kind in rule else None
        if named is not None or payee is None:
            return named
        then = self.assignments.on(payee, fact[rule["date"]])
        own: str | None = self.staff[payee][kind]
        if then is None:
            return None if payee in self.assignments.rows else own
        return then[kind] or own


def _split(read: str, earlier: dict[str, str], kind: str, subject: str) -> tuple[str, str, str, str]:
    """A name in a formula as KPI, kind of subject, subject and period."""
    name, _, when = read.partition(".")
    return name, kind, subject, earlier[when]


def meets(compute: Rule, fact: Row) -> bool:
    return "where" not in compute or compute["where"].value(fact) is True


def shared(each: list[bool]) -> Result:
    """The share of those that are true."""
    there, n = Fraction(sum(each)), len(each)
    return Result(there / n if n else None, n, there, Fraction(n))


def distinct(compute: Rule, facts: list[Row], delivered: bool) -> Result:
    values = [fact[compute["column"]] for fact in facts if fact[compute["column"]] is not None]
    number = Fraction(len(set(values)))
    return Result(number, len(values), number) if delivered else NOTHING


def repeat(compute: Rule, facts: list[Row], delivered: bool) -> Result:
    values = [fact[compute["column"]] for fact in facts if fact[compute["column"]] is not None]
    return shared([values.count(value) >= compute.get("at_least", 2) for value in set(values)])


def percentile(compute: Rule, facts: list[Row], delivered: bool) -> Result:
    values = sorted(value for fact in facts if (value := compute["value"].value(fact)) is not None)
    n, share = len(values), compute["at"]
    if not n:
        return NOTHING
    if compute.get("definition", "nearest") == "nearest":
        found = next(value for value in values if sum(other <= value for other in values) >= share * n)
    else:
        place = (n - 1) * share
        low = values[int(place)]
        found = low + (place - int(place)) * (values[min(int(place) + 1, n - 1)] - low)
    return Result(found, n, found)


BY_COLUMN = {"distinct": distinct, "repeat": repeat, "percentile": percentile}


def added_by(compute: Rule, fact: Row) -> tuple[Fraction, Fraction] | None:
    """What one fact adds above and below the line; None where it does not count."""
    kind = compute["kind"]
    where = compute["where"].value(fact) if "where" in compute else True
    if kind == "share":
        among = compute["among"].value(fact) if "among" in compute else True
        return (Fraction(int(where)), ONE) if among is True and where is not None else None
    if where is not True:
        return None
    if kind == "count":
        return ONE, ONE
    if kind == "nps":
        answer = fact[compute["answer"]]
        promoter, detractor = compute.get("promoters_from", 9), compute.get("detractors_to", 6)
        points = 100 if answer is not None and answer >= promoter else 0
        points = -100 if answer is not None and answer <= detractor else points
        return None if answer is None else (Fraction(points), ONE)
    if kind == "ratio":
        above, below = compute["numerator"].value(fact), compute["denominator"].value(fact)
        return None if above is None or below is None else (above, below)
    if kind == "grid":
        marks = [(earned_on(item, fact), item) for item in compute["items"].values()]
        applying = [(earned, item) for earned, item in marks if earned is not None]
        above = sum((earned * item.get("weight", ONE) for earned, item in applying), ZERO)
        below = sum((item.get("out_of", ONE) * item.get("weight", ONE) for _, item in applying), ZERO)
        return (above, below) if applying else None
    value = compute["value"].value(fact)
    return None if value is None else (value, ONE)


def earned_on(item: Rule, fact: Row) -> Fraction | None:
    """The points of an item of a grid; None where it does not apply."""
    earned = item["met"].value(fact) if "met" in item else fact[item["score"]]
    return None if earned is None else Fraction(earned)
