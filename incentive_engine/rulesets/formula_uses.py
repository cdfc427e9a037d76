"""Every formula of a rule set, with where it stands and over which names it speaks; and the types that follow.

Nobody declares the type of a column that a formula compares with a text: how one formula uses a column tells it for all
of them. What no use tells is text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from incentive_engine.columns import WORKFORCE_DATES, WORKFORCE_TEXT
from incentive_engine.documents import Document
from incentive_engine.errors import Problem
from incentive_engine.formulas import Formula, FormulaProblem, Name, Type, check
from incentive_engine.kinds.kpis import FromFacts
from incentive_engine.rulesets.models import Group, Item, Measure, Plan, RuleSet, Source, TableOptions
from incentive_engine.rulesets.resolving import KeyPath

PERIOD_NAMES: Mapping[str, Name] = {
    "days_employed": Name("number", "days from hire to leave or to the end of the period, both included"),
    "period_days": Name("number", "calendar days of the period"),
    "period_start": Name("date", "first day of the period"),
    "period_end": Name("date", "last day of the period"),
}
WORKFORCE_NUMBERS = ("base_salary", "fte")
_Names = dict[str | None, dict[str, Name]]
"""What each name stands for, by source; by None for the workforce."""


@dataclass(frozen=True, slots=True)
class FormulaUse:
    """One formula; `source` None where it speaks of payees, `with_kpis` where it may name KPIs too."""

    at: KeyPath
    formula: Formula
    wanted: Type
    source: str | None = None
    with_kpis: bool = False


def formula_uses(rules: RuleSet) -> Iterator[FormulaUse]:
    """Every formula, in the order of the file."""
    for name, kpi in rules.kpis.items():
        if isinstance(kpi.compute, FromFacts):
            for key, (formula, wanted) in kpi.compute.formulas().items():
                yield FormulaUse(("kpis", name, "compute", key), formula, wanted, kpi.compute.source)
    for name, plan in rules.plans.items():
        yield from _of_plan(plan, ("plans", name))


def _of_plan(plan: Plan, at: KeyPath) -> Iterator[FormulaUse]:
    yield FormulaUse((*at, "who"), plan.who, "boolean")
    if plan.eligible:
        yield FormulaUse((*at, "eligible"), plan.eligible, "boolean")
    if plan.target_pay:
        yield FormulaUse((*at, "target_pay"), plan.target_pay, "number")
    yield from _of_steps(plan, at)
    for key, item in plan.scorecard.items():
        yield from _of_item(item, (*at, "scorecard", key))


def _of_item(item: Item, at: KeyPath) -> Iterator[FormulaUse]:
    yield from _of_steps(item, at)
    if isinstance(item, Group):
        for key, below in item.items.items():
            yield from _of_item(below, (*at, "items", key))


def _of_steps(node: Plan | Group | Measure, at: KeyPath) -> Iterator[FormulaUse]:
    for index, modifier in enumerate(node.modifiers):
        yield FormulaUse((*at, "modifiers", index, "factor"), modifier.formula, "number", with_kpis=True)
    for index, gate in enumerate(node.gates):
        yield FormulaUse((*at, "gates", index, "when"), gate.when, "boolean", with_kpis=True)


@dataclass(frozen=True, slots=True)
class ColumnTypes:
    """The type of every column that formulas name: of the workforce, and of each source."""

    workforce: Mapping[str, Type]
    sources: Mapping[str, Mapping[str, Type]]


def infer_types(rules: RuleSet, document: Document) -> tuple[ColumnTypes, list[Problem]]:
    """Types from declarations, from what is standard, and from use; and whatever contradicts them."""
    uses = tuple(formula_uses(rules))
    names: _Names = {None: _workforce_names(rules)}
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
        for column in _columns(use, rules):
            names[use.source].setdefault(column, Name("text", "a column"))
    types = {table: _types(known) for table, known in names.items()}
    return ColumnTypes(types.pop(None), {name: each for name, each in types.items() if name is not None}), problems


def _learn(uses: tuple[FormulaUse, ...], names: _Names, rules: RuleSet) -> bool:
    """Adds what the formulas tell of columns that were not known; whether there was anything."""
    learnt = False
    for use in uses:
        if _columns(use, rules) <= names[use.source].keys():
            continue
        for column, kind in _read(use, names[use.source], rules)[0].items():
            if column not in names[use.source]:
                names[use.source][column] = Name(kind, "a column")
                learnt = True
    return learnt


def _columns(use: FormulaUse, rules: RuleSet) -> frozenset[str]:
    """The names in a formula that are columns: all that it does not have from elsewhere."""
    return frozenset(name for name in use.formula.names - _given(use, rules).keys() if "." not in name)


def _given(use: FormulaUse, rules: RuleSet) -> Mapping[str, Name]:
    """The names that a formula has besides columns."""
    given = {} if use.source is not None else dict(PERIOD_NAMES)
    return given | {kpi: Name("number", "a KPI") for kpi in rules.kpis} if use.with_kpis else given


def _read(use: FormulaUse, known: Mapping[str, Name], rules: RuleSet) -> tuple[dict[str, Type], list[FormulaProblem]]:
    """What a formula tells of columns, and what is wrong with it."""
    given = _given(use, rules)
    columns = {column: known.get(column, Name(None, "a column")) for column in _columns(use, rules)}
    types, problems = check(use.formula, {**known, **columns, **given}, use.wanted)
    return {column: kind for column, kind in types.items() if column in columns}, problems


def _types(names: Mapping[str, Name]) -> dict[str, Type]:
    return {column: name.type for column, name in names.items() if name.type is not None}


def _workforce_names(rules: RuleSet) -> dict[str, Name]:
    return {
        **_declared(rules.workforce),
        **{column: Name("text", "a workforce column") for column in WORKFORCE_TEXT},
        **{column: Name("date", "a workforce column") for column in WORKFORCE_DATES},
        **{column: Name("number", "a workforce column") for column in WORKFORCE_NUMBERS},
    }


def _source_names(rules: RuleSet, name: str, source: Source) -> dict[str, Name]:
    """The columns of a source whose types are known; the date and whom a fact is about are what they are."""
    return {
        **_declared(source),
        **{column: Name("number", "an answer") for column in answer_columns(rules, name)},
        **{column: Name("text", "whom a fact is about") for column in source.names},
        source.date: Name("date", "when a fact happened"),
    }


def answer_columns(rules: RuleSet, source: str) -> dict[str, tuple[int, int]]:
    """The columns of a source that KPIs read as answers, with the least and the greatest answer."""
    computed = [kpi.compute for kpi in rules.kpis.values() if isinstance(kpi.compute, FromFacts)]
    of_source = [compute.answers() for compute in computed if compute.source == source]
    return {column: bounds for answers in of_source for column, bounds in answers.items()}


def _declared(table: TableOptions) -> dict[str, Name]:
    kinds: Mapping[str, Type] = {"text": "text", "number": "number", "money": "number", "boolean": "boolean"}
    return {
        column: Name(kinds.get(options.type, "date"), "a declared column")
        for column, options in table.columns.items()
        if options.type is not None
    }
