"""Names: what is named exists, and one name is one thing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from incentive_engine.columns import WORKFORCE_DATES, WORKFORCE_TEXT
from incentive_engine.errors import Location, Problem
from incentive_engine.formulas import FUNCTIONS
from incentive_engine.formulas.syntax import WORDS
from incentive_engine.kinds.base import FromColumn, FromTable
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.kinds.gates import GateKind
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.kinds.modifiers import ModifierKind
from incentive_engine.kinds.pools import Solved
from incentive_engine.rulesets.adjustments import DECIDED_COLUMNS
from incentive_engine.rulesets.checked import Checked, tells, unknown
from incentive_engine.rulesets.clocks import Cases
from incentive_engine.rulesets.contracts import ADJUSTMENTS, ASSIGNMENTS, EMPLOYMENT, EXCHANGE, LEAVE, WORKFORCE
from incentive_engine.rulesets.exchange import EXCHANGE_COLUMNS
from incentive_engine.rulesets.formula_uses import (
    PERIOD_NAMES,
    PRORATION,
    RESULTS,
    SCORE,
    TARGET_PAY,
    WORKFORCE_NUMBERS,
    FormulaUse,
)
from incentive_engine.rulesets.models import Kpi, MeasureFields, Plan, Population, RuleSet, Way
from incentive_engine.rulesets.people import History
from incentive_engine.rulesets.resolving import ROOT, KeyPath
from incentive_engine.rulesets.tables import ParameterTable, Source

STANDARD_COLUMNS = frozenset((*WORKFORCE_TEXT, *WORKFORCE_DATES, *WORKFORCE_NUMBERS))
RESULT_COLUMNS = frozenset(
    {
        *("plan", "target_pay", "proration", "days_present", "payout", "customer_pay", "internal_pay", "other_pay"),
        *("segment", "first_day", "last_day", "own_days", "days_away", "days_left_out", "days_worked", "share_of_work"),
    }
)
"""What the engine works out for a payee: a workforce column of the same name would be mistaken for it."""
_OF_THE_PLAN = {ROOT: "the plan's own score", "pool": "what a pool gives", "payout": "what is paid"}
"""What begins with the name of an item of the plan, among the columns of a trace, and is none of its own."""
_RESULT_COLUMN = re.compile(r"@(?:payee|team|department|company|table)(?:[.#]|$)")
"""So end the columns of results, and of numbers from tables; those of standings go on with the population."""
_TABLES = {
    WORKFORCE: "the table of payees",
    RESULTS: "the table of given KPIs",
    EMPLOYMENT: "the table of who was employed when",
    ASSIGNMENTS: "the table of who was where",
    LEAVE: "the table of who was away when",
    EXCHANGE: "the table of exchange rates",
    ADJUSTMENTS: "the table of adjustments",
}
_ANOTHER = "choose another name"
_ANYWAY = "leave it out: what is paid is multiplied by it anyway"
_WORKED_OUT = "what the engine works out for a payee"
_WHERE_KPIS_BELONG = "KPIs belong into the scorecard, into gates and into modifiers"
_NEAR = 0.8


@tells("unknown-source", "unknown-kpi", about=(Kpi, FromFacts, Cases))
def kpis_read_what_exists(checked: Checked) -> Iterator[Problem]:
    """The sources of KPIs and of cases, and the KPIs that KPIs name, are declared."""
    rules = checked.rules
    for name, cases in rules.cases.items():
        if cases.source not in rules.sources:
            yield unknown("source", cases.source, checked.at("cases", name, "from"), rules.sources, "`sources`")
    for name, kpi in rules.kpis.items():
        if isinstance(kpi.compute, FromFacts) and kpi.compute.source not in rules.sources.keys() | rules.cases.keys():
            where = checked.at("kpis", name, "compute", "from")
            yield unknown("source", kpi.compute.source, where, {**rules.sources, **rules.cases}, "`sources`")
        for at, other in _other_kpis(kpi):
            if other not in rules.kpis:
                yield unknown("KPI", other, checked.at("kpis", name, *at), rules.kpis, "`kpis`")


def _other_kpis(kpi: Kpi) -> Iterator[tuple[KeyPath, str]]:
    """The KPIs that a KPI names outside its formulas, each with its place."""
    for index, driven in enumerate(kpi.drives):
        yield ("drives", index), driven
    for index, check in enumerate(kpi.checked_by):
        yield ("checked_by", index), check
    for place, other in (("importance", kpi.importance), ("mirrored_by", kpi.mirrored_by)):
        if other is not None:
            yield (place,), other


@tells("unknown-kpi", "unknown-curve", "unknown-table", about=(MeasureFields, Way, FromTable))
def plans_read_what_exists(checked: Checked) -> Iterator[Problem]:
    """The KPIs, curves and tables of plans are declared."""
    rules = checked.rules
    for placed, measure, kpi in checked.measures:
        if kpi not in rules.kpis:
            where = checked.at(*placed.at, "kpi") if measure.kpi else checked.key(*placed.at)
            yield unknown("KPI", kpi, where, rules.kpis, "`kpis`")
    for _, way, _ in checked.ways:
        if way.way.curve not in rules.curves:
            yield unknown("curve", way.way.curve, checked.at(*way.at, "curve"), rules.curves, "`curves`")
    for placed in checked.nodes:
        for at, parameter in placed.parameters.items():
            if parameter.table not in rules.tables:
                yield unknown("table", parameter.table, checked.at(*at, "table"), rules.tables, "`tables`")


@tells("reserved-name", "name-clash", about=(Kpi,))
def kpis_and_columns_differ(checked: Checked) -> Iterator[Problem]:
    """No KPI is called like a workforce column, nor like a name that every formula has."""
    rules = checked.rules
    named = {name for _, name in checked.named_columns}
    for name in rules.kpis:
        where = checked.key("kpis", name)
        if name in PERIOD_NAMES:
            yield _reserved(name, PERIOD_NAMES[name].meaning, where)
        elif name in STANDARD_COLUMNS | rules.workforce.columns.keys() | named:
            message = f"`{name}` is a KPI and a workforce column: a formula could mean either"
            yield Problem("name-clash", message, where, "rename the KPI")


@tells("reserved-name", "name-clash", about=(Source, Cases, ParameterTable, History))
def tables_differ(checked: Checked) -> Iterator[Problem]:
    """No source, no cases and no table are called like others, nor like the tables that are always there."""
    rules = checked.rules
    for section in ("history", "sources", "cases", "tables"):
        for name in getattr(rules, section):
            if name in _TABLES:
                yield _reserved(name, _TABLES[name], checked.key(section, name))
    for name in rules.history.keys() & (rules.tables.keys() | rules.sources.keys() | rules.cases.keys()):
        message = f"`{name}` is the name of a history and of another table"
        yield Problem("name-clash", message, checked.key("history", name), "rename one of them")
    for name in rules.tables.keys() & rules.sources.keys():
        message = f"`{name}` is a source and a table"
        yield Problem("name-clash", message, checked.key("tables", name), "rename one of them")
    for name in rules.cases.keys() & (rules.tables.keys() | rules.sources.keys()):
        message = f"`{name}` is the name of cases and of a {'source' if name in rules.sources else 'table'}"
        yield Problem("name-clash", message, checked.key("cases", name), "rename one of them")


@tells("reserved-name", about=(CurveKind, Solved))
def curves_and_factors_can_be_named(checked: Checked) -> Iterator[Problem]:
    """No curve is called like a built-in function or word, and no factor like a name that formulas have anyway."""
    for name in checked.rules.curves:
        if name.upper() in FUNCTIONS.keys() | WORDS:
            yield _reserved(name, "a word of formulas", checked.key("curves", name))
    taken = {**PERIOD_NAMES, **TARGET_PAY, **PRORATION, **SCORE}
    for name, pool in checked.rules.pools.items():
        if isinstance(pool, Solved) and pool.solve.factor in taken:
            where = checked.at("pools", name, "solve", "factor")
            yield _reserved(pool.solve.factor, taken[pool.solve.factor].meaning, where)


@tells("reserved-name", about=(Plan, Population, ParameterTable, FromColumn))
def results_differ(checked: Checked) -> Iterator[Problem]:
    """No node and no workforce column is called like what the engine works out."""
    decided = DECIDED_COLUMNS if checked.rules.adjustments else ()
    taken = RESULT_COLUMNS.union(_of_exchange(checked.rules), decided)
    for placed in checked.nodes:
        if placed.path in _OF_THE_PLAN and not isinstance(placed.node, Plan):
            yield _reserved(placed.path, _OF_THE_PLAN[placed.path], checked.key(*placed.at))
    for use in checked.formulas:
        for name in sorted(use.named_columns & taken) if use.source is None else ():
            where = _named_at(checked, use, name)
            anyway = name in PRORATION and use.at[-1] in ("payout", "target_pay")
            yield _reserved(name, _WORKED_OUT, where, _ANYWAY if anyway else _ANOTHER)
    for at, name in checked.named_columns:
        if name in PERIOD_NAMES:
            yield _reserved(name, PERIOD_NAMES[name].meaning, checked.at(*at))
        elif name in taken or _RESULT_COLUMN.search(name) or _step_of(name, checked):
            yield _reserved(name, _WORKED_OUT, checked.at(*at))


def _of_exchange(rules: RuleSet) -> frozenset[str]:
    """What is worked out where there are rates."""
    if rules.exchange is None:
        return frozenset()
    converted = (f"{column}@{rules.currency}" for column in rules.exchange.own)
    return frozenset((*EXCHANGE_COLUMNS, *converted))


def _step_of(name: str, checked: Checked) -> bool:
    """Whether a column is called like one of the steps of a plan: `nps.rate`, `pool.sum`."""
    first, dot, _ = name.partition(".")
    return bool(dot) and first in {placed.path for placed in checked.nodes} | _OF_THE_PLAN.keys() | TARGET_PAY.keys()


@tells("kpi-not-allowed", about=(Plan, Population))
def kpis_stay_out_of_who(checked: Checked) -> Iterator[Problem]:
    """Who is paid, and on what base, does not depend on results."""
    for use in checked.formulas:
        for name in sorted(use.named_columns & checked.rules.kpis.keys()) if use.source is None else ():
            scored = "score" in use.given
            why = "reads scores, not results" if scored else "cannot depend on results"
            hint = "name a node of the scorecard" if scored else _WHERE_KPIS_BELONG
            message = f"`{name}` is a KPI: `{use.at[-1]}` {why}"
            yield Problem("kpi-not-allowed", message, _named_at(checked, use, name), hint)


@tells("maybe-misspelt", about=(GateKind, ModifierKind))
def names_are_not_misspelt(checked: Checked) -> Iterator[Problem]:
    """A name that is nearly that of a KPI, a node or a factor is that, and that of a curve is called (a warning)."""
    known = STANDARD_COLUMNS | checked.rules.workforce.columns.keys()
    for use in checked.formulas:
        meant = use.given.keys() - PERIOD_NAMES.keys()
        for name in sorted(use.named_columns - known) if use.source is None else ():
            message = f"`{name}` is read as a workforce column, for nothing else is called so"
            near = difflib.get_close_matches(name, meant, n=1, cutoff=_NEAR)
            if name in use.curves:
                message, hint = f"`{name}` is read as a workforce column", f"to call the curve, write `{name}(…)`"
            elif near:
                hint = f"did you mean `{near[0]}`, {use.given[near[0]].meaning}? If not, declare it under `workforce`"
            else:
                continue
            yield Problem("maybe-misspelt", message, _named_at(checked, use, name), hint, level="warning")


@tells("not-used", about=(RuleSet,))
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
    for index, name in enumerate(checked.rules.exchange.own if checked.rules.exchange else ()):
        if name not in checked.columns:
            where = checked.at("exchange", "own", index)
            yield Problem("not-used", f"no rule names the column `{name}`", where, "remove it", level="warning")


def _used(checked: Checked) -> dict[str, set[str]]:
    rules = checked.rules
    read = {kpi for use in checked.formulas for kpi in use.kpis}
    beside = {other for kpi in rules.kpis.values() for _, other in _other_kpis(kpi)}
    called = {name for use in checked.formulas for name in use.formula.calls}
    invited_from = {source.invitations for source in rules.sources.values() if source.invitations is not None}
    computed_from = {kpi.compute.source for kpi in rules.kpis.values() if isinstance(kpi.compute, FromFacts)}
    return {
        "kpis": {kpi for _, _, kpi in checked.measures} | read | beside,
        "curves": {way.way.curve for _, way, _ in checked.ways} | called,
        "sources": {rules.source_behind(name) for name in computed_from} | invited_from,
        "cases": computed_from,
        "tables": {parameter.table for parameter in checked.parameters},
        "populations": {way.way.among for _, way, _ in checked.ways if way.way.among is not None},
        "pools": {plan.pool for plan in rules.plans.values() if plan.pool is not None},
    }


def _reserved(name: str, meaning: str, where: Location, hint: str = _ANOTHER) -> Problem:
    return Problem("reserved-name", f"`{name}` is taken: it means {meaning}", where, hint)


def _named_at(checked: Checked, use: FormulaUse, name: str) -> Location:
    """Where a formula uses a name first."""
    return checked.document.inside(use.at, use.offset_of(name))
