"""A rule set, read, declared and checked: what every command starts from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from incentive_engine.documents import Document, declare, read_document
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.facts import TableContract
from incentive_engine.rulesets.checking import check_rules
from incentive_engine.rulesets.contracts import contracts
from incentive_engine.rulesets.formula_uses import ColumnTypes, infer_types
from incentive_engine.rulesets.models import RuleSet


@dataclass(frozen=True, slots=True)
class Rules:
    """A rule set without errors, with the document that it was written in."""

    ruleset: RuleSet
    document: Document
    types: ColumnTypes
    contracts: tuple[TableContract, ...]
    warnings: tuple[Problem, ...]


def load(path: Path | str) -> Rules:
    """The rule set in a YAML file. Raises InputProblems with everything that is wrong with it."""
    return load_document(read_document(Path(path)))


def load_document(document: Document) -> Rules:
    """The rule set in a document that has been read. Raises InputProblems with everything that is wrong with it."""
    ruleset = declare(document, RuleSet)
    types, problems = infer_types(ruleset, document)
    problems += check_rules(ruleset, document)
    if any(problem.level == "error" for problem in problems):
        raise InputProblems(problems)
    return Rules(ruleset, document, types, contracts(ruleset, types, document), tuple(problems))
