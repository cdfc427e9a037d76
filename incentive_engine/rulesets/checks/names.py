"""Names: what is named exists, and one name is one thing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from incentive_engine.columns import WORKFORCE_DATES, WORKFORCE_TEXT
from incentive_engine.errors import Location, Problem
from incentive_engine.formulas.tree import NameUse, walk
from incentive_engine.kinds.kpis import FromFacts
from incentive_engine.rulesets.checked import Checked, unknown
from incentive_engine.rulesets.contracts import RESULTS, WORKFORCE
from incentive_engine.rulesets.formula_uses import PERIOD_NAMES, WORKFORCE_NUMBERS, FormulaUse
from incentive_engine.rulesets.models import Plan
from incentive_engine.rulesets.resolving import ROOT

STANDARD_COLUMNS = frozenset((*WORKFORCE_TEXT, *WORKFORCE_DATES, *WORKFORCE_NUMBERS))
RESULT_COLUMNS = frozenset(
    {
        *("plan", "target_pay", "proration", "days_present", "payout", "customer_pay", "internal_pay", "other_pay"),
    }
)
"""What the engine works out for a payee: a workforce column of the same name would be mistaken for it."""
_RESULT_COLUMN = re.compile(r"@(?:payee|team|department|company|table)(?:\.|$)")
"""So end the columns of results, and of numbers from tables."""
_WORKED_OUT = "what the engine works out for a payee"
_NEAR = 0.8


def kpis_read_what_exists(checked: Checked) -> Iterator[Problem]:
    """The sources of KPIs, and the KPIs that they drive, are declared."""
    rules = checked.rules
    for name, kpi in rules.kpis.items():
        if isinstance(kpi.compute, FromFacts) and kpi.compute.source not in rules.sources:
            where = checked.at("kpis", name, "compute", "from")
            yield unknown("source", kpi.compute.source, where, rules.sources, "`sources`")
        for index, driven in enumerate(kpi.drives):
            if driven not in rules.kpis:
                yield unknown("KPI", driven, checked.at("kpis", name, "drives", index), rules.kpis, "`kpis`")


def plans_read_what_exists(checked: Checked) -> Iterator[Problem]:
    """The KPIs, curves and tables of plans are declared."""
    rules = checked.rules
    for placed, measure, kpi in checked.measures:
        if kpi not in rules.kpis:
            where = checked.at(*placed.at, "kpi") if measure.kpi else checked.key(*placed.at)
            yield unknown("KPI", kpi, where, rules.kpis, "`kpis`")
        if measure.curve not in rules.curves:
            yield unknown("curve", measure.curve, checked.at(*placed.at, "curve"), rules.curves, "`curves`")
    for placed in checked.nodes:
        for field, parameter in placed.parameters.items():
            if parameter.table not in rules.tables:
                where = checked.at(*placed.at, field, "table")
                yield unknown("table", parameter.table, where, rules.tables, "`tables`")


def kpis_and_columns_differ(checked: Checked) -> Iterator[Problem]:
    """No KPI is called like a workforce column, nor like a name that every formula has."""
    rules = checked.rules
    keys = {key for table in rules.tables.values() for key in table.keys}
    for name in rules.kpis:
        where = checked.key("kpis", name)
        if name in PERIOD_NAMES:
            yield _reserved(name, PERIOD_NAMES[name].meaning, where)
        elif name in STANDARD_COLUMNS | rules.workforce.columns.keys() | keys:
            message = f"`{name}` is a KPI and a workforce column: a formula could mean either"
            yield Problem("name-clash", message, where, "rename the KPI")


def tables_differ(checked: Checked) -> Iterator[Problem]:
    """No source and no table is called like another, nor like the tables that are always there."""
    rules = checked.rules
    for section in ("sources", "tables"):
        for name in getattr(rules, section):
            if name in (WORKFORCE, RESULTS):
                what = "the table of payees" if name == WORKFORCE else "the table of given KPIs"
                yield _reserved(name, what, checked.key(section, name))
    for name in rules.tables.keys() & rules.sources.keys():
        message = f"`{name}` is a source and a table"
        yield Problem("name-clash", message, checked.key("tables", name), "rename one of them")


def results_differ(checked: Checked) -> Iterator[Problem]:
    """No node and no workforce column is called like what the engine works out."""
    rules = checked.rules
    for placed in checked.nodes:
        if placed.path == ROOT and not isinstance(placed.node, Plan):
            yield _reserved(ROOT, "the plan's own score", checked.key(*placed.at))
    for use in checked.formulas:
        taken = RESULT_COLUMNS - (rules.kpis.keys() if use.with_kpis else set())
        for name in sorted(use.formula.names & taken) if use.source is None else ():
            yield _reserved(name, _WORKED_OUT, _named_at(checked, use, name))
    for table, options in rules.tables.items():
        for index, name in enumerate(options.keys):
            if name in PERIOD_NAMES:
                yield _reserved(name, PERIOD_NAMES[name].meaning, checked.at("tables", table, "keys", index))
            elif name in RESULT_COLUMNS or _RESULT_COLUMN.search(name):
                yield _reserved(name, _WORKED_OUT, checked.at("tables", table, "keys", index))


def kpis_stay_out_of_who(checked: Checked) -> Iterator[Problem]:
    """Who is paid, and on what base, does not depend on results."""
    for use in checked.formulas:
        if use.source is None and not use.with_kpis:
            for name in sorted(use.formula.names & checked.rules.kpis.keys() - STANDARD_COLUMNS):
                message = f"`{name}` is a KPI: `{use.at[-1]}` cannot depend on results"
                hint = "KPIs belong into the scorecard, into gates and into modifiers"
                yield Problem("kpi-not-allowed", message, _named_at(checked, use, name), hint)


def kpis_are_not_misspelt(checked: Checked) -> Iterator[Problem]:
    """A name in a gate or modifier that is nearly a KPI's is one (a warning: it may be a column)."""
    rules = checked.rules
    known = STANDARD_COLUMNS | rules.workforce.columns.keys() | PERIOD_NAMES.keys()
    for use in checked.formulas:
        for name in sorted(use.formula.names - rules.kpis.keys() - known) if use.with_kpis else ():
            if near := difflib.get_close_matches(name, rules.kpis, n=1, cutoff=_NEAR):
                message = f"`{name}` is read as a workforce column, for no KPI is called so"
                hint = f"did you mean the KPI `{near[0]}`? If not, declare the column under `workforce`"
                yield Problem("maybe-misspelt", message, _named_at(checked, use, name), hint, level="warning")


