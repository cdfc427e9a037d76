"""Rules of French employment law, for rule sets with `law: [france]`. They remind; none of them is legal advice.

What courts said is cited where several commentaries agree on the judgment and its number; elsewhere the article alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from incentive_engine.formulas import Formula
from incentive_engine.formulas.tree import Comparison, NameUse, walk
from incentive_engine.kinds.attainments import ATTAINMENTS
from incentive_engine.rulesets.checks.labels import labels_of
from incentive_engine.rulesets.checks.plans.rule import Found, Linted, plan_rule
from incentive_engine.rulesets.decisions import Decision
from incentive_engine.rulesets.in_force import numbers_that_change
from incentive_engine.rulesets.resolving import KeyPath

FRANCE: Final = "france"
NO_ADVICE: Final = "This is no legal advice."


@plan_rule(
    "L01-not-in-french",
    bad="""
        law: [france]
        title: {en: Quarterly bonus}
        """,
    good="""
        law: [france]
        title: {en: Quarterly bonus, fr: Prime trimestrielle}
        """,
    sources=(
        "Code du travail, art. L1321-6; Cass. soc., 29 June 2011, no. 09-67.492; 7 June 2023, no. 21-20.322. "
        + NO_ADVICE,
    ),
)
def labels_are_in_french(linted: Linted) -> Iterator[Found]:
    """Everything that people read about their pay is there in French.

    A document that an employee must know to do the work is written in French; targets and bonus plans in another
    language cannot be held against employees, who may then claim the variable pay. Looked at: every label.
    """
    for at, label in labels_of(linted.rules) if FRANCE in linted.rules.law else ():
        if "fr" not in label:
            message = f"`{at[-1]}` has no text in French, which employees in France must be given (L1321-6)"
            yield Found(at, message, f"add `fr: …`. {NO_ADVICE}")


@plan_rule(
    "L02-told-late",
    bad="""
        law: [france]
        in_force: {from: 2026-01-01}
        decided: {by: The pay committee, on: 2026-01-08, notified: 2026-01-20}
        """,
    good="""
        law: [france]
        in_force: {from: 2026-01-01}
        decided: {by: The pay committee, on: 2025-12-11, notified: 2025-12-18}
        """,
    sources=("Cass. soc., 2 March 2011, no. 08-44.977; 31 January 2024, no. 22-22.709. " + NO_ADVICE,),
)
def people_are_told_before(linted: Linted) -> Iterator[Found]:
    """People are told of rules and targets by the day on which these begin to count.

    Targets that an employer sets alone must be known at the beginning of the period; where they are not, the most that
    the plan can pay is due, as if all targets had been reached. Looked at: the day on which people were told of the
    rules, of each table and of each measure's target, against the first day of the rules, of the plan, and of numbers
    that change. A run's review asks the same of its period.
    """
    rules = linted.over_time or linted.rules
    if FRANCE not in rules.law:
        return
    begins = rules.in_force.start if rules.in_force else None
    yield from _told_late(rules.decided, ("decided",), begins, "the rules")
    for name, table in rules.tables.items():
        if table.decided is not None:
            yield from _told_late(table.decided, ("tables", name, "decided"), begins, f"the numbers of `{name}`")
    for placed, measure, _ in linted.measures:
        starts = rules.plans[placed.plan].in_force
        first = (starts.start if starts else None) or begins
        if measure.decided is not None:
            yield from _told_late(measure.decided, (*placed.at, "decided"), first, f"the target of `{placed.path}`")
    for name, plan in rules.plans.items():
        own = plan.in_force.start if plan.in_force else None
        if own is not None and own != begins:
            yield from _too_late(rules.decided.notified, ("plans", name, "in_force", "from"), own, f"`{name}`")
        for at, number in numbers_that_change(plan, ("plans", name)):
            for day in sorted(number.since)[1:]:
                yield from _too_late(rules.decided.notified, (*at, "since", day.isoformat()), day, f"`{at[-1]}`")


def _told_late(decided: Decision, at: KeyPath, begins: dt.date | None, what: str) -> Iterator[Found]:
    if decided.notified is None:
        message = f"nothing says when people were told of {what}: told too late, the maximum may be due"
        yield Found(at, message, f"write `notified:` with the day. {NO_ADVICE}")
    else:
        yield from _too_late(decided.notified, (*at, "notified"), begins, what)


def _too_late(notified: dt.date | None, at: KeyPath, begins: dt.date | None, what: str) -> Iterator[Found]:
    if notified is not None and begins is not None and notified > begins:
        message = f"people were told on {notified} of {what}, which counts from {begins}: the maximum may be due"
        yield Found(at, message, f"let it count from the next period on. {NO_ADVICE}")


@plan_rule(
    "L04-presence-at-payment",
    bad="""
        law: [france]
        plans:
          adviser:
            eligible: ISMISSING(left) OR left > period_end
        """,
    good="""
        law: [france]
        plans:
          adviser:
            eligible: days_employed >= 30
            proration: {by: calendar_days}
        """,
    sources=("Cass. soc., 9 February 2022, no. 20-12.611; 26 June 2024, no. 23-10.634. " + NO_ADVICE,),
)
def pay_for_work_is_not_lost_by_leaving(linted: Linted) -> Iterator[Found]:
    """Nobody loses pay for days worked by leaving before it is paid.

    Variable pay for one's work is earned in proportion to the presence in the period, and cannot be made to depend on
    presence at a later day on which it is paid. Looked at: conditions about `left`, unless they only ask whether
    somebody was there in the period at all, and those that ask for days of employment of the whole period.
    """
    if FRANCE not in linted.rules.law:
        return
    for at, formula in conditions(linted):
        if _asks_who_left(formula):
            message = "who leaves loses pay that was earned by working in the period"
            yield Found(at, message, f"leave `left` out, and prorate. {NO_ADVICE}")
        elif _asks_whole_period(formula):
            message = "who was not there for the whole period loses the pay for the days worked"
            yield Found(at, message, f"ask for fewer days, and prorate. {NO_ADVICE}")


def conditions(linted: Linted) -> Iterator[tuple[KeyPath, Formula]]:
    """Every condition on which pay depends, with its place."""
    for placed in linted.nodes:
        for index, gate in enumerate(placed.node.gates):
            yield (*placed.at, "gates", index, "when"), gate.when
    for name, plan in linted.rules.plans.items():
        yield ("plans", name, "who"), plan.who
        if plan.eligible is not None:
            yield ("plans", name, "eligible"), plan.eligible


def _asks_who_left(formula: Formula) -> bool:
    compared = [frozenset(_names(node)) for node, _ in walk(formula.tree) if isinstance(node, Comparison)]
    return "left" in formula.names and frozenset({"left", "period_start"}) not in compared


def _asks_whole_period(formula: Formula) -> bool:
    compared = [frozenset(_names(node)) for node, _ in walk(formula.tree) if isinstance(node, Comparison)]
    return frozenset({"days_employed", "period_days"}) in compared


def _names(comparison: Comparison) -> Iterator[str]:
    return (side.name for side in (comparison.left, comparison.right) if isinstance(side, NameUse))


@plan_rule(
    "L05-quotas",
    bad="""
        law: [france]
        populations: {advisers: {who: role = "Adviser"}}
        curves:
          in_groups: {kind: stepped, tiers: [{from: 0%, rate: 80%}, {from: 80%, rate: 120%}], below: flat}
        plans:
          adviser:
            scorecard:
              satisfied: {weight: 70%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}
              sales: {weight: 30%, of: payee, among: advisers, attainment: percentile_inclusive, curve: in_groups}
        """,
    good="""
        law: [france]
        populations: {advisers: {who: role = "Adviser"}}
        curves:
          by_place: {kind: linear, points: [[0%, 80%], [100%, 120%]], below: flat}
        plans:
          adviser:
            scorecard:
              satisfied: {weight: 70%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}
              sales: {weight: 30%, of: payee, among: advisers, attainment: percentile_inclusive, curve: by_place}
        """,
    sources=("Code du travail, art. L1222-2; Cass. soc., 27 March 2013, no. 11-26.539. " + NO_ADVICE,),
)
def ranks_have_no_quotas(linted: Linted) -> Iterator[Found]:
    """No group of people has a size that was settled before anybody was looked at.

    An evaluation must be about the person's own work: groups with quotas that must be filled are unlawful, as somebody
    must be in the last whatever all of them did. Looked at: places or percentiles of single payees that are paid by the
    tiers of a curve; a line pays each place a little more than the next, and has no groups.
    """
    if FRANCE not in linted.rules.law:
        return
    for placed, way, _ in linted.ways:
        curve = linted.rules.curves[way.way.curve]
        ranked = ATTAINMENTS[way.way.attainment].ranked and getattr(placed.node, "of", None) == "payee"
        if ranked and not curve.smooth and len(curve.starts()) > 1:
            message = f"the tiers of `{way.way.curve}` make groups of set sizes among `{way.way.among}`"
            hint = f"pay results against a target, or places along a line. {NO_ADVICE}"
            yield Found((*way.at, "curve"), message, hint)
