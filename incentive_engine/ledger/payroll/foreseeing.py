"""Would payroll's file hold a run? To be asked while a run can still be made again: an approved one stays as it is."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.payroll.due import DUE, run_to_pay
from incentive_engine.ledger.payroll.mapping import read_payroll
from incentive_engine.ledger.payroll.parcel import packed
from incentive_engine.ledger.payroll.paying import lines_of, payments_of


def foreseen(folder: Path, mapping: Path) -> tuple[Problem, ...]:
    """Everything for which the export of a run would be refused, by the mapping as it is now: nothing is written."""
    try:
        payroll, run = read_payroll(mapping), run_to_pay(folder)
        corrections = run.corrections.with_columns(pl.lit("correction").alias("kind")).select(DUE)
        paid = payments_of(pl.concat([run.due, corrections]), run.people, payroll)
        packed(lines_of(paid, run.people), payroll, run.period, {}, Path(f"payroll{payroll.file.suffix}"))
    except InputProblems as found:
        return found.problems
    return ()
