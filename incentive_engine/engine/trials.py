"""Factors tried: what the payees of a pool are paid with a factor, worked out by the late stages of their programs.

The early columns are kept for the payout's sake, no others, so that a trial costs the stages that rest on the factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from incentive_engine.compiler.pools import FACTOR, PAYEES, SHORT, SUM, Pooled
from incentive_engine.compiler.program import Program
from incentive_engine.compiler.stages import run_stages
from incentive_engine.engine.sharing import FUND, GROUP, funded
from incentive_engine.engine.solving import solve
from incentive_engine.kinds.pools import Solved

_OF_POOL = (FACTOR, SUM, PAYEES, SHORT)


def solved(
    rules: Solved, places: int, everyone: pl.DataFrame, sharing: Sequence[tuple[Program, pl.DataFrame]]
) -> pl.DataFrame:
    """Every payee's factor: sum, payees, factor, paid, short, in the rows of `everyone`; null for who takes no part.

    `everyone`: group and `fund`, the rows of the programs' wide frames in turn. `paid`: what a payee is paid
    with the factor, in counts of 10**-places; missing where it cannot be worked out, and then no part of what is paid.
    """
    groups = funded(everyone.drop_nulls([GROUP, FUND]), rules, places)
    trials, start = [], 0
    for program, wide in sharing:
        trials.append(_trial(program, wide, everyone[GROUP][start : start + wide.height], places))
        start += wide.height

    def pays(factors: pl.DataFrame) -> pl.DataFrame:
        given = groups.join(factors, on=GROUP).with_columns(pl.lit(False).alias("short"))
        return pl.concat([trial.pays(given) for trial in trials], how="vertical_relaxed")

    def payments(factors: pl.DataFrame) -> pl.DataFrame:
        asked = pays(factors).join(factors, on=GROUP, how="semi")
        return asked.group_by(GROUP).agg(pl.col("paid").cast(pl.Int128).sum())

    found = solve(groups.select(GROUP, "sum"), rules.solve, payments).drop("paid")
    of_group = groups.join(found, on=GROUP)
    shared = everyone.select(GROUP).join(of_group, on=GROUP, how="left", maintain_order="left")
    return shared.drop(GROUP).with_columns(pays(found.drop("short"))["paid"])


@dataclass(frozen=True, slots=True)
class _Trial:
    """One program: the early columns that its payout rests on, and the late stages on the way to it."""

    early: pl.DataFrame
    stages: tuple[tuple[pl.Expr, ...], ...]
    pool: Pooled
    payout: pl.Expr

    def pays(self, given: pl.DataFrame) -> pl.DataFrame:
        """Group and `paid` of every row. `given`: group, factor, sum, payees, short."""
        columns = []
        for name in _OF_POOL:
            value = self.pool.inputs[name]
            column = pl.col(name.removeprefix("pool.")).alias(name)
            columns.append(column if value is None else column.cast(value.dtype))
        wide = self.early.lazy().join(given.lazy().select(GROUP, *columns), on=GROUP, how="left", maintain_order="left")
        return run_stages(wide, self.stages).select(GROUP, self.payout.alias("paid")).collect(engine="streaming")


def _trial(program: Program, wide: pl.DataFrame, group: pl.Series, places: int) -> _Trial:
    assert program.pooled is not None, "only programs with a pool have one to try factors for"
    assert program.payout is not None, "checked: plans with a solved pool have a payout"
    payout = program.payout.rounded(places).expr
    wanted, stages = set(payout.meta.root_names()), []
    for stage in reversed(program.stages):
        own = [each for each in stage if each.meta.output_name() in wanted & program.late_columns]
        wanted |= {name for each in own for name in each.meta.root_names()}
        stages.append(tuple(own))
    read = sorted(wanted - program.late_columns)
    early = program.early(wide.lazy()).select(read).collect(engine="streaming").with_columns(group.alias(GROUP))
    return _Trial(early, tuple(stage for stage in reversed(stages) if stage), program.pooled, payout)
