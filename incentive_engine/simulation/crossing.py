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
from incentive_engine.simulation.shares import written, written_plan
from incentive_engine.simulation.side import Side

_WHO: Final = ["payee", "plan", "node"]
_TIER: Final = ("way", "tier", "start", "behind", "in_percent")


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


def crossings(before: Side, after: Side) -> tuple[Crossing, ...]:
    """Every pair of tiers between which somebody moves, of measures that both sides have and by which they pay.

    Where a curve has as many tiers as before, they are told apart by number: a tier that moves takes its people along
    only as far as they still reach it. Where it has more or fewer, they are told apart by where they begin.
    """
    titles = {(written(plan.name), node.path): node.title for plan in after.plans.values() for node in plan.measures()}
    both = _tiers(before).join(_tiers(after), on=_WHO, suffix="_after")
    same_curve = pl.col("tiers") == pl.col("tiers_after")
    same_start = pl.struct("start", "behind").eq_missing(pl.struct(start="start_after", behind="behind_after"))
    stays = (pl.col("way") == pl.col("way_after")) & (
        pl.when(same_curve).then(pl.col("tier") == pl.col("tier_after")).otherwise(same_start)
    )
    left = [*_TIER, *(f"{name}_after" for name in _TIER)]
    moved = both.filter(~stays).group_by("plan", "node", *left).len().sort("plan", "node", *left, nulls_last=False)
    return tuple(
        Crossing(plan, node, titles[plan, node], _tier(*ends[:5]), _tier(*ends[5:10]), ends[10])
        for plan, node, *ends in moved.iter_rows()
    )


def _tier(way: str, number: int, start: Decimal | None, *how: bool) -> Tier:
    return Tier(way, number, None if start is None else start.normalize(), *how)


def _tiers(side: Side) -> pl.DataFrame:
    """One row per payee × measure whose curve has tiers, on their last day: where the attainment lies."""
    last = side.contributions.filter(pl.col("attainment").is_not_null(), pl.col("measure").is_not_null())
    last = last.sort("payee", "segment").unique(["payee", "measure"], keep="last", maintain_order=True)
    nothing = {name: pl.String() for name in (*_WHO, "way")} | {
        "tier": pl.Int64(), "start": pl.Decimal(38, 12), "behind": pl.Boolean(),
        "in_percent": pl.Boolean(), "tiers": pl.Int64()}  # fmt: skip
    frames = [pl.DataFrame(schema=nothing)]
    for plan in side.plans.values():
        for node in plan.measures():
            frames += [
                _reached(rows, way)
                for way in node.paths
                if (rows := _of_way(last, plan, node, way)).height and way.curve.starts()
            ]
    return pl.concat(frames)


def _of_way(contributions: pl.DataFrame, plan: ResolvedPlan, node: MeasureNode, way: PathNode) -> pl.DataFrame:
    decided = pl.col("path") == way.name if len(node.paths) > 1 else pl.lit(True)
    return contributions.filter(pl.col("plan") == plan.name, pl.col("measure") == node.path, decided)


def _reached(rows: pl.DataFrame, way: PathNode) -> pl.DataFrame:
    """The tier of each attainment."""
    starts = way.curve.starts()
    reached = pl.sum_horizontal(_is_reached(start).cast(pl.Int64) for start in starts)
    places = pl.DataFrame(
        {
            "tier": range(len(starts) + 1),
            "start": [None, *(x for x, _ in starts)],
            "behind": [False, *(b for _, b in starts)],
        },
        schema={"tier": pl.Int64(), "start": pl.Decimal(38, 12), "behind": pl.Boolean()},
    )
    found = rows.select("payee", written_plan(), node="measure", way=pl.lit(way.name), tier=reached)
    return found.join(places, on="tier", how="left").with_columns(
        in_percent=pl.lit(way.attainment.in_percent), tiers=pl.lit(len(starts), pl.Int64)
    )


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
