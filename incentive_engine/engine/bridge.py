"""Why a payout differs from that of an earlier run: what it becomes as one group of inputs after another is exchanged.

Each amount is a payout of the rules of now, worked out by the engine on inputs of both periods, so that the differences
add up exactly. The rules come first, then the days that count: from there on there is one row for each stretch of days
of now, and each takes what was then from the last stretch of days under the same plan, or else from the last. What the
earlier plan did not read stays as it is now, and counts as a change of the rules. Payouts of pools rest on what others
did: they are not taken apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import FIRST_DAY
from incentive_engine.compiler.program import PAYOUT
from incentive_engine.engine.earlier import Earlier
from incentive_engine.engine.input_groups import Group
from incentive_engine.engine.swapping import MONEY, ROW, SHAPE, THEN, Swapping
from incentive_engine.rulesets.adjustments import COMPUTED
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan

STEPS: Final[tuple[Group, ...]] = ("rules", "presence", "customer", "internal", "targets", "salary", "exchange")
"""The groups of inputs, in the order in which those of now take the place of those of then."""
BRIDGE: Final = ("before", *STEPS[:-1], "after")
"""The payout then, what it becomes with each step, and the payout now, which is what the last step makes of it."""
_BETWEEN: Final = STEPS[1:-1]
_WHO: Final = ["payee", "pays"]
_BEGAN: Final = "\0began"
_SAME: Final = "\0same"


def bridges(
    rules: Rules, plans: Sequence[ResolvedPlan], traces: Mapping[str, pl.LazyFrame], earlier: Earlier
) -> pl.DataFrame:
    """One row per payee × thing paid for which the rules work out payouts in both runs: payee, pays, and `BRIDGE`.

    An amount that cannot be worked out is missing, but for the first and the last. `several`: whether either of these
    is the sum of several stretches of days.
    """
    pairs = _places(traces, plans).join(_places(earlier.traces, earlier.plans.values()), on=_WHO, suffix=THEN)
    of_now = _closest(pairs, [SHAPE, ROW], f"{_BEGAN}{THEN}", latest=True)
    of_then = _closest(pairs, [f"{SHAPE}{THEN}", f"{ROW}{THEN}"], _BEGAN, latest=False)
    then, now = [_unknown(of_then.clear(), STEPS[:1])], [_unknown(of_now.clear(), _BETWEEN)]
    for shape, trace in traces.items():
        pairs_now, pairs_then = (each.filter(pl.col(SHAPE) == shape) for each in (of_now, of_then))
        if pairs_now.height:
            swapping = Swapping(rules, plans, trace.collect(), earlier)
            then.append(_with_amounts(swapping, pairs_then, STEPS[:1]))
            now.append(_with_amounts(swapping, pairs_now, _BETWEEN))
    before = _summed(pl.concat(then).select(*_WHO, pl.col(f"{PAYOUT}{THEN}").alias("before"), *STEPS[:1]))
    after = _summed(pl.concat(now).select(*_WHO, *_BETWEEN, pl.col(PAYOUT).alias("after")))
    both = before.join(after, on=_WHO, suffix=THEN)
    several = (pl.col("rows") > 1) | (pl.col(f"rows{THEN}") > 1)
    return both.select(*_WHO, *BRIDGE, several.alias("several")).sort(_WHO)


def _places(traces: Mapping[str, pl.LazyFrame], plans: Iterable[ResolvedPlan]) -> pl.DataFrame:
    """One row per stretch of days that the rules pay for: payee, pays, plan, where it is, its first day and payout."""
    pays = {plan.name: plan.pays for plan in plans}
    nobody = dict.fromkeys(("payee", "pays", "plan", SHAPE), pl.String()) | {ROW: pl.UInt32(), _BEGAN: pl.Date()}
    places = [pl.DataFrame(schema=nobody | {PAYOUT: MONEY})]
    for shape, lazy in traces.items():
        names = lazy.collect_schema().names()
        if PAYOUT in names:
            trace = lazy.select(
                "payee",
                pl.col("plan").replace_strict(pays, return_dtype=pl.String).alias("pays"),
                "plan",
                pl.lit(shape).alias(SHAPE),
                pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW),
                pl.col(FIRST_DAY).alias(_BEGAN),
                pl.col(COMPUTED if COMPUTED in names else PAYOUT).cast(MONEY).alias(PAYOUT),
            )
            places.append(trace.drop_nulls(PAYOUT).collect())
    return pl.concat(places)


def _closest(pairs: pl.DataFrame, place: list[str], day: str, *, latest: bool) -> pl.DataFrame:
    """Each place once, beside one of the other run: under the same plan if there is one, the latest or the first."""
    same = (_written("plan") == _written(f"plan{THEN}")).alias(_SAME)
    ranked = pairs.with_columns(same).sort(_SAME, day, *place, descending=[True, latest, False, False])
    return ranked.unique(place, keep="first", maintain_order=True)


def _written(plan: str) -> pl.Expr:
    """The name of a plan in the rule set; its terms may change within a period: `adviser@2026-08-15`."""
    return pl.col(plan).str.split("@").list.first()


def _unknown(pairs: pl.DataFrame, steps: Sequence[Group]) -> pl.DataFrame:
    return pairs.with_columns(pl.lit(None, MONEY).alias(step) for step in steps)


def _with_amounts(swapping: Swapping, pairs: pl.DataFrame, steps: Sequence[Group]) -> pl.DataFrame:
    """The pairs with what is paid once the inputs of these steps, and of all before them, are those of now."""
    if pairs.is_empty() or swapping.pooled:
        return _unknown(pairs, steps)
    now = [STEPS[: STEPS.index(step) + 1] for step in steps]
    paid = swapping.payouts(swapping.paired(pairs), now, period_then=steps == STEPS[:1])
    return pairs.with_columns(series.alias(step) for step, series in zip(steps, paid, strict=True))


def _summed(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per payee × thing paid: the sums of what is known of all rows, and how many there are."""
    amounts = [name for name in rows.columns if name not in _WHO]
    known = (pl.when(pl.col(name).is_not_null().all()).then(pl.col(name).sum()).alias(name) for name in amounts)
    return rows.group_by(_WHO).agg(pl.len().alias("rows"), *known)
