"""A rule set, read, declared and checked: what every command starts from.

Checks run in the order in which one stands on another: a formula is read as numbers when its names and types are in
order. Within each step everything that is wrong is told at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from incentive_engine.documents import Document, declare, read_document
from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.facts import TableContract
from incentive_engine.periods import Period
from incentive_engine.rulesets.catalogue import said_of_entries, with_entries
from incentive_engine.rulesets.checked import Checked
from incentive_engine.rulesets.checking import check_rules
from incentive_engine.rulesets.checks.days import changed_names, unpayable
from incentive_engine.rulesets.checks.numbers import declared_ranges
from incentive_engine.rulesets.checks.plans.rule import Linted
from incentive_engine.rulesets.column_types import ColumnTypes, infer_types
from incentive_engine.rulesets.contracts import contracts
from incentive_engine.rulesets.editions import Edition, as_in, in_force, joined
from incentive_engine.rulesets.in_force import Days
from incentive_engine.rulesets.linting import refused
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.ranges import DeclaredRanges
from incentive_engine.rulesets.resolving import ResolvedPlan


@dataclass(frozen=True, slots=True)
class Rules:
    """A rule set without errors, with the document that it was written in."""

    ruleset: RuleSet
    document: Document
    """With what it takes over from the catalogue."""
    entries: tuple[Document, ...]
    """The files of the catalogue from which it and the editions before take something."""
    types: ColumnTypes
    contracts: tuple[TableContract, ...]
    ranges: DeclaredRanges
    warnings: tuple[Problem, ...]
    editions: tuple[Edition, ...]
    """The rule set as its file says it, and those that it follows, the newest first."""

    def period(self, name: str) -> Period:
        """The period of that name, in the rule set's fiscal year. Raises InputProblems."""
        try:
            return Period.parse(name, self.ruleset.year_starts)
        except ValueError as error:
            raise InputProblems([Problem("unknown-period", str(error))]) from None

    @property
    def linted(self) -> Linted:
        """As numbered rules look at it."""
        return Linted(self.ruleset, self.document, self.editions[1:], types=self.types, ranges=self.ranges)

    def edition(self, plan: ResolvedPlan) -> RuleSet:
        """The rule set in whose file a plan is written, as it is there: its version, who decided it, since when."""
        file = self.document.key_at(plan.at).file
        return next(each.ruleset for each in self.editions if each.document.file == file)


def load(path: Path | str) -> Rules:
    """The rule set in a YAML file. Raises InputProblems with everything that is wrong with it."""
    return load_document(read_document(Path(path)))


def load_document(document: Document) -> Rules:
    """The rule set in a document that has been read. Raises InputProblems with everything that is wrong with it."""
    return _load(document, ())


def rules_for(rules: Rules, period: Period) -> Rules:
    """The rules by which a period is paid, their plans by the names and with the numbers that they have in it.

    They are made of each edition that is in force on some of its days. Raises InputProblems where days have no rules,
    or a plan cannot be paid on them.
    """
    found = in_force(rules.editions, (period.start, period.end))
    if found and [edition for edition, _ in found] != [rules.editions[0]]:
        rules = _joined(rules, found)
    whole = Edition(rules.ruleset, rules.document)
    _refuse(list(unpayable(whole, period, [days for _, days in found])))
    paid = as_in(whole, period)
    return replace(rules, ruleset=paid.ruleset, document=paid.document)


def with_ruleset(rules: Rules, ruleset: RuleSet) -> Rules:
    """Another rule set in the place of the newest edition of `rules`; parts stand where theirs do.

    It follows the same editions, or none. Raises InputProblems with everything that is wrong with it.
    """
    return _declared(ruleset, rules.document, rules.entries, rules.editions[1:] if ruleset.follows else ())


def _joined(rules: Rules, found: Sequence[tuple[Edition, Days]]) -> Rules:
    editions = [edition for edition, _ in found]
    _refuse([each for newer, older in pairwise(editions) for each in changed_names(newer, older)])
    one = joined(found)
    checked = Checked(one.ruleset, one.document)
    types, problems = infer_types(checked, one.document)
    _refuse(problems)
    tables = contracts(checked, types, one.document)
    ranges, problems = declared_ranges(checked, tables)
    _refuse(problems)
    return replace(rules, ruleset=one.ruleset, document=one.document, types=types, contracts=tables, ranges=ranges)


def _load(document: Document, newer: Collection[str]) -> Rules:
    document, entries = with_entries(document)
    ruleset = declare(document, RuleSet)
    before = _followed(document, ruleset, (*newer, Path(document.file).name))
    files = {entry.file: entry for entry in (*(before.entries if before else ()), *entries)}
    return _declared(ruleset, document, tuple(files.values()), before.editions if before else ())


def _declared(
    ruleset: RuleSet, document: Document, entries: tuple[Document, ...], earlier: tuple[Edition, ...]
) -> Rules:
    checked = Checked(ruleset, document, earlier)
    types, problems = infer_types(checked, document)
    problems += check_rules(checked)
    _refuse(problems, checked)
    tables = contracts(checked, types, document)
    ranges, found = declared_ranges(checked, tables)
    _refuse(problems + found, checked)
    _refuse(refused(Linted(ruleset, document, earlier, types=types, ranges=ranges)))
    editions = (Edition(ruleset, document), *earlier)
    return Rules(ruleset, document, entries, types, tables, ranges, tuple(problems), editions)


def _followed(document: Document, ruleset: RuleSet, newer: Collection[str]) -> Rules | None:
    """The edition before, with those before it."""
    if ruleset.follows is None:
        return None
    folder, where = Path(document.file).parent, document.at(("follows",))
    if ruleset.follows in newer:
        message = f"`{ruleset.follows}` follows itself: no edition is the first"
        raise InputProblems([Problem("follows-itself", message, where, "remove `follows` from the oldest of them")])
    if not (folder / ruleset.follows).is_file():
        known = [path.name for path in folder.glob("*.y*ml") if path.name not in newer]
        message = f"there is no file `{ruleset.follows}` beside this one"
        raise InputProblems([Problem("unknown-file", message, where, did_you_mean(ruleset.follows, known))])
    return _load(read_document(folder / ruleset.follows), newer)


def _refuse(problems: Sequence[Problem], checked: Checked | None = None) -> None:
    if any(problem.level == "error" for problem in problems):
        raise InputProblems(problems if checked is None else said_of_entries(checked, problems))
