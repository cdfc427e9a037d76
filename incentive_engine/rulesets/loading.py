"""A rule set, read, declared and checked: what every command starts from.

Checks run in the order in which one stands on another: a formula is read as numbers when its names and types are in
order. Within each step everything that is wrong is told at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from incentive_engine.documents import Document, declare, read_document
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.facts import TableContract
from incentive_engine.periods import Period
from incentive_engine.rulesets.catalogue import said_of_entries, with_entries
from incentive_engine.rulesets.checked import Checked
from incentive_engine.rulesets.checking import check_rules
from incentive_engine.rulesets.checks.numbers import declared_ranges
from incentive_engine.rulesets.column_types import ColumnTypes, infer_types
from incentive_engine.rulesets.contracts import contracts
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.ranges import DeclaredRanges


@dataclass(frozen=True, slots=True)
class Rules:
    """A rule set without errors, with the document that it was written in."""

    ruleset: RuleSet
    document: Document
    """With what its KPIs take over from the catalogue."""
    entries: tuple[Document, ...]
    """The files of the catalogue from which they take it."""
    types: ColumnTypes
    contracts: tuple[TableContract, ...]
    ranges: DeclaredRanges
    warnings: tuple[Problem, ...]

    def period(self, name: str) -> Period:
        """The period of that name, in the rule set's fiscal year. Raises InputProblems."""
        try:
            return Period.parse(name, self.ruleset.year_starts)
        except ValueError as error:
            raise InputProblems([Problem("unknown-period", str(error))]) from None


def load(path: Path | str) -> Rules:
    """The rule set in a YAML file. Raises InputProblems with everything that is wrong with it."""
    return load_document(read_document(Path(path)))


def load_document(document: Document) -> Rules:
    """The rule set in a document that has been read. Raises InputProblems with everything that is wrong with it."""
    document, entries = with_entries(document)
    ruleset = declare(document, RuleSet)
    checked = Checked(ruleset, document)
    types, problems = infer_types(checked, document)
    problems += check_rules(checked)
    _refuse(checked, problems)
    tables = contracts(checked, types, document)
    ranges, found = declared_ranges(checked, tables)
    _refuse(checked, problems + found)
    return Rules(ruleset, document, entries, types, tables, ranges, tuple(problems))


def _refuse(checked: Checked, problems: list[Problem]) -> None:
    if any(problem.level == "error" for problem in problems):
        raise InputProblems(said_of_entries(checked, problems))
