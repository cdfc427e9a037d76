"""Every formula of a rule set, with where it stands and what it may name.

This is the one list of what formulas may name: types, contracts and checks all follow it.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import groupby

from incentive_engine.formulas import Formula, Name, Type
from incentive_engine.formulas.tree import NameUse, walk
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.kinds.over_kpis import EARLIER, OverKpis
from incentive_engine.kinds.pools import GivenSum, Pool, SharedOut, Solved
from incentive_engine.rulesets.clocks import OF_CASES
from incentive_engine.rulesets.models import Kpi, Plan, RuleSet
from incentive_engine.rulesets.resolving import KeyPath
from incentive_engine.rulesets.set_aside import SetAsideRepeats, SetAsideWhen
from incentive_engine.rulesets.tables import Source
from incentive_engine.rulesets.walking import Placed

Names = dict[str, Name]
WHOLE_PERIOD: Names = {
    "period_days": Name("number", "calendar days of the period"),
    "period_start": Name("date", "first day of the period"),
    "period_end": Name("date", "last day of the period"),
}
"""What every formula has that speaks of a period."""

PERIOD_NAMES: Names = {
    "days_employed": Name("number", "days from hire to leave or to the end of the period, both included"),
    **WHOLE_PERIOD,
}
"""What every formula has that speaks of a payee."""
TARGET_PAY: Names = {"target_pay": Name("number", "what a score of 100 % pays")}
PRORATION: Names = {"proration": Name("number", "the share of the period that counts")}
SCORE: Names = {"score": Name("number", "the score of the plan")}
KPI = Name("number", "a KPI")
EARLIER_KPI = Name("number", "an earlier result of a KPI")
NODE = Name("number", "the score of a node")
FACTOR = Name("number", "the factor that the pool is solved for")
RESULTS = "kpis"
"""The table of given results."""
WORKFORCE_NUMBERS = ("base_salary", "fte")


@dataclass(frozen=True, slots=True)
class FormulaUse:
    """One formula, and what it may name; `source` None where it speaks of payees."""

    at: KeyPath
    formula: Formula
    wanted: Type
    source: str | None = None
    """The table of the columns that it may name: `kpis`, which no source is called, where it speaks of results only."""
    layers: tuple[Names, ...] = ()
    """The names that it has besides columns, one kind of them after the other."""
    columns: bool = True
    """Whether it may name columns."""
    curves: Set[str] = frozenset()
    """The curves that it may call."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Why it may not call some of the others."""

    @property
    def given(self) -> Mapping[str, Name]:
        """The names that it has besides columns."""
        return ChainMap(*self.layers)

    @property
    def kpis(self) -> frozenset[str]:
        """The KPIs that it names; what its curves read in their `across` is not among them."""
        given = self.given
        kpis = (name for name in self.formula.names if given.get(name) in (KPI, EARLIER_KPI))
        return frozenset(name.partition(".")[0] for name in kpis)

    @property
    def named_columns(self) -> frozenset[str]:
        """The columns that it names: all names that it does not have from elsewhere."""
        given = self.given
        others = self.formula.names if self.columns else ()
        return frozenset(name for name in others if "." not in name and name not in given)

    def offset_of(self, name: str) -> int:
        """Where it uses a name first."""
        uses = (node for node, _ in walk(self.formula.tree) if isinstance(node, NameUse))
        return min(use.offset for use in uses if use.name == name)


