"""From the pay for a score of 100 % to what the rules work out, for many payees at once, from their traces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import SEGMENT
from incentive_engine.compiler.program import PAYOUT
from incentive_engine.compiler.waterfall import PAID, bars_of, compile_waterfall
from incentive_engine.engine.retracing import Retraced
from incentive_engine.exact import CannotProve
from incentive_engine.rulesets.adjustments import COMPUTED
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan

AMOUNTS: Final = "amounts"
_AMOUNTS: Final = pl.List(pl.Decimal(38, 0))


def waterfalls(rules: Rules, plans: Sequence[ResolvedPlan], traces: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """One row per payee × plan × segment that has bars: those, and `amounts`, what is paid up to each of `bars_of`.

    In the rules' currency, the last of them what the rules work out. There is no row where a formula or a pool
    decides, and none where a payout without some of the steps cannot be proved exact.
    """
    none = pl.DataFrame(schema={"payee": pl.String, "plan": pl.String, SEGMENT: pl.Int64, AMOUNTS: _AMOUNTS})
    frames = [frame for trace in traces.values() for frame in _of_trace(rules, plans, trace.collect())]
    return pl.concat(frames, how="vertical_relaxed") if frames else none


def _of_trace(rules: Rules, plans: Sequence[ResolvedPlan], trace: pl.DataFrame) -> Iterator[pl.DataFrame]:
    computed = COMPUTED if COMPUTED in trace.columns else PAYOUT
    if trace.is_empty() or computed not in trace.columns:
        return
    trace = trace.filter(pl.col(computed).is_not_null())
    present = set(trace["plan"])
    alike = tuple(plan for plan in plans if plan.name in present)
    if not alike or not bars_of(alike[0]):
        return
    retraced = Retraced(rules, alike, trace)
    try:
        bars = compile_waterfall(alike, retraced.ranges(alike), frozenset(rules.ruleset.kpis))
    except CannotProve:
        return
    amounts = bars.evaluate(retraced.wide.lazy()).collect(engine="streaming")[PAID].alias(AMOUNTS)
    if (amounts.list.last() != trace[computed]).any():
        raise AssertionError("the last bar ends at what the rules work out")
    yield trace.select("payee", "plan", SEGMENT, amounts)
