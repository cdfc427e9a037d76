"""Whether targets can be reached: how many results reach them now, and how many of the past would have.

A target that hardly anybody ever reached, or that hardly anybody ever missed, decides nothing. What was measured in
past runs is held against the targets of this one: the past itself had other targets. A team's result is one result,
however many are paid on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

import polars as pl

from incentive_engine.kinds.base import Label
from incentive_engine.rulesets.resolving import MeasureNode, ResolvedPlan
from incentive_engine.statements.small_groups import LEAST

Verdict = Literal["out_of_reach", "certain", "open", "unknown"]
SELDOM: Final = Fraction(1, 10)
"""Reached by fewer results than this, a target is out of reach; missed by fewer, it is reached for certain."""
ENOUGH: Final = 10
"""Results from which on a verdict is given."""
_MEASURED: Final = ("own", "team", "department")
"""Where results come from that were measured in their period."""
_RESULT: Final = ["kpi", "subject_kind", "subject"]


@dataclass(frozen=True, slots=True)
class Attained:
    """One target of a plan: how many results there are, now and in the past, and which share of them reaches it.

    Shares are None where fewer than five results are there.
    """

    plan: Label
    measure: Label
    results: int
    reached: Fraction | None
    past_results: int
    past_reached: Fraction | None

    @property
    def verdict(self) -> Verdict:
        """By past results where there are enough, else by those of now."""
        enough = self.past_results >= ENOUGH
        share, results = (self.past_reached, self.past_results) if enough else (self.reached, self.results)
        if share is None or results < ENOUGH:
            return "unknown"
        return "out_of_reach" if share < SELDOM else "certain" if 1 - share < SELDOM else "open"


def attained(
    plans: Mapping[str, ResolvedPlan], contributions: pl.DataFrame, past: Sequence[pl.DataFrame] = ()
) -> tuple[Attained, ...]:
    """Every target of plans, in written order; frames are `contributions` of this run and of past ones.

    Past results are those of the same payees, teams and departments for the same KPI.
    """
    now = _results(contributions)
    before = [_results(each).select(*_RESULT, "actual").unique() for each in past]
    joined = [now.drop("actual").join(each, on=_RESULT, how="inner") for each in before]
    then = pl.concat(joined, how="vertical_relaxed") if joined else now.clear()
    return tuple(
        _attained(plan, measure, *(_of(frame, plan, measure) for frame in (now, then)))
        for plan in plans.values()
        for measure in plan.measures()
        if any("target" in path.parameters for path in measure.paths)
    )


def _results(contributions: pl.DataFrame) -> pl.DataFrame:
    """Results that were measured and have a target, each once for a subject, a measure and a target."""
    measured = contributions.filter(
        pl.col("source").is_in(_MEASURED), pl.col("actual").is_not_null(), pl.col("target").is_not_null()
    )
    return measured.select("plan", "measure", *_RESULT, "target", "actual").unique()


def _of(results: pl.DataFrame, plan: ResolvedPlan, measure: MeasureNode) -> tuple[int, Fraction | None]:
    """How many results there are of a measure, and which share reaches its target."""
    rows = results.filter(pl.col("plan") == plan.name, pl.col("measure") == measure.path)
    higher = measure.kpi.better == "higher"
    reached = pl.col("actual") >= pl.col("target") if higher else pl.col("actual") <= pl.col("target")
    share = Fraction(rows.filter(reached).height, rows.height) if rows.height >= LEAST else None
    return rows.height, share


def _attained(
    plan: ResolvedPlan, measure: MeasureNode, now: tuple[int, Fraction | None], then: tuple[int, Fraction | None]
) -> Attained:
    return Attained(plan.title, measure.title, *now, *then)
