"""What the compensation team reads about one run."""

from __future__ import annotations

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
    entries: tuple[Entry, ...]
    held: tuple[tuple[Entry, Held], ...]
    departments: tuple[Department, ...]
    """Where people decided anything."""
    decided: tuple[Decision, ...]
    corrected: tuple[Correction, ...]
    outside: tuple[Outside, ...]
