"""The run folder: written whole or not at all, readable by its owner only, enough to explain and recompute the run.

Everything is written into a folder beside the target that takes its name at the end, so that an interrupted run
leaves no half of one. The same calculation gives the same bytes: rows by key, one writer setting, times in a file of
their own.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import polars as pl

from incentive_engine.columns import Kind
from incentive_engine.errors import InputProblems, Problem

_DTYPES: Final[Mapping[Kind, pl.DataType]] = {
    "text": pl.String(), "count": pl.Int64(), "decimal": pl.Decimal(38, 0), "date": pl.Date(), "flag": pl.Boolean(),
}  # fmt: skip
RUN_FILE: Final = "run.json"
_ROWS_PER_GROUP = 65_536
_ROWS_AT_ONCE = 4_096
"""Rows that a table's stream carries at a time; a payee becomes a dozen rows of contributions on the way."""


def refuse_existing(target: Path) -> None:
    """Raises InputProblems where something has the name already."""
    if target.exists():
        hint = "give another folder, or remove it first: a run is never overwritten"
        raise InputProblems([Problem("folder-exists", f"`{target}` is there already", hint=hint)])


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder that becomes `target` when the block ends well, and vanishes when it does not."""
    refuse_existing(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield draft
        for path in draft.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        try:
            draft.rename(target)
        except OSError:  # somebody else wrote into the same name at once, and was faster
            refuse_existing(target)
            raise
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def place(content: bytes, folder: Path, name: str) -> None:
    """A file in a folder that is there already: whole or not at all, instead of the one of that name before.

    It is drafted beside the folder, so that a process killed in between leaves nothing in it.
    """
    descriptor, draft = tempfile.mkstemp(prefix=f".{folder.name}.{name}.", dir=folder.resolve().parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        Path(draft).replace(folder / name)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def write_table(frame: pl.LazyFrame | pl.DataFrame, path: Path) -> None:
    """A Parquet file, streamed; the same rows give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pl.Config(streaming_chunk_size=_ROWS_AT_ONCE):
        frame.lazy().sink_parquet(
            path,
            compression="zstd",
            compression_level=1,
            statistics=True,
            row_group_size=_ROWS_PER_GROUP,
            maintain_order=True,
            engine="streaming",
        )


def empty_table(columns: Mapping[str, Kind]) -> pl.DataFrame:
    """A table of the contract without rows."""
    return pl.select(pl.lit(None, _DTYPES[kind]).alias(name) for name, kind in columns.items()).clear()


def write_json(value: Mapping[str, Any], path: Path) -> None:
    """A JSON file, keys in the order given."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def fingerprint(content: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
