"""Every formula of a rule set, with where it stands and what it may name; and the types that follow.

Nobody declares the type of a column that a formula compares with a text: how one formula uses a column tells it for all
of them. What no use tells is text.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import groupby

from incentive_engine.columns import WORKFORCE_DATES, WORKFORCE_TEXT
from incentive_engine.documents import Document
from incentive_engine.errors import Problem
from incentive_engine.formulas import Formula, FormulaProblem, Name, Type, check
from incentive_engine.formulas.tree import NameUse, walk
from incentive_engine.kinds.kpis import FromFacts
from incentive_engine.kinds.pools import GivenSum, Pool, SharedOut, Solved
from incentive_engine.rulesets.models import Plan, RuleSet, Source, TableOptions
from incentive_engine.rulesets.resolving import KeyPath
from incentive_engine.rulesets.walking import Placed, placed_nodes

_Layer = dict[str, Name]
_Names = dict[str | None, _Layer]
"""What each name stands for, by source; by None for the workforce."""
WHOLE_PERIOD: _Layer = {
    "period_days": Name("number", "calendar days of the period"),
    "period_start": Name("date", "first day of the period"),
    "period_end": Name("date", "last day of the period"),
}
"""What every formula has that speaks of a period."""
PERIOD_NAMES: _Layer = {
    "days_employed": Name("number", "days from hire to leave or to the end of the period, both included"),
    **WHOLE_PERIOD,
}
"""What every formula has that speaks of a payee."""
TARGET_PAY: _Layer = {"target_pay": Name("number", "what a score of 100 % pays")}
PRORATION: _Layer = {"proration": Name("number", "the share of the period that counts")}
SCORE: _Layer = {"score": Name("number", "the score of the plan")}
KPI = Name("number", "a KPI")
NODE = Name("number", "the score of a node")
FACTOR = Name("number", "the factor that the pool is solved for")
_NO_COLUMNS = PERIOD_NAMES.keys() | TARGET_PAY.keys() | PRORATION.keys()
"""What no workforce column may be called: a check says so."""
WORKFORCE_NUMBERS = ("base_salary", "fte")


@dataclass(frozen=True, slots=True)
class FormulaUse:
    """One formula, and what it may name; `source` None where it speaks of payees."""

    at: KeyPath
    formula: Formula
    wanted: Type
    source: str | None = None
    layers: tuple[_Layer, ...] = ()
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
        return frozenset(name for name in self.formula.names if given.get(name) is KPI)

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


def formula_uses(rules: RuleSet) -> Iterator[FormulaUse]:
    """Every formula, in the order of the file."""
    known = _Known(rules)
    for name, kpi in rules.kpis.items():
        if isinstance(kpi.compute, FromFacts):
            for key, (formula, wanted) in kpi.compute.formulas().items():
                yield FormulaUse(("kpis", name, "compute", key), formula, wanted, kpi.compute.source)
    for name, population in rules.populations.items():
        yield FormulaUse(("populations", name, "who"), population.who, "boolean", layers=(PERIOD_NAMES,))
    for name, across in known.across.items():
        yield FormulaUse(("curves", name, "across"), across, "number", layers=(PERIOD_NAMES, known.kpis))
    nodes = {plan: tuple(group) for plan, group in groupby(placed_nodes(rules), lambda placed: placed.plan)}
    for name, pool in rules.pools.items():
        members = [nodes[plan] for plan, each in rules.plans.items() if each.pool == name]
        yield from _of_pool(known, ("pools", name), pool, members)
    for name, plan in rules.plans.items():
        yield from _of_plan(known, ("plans", name), plan, nodes[name])


class _Known:
    """What is known wherever a formula stands: the KPIs, the curves, and what matrices read as their second number."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.kpis: _Layer = dict.fromkeys(rules.kpis, KPI)
        self.across = {name: curve.across for name, curve in rules.curves.items() if curve.across is not None}

    def calling(
        self, at: KeyPath, formula: Formula, *layers: _Layer, wanted: Type = "number", columns: bool = True
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
                yield known.calling((*at, bound), formula, PERIOD_NAMES, pay)


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


def _scores(nodes: tuple[Placed, ...]) -> _Layer:
    """The nodes below the root of a plan, by path."""
    return {placed.path: NODE for placed in nodes if not isinstance(placed.node, Plan)}


@dataclass(frozen=True, slots=True)
class ColumnTypes:
    """The type of every column that formulas name: of the workforce, and of each source."""

    workforce: Mapping[str, Type]
    sources: Mapping[str, Mapping[str, Type]]


def infer_types(rules: RuleSet, document: Document) -> tuple[ColumnTypes, list[Problem]]:
    """Types from declarations, from what is standard, and from use; and whatever contradicts them."""
    uses = tuple(formula_uses(rules))
    numbers = {at: each.column for placed in placed_nodes(rules) for at, each in placed.columns.items()}
    names: _Names = {None: _workforce_names(rules, numbers.values())}
    names |= {name: _source_names(rules, name, source) for name, source in rules.sources.items()}
    for use in uses:
        names.setdefault(use.source, {})
    while _learn(uses, names, rules):
        pass
    problems = [
        Problem(each.code, each.message, document.inside(use.at, each.offset), each.hint)
        for use in uses
        for each in _read(use, names[use.source], rules)[1]
    ]
    for use in uses:
        for column in use.named_columns:
            names[use.source].setdefault(column, Name("text", "a column"))
    problems += _numbers_that_are_none(numbers, names[None], document)
    columns = names[None].keys() | _keys(rules)
    problems += [problem for use in uses if use.source is None for problem in _misplaced(use, columns, document)]
    types = {table: _types(known) for table, known in names.items()}
    return ColumnTypes(types.pop(None), {name: each for name, each in types.items() if name is not None}), problems


def _learn(uses: tuple[FormulaUse, ...], names: _Names, rules: RuleSet) -> bool:
    """Adds what the formulas tell of columns that were not known; whether there was anything."""
    learnt = False
    for use in uses:
        if use.named_columns <= names[use.source].keys():
            continue
        for column, kind in _read(use, names[use.source], rules)[0].items():
            if column not in names[use.source]:
                names[use.source][column] = Name(kind, "a column")
                learnt = True
    return learnt


def _read(use: FormulaUse, known: _Layer, rules: RuleSet) -> tuple[dict[str, Type], list[FormulaProblem]]:
    """What a formula tells of columns, and what is wrong with it."""
    columns = {column: known.get(column, Name(None, "a column")) for column in use.named_columns}
    others = dict.fromkeys(rules.curves.keys() - use.curves, "curves cannot be called here")
    # A formula without columns still knows their types, so that a column in it is told once, as one.
    names = ChainMap(*use.layers, columns, known, PERIOD_NAMES if use.source is None else {})
    types, problems = check(use.formula, names, use.wanted, use.curves, {**others, **use.refused})
    return {column: kind for column, kind in types.items() if column in columns}, problems


def _numbers_that_are_none(numbers: Mapping[KeyPath, str], known: _Layer, document: Document) -> Iterator[Problem]:
    """What the rules read as a number from a column of the workforce is one."""
    for at, column in numbers.items():
        kind = known[column].type
        if kind != "number":
            message = f"`{column}` is of type {kind}, and the {at[-1]} of `{at[-2]}` is a number"
            where = document.at((*at, "column"))
            yield Problem("type-mismatch", message, where, "name a workforce column that holds the number")


def _misplaced(use: FormulaUse, columns: set[str], document: Document) -> Iterator[Problem]:
    """Names that could mean two things, and columns where no payee is spoken of."""
    for name in sorted(use.formula.names):
        meanings = [layer[name].meaning for layer in use.layers if name in layer]
        if not use.columns and not meanings and name in columns | PERIOD_NAMES.keys():
            message = f"`{name}` is of one payee: `{use.at[-1]}` is worked out for all of them together"
            where = document.inside(use.at, use.offset_of(name))
            yield Problem("column-not-allowed", message, where, "add up what each gives: `per_payee`")
        if use.columns and name in columns and name not in _NO_COLUMNS and use.given.get(name) is not KPI and meanings:
            meanings.append("a workforce column")
        if len(meanings) > 1:
            where = document.inside(use.at, use.offset_of(name))
            yield Problem("ambiguous-name", f"`{name}` is {' and '.join(meanings)}", where, "rename one of them")


def _types(names: _Layer) -> dict[str, Type]:
    return {column: name.type for column, name in names.items() if name.type is not None}


def _keys(rules: RuleSet) -> set[str]:
    """Workforce columns that are named as keys, outside formulas."""
    keys = {key for table in rules.tables.values() for key in table.keys} - {"kpi"}
    return keys | {column for population in rules.populations.values() for column in population.by}


def _workforce_names(rules: RuleSet, numbers: Iterable[str]) -> _Layer:
    return {
        **dict.fromkeys(numbers, Name("number", "a number")),
        **_declared(rules.workforce),
        **{column: Name("text", "a workforce column") for column in WORKFORCE_TEXT},
        **{column: Name("date", "a workforce column") for column in WORKFORCE_DATES},
        **{column: Name("number", "a workforce column") for column in WORKFORCE_NUMBERS},
    }


def _source_names(rules: RuleSet, name: str, source: Source) -> _Layer:
    """The columns of a source whose types are known; the date and whom a fact is about are what they are."""
    return {
        **_declared(source),
        **{column: Name("number", "an answer") for column in answer_columns(rules, name)},
        **{column: Name("text", "whom a fact is about") for column in source.names},
        source.date: Name("date", "when a fact happened"),
    }


def answer_columns(rules: RuleSet, source: str) -> dict[str, tuple[int, int]]:
    """The columns of a source that KPIs read as answers, with the least and the greatest answer."""
    computed = [kpi.compute for kpi in rules.kpis.values() if isinstance(kpi.compute, FromFacts)]
    of_source = [compute.answers() for compute in computed if compute.source == source]
    return {column: bounds for answers in of_source for column, bounds in answers.items()}


def _declared(table: TableOptions) -> _Layer:
    kinds: Mapping[str, Type] = {"text": "text", "number": "number", "money": "number", "boolean": "boolean"}
    return {
        column: Name(kinds.get(options.type, "date"), "a declared column")
        for column, options in table.columns.items()
        if options.type is not None
    }
