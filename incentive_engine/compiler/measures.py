"""A measure, compiled: which result counts, its attainment, its rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from incentive_engine.compiler.context import Context
from incentive_engine.exact import Exact
from incentive_engine.kinds.base import Rounding, Variants
from incentive_engine.rulesets.models import Fallback, Reliability
from incentive_engine.rulesets.resolving import MeasureNode

OWN: Final = 0
SOURCES: Final[Mapping[str, int]] = {
    "own": OWN, "team": 1, "department": 2, "previous": 3, "target": 4, "zero": 5, "reweight": 6,
}  # fmt: skip
"""What the column `….source` says: which result counted. Missing: none did, and the payee is held."""
WIDER: Final = ("team", "department")


class Chosen:
    """The result that counts, and where it came from."""

    def __init__(self, context: Context, nodes: Variants[MeasureNode], target: Exact | None) -> None:
        node = nodes.first
        self._context, self._node, self._target = context, node, target
        self._own = context.result(node.kpi_name, node.of)
        reliability = node.kpi.reliability
        answers = [reliability.otherwise] if reliability else []
        self._fallbacks: list[Fallback] = [each for each in (*answers, node.on_missing) if each != "hold"]
        self.source: pl.Expr | None = None
        self.actual = self._own
        if reliability or self._fallbacks:
            self.source = context.stages.column(f"{node.path}.source", self._source(nodes, reliability))
            branches = [(self.source == SOURCES[name], value) for name, value in self._values().items()]
            self.actual = context.stages.number(f"{node.path}.actual", Exact.choose(*branches))

    def came_from(self, source: Fallback) -> pl.Expr | None:
        """Boolean, never missing: whether this fallback was used; None where it cannot be."""
        if self.source is None or source not in self._fallbacks:
            return None
        return (self.source == SOURCES[source]).fill_null(False)

    def _values(self) -> Mapping[str, Exact]:
        """The result behind each source that has one."""
        values = {"own": self._own}
        for fallback in self._fallbacks:
            if fallback in WIDER:
                values[fallback] = self._context.result(self._node.kpi_name, fallback)
            elif fallback == "previous":
                values[fallback] = self._context.result(self._node.kpi_name, self._node.of, previous=True)
            elif fallback == "target" and self._target is not None:
                values[fallback] = self._target
        return values

    def _source(self, nodes: Variants[MeasureNode], reliability: Reliability | None) -> pl.Expr:
        """UInt8: own result where it is there and rests on enough facts, else the first fallback that has one."""
        present = ~self._own.missing
        values = self._values()

        def usable(fallback: Fallback) -> pl.Expr:
            return ~values[fallback].missing if fallback in values else pl.lit(True)

        branches: list[tuple[pl.Expr, str]] = []
        if reliability is None:
            branches.append((present, "own"))
        else:
            least = nodes.number(_least)
            count = self._context.answers(self._node.kpi_name, self._node.of)
            branches.append((present & count.at_least(least).fill_null(False), "own"))
            if reliability.otherwise != "hold":
                few = present & count.below(least).fill_null(False)
                branches.append((few & usable(reliability.otherwise), reliability.otherwise))
        if self._node.on_missing != "hold":
            branches.append((usable(self._node.on_missing), self._node.on_missing))
        chain = pl.when(branches[0][0]).then(pl.lit(SOURCES[branches[0][1]], pl.UInt8))
        for condition, name in branches[1:]:
            chain = chain.when(condition).then(pl.lit(SOURCES[name], pl.UInt8))  # type: ignore[assignment]
        return chain


def _least(node: MeasureNode) -> int:
    assert node.kpi.reliability is not None
    return node.kpi.reliability.at_least


def attained(context: Context, nodes: Variants[MeasureNode], chosen: Chosen, target: Exact | None) -> Exact:
    """The attainment, rounded."""
    node = nodes.first
    parameters = {} if target is None else {"target": target}
    for name in node.attainment.positive:
        value = parameters[name]
        if value.bounds[0] <= 0:
            context.hold(f"{name}-not-positive", value.at_most(0), f"the {name} of {_title(node)} is not above zero")
    upper_end = nodes.number(lambda each: each.curve.upper_end)
    attainment = node.attainment.attainment(chosen.actual, parameters, upper_end)
    return context.rounded(f"{node.path}.attainment", attainment, node.attainment_rounding)


def rated(context: Context, nodes: Variants[MeasureNode], attainment: Exact) -> Exact:
    """The rate, rounded."""
    curve = nodes.first.curve
    rounding = curve.rounding if isinstance(curve.rounding, Rounding) else None
    rate = type(curve).rate(nodes.map(lambda each: each.curve), attainment)
    return context.rounded(f"{nodes.first.path}.rate", rate, rounding)


def hold_without_result(context: Context, nodes: Variants[MeasureNode], chosen: Chosen) -> None:
    """Holds who has no result that counts."""
    node = nodes.first
    when = chosen.actual.missing if chosen.source is None else chosen.source.is_null()
    enough = f" from at least {node.kpi.reliability.at_least} facts" if node.kpi.reliability else ""
    subject = "the company" if node.of == "company" else node.of
    about = None if node.of == "company" else node.of
    context.hold("missing-result", when, f"no result of {_title(node)}{enough} for {subject}", about)


def _title(node: MeasureNode) -> str:
    return f"`{node.path}`"
