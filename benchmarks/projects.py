"""A project in which the workload was paid, and what is known of it later."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import polars as pl
from sqlalchemy import insert

from benchmarks.workload import PLACES
from incentive_engine.engine.run import Run
from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.corrections.amounts import paid_in
from incentive_engine.ledger.database import payments, seals
from incentive_engine.ledger.project import Project
from incentive_engine.ledger.sealing import seal

PAYROLL: Final = Actor("payroll", "payroll")
NEXT: Final = "2026-Q4"
ONE_IN: Final = 100
_POLICY: Final = "company: Benchmark\nmay: {correct: [payroll]}\n"


def paid_project(folder: Path, run: Path) -> Project:
    """The project around a run that was made inside it, sealed and paid."""
    (folder / "policy.yaml").write_text(_POLICY, encoding="utf-8")
    project, opened = Project.of(folder), Run.open(run)
    of = {"rule_set": opened.summary["rule_set"], "period": opened.summary["period"]}
    amounts = paid_in(opened).filter(pl.col("amount") != 0)
    with project.ledger() as ledger, ledger.writing() as connection:
        sealed = seal(run, None, 1)
        told = {**of, "fingerprint": sealed.run.fingerprint}
        number = ledger.register(connection, run, "run", "paid", told, PAYROLL)
        connection.execute(insert(seals).values(number=1, run_id=number, head=sealed.head, previous=None))
        row = {**of, "run_id": number, "pay_code": "1", "kind": "payout"}
        connection.execute(insert(payments), [{**row, **each} for each in amounts.iter_rows(named=True)])
    return project


def known_later(data: Path, folder: Path) -> Path:
    """A copy of the data in which a result of one payee in a hundred is another one."""
    shutil.copytree(data, folder)
    kpis = pl.read_parquet(folder / "kpis.parquet")
    touched = (pl.col("subject").str.slice(1).cast(pl.Int64) % ONE_IN == 0) & (pl.col("kpi") == "nps")
    lower = pl.col("value") - pl.lit(1).cast(pl.Decimal(38, PLACES))
    kpis.with_columns(pl.when(touched).then(lower).otherwise("value")).write_parquet(folder / "kpis.parquet")
    return folder
