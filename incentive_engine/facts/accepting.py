"""Files → accepted rows, and held rows with reasons.

A file that cannot be trusted as a whole (a column missing, numbers that can be read in two ways) stops everything, all
problems told at once. A row that cannot be used is held and the others are paid: one absurd row refuses nobody. What
is accepted is sorted by its content, so that its bytes do not depend on the order of the rows in the files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.exact import Scale
from incentive_engine.facts.cells import read_cells
from incentive_engine.facts.contracts import HELD_SCHEMA, Accepted, Table, TableContract
from incentive_engine.facts.finding import find_files
from incentive_engine.facts.grid import FAULTS_SCHEMA, no_faults, unreadable
from incentive_engine.facts.reading import read_grid

_OF_WHOLE_ROWS = ("uneven-row", "duplicate-row", "contradicting-rows")
# No header has these names: they cannot stand in a text file.
_ROW, _AT, _BROKEN = "\0row", "\0at", "\0broken"
_ROWS, _FIRST, _UNSURE, _DIFFERING = "\0rows", "\0first", "\0unsure", "\0differing"


@dataclass(frozen=True)
class _Batch:
    """One file, read: its values, its faults, and the written cells by which people recognise its rows."""

    file: str
    values: pl.DataFrame
    faults: pl.DataFrame
    names: pl.DataFrame
    lines: pl.Series


def accept(contracts: Sequence[TableContract], data: Path, timezone: str) -> Accepted:
    """Every table that the contracts ask for, read from the data folder, and the rows that could not be used.

    Raises InputProblems with all that is wrong with whole files.
    """
    problems: list[Problem] = []
    tables: dict[str, Table] = {}
    held = [pl.DataFrame(schema=HELD_SCHEMA)]
    for contract in contracts:
        try:
            tables[contract.name], refused = _accept_table(contract, data, timezone)
            held.append(refused)
        except InputProblems as found:
            problems.extend(found.problems)
    if problems:
        raise InputProblems(problems)
    return Accepted(tables, pl.concat(held).sort(list(HELD_SCHEMA), nulls_last=True))


def _accept_table(contract: TableContract, data: Path, timezone: str) -> tuple[Table, pl.DataFrame]:
    files = find_files(contract, data)
    digest = hashlib.sha256()
    batches: list[_Batch] = []
    problems: list[Problem] = []
    for file, path in files:
        try:
            content = _content(file, path)
            digest.update(content)
            batches.append(_read_batch(file, content, contract, timezone))
        except InputProblems as found:
            problems.extend(found.problems)
    if problems:
        raise InputProblems(problems)
    values = pl.concat([contract.schema.to_frame(), *(batch.values for batch in batches)]).with_row_index(_ROW)
    faults = _all_faults(values, batches, contract)
    frame = _sorted(values.filter(~pl.col(_ROW).is_in(_lost(values, faults, contract).implode())).drop(_ROW), contract)
    fingerprint = digest.hexdigest() if files else ""
    table = Table(contract.name, frame, _scales(frame, contract), bool(files), fingerprint, tuple(n for n, _ in files))
    return table, _told(faults, batches, contract)


def _content(file: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(file, f"cannot be opened: {error.strerror}") from None


def _read_batch(file: str, content: bytes, contract: TableContract, timezone: str) -> _Batch:
    grid = read_grid(file, content, contract)
    values, faults = read_cells(grid, contract, timezone)
    named = [column for column in contract.columns if column.name in (*contract.key, contract.payee)]
    there = [column for column in named if column.source in grid.frame.columns]
    written = [
        (values[column.name] if column.type == "text" else grid.frame[column.source]).alias(column.name)
        for column in there
    ]
    return _Batch(file, values, faults, pl.DataFrame(written), grid.lines)


def _all_faults(values: pl.DataFrame, batches: Sequence[_Batch], contract: TableContract) -> pl.DataFrame:
    """The faults of all files by row of `values`, those of repeated keys included."""
    found, offset = [no_faults()], 0
    for batch in batches:
        found.append(batch.faults.with_columns((pl.col("row") + offset).cast(FAULTS_SCHEMA["row"])))
        offset += batch.values.height
    faults = pl.concat(found)
    if contract.key:
        faults = pl.concat([faults, _repeated(values, faults["row"].unique(), contract)])
    return faults if contract.since is None else pl.concat([faults, _beside(values, faults, contract)])


def _lost(values: pl.DataFrame, faults: pl.DataFrame, contract: TableContract) -> pl.Series:
    """The rows that cannot be used at all."""
    faulty = faults["row"].unique()
    if not (contract.keeps_faulty and contract.key):
        return faulty
    unnamed = pl.any_horizontal(pl.col(contract.key).is_null())
    doubtful = values.filter(unnamed | values.select(contract.key).is_duplicated())[_ROW]
    whole_rows = faults.filter(pl.col("code").is_in(_OF_WHOLE_ROWS))["row"]
    return faulty.filter(faulty.is_in(pl.concat([doubtful.cast(faulty.dtype), whole_rows]).implode()))


def _repeated(values: pl.DataFrame, broken: pl.Series, contract: TableContract) -> pl.DataFrame:
    """Rows whose key is there more than once: all but one when they say the same, all of them when they differ.

    A row that is held for another reason counts as different: it cannot be known what it was meant to say.
    """
    key = list(contract.key)
    others = [name for name in contract.schema if name not in key]
    values = values.with_columns(pl.col(_ROW).is_in(broken.implode()).alias(_BROKEN))
    known = values.filter(~(pl.col(_BROKEN) & pl.any_horizontal(pl.col(key).is_null())))
    twice = known.filter(known.select(key).is_duplicated())
    if not twice.height:
        return no_faults()
    differing = [pl.when(pl.col(name).n_unique() > 1).then(pl.lit(f"`{name}`")) for name in others]
    groups = twice.group_by(key).agg(
        pl.len().alias(_ROWS),
        pl.col(_ROW).min().alias(_FIRST),
        pl.col(_BROKEN).any().alias(_UNSURE),
        pl.concat_str(differing or [pl.lit("")], separator=", ", ignore_nulls=True).alias(_DIFFERING),
    )
    rows = twice.join(groups, on=key, nulls_equal=True).filter(~pl.col(_BROKEN))
    same = ~pl.col(_UNSURE) & (pl.col(_DIFFERING) == "")
    how = (
        pl.when(_UNSURE)
        .then(pl.lit("one of them cannot be used"))
        .otherwise(pl.concat_str(pl.lit("they differ in "), _DIFFERING))
    )
    copies = "the same row is there {} times, and is used once: take the copies out of the file"
    told = "{} rows have the same {}, and {}: keep the one that is right"
    return rows.filter(~same | (pl.col(_ROW) != pl.col(_FIRST))).select(
        row=pl.col(_ROW).cast(FAULTS_SCHEMA["row"]),
        code=pl.when(same).then(pl.lit("duplicate-row")).otherwise(pl.lit("contradicting-rows")),
        reason=pl.when(same)
        .then(pl.format(copies, _ROWS))
        .otherwise(pl.format(told, _ROWS, pl.lit(_listed(key)), how)),
    )


def _beside(values: pl.DataFrame, faults: pl.DataFrame, contract: TableContract) -> pl.DataFrame:
    """Rows that count until the day of one that cannot be used, or from then on: nobody knows which of them counts."""
    keys = [name for name in contract.key if name != contract.since]
    lost = faults.filter(pl.col("code") != "duplicate-row")["row"].unique()
    broken = values.filter(pl.col(_ROW).is_in(lost.implode())).select(keys).unique()
    beside = values.filter(~pl.col(_ROW).is_in(faults["row"].unique().implode())).join(broken, on=keys, how="semi")
    told = "another row of the same {} cannot be used: nobody knows from when to when this number counts"
    return beside.select(
        row=pl.col(_ROW).cast(FAULTS_SCHEMA["row"]),
        code=pl.lit("beside-faulty-row"),
        reason=pl.lit(told.format(_listed(keys))),
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _sorted(frame: pl.DataFrame, contract: TableContract) -> pl.DataFrame:
    """By the key, which tells rows apart; without one by everything, and equal rows are alike."""
    by = list(contract.key) or list(frame.columns)
    return frame.sort(by).rechunk() if by else frame


def _scales(frame: pl.DataFrame, contract: TableContract) -> Mapping[str, Scale]:
    """Places, least and greatest count of each number column; a column without values is within 0..0."""
    numeric = [column for column in contract.columns if column.numeric]
    return {
        column.name: Scale(column.places, _whole(frame[column.name].min()), _whole(frame[column.name].max()))
        for column in numeric
    }


def _whole(count: object) -> int:
    return count if isinstance(count, int) else 0


def _told(faults: pl.DataFrame, batches: Sequence[_Batch], contract: TableContract) -> pl.DataFrame:
    """One held row per fault, named by its key or, without one, by where it is written."""
    held, offset = [pl.DataFrame(schema=HELD_SCHEMA)], 0
    for batch in batches:
        here = faults.filter(pl.col("row").is_between(offset, offset + batch.values.height, closed="left"))
        if here.height:
            rows = here["row"] - offset
            lines = pl.DataFrame({_AT: batch.lines.gather(rows)})
            at = lines.select(pl.format("{}:{}", pl.lit(batch.file), _AT).alias(_AT))
            written = [cells.gather(rows).cast(pl.String, strict=False) for cells in batch.names]
            held.append(_named(here, at.with_columns(written), contract))
        offset += batch.values.height
    return pl.concat(held)


def _named(faults: pl.DataFrame, names: pl.DataFrame, contract: TableContract) -> pl.DataFrame:
    key = [name for name in contract.key if name in names.columns]
    parts = [pl.format("{}={}", pl.lit(name), pl.col(name)) for name in key]
    label = pl.concat_str(parts, separator=", ") if key else pl.lit(None, pl.String)
    payee = pl.col(contract.payee) if contract.payee in names.columns else pl.lit(None, pl.String)
    told = names.select(
        pl.lit(contract.name).alias("table"),
        pl.coalesce(label, pl.col(_AT)).alias("key"),
        payee.cast(pl.String).alias("payee"),
    )
    return told.with_columns(faults["code"], faults["reason"])
