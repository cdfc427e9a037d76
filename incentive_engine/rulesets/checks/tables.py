"""Tables and places: what is read from the data folder can be read, and means what the rules take it for."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from zoneinfo import available_timezones

from incentive_engine.columns import WORKFORCE_DATES, WORKFORCE_TEXT
from incentive_engine.currencies import currencies_in_use
from incentive_engine.errors import Problem, did_you_mean
from incentive_engine.facts import is_encoding, is_timezone, refused_path
from incentive_engine.kinds.base import FromColumn, FromTable, written
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.kinds.kpis import Given
from incentive_engine.rulesets.checked import Checked, tells
from incentive_engine.rulesets.clocks import OF_CASES, Cases
from incentive_engine.rulesets.contracts import GREATEST
from incentive_engine.rulesets.formula_uses import (
    WHOLE_PERIOD,
    WORKFORCE_NUMBERS,
    Names,
    answer_columns,
    text_columns,
)
from incentive_engine.rulesets.models import Population, RuleSet
from incentive_engine.rulesets.resolving import KeyPath
from incentive_engine.rulesets.set_aside import SetAsideRepeats
from incentive_engine.rulesets.tables import ColumnOptions, ParameterTable, Source, TableOptions

_Types = dict[str, tuple[str, ...]]
"""The types that each column may be declared with."""
_TEXT: tuple[str, ...] = ("text",)
_NUMBERS: tuple[str, ...] = ("number", "money")


@tells("unknown-timezone", about=(RuleSet,))
def timezone_is_known(checked: Checked) -> Iterator[Problem]:
    """Days begin somewhere."""
    name = checked.rules.timezone
    if not is_timezone(name):
        hint = did_you_mean(name, filter(is_timezone, available_timezones())) or "write its IANA name, as Europe/Paris"
        yield Problem("unknown-timezone", f"there is no time zone `{name}`", checked.at("timezone"), hint)


@tells("unknown-currency", about=(RuleSet,))
def currency_is_known(checked: Checked) -> Iterator[Problem]:
    """Amounts are in a currency that is in use, and so have a smallest coin."""
    name = checked.rules.currency
    if name not in currencies_in_use():
        hint = did_you_mean(name, currencies_in_use()) or "write its ISO 4217 code, as EUR"
        yield Problem("unknown-currency", f"no country pays in `{name}`", checked.at("currency"), hint)


@tells("path-refused", about=(TableOptions,))
def paths_stay_inside(checked: Checked) -> Iterator[Problem]:
    """No path leads out of the data folder: a rule set is not trusted with the rest of the machine."""
    for at, table in _tables(checked.rules):
        problem = refused_path(table.path, checked.at(*at, "path"))
        if problem:
            yield problem


@tells("unknown-encoding", about=(TableOptions,))
def encodings_are_known(checked: Checked) -> Iterator[Problem]:
    """A declared encoding exists."""
    for at, table in _tables(checked.rules):
        if table.encoding is not None and not is_encoding(table.encoding):
            message = f"there is no encoding `{table.encoding}`"
            yield Problem("unknown-encoding", message, checked.at(*at, "encoding"), "write utf-8, cp1252 or utf-16")


@tells("empty-range", about=(ColumnOptions, Given))
def bounds_enclose_something(checked: Checked) -> Iterator[Problem]:
    """A value can lie between the bounds of its column or KPI."""
    for at, table in _tables(checked.rules):
        for name, options in table.columns.items():
            low = Fraction(options.at_least or 0)
            high = GREATEST if options.at_most is None else Fraction(options.at_most)
            if low > high:
                key = "at_least" if options.at_most is None else "at_most"
                yield _empty_range(name, low, high, checked, (*at, "columns", name, key))
    for name, kpi in checked.rules.kpis.items():
        if isinstance(kpi.compute, Given) and kpi.compute.at_least > kpi.compute.at_most:
            low, high = Fraction(kpi.compute.at_least), Fraction(kpi.compute.at_most)
            key = "at_least" if "at_most" not in kpi.compute.model_fields_set else "at_most"
            yield _empty_range(name, low, high, checked, ("kpis", name, "compute", key))


def _empty_range(name: str, low: Fraction, high: Fraction, checked: Checked, at: KeyPath) -> Problem:
    message = f"no value of `{name}` can lie between {written(low)} and {written(high)}"
    hint = "`at_least` is 0 and `at_most` a thousand million unless said: say both"
    return Problem("empty-range", message, checked.at(*at), hint)


@tells("header-refused", about=(TableOptions, FromTable, FromColumn, Population))
def headers_can_be_read(checked: Checked) -> Iterator[Problem]:
    """Every column that the rules name can be the header of a file, and is read as that one column."""
    for at, name in _headers(checked):
        reason = _why_no_header(name)
        if reason:
            message = f"`{name}` cannot be a column: {reason}"
            yield Problem("header-refused", message, checked.at(*at), "rename the column, here and in the file")


@tells("reserved-name", about=(Source, Cases, FromFacts))
def columns_of_facts_differ(checked: Checked) -> Iterator[Problem]:
    """No column of a source is called like what formulas over facts say of the period, or of a case."""
    for at, name in _headers(checked):
        taken = _taken(checked.rules, at)
        if name in taken:
            message = f"`{name}` is taken: it means {taken[name].meaning}"
            yield Problem("reserved-name", message, checked.at(*at), "rename the column, here and in the file")


def _taken(rules: RuleSet, at: KeyPath) -> Names:
    """What a column cannot be called that is named in this place."""
    section, name, *_ = at
    if section not in ("sources", "cases", "kpis"):
        return {}
    compute = rules.kpis[str(name)].compute if section == "kpis" else None
    facts = compute.source if isinstance(compute, FromFacts) else name
    of_cases = facts in rules.cases or facts in {cases.source for cases in rules.cases.values()}
    return {**WHOLE_PERIOD, **OF_CASES} if of_cases else WHOLE_PERIOD


def _why_no_header(name: str) -> str | None:
    if name != name.strip():
        return "headers are read without the spaces around them"
    if "\0" in name:
        return "no text file holds this invisible character"
    pattern = name == "*" or (name.startswith("^") and name.endswith("$"))  # to Polars
    return "it stands for several columns where files are read" if pattern else None


def _headers(checked: Checked) -> Iterator[tuple[KeyPath, str]]:
    """Every place in which the rules name a column outside formulas."""
    rules = checked.rules
    for at, table in _tables(rules):
        yield from (((*at, "columns", name), name) for name in table.columns)
    for name, source in rules.sources.items():
        for key in ("date", "payee", "team", "department", "id", "customer", "share"):
            column = getattr(source, key)
            if column is not None:
                yield ("sources", name, key), column
        for index, rule in enumerate(source.set_aside):
            for number, column in enumerate(rule.same if isinstance(rule, SetAsideRepeats) else ()):
                yield ("sources", name, "set_aside", index, "same", number), column
    for name, cases in rules.cases.items():
        yield ("cases", name, "case"), cases.case
    for name, kpi in rules.kpis.items():
        if isinstance(kpi.compute, FromFacts):
            at = ("kpis", name, "compute")
            yield from (((*at, *key.split(".")), column) for key, column in _columns_of(kpi.compute))
    yield from checked.named_columns
    for placed in checked.nodes:
        yield from (((*at, "column"), parameter.column) for at, parameter in placed.parameters.items())


@tells("type-not-allowed", about=(ColumnOptions,))
def columns_keep_their_type(checked: Checked) -> Iterator[Problem]:
    """A column whose type is known is not declared as something else."""
    rules = checked.rules
    standard: _Types = dict.fromkeys(WORKFORCE_TEXT, _TEXT) | dict.fromkeys(WORKFORCE_NUMBERS, _NUMBERS)
    standard |= dict.fromkeys(WORKFORCE_DATES, ("date",))
    yield from _mistyped(checked, ("workforce",), rules.workforce.columns, standard, "a standard column")
    for name, source in rules.sources.items():
        known: _Types = dict.fromkeys(source.names, _TEXT) | dict.fromkeys(answer_columns(rules, name), _NUMBERS)
        known |= dict.fromkeys(text_columns(rules, name), _TEXT) | {source.date: ("date", "datetime")}
        yield from _mistyped(checked, ("sources", name), source.columns, known, "known by its use")
    for name, table in rules.tables.items():
        values: _Types = {each.column: _NUMBERS for each in checked.parameters if each.table == name}
        yield from _mistyped(checked, ("tables", name), table.columns, values, "read as a number")


def _mistyped(
    checked: Checked, at: KeyPath, columns: dict[str, ColumnOptions], known: _Types, why: str
) -> Iterator[Problem]:
    for name, options in columns.items():
        allowed = known.get(name, (options.type,))
        if options.type is not None and options.type not in allowed:
            message = f"`{name}` is {why}: it is of type {' or '.join(map(str, allowed))}, not {options.type}"
            where = checked.at(*at, "columns", name, "type")
            yield Problem("type-not-allowed", message, where, "leave `type` out, or read another column")


@tells("column-used-twice", about=(Source, FromFacts))
def facts_have_one_use_per_column(checked: Checked) -> Iterator[Problem]:
    """The date of a fact, whom it is about and what was answered stand in different columns."""
    rules = checked.rules
    for name, source in rules.sources.items():
        if source.date in source.names:
            message = f"`{source.date}` cannot be both the date and a name"
            yield Problem("column-used-twice", message, checked.at("sources", name, "date"), "name another column")
        if source.share in (source.date, *source.names):
            message = f"`{source.share}` cannot be a share: it is the date of a fact, or a name"
            yield Problem("column-used-twice", message, checked.at("sources", name, "share"), "name another column")
    for name, kpi in rules.kpis.items():
        if isinstance(kpi.compute, FromFacts) and kpi.compute.source in rules.facts:
            for key, message, hint in _misused(rules, kpi.compute, rules.facts[kpi.compute.source]):
                yield Problem("column-used-twice", message, checked.at("kpis", name, "compute", *key.split(".")), hint)


def _misused(rules: RuleSet, compute: FromFacts, source: Source) -> Iterator[tuple[str, str, str]]:
    """The keys under which a KPI names a column that is something else, with what is wrong and what to do."""
    answers = answer_columns(rules, rules.source_behind(compute.source))
    for key, (column, *_) in compute.answers().items():
        if column in (source.date, *source.names):
            message = f"`{column}` cannot be an answer: it is the date of a fact, or names whom it is about"
            yield key, message, "name the column that holds the answer"
    for key, column in compute.texts().items():
        if column == source.date or column in answers:
            what = "the date of a fact" if column == source.date else "read as an answer, a number"
            yield key, f"`{column}` cannot tell facts apart: it is {what}", "name a column of text"


def _columns_of(compute: FromFacts) -> Iterator[tuple[str, str]]:
    """The columns that a KPI names outside formulas, by key."""
    yield from ((key, column) for key, (column, *_) in compute.answers().items())
    yield from compute.texts().items()


@tells("repeated-name", "no-payee-here", "column-used-twice", about=(ParameterTable,))
def tables_pick_one_row(checked: Checked) -> Iterator[Problem]:
    """The keys of a table pick one row for each payee, and its numbers are no keys."""
    rules = checked.rules
    for name, table in rules.tables.items():
        where = checked.at("tables", name, "keys")
        if len(set(table.keys)) < len(table.keys):
            yield Problem("repeated-name", f"table `{name}` names a key twice", where, "write each key once")
        if set(table.keys) == {"kpi"}:
            message = f"table `{name}` has the same numbers for every payee"
            hint = "write them as constants, or add a workforce column to `keys`"
            yield Problem("no-payee-here", message, where, hint)
        for column in sorted({each.column for each in checked.parameters if each.table == name} & set(table.keys)):
            message = f"`{column}` is a key of table `{name}`: it cannot be its number, too"
            yield Problem("column-used-twice", message, where, "name the column that holds the number")
        numbers = {each.column for each in checked.parameters if each.table == name}
        if table.since in {*table.keys, *numbers}:
            message = f"`{table.since}` is a key or a number of table `{name}`: it cannot be its day, too"
            where = checked.at("tables", name, "since")
            yield Problem("column-used-twice", message, where, "name the column that holds the day")


def _tables(rules: RuleSet) -> Iterator[tuple[KeyPath, TableOptions | Source]]:
    yield ("workforce",), rules.workforce
    yield ("results",), rules.results
    for name in ("employment", "assignments", "leave", "exchange", "adjustments"):
        alone: TableOptions | None = getattr(rules, name)
        if alone is not None:
            yield (name,), alone
    for section, tables in (("history", rules.history), ("sources", rules.sources), ("tables", rules.tables)):
        for name, table in tables.items():
            yield (section, name), table
