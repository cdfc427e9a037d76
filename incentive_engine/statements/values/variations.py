"""What would have changed what is paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from incentive_engine.statements.values.drawings import Perspective


@dataclass(frozen=True, slots=True)
class Variation:
    """One thing that could have been otherwise, and what would be paid then."""

    name: str
    result: str
    """The other result; empty where it is not one result that changes."""
    arithmetic: str
    """How that comes about; empty where it is only there."""
    note: str
    """How it was rounded, what rate it leads to, or why nothing changes."""
    payout: str
    change: str
    way: Literal["up", "down", "same"]


@dataclass(frozen=True, slots=True)
class Varied:
    """What could have been otherwise about one measure, or about steps of the rules."""

    title: str
    perspective: Perspective
    now: str
    """Whose result it is, and the result that counted."""
    variations: tuple[Variation, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Everything that could have been otherwise about one thing that is paid."""

    title: str
    """What is paid, where that is more than one thing."""
    said: tuple[str, ...]
    varied: tuple[Varied, ...]
