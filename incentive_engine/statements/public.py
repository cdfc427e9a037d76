"""The page for customers: what their voice counts for in pay, what they said and lived, and how that changed.

It is about the whole company and never about anybody: neither payees nor customers, nor who decided the rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from incentive_engine.engine.run import Run
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import Kpi
from incentive_engine.rulesets.resolving import GroupNode, MeasureNode, ResolvedPlan, resolve
from incentive_engine.rulesets.shares import declared_customer_share
from incentive_engine.statements.belonging import Belonging, Payout
from incentive_engine.statements.departments import customer_kpis
from incentive_engine.statements.group_results import GroupResult, GroupResults, ResultWords, asked
from incentive_engine.statements.languages import Language
from incentive_engine.statements.small_groups import LEAST, rounded_share
from incentive_engine.statements.values import PastResult, PublicPage, PublicResult, Voice

_DIGITS: Final = 3
_HUNDRED: Final = Decimal(100)
_SHARE: Final = Decimal("0.001")


@dataclass(frozen=True)
class Past:
    """The results of one run, by the rules of its period."""

    period: Period
    rules: Rules
    results: GroupResults


def past(run: Run, rules: Rules, least: int = LEAST) -> Past:
    """What a run says of the company's customers."""
    period = rules.period(run.summary["period"])
    plans = {plan.name: plan for plan in resolve(rules.ruleset, period)}
    members = tuple(Belonging(run, rules).members())
    return Past(period, rules, GroupResults(run, rules, customer_kpis(rules, plans), members, least))


