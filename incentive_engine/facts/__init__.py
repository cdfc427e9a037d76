"""Facts: files of the data folder → accepted tables of exact numbers, and held rows with reasons."""

from incentive_engine.facts.accepting import accept
from incentive_engine.facts.contracts import HELD_SCHEMA, Accepted, ColumnContract, ColumnType, Table, TableContract
from incentive_engine.facts.dates import is_timezone
from incentive_engine.facts.delimited import is_encoding
from incentive_engine.facts.faults import CODES
from incentive_engine.facts.finding import refused_path

__all__ = [
    "CODES",
    "HELD_SCHEMA",
    "Accepted",
    "ColumnContract",
    "ColumnType",
    "Table",
    "TableContract",
    "accept",
    "is_encoding",
    "is_timezone",
    "refused_path",
]
