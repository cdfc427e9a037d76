"""What a statement says of the records behind it, and of the words on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unused:
    """Records that name the payee and were not used, all for one reason."""

    source: str
    count: str
    reason: str


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the page, and what it means."""

    word: str
    meaning: str
