"""Facts: files of the data folder → accepted tables of exact numbers, and held rows with reasons."""

from incentive_engine.facts.accepting import accept
from incentive_engine.facts.contracts import HELD_SCHEMA, Accepted, ColumnContract, ColumnType, Table, TableContract
from incentive_engine.facts.faults import CODES

__all__ = ["CODES", "HELD_SCHEMA", "Accepted", "ColumnContract", "ColumnType", "Table", "TableContract", "accept"]
