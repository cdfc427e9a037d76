"""What reading every published file needs: its rows in, input tables out, and exact numbers out of a trace."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import floor
from pathlib import Path

import polars as pl

Row = dict[str, str]


def published_rows(path: Path) -> list[Row]:
    """The rows of a published CSV file, every cell as printed."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """An input table of the engine."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def exact_column(trace: pl.DataFrame, name: str) -> dict[str, Fraction | None]:
    """A number of a trace by payee; one that does not end stands there as a numerator and a divisor."""
    below = f"{name}.per" if f"{name}.per" in trace.columns else None
    rows = trace.select("payee", name, pl.lit(1) if below is None else below).iter_rows()
    return {payee: None if value is None else Fraction(value) / per for payee, value, per in rows}


def half_up(value: Fraction, places: int) -> Fraction:
    """The value as it is printed: rounded to so many decimals, halves up."""
    return Fraction(floor(value * 10**places + Fraction(1, 2)), 10**places)
