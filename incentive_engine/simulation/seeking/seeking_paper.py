"""What goal seek and sensitivity found, as reports: the answer first, then what it was found among."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from incentive_engine.errors import Problem
from incentive_engine.kinds.base import Label
from incentive_engine.rulesets.contracts import GREATEST
from incentive_engine.simulation.difference.rule_words import named
from incentive_engine.simulation.reports.paper import Money, Part, Report, Said, Section, Share, Table, Value
from incentive_engine.simulation.scenarios.simulating import Baseline
from incentive_engine.simulation.seeking.needed import Needed, Reached
from incentive_engine.simulation.seeking.revalued import Priced, Scope
from incentive_engine.simulation.seeking.rule_numbers import RuleNumber
from incentive_engine.simulation.seeking.seeking import Sought
from incentive_engine.simulation.seeking.sensitivity import Sensitive

_MOST: Final = 5
"""How many stretches elsewhere are told."""
_DECLARED: Final = GREATEST / 1000
"""Ends of results from here on are the engine's own: nobody wrote them."""
_IN_FRENCH: Final = {
    "P10-customer-weight": "les clients pèseraient moins que promis",
    "cap-below-zero": "un plafond serait négatif",
    "not-ascending": "les points de la courbe ne seraient plus dans l'ordre",
    "out-of-range": "la valeur n'est pas permise",
    "weights-do-not-end": "les poids voisins n'auraient pas de fin en décimales",
    "weights-not-100": "les poids du groupe ne feraient plus 100 %",
}
_DRAWN: Final = ("cost_smaller", "cost_greater")


def sought_report(baseline: Baseline, sought: Sought) -> Report:
    """Which value makes the cost an amount."""
    return _report(baseline, "seek", _sought(baseline, sought), "paid_again")


def needed_report(baseline: Baseline, needed: Needed) -> Report:
    """Which result pays somebody an amount."""
    return _report(baseline, "needed", _needed(baseline, needed), "all_else_as_it_was")


def sensitivity_report(baseline: Baseline, found: Sequence[Sensitive], scope: Scope, step: Decimal) -> Report:
    """Which numbers of the rules move the cost most."""
    section = _sensitivity(baseline, found, scope, step)
    return _report(baseline, "sensitivity", section, "one_at_a_time")


def _report(baseline: Baseline, name: str, section: Section, assumption: str) -> Report:
    ruleset, summary = baseline.rules.ruleset, baseline.run.summary
    inputs = ((table, each["sha256"]) for table, each in summary["inputs"].items())
    return Report(
        name=name,
        title=ruleset.title,
        rule_set=ruleset.rule_set,
        version=ruleset.version,
        period=baseline.period.name,
        first_day=baseline.period.start,
        parts=(Part(ruleset.title, (section,)),),
        assumptions=(Said("same_engine", {"period": baseline.period.name}), Said(assumption)),
        fingerprints=((summary["rules"]["file"], summary["rules"]["sha256"]), *inputs),
    )


def _sought(baseline: Baseline, sought: Sought) -> Section:
    number, answer, currency = sought.number, sought.answer, baseline.rules.ruleset.currency
    goal = Money(sought.goal, currency)
    if answer is not None:
        said = [Said("sought_found", {"path": number.path, "value": _value(number, answer.value), "goal": goal})]
    else:
        key = "sought_none" if sought.proved else "sought_none_seen"
        said = [Said(key, {"path": number.path, "goal": goal, "places": _places(sought)})]
    if (answer or sought.now).payees < sought.now.payees:
        said.append(Said("sought_held", {"count": sought.now.payees - (answer or sought.now).payees}))
    ends = {"low": _value(number, sought.low), "high": _value(number, sought.high)}
    said += [Said("sought_between", ends), Said("sought_tried", {"count": sought.tried})]
    said += [Said("sought_further")] if None in (sought.below, sought.above) and not sought.limits else []
    said += [Said("sought_limited", {"why": _why(each)}) for each in sought.limits]
    said += [Said("sought_proved")] if sought.proved and answer is None else []
    said += [Said("sought_elsewhere", _ends(number, each)) for each in sought.elsewhere[:_MOST]]
    nearest = {"sought_answer": answer} if answer else {"sought_below": sought.below, "sought_above": sought.above}
    rows = [
        _row(number, name, each, sought, currency)
        for name, each in {"sought_now": sought.now, **nearest}.items()
        if each
    ]
    about: dict[str, Value] = {"rule": named(number.at, baseline.rules.ruleset)}
    table = Table("sought", ("which", "value", "cost", "difference", "off_goal", "payees"), tuple(rows))
    return Section("sought", (("goal", goal), *_scope(sought.scope)), tuple(said), (table,), about)


def _row(number: RuleNumber, name: str, each: Priced, sought: Sought, currency: str) -> tuple[Value, ...]:
    amounts = (each.cost, each.cost - sought.now.cost, each.cost - sought.goal)
    return (Said(name), _value(number, each.value), *(Money(amount, currency) for amount in amounts), each.payees)