def formula_uses(rules: RuleSet, placed_nodes: Iterable[Placed]) -> Iterator[FormulaUse]:
    """Every formula, in the order of the file."""
    known = _Known(rules)
    for name, source in rules.sources.items():
        yield from _of_source(name, source)
    for name, cases in rules.cases.items():
        for key, formula in cases.formulas.items():
            yield FormulaUse(("cases", name, key), formula, "boolean", cases.source)
    for name, kpi in rules.kpis.items():
        if isinstance(kpi.compute, FromFacts):
            yield from _over_facts(rules, ("kpis", name), kpi, kpi.compute)
        if isinstance(kpi.compute, OverKpis):
            at, layers = ("kpis", name, "compute", "value"), (known.kpis, known.earlier)
            yield FormulaUse(at, kpi.compute.value, "number", RESULTS, layers, columns=False)
    for name, population in rules.populations.items():
        yield FormulaUse(("populations", name, "who"), population.who, "boolean", layers=(PERIOD_NAMES,))
    for name, across in known.across.items():
        yield FormulaUse(("curves", name, "across"), across, "number", layers=(PERIOD_NAMES, known.kpis))
    nodes = {plan: tuple(group) for plan, group in groupby(placed_nodes, lambda placed: placed.plan)}
    for name, pool in rules.pools.items():
        members = [nodes[plan] for plan, each in rules.plans.items() if each.pool == name]
        yield from _of_pool(known, ("pools", name), pool, members)
    for name, plan in rules.plans.items():
        yield from _of_plan(known, ("plans", name), plan, nodes[name])


def _over_facts(rules: RuleSet, at: KeyPath, kpi: Kpi, compute: FromFacts) -> Iterator[FormulaUse]:
    """The formulas of a KPI that speak of its facts."""
    source = rules.source_behind(compute.source)
    layers = (WHOLE_PERIOD, OF_CASES) if compute.source in rules.cases else (WHOLE_PERIOD,)
    if kpi.verbatims is not None:
        yield FormulaUse((*at, "verbatims", "when"), kpi.verbatims.when, "boolean", source, layers)
    for key, (formula, wanted) in compute.formulas().items():
        yield FormulaUse((*at, "compute", *key.split(".")), formula, wanted, source, layers)


def _of_source(name: str, source: Source) -> Iterator[FormulaUse]:
    for index, rule in enumerate(source.set_aside):
        if isinstance(rule, SetAsideWhen):
            yield FormulaUse(("sources", name, "set_aside", index, "when"), rule.when, "boolean", name)
    for watched, watch in source.watch.items():
        for key in ("where", "among"):
            condition: Formula | None = getattr(watch, key)
            if condition is not None:
                yield FormulaUse(("sources", name, "watch", watched, key), condition, "boolean", name)


