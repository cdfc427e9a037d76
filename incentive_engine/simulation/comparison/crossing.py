"""Who crosses a line that changes pay: a tier or point of a curve, a gate, a cap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from incentive_engine.engine.caps import at_caps
from incentive_engine.kinds.base import Label
from incentive_engine.kinds.curve_kind import End
from incentive_engine.rulesets.resolving import MeasureNode, Node, PathNode, ResolvedPlan, nodes_under
from incentive_engine.simulation.comparison.shares import written
from incentive_engine.simulation.comparison.side import Side


@dataclass(frozen=True, slots=True)
class Tier:
    """A stretch of a curve: from an attainment on or, where `behind`, right after it; below the first, `start` is None.

    `number` counts the starts that are reached. `way`: empty where the measure has only one. `in_percent`: how
    attainments of it read.
    """

    way: str
    number: int
    start: Decimal | None
    behind: bool
    in_percent: bool


@dataclass(frozen=True, slots=True)
class Crossing:
    """How many payees leave one tier of a measure for another."""

    plan: str
    measure: str
    title: Label
    before: Tier
    after: Tier
    payees: int


@dataclass(frozen=True, slots=True)
class Limit:
    """A gate or a cap of a node: whom it stops before and after, and how many of them only on one side.

    `number`: of the gate, counted from 1; 0 for a cap. `title`: of the node; of a whole plan, that of the plan.
    """

    plan: str
    node: str
    number: int
    title: Label
    before: int
    after: int
    newly: int
    no_longer: int


@dataclass(frozen=True, slots=True)
class _Tiers:
    """Where the attainments of one measure lie: `tiers` of its curves; payee and `tier`, the place among these."""

    tiers: tuple[Tier, ...]
    frame: pl.DataFrame


def crossings(before: Side, after: Side) -> tuple[Crossing, ...]:
    """Every pair of tiers between which somebody moves, of measures that both sides have and by which they pay.

    Where a curve has as many tiers as before, they are told apart by number: a tier that moves takes its people along
    only as far as they still reach it. Where it has more or fewer, they are told apart by where they begin.
    """
    titles = {(written(plan.name), node.path): node.title for plan in after.plans.values() for node in plan.measures()}
    then, now = _tiers(before), _tiers(after)
    return tuple(
        Crossing(*measure, titles[measure], was, is_, payees)
        for measure in sorted(then.keys() & now.keys())
        for was, is_, payees in _moved(then[measure], now[measure])
    )


def _moved(then: _Tiers, now: _Tiers) -> Iterator[tuple[Tier, Tier, int]]:
    both = then.frame.join(now.frame, on="payee", suffix="_after").group_by("tier", "tier_after").len()
    for at, at_after, payees in both.sort("tier", "tier_after").iter_rows():
        was, is_ = then.tiers[at], now.tiers[at_after]
        if not _same(was, is_, len(then.tiers) == len(now.tiers)):
            yield was, is_, payees


def _same(was: Tier, is_: Tier, as_many: bool) -> bool:
    if was.way != is_.way:
        return False
    return was.number == is_.number if as_many else (was.start, was.behind) == (is_.start, is_.behind)


def _tiers(side: Side) -> dict[tuple[str, str], _Tiers]:
    """By plan and measure, of those whose curve has tiers: where the attainments lie on each payee's last day."""
    known = side.contributions.filter(pl.col("attainment").is_not_null(), pl.col("measure").is_not_null())
    rows = known.select("payee", "plan", "segment", "measure", "path", "attainment")
    by_measure = rows.partition_by("plan", "measure", as_dict=True)
    found: dict[tuple[str, str], _Tiers] = {}
    for plan in side.plans.values():
        for node in plan.measures():
            measure, theirs = (written(plan.name), node.path), by_measure.get((plan.name, node.path))
            if theirs is not None:
                lies = _lying(node, theirs)
                earlier = found.get(measure)
                found[measure] = lies if earlier is None else _together(earlier, lies)
    return {measure: _on_last_day(tiers) for measure, tiers in found.items() if tiers.tiers}


def _lying(node: MeasureNode, rows: pl.DataFrame) -> _Tiers:
    """Where the attainments of a measure lie: each on the curve of the way that decided."""
    tiers, frames = list[Tier](), [rows.clear().select("payee", "segment", tier=pl.lit(0, pl.Int64))]
    for way in node.paths:
        starts = way.curve.starts()
        decided = pl.col("path") == way.name if len(node.paths) > 1 else pl.lit(True)
        if starts:
            reached = pl.sum_horizontal(pl.lit(len(tiers)), *(_is_reached(start).cast(pl.Int64) for start in starts))
            frames.append(rows.filter(decided).select("payee", "segment", tier=reached.cast(pl.Int64)))
            tiers += _tiers_of(way, starts)
    return _Tiers(tuple(tiers), pl.concat(frames))


