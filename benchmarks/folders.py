"""The workload as a data folder, for whatever reads files and writes run folders."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from benchmarks.workload import PLACES, Workload


def data_folder(load_of: Workload, folder: Path) -> Path:
    """Writes the files that the plan reads; returns the folder."""
    folder.mkdir(parents=True)
    load_of.workforce.with_columns(_decimals("base_salary", 2)).write_parquet(folder / "workforce.parquet")
    load_of.kpis.with_columns(_decimals("value", PLACES)).write_parquet(folder / "kpis.parquet")
    load_of.targets.with_columns(_decimals("value", PLACES)).write_csv(folder / "targets.csv")
    return folder


def _decimals(column: str, places: int) -> pl.Expr:
    """Counts of the smallest unit, as the numbers that people write."""
    return (pl.col(column).cast(pl.Decimal(38, places)) / 10**places).cast(pl.Decimal(38, places))
