"""Other results that a payee could have had: of one measure, or of all of them, as exact numbers for every row at once.

Each changes what counted and leaves everything else as it was: a team's result is another for one payee at a time. A
result of the period before, or the target in the place of a result, has no record more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import polars as pl

from incentive_engine.compiler.context import Context
from incentive_engine.compiler.inputs import PLAN, PREVIOUS, ResultKey
from incentive_engine.compiler.measures import OWN_SOURCES, PATH, SOURCES, WIDER, target_column
from incentive_engine.compiler.needs import result_keys
from incentive_engine.engine.retracing import Retraced
from incentive_engine.exact import Exact
from incentive_engine.kinds.attainments import Compared
from incentive_engine.kinds.base import Variants
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import MeasureNode, PathNode, ResolvedPlan

NUMERATOR, DENOMINATOR = "numerator", "denominator"
ONE_MORE, NEXT_POINT, AT_TARGET, ALL_AT_TARGET = "one_more", "next_point", "at_target", "all_at_target"
_TARGET: Final = "target"
_STEP: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Change:
    """Other results in the place of some; missing where a row has none."""

    kind: str
    path: str
    """The measure; empty where it is all of them."""
    results: Mapping[ResultKey, Exact]
    facts: Mapping[ResultKey, Exact] = field(default_factory=dict)
    """How many facts stand behind them, where that changes too."""
    goal: Exact | None = None
    """The attainment to be reached."""


def counted_column(key: ResultKey, part: str) -> str:
    """The column that holds what a result was divided from: its numerator, or its denominator."""
    return f"{key.column}.{part}"


def changes(rules: Rules, plans: Sequence[ResolvedPlan], retraced: Retraced) -> Iterator[Change]:
    """Every change of plans of one shape; `retraced` has the columns of `counted_column`, too."""
    context = Context(plans[0], retraced.ranges(plans), frozenset(rules.ruleset.kpis))
    variants = Variants(tuple(tuple(plan.measures()) for plan in plans), pl.col(PLAN))
    alone = [at for at, node in enumerate(variants.first) if node.kpi_name not in with_others(rules, plans)]
    measures = [
        Measure(context, retraced, variants.map(lambda each, at=at: each[at]))  # type: ignore[misc]
        for at in alone
    ]
    for measure in measures:
        yield from measure.changes()
    aimed = [(key, value) for measure in measures for key, value in measure.aimed()]
    if len({key.kpi for key, _ in aimed}) > 1 and len({key for key, _ in aimed}) == len(aimed):
        as_they_are = {key: context.result(key.kpi, key.subject_kind, key.when) for key, _ in aimed}
        yield Change(ALL_AT_TARGET, "", {key: value.or_else(as_they_are[key]) for key, value in aimed})


def with_others(rules: Rules, plans: Sequence[ResolvedPlan]) -> frozenset[str]:
    """The KPIs of which another result would change others, too: ranks, and results of formulas that are read."""
    kpis = rules.ruleset.kpis
    found = frozenset(node.kpi_name for plan in plans for node in plan.measures() if any(w.among for w in node.paths))
    read = frozenset(key.kpi for key in result_keys(plans, frozenset(kpis)))
    while read:
        computed = [kpis[name].compute for name in read]
        read = frozenset().union(*(each.kpis for each in computed if isinstance(each, OverKpis))) - found
        found |= read
    return found


class Measure:
    """One measure of plans of one shape, and the results that it could have had."""

    def __init__(self, context: Context, retraced: Retraced, nodes: Variants[MeasureNode]) -> None:
        self._context, self._retraced, self._nodes, self._node = context, retraced, nodes, nodes.first
        self._columns = frozenset(retraced.wide.columns)

    def changes(self) -> Iterator[Change]:
        """One more record, the next point of the curve, and the target, for each result that can have counted."""
        node = self._node
        for key, counted in self._counted():
            yield from self._one_more(key, counted)
            if not node.parts:
                yield from self._next_points(key, counted & self._whole)
        aimed = [*self.aimed()]
        together = [aimed] if node.parts else [[each] for each in aimed]
        yield from (Change(AT_TARGET, node.path, dict(each)) for each in together if each)

    def aimed(self) -> Iterator[tuple[ResultKey, Exact]]:
        """The results that could have counted, at the target of the way that decided; of parts, each may have one."""
        if self._node.parts and len(self._node.paths) > 1:
            return
        for key, counted in self._counted():
            values = []
            for at, ways in enumerate(self._ways()):
                aim = ways.first.attainment.aim
                if aim is not None:
                    values.append((self._decided(at), self._parameters(ways)[aim]))
            if values:
                yield key, Exact.choose(*values).masked(counted)

    def _one_more(self, key: ResultKey, counted: pl.Expr) -> Iterator[Change]:
        kpi = self._node.kpi
        one, above = kpi.compute.one_more(kpi.better), self._number(counted_column(key, NUMERATOR))
        below = self._number(counted_column(key, DENOMINATOR)) if one is not None and one.below else Exact.of(1)
        if one is None or above is None or below is None or key.when == PREVIOUS:
            return
        value = above.plus(one.above)
        value = value.over(below.plus(one.below).maximum(below.unit)) if one.below else value
        facts = self._context.answers(key.kpi, key.subject_kind, key.when).plus(one.facts)
        known = self._possible(kpi.rounding.of(value).masked(counted & self._last(key)))
        yield Change(ONE_MORE, self._node.path, {key: known}, {key: facts})

    def _next_points(self, key: ResultKey, counted: pl.Expr) -> Iterator[Change]:
        for at, ways in enumerate(self._ways()):
            actual = self._result(key)
            compared = Compared(actual, self._parameters(ways), self._node.kpi.better, _upper_end(ways))
            goal = None if ways.first.attainment.ranked else self._goal(ways, compared)
            needed = None if goal is None else ways.first.attainment.needed(goal, compared)
            if goal is None or needed is None:
                continue
            more, kpi = needed.above(actual), self._node.kpi
            places = 0 if kpi.compute.whole else kpi.rounding.kept
            rounded = Exact.choose((more, needed.rounded(places, "ceil")), otherwise=needed.rounded(places, "floor"))
            value = self._possible(rounded.masked(counted & self._decided(at)))
            yield Change(NEXT_POINT, self._node.path, {key: value}, goal=goal)

    def _goal(self, ways: Variants[PathNode], compared: Compared) -> Exact | None:
        """The attainment of the next point that pays more; None where curves have none."""
        rounding = ways.first.attainment_rounding
        step = _STEP if rounding is None else Decimal(1).scaleb(-rounding.kept)
        goals = [way.curve.goals(step) for way in ways.each]
        trends = {way.curve.trend() for way in ways.each}
        most = max(map(len, goals))
        if not most or len(trends) > 1:
            return None
        exact = ways.first.attainment.attainment(compared)
        attainment, rises = exact if rounding is None else rounding.of(exact), trends == {1}
        filled = [(*each, *(None,) * (most - len(each))) for each in goals]
        places = range(most) if rises else reversed(range(most))
        steps = [Exact.varying([each[place] for each in filled], ways.plan) for place in places]
        before = [attainment.below(step) if rises else attainment.above(step) for step in steps]
        return Exact.choose(*((each.fill_null(False), step) for each, step in zip(before, steps, strict=True)))

    def _counted(self) -> Iterator[tuple[ResultKey, pl.Expr]]:
        """The results that can have counted, and whether they did: Boolean, never missing."""
        node = self._node
        for part in node.parts:
            key, actual = ResultKey(node.kpi_name, node.of, part.name), f"{node.path}.{part.name}.actual"
            there = pl.col(actual if actual in self._columns else key.column).is_not_null()
            yield key, there & self._from(*OWN_SOURCES)
        if node.parts:
            return
        own = ResultKey(node.kpi_name, node.of)
        yield own, pl.col(own.column).is_not_null() & self._from(*OWN_SOURCES)
        for fallback in (*WIDER, PREVIOUS):
            key = ResultKey(node.kpi_name, node.of, PREVIOUS)
            key = ResultKey(node.kpi_name, fallback) if fallback in WIDER else key  # type: ignore[arg-type]
            if key in self._context.ranges.results and key != own:
                yield key, self._from(SOURCES[fallback])

    def _from(self, *sources: int) -> pl.Expr:
        """Whether the result came from one of the sources; the own one, where there is no other."""
        source = f"{self._node.path}.source"
        if source not in self._columns:
            return pl.lit(any(each in OWN_SOURCES for each in sources))
        return pl.col(source).is_in(sources).fill_null(False)

    @property
    def _whole(self) -> pl.Expr:
        """Whether what counted is one result, and not weighted with another."""
        source = f"{self._node.path}.source"
        return (pl.col(source) != SOURCES["weighted"]).fill_null(False) if source in self._columns else pl.lit(True)

    def _last(self, key: ResultKey) -> pl.Expr:
        """Whether no later part of the period has a result that counted: one record more is of the last."""
        later = [counted for each, counted in self._counted() if key.when and key.when != PREVIOUS and each > key]
        return ~pl.any_horizontal([pl.lit(False), *later])

    def _ways(self) -> Iterator[Variants[PathNode]]:
        for at in range(len(self._node.paths)):
            yield self._nodes.map(lambda each, at=at: each.paths[at])  # type: ignore[misc]

    def _decided(self, at: int) -> pl.Expr:
        """Whether a way decided; the only one always does."""
        if len(self._node.paths) == 1:
            return pl.lit(True)
        return (pl.col(f"{self._node.path}.{PATH}") == at).fill_null(False)

    def _parameters(self, ways: Variants[PathNode]) -> Mapping[str, Exact]:
        """What the attainment needs, besides the result."""
        found = {}
        for name in ways.first.parameters:
            values = ways.map(lambda way, name=name: way.parameters[name])  # type: ignore[misc]
            found[name] = self._context.parameter_or_missing(values, self._node.kpi_name)
        reduced = self._number(target_column(self._node, ways.first)) if self._node.for_presence else None
        return found if reduced is None else {**found, _TARGET: reduced}

    def _result(self, key: ResultKey) -> Exact:
        return self._context.result(key.kpi, key.subject_kind, key.when)

    def _number(self, column: str) -> Exact | None:
        return self._retraced.number(column) if column in self._columns else None

    def _possible(self, value: Exact) -> Exact:
        """The value where there can be such a result."""
        least, greatest = self._node.kpi.compute.possible
        value = value if least is None else value.masked(value.at_least(least))
        return value if greatest is None else value.masked(value.at_most(greatest))


def _upper_end(ways: Variants[PathNode]) -> Exact | None:
    ends = [way.curve.upper_end for way in ways.each]
    return None if None in ends else Exact.varying(ends, ways.plan)