class PublicWriter:
    """The page of one run, in one language. `before`: earlier runs, the earliest first."""

    def __init__(self, run: Run, rules: Rules, reader: Language, before: Sequence[Past], least: int = LEAST) -> None:
        self._rules, self._reader, self._least = rules, reader, least
        self._words, self._shown = reader.words["public"], ResultWords(reader)
        self._runs = (*before, past(run, rules, least))
        self._plans = {plan.name: plan for plan in resolve(rules.ruleset, self._now.period)}
        self._payouts = tuple(Belonging(run, rules).payouts())

    @property
    def _now(self) -> Past:
        return self._runs[-1]

    def page(self) -> PublicPage:
        """The whole page."""
        ruleset = self._rules.ruleset
        share = self._paid(self._payouts)
        return PublicPage(
            language=self._reader.code,
            title=self._reader.nearest(ruleset.title),
            period=self._reader.period(self._now.period.name, self._now.period.start),
            lead=str(self._words["lead"]),
            share=str(self._words["share"]).format(share=share) if share else str(self._words["none"]),
            plans=tuple(self._voices()),
            results=tuple(self._results()),
            notes=tuple(str(each).format(least=self._least) for each in self._words["notes"].values()),
            rules=str(self._words["rules"]).format(title=self._reader.nearest(ruleset.title), version=ruleset.version),
        )

    def _paid(self, payouts: Sequence[Payout]) -> str:
        """How much of the money customers brought; empty where that is of too few people, or nothing was paid."""
        count = len({each.payee for each in payouts if each.payout is not None})
        known = [(each.payout, each.customer) for each in payouts if each.payout is not None]
        whole = sum((payout for payout, _ in known), Decimal(0))
        if count < self._least or whole <= 0 or any(customer is None for _, customer in known):
            return ""
        brought = sum((customer for _, customer in known if customer is not None), Decimal(0))
        return self._reader.numbers.percent(rounded_share(brought / whole, count))

    def _voices(self) -> Iterator[Voice]:
        """Every plan by which enough people are paid, in written order."""
        for plan in self._plans.values():
            payouts = [each for each in self._payouts if each.plan == plan.name]
            if plan.always and len({each.payee for each in payouts}) >= self._least:
                yield self._voice(plan, payouts)

    def _voice(self, plan: ResolvedPlan, payouts: Sequence[Payout]) -> Voice:
        ruleset, percent = self._rules.ruleset, self._reader.numbers.percent
        share = declared_customer_share(ruleset, ruleset.plans[plan.name])
        low, high = ((Decimal(each.numerator) / each.denominator).quantize(_SHARE) for each in (share.low, share.high))
        form = self._words["declared"]["one" if low == high else "range"]
        paid = self._paid(payouts)
        return Voice(
            title=self._reader.nearest(plan.title),
            declared=str(form).format(low=percent(low), high=percent(high)),
            width=f"{low * _HUNDRED:.2f}",
            paid=str(self._words["paid"]).format(share=paid) if paid else "",
            parts=tuple(
                (self._reader.nearest(node.title), str(self._words["own"]) if weight is None else percent(weight))
                for node, weight in _weights(plan.root, Decimal(1))
                if node.kpi.perspective == "customer"
            ),
        )

    def _results(self) -> Iterator[PublicResult]:
        for name in customer_kpis(self._rules, self._plans):
            now = self._told(self._now, name)
            if now is not None:
                yield self._result(name, now)

    def _told(self, at: Past, name: str) -> GroupResult | None:
        """The company's result, where it is of enough people and of enough records."""
        if name not in at.rules.ruleset.kpis or not at.results.knows(name):
            return None
        found = at.results.of(name, ())
        few = found is not None and found.n is not None and found.n < self._least
        return None if few else found

    def _result(self, name: str, now: GroupResult) -> PublicResult:
        kpi = self._rules.ruleset.kpis[name]
        told = [(at, self._told(at, name)) for at in self._runs]
        alike = [(at, found) for at, found in told if found is not None and _same(at.rules.ruleset.kpis[name], kpi)]
        return PublicResult(
            title=self._reader.nearest(kpi.title),
            meaning=asked(kpi, self._reader),
            result=self._shown.value(kpi, _readable(now.value)),
            facts=self._shown.records(now),
            between=self._shown.between(kpi, now),
            better=str(self._words["better"][kpi.better]),
            change=self._change(kpi, told[-2][1] if len(told) > 1 else None, now, alike),
            past=tuple(self._past(kpi, at, found) for at, found in alike) if len(alike) > 1 else (),
        )

    def _past(self, kpi: Kpi, at: Past, found: GroupResult) -> PastResult:
        period = self._reader.period(at.period.name, at.period.start)
        return PastResult(period, self._shown.value(kpi, _readable(found.value)), self._shown.records(found))

    def _change(
        self, kpi: Kpi, before: GroupResult | None, now: GroupResult, alike: Sequence[tuple[Past, GroupResult]]
    ) -> str:
        """How a result changed since the period before, in words; nothing where there is none before."""
        if before is None:
            return ""
        words = self._words["change"]
        if all(found is not before for _, found in alike):
            return str(words["other"])
        which = _changed(kpi, before, now)
        return str(words[which]).format(before=self._shown.value(kpi, _readable(before.value)))


def _weights(group: GroupNode, whole: Decimal | None) -> Iterator[tuple[MeasureNode, Decimal | None]]:
    """What the weights of each measure multiply up to; None where one differs by person, or there are none."""
    for item in group.items:
        own = item.weight
        weight = own * whole if isinstance(own, Decimal) and whole is not None else None
        if isinstance(item, MeasureNode):
            yield item, weight
        else:
            yield from _weights(item, weight)


def _same(one: Kpi, other: Kpi) -> bool:
    """Whether two periods measured in the same way."""
    return (one.compute, one.over, one.unit) == (other.compute, other.over, other.unit)


def _changed(kpi: Kpi, before: GroupResult, now: GroupResult) -> str:
    """Better, worse, the same, or no more than chance does: less than what both intervals together are wide.

    The half-widths of two independent results add up as the sides of a right angle do.
    """
    change = now.value - before.value
    if not change:
        return "same"
    up = change > 0
    near = before.high if up else before.low
    far = now.low if up else now.high
    if near is not None and far is not None and change**2 <= (near - before.value) ** 2 + (now.value - far) ** 2:
        return "chance"
    return "up" if up == (kpi.better == "higher") else "down"


def _readable(value: Decimal) -> Decimal:
    """Three digits, and all that stand before the mark."""
    places = max(0, _DIGITS - 1 - value.adjusted()) if value else 0
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
