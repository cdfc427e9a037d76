"""Leave: what absences do to pay is the same for all of one standing, and can be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from incentive_engine.errors import Problem
from incentive_engine.kinds.kpis import Count, Given, Sum
from incentive_engine.kinds.kpis_of_customers import Distinct
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.rulesets.checked import Checked, tells, unknown
from incentive_engine.rulesets.leave import Effect, Leave, LeaveType
from incentive_engine.rulesets.models import MeasureFields
from incentive_engine.rulesets.walking import ways_of

VOLUMES = (Count, Sum, Distinct, Given, OverKpis)
"""The kinds of KPIs of which somebody who works half of the time may have half."""
_LESS: tuple[Effect, ...] = ("reduces_payout", "neutral")


@tells("unequal-leave", about=(LeaveType,))
def absences_of_one_standing_are_alike(checked: Checked) -> Iterator[Problem]:
    """Types of leave of the same standing before the law do the same to every plan's pay."""
    first: dict[str, str] = {}
    for name, each in _types(checked).items():
        if each.standing is None:
            continue
        other = first.setdefault(each.standing, name)
        for pays in dict.fromkeys(plan.pays for plan in checked.rules.plans.values()):
            one, two = _types(checked)[other].effect_on(pays), each.effect_on(pays)
            if one != two:
                message = f"`{name}` is of the same standing as `{other}`, `{each.standing}`, and is not treated alike"
                message += f": for `{pays}` it is `{two}`, and `{other}` is `{one}`"
                hint = "give both the same effect, or another `standing` if the law tells them apart"
                at = ("in_pay", pays) if pays in each.in_pay else ("effect",)
                yield Problem("unequal-leave", message, checked.at("leave", "types", name, *at), hint)
                break


@tells("repeated-name", "unknown-payment", about=(LeaveType,))
def types_of_leave_can_be_told_apart(checked: Checked) -> Iterator[Problem]:
    """What the table calls a leave is one type, and exceptions are of something that is paid."""
    paid = {plan.pays for plan in checked.rules.plans.values()}
    owner: dict[str, str] = {name: name for name in _types(checked)}
    for name, each in _types(checked).items():
        for index, code in enumerate(each.codes):
            other = owner.setdefault(code, name)
            if other != name or each.codes.index(code) < index:
                again = f"`{code}` stands twice in the codes of `{name}`"
                message = again if other == name else f"`{code}` means `{other}` already: it cannot mean `{name}`"
                where = checked.at("leave", "types", name, "codes", index)
                yield Problem("repeated-name", message, where, "write each code once")
        for pays in each.in_pay.keys() - paid:
            where = checked.key("leave", "types", name, "in_pay", pays)
            yield unknown("payment", pays, where, paid, "the rule set")


@tells("not-prorated", about=(Leave,))
def plans_that_leave_reduces_are_prorated(checked: Checked) -> Iterator[Problem]:
    """A plan whose pay leave reduces has a proration: there it counts less."""
    for name, plan in checked.rules.plans.items():
        less = [each for each, kind in _types(checked).items() if kind.effect_on(plan.pays) in _LESS]
        paid = plan.target_pay or plan.payout or plan.pool
        if less and paid and plan.proration is None:
            message = f"`{name}` has no proration, in which `{less[0]}` could count less"
            hint = "add `proration: {by: calendar_days}`, or let all leave count: `in_pay: {…: counts}`"
            yield Problem("not-prorated", message, checked.key("plans", name), hint)


@tells("presence-not-possible", about=(MeasureFields,))
def targets_for_presence_are_of_volumes(checked: Checked) -> Iterator[Problem]:
    """A target for presence is that of a payee's volume over the whole period, in a plan that is prorated."""
    for placed, measure, name in checked.measures:
        if measure.target_for != "presence":
            continue
        kpi, plan = checked.rules.kpis.get(name), checked.rules.plans[placed.plan]
        reasons = {
            f"`{name}` is no volume: who is there half of the time is expected to be as good": kpi is not None
            and not isinstance(kpi.compute, VOLUMES),
            f"the result of a {measure.of} does not depend on who of it was away": measure.of != "payee",
            f"`{placed.path}` averages parts of the period, in each of which somebody may have been away or not": (
                measure.average_of is not None
            ),
            f"`{placed.path}` has no target": all(way.way.target is None for way in ways_of(placed)),
            f"`{placed.plan}` has no proration, by which presence could be counted": plan.proration is None,
        }
        for message in (reason for reason, holds in reasons.items() if holds):
            where = checked.at(*placed.at, "target_for")
            yield Problem("presence-not-possible", message, where, "leave `target_for` out")
            break


def _types(checked: Checked) -> Mapping[str, LeaveType]:
    return checked.rules.leave.types if checked.rules.leave else {}
