"""One thing that is wrong with a document, before it is known in which file and on which line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead from the top of a document to a value."""

Written: TypeAlias = Callable[[KeyPath], str | None]
"""How the scalar at a path is written, quotes included; None where there is none."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with a document, at the path of a value, of its key, or at a character inside it."""

    path: KeyPath
    code: str
    message: str
    hint: str | None = None
    on_key: bool = False
    offset: int | None = None
