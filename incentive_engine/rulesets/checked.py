"""What every check looks at: a rule set, and the document that it was declared from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from incentive_engine.documents import Document
from incentive_engine.errors import Location, Problem, did_you_mean
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import KeyPath


@dataclass(frozen=True, slots=True)
class Checked:
    """A rule set and the document that it was declared from."""

    rules: RuleSet
    document: Document

    def at(self, *path: str | int) -> Location:
        """Where a value is written."""
        return self.document.at(path)

    def unknown(self, path: KeyPath, what: str, name: str, known: Iterable[str], where: str) -> Problem:
        """A name that nothing has."""
        known = sorted(known)
        hint = did_you_mean(name, known) or (
            f"declared under `{where}`: {', '.join(known)}" if known else f"declare it under `{where}`"
        )
        return Problem(f"unknown-{what}", f"there is no {what} `{name}`", self.document.at(path), hint)
