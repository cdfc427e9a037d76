"""Who is paid at a cap, read from the trace."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from incentive_engine.compiler.inputs import ParameterKey
from incentive_engine.kinds.base import FromColumn, FromTable, Parameter, written
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import MeasureNode, Node, ResolvedPlan, nodes_under


def at_caps(rules: RuleSet, plan: ResolvedPlan, trace: pl.LazyFrame) -> Iterator[tuple[Node, str, pl.DataFrame]]:
    """For each node of a plan with a cap: the node, the cap in words, and the payee of each who is paid at it.

    `trace`: the rows of the trace that follow the plan.
    """
    columns = trace.collect_schema().names()
    paid = pl.col("payout").is_not_null() if "payout" in columns else pl.lit(False)
    for node in nodes_under(plan.root):
        after, cap = f"{node.path}.after_cap", node.steps.cap
        if cap is None or after not in columns:
            continue
        number, told = _cap_column(rules, cap, node)
        divisor = pl.col(f"{after}.per").cast(pl.Decimal(38, 0)) if f"{after}.per" in columns else None
        at = (
            pl.col(after).cast(pl.Decimal(38, 0)) == number * divisor
            if divisor is not None
            else pl.col(after) == number
        )
        yield node, told, trace.filter(at, paid).select("payee").unique().collect()


def _cap_column(rules: RuleSet, cap: Parameter, node: Node) -> tuple[pl.Expr, str]:
    """The cap as a column of the trace, and in words."""
    if isinstance(cap, FromColumn):
        return pl.col(cap.column), f"`{cap.column}`"
    if isinstance(cap, FromTable):
        kpi = node.kpi_name if isinstance(node, MeasureNode) else None
        by_kpi = "kpi" in rules.tables[cap.table].keys
        key = ParameterKey(cap.table, cap.column, kpi if by_kpi else None)
        return pl.col(key.header), f"table `{cap.table}`"
    return pl.lit(cap), written(cap, percent=True)
