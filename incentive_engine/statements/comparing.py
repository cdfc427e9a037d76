"""What a payee's pay rests on, as it was and as it is: results, targets, weights, salary, days; in one language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.compiler.program import PRORATION, TARGET_PAY
from incentive_engine.engine.comparing import Number, parameter_of
from incentive_engine.engine.input_groups import Group
from incentive_engine.kinds.base import Parameter
from incentive_engine.rulesets.in_force import EDITION
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import Kpi
from incentive_engine.rulesets.resolving import MeasureNode, ResolvedPlan, nodes_under
from incentive_engine.statements.languages import Language
from incentive_engine.statements.people import Followed, column_name
from incentive_engine.statements.reading import Row, Show, in_percent, number_in

GIVEN: Final = frozenset({TARGET_PAY, PRORATION})
"""Names in formulas that stand for what is worked out from others."""


class ComparisonWriter:
    """Two periods side by side, in one language."""

    def __init__(self, language: Language, then: Rules, now: Rules) -> None:
        self._language, self._words, self._numbers = language, language.words, language.numbers
        self._then, self._now = then, now
        self._read: dict[str, tuple[tuple[str, str, str, Show], ...]] = {}
        self._missing = str(language.words["missing"])
        self._by_kpi = [
            frozenset(name for name, table in rules.ruleset.tables.items() if "kpi" in table.keys)
            for rules in (then, now)
        ]

    def notes(self, group: Group, then: Followed, now: Followed) -> Iterator[str]:
        """What is different in one group of inputs, each with what it was before."""
        match group:
            case "customer" | "internal":
                yield from self._results(group, then[1], now)
            case "targets":
                yield from self._targets(then, now)
            case "rules":
                yield from self._terms(then, now)
            case "salary":
                yield from self._facts(then[1], now)
            case "presence":
                share = str(self._words["steps"]["proration"])
                before, after = (number_in(row, PRORATION) for _, row in (then, now))
                yield from self._different(share, before, after, self._numbers.percent)

    def _results(self, perspective: str, then: Row, now: Followed) -> Iterator[str]:
        """The results that measures, conditions and factors of the plan read."""
        plan, row = now
        if plan.name not in self._read:
            self._read[plan.name] = tuple(self._results_read(plan))
        for of, column, title, show in self._read[plan.name]:
            if of == perspective:
                yield from self._different(title, number_in(then, column), number_in(row, column), show)

    def _results_read(self, plan: ResolvedPlan) -> Iterator[tuple[str, str, str, Show]]:
        """Each with its perspective, its column, what it is called, and how it is written."""
        kpis = self._now.ruleset.kpis
        read = {ResultKey(node.kpi_name, node.of): self._language.label(node.title) for node in plan.measures()}
        for node in nodes_under(plan.root):
            named = [(each.when, each.of) for each in node.steps.gates]
            named += [(each.formula, each.of) for each in node.steps.modifiers]
            for formula, of in named:
                for name in sorted(formula.names & kpis.keys()):
                    read.setdefault(ResultKey(name, of), self._language.label(kpis[name].title))
        twice = Counter(key.kpi for key in read)
        for key, name in read.items():
            whose = str(self._words["bridge"]["of"][key.subject_kind])
            title = f"{name} · {whose}" if twice[key.kpi] > 1 else name
            yield kpis[key.kpi].perspective, key.column, title, self._show(kpis[key.kpi])

    def _show(self, kpi: Kpi) -> Show:
        return self._numbers.percent if in_percent(kpi) else self._numbers.number

    def _targets(self, then: Followed, now: Followed) -> Iterator[str]:
        before = {node.path: node for node in then[0].measures()}
        for node in now[0].measures():
            old = before.get(node.path)
            numbers = {} if old is None else {way.name: way.parameters for way in old.paths}
            show = self._show(node.kpi)
            for way in node.paths:
                for name, parameter in way.parameters.items():
                    title = f"{self._language.label(node.title)} · {self._words['card']['parameters'][name]}"
                    was = self._number(0, numbers.get(way.name, {}).get(name), then[1], node.kpi_name)
                    yield from self._different(title, was, self._number(1, parameter, now[1], node.kpi_name), show)

    def _terms(self, then: Followed, now: Followed) -> Iterator[str]:
        """The plan, the version of the rules, the target pay where its formula is another, and the weights."""
        (plan_then, row_then), (plan, row) = then, now
        if plan_then.name.partition(EDITION)[0] != plan.name.partition(EDITION)[0]:
            titles = self._language.nearest(plan_then.title), self._language.label(plan.title)
            yield self._changed(str(self._words["page"]["plan"]).lower(), *titles)
            return
        versions = self._then.edition(plan_then).version, self._now.edition(plan).version
        if versions[0] != versions[1]:
            yield self._changed(str(self._words["changes"]["edition"]), *versions)
        if plan_then.target_pay != plan.target_pay:
            was, is_now = (number_in(each, TARGET_PAY) for each in (row_then, row))
            yield from self._different(str(self._words["steps"]["target_pay"]), was, is_now, self._numbers.money)
        before = {node.path: node for node in nodes_under(plan_then.root)}
        for node in nodes_under(plan.root):
            kpi = node.kpi_name if isinstance(node, MeasureNode) else None
            was = None if node.path not in before else self._number(0, before[node.path].weight, row_then, kpi)
            title = f"{self._language.label(node.title)} · {self._words['card']['weight']}"
            is_now = self._number(1, node.weight, row, kpi)
            yield from self._different(title, was, is_now, self._numbers.percent)

    def _facts(self, then: Row, now: Followed) -> Iterator[str]:
        """The columns of the workforce that the pay is worked out from."""
        plan, row = now
        formulas = [each for each in (plan.target_pay, plan.payout) if each is not None]
        for name in sorted({name for each in formulas for name in each.names} - self._now.ruleset.kpis.keys()):
            if name not in GIVEN:
                title = column_name(name, self._language)
                yield from self._different(title, number_in(then, name), number_in(row, name), self._numbers.number)

    def _number(self, which: int, parameter: Parameter | None, row: Row, kpi: str | None) -> Number | None:
        return parameter_of(parameter, row, self._by_kpi[which], kpi)

    def _different(self, title: str, before: Number | None, after: Number | None, show: Show) -> Iterator[str]:
        if before != after:
            yield self._changed(title, *(self._missing if each is None else show(each) for each in (before, after)))

    def _changed(self, name: str, before: str, after: str) -> str:
        return str(self._words["changes"]["changed"]).format(name=name, before=before, after=after)
