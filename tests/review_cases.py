"""Small companies to review: everybody's target pay is 100.00, a salary of 1,000, of which 10 %.

A result of 120 pays 120 %, 120.00, up to a cap of 150 %.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

import incentive_engine
from incentive_engine.ledger.review.findings import Finding
from incentive_engine.ledger.review.looked_at import LookedAt, Written
from incentive_engine.ledger.review.tolerances import Tolerance, Tolerances
from incentive_engine.shipped import rules_dir

RULES = """
rule_set: bonus
version: "1"
title: {en: Bonus}
decided: {by: Board, on: 2026-06-01, notified: 2026-06-15}
currency: EUR
timezone: Europe/Paris
kpis:
  quality: {title: {en: Quality}, perspective: customer, compute: {kind: given}, better: higher}
curves:
  straight: {kind: linear, points: [[0%, 0%], [400%, 400%]], below: zero}
plans:
  agent:
    title: {en: Agent}
    pays: bonus
    who: role = "Agent"
    target_pay: base_salary * 10%
    scorecard:
      quality: {weight: 100%, of: payee, target: 100, attainment: ratio, curve: straight}
    cap: 150%
    proration: {by: calendar_days}
"""
STARTER = rules_dir() / "starter"
KEPT = tempfile.TemporaryDirectory()
"""Of runs that several tests look at; gone when the tests are over."""


def made(
    folder: Path,
    results: Mapping[str, int | None],
    rules: str = RULES,
    *,
    period: str = "2026-Q3",
    salary: Mapping[str, str] = {},
    role: Mapping[str, str] = {},
    hired: Mapping[str, str] = {},
    language: Mapping[str, str] = {},
    files: Mapping[str, str] = {},
) -> Written:
    """A run of people who have these results."""
    head = "payee,role,base_salary,hired,left,language,department"
    columns: tuple[tuple[Mapping[str, str], str], ...]
    columns = ((role, "Agent"), (salary, "1000"), (hired, "2020-01-01"), ({}, ""), (language, ""), ({}, "Care"))
    rows = [",".join([who, *(each.get(who, usual) for each, usual in columns)]) for who in results]
    known = [f"payee,{who},quality,{period},{value},30" for who, value in results.items() if value is not None]
    tables = {
        "workforce.csv": "\n".join([head, *rows]) + "\n",
        "kpis.csv": "\n".join(["subject_kind,subject,kpi,period,value,n", *known]) + "\n",
        **files,
    }
    return Written(Path(shutil.copytree(paid(rules, period, tuple(tables.items())), folder / "run")))


@cache
def paid(rules: str, period: str, tables: tuple[tuple[str, str], ...]) -> Path:
    """The run of these rules and tables, made once for all tests: each changes a copy."""
    folder = Path(tempfile.mkdtemp(dir=KEPT.name))
    (folder / "data").mkdir()
    for name, text in tables:
        (folder / "data" / name).write_text(text, encoding="utf-8")
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder / "data", period, folder / "run")
    return folder / "run"


def found(item: Callable[[LookedAt], Finding], now: Written, before: Written | None = None, **more: Any) -> Finding:
    """What an item finds; `more`: tolerances by item, may_sign, questions."""
    tolerances = {name: Tolerance(at_most=Decimal(each)) for name, each in more.pop("at_most", {}).items()}
    return item(LookedAt(now, before, Tolerances(**tolerances), **more))


def rewritten(run: Written, table: str, *changed: pl.Expr, drop: str | None = None) -> Written:
    """The run, of which somebody changed a table."""
    path = run.folder / f"{table}.parquet"
    frame = pl.read_parquet(path).with_columns(*changed)
    (frame if drop is None else frame.filter(pl.col("payee") != drop)).write_parquet(path)
    return Written(run.folder)


def cents(column: str, amount: str, payee: str) -> pl.Expr:
    """The column, in which somebody has another amount."""
    other = pl.lit(Decimal(amount), pl.Decimal(38, 2))
    return pl.when(pl.col("payee") == payee).then(other).otherwise(pl.col(column)).alias(column)


def three(folder: Path) -> Written:
    """One is paid, one has no salary, one is no agent."""
    return made(folder, {"A": 120, "H": 100, "N": 100}, salary={"H": ""}, role={"N": "Cook"})


SALARIES = RULES.replace(
    "plans:\n", "history: {salaries: {path: salaries.csv, gives: [base_salary], basis: earned}}\nplans:\n"
)
TWO_SALARIES = "payee,from,to,base_salary\nA,2020-01-01,2026-08-15,1000\nA,2026-08-16,,2000\n"
"""Of A, for 46 days each: 50.00 of the first 100.00, and 100.00 of 200.00, are 150.00 for a score of 100 %."""

ADJUSTMENTS: dict[str, Any] = {
    "reference": pl.String, "payee": pl.String, "pays": pl.String, "plan": pl.String, "kind": pl.String,
    "percent": pl.Decimal(38, 2), "pay": pl.Decimal(38, 2), "currency": pl.String, "reason": pl.String,
    "author": pl.String, "approver": pl.String, "expires": pl.Date,
}  # fmt: skip
LINES: dict[str, Any] = {
    "line": pl.String, "payee": pl.String, "pays": pl.String, "of_period": pl.String, "cause": pl.String,
    "currency": pl.String, "amount": pl.Decimal(38, 2), "run": pl.String,
}  # fmt: skip


def with_rows(run: Written, table: str, schema: Mapping[str, Any], rows: Sequence[tuple[Any, ...]]) -> Written:
    """The run with these rows of one of its tables, as the engine would write them."""
    pl.DataFrame(list(rows), schema=schema, orient="row").write_parquet(run.folder / f"{table}.parquet")
    return Written(run.folder)


def adjusted(
    reference: str, payee: str, kind: str, pay: str, author: str = "Ann", approver: str = "Bob"
) -> tuple[Any, ...]:
    plan = None if kind == "release" else "agent"
    return (
        reference,
        payee,
        "bonus",
        plan,
        kind,
        None,
        Decimal(pay),
        "EUR",
        "Crisis",
        author,
        approver,
        dt.date(2026, 12, 31),
    )


SIGNED = """reference,payee,pays,period,amount,percent,at_least,release,currency,reason,author,approver,expires
R1,H,bonus,2026-Q3,,,,80,,Salary comes later,Ann,Bob,
G1,B,bonus,2026-Q3,,,90,,,New shop,Ann,Bob,
P1,A,bonus,,,10%,,,,Crisis team,Ann,Bob,2026-12-31
M1,A,bonus,2026-Q3,-5,,,,,Phone,Ann,Bob,
U1,A,bonus,2026-Q3,50,,,,,Thanks,Ann,,
O1,A,bonus,,20,,,,,Old,Ann,Bob,2026-06-30
O2,A,bonus,,20,,,,,Old,Ann,Bob,2026-07-01
"""


def decided_upon(folder: Path, signed: str = SIGNED) -> Written:
    """A has 120.00 and 10 % of it less 5.00, B 77.00 and what 90.00 lacks, H has no salary and is released."""
    rules = RULES.replace("curves:\n", "adjustments: {path: adjustments.csv}\ncurves:\n")
    files = {"adjustments.csv": signed}
    return made(folder, {"A": 120, "B": 77, "H": 100}, rules, salary={"H": ""}, files=files)
