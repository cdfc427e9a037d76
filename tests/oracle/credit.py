"""Which facts count, and for whom: what is shared, what rules set aside, and where payees were on the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.oracle.numbers import Case, Row, Rule


def day(moment: dt.date) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def without_broken_shares(source: Rule, facts: Sequence[Row]) -> tuple[list[Row], list[tuple[Row, str]]]:
    """The facts, and the rows of those that several share and that do not add up to one fact, each with the reason."""
    if "share" not in source:
        return list(facts), []
    own = {source[key] for key in ("payee", "team", "department", "share") if key in source}
    left, held = [], []
    for fact in facts:
        rows = [row for row in facts if row[source["id"]] == fact[source["id"]]]
        if any(row[column] != fact[column] for row in rows for column in fact if column not in own):
            held.append((fact, "contradicting-rows"))
        elif sum(row[source["share"]] for row in rows) != 1:
            held.append((fact, "shares-not-100"))
        else:
            left.append(fact)
    return left, held


def set_aside(source: Rule, facts: Sequence[Row]) -> list[Row]:
    """The facts that the rules of their source set aside; what one rule takes is not there for the next."""
    aside: list[Row] = []
    for rule in source.get("set_aside", ()):
        left = [fact for fact in facts if fact not in aside]
        if "when" in rule:
            aside += [fact for fact in left if rule["when"].value(fact) is True]
        else:
            aside += [fact for fact in left if any(earlier(source, rule, fact, left))]
    return aside


def earlier(source: Rule, rule: Rule, fact: Row, facts: list[Row]) -> Iterator[bool]:
    """Whether each of the facts is the same as this one, shortly before; the id says which of one moment was first."""
    values = [fact[column] for column in rule["same"]]
    date, key = source["date"], source["id"]
    for other in facts:
        same = None not in values and values == [other[column] for column in rule["same"]]
        before = (other[date], other[key]) < (fact[date], fact[key])
        yield same and before and (day(fact[date]) - day(other[date])).days <= int(rule["within"])


class Assignments:
    """Where payees were, by the rows that can be right; and what is wrong with the others."""

    def __init__(self, case: Case) -> None:
        self.rows: dict[str, list[Row]] = {}
        self.held: list[tuple[str, str]] = []
        rows = case.tables.get("assignments", []) if "assignments" in case.rules else []
        for payee in sorted({row["payee"] for row in rows}):
            own = sorted((row for row in rows if row["payee"] == payee), key=lambda row: row["from"])
            self.rows[payee] = self.usable(payee, own, case.tables["workforce"])

    def usable(self, payee: str, rows: Sequence[Row], staff: Sequence[Row]) -> list[Row]:
        """The rows of one payee that can be right, in order."""
        backwards = [row for row in rows if row["to"] is not None and row["to"] < row["from"]]
        rows = [row for row in rows if row not in backwards]
        pairs = list(pairwise(rows))
        overlapping = list(rows) if any(self.last(one) >= other["from"] for one, other in pairs) else []
        rows = [row for row in rows if row not in overlapping]
        misspelt = [
            (row, kind)
            for row in rows
            for kind in ("payee", "team", "department")
            if is_misspelt(row[kind], kind, staff)
        ]
        wrong = {id(row): f"misspelt-{kind}" for row, kind in reversed(misspelt)}
        left = [row for row in rows if id(row) not in wrong]
        gaps = [row for before, row in pairwise(left) if (row["from"] - self.last(before)).days > 1]
        self.held += [(payee, "ends-before-it-starts") for _ in backwards]
        self.held += [(payee, "overlapping-assignments") for _ in overlapping]
        self.held += [(payee, code) for code in wrong.values()]
        self.held += [(payee, "assignment-gap") for _ in gaps]
        return left

    @staticmethod
    def last(row: Row) -> dt.date:
        """The last day of an assignment."""
        return dt.date.max if row["to"] is None else row["to"]

    def on(self, payee: str, moment: dt.date) -> Row | None:
        """The assignment of a payee on a day, if there is one."""
        rows = self.rows.get(payee, [])
        return next((row for row in rows if row["from"] <= day(moment) <= self.last(row)), None)


def is_misspelt(name: str | None, kind: str, staff: Sequence[Row]) -> bool:
    """Whether a name is that of somebody's team or department but for capitals, spaces and signs."""
    known = {row[kind] for row in staff if row[kind] is not None}
    letters = ["".join(sign for sign in each.casefold() if sign.isalnum()) for each in (*known, name or "")]
    return name is not None and name not in known and letters[-1] in letters[:-1]
