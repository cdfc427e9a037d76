"""Dated tables about people: the rows that can be right, what is wrong with the others, and what was so on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

from tests.oracle.numbers import Case, Row, Rule, day

WIDER = ("team", "department")
NOTED = ("assignment-gap", "history-gap", "after-leaving")
"""What is told of rows that are used all the same."""


def dated_rules(rules: Rule) -> dict[str, Rule]:
    """What the rules say of each dated table, by its name."""
    known = {name: rules[name] for name in ("employment", "assignments") if name in rules}
    return {**known, **rules.get("history", {})}


def given_by(name: str, rule: Rule) -> tuple[str, ...]:
    """The workforce columns that a dated table has."""
    if name == "employment":
        return ()
    return (*WIDER, *rule.get("also", ())) if name == "assignments" else tuple(rule["gives"])


class Dated:
    """The rows of a dated table that can be right, by payee and in order; and what is wrong with the others."""

    def __init__(self, case: Case, name: str) -> None:
        self.name, self.rows, self.held = name, dict[str, list[Row]](), list[tuple[str, str]]()
        rows = case.tables[name] if name in dated_rules(case.rules) else []
        times = Dated(case, "employment").rows if name != "employment" else {}
        self.came_back = {payee for payee, own in times.items() if own}
        for payee in sorted({row["payee"] for row in rows}):
            own = sorted((row for row in rows if row["payee"] == payee), key=lambda row: row["from"])
            self.rows[payee] = self.usable(payee, own, case.tables["workforce"])

    def usable(self, payee: str, rows: Sequence[Row], staff: Sequence[Row]) -> list[Row]:
        """The rows of one payee that can be right, in order."""
        backwards = [row for row in rows if row["to"] is not None and row["to"] < row["from"]]
        rows = [row for row in rows if row not in backwards]
        overlap = any(last_day(one) >= other["from"] for one, other in pairwise(rows))
        overlapping, rows = (rows, []) if overlap else ([], rows)
        named = ("payee", *WIDER) if self.name == "assignments" else ("payee",)
        misspelt = [(row, kind) for row in rows for kind in named if is_misspelt(row[kind], kind, staff)]
        wrong = {id(row): f"misspelt-{kind}" for row, kind in reversed(misspelt)}
        left = [row for row in rows if id(row) not in wrong]
        self.held += [(payee, "ends-before-it-starts") for _ in backwards]
        self.held += [(payee, f"overlapping-{self.name}") for _ in overlapping]
        self.held += [(payee, code) for code in wrong.values()]
        if self.name != "employment":
            gaps = [row for before, row in pairwise(left) if (row["from"] - last_day(before)).days > 1]
            code = "assignment-gap" if self.name == "assignments" else "history-gap"
            self.held += [(payee, code) for _ in gaps if code == "assignment-gap" or payee not in self.came_back]
        return left

    def note_late(self, payee: str, left: dt.date | None) -> None:
        """Notes rows that begin after their payee has left."""
        late = [row for row in self.rows.get(payee, []) if left is not None and row["from"] > left]
        self.held += [(payee, "after-leaving") for _ in late]

    def on(self, payee: str, moment: dt.date) -> Row | None:
        """What was so of a payee on a day, if there is a row."""
        rows = self.rows.get(payee, [])
        return next((row for row in rows if is_on(day(moment), row)), None)


def is_on(moment: dt.date, row: Row) -> bool:
    """Whether a row speaks of a day."""
    return bool(row["from"] <= moment <= last_day(row))


def last_day(row: Row) -> dt.date:
    """The last day of a row."""
    last: dt.date = row["to"] or dt.date.max
    return last


def is_misspelt(name: str | None, kind: str, staff: Sequence[Row]) -> bool:
    """Whether a name is that of somebody, of a team or of a department but for capitals, spaces and signs."""
    known = {row[kind] for row in staff if row[kind] is not None}
    letters = ["".join(sign for sign in each.casefold() if sign.isalnum()) for each in (*known, name or "")]
    return name is not None and name not in known and letters[-1] in letters[:-1]
