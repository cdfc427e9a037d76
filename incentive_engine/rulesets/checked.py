"""What every check looks at: a rule set, and the document that it was declared from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from incentive_engine.documents import Document
from incentive_engine.errors import Location, Problem, did_you_mean
from incentive_engine.kinds.base import FromTable
from incentive_engine.rulesets.contracts import workforce_columns
from incentive_engine.rulesets.formula_uses import FormulaUse, formula_uses
from incentive_engine.rulesets.models import Measure, RuleSet
from incentive_engine.rulesets.walking import Placed, measures_among, placed_nodes

_LISTED = 12


@dataclass(frozen=True)
class Checked:
    """A rule set and the document that it was declared from; what all checks walk is walked once."""

    rules: RuleSet
    document: Document

    @cached_property
    def nodes(self) -> tuple[Placed, ...]:
        """Every node of every plan, in the order of the file."""
        return tuple(placed_nodes(self.rules))

    @cached_property
    def measures(self) -> tuple[tuple[Placed, Measure, str], ...]:
        """Every measure, with the name of its KPI."""
        return tuple(measures_among(self.nodes))

    @cached_property
    def formulas(self) -> tuple[FormulaUse, ...]:
        """Every formula, in the order of the file."""
        return tuple(formula_uses(self.rules))

    @cached_property
    def columns(self) -> frozenset[str]:
        """The workforce columns that the rules name, besides `payee`."""
        return frozenset(workforce_columns(self.rules))

    @cached_property
    def parameters(self) -> tuple[FromTable, ...]:
        """Every number that comes from a table."""
        return tuple(parameter for placed in self.nodes for parameter in placed.parameters.values())

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
