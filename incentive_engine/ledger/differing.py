"""Where a table of a run folder differs from the same table worked out again: the row, the column and both figures.

Equal bytes are equal tables. Another version of Polars may write other bytes for the same values, so that tables whose
bytes differ are compared value by value, some rows at a time: memory does not grow with the table. How a step is told
is no figure: the engine may say it better than it did, and the bytes of a sealed run hold what it said then.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final

import polars as pl

from incentive_engine.errors import Problem

MOST: Final = 20
"""How many differences of one table are told."""
_ROWS: Final = 65_536
_KEYS: Final = (
    "payee", "reference", "line", "plan", "pays", "segment", "measure", "source", "path", "kpi", "subject_kind",
    "subject", "period", "of_period", "cause", "from", "department", "pool", "group", "table", "key", "test",
    "column", "date",
)  # fmt: skip
"""What tells rows apart, in every table that has it."""
_WORDS: Final = ("sentence_en", "sentence_fr")
"""How steps are told."""
_READ: Final = """
import sys, polars as pl
for path in sys.argv[1:]:
    pl.scan_parquet(path).null_count().collect(engine='streaming')
"""
_PATIENCE: Final = 600


def damaged(paths: Sequence[Path]) -> list[Path]:
    """Those of some Parquet files that cannot be read at all.

    Another process tries: a damaged file can make its reader panic, or take all memory.
    """
    if not paths or _readable(*paths):
        return []
    return [path for path in paths if not _readable(path)]


def _readable(*paths: Path) -> bool:
    done = subprocess.run([sys.executable, "-c", _READ, *paths], capture_output=True, timeout=_PATIENCE, check=False)
    return done.returncode == 0


def differences(name: str, written: Path, again: Path, *, same_engine: bool) -> list[Problem]:
    """Every difference between a table as written and as worked out again; none where all values are the same.

    A run of another version of the engine may lack columns that this one adds. Neither must be `damaged`.
    """
    old, new = pl.scan_parquet(written), pl.scan_parquet(again)
    shape = list(_of_columns(name, old.collect_schema(), new.collect_schema(), same_engine=same_engine))
    if shape:
        return shape
    columns = [column for column in old.collect_schema().names() if column not in _WORDS]
    old, new = old.select(columns), new.select(columns)
    keys = [column for column in _KEYS if column in columns]
    if _heights(old) != _heights(new) or not _same(old.select(keys), new.select(keys)):
        return _limited(name, _of_rows(name, old.select(keys), new.select(keys)))
    return _limited(name, _of_figures(name, old, new, keys))


def _of_columns(name: str, old: pl.Schema, new: pl.Schema, *, same_engine: bool) -> Iterator[Problem]:
    for column, dtype in old.items():
        if column not in new:
            yield _problem(f"`{name}` has a column `{column}`; worked out again it has none")
        elif dtype != new[column] and not (dtype.is_decimal() and new[column].is_decimal()):
            yield _problem(f"`{name}`: `{column}` is of type {dtype}; worked out again {new[column]}")
    if same_engine:
        missing = (column for column in new if column not in old)
        yield from (_problem(f"`{name}` lacks the column `{column}`") for column in missing)


def _of_rows(name: str, old: pl.LazyFrame, new: pl.LazyFrame) -> Iterator[Problem]:
    """The rows that only one of the two has."""
    (before, after), keys = (_heights(old), _heights(new)), old.collect_schema().names()
    if before != after:
        yield _problem(f"`{name}` has {before:,} rows; worked out again {after:,}")
    one = 0
    for these, others, told in ((old, new, "is not there when"), (new, old, "is only there when")):
        alone = these.join(others, on=keys, how="anti", nulls_equal=True).head(MOST).collect()
        one += alone.height
        yield from (_problem(f"`{name}`, {_row(row)}: {told} worked out again") for row in alone.rows(named=True))
    if not one and before == after:
        yield _problem(f"`{name}` has its rows in another order than worked out again")


def _of_figures(name: str, old: pl.LazyFrame, new: pl.LazyFrame, keys: Sequence[str]) -> Iterator[Problem]:
    for before, after in _side_by_side(old, new):
        for column in before.columns:
            differs = before[column].ne_missing(after[column])
            if differs.any():
                rows = after.filter(differs).select(keys).iter_rows(named=True)
                pairs = zip(before.filter(differs)[column], after.filter(differs)[column], strict=True)
                for row, (was, found) in zip(rows, pairs, strict=True):
                    figures = f"`{column}` is {_told(was)}; worked out again {_told(found)}"
                    yield _problem(f"`{name}`, {_row(row)}: {figures}")


def _same(old: pl.LazyFrame, new: pl.LazyFrame) -> bool:
    return all(before.equals(after) for before, after in _side_by_side(old, new))


def _side_by_side(old: pl.LazyFrame, new: pl.LazyFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    for start in range(0, _heights(new), _ROWS):
        yield old.slice(start, _ROWS).collect(), new.slice(start, _ROWS).collect()


def _heights(frame: pl.LazyFrame) -> int:
    height: int = frame.select(pl.len()).collect().item()
    return height


def _limited(name: str, found: Iterable[Problem]) -> list[Problem]:
    told = list(islice(found, MOST + 1))
    return told if len(told) <= MOST else [*told[:MOST], _problem(f"`{name}` differs in more places")]


def _row(row: dict[str, Any]) -> str:
    return ", ".join(f"{column} {value}" for column, value in row.items() if value is not None) or "its only row"


def _told(value: object) -> str:
    if value is None:
        return "missing"
    return f"{value:f}" if isinstance(value, Decimal) else f"{value}"


def _problem(message: str) -> Problem:
    return Problem("differs", message)
