"""What each measure brought, in money: the payout divided down the tree, exactly.

A node's money is divided among its items in proportion to weight × score, each part within one minor unit of its exact
share and the parts summing to the whole. What a floor added is divided off first and belongs to no measure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from incentive_engine.compiler.context import Context
from incentive_engine.compiler.nodes import Scored
from incentive_engine.exact import Exact, allocated
from incentive_engine.rulesets.resolving import MeasureNode


def divide(context: Context, scored: Scored, money: Exact) -> Iterator[tuple[MeasureNode, Exact]]:
    """Every measure at or below the node, with its money as a column."""
    path = scored.node.path
    if scored.lift is not None:
        earned, _ = split(context, f"{path}.lifted", money, [scored.lift.earned, scored.lift.added])
        money = context.stages.number(f"{path}.earned", earned)
    if isinstance(scored.node, MeasureNode):
        yield scored.node, context.stages.number(f"{path}.pay", money)
        return
    shares = split(context, path, money, scored.shares)
    for item, share in zip(scored.items, shares, strict=True):
        name = f"{item.node.path}.money"
        yield from divide(context, item, context.stages.number(name, share) if item.items or item.lift else share)


def split(context: Context, name: str, money: Exact, parts: Sequence[Exact]) -> list[Exact]:
    """The money in proportion to the parts, exactly."""
    possible = [part for part in parts if any(part.bounds)]
    if len(possible) < 2:  # all or nothing: no division
        return [_whole(money, part) if part in possible else money.times(0) for part in parts]
    allocation = allocated(name, money, parts)
    for column in chain.from_iterable(allocation.stages):
        context.stages.scratch(column)
    return allocation.shares


def _whole(money: Exact, part: Exact) -> Exact:
    return Exact.choose((part.or_else(0).differs(0), money), otherwise=money.times(0))