class _Known:
    """What is known wherever a formula stands: the KPIs, the curves, and what matrices read as their second number."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.kpis: Names = dict.fromkeys(rules.kpis, KPI)
        self.earlier: Names = dict.fromkeys((f"{kpi}.{when}" for kpi in rules.kpis for when in EARLIER), EARLIER_KPI)
        self.across = {name: curve.across for name, curve in rules.curves.items() if curve.across is not None}

    def calling(
        self, at: KeyPath, formula: Formula, *layers: Names, wanted: Type = "number", columns: bool = True
    ) -> FormulaUse:
        """A formula that may call curves: all but those whose `across` reads what the formula itself could not."""
        given: Mapping[str, Name] = ChainMap(*layers)
        refused: dict[str, str] = {}
        for name, across in self.across.items():
            foreign = {each for each in across.names - WHOLE_PERIOD.keys() if each in self.kpis or not columns}
            lacking = {each for each in foreign if given.get(each) is not KPI}
            if lacking:
                refused[name] = f"`{min(lacking)}`, which its `across` names, is not known here"
        curves = self.rules.curves.keys() - refused.keys() if refused else self.rules.curves.keys()
        return FormulaUse(at, formula, wanted, None, layers, columns, curves, refused)


def _of_pool(known: _Known, at: KeyPath, pool: Pool, members: list[tuple[Placed, ...]]) -> Iterator[FormulaUse]:
    """The formulas of a pool; `members`: the nodes of each plan that it pays."""
    paid = all(known.rules.plans[nodes[0].plan].target_pay is not None for nodes in members)
    pay = TARGET_PAY if paid else {}
    fund = (*at, "fund", pool.fund.key)
    if isinstance(pool.fund, GivenSum):
        yield known.calling(fund, pool.fund.formula, WHOLE_PERIOD, known.kpis, columns=False)
    else:
        yield known.calling(fund, pool.fund.formula, PERIOD_NAMES, pay, PRORATION, known.kpis)
    if isinstance(pool, SharedOut):
        paths = [set(_scores(nodes)) for nodes in members]
        common = dict.fromkeys(set.intersection(*paths) if paths else (), NODE)
        for name, part in pool.parts.items():
            key = (*at, "parts", name, "in_proportion_to")
            yield known.calling(key, part.in_proportion_to, PERIOD_NAMES, pay, PRORATION, SCORE, common)
        for bound in ("minimum", "maximum"):
            formula: Formula | None = getattr(pool, bound)
            if formula is not None:
                yield known.calling((*at, bound), formula, PERIOD_NAMES, pay, PRORATION)


def _of_plan(known: _Known, at: KeyPath, plan: Plan, nodes: tuple[Placed, ...]) -> Iterator[FormulaUse]:
    yield FormulaUse((*at, "who"), plan.who, "boolean", layers=(PERIOD_NAMES,))
    if plan.eligible:
        yield FormulaUse((*at, "eligible"), plan.eligible, "boolean", layers=(PERIOD_NAMES,))
    if plan.target_pay:
        yield known.calling((*at, "target_pay"), plan.target_pay, PERIOD_NAMES)
    if plan.payout:
        pool = known.rules.pools.get(plan.pool) if plan.pool else None
        solved = {pool.solve.factor: FACTOR} if isinstance(pool, Solved) else {}
        pay = TARGET_PAY if plan.target_pay else {}
        yield known.calling((*at, "payout"), plan.payout, PERIOD_NAMES, pay, SCORE, _scores(nodes), solved)
    for placed in nodes:
        yield from _of_steps(known, placed)


def _of_steps(known: _Known, placed: Placed) -> Iterator[FormulaUse]:
    layers = PERIOD_NAMES, known.kpis
    for index, modifier in enumerate(placed.node.modifiers):
        yield known.calling((*placed.at, "modifiers", index, modifier.key), modifier.formula, *layers)
    for index, gate in enumerate(placed.node.gates):
        yield known.calling((*placed.at, "gates", index, "when"), gate.when, *layers, wanted="boolean")


def _scores(nodes: tuple[Placed, ...]) -> Names:
    """The nodes below the root of a plan, by path."""
    return {placed.path: NODE for placed in nodes if not isinstance(placed.node, Plan)}


def answer_columns(rules: RuleSet, source: str) -> dict[str, tuple[int, int]]:
    """The columns of a source that KPIs read as answers, with the least and the greatest answer."""
    answers = (each for compute in _from(rules, source) for each in compute.answers().values())
    return {column: (low, high) for column, low, high in answers}


def compared_columns(rules: RuleSet, source: str) -> frozenset[str]:
    """The columns of a source by which its rules find facts that repeat another."""
    repeats = [rule for rule in rules.sources[source].set_aside if isinstance(rule, SetAsideRepeats)]
    return frozenset(column for rule in repeats for column in rule.same)


def text_columns(rules: RuleSet, source: str) -> frozenset[str]:
    """The columns of a source that KPIs and cases read as text, outside formulas."""
    columns = {column for compute in _from(rules, source) for column in compute.texts().values()}
    columns |= {cases.case for cases in rules.cases.values() if cases.source == source}
    return frozenset(columns | verbatim_columns(rules, source))


def verbatim_columns(rules: RuleSet, source: str) -> frozenset[str]:
    """The columns of a source that hold what people wrote."""
    return frozenset(
        kpi.verbatims.column
        for kpi in rules.kpis.values()
        if kpi.verbatims and isinstance(kpi.compute, FromFacts) and rules.source_behind(kpi.compute.source) == source
    )


def _from(rules: RuleSet, source: str) -> Iterator[FromFacts]:
    """How the KPIs of a source are computed."""
    computed = (kpi.compute for kpi in rules.kpis.values())
    return (each for each in computed if isinstance(each, FromFacts) and rules.source_behind(each.source) == source)