def everything_is_used(checked: Checked) -> Iterator[Problem]:
    """Nothing is declared for nothing (a warning)."""
    for section, used in _used(checked).items():
        for name in getattr(checked.rules, section):
            if name not in used:
                hint = "remove it, or put it to work"
                yield Problem("not-used", f"nothing uses `{name}`", checked.key(section, name), hint, level="warning")
    for name in checked.rules.workforce.columns:
        if name not in checked.columns:
            where = checked.key("workforce", "columns", name)
            yield Problem("not-used", f"no rule names the column `{name}`", where, "remove it", level="warning")


def _used(checked: Checked) -> dict[str, set[str]]:
    named = {name for use in checked.formulas if use.with_kpis for name in use.formula.names}
    driven = {kpi for each in checked.rules.kpis.values() for kpi in each.drives}
    return {
        "kpis": {kpi for _, _, kpi in checked.measures} | named | driven,
        "curves": {measure.curve for _, measure, _ in checked.measures},
        "sources": {kpi.compute.source for kpi in checked.rules.kpis.values() if isinstance(kpi.compute, FromFacts)},
        "tables": {parameter.table for parameter in checked.parameters},
    }


def _reserved(name: str, meaning: str, where: Location) -> Problem:
    return Problem("reserved-name", f"`{name}` is taken: it means {meaning}", where, "choose another name")


def _named_at(checked: Checked, use: FormulaUse, name: str) -> Location:
    """Where a formula uses a name first."""
    offsets = [node.offset for node, _ in walk(use.formula.tree) if isinstance(node, NameUse) and node.name == name]
    return checked.document.inside(use.at, min(offsets))
