"""What changes about people from day to day: where they were, what they earned, when they were there or away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from tests.drawn.draws import Draws, Rule
from tests.drawn.words import fractions, mostly

ONE = dt.timedelta(1)
Spans = list[tuple[dt.date, dt.date | None]]
CURRENCIES = ("EUR", "JPY", "TND", "CHF", "CLF")
EFFECTS = ("counts", "reduces_payout", "reduces_target", "neutral")
LEAVE = ("parental", "sick", "holiday", "PAID")


class Histories(Draws):
    """Dated tables about the people of `workforce`."""

    cells_of: Mapping[str, Sequence[Any]]
    """What the columns of the workforce may have."""

    @property
    def is_dated(self) -> bool:
        """Whether something may change inside the period, or somebody be away: what is paid has to be prorated."""
        return bool({"employment", "assignments", "history", "leave"} & self.rules.keys())

    @property
    def turns(self) -> tuple[dt.date, ...]:
        """Days on which something may change: the first and the last, and some between and outside."""
        near = (self.middle, self.start, self.end, self.start + ONE, self.middle + ONE, self.start + 20 * ONE)
        return (*near, *near[:1] * 2, self.end + ONE, self.start - ONE, self.start + 5 * ONE)

    def histories(self) -> None:
        """Some dated tables; who has no row in one of them is always as the workforce says."""
        if self.chance(25):
            self.employment()
        also = self.some(("role", "level"), 0, 1) if self.chance(50) else []
        if self.chance(60):
            self.assignments(also)
        paid = ("base_salary", "currency")
        options = [each for each in (("base_salary",), ("fte",), ("role",), ("level", "grade"), ("grade", "fte"), paid)
                   if not {*each} & {*also}]  # fmt: skip
        given: set[str] = set()
        for columns in self.some(options, 1, 2) if self.chance(75) else []:
            if not given & {*columns}:
                self.history("_and_".join(columns), columns)
                given |= {*columns}

    def employment(self) -> None:
        """Some join, leave, come back after a while or on the next day."""
        ago = self.start - 400 * ONE
        patterns: list[Spans] = [
            [],
            [(ago, self.middle), (self.middle + 6 * ONE, None)],
            [(ago, None)],
            [(self.start + 3 * ONE, None)],
            [(ago, self.middle), (self.middle + ONE, None)],
            [(ago, self.start), (self.end, None)],
            [(self.start + 9 * ONE, self.start + 10 * ONE), (self.middle, self.end - ONE)],
            [(ago, self.start - ONE)],
            [(ago, self.start - 9 * ONE), (self.start, self.end)],
            [(ago, self.middle), (self.middle, None)],
            [(ago, None), (self.end, self.middle)],
        ]
        rows = [
            {"payee": person["payee"], "from": start, "to": end}
            for person in self.tables["workforce"]
            for start, end in self.pick(*patterns[:1], *patterns)
        ]
        self.dated("employment", rows, {})
        self.rules["employment"] = self.file("employment")

    def assignments(self, also: Sequence[str]) -> None:
        """Some move; some of them where they cannot have been, or to a team that there is no more."""
        cells = {
            "team": ("T2", "T1", "T2", "T1", "T1", "T2", "T3", None) * 4 + ("t1",),
            "department": (*mostly("D1", "D2") * 2, None),
            **{column: self.cells_of[column] for column in also},
        }
        self.dated("assignments", self.over_time(cells), cells)
        self.rules["assignments"] = {**self.file("assignments"), **({"also": list(also)} if also else {})}

    def history(self, name: str, columns: Sequence[str]) -> None:
        """A table of columns that change."""
        cells = {column: [each for each in self.cells_of[column] if each is not None] for column in columns}
        self.dated(name, self.over_time(cells), cells)
        rule: Rule = {**self.file(name), "gives": list(columns)}
        numbers = all(self.columns["workforce"][column] == "number" for column in columns)
        if self.chance(45):
            rule["basis"] = self.pick("end", *(("average", "average") if numbers else ()), "earned")
        if rule.get("basis") == "average":
            self.rounding(rule, "rounding", 30, 0, 6, always=True)
        self.rules.setdefault("history", {})[name] = rule

    def over_time(self, cells: Mapping[str, Sequence[Any]]) -> list[Rule]:
        """The rows of everybody who has some."""
        return [
            {"payee": person["payee"], "from": start, "to": end, **self.row(cells)}
            for person in self.tables["workforce"]
            for start, end in ([] if self.chance(25) else self.spans())
        ]

    def spans(self) -> Spans:
        """Days one after the other, the last without an end; in some cases not quite."""
        begins = [self.start - 400 * ONE, *sorted({*self.some(self.turns, 0, 3)})]
        ends = [begin - ONE for begin in begins[1:]]
        spans: Spans = [*zip(begins, [*ends, self.pick(None, None, self.end + 3 * ONE, self.end)], strict=True)]
        if not self.chance(8):
            return spans
        at = self.byte() % len(spans)
        begin, end = spans[at]
        wrong: Spans = self.pick([], [(begin + 2 * ONE, end)], [(begin - ONE, end)], [(begin, begin - 3 * ONE)])
        return spans[:at] + wrong + spans[at + 1 :]

    def dated(self, name: str, rows: list[Rule], cells: Mapping[str, Sequence[Any]]) -> None:
        """A table of such rows, of which no two of a payee begin on one day."""
        self.tables[name] = list({(row["payee"], row["from"]): row for row in rows}.values())
        kinds = {column: self.columns["workforce"].get(column, "text") for column in cells}
        self.columns[name] = {"payee": "text", "from": "date", "to": "date", **kinds}

    def leave(self) -> None:
        """Types of leave with all effects; days of several types, before a hire and after the period."""
        types: dict[str, Rule] = {}
        for name in self.some(LEAVE, 1, 3):
            types[name] = {"title": {"en": "Leave"}, "effect": self.pick(*EFFECTS)}
            if self.chance(30):
                types[name]["in_pay"] = {self.pick("bonus", "extra", "spot"): self.pick(*EFFECTS)}
            if self.chance(30):
                types[name]["codes"] = [name[:3].upper()]
        called = [text for name, each in types.items() for text in (name, *each.get("codes", ()))]
        begins = (*self.turns, self.start - 9 * ONE, self.start + 2 * ONE)
        lengths = (0, 3, 30, 100, 13, 1)
        cells = {"from": begins, "length": lengths, "type": (*called * 12, "Holiday")}
        rows = [{"payee": person["payee"], **self.row(cells)}
                for person in self.tables["workforce"] for _ in range(self.pick(0, 1, 2, 0, 3))]  # fmt: skip
        for row in rows:
            length = row.pop("length")
            row["to"] = None if length == 100 else row["from"] + length * ONE
        self.tables["leave"] = list({(row["payee"], row["from"], row["type"]): row for row in rows}.values())
        self.columns["leave"] = {"payee": "text", "from": "date", "to": "date", "type": "text"}
        self.rules["leave"] = {**self.file("leave"), "types": types}

    def exchange(self) -> None:
        """Rates of all currencies but one, and of some not on all days."""
        far = self.start - 500 * ONE
        kinds: list[Rule] = [{"at": "plan"}, {"at": "period_end"}]
        kinds.append({"at": "payout", "day": self.pick(25, 31, 1), "months_after": self.pick(1, 0, 2)})
        rule = {
            **self.file("exchange"),
            "plan": self.pick(far + 9 * ONE, self.start, self.middle),
            "rate_on": self.pick(*kinds),
        }
        if self.chance(20):
            rule["plan"] = {"at": "year_start"}
        if self.chance(15):
            rule["valid_days"] = self.pick(400, 21, 41)
        if self.chance(60):
            rule["own"] = ["base_salary"]
            self.rounding(rule, "rounding", 20, -1, 4, always=True)
        rates = fractions("1.0825", "0.95", "163.455", "3.333333333333", "1", "0.000123", "41.005")
        days = (far, self.start, self.middle, self.end, self.end + 20 * ONE, self.end + 40 * ONE)
        self.tables["exchange"] = [
            {"currency": currency, "from": day, "rate": self.pick(*rates)}
            for currency in CURRENCIES
            if currency != self.rules["currency"]
            for day in days
            if self.chance(97 if day == far else 50)
        ]
        self.columns["exchange"] = {"currency": "text", "from": "date", "rate": "number"}
        self.rules["exchange"] = rule

    def file(self, name: str) -> Rule:
        """Where a table is; the format is told by the name's ending."""
        return {"path": f"{name}.csv", "decimal": "."} if self.chance(50) else {"path": f"{name}.parquet"}
