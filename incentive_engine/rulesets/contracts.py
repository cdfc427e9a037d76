"""What each table must hold for a rule set: only what the rules name is required, and only that is read."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from incentive_engine.columns import WORKFORCE_TEXT
from incentive_engine.documents import Document
from incentive_engine.facts import ColumnContract, ColumnType, TableContract
from incentive_engine.formulas import Type
from incentive_engine.kinds.base import FromTable
from incentive_engine.kinds.kpis import FromFacts, Given
from incentive_engine.rulesets.formula_uses import PERIOD_NAMES, ColumnTypes, formula_uses
from incentive_engine.rulesets.models import ColumnOptions, Group, Item, Plan, RuleSet, Source, TableOptions
from incentive_engine.rulesets.resolving import KeyPath

WORKFORCE = "workforce"
RESULTS = "kpis"
GREATEST = Fraction(10**9)
SHOWN = ("name", "language", "department", "team", "currency")
"""Workforce columns that are read wherever they are there: for statements and totals."""


def contracts(rules: RuleSet, types: ColumnTypes, document: Document) -> tuple[TableContract, ...]:
    """The contracts of all tables that a rule set reads."""
    tables = [_workforce(rules, types, document)]
    if any(isinstance(kpi.compute, Given) for kpi in rules.kpis.values()):
        tables.append(_results(rules, document))
    used = {kpi.compute.source for kpi in rules.kpis.values() if isinstance(kpi.compute, FromFacts)}
    tables += [_source(rules, name, types, document) for name in rules.sources if name in used]
    tables += [_parameters(rules, name, document) for name in rules.tables]
    return tuple(tables)


def workforce_columns(rules: RuleSet) -> set[str]:
    """The workforce columns that the rules name, besides `payee`."""
    named = {
        name
        for use in formula_uses(rules)
        if use.source is None
        for name in use.formula.names
        if name not in PERIOD_NAMES and not (use.with_kpis and name in rules.kpis)
    }
    if any("days_employed" in use.formula.names for use in formula_uses(rules)):
        named |= {"hired"}
    if any(plan.proration for plan in rules.plans.values()):
        named |= {"hired"}
    named |= {kind for kind in subject_kinds(rules) if kind not in ("payee", "company")}
    named |= {key for table in rules.tables.values() for key in table.keys if key != "kpi"}
    return named - {"payee"}


def subject_kinds(rules: RuleSet) -> set[str]:
    """The kinds of subject whose results the rules read."""
    kinds: set[str] = set()

    def of_item(item: Item | Plan) -> None:
        kinds.update(each.of for each in (*item.modifiers, *item.gates))
        if isinstance(item, Plan | Group):
            for below in (item.scorecard if isinstance(item, Plan) else item.items).values():
                of_item(below)
            return
        kinds.add(item.of)
        kinds.update({item.on_missing} & {"team", "department"})

    for plan in rules.plans.values():
        of_item(plan)
    for kpi in rules.kpis.values():
        kinds.update({kpi.reliability.otherwise} & {"team", "department"} if kpi.reliability else set())
    return kinds


def _workforce(rules: RuleSet, types: ColumnTypes, document: Document) -> TableContract:
    named = sorted(workforce_columns(rules))
    columns = [ColumnContract("payee", "payee", "text", required=True, nullable=False)]
    columns += [_column(name, types.workforce.get(name), rules.workforce.columns.get(name)) for name in named]
    hidden = [*SHOWN, "left"] if "hired" in named else [*SHOWN]
    for name in hidden:
        if name not in named:
            columns.append(ColumnContract(name, name, _shown_type(name), required=False, nullable=True))
    return _table(WORKFORCE, rules.workforce, tuple(columns), ("payee",), document, ("workforce",))


def _shown_type(name: str) -> ColumnType:
    return "text" if name in WORKFORCE_TEXT else "date"


def _column(name: str, kind: Type | None, options: ColumnOptions | None) -> ColumnContract:
    """A column that a rule names; the declared options win over what its use says."""
    options = options or ColumnOptions()
    column_type: ColumnType = options.type or ("money" if name == "base_salary" else kind or "text")
    places = options.places if options.places is not None else 2 if column_type == "money" else 6
    low = Fraction(0) if options.at_least is None else Fraction(options.at_least)
    high = GREATEST if options.at_most is None else Fraction(options.at_most)
    return ColumnContract(name, name, column_type, required=True, nullable=True, places=places, low=low, high=high)


def _results(rules: RuleSet, document: Document) -> TableContract:
    given = [kpi.compute for kpi in rules.kpis.values() if isinstance(kpi.compute, Given)]
    low = min(Fraction(each.at_least) for each in given)
    high = max(Fraction(each.at_most) for each in given)
    columns = (
        ColumnContract("subject_kind", "subject_kind", "text", required=True, nullable=False),
        ColumnContract("subject", "subject", "text", required=True, nullable=True),
        ColumnContract("kpi", "kpi", "text", required=True, nullable=False),
        ColumnContract("period", "period", "text", required=True, nullable=False),
        ColumnContract("value", "value", "number", required=True, nullable=True, places=12, low=low, high=high),
        ColumnContract("n", "n", "number", required=False, nullable=True, places=0, low=Fraction(0), high=GREATEST),
    )
    key = ("subject_kind", "subject", "kpi", "period")
    return _table(RESULTS, rules.results, columns, key, document, ("results",))


def _source(rules: RuleSet, name: str, types: ColumnTypes, document: Document) -> TableContract:
    source = rules.sources[name]
    answers = {
        column: bounds
        for kpi in rules.kpis.values()
        if isinstance(kpi.compute, FromFacts) and kpi.compute.source == name
        for column, bounds in kpi.compute.answers().items()
    }
    columns = [ColumnContract(source.date, source.date, "date", required=True, nullable=False)]
    columns += [
        ColumnContract(column, column, "text", required=True, nullable=True)
        for column in dict.fromkeys(_subjects(source))
    ]
    known = {column.name for column in columns}
    for column in sorted({*types.sources.get(name, {}), *answers} - known):
        contract = _column(column, types.sources.get(name, {}).get(column), source.columns.get(column))
        if column in answers:
            low, high = answers[column]
            contract = ColumnContract(
                column, column, "number", required=True, nullable=True, places=0, low=Fraction(low), high=Fraction(high)
            )
        columns.append(contract)
    key = (source.id,) if source.id else ()
    return _table(name, source, tuple(columns), key, document, ("sources", name))


def _subjects(source: Source) -> Iterator[str]:
    yield from (column for column in (source.id, source.payee, source.team, source.department) if column)


def _parameters(rules: RuleSet, name: str, document: Document) -> TableContract:
    table = rules.tables[name]
    values = sorted({each.column for each in parameters(rules) if each.table == name})
    columns = [ColumnContract(key, key, "text", required=True, nullable=False) for key in table.keys]
    for value in values:
        options = table.columns.get(value) or ColumnOptions()
        columns.append(_column(value, "number", options))
    return _table(name, table, tuple(columns), table.keys, document, ("tables", name))


def parameters(rules: RuleSet) -> Iterator[FromTable]:
    """Every number of the rules that comes from a table."""

    def of_item(item: Item | Plan) -> Iterator[FromTable]:
        fields = [item.floor, item.cap] + ([] if isinstance(item, Plan) else [item.weight])
        fields += [item.target] if not isinstance(item, Plan | Group) else []
        yield from (field for field in fields if isinstance(field, FromTable))
        if isinstance(item, Plan | Group):
            for below in (item.scorecard if isinstance(item, Plan) else item.items).values():
                yield from of_item(below)

    for plan in rules.plans.values():
        yield from of_item(plan)


def _table(
    name: str,
    options: TableOptions,
    columns: tuple[ColumnContract, ...],
    key: tuple[str, ...],
    document: Document,
    at: KeyPath,
) -> TableContract:
    return TableContract(
        name=name,
        path=options.path,
        columns=columns,
        key=key,
        delimiter=options.delimiter,
        decimal=options.decimal,
        encoding=options.encoding,
        date_order=options.date_order,
        sheet=options.sheet,
        location=document.at(at),
    )
