"""A report in one language, as templates, terminals and sheets lay it out: every text made, every bar measured."""

from __future__ import annotations

from dataclasses import dataclass

from incentive_engine.simulation.reports.paper import Value


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar, in percent of the width: from where, how long; `mark`: where a point stands on it; `sign`: up, down."""

    start: str
    length: str
    sign: str
    mark: str = ""
    zero: str = ""
    """Where nothing is, if that lies within."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value: as it is read, as it is sorted by, and as it is."""

    text: str
    order: str
    value: Value
    bar: Bar | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column; numbers stand to the right."""

    text: str
    number: bool


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """A table."""

    name: str
    title: str
    lead: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...]
    longest: int
    """The signs of the longest text beside a bar."""


@dataclass(frozen=True, slots=True)
class WrittenSection:
    """One question and its answer."""

    name: str
    title: str
    lead: str
    facts: tuple[tuple[str, str], ...]
    said: tuple[str, ...]
    tables: tuple[WrittenTable, ...]


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """What is said of one scenario, or of one study."""

    title: str
    sections: tuple[WrittenSection, ...]


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """A whole report."""

    language: str
    question: str
    lead: str
    title: str
    rule_set: str
    version: str
    period: str
    parts: tuple[WrittenPart, ...]
    assumptions: tuple[str, ...]
    fingerprints: tuple[tuple[str, str], ...]
    engine: str
    colon: str
    """What stands between a name and what it names."""
