"""What is known later of a drawn case: facts that came late, were changed or deleted; other people, rules, pay."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.drawn.draws import Rule
from tests.drawn.plans import Drawing
from tests.oracle import Case
from tests.oracle.corrections import Gone, gone_rows
from tests.oracle.dated import dated_rules

Rows = list[dict[str, Any]]
PERSONAL = ("base_salary", "fte", "grade", "role", "level", "hired", "remote")
"""Columns of the workforce that change; who would be of a team that nobody else is of makes facts unknown."""


class Changing(Drawing):
    """A case, and what is known of it later."""

    def change(self) -> tuple[Case, Case, set[Gone]]:
        """What was known, what is known, and of which tables the rows that are gone were decided to go: those rows."""
        before = self.case(adjusted=self.chance(50))
        after = copy.deepcopy(before)
        kinds = (self.facts_change, self.people_change, self.rules_change, self.decisions_change)
        for kind in self.some(kinds, 1, 4) if self.chance(50) else kinds:
            after = kind(after)
        gone = {key for key, _ in gone_rows(before, after)}
        decided = {table for table in sorted({table for table, _ in gone}) if self.chance(50)}
        return before, after, {key for key in gone if key[0] in decided}

    def facts_change(self, case: Case) -> Case:
        tables = dict(case.tables)
        for name, source in case.rules.get("sources", {}).items():
            tables[name] = self.other_facts(case.tables[name], "id" in source, "share" in source)
        if "kpis" in tables:
            rows = [row for row in case.tables["kpis"] if not self.chance(4)]
            values = [row["value"] for row in rows]
            tables["kpis"] = [{**row, "value": self.pick(*values)} if self.chance(30) else row for row in rows]
            late = [row for row in rows if self.chance(5)]
            keys = {(row["subject"], row["kpi"], row["period"]) for row in rows}
            moved = [{**row, "period": self.period} for row in late]
            tables["kpis"] += [row for row in moved if (row["subject"], row["kpi"], row["period"]) not in keys][:1]
        return replace(case, tables=tables)

    def other_facts(self, rows: Rows, named: bool, shared: bool) -> Rows:
        """Some facts less, some that say something else, some more."""
        refs = sorted({row["ref"] for row in rows}, key=int)
        gone = {ref for ref in refs if self.chance(15)}
        found = [dict(row) for row in rows if row["ref"] not in gone]
        columns = ["day", "answer", "amount", "wait", "solved", "customer", "kind", *([] if shared else ["adviser"])]
        changed: dict[str, tuple[str, Any]] = {}
        for ref in refs:
            if self.chance(40):
                column = self.pick(*columns)
                changed[ref] = column, self.pick(*rows)[column]
        for row in found:
            if row["ref"] in changed:
                column, value = changed[row["ref"]]
                row[column] = value
        late = [ref for ref in refs if self.chance(25)]
        for number, ref in enumerate(late):
            told = str(100 + number) if named else ref
            found += [{**row, "ref": told} for row in rows if row["ref"] == ref]
        return found

    def people_change(self, case: Case) -> Case:
        tables = dict(case.tables)
        staff = case.tables["workforce"]
        tables["workforce"] = self.some_cells(staff, PERSONAL, 15)
        if len(staff) > 1 and self.chance(10):
            tables["workforce"] = tables["workforce"][:-1]
        for name, rule in {**dated_rules(case.rules), "leave": None}.items():
            if name in tables:
                rows = [row for row in case.tables[name] if not self.chance(6)]
                tables[name] = self.some_cells(rows, [] if rule is None else rule.get("gives", ()), 15)
        return replace(case, tables=tables)

    def rules_change(self, case: Case) -> Case:
        rules, tables = copy.deepcopy(case.rules), dict(case.tables)
        if self.chance(60):
            rules["plans"] = {name: self.renumbered(plan) for name, plan in rules["plans"].items()}
            rules["curves"] = {**rules["curves"], **self.rules["curves"]}
            rules["version"] = "2"
        for name in rules.get("tables", {}):
            tables[name] = self.some_cells(case.tables[name], ["value"], 20)
        if "exchange" in tables:
            tables["exchange"] = self.some_cells(case.tables["exchange"], ["rate"], 10)
        return replace(case, rules=rules, tables=tables)

    def variant(self, rules: Rule) -> Rule:
        """The rule set, with other numbers in some of its plans; now and then another one, or steps that go."""
        found = copy.deepcopy(dict(rules))
        for name, plan in found["plans"].items():
            if self.chance(60):
                found["plans"][name] = self.renumbered(plan)
            for step in ("cap", "gates", "eligible", "modifiers"):
                if self.chance(4):
                    plan.pop(step, None)
        found["curves"] = {**found["curves"], **self.rules["curves"]}
        return found

    def decisions_change(self, case: Case) -> Case:
        if "adjustments" not in case.rules:
            return case
        rows = [row for row in case.tables["adjustments"] if not self.chance(12)]
        more = [{**row, "reference": f"B-{number}"} for number, row in enumerate(rows) if self.chance(15)]
        rows = self.some_cells(rows, ["approver"], 10)
        doubled = [row | {"amount": row["amount"] * 2} if row["amount"] and self.chance(30) else row for row in rows]
        return replace(case, tables={**case.tables, "adjustments": [*doubled, *more]})

    def some_cells(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], percent: int) -> Rows:
        """The rows, with what other rows say in some cells."""
        found = [dict(row) for row in rows]
        for row in found:
            for column in columns:
                if column in row and self.chance(percent):
                    row[column] = self.pick(*rows)[column]
        return found
