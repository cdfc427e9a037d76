"""Factors tried: what the payees of a pool are paid with a factor, worked out by the late stages of their programs.

The early columns are kept for the payout's sake, no others, so that a trial costs the stages that rest on the factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from incentive_engine.compiler.pools import FACTOR
from incentive_engine.compiler.program import Program
from incentive_engine.compiler.stages import run_stages
from incentive_engine.engine.sharing import FUND, GROUP, funded
from incentive_engine.engine.solving import dtype, solve
from incentive_engine.kinds.pools import Solved

_GROUP = "\0group"  # a workforce column may be called `group`


def solved(
    rules: Solved, places: int, everyone: pl.DataFrame, sharing: Sequence[tuple[Program, pl.DataFrame]]
) -> pl.DataFrame:
    """Every payee's factor: sum, payees, factor, paid, short, in the rows of `everyone`; null for who takes no part.

    `everyone`: payee, group and `fund`, the rows of the wide frames in turn. `paid`: what a payee is paid with the
    factor, in counts of 10**-places. Who could not be paid with the smallest factor takes no part, and adds nothing to
    the sum.
    """
    trials, start = [], 0
    for program, wide in sharing:
        trials.append(_trial(program, wide, everyone[GROUP][start : start + wide.height], places))
        start += wide.height

    def pays(factors: pl.DataFrame) -> pl.DataFrame:
        return pl.concat([trial.pays(factors) for trial in trials], how="vertical_relaxed")

    def payments(factors: pl.DataFrame) -> pl.DataFrame:
        asked = pays(factors).join(factors, on=GROUP, how="semi")
        return asked.group_by(GROUP).agg(pl.col("paid").cast(pl.Int128).sum())

    least = pl.lit(rules.solve.counts[0], dtype(rules.solve)).alias("factor")
    with_least = pays(everyone.select(GROUP).drop_nulls().unique().with_columns(least))
    taking_part = everyone.select("payee", pl.when(with_least["paid"].is_not_null()).then(GROUP), FUND)
    groups = funded(taking_part.drop_nulls(), rules, places)
    found = solve(groups.select(GROUP, "sum"), rules.solve, payments).drop("paid")
    shared = taking_part.join(groups.join(found, on=GROUP), on=GROUP, how="left", maintain_order="left")
    return shared.drop("payee", GROUP, FUND).with_columns(pays(found)["paid"])


@dataclass(frozen=True, slots=True)
class _Trial:
    """One program: the early columns that its payout rests on, and the late stages on the way to it."""

    early: pl.DataFrame
    stages: tuple[tuple[pl.Expr, ...], ...]
    payout: pl.Expr

    def pays(self, factors: pl.DataFrame) -> pl.DataFrame:
        """Group and `paid` of every row; nothing is paid in groups that `factors` does not name."""
        given = factors.lazy().select(pl.col(GROUP).alias(_GROUP), pl.col("factor").alias(FACTOR))
        wide = self.early.lazy().join(given, on=_GROUP, how="left", maintain_order="left")
        paid = run_stages(wide, self.stages).select(pl.col(_GROUP).alias(GROUP), self.payout.alias("paid"))
        return paid.collect(engine="streaming")


def _trial(program: Program, wide: pl.DataFrame, group: pl.Series, places: int) -> _Trial:
    assert program.payout is not None, "checked: plans with a solved pool have a payout"
    payout = program.payout.rounded(places).expr
    wanted, stages = set(payout.meta.root_names()), []
    for stage in reversed(program.stages):
        own = [each for each in stage if each.meta.output_name() in wanted & program.late_columns]
        wanted |= {name for each in own for name in each.meta.root_names()}
        stages.append(tuple(own))
    read = sorted(wanted - program.late_columns)
    early = program.early(wide.lazy()).select(read).collect(engine="streaming").with_columns(group.alias(_GROUP))
    return _Trial(early, tuple(stage for stage in reversed(stages) if stage), payout)
