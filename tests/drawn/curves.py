"""Payout curves of every kind, and numbers that come from tables and columns."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

from tests.drawn.draws import Rule
from tests.drawn.histories import ONE
from tests.drawn.people import People
from tests.drawn.words import (
    POSITIVE_TARGETS,
    RATES,
    SIGNED_TARGETS,
    SMALL_RATES,
    STARTS,
    TABLE_TARGETS,
    WAY_STARTS,
    Vocabulary,
    fractions,
    mostly,
)
from tests.oracle import Curved, Formula, Named

TOLD_APART = ("payee", "team", "role", "department", "kpi")
"""What rows of tables are keyed by."""
STEADY = ("base_salary", "fte")
"""Columns that are hardly ever empty."""


class Curves(People):
    """Curves, and parameters."""

    # -- curves

    def curve(self, attainment: str, across: Vocabulary) -> str:
        """A new curve's name; `across`: what a matrix may read as its second number."""
        starts = STARTS.get(attainment, WAY_STARTS)
        kinds = ["linear"] * 4 + ["stepped"] * 4 + ["lookup"] * 2 + ["matrix"] * 2
        kinds += ["graded"] * (2 * (attainment != "inverse_ratio")) + ["logistic"] * self.chance(12)
        kind = self.pick(*kinds)
        rule: Rule = {"kind": kind}
        if kind in ("linear", "stepped", "matrix"):
            rule["below"] = self.pick("zero", "flat")
        rule |= {
            "linear": self.line,
            "stepped": self.tiers,
            "graded": self.graded_tiers,
            "lookup": lambda starts: self.rows(starts, ends=attainment == "inverse_ratio"),
            "matrix": lambda starts: self.matrix(starts, across),
            "logistic": self.logistic,
        }[kind](starts)
        # The rate of a logistic curve never ends: it is rounded, or the score could need decimals without end.
        self.rounding(rule, "rounding", 20, always=kind == "logistic")
        return self.add_curve(rule)

    def add_curve(self, rule: Rule) -> str:
        curves: dict[str, Rule] = self.rules.setdefault("curves", {})
        name = f"c{len(curves)}"
        curves[name] = rule
        return name

    def like(self, name: str) -> str:
        """A curve with other rates, where that is all that may differ; else the same one."""
        rule = copy.deepcopy(self.rules["curves"][name])
        if rule["kind"] == "linear":
            rule["points"] = [[start, self.pick(*RATES)] for start, _ in rule["points"]]
        elif rule["kind"] in ("stepped", "lookup"):
            for row in rule["tiers" if rule["kind"] == "stepped" else "rows"]:
                row["rate"] = self.pick(*RATES)
        else:
            return name
        return self.add_curve(rule)

    def starts(self, starts: tuple[Fraction, ...], least: int, most: int) -> list[Fraction]:
        return sorted(self.some(starts, least, most))

    def line(self, starts: tuple[Fraction, ...]) -> Rule:
        """Points, some of them twice: a jump."""
        points = [[start, self.pick(*RATES)] for start in self.starts(starts, 2, 4)]
        if self.chance(20):
            at = self.byte() % len(points)
            points.insert(at, [points[at][0], self.pick(*RATES)])
        return {"points": points}

    def tiers(self, starts: tuple[Fraction, ...]) -> Rule:
        return {"tiers": [{"from": start, "rate": self.pick(*RATES)} for start in self.starts(starts, 1, 4)]}

    def graded_tiers(self, starts: tuple[Fraction, ...]) -> Rule:
        tiers: list[Rule] = []
        for start in self.starts(starts, 1, 3):
            jump = {"jump": self.pick(*SMALL_RATES)} if self.chance(25) else {}
            tiers.append({"from": start, "rate": self.pick(*SMALL_RATES), **jump})
        return {"tiers": tiers}

    def rows(self, starts: tuple[Fraction, ...], *, ends: bool) -> Rule:
        """Rows with open and closed ends; some have a hole: before the first, behind the last or between two."""
        limits = [(start, self.chance(50)) for start in self.starts(starts, 2, 4)]
        rows: list[Rule] = []
        for low, high in pairwise([None, *limits, None]):
            row: Rule = {} if low is None else {"over" if low[1] else "from": low[0]}
            row |= {} if high is None else {"to" if high[1] else "below": high[0]}
            rows.append({**row, "rate": self.pick(*RATES)})
        if self.chance(25):
            rows.pop(self.pick(0, 1) if ends else self.pick(0, 1, -1))
        return {"rows": rows}

    def matrix(self, starts: tuple[Fraction, ...], across: Vocabulary) -> Rule:
        number: Formula = Named(self.pick(*across.numbers, *STEADY))
        if self.chance(30):
            number = self.number(across, 1)
        columns = self.starts(fractions("0", "1", "0.5", "30000.5", "45", "-2.5", "2"), 1, 3)
        rows = [{"from": start, "rates": [self.pick(*RATES) for _ in columns]} for start in self.starts(starts, 1, 3)]
        return {"across": number, "columns": columns, "rows": rows}

    def logistic(self, starts: tuple[Fraction, ...]) -> Rule:
        rule = {"midpoint": self.pick(*starts), "width": self.pick(*fractions("1", "0.1", "10", "0.3"))}
        if self.chance(40):
            rule |= {"low": self.pick(*fractions("0", "0.5", "-0.5")), "high": self.pick(*fractions("1", "1.5", "2"))}
        return rule

    def called(self, argument: Formula, across: Vocabulary, attainment: str = "level") -> Formula:
        """A curve, used like a function."""
        return Curved(self.curve(attainment, across), argument)

    # -- parameters

    def parameter(self, constants: tuple[Fraction, ...], cells: tuple[Fraction, ...]) -> Any:
        """A number of the rule set, or one from the table of terms."""
        if not self.chance(20):
            return self.dated_number(constants)
        if self.chance(30):
            return {"column": "top"}
        columns = self.cells["terms"]
        columns[f"t{len(columns)}"] = cells
        return {"table": "terms", "column": f"t{len(columns) - 1}"}

    def target(self, attainment: str) -> Any:
        """What a result is held against: a number, one from the table of targets, or one from a column."""
        if self.chance(20):
            self.cells["targets"] = {"value": TABLE_TARGETS}
            return {"table": "targets"}
        if self.chance(12):
            return {"column": "own"}
        return self.dated_number(POSITIVE_TARGETS if attainment in ("ratio", "inverse_ratio") else SIGNED_TARGETS)

    def dated_number(self, numbers: tuple[Fraction, ...]) -> Any:
        """A number that may change; inside the period only where what is paid is prorated."""
        if not self.chance(12):
            return self.pick(*numbers)
        turns = self.turns if self.prorated else (self.start, self.end + ONE, self.start - 9 * ONE)
        days = [self.start - 500 * ONE, *sorted({*self.some(turns, 0, 3)})]
        self.changes = True
        return {"since": {day: self.pick(*numbers) for day in days}}

    def ends_of_a_way(self, start: str) -> Rule:
        """Two different numbers, or some that may be the same where they are not written down."""
        low, high = self.some(SIGNED_TARGETS + POSITIVE_TARGETS[5:], 2, 2)
        rule: Rule = {start: low, "benchmark": high}
        for key in rule:
            if self.chance(20):
                rule[key] = self.target("level")
        if rule[start] == rule["benchmark"] or any("since" in each for each in rule.values() if isinstance(each, dict)):
            rule |= {start: low, "benchmark": high}
        return rule

    def fill_tables(self) -> None:
        """The tables that parameters asked for; some rows and some cells are missing."""
        for name, columns in self.cells.items():
            if columns:
                keys = self.pick(("team",), ("payee",), ("role", "department"))
                self.table(name, [*keys, "kpi"] if name == "targets" else [*keys], columns)

    def table(self, name: str, keys: list[str], columns: Mapping[str, tuple[Fraction, ...]]) -> None:
        cells = {column: mostly(*options, missing=3) for column, options in columns.items()} | {"": range(100)}
        rows = [{**row, **self.row(cells)} for row in self.keyed(keys)]
        rows = [row for row in rows if row.pop("") < 96]
        least = {name: Fraction(-100 if min(options) < 0 else 0) for name, options in columns.items()}
        prorated = all("proration" in plan for plan in self.rules["plans"].values())
        rows, dated = self.with_days(rows) if prorated and self.chance(30) else (rows, {})
        bounds = {column: {"at_least": low, "at_most": Fraction(1000), "places": 4} for column, low in least.items()}
        self.add_table(name, keys, rows, bounds, **dated)

    def with_days(self, rows: list[Rule]) -> tuple[list[Rule], Rule]:
        """The rows again from some day on with other numbers, which are those of other rows."""
        self.changes = True
        later = [{**row, "as_of": day, **{key: value for key, value in other.items() if key not in TOLD_APART}}
                 for row, other in zip(rows, rows[1:] + rows[:1], strict=True)
                 for day in self.some(self.turns, 0, 2)]  # fmt: skip
        first = [{**row, "as_of": self.start - 500 * ONE} for row in rows if not self.chance(5)]
        return [*first, *later], {"since": "as_of"}

    def keyed(self, keys: list[str]) -> list[Rule]:
        """A row for every combination of what the workforce, and the KPIs, have."""
        values = [
            [drawn.name for drawn in self.drawn]
            if key == "kpi"
            else sorted({row[key] for row in self.tables["workforce"] if row[key] is not None} or {"none"})
            for key in keys
        ]
        return [dict(zip(keys, combination, strict=True)) for combination in product(*values)]

    def add_table(self, name: str, keys: list[str], rows: list[Rule], columns: Mapping[str, Rule], **more: str) -> None:
        self.tables[name] = rows
        dates = dict.fromkeys(more.values(), "date")
        self.columns[name] = {**dict.fromkeys(keys, "text"), **dates, **dict.fromkeys(columns, "number")}
        self.rules.setdefault("tables", {})[name] = {
            **self.file(name),
            "keys": keys,
            "columns": dict(columns),
            **more,
        }
