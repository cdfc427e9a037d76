"""What each measure brought, in money: the payout divided down the tree, exactly.

A node's money is divided among its items in proportion to weight × score, each part within one minor unit of its exact
share and the parts summing to the whole. What a floor added is divided off first and belongs to no measure.
"""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.compiler.context import Context
from incentive_engine.compiler.nodes import Scored
from incentive_engine.exact import Exact, allocated
from incentive_engine.rulesets.resolving import MeasureNode


def divide(context: Context, scored: Scored, money: Exact) -> Iterator[tuple[MeasureNode, Exact]]:
    """Every measure at or below the node, with its money as a column."""
    path = scored.node.path
    if scored.lift is not None:
        earned, _ = allocated(money, [scored.lift.earned, scored.lift.added])
        money = context.stages.number(f"{path}.earned", earned)
    if isinstance(scored.node, MeasureNode):
        yield scored.node, context.stages.number(f"{path}.pay", money)
        return
    shares = allocated(money, [item.part for item in scored.items])
    for item, share in zip(scored.items, shares, strict=True):
        name = f"{item.node.path}.money"
        yield from divide(context, item, context.stages.number(name, share) if item.items or item.lift else share)
