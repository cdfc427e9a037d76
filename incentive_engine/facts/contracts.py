"""What a table must hold, and what it held: the values that stand at the two ends of accepting facts.

A contract comes from the rule set (what the rules name, with which type and range); a table is what the rest of the
engine sees. Numbers leave here as integer counts of 10**-places and never as floats: measured, binary floats get some
published scores wrong and their sums differ from run to run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import polars as pl

from incentive_engine.errors import Location
from incentive_engine.exact import Scale

ColumnType = Literal["text", "number", "money", "date", "datetime", "boolean"]

HELD_SCHEMA = pl.Schema({name: pl.String() for name in ("table", "key", "payee", "code", "reason")})
"""One row per cell or row that could not be used."""

_INT64 = (-(2**63), 2**63 - 1)
_MOST = 10**38 - 1


@dataclass(frozen=True, slots=True)
class ColumnContract:
    """What one column must be; `low..high` is the declared range of a number, both ends included.

    `fixed`: no declaration widens the range, because what the number means sets it (an answer from 0 to 10).
    `required`: the column must be in every file. `nullable`: an empty cell is a missing value; else its row is held.
    """

    name: str
    source: str
    type: ColumnType
    required: bool = True
    nullable: bool = False
    places: int = 6
    low: Fraction = Fraction(-(10**12))
    high: Fraction = Fraction(10**12)
    fixed: bool = False

    @property
    def numeric(self) -> bool:
        """Whether the column leaves as integer counts."""
        return self.type in ("number", "money")

    @property
    def count_bounds(self) -> tuple[int, int]:
        """The declared range in counts of 10**-places, rounded inwards and within what can be carried."""
        unit = 10**self.places
        return max(math.ceil(self.low * unit), -_MOST), min(math.floor(self.high * unit), _MOST)

    @property
    def dtype(self) -> pl.DataType:
        """The Polars type that the accepted column has: the same for every file, whatever it holds."""
        if self.numeric:
            low, high = self.count_bounds
            return pl.Int64() if _INT64[0] <= low and high <= _INT64[1] else pl.Int128()
        return _DTYPES[self.type]


_DTYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
    "boolean": pl.Boolean(),
}


@dataclass(frozen=True, slots=True)
class TableContract:
    """What one table must be, and where its files are; what is None is inferred per file from all its rows.

    `path` is a glob with forward slashes, relative to the data folder. `key`: the columns (by rule name) that tell rows
    apart; without one, equal rows are separate facts. `payee`: the column that names whom a row is about.
    `keeps_faulty`: a row stays where its key is sound, without the cells that could not be read (they are told).
    `since`: the column of the key with the day from which a row counts, until the next one with the same other columns
    of the key. `date_order` is "dmy", "mdy" or "ymd".
    """

    name: str
    path: str
    columns: tuple[ColumnContract, ...]
    key: tuple[str, ...] = ()
    payee: str = "payee"
    keeps_faulty: bool = False
    since: str | None = None
    optional: bool = False
    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    date_order: str | None = None
    sheet: str | None = None
    location: Location | None = None

    @property
    def schema(self) -> pl.Schema:
        """The columns of the accepted frame, in the contract's order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})


@dataclass(frozen=True, slots=True)
class Table:
    """Accepted facts: one row per usable record, sorted by the key, then by all other columns.

    Numbers are integer counts of 10**-places; `scales` says which places and which least and greatest count they hold.
    """

    name: str
    frame: pl.DataFrame
    scales: Mapping[str, Scale]
    delivered: bool
    fingerprint: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """Every table of a run by name, and the rows that could not be used, each with its reason."""

    tables: Mapping[str, Table]
    held: pl.DataFrame
