"""Every formula of a rule set, with where it stands and over which names it speaks; and the types that follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from incentive_engine.columns import WORKFORCE_DATES, WORKFORCE_TEXT
from incentive_engine.documents import Document
from incentive_engine.errors import Problem
from incentive_engine.formulas import Formula, Name, Type, check
from incentive_engine.kinds.kpis import FromFacts
from incentive_engine.rulesets.models import Group, Item, Measure, Plan, RuleSet, TableOptions
from incentive_engine.rulesets.resolving import KeyPath

PERIOD_NAMES: Mapping[str, Name] = {
    "days_employed": Name("number", "days from hire to leave or to the end of the period, both included"),
    "period_days": Name("number", "calendar days of the period"),
    "period_start": Name("date", "first day of the period"),
    "period_end": Name("date", "last day of the period"),
}
WORKFORCE_NUMBERS = ("base_salary", "fte")


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
    tables: dict[str | None, dict[str, Name]] = {None: _workforce_names(rules)}
    for name, source in rules.sources.items():
        tables[name] = _declared(source)
    for kpi in rules.kpis.values():
        if isinstance(kpi.compute, FromFacts):
            for column in kpi.compute.answers():
                tables.setdefault(kpi.compute.source, {})[column] = Name("number", "an answer")
    for use in formula_uses(rules):  # a first reading: what one formula tells of a column holds for the others
        known, _ = _checked(use, tables[use.source] if use.source in tables else {}, rules)
        for column, kind in known.items():
            tables.setdefault(use.source, {}).setdefault(column, Name(kind, "a column"))
    problems = []
    for use in formula_uses(rules):
        _, found = _checked(use, tables.get(use.source, {}), rules)
        problems += [
            Problem(each.code, each.message, document.inside(use.at, each.offset), each.hint) for each in found
        ]
    types = {table: _types(names) for table, names in tables.items()}
    return ColumnTypes(types.pop(None), {name: each for name, each in types.items() if name is not None}), problems


def _types(names: Mapping[str, Name]) -> dict[str, Type]:
    return {column: name.type for column, name in names.items() if name.type is not None}


def _checked(use: FormulaUse, table: Mapping[str, Name], rules: RuleSet) -> tuple[dict[str, Type], list]:  # type: ignore[type-arg]
    names = dict(table)
    given = {} if use.source else PERIOD_NAMES
    if use.with_kpis:
        given = {**given, **{kpi: Name("number", "a KPI") for kpi in rules.kpis}}
    for column in use.formula.names:
        if column not in names and "." not in column:
            names[column] = Name(None, "a column")
    types, problems = check(use.formula, {**names, **given}, use.wanted)
    return {column: kind for column, kind in types.items() if column not in given}, problems


def _workforce_names(rules: RuleSet) -> dict[str, Name]:
    return {
        **{column: Name("text", "a workforce column") for column in WORKFORCE_TEXT},
        **{column: Name("date", "a workforce column") for column in WORKFORCE_DATES},
        **{column: Name("number", "a workforce column") for column in WORKFORCE_NUMBERS},
        **_declared(rules.workforce),
    }


def _declared(table: TableOptions) -> dict[str, Name]:
    kinds: Mapping[str, Type] = {"text": "text", "number": "number", "money": "number", "boolean": "boolean"}
    return {
        column: Name(kinds.get(options.type, "date"), "a declared column")
        for column, options in table.columns.items()
        if options.type is not None
    }
