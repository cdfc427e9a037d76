"""The types of columns, as the formulas of a rule set tell them, and what contradicts them.

Nobody declares the type of a column that a formula compares with a text: how one formula uses a column tells it for all
of them. What no use tells is text.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from incentive_engine.columns import WORKFORCE_DATES, WORKFORCE_TEXT
from incentive_engine.documents import Document
from incentive_engine.errors import Problem
from incentive_engine.formulas import FormulaProblem, Name, Type, check
from incentive_engine.rulesets.formula_uses import (
    KPI,
    PERIOD_NAMES,
    PRORATION,
    TARGET_PAY,
    WORKFORCE_NUMBERS,
    FormulaUse,
    Names,
    answer_columns,
    text_columns,
)
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import KeyPath
from incentive_engine.rulesets.tables import Source, TableOptions
from incentive_engine.rulesets.walked import Walked

_Known = dict[str | None, Names]
"""What each column is known to be, by source; by None for the workforce."""
_NO_COLUMNS = PERIOD_NAMES.keys() | TARGET_PAY.keys() | PRORATION.keys()
"""What no workforce column may be called: a check says so."""


@dataclass(frozen=True, slots=True)
class ColumnTypes:
    """The type of every column that formulas name: of the workforce, and of each source."""

    workforce: Mapping[str, Type]
    sources: Mapping[str, Mapping[str, Type]]


def infer_types(walked: Walked, document: Document) -> tuple[ColumnTypes, list[Problem]]:
    """Types from declarations, from what is standard, and from use; and whatever contradicts them."""
    rules, uses = walked.rules, walked.formulas
    numbers = {at: each.column for placed in walked.nodes for at, each in placed.columns.items()}
    own = rules.exchange.own if rules.exchange else ()
    names: _Known = {None: _workforce_names(rules, (*numbers.values(), *own))}
    names |= {name: _source_names(rules, name, source) for name, source in rules.sources.items()}
    for use in uses:
        names.setdefault(use.source, {})
    while _learn(uses, names, rules):
        pass
    problems = [
        Problem(each.code, each.message, document.inside(use.at, each.offset), each.hint)
        for use in uses
        for each in _read(use, names[use.source], rules)[1]
    ]
    for use in uses:
        for column in use.named_columns:
            names[use.source].setdefault(column, Name("text", "a column"))
    problems += _numbers_that_are_none(numbers, names[None], document)
    problems += _amounts_that_are_none(own, names[None], document)
    columns = names[None].keys() | _keys(rules)
    problems += [problem for use in uses if use.source is None for problem in _misplaced(use, columns, document)]
    types = {table: _types(known) for table, known in names.items()}
    return ColumnTypes(types.pop(None), {name: each for name, each in types.items() if name is not None}), problems


def _learn(uses: tuple[FormulaUse, ...], names: _Known, rules: RuleSet) -> bool:
    """Adds what the formulas tell of columns that were not known; whether there was anything."""
    learnt = False
    for use in uses:
        if use.named_columns <= names[use.source].keys():
            continue
        for column, kind in _read(use, names[use.source], rules)[0].items():
            if column not in names[use.source]:
                names[use.source][column] = Name(kind, "a column")
                learnt = True
    return learnt


def _read(use: FormulaUse, known: Names, rules: RuleSet) -> tuple[dict[str, Type], list[FormulaProblem]]:
    """What a formula tells of columns, and what is wrong with it."""
    columns = {column: known.get(column, Name(None, "a column")) for column in use.named_columns}
    others = dict.fromkeys(rules.curves.keys() - use.curves, "curves cannot be called here")
    # A formula without columns still knows their types, so that a column in it is told once, as one.
    names = ChainMap(*use.layers, columns, known, PERIOD_NAMES if use.source is None else {})
    types, problems = check(use.formula, names, use.wanted, use.curves, {**others, **use.refused})
    return {column: kind for column, kind in types.items() if column in columns}, problems


def _numbers_that_are_none(numbers: Mapping[KeyPath, str], known: Names, document: Document) -> Iterator[Problem]:
    """What the rules read as a number from a column of the workforce is one."""
    for at, column in numbers.items():
        kind = known[column].type
        if kind != "number":
            message = f"`{column}` is of type {kind}, and the {at[-1]} of `{at[-2]}` is a number"
            where = document.at((*at, "column"))
            yield Problem("type-mismatch", message, where, "name a workforce column that holds the number")


def _amounts_that_are_none(own: Iterable[str], known: Names, document: Document) -> Iterator[Problem]:
    """What is converted from the payee's own currency is a number."""
    for index, column in enumerate(own):
        kind = known[column].type
        if kind != "number":
            message = f"`{column}` is of type {kind}, and `own` lists amounts"
            where = document.at(("exchange", "own", index))
            yield Problem("type-mismatch", message, where, "name a workforce column that holds an amount")


def _misplaced(use: FormulaUse, columns: set[str], document: Document) -> Iterator[Problem]:
    """Names that could mean two things, and columns where no payee is spoken of."""
    for name in sorted(use.formula.names):
        meanings = [layer[name].meaning for layer in use.layers if name in layer]
        if not use.columns and not meanings and name in columns | PERIOD_NAMES.keys():
            message = f"`{name}` is of one payee: `{use.at[-1]}` is worked out for all of them together"
            where = document.inside(use.at, use.offset_of(name))
            yield Problem("column-not-allowed", message, where, "add up what each gives: `per_payee`")
        if use.columns and name in columns and name not in _NO_COLUMNS and use.given.get(name) is not KPI and meanings:
            meanings.append("a workforce column")
        if len(meanings) > 1:
            where = document.inside(use.at, use.offset_of(name))
            yield Problem("ambiguous-name", f"`{name}` is {' and '.join(meanings)}", where, "rename one of them")


def _types(names: Names) -> dict[str, Type]:
    return {column: name.type for column, name in names.items() if name.type is not None}


def _keys(rules: RuleSet) -> set[str]:
    """Workforce columns that are named as keys, outside formulas."""
    keys = {key for table in rules.tables.values() for key in table.keys} - {"kpi"}
    return keys | {column for population in rules.populations.values() for column in population.by}


def _workforce_names(rules: RuleSet, numbers: Iterable[str]) -> Names:
    averaged = [name for table in rules.history.values() if table.basis == "average" for name in table.gives]
    return {
        **dict.fromkeys((*numbers, *averaged), Name("number", "a number")),
        **_declared(rules.workforce),
        **{column: Name("text", "a workforce column") for column in WORKFORCE_TEXT},
        **{column: Name("date", "a workforce column") for column in WORKFORCE_DATES},
        **{column: Name("number", "a workforce column") for column in WORKFORCE_NUMBERS},
    }


def _source_names(rules: RuleSet, name: str, source: Source) -> Names:
    """The columns of a source whose types are known; the date and whom a fact is about are what they are."""
    return {
        **_declared(source),
        **{column: Name("number", "an answer") for column in answer_columns(rules, name)},
        **{column: Name("text", "what tells facts apart") for column in text_columns(rules, name)},
        **{column: Name("text", "whom a fact is about") for column in source.names},
        source.date: Name("date", "when a fact happened"),
        **({source.share: Name("number", "the share of a fact")} if source.share else {}),
    }


def _declared(table: TableOptions) -> Names:
    kinds: Mapping[str, Type] = {"text": "text", "number": "number", "money": "number", "boolean": "boolean"}
    return {
        column: Name(kinds.get(options.type, "date"), "a declared column")
        for column, options in table.columns.items()
        if options.type is not None
    }
