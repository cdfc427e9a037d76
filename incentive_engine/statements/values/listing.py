"""What the compensation team reads about one run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from incentive_engine.statements.values.page import Held, Origin


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the index."""

    payee: str
    name: str
    department: str
    plan: str
    computed: str
    """What the rules work out."""
    payout: str
    share: str
    file: str


@dataclass(frozen=True, slots=True)
class Entries:
    """The people of a department, or of a team of it, folded until they are wanted."""

    name: str
    count: str
    payout: str
    teams: tuple[Entries, ...]
    """Where they are many; there are no `entries` here then."""
    entries: Iterable[Entry]


@dataclass(frozen=True, slots=True)
class Control:
    """A total of the index, and that of the run, which is the same."""

    what: str
    index: str
    run: str


@dataclass(frozen=True, slots=True)
class Department:
    """What the people of a department are paid, and what of it was decided."""

    name: str
    paid: str
    held: str
    computed: str
    guarantee: str
    adjustment: str
    payout: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One guarantee, adjustment or release, and what it adds."""

    entry: Entry
    what: str
    reference: str
    reason: str
    author: str
    approver: str
    pay: str


@dataclass(frozen=True, slots=True)
class Correction:
    """One line of what a closed period is corrected by."""

    entry: Entry
    of_period: str
    cause: str
    amount: str


@dataclass(frozen=True, slots=True)
class Outside:
    """Somebody without a statement: in no plan, or not eligible."""

    payee: str
    name: str
    department: str
    reason: str


@dataclass(frozen=True, slots=True)
class Index:
    """What the compensation team reads about one run."""

    language: str
    origin: Origin
    total: str
    parts: tuple[tuple[str, str], ...]
    """What the total is made of, where it is more than what the rules work out: each part by the word for it."""
    counts: tuple[tuple[str, str], ...]
    everybody: tuple[Entries, ...]
    """Everybody who is paid, by department."""
    folded: bool
    """Whether they are so many that departments are folded at first."""
    held: tuple[tuple[Entry, Held], ...]
    departments: tuple[Department, ...]
    """Where people decided anything."""
    decided: tuple[Decision, ...]
    corrected: tuple[Correction, ...]
    outside: tuple[Outside, ...]
    outsiders: str
    """How many these are, in words."""
    controls: tuple[Control, ...]
    tables: tuple[str, ...]
    """The same for spreadsheets: the files beside the page."""