def _places(sought: Sought) -> int:
    return max(sought.places - 2 * sought.number.percent, 0)


def _ends(number: RuleNumber, ends: tuple[Decimal, Decimal]) -> dict[str, Value]:
    return {"low": _value(number, ends[0]), "high": _value(number, ends[1])}


def _value(number: RuleNumber, value: Decimal) -> Value:
    return Share(value) if number.percent else value


def _scope(scope: Scope) -> tuple[tuple[str, Value], ...]:
    named = (("scope_plan", scope.plan), ("scope_department", scope.department))
    return tuple((name, value) for name, value in named if value is not None)


def _needed(baseline: Baseline, needed: Needed) -> Section:
    ruleset = baseline.rules.ruleset
    kpi, currency = ruleset.kpis[needed.kpi], ruleset.currency
    about: dict[str, Value] = {"kpi": kpi.title, "payee": needed.payee, "goal": Money(needed.goal, currency)}
    percent = kpi.compute.in_percent
    steps = {"needed_now": needed.now, "needed_reached": needed.reached, "needed_short": needed.short}
    steps |= {"needed_most": needed.most}
    rows = [
        (Said(name), _result(each, percent), Money(each.payout, currency), Money(each.payout - needed.goal, currency))
        for name, each in steps.items()
        if each is not None
    ]
    table = Table("needed", ("which", "result", "payout", "off_goal"), tuple(rows), about=about)
    said = [_answer(needed, about, percent)]
    said += [Said(f"needed_of_{needed.subject_kind}")] if needed.subject_kind != "payee" else []
    said += [] if needed.assumed is None else [Said("needed_assumed", {"count": needed.assumed})]
    decided = baseline.calculation.decided.used["payee"]
    said += [Said("needed_decided", {"payee": needed.payee})] if needed.payee in decided else []
    ends = {"least_result": needed.low, "greatest_result": needed.high}
    told = ((name, _share(end, percent)) for name, end in ends.items() if abs(end) < _DECLARED)
    return Section("needed", (("goal", about["goal"]), *told), tuple(said), (table,), about)


def _answer(needed: Needed, about: dict[str, Value], percent: bool) -> Said:
    if needed.reached is None:
        return Said("needed_never", about)
    result = {"result": _result(needed.reached, percent)}
    if needed.already:
        return Said(f"needed_already_{needed.better}", about | result)
    return Said(f"needed_{needed.better}", about | result)


def _result(reached: Reached, percent: bool) -> Value:
    return _share(reached.result, percent)


def _share(value: Decimal, percent: bool) -> Value:
    return Share(value) if percent else value


def _sensitivity(baseline: Baseline, found: Sequence[Sensitive], scope: Scope, step: Decimal) -> Section:
    currency = baseline.rules.ruleset.currency
    names = {each.number.path: named(each.number.at, baseline.rules.ruleset) for each in found}
    moving = [each for each in found if each.effect and not each.by_one]
    by_one = [each for each in found if each.effect and each.by_one]
    nothing = [each for each in found if not each.effect and (each.down or each.up)]
    never = [each for each in found if not each.down and not each.up]
    columns = ("rule", "value", "smaller", "cost_smaller", "greater", "cost_greater", "path")
    about: dict[str, Value] = {"step": Share(step)}
    moves = {"moves_cost": moving, "moves_by_one": by_one}
    tables = [
        Table(
            name,
            columns,
            tuple(_move(each, names, currency) for each in of),
            drawn=("cost_smaller", "cost_greater"),
            about=about,
        )
        for name, of in moves.items()
    ]
    still = tuple((names[each.number.path], _now(each), each.number.path) for each in nothing)
    tables.append(Table("moves_nothing", ("rule", "value", "path"), still, about=about))
    refused = tuple(
        (names[each.number.path], _now(each), each.number.path, None if each.refused is None else _why(each.refused))
        for each in never
    )
    tables.append(Table("never_moved", ("rule", "value", "path", "reason"), refused))
    cost = (("cost_now", Money(found[0].now.cost, currency)),) if found else ()
    some = tuple(table for table in tables if table.rows)
    return Section("sensitivity", (*cost, *_scope(scope)), (), some, about)


def _why(refused: Problem) -> Label:
    """Why rules are refused: as the check says it, and in short where that speaks another language."""
    return {"en": refused.message, "fr": _IN_FRENCH.get(refused.code, f"contrôle {refused.code}")}


def _now(each: Sensitive) -> Value:
    return _value(each.number, each.number.value)


def _move(each: Sensitive, names: Mapping[str, Label], currency: str) -> tuple[Value, ...]:
    ends = (
        (None, None) if end is None else (_value(each.number, end.value), Money(end.cost - each.now.cost, currency))
        for end in (each.down, each.up)
    )
    path = each.number.path
    return (names[path], _now(each), *(value for end in ends for value in end), path)
