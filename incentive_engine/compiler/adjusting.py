"""From what the rules compute to what is paid: what a guarantee adds, and what people decided."""

from __future__ import annotations

import math
from typing import Final

from incentive_engine.compiler.context import Context
from incentive_engine.compiler.inputs import AdjustmentRanges
from incentive_engine.exact import Exact, Scale
from incentive_engine.rulesets.adjustments import ADJUSTMENT, COMPUTED, GUARANTEE

PAYOUT: Final = "payout"
_MOST_SEGMENTS: Final = 400
"""More than a period has days: a guarantee is for all of a payee's segments together."""


def computed_column(context: Context) -> str:
    """Where what the rules compute stands: it is the payout itself where nothing can be decided besides."""
    return PAYOUT if context.ranges.adjustments is None else COMPUTED


def adjusted(context: Context, computed: Exact) -> Exact:
    """The payout: what the rules compute, with what the engine was told that a guarantee and adjustments add."""
    ranges = context.ranges.adjustments
    if ranges is None:
        return computed
    added = _scales(ranges, computed)
    for name, scale in added.items():
        context.stages.input(name, Exact.column(name, scale))
    guarantee, adjustment = (context.stages.numbers[name] for name in added)
    return context.stages.number(PAYOUT, computed.plus(guarantee).plus(adjustment))


def _scales(ranges: AdjustmentRanges, computed: Exact) -> dict[str, Scale]:
    """What the two inputs lie between: a percentage is of a payout, and a guarantee may have to make up for several."""
    unit, most = 10**ranges.places, max(map(abs, computed.bounds))
    lacks = ranges.at_least and ranges.at_least + most * _MOST_SEGMENTS
    decided = ranges.amount + ranges.percent * most + ranges.rows  # each percentage is rounded
    reach = math.ceil(decided * unit)
    return {
        GUARANTEE: Scale(ranges.places, 0, math.ceil(lacks * unit)),
        ADJUSTMENT: Scale(ranges.places, -reach, reach),
    }
