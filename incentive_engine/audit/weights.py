"""The weight of each measure in the whole of its plan: what its path of weights multiplies up to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from incentive_engine.rulesets.resolving import GroupNode, MeasureNode, ResolvedPlan


def path_weights(plan: ResolvedPlan) -> dict[str, float | None]:
    """By measure, in written order; None where a weight differs by person, or items are not weighted."""
    return dict(_below(plan.root, 1.0))


def _below(group: GroupNode, whole: float | None) -> Iterator[tuple[str, float | None]]:
    for item in group.items:
        own = item.weight
        weight = float(own) * whole if isinstance(own, Decimal) and whole is not None else None
        if isinstance(item, MeasureNode):
            yield item.path, weight
        else:
            yield from _below(item, weight)
