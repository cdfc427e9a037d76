"""People over time: what dated tables say of them can be told apart, and pay adds up over the days that it is for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from incentive_engine.columns import WORKFORCE_TEXT
from incentive_engine.errors import Problem
from incentive_engine.kinds.pools import SharedOut, Solved
from incentive_engine.rulesets.checked import Checked, tells
from incentive_engine.rulesets.checks.names import RESULT_COLUMNS
from incentive_engine.rulesets.contracts import SHOWN
from incentive_engine.rulesets.formula_uses import PERIOD_NAMES
from incentive_engine.rulesets.models import Plan, RuleSet
from incentive_engine.rulesets.people import Assignments, History
from incentive_engine.rulesets.resolving import KeyPath

_WHO = ("payee", "from", "to")
_EMPLOYED = ("hired", "left")
_PER_PAYEE = ("per_payee", "in_proportion_to", "minimum", "maximum")
"""The formulas of a pool that speak of one payee."""


@tells("not-prorated", about=(Plan,))
def pay_is_for_days(checked: Checked) -> Iterator[Problem]:
    """Where people change within a period, each plan that pays says which share of it their days are."""
    rules = checked.rules
    dated = _dated(rules)
    for name, plan in rules.plans.items():
        pays = plan.target_pay is not None or plan.payout is not None or plan.pool is not None
        if dated and pays and plan.proration is None:
            message = f"`{name}` would pay in full for each stretch of days that `{dated[0]}` tells apart"
            hint = "add `proration: {by: calendar_days}`, or `own_days` to pay who joins or leaves in full"
            yield Problem("not-prorated", message, checked.key("plans", name), hint)


@tells("not-prorated", about=(SharedOut, Solved))
def pools_are_shared_by_days(checked: Checked) -> Iterator[Problem]:
    """Where people change within a period, what a pool takes from each stretch of days and gives to it is prorated."""
    if _dated(checked.rules):
        yield from not_by_days(checked, checked.rules.pools)


def not_by_days(checked: Checked, pools: Collection[str]) -> Iterator[Problem]:
    """What pools take and give per payee, and not by the days that it is for."""
    for use in checked.formulas:
        of_pool = use.at[0] == "pools" and use.at[1] in pools
        if of_pool and use.at[-1] in _PER_PAYEE and "proration" not in use.formula.names:
            message = f"`{use.formula.text}` would count in full for each stretch of days that a payee is paid for"
            yield Problem("not-prorated", message, checked.at(*use.at), "multiply by `proration`")


@tells("column-used-twice", about=(Assignments, History))
def each_column_has_one_history(checked: Checked) -> Iterator[Problem]:
    """Of what changes about payees one table says how, and none says who they are and on which days."""
    given = list(_given(checked.rules))
    twice = {column for column, times in Counter(column for _, column in given).items() if times > 1}
    for at, column in given:
        where = checked.at(*at)
        if column in _WHO:
            message = f"`{column}` says whom a row is about and on which days: it is nothing that changes"
            yield Problem("column-used-twice", message, where, "name the column that changes")
        elif column in _EMPLOYED:
            message = f"`{column}` changes with employment only"
            yield Problem("column-used-twice", message, where, "declare the table under `employment`")
        elif column in twice:
            message = f"several tables say how `{column}` changes"
            yield Problem("column-used-twice", message, where, "leave it to one of them")


@tells("type-mismatch", about=(History,))
def averages_are_of_numbers(checked: Checked) -> Iterator[Problem]:
    """The mean over days is that of a number."""
    declared = {name: each.type for name, each in checked.rules.workforce.columns.items() if each.type is not None}
    kinds = {**declared, **dict.fromkeys(WORKFORCE_TEXT, "text")}
    for name, table in checked.rules.history.items():
        for index, column in enumerate(table.gives if table.basis == "average" else ()):
            kind = kinds.get(column, "number")
            if kind not in ("number", "money"):
                message = f"`{column}` is of type {kind}: it has no average"
                hint = "write `basis: earned`, or `end` for the value of the last day"
                yield Problem("type-mismatch", message, checked.at("history", name, "gives", index), hint)


@tells("not-used", about=(Assignments, History))
def what_changes_is_read(checked: Checked) -> Iterator[Problem]:
    """Nothing is said to change that no rule reads (a warning)."""
    for at, column in _given(checked.rules):
        if column not in checked.columns | {*SHOWN, *_WHO, *_EMPLOYED, *RESULT_COLUMNS, *PERIOD_NAMES}:
            message = f"no rule names the column `{column}`: its changes change nothing"
            yield Problem("not-used", message, checked.at(*at), "remove it", level="warning")


def _dated(rules: RuleSet) -> list[str]:
    """The keys under which something is dated about people that cuts a period."""
    of_people = [name for name in ("employment", "assignments", "history") if getattr(rules, name)]
    return of_people + [name for name, table in rules.tables.items() if table.since is not None]


def _given(rules: RuleSet) -> Iterator[tuple[KeyPath, str]]:
    """The columns that dated tables give, as written."""
    if rules.assignments is not None:
        yield from ((("assignments", "also", index), name) for index, name in enumerate(rules.assignments.also))
    for table, each in rules.history.items():
        yield from ((("history", table, "gives", index), name) for index, name in enumerate(each.gives))
