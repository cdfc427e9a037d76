"""From the pay for a score of 100 % to what the rules work out, for many payees at once, from their traces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import SEGMENT
from incentive_engine.compiler.program import PAYOUT
from incentive_engine.compiler.waterfall import PAID, SCORES, bars_of, compile_waterfall
from incentive_engine.engine.retracing import Retraced
from incentive_engine.exact import CannotProve
from incentive_engine.rulesets.adjustments import COMPUTED
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan

_LISTS: Final = pl.List(pl.Decimal(38, 0))
_KEYS: Final = {"payee": pl.String(), "plan": pl.String(), SEGMENT: pl.Int64()}
_SCHEMA: Final = pl.Schema({**_KEYS, PAID: _LISTS, SCORES: _LISTS})


def waterfalls(rules: Rules, plans: Sequence[ResolvedPlan], traces: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """One row per payee × plan × segment that has bars: those, and up to each of `bars_of` the `amounts` and `scores`.

    Amounts are in the rules' currency, the last of them what the rules work out; scores are missing where one has no
    end. There is no row where a formula or a pool
    decides, and none where a payout without some of the steps cannot be proved exact.
    """
    frames = [frame for trace in traces.values() for frame in _of_trace(rules, plans, trace.collect())]
    return pl.concat(frames, how="vertical_relaxed") if frames else pl.DataFrame(schema=_SCHEMA)


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
    found = bars.evaluate(retraced.wide.lazy()).collect(engine="streaming")
    if (found[PAID].list.last() != trace[computed]).any():
        raise AssertionError("the last bar ends at what the rules work out")
    yield trace.select("payee", "plan", SEGMENT, found[PAID], found[SCORES])
