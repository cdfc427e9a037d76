"""What an own result counts for: all of it from enough facts, or by credibility a part, the rest by a wider result.

Z = n ÷ (n + K) (Bühlmann, "Experience rating and credibility", ASTIN Bulletin 1967) with a declared K: pay never
depends on a K that colleagues' results gave. Z is rounded and a column of its own, an exact number from there on.
"""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from incentive_engine.compiler.context import Context
from incentive_engine.exact import Exact
from incentive_engine.kinds.base import Variants
from incentive_engine.rulesets.models import Reliability
from incentive_engine.rulesets.resolving import MeasureNode

CREDIBILITY, WEIGHTED = "credibility", "weighted"
"""The columns of a measure that hold Z, and the own result weighted with the wider one."""


def own_result(context: Context, nodes: Variants[MeasureNode], part: str = "") -> Exact:
    """The own result of the period, or of a part of it, as far as it counts; missing where it does not."""
    node = nodes.first
    own, reliability = context.result(node.kpi_name, node.of, part), node.kpi.reliability
    if reliability is None:
        return own
    enough = context.answers(node.kpi_name, node.of, part).at_least(nodes.number(_least)).fill_null(False)
    if reliability.credibility is None:
        return own.masked(enough)
    return _weighted(context, nodes, own.masked(enough), part)


def few(context: Context, nodes: Variants[MeasureNode], part: str = "") -> pl.Expr:
    """Boolean, never missing: whether there is an own result, but from too few facts."""
    node = nodes.first
    below = context.answers(node.kpi_name, node.of, part).below(nodes.number(_least))
    return ~context.result(node.kpi_name, node.of, part).missing & below.fill_null(False)


def _weighted(context: Context, nodes: Variants[MeasureNode], own: Exact, part: str) -> Exact:
    """Z of the own result and 1 − Z of the wider one; missing without either."""
    node, credibility = nodes.first, _reliability(nodes.first).credibility
    assert credibility is not None
    prefix = f"{node.path}.{part}" if part else node.path
    wider = context.result(node.kpi_name, credibility.towards, part)
    n = context.answers(node.kpi_name, node.of, part)
    share = credibility.rounding.of(n.over(n.plus(nodes.number(_k)))).clipped(0, 1)  # proves what division cannot
    share = context.stages.number(f"{prefix}.{CREDIBILITY}", share.masked(~own.missing & ~wider.missing))
    value = share.times(own).plus(Exact.of(1).minus(share).times(wider))
    return context.stages.number(f"{prefix}.{WEIGHTED}", node.kpi.rounding.of(value))


def _reliability(node: MeasureNode) -> Reliability:
    assert node.kpi.reliability is not None
    return node.kpi.reliability


def _least(node: MeasureNode) -> int:
    return _reliability(node).at_least


def _k(node: MeasureNode) -> Decimal:
    credibility = _reliability(node).credibility
    assert credibility is not None, "KPIs of one shape all have one"
    return credibility.k
