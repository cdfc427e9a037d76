"""What every check looks at: a rule set, and the document that it was declared from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from incentive_engine.documents import Document
from incentive_engine.errors import Location, Problem, did_you_mean
from incentive_engine.rulesets.models import RuleSet

_LISTED = 12


@dataclass(frozen=True, slots=True)
class Checked:
    """A rule set and the document that it was declared from."""

    rules: RuleSet
    document: Document

    def at(self, *path: str | int) -> Location:
        """Where a value is written."""
        return self.document.at(path)

    def key(self, *path: str | int) -> Location:
        """Where the key of a value is written."""
        return self.document.key_at(path)


def unknown(what: str, name: str, where: Location, known: Iterable[str], section: str) -> Problem:
    """A name that nothing has: the nearest one that something has, or all of them where they are few."""
    known = sorted(known)
    listed = ", ".join(f"`{each}`" for each in known[:_LISTED]) + (", …" if len(known) > _LISTED else "")
    hint = did_you_mean(name, known) or (f"{section} has {listed}" if known else f"{section} has none")
    return Problem(f"unknown-{what.lower()}", f"there is no {what} `{name}`", where, hint)
