"""A case as the files that people have: rules in YAML, tables as CSV or Parquet; and what the engine makes of them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl

from incentive_engine import load, run
from incentive_engine.engine.run import Run
from tests.drawn import as_yaml, decimal_text
from tests.oracle import Case
from tests.oracle.dated import dated_rules


def calculated(case: Case, folder: Path) -> Run:
    """What the engine makes of a case, written to an empty folder."""
    data = write_case(case, folder)
    return run(load(folder / "rules.yaml"), data, case.period, as_of=case.as_of)


def write_case(case: Case, folder: Path) -> Path:
    """Writes the rules and the tables of a case; returns the folder of the tables."""
    (folder / "rules.yaml").write_text(as_yaml(case.rules), encoding="utf-8")
    if case.before:
        only = {key: value for key, value in case.rules.items() if key not in ("follows", "in_force", "pools")}
        used = {plan.get("pool") for plan in case.before.values()}
        pools = {name: pool for name, pool in case.rules.get("pools", {}).items() if name in used}
        older = as_yaml({**only, **({"pools": pools} if pools else {}), "version": "0", "plans": case.before})
        (folder / case.rules["follows"]).write_text(older, encoding="utf-8")
    data = folder / "data"
    data.mkdir()
    for name, path in paths(case).items():
        write_table(data / path, case.columns[name], case.tables[name])
    return data


def paths(case: Case) -> dict[str, str]:
    """Where each table is."""
    rules = case.rules
    named = {"workforce": rules["workforce"], **rules.get("sources", {}), **rules.get("tables", {})}
    named |= {"kpis": rules["results"]} if "results" in rules else {}
    named |= dated_rules(rules) | {name: rules[name] for name in ("leave", "exchange", "adjustments") if name in rules}
    return {name: rule["path"] for name, rule in named.items()}


def write_table(path: Path, columns: Mapping[str, str], rows: list[dict[str, Any]]) -> None:
    """The rows as CSV or Parquet; numbers exactly, as text or as decimals."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows([cell_text(row[column]) for column in columns] for row in rows)
        return
    series = [parquet_column(column, kind, [row[column] for row in rows]) for column, kind in columns.items()]
    pl.DataFrame(series).write_parquet(path)


def cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return decimal_text(value) if isinstance(value, Fraction) else str(value)


def parquet_column(name: str, kind: str, values: list[Any]) -> pl.Series:
    if kind != "number":
        types: dict[str, Any] = {"text": pl.String, "boolean": pl.Boolean, "date": pl.Date}
        return pl.Series(name, values, dtype=types[kind])
    decimals = [None if value is None else Decimal(decimal_text(value)) for value in values]
    places = max((-int(value.as_tuple().exponent) for value in decimals if value is not None), default=0)
    if places == 0:
        return pl.Series(name, [None if value is None else int(value) for value in decimals], dtype=pl.Int64)
    return pl.Series(name, decimals, dtype=pl.Decimal(38, places))
