"""What each kind costs, against a linear curve: twelve columns of a million numbers each, rounded, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl
from pydantic import TypeAdapter

from incentive_engine.documents import read_text
from incentive_engine.exact import Exact, Scale
from incentive_engine.kinds.attainments import ATTAINMENTS, AttainmentKind, Compared, Standing
from incentive_engine.kinds.base import Rounding, Variants
from incentive_engine.kinds.combinations import COMBINATIONS, Part
from incentive_engine.kinds.curves import CurveKind, PayoutCurve
from incentive_engine.kinds.gates import GateKind, Limit, Withhold
from incentive_engine.kinds.modifiers import Factor, ModifierKind, Points

MEASURES: Final = 12
KEPT: Final = Rounding(places=4)
UP_TO_TWICE: Final = Scale(4, 0, 20_000)
"""Attainments, scores and results of 0 to 200 %."""
CURVES: Final = """
linear: {points: [[80%, 50%], [90%, 70%], [100%, 100%], [120%, 150%]], below: zero}
stepped: {tiers: [{from: 80%, rate: 50%}, {from: 100%, rate: 100%}, {from: 120%, rate: 150%}], below: zero}
graded: {tiers: [{from: 80%, rate: 1}, {from: 100%, rate: 2, jump: 5%}, {from: 120%, rate: 3}]}
lookup:
  rows:
    - {below: 80%, rate: 0%}
    - {from: 80%, below: 100%, rate: 50%}
    - {from: 100%, to: 120%, rate: 100%}
    - {over: 120%, rate: 150%}
matrix:
  across: handle_time
  columns: [0, 0.8, 1.2]
  rows:
    - {from: 80%, rates: [20%, 40%, 60%]}
    - {from: 100%, rates: [80%, 100%, 120%]}
    - {from: 120%, rates: [110%, 130%, 150%]}
  below: zero
logistic: {midpoint: 100%, width: 10%, low: 0%, high: 150%}
"""
"""A curve of every kind, of about as many points each."""

Stage = list[pl.Expr]
Expressions = Callable[[], tuple[Stage, ...]]
"""The stages of columns, the last of which is the result."""


def numbers(payees: int) -> pl.DataFrame:
    """Twelve columns of results `x…`, and twelve of other numbers `y…`, none of them zero."""
    row = pl.int_range(payees, dtype=pl.Int64)
    drawn = {f"x{at}": (row * 7919 + at * 104_729) % 20_000 for at in range(MEASURES)}
    drawn |= {f"y{at}": (row * 6007 + at * 15_485) % 9_000 + 1_000 for at in range(MEASURES)}
    return pl.select([column.alias(name) for name, column in drawn.items()])


def expressions() -> Mapping[str, Expressions]:
    """What works out every kind on `numbers`, by name."""
    curves = {f"curve `{name}`": _curve(name, fields) for name, fields in read_text(CURVES, "curves").data.items()}
    attainments = {f"attainment `{name}`": _attainment(kind) for name, kind in ATTAINMENTS.items()}
    combinations = {f"combine `{name}`": _combined(name) for name in COMBINATIONS}
    return {**curves, **attainments, **combinations, **_steps()}


def _x(at: int) -> Exact:
    return Exact.column(f"x{at}", UP_TO_TWICE)


def _y(at: int) -> Exact:
    return Exact.column(f"y{at}", Scale(4, 1_000, 10_000))


def _each(value: Callable[[int], Exact]) -> Expressions:
    """Twelve of them, rounded, as a plan would have them."""
    return lambda: (_written([(f"r{at}", value(at)) for at in range(MEASURES)]),)


def _written(numbers: list[tuple[str, Exact]]) -> Stage:
    return [column for name, number in numbers for column in KEPT.of(number).named(name)[0]]


def _curve(name: str, fields: Mapping[str, object]) -> Expressions:
    curve: CurveKind = TypeAdapter(PayoutCurve).validate_python({"kind": name, **fields})
    curves = Variants((curve,), pl.lit(0, pl.UInt32))
    across = curve.across is not None

    def drawn() -> tuple[Stage, ...]:
        """With what the curve stores, as a plan does, in a stage of its own."""
        stored: Stage = []

        def store(number: Exact) -> Exact:
            columns, read = number.named(f"s{len(stored)}")
            stored.extend(columns)
            return read

        rates = [type(curve).rate(curves, _x(at), _y(at) if across else None, store) for at in range(MEASURES)]
        written = _written([(f"r{at}", rate) for at, rate in enumerate(rates)])
        return (stored, written) if stored else (written,)

    return drawn


def _attainment(kind: AttainmentKind) -> Expressions:
    def attained(at: int) -> Exact:
        size = Exact.column(f"y{at}", Scale(0, 1, 10_000))
        standing = Standing(better=Exact.of(3), distinct=Exact.of(2), equal=size, size=size.plus(10))
        parameters = {name: _y((at + number) % MEASURES) for number, name in enumerate(kind.needs)}
        return kind.attainment(Compared(_x(at), parameters, "higher", Exact.of(2), standing))

    return _each(attained)


def _combined(name: str) -> Expressions:
    """Twelve items into one, twelve times."""
    kind = COMBINATIONS[name]

    def combined(at: int) -> Exact:
        weight = Exact.of("0.08") if kind.weighted else None
        parts = [Part(_x((at + number) % MEASURES), weight, None) for number in range(MEASURES)]
        return kind.combine(parts, lambda _, value: value)[0]

    return _each(combined)


def _steps() -> Mapping[str, Expressions]:
    modifiers: Mapping[str, type[ModifierKind]] = {"factor": Factor, "add": Points}
    gates: Mapping[str, type[GateKind]] = {"withhold": Withhold, "limit": Limit}

    def modified(kind: type[ModifierKind]) -> Expressions:
        return _each(lambda at: kind.apply(_y(at), _x(at)))

    def shut(kind: type[GateKind]) -> Expressions:
        half = Exact.of("0.5")
        return _each(lambda at: Exact.choose((_y(at).above("0.5"), kind.shut(half, _x(at))), otherwise=_x(at)))

    named = {f"modifier `{name}`": modified(kind) for name, kind in modifiers.items()}
    return {**named, **{f"gate `{name}`": shut(kind) for name, kind in gates.items()}}


def worked_out(frame: pl.DataFrame, stages: tuple[Stage, ...]) -> pl.DataFrame:
    """The columns of the last stage, worked out."""
    lazy = frame.lazy()
    for stage in stages[:-1]:
        lazy = lazy.with_columns(stage)
    return lazy.select(stages[-1]).collect(engine="streaming")
