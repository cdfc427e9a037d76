"""A rule set in YAML and tables in CSV, read as the oracle takes them: without anything of the engine."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Mapping
from fnmatch import fnmatch
from fractions import Fraction
from pathlib import PurePath
from typing import Any

import yaml

from tests.oracle import Case
from tests.oracle.dated import dated_rules
from tests.oracle.reading import read_formula

FORMULAS = {
    *("who", "eligible", "target_pay", "payout", "when", "where", "value", "numerator", "denominator", "met", "starts"),
    *("ends", "waits", "sum", "per_payee", "in_proportion_to", "minimum", "maximum", "across", "factor", "add"),
}
"""Keys under which a formula stands, wherever they are."""
TEXTS = {
    *("payee", "payroll_id", "name", "language", "country", "department", "team", "manager", "role", "level"),
    *("currency", "subject_kind", "subject", "kpi", "period", "type", "id"),
    *("reference", "pays", "reason", "author", "approver"),
}
"""Columns of text, though all that stands there may look like numbers."""


def read_case(rules: str, tables: Mapping[str, str], period: str) -> Case:
    """The case that a rule set makes with the files of a data folder, by name."""
    read: dict[str, Any] = meaning(yaml.load(rules, yaml.BaseLoader), "", "")  # noqa: S506 - texts only
    read.setdefault("workforce", {"path": "workforce.csv"})
    named = {"workforce": read["workforce"], **read.get("sources", {}), **read.get("tables", {}), **dated_rules(read)}
    named |= {name: read[name] for name in ("leave", "exchange", "adjustments") if name in read}
    found: dict[str, list[dict[str, str]]] = {}
    for file, text in tables.items():
        name = next((name for name, rule in named.items() if fnmatch(file, rule["path"])), PurePath(file).stem)
        rows = [*found.get(name, ()), *csv.DictReader(io.StringIO(text))]
        once = "id" in read.get("sources", {}).get(name, {})
        found[name] = [row for at, row in enumerate(rows) if not once or row not in rows[:at]]
    kinds = {name: {column: kind_of(column, rows) for column in rows[0]} for name, rows in found.items() if rows}
    cells = {name: [{column: cell(kinds[name][column], text) for column, text in row.items()} for row in rows]
             for name, rows in found.items()}  # fmt: skip
    return Case(read, cells, kinds, period)


def meaning(value: Any, key: str, above: str) -> Any:
    """What a value of a rule set means; `above`: the key under which its block stands."""
    if isinstance(value, dict):
        return {of_key(name): meaning(each, name, key) for name, each in value.items()}
    if isinstance(value, list):
        return [meaning(each, key, above) for each in value]
    if (key in FORMULAS and (key, above) != ("factor", "solve")) or (key, above) == ("among", "compute"):
        return read_formula(value)
    if key == "rule_set" or above == "title":
        return value
    return of_key(value)


def of_key(text: str) -> Any:
    """A number, a date, true or false, or a text."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return dt.date.fromisoformat(text)
    if re.fullmatch(r"-?\d+(\.\d+)?%?", text):
        return Fraction(text.rstrip("%")) / (100 if text.endswith("%") else 1)
    return {"true": True, "false": False}.get(text, text)


def kind_of(column: str, rows: list[dict[str, str]]) -> str:
    """The type of a column, by what stands there."""
    kinds = {type(of_key(row[column])) for row in rows if row[column]}
    if column in TEXTS or len(kinds) != 1:
        return "text" if column not in ("from", "to", "hired", "left") else "date"
    return {Fraction: "number", dt.date: "date", bool: "boolean"}.get(kinds.pop(), "text")


def cell(kind: str, text: str) -> Any:
    """What a cell means; nothing where it is empty."""
    return None if not text else text if kind == "text" else of_key(text)
