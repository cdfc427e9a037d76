"""What a study shows, as frozen values without words: terminal, page and spreadsheet write the same ones.

Names of tables, columns, figures and sentences are keys of the catalogues under `words/`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from incentive_engine.kinds.base import Label


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, written as a percentage: 0.5 is 50 %."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the catalogue, `said.<key>`; a value named `count` chooses between its plural forms."""

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


Value: TypeAlias = str | int | Decimal | Money | Share | Label | dt.date | Said | None
"""A name, a count, a number, money, a percentage, what the rules call something, a day, a sentence; or nothing."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below named columns; `tables.<name>` has its title and lead, `columns.<column>` their heads.

    A column given as a label is headed by that. `drawn`: columns whose amounts are drawn, to one scale, as bars to both
    sides of zero; where the columns `low` and `high` stand beside it, as a mark on the stretch between them. `about`:
    what title and lead are about.
    """

    name: str
    columns: tuple[str | Label, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: tuple[Value, ...] | None = None
    drawn: tuple[str, ...] = ()
    about: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Section:
    """One question and its answer: `sections.<name>` has title and lead, `facts.<name>` what each figure is."""

    name: str
    facts: tuple[tuple[str, Value], ...] = ()
    said: tuple[Said, ...] = ()
    tables: tuple[Table, ...] = ()
    about: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """What is said of one scenario, or of one study."""

    title: Label
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All that one command found out.

    `name`: `reports.<name>` has the question that it answers. `assumptions`: what must be so for the figures to hold.
    `fingerprints`: name and SHA-256 of each file that went in.
    """

    name: str
    title: Label
    rule_set: str
    version: str
    period: str
    first_day: dt.date
    parts: tuple[Part, ...]
    assumptions: tuple[Said, ...]
    fingerprints: tuple[tuple[str, str], ...]
