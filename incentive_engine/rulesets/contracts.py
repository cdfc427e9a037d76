"""What each table must hold for a rule set: only what the rules name is required, and only that is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from incentive_engine.columns import WORKFORCE_DATES, WORKFORCE_TEXT
from incentive_engine.currencies import minor_digits
from incentive_engine.documents import Document
from incentive_engine.facts import ColumnContract, ColumnType, TableContract
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.kinds.kpis import Given
from incentive_engine.rulesets.column_types import ColumnTypes
from incentive_engine.rulesets.exchange import RATES, Exchange
from incentive_engine.rulesets.formula_uses import RESULTS, answer_columns, compared_columns, text_columns
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import KeyPath
from incentive_engine.rulesets.tables import ColumnOptions, TableOptions
from incentive_engine.rulesets.walked import Walked

WORKFORCE = "workforce"
EMPLOYMENT = "employment"
ASSIGNMENTS = "assignments"
LEAVE = "leave"
EXCHANGE = "exchange"
ADJUSTMENTS = "adjustments"
GREATEST = Fraction(10**9)
_SHARE_PLACES = 6
_PERCENT_PLACES = 6
MOST_COINS = 4
"""The most decimal places that the smallest coin of any currency has."""
SHOWN = ("name", "language", "department", "team", "currency", "payroll_id", "legal_entity")
"""Workforce columns that are read wherever they are there: for statements, totals and payroll."""
STANDARD: Mapping[str, ColumnOptions] = {
    "base_salary": ColumnOptions(type="money"),
    # 100 leaves room for those who write full time as 100.
    "fte": ColumnOptions(type="number", at_most=Decimal(100)),
}
"""What is known of workforce columns without anybody saying it; what the rule set says of them wins."""


def contracts(walked: Walked, types: ColumnTypes, document: Document) -> tuple[TableContract, ...]:
    """The contracts of all tables that a rule set reads."""
    rules = walked.rules
    tables = [_workforce(walked, types, document)]
    if any(isinstance(kpi.compute, Given) for kpi in rules.kpis.values()):
        tables.append(_results(rules, document))
    computed = (kpi.compute for kpi in rules.kpis.values())
    used = {rules.source_behind(each.source) for each in computed if isinstance(each, FromFacts)}
    used |= {invited for name in used & rules.sources.keys() if (invited := rules.sources[name].invitations)}
    tables += [_source(walked, name, types, document) for name in rules.sources if name in used]
    tables += _of_people(walked, types, document)
    if rules.exchange is not None:
        tables.append(_exchange(rules.exchange, document))
    if rules.adjustments is not None:
        tables.append(_adjustments(rules, rules.adjustments, document))
    tables += [_parameters(walked, name, types, document) for name in rules.tables if name in walked.used_tables]
    return tuple(tables)


def _workforce(walked: Walked, types: ColumnTypes, document: Document) -> TableContract:
    rules, named = walked.rules, sorted(walked.columns)
    columns = [ColumnContract("payee", "payee", "text", required=True, nullable=False)]
    dated = rules.dated_columns
    columns += [replace(_workforce_column(rules, types, each), required=each not in dated) for each in named]
    hidden = [*SHOWN, "left"] if "hired" in named else [*SHOWN]
    columns += [
        ColumnContract(name, name, "text" if name in WORKFORCE_TEXT else "date", required=False, nullable=True)
        for name in hidden
        if name not in named
    ]
    table = _table(WORKFORCE, rules.workforce, tuple(columns), ("payee",), document, ("workforce",))
    return replace(table, keeps_faulty=True)  # who is held for an unreadable salary still belongs to a team


def _workforce_column(rules: RuleSet, types: ColumnTypes, name: str, *, nullable: bool = True) -> ColumnContract:
    """A column of the workforce, or the key of a table that is compared with it; standard columns keep their type."""
    standard = STANDARD.get(name, ColumnOptions())
    said = rules.workforce.columns.get(name, ColumnOptions())
    options = standard.model_copy(update=said.model_dump(exclude_none=True))
    kind: ColumnType | None = "text" if name in WORKFORCE_TEXT else "date" if name in WORKFORCE_DATES else None
    return _column(name, kind or options.type or types.workforce.get(name, "text"), options, nullable=nullable)


def _column(name: str, kind: ColumnType, options: ColumnOptions, *, nullable: bool = True) -> ColumnContract:
    places = options.places if options.places is not None else 2 if kind == "money" else 6
    low = Fraction(0) if options.at_least is None else Fraction(options.at_least)
    high = GREATEST if options.at_most is None else Fraction(options.at_most)
    return ColumnContract(name, name, kind, required=True, nullable=nullable, places=places, low=low, high=high)


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


def _source(walked: Walked, name: str, types: ColumnTypes, document: Document) -> TableContract:
    rules, source = walked.rules, walked.rules.sources[name]
    answers = answer_columns(rules, name)
    said = source.columns.get(source.date, ColumnOptions()).type
    timed = said is None and name in {cases.source for cases in rules.cases.values()}  # clocks run by the second
    moment: ColumnType = "datetime" if timed or said == "datetime" else "date"
    columns = [ColumnContract(source.date, source.date, moment, required=True, nullable=False)]
    if source.recorded is not None:
        columns.append(ColumnContract(source.recorded, source.recorded, "date"))
    if source.share is not None:
        columns.append(_share(source.share))
    texts = dict.fromkeys((*source.names, *sorted(text_columns(rules, name))))
    columns += [ColumnContract(each, each, "text", required=True, nullable=True) for each in texts]
    for column in sorted(_fact_columns(walked, name) - {each.name for each in columns} | answers.keys()):
        if column in answers:
            low, high = map(Fraction, answers[column])
            columns.append(
                ColumnContract(column, column, "number", nullable=True, places=0, low=low, high=high, fixed=True)
            )
        else:
            options = source.columns.get(column, ColumnOptions())
            kind = options.type or types.sources.get(name, {}).get(column, "text")
            columns.append(_column(column, kind, options))
    return _table(name, source, tuple(columns), source.row_keys, document, ("sources", name), source.payee or "payee")


def _share(column: str) -> ColumnContract:
    """The share of a fact that counts for one payee: not nothing, and not more than all of it."""
    low = Fraction(1, 10**_SHARE_PLACES)
    return ColumnContract(column, column, "number", places=_SHARE_PLACES, low=low, high=Fraction(1), fixed=True)


def _fact_columns(walked: Walked, source: str) -> set[str]:
    """The columns of a source that formulas name, and by which facts are compared with each other."""
    named = {name for use in walked.formulas if use.source == source for name in use.named_columns}
    return named | compared_columns(walked.rules, source)


def _of_people(walked: Walked, types: ColumnTypes, document: Document) -> Iterator[TableContract]:
    """The dated tables about people."""
    rules = walked.rules
    if rules.employment is not None:
        yield _dated(EMPLOYMENT, rules.employment, (), document, (EMPLOYMENT,))
    if rules.assignments is not None:
        named = [_column_of_team(walked, kind) for kind in ("team", "department")]
        also = [_workforce_column(rules, types, name) for name in rules.assignments.also if name in walked.columns]
        yield _dated(ASSIGNMENTS, rules.assignments, (*named, *also), document, (ASSIGNMENTS,))
    for name, table in rules.history.items():
        read = [each for each in table.gives if _is_read(each, walked)]
        columns = [_workforce_column(rules, types, each, nullable=False) for each in read]
        yield _dated(name, table, tuple(columns), document, ("history", name))
    if rules.leave is not None:
        yield _leave(rules.leave, document)


def _leave(options: TableOptions, document: Document) -> TableContract:
    """Without a key: what an absence was for would stand in the name of a row that is held."""
    days = (ColumnContract("from", "from", "date"), ColumnContract("to", "to", "date", nullable=True))
    columns = (ColumnContract("payee", "payee", "text"), *days, ColumnContract("type", "type", "text"))
    return _table(LEAVE, options, columns, (), document, (LEAVE,))


def _column_of_team(walked: Walked, kind: str) -> ColumnContract:
    return ColumnContract(kind, kind, "text", required=kind in walked.subject_kinds, nullable=True)


def _is_read(column: str, walked: Walked) -> bool:
    return column in walked.columns or column in SHOWN


def _dated(
    name: str, options: TableOptions, columns: tuple[ColumnContract, ...], document: Document, at: KeyPath
) -> TableContract:
    days = (ColumnContract("from", "from", "date"), ColumnContract("to", "to", "date", nullable=True))
    return _table(
        name, options, (ColumnContract("payee", "payee", "text"), *days, *columns), ("payee", "from"), document, at
    )


def _exchange(exchange: Exchange, document: Document) -> TableContract:
    options = RATES.model_copy(update=exchange.columns.get("rate", ColumnOptions()).model_dump(exclude_none=True))
    columns = (
        ColumnContract("currency", "currency", "text"),
        ColumnContract("from", "from", "date"),
        _column("rate", "number", options, nullable=False),
    )
    return _table(EXCHANGE, exchange, columns, ("currency", "from"), document, (EXCHANGE,))


def _adjustments(rules: RuleSet, options: TableOptions, document: Document) -> TableContract:
    coins = minor_digits(rules.currency)
    columns = (
        *(ColumnContract(name, name, "text") for name in ("reference", "payee", "pays")),
        ColumnContract("period", "period", "text", required=False, nullable=True),
        _decided("amount", coins, low=-GREATEST),
        _decided("percent", _PERCENT_PLACES, low=Fraction(-1), high=Fraction(100)),
        _decided("at_least", coins),
        _decided("release", MOST_COINS),
        ColumnContract("currency", "currency", "text", required=False, nullable=True),
        *(ColumnContract(name, name, "text", nullable=True) for name in ("reason", "author", "approver")),
        ColumnContract("expires", "expires", "date", required=False, nullable=True),
    )
    return _table(ADJUSTMENTS, options, columns, ("reference",), document, (ADJUSTMENTS,))


def _decided(name: str, places: int, low: Fraction = Fraction(0), high: Fraction = GREATEST) -> ColumnContract:
    return ColumnContract(
        name, name, "number", required=False, nullable=True, places=places, low=low, high=high, fixed=True
    )


def _parameters(walked: Walked, name: str, types: ColumnTypes, document: Document) -> TableContract:
    rules, table = walked.rules, walked.rules.tables[name]
    values = sorted({each.column for each in walked.parameters if each.table == name})
    columns = [
        ColumnContract("kpi", "kpi", "text", required=True, nullable=False)
        if key == "kpi"
        else _workforce_column(rules, types, key, nullable=False)
        for key in table.keys
    ]
    if table.since is not None:
        columns.append(ColumnContract(table.since, table.since, "date"))
    for value in values:
        options = table.columns.get(value, ColumnOptions())
        columns.append(_column(value, options.type or "number", options))
    found = _table(name, table, tuple(columns), table.row_keys, document, ("tables", name))
    return replace(found, since=table.since)


def _table(
    name: str,
    options: TableOptions,
    columns: tuple[ColumnContract, ...],
    key: tuple[str, ...],
    document: Document,
    at: KeyPath,
    payee: str = "payee",
) -> TableContract:
    return TableContract(
        name=name,
        path=options.path,
        columns=columns,
        key=key,
        payee=payee,
        delimiter=options.delimiter,
        decimal=options.decimal,
        encoding=options.encoding,
        date_order=options.date_order,
        sheet=options.sheet,
        location=document.at((*at, "path")),
    )
