"""Who does something: a declared name, and the operating-system user at the keyboard.

There is no sign-in yet. A name is what somebody says it is, so that everything that prints one says so as well.
"""

from __future__ import annotations

import getpass
import unicodedata
from dataclasses import dataclass
from typing import Final

from incentive_engine.errors import InputProblems, Problem

DECLARED: Final = "declared, not authenticated"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts: the name that they declare, and the operating-system user."""

    name: str
    os_user: str

    def __str__(self) -> str:
        return f"{self.name} ({DECLARED})"

    @classmethod
    def declared(cls, name: str | None = None) -> Actor:
        """Whoever types, under the name given or else that of the operating-system user.

        Raises InputProblems for a name without a letter.
        """
        try:
            user = getpass.getuser()
        except (OSError, KeyError):
            user = "unknown"
        chosen = " ".join((user if name is None else name).split())
        if not any(map(str.isalnum, chosen)):
            raise InputProblems([Problem("no-name", "a name is needed", hint="say who you are: `--by NAME`")])
        return cls(chosen, user)


def same_person(one: str, other: str) -> bool:
    """Whether two declared names are one, whatever their capitals, spaces and ways to encode an accent."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
