"""A measure, compiled: which result counts, its attainment, its rate; by several ways or parts of the period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

import polars as pl

from incentive_engine.compiler.context import Context
from incentive_engine.compiler.credibility import WEIGHTED, few, own_result
from incentive_engine.compiler.inputs import PREVIOUS
from incentive_engine.compiler.presence import share_of_work
from incentive_engine.exact import Exact, Scale, total_of
from incentive_engine.kinds.attainments import Compared
from incentive_engine.kinds.base import Rounding, Variants
from incentive_engine.rulesets.models import Fallback
from incentive_engine.rulesets.resolving import MeasureNode, PathNode

OWN: Final = 0
SOURCES: Final[Mapping[str, int]] = {
    "own": OWN, "team": 1, "department": 2, "previous": 3, "target": 4, "zero": 5, "reweight": 6, WEIGHTED: 7,
}  # fmt: skip
"""What the column `….source` says: which result counted. Missing: none did, and the payee is held."""
OWN_SOURCES: Final = (SOURCES["own"], SOURCES[WEIGHTED])
"""Those in which the own result counted, with the facts behind it."""
WIDER: Final = ("team", "department")
TARGET: Final = "target"
PATH: Final = "path"
"""The column that holds which way decided, counted from 0."""


@dataclass(frozen=True, slots=True)
class WayTaken:
    """One way, compiled."""

    way: PathNode
    parameters: Mapping[str, Exact]
    attainment: Exact
    rate: Exact


class Answer(Protocol):
    """What counts for a measure, and where it came from."""

    source: pl.Expr | None

    def came_from(self, source: Fallback) -> pl.Expr | None: ...

    @property
    def missing(self) -> pl.Expr: ...


def _came_from(source: pl.Expr | None, fallbacks: list[Fallback], asked: Fallback) -> pl.Expr | None:
    """Boolean, never missing: whether this fallback was used; None where it cannot be."""
    if source is None or asked not in fallbacks:
        return None
    return (source == SOURCES[asked]).fill_null(False)


class Chosen:
    """The result that counts, and where it came from."""

    def __init__(self, context: Context, nodes: Variants[MeasureNode], target: Exact | None) -> None:
        node = nodes.first
        self._context, self._node, self._target = context, node, target
        self._own = own_result(context, nodes)
        self._fallbacks = _fallbacks(node)
        self.source: pl.Expr | None = None
        self.actual = self._own
        if node.kpi.reliability or self._fallbacks:
            self.source = context.stages.column(f"{node.path}.source", self._source(nodes))
            branches = [(self.source == SOURCES[name], value) for name, value in self._values().items()]
            self.actual = context.stages.number(f"{node.path}.actual", Exact.choose(*branches))

    @property
    def missing(self) -> pl.Expr:
        """Whether nothing counts."""
        return self.actual.missing if self.source is None else self.source.is_null()

    def came_from(self, source: Fallback) -> pl.Expr | None:
        """Boolean, never missing: whether this fallback was used; None where it cannot be."""
        return _came_from(self.source, self._fallbacks, source)

    def _values(self) -> Mapping[str, Exact]:
        """The result behind each source that has one."""
        values = {_own_source(self._node): self._own}
        for fallback in self._fallbacks:
            if fallback in WIDER:
                values[fallback] = self._context.result(self._node.kpi_name, fallback)
            elif fallback == "previous":
                values[fallback] = self._context.result(self._node.kpi_name, self._node.of, PREVIOUS)
            elif fallback == "target" and self._target is not None:
                values[fallback] = self._target
        return values

    def _source(self, nodes: Variants[MeasureNode]) -> pl.Expr:
        """UInt8: own result where it is there and counts, else the first fallback that has one."""
        values, node, reliability = self._values(), self._node, self._node.kpi.reliability

        def usable(fallback: Fallback) -> pl.Expr:
            return ~values[fallback].missing if fallback in values else pl.lit(True)

        branches = [(~self._own.missing, _own_source(node))]
        if reliability is not None and reliability.otherwise != "hold":
            branches.append((few(self._context, nodes) & usable(reliability.otherwise), reliability.otherwise))
        if node.on_missing != "hold":
            branches.append((usable(node.on_missing), node.on_missing))
        return _chain(branches)


def _fallbacks(node: MeasureNode) -> list[Fallback]:
    """What can stand in for the own result: below the number of facts that it needs, then without a result."""
    answers: list[Fallback] = [node.kpi.reliability.otherwise] if node.kpi.reliability else []
    return [each for each in (*answers, node.on_missing) if each != "hold"]


def _own_source(node: MeasureNode) -> str:
    """What the source is called where the own result counts, whole or weighted."""
    return WEIGHTED if node.kpi.reliability and node.kpi.reliability.credibility else "own"


def _chain(branches: list[tuple[pl.Expr, str]]) -> pl.Expr:
    chain = pl.when(branches[0][0]).then(pl.lit(SOURCES[branches[0][1]], pl.UInt8))
    for condition, name in branches[1:]:
        chain = chain.when(condition).then(pl.lit(SOURCES[name], pl.UInt8))  # type: ignore[assignment]
    return chain


class ChosenParts:
    """The results of the parts of the period, each where it rests on enough facts."""

    def __init__(self, context: Context, nodes: Variants[MeasureNode]) -> None:
        node, reliability = nodes.first, nodes.first.kpi.reliability
        self._fallbacks = _fallbacks(node)
        self.results = {part.name: self._result(context, nodes, part.name) for part in node.parts}
        anything = pl.any_horizontal([~result.missing for result in self.results.values()])
        branches = [(anything, _own_source(node))]
        if reliability is not None and reliability.otherwise != "hold":
            any_few = pl.any_horizontal([few(context, nodes, part.name) for part in node.parts])
            branches.append((any_few, reliability.otherwise))
        if node.on_missing != "hold":
            branches.append((pl.lit(True), node.on_missing))
        self.source: pl.Expr | None = context.stages.column(f"{node.path}.source", _chain(branches))

    @staticmethod
    def _result(context: Context, nodes: Variants[MeasureNode], part: str) -> Exact:
        node, result = nodes.first, own_result(context, nodes, part)
        return result if node.kpi.reliability is None else context.stages.number(f"{node.path}.{part}.actual", result)

    @property
    def missing(self) -> pl.Expr:
        """Whether nothing counts."""
        assert self.source is not None
        return self.source.is_null()

    def came_from(self, source: Fallback) -> pl.Expr | None:
        """Boolean, never missing: whether this fallback was used; None where it cannot be."""
        return _came_from(self.source, self._fallbacks, source)


def ways_parameters(context: Context, nodes: Variants[MeasureNode]) -> list[dict[str, Exact]]:
    """The numbers that each way needs; where there is only one way, missing ones hold the payee."""
    node = nodes.first
    found = []
    for at, way in enumerate(node.paths):
        numbers = {}
        for name in way.parameters:
            variants = nodes.map(lambda each, at=at, name=name: each.paths[at].parameters[name])  # type: ignore[misc]
            numbers[name] = context.parameter_or_missing(variants, node.kpi_name)
            if len(node.paths) == 1:
                context.parameter(variants, name, node.kpi_name)
        if node.for_presence and TARGET in numbers:
            target = numbers[TARGET].times(share_of_work(context))
            numbers[TARGET] = context.rounded(target_column(node, way), target, node.kpi.rounding)
        found.append(numbers)
    return found


def target_column(node: MeasureNode, way: PathNode) -> str:
    """The column of a target that is less for who was away."""
    return ".".join(filter(None, (node.path, way.name, TARGET)))


def ways_taken(
    context: Context, nodes: Variants[MeasureNode], actual: Exact, parameters: list[dict[str, Exact]], part: str = ""
) -> Iterator[WayTaken]:
    """Every way from one result, of the period or of one part of it."""
    node = nodes.first
    prefix = f"{node.path}.{part}" if part else node.path
    for at, way in enumerate(node.paths):
        ways = nodes.map(lambda each, at=at: each.paths[at])  # type: ignore[misc]
        column = f"{prefix}.{way.name}" if way.name else prefix
        yield _way(context, node, ways, column, actual, parameters[at], part)


def _way(
    context: Context,
    node: MeasureNode,
    ways: Variants[PathNode],
    column: str,
    actual: Exact,
    parameters: Mapping[str, Exact],
    part: str,
) -> WayTaken:
    way, kind = ways.first, ways.first.attainment
    ends = None if way.curve.upper_end is None else ways.number(_upper_end)
    standing = None if way.among is None else context.standing(node.kpi_name, node.of, way.among)
    compared = Compared(actual, parameters, node.kpi.better, ends, standing)
    if not way.name:
        _hold_impossible(context, node, way, compared)
    attainment = context.rounded(f"{column}.attainment", kind.attainment(compared), way.attainment_rounding)
    first_reason = len(context.holds)
    rate = context.rate(f"{column}.rate", ways.map(lambda each: each.curve), attainment, node.of, part)
    if way.name:  # a way that leads nowhere is not taken, and holds nobody
        del context.holds[first_reason:]
    return WayTaken(way, parameters, attainment, rate)


def _upper_end(way: PathNode) -> Decimal:
    assert way.curve.upper_end is not None, "curves of one shape all end, or none does"
    return way.curve.upper_end


def _hold_impossible(context: Context, node: MeasureNode, way: PathNode, compared: Compared) -> None:
    impossible = way.attainment.impossible(compared)
    if impossible is not None:
        context.hold(impossible.code, impossible.when, f"{impossible.reason}: `{node.path}`")
    if compared.standing is not None and way.among is not None:
        outside = compared.standing.size.missing & ~compared.actual.missing
        about = None if node.of == "company" else node.of
        reason = f"`{node.path}` ranks among `{way.among}`, which this {node.of} is not part of:"
        context.hold("not-in-population", outside, reason, about)


def best(context: Context, path: str, ways: list[WayTaken]) -> Exact:
    """The largest rate that exists; the first way on ties.

    Each way is compared with the best of those before it in columns of its own: inlined, nine ways took minutes.
    """
    if len(ways) == 1:
        return ways[0].rate
    rate = ways[0].rate
    which: pl.Expr = pl.when(~rate.missing).then(pl.lit(0, pl.UInt8))
    for at, way in enumerate(ways[1:], start=1):
        larger = pl.col(f"{path}.larger_{at}")
        beats = (way.rate.above(rate) | rate.missing) & ~way.rate.missing
        context.stages.scratch(beats.fill_null(False).alias(larger.meta.output_name()))
        which = pl.when(larger).then(pl.lit(at, pl.UInt8)).otherwise(which)
        rate = Exact.choose((larger, way.rate), otherwise=rate)
        if at + 1 < len(ways):
            columns, rate = rate.named(f"{path}.best_{at}")
            for column in columns:
                context.stages.scratch(column)
    context.stages.column(f"{path}.{PATH}", which)
    return context.stages.number(f"{path}.rate", rate)


def mean_of(context: Context, nodes: Variants[MeasureNode], rates: list[Exact], results: Sequence[Exact]) -> Exact:
    """The mean of the rates that exist; of a part's result that has no rate, the only way's curve holds the payee."""
    node = nodes.first
    count = pl.sum_horizontal([(~rate.missing).cast(pl.Int64) for rate in rates])
    present = context.stages.number(f"{node.path}.parts_present", Exact.integer(count, Scale(0, 0, len(rates))))
    points = context.stages.number(f"{node.path}.points", total_of([rate.or_else(0) for rate in rates]))
    rounding = node.paths[0].curve.rounding
    mean = points.over(present.maximum(1)).masked(present.above(0))
    if len(node.paths) == 1:
        without = [rate.missing & ~result.missing for rate, result in zip(rates, results, strict=True)]
        mean = mean.masked(~pl.any_horizontal(without))
    return context.rounded(f"{node.path}.rate", mean, rounding if isinstance(rounding, Rounding) else None)


def hold_without_result(context: Context, nodes: Variants[MeasureNode], chosen: Answer) -> None:
    """Holds who has no result that counts."""
    node = nodes.first
    reliability = node.kpi.reliability
    least = reliability.at_least if reliability else 0
    enough = f" from at least {least} fact{'s' if least > 1 else ''}" if least else ""
    if reliability and reliability.credibility:
        enough += f", or none of the {reliability.credibility.towards} to weigh it with,"
    subject = "the company" if node.of == "company" else node.of
    about = None if node.of == "company" else node.of
    context.hold("missing-result", chosen.missing, f"no result of `{node.path}`{enough} for {subject}", about)
