"""What went into a paid run, from its folder.

The files were accepted once and have not changed since, which is known before this is called: their rows are taken as
they are. Accepting them anew would say the same and take as long as reading what is known now.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from incentive_engine.engine.run import SET_ASIDE, Run, rules_in
from incentive_engine.exact import Scale
from incentive_engine.facts import Accepted, Table, TableContract
from incentive_engine.ledger.corrections.states import Inputs


def inputs_in(run: Run, folder: Path) -> Inputs:
    """The rules and the accepted tables of an unchanged run folder."""
    rules = rules_in(folder)
    told = run.summary["inputs"]
    tables = {each.name: _table(each, folder, told[each.name]["sha256"]) for each in rules.contracts}
    return Inputs(rules, Accepted(tables, pl.read_parquet(folder / "inputs" / SET_ASIDE)))


def _table(contract: TableContract, folder: Path, fingerprint: str) -> Table:
    file = f"{contract.name}.parquet"
    frame = pl.scan_parquet(folder / "inputs" / file).select(_counts(contract)).collect(engine="streaming")
    scales = {
        column.name: Scale(column.places, int(frame[column.name].min() or 0), int(frame[column.name].max() or 0))  # type: ignore[arg-type]
        for column in contract.columns
        if column.numeric
    }
    return Table(contract.name, frame, scales, True, fingerprint, (file,))


def _counts(contract: TableContract) -> Iterator[pl.Expr]:
    """Every column as it is accepted: numbers are counts of their smallest unit."""
    for column in contract.columns:
        cells = pl.col(column.name)
        if column.numeric:
            cells = cells.cast(pl.Decimal(38, column.places)).to_physical()
        yield cells.cast(column.dtype).alias(column.name)