def _tiers_of(way: PathNode, starts: Sequence[End]) -> Iterator[Tier]:
    yield Tier(way.name, 0, None, behind=False, in_percent=way.attainment.in_percent)
    for number, (start, behind) in enumerate(starts, start=1):
        yield Tier(way.name, number, start, behind, way.attainment.in_percent)


def _together(earlier: _Tiers, later: _Tiers) -> _Tiers:
    """Of a plan whose terms change within the period: the tiers of both."""
    moved = later.frame.with_columns(pl.col("tier") + len(earlier.tiers))
    return _Tiers((*earlier.tiers, *later.tiers), pl.concat([earlier.frame, moved]))


def _on_last_day(tiers: _Tiers) -> _Tiers:
    if tiers.frame["payee"].is_duplicated().any():
        last = tiers.frame.sort("payee", "segment").unique("payee", keep="last", maintain_order=True)
        return _Tiers(tiers.tiers, last)
    return tiers


def _is_reached(start: End) -> pl.Expr:
    number, behind = start
    return pl.col("attainment") > number if behind else pl.col("attainment") >= number


def gates_moved(before: Side, after: Side) -> tuple[Limit, ...]:
    """Every gate that stops somebody on one side only."""
    return _limits(before, after, [pl.concat([_NO_LIMITS, *_shut(each)]) for each in (before, after)])


def caps_moved(before: Side, after: Side) -> tuple[Limit, ...]:
    """Every cap at which somebody is paid on one side only."""
    return _limits(before, after, [pl.concat([_NO_LIMITS, *_capped(each)]) for each in (before, after)])


_NO_LIMITS: Final = pl.DataFrame(
    schema={"payee": pl.String(), "plan": pl.String(), "node": pl.String(), "number": pl.Int64()}
)


def _limits(before: Side, after: Side, stopped: Sequence[pl.DataFrame]) -> tuple[Limit, ...]:
    """Counts by limit; each frame has one row per payee × limit that stops them."""
    titles = _titles(before) | _titles(after)
    sides = [each.unique().with_columns(pl.lit(True).alias(side)) for side, each in zip(_SIDES, stopped, strict=True)]
    both = sides[0].join(sides[1], on=_NO_LIMITS.columns, how="full", coalesce=True).fill_null(False)
    was, is_ = (pl.col(side) for side in _SIDES)
    counts = both.group_by("plan", "node", "number").agg(
        was.sum(), is_.sum(), (is_ & ~was).sum().alias("newly"), (was & ~is_).sum().alias("no_longer")
    )
    moved = counts.filter((pl.col("newly") > 0) | (pl.col("no_longer") > 0)).sort("plan", "node", "number")
    return tuple(
        Limit(plan, node, number, titles[plan, node], *counted) for plan, node, number, *counted in moved.iter_rows()
    )


_SIDES: Final = ("before", "after")


def _titles(side: Side) -> dict[tuple[str, str], Label]:
    return {
        (written(plan.name), node.path): plan.title if node is plan.root else node.title
        for plan in side.plans.values()
        for node in nodes_under(plan.root)
    }


def _shut(side: Side) -> Iterator[pl.DataFrame]:
    """Payee, plan, node and number of each gate whose condition holds, of those who are paid."""
    for plan, trace in _of_plans(side):
        columns = trace.collect_schema().names()
        for node in nodes_under(plan.root):
            for number in range(1, len(node.steps.gates) + 1):
                column = f"{node.path}.gate_{number}"
                if column in columns:
                    yield _stopped(trace.filter(pl.col(column)).select("payee").collect(), plan, node, number)


def _capped(side: Side) -> Iterator[pl.DataFrame]:
    for plan, trace in _of_plans(side):
        for node, _, payees in at_caps(side.rules.ruleset, plan, trace):
            yield _stopped(payees, plan, node, 0)


def _of_plans(side: Side) -> Iterator[tuple[ResolvedPlan, pl.LazyFrame]]:
    """Every plan that pays somebody, with its rows of the trace."""
    paid = side.payouts.select("payee").lazy()
    for trace in side.traces.values():
        there = trace.join(paid, on="payee", how="semi")
        for name in there.select("plan").unique().collect()["plan"].sort():
            yield side.plans[name], there.filter(pl.col("plan") == name)


def _stopped(payees: pl.DataFrame, plan: ResolvedPlan, node: Node, number: int) -> pl.DataFrame:
    limit = {"plan": pl.lit(written(plan.name)), "node": pl.lit(node.path), "number": pl.lit(number, pl.Int64)}
    return payees.select("payee").with_columns(**limit)
