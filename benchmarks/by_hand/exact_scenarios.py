"""In Polars, a loop over scenarios: the same exact arithmetic with other numbers each time, payout and total cost only.

What one writes who tries numbers on this one plan: constants reduced in Python, everything else left out that the
payout does not rest on. With only weights to try, rates are worked out once and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import Final

import polars as pl

from benchmarks.by_hand.exact_polars import CUSTOMER, DAYS, END, INTERNAL, MEASURES, START

TARGETS: Final[Mapping[str, Fraction]] = {
    "nps": Fraction(45), "satisfied": Fraction(85, 100), "ease": Fraction(55, 10), "answered_fast": Fraction(80, 100),
    "first_time_fix": Fraction(75, 100), "on_time": Fraction(90, 100), "resolution_days": Fraction(6),
    "handle_time": Fraction(360), "adherence": Fraction(92, 100),
}  # fmt: skip
ON_RATIO: Final = ((7000, 0), (9000, 6000), (10_000, 10_000), (12_000, 15_000))
ON_POINTS: Final = ((-200_000, 4000), (0, 10_000), (300_000, 15_000))
FEW_REOPENED: Final = ((200, 14_000), (700, 10_000), (1400, 0))
_LESS_IS_BETTER: Final = ("resolution_days", "handle_time")
_AS_THEY_ARE: Final = ("reopened", "training")


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of the plan that are tried; weights in percent, points and the cap as counts of 0.0001."""

    targets: Mapping[str, Fraction] = field(default_factory=lambda: TARGETS)
    weights: Mapping[str, int] = field(default_factory=lambda: {**CUSTOMER, **INTERNAL})
    customer: int = 70
    cap: int = 15_000
    on_ratio: tuple[tuple[int, int], ...] = ON_RATIO


def paid(wide: pl.DataFrame, numbers: Numbers) -> pl.DataFrame:
    """One row: the total cost in cents, of payouts that are worked out for everyone."""
    return _total(with_rates(wide.lazy(), numbers), numbers).collect(engine="streaming")


def kept(wide: pl.DataFrame) -> pl.DataFrame:
    """What does not change with weights: rates, proration, the gate and the salary."""
    columns = [*(f"{name}.rate" for name in MEASURES), "proration", "adherence", "base_salary"]
    return with_rates(wide.lazy(), Numbers()).select(columns).collect(engine="streaming")


def paid_with_weights(rates: pl.DataFrame, numbers: Numbers) -> pl.DataFrame:
    """The same from kept rates."""
    return _total(rates.lazy(), numbers).collect(engine="streaming")


def with_rates(wide: pl.LazyFrame, numbers: Numbers) -> pl.LazyFrame:
    """The rates of all measures, and the proration."""
    ratios = [name for name in MEASURES if name in numbers.targets and name != "nps"]
    attained = [_attained(name, numbers.targets[name]).alias(f"{name}.at") for name in ratios]
    own = (pl.col("productivity") * 20_000 + pl.col("productivity_target")) // (pl.col("productivity_target") * 2)
    points = pl.col("nps") - int(numbers.targets["nps"] * 10_000)
    at = [*attained, own.alias("productivity.at"), points.alias("nps.at")]
    rates = [_line(pl.col(f"{name}.at"), numbers.on_ratio).alias(f"{name}.rate") for name in (*ratios, "productivity")]
    above = pl.col("nps.at")
    rates.append(pl.when(above < ON_POINTS[0][0]).then(0).otherwise(_line(above, ON_POINTS)).alias("nps.rate"))
    rates.append(_line(pl.col("reopened"), FEW_REOPENED).alias("reopened.rate"))
    hours = pl.col("training")
    steps = pl.when(hours < 70_000).then(0).when(hours < 140_000).then(5000).when(hours < 280_000).then(10_000)
    rates.append(steps.when(hours >= 280_000).then(12_000).cast(pl.Int64).alias("training.rate"))
    return wide.with_columns(at).with_columns(*rates, _proration())


def _attained(name: str, target: Fraction) -> pl.Expr:
    """The ratio in counts of 0.0001, halves away from zero; both are positive."""
    actual = pl.col(name)
    if name in _LESS_IS_BETTER:
        top = int(target * 10_000) * 10_000
        return (pl.lit(2 * top, pl.Int64) + actual) // (actual * 2)
    ratio = 1 / target
    return _rounded(actual * ratio.numerator, ratio.denominator)


def _line(at: pl.Expr, points: tuple[tuple[int, int], ...]) -> pl.Expr:
    """Straight lines between points: slope × what lies in the segment, over one divisor."""
    slopes = [Fraction(y1 - y0, x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    under = lcm(*(slope.denominator for slope in slopes))
    constant = points[0][1] * under
    terms: pl.Expr | None = None
    for slope, ((x0, _), (x1, _)) in zip(slopes, pairwise(points), strict=True):
        steep = int(slope * under)
        constant -= steep * x0
        part = _clipped(at, x0, x1) * steep
        terms = part if terms is None else terms + part
    assert terms is not None
    return _rounded(terms + constant, under)


def _rounded(value: pl.Expr, under: int) -> pl.Expr:
    return value if under == 1 else (value + under // 2) // under


def _clipped(at: pl.Expr, low: int, high: int) -> pl.Expr:
    return pl.when(at < low).then(pl.lit(low, pl.Int64)).when(at > high).then(pl.lit(high, pl.Int64)).otherwise(at)


def _proration() -> pl.Expr:
    first = pl.max_horizontal("hired", pl.lit(START))
    last = pl.min_horizontal("left", pl.lit(END))
    days = (last - first).dt.total_days() + 1
    return ((days.clip(0, DAYS) * 10**10 + DAYS // 2) // DAYS).alias("proration")


def _total(rates: pl.LazyFrame, numbers: Numbers) -> pl.LazyFrame:
    """Scores, payout and its sum: rates of 0.0001 × weights of 0.01."""
    customer, internal = (_weighted(names, numbers.weights) for names in (CUSTOMER, INTERNAL))
    shut = pl.when(pl.col("adherence") < 5000).then(internal * 0).otherwise(internal)
    most = numbers.cap * 10_000
    points = (numbers.customer * pl.col("customer") + (100 - numbers.customer) * pl.col("internal")).clip(None, most)
    score = (points + 50) // 100
    product = (pl.col("base_salary") * 2 * score).cast(pl.Int128) * pl.col("proration")
    cents = ((product + pl.lit(5 * 10**17, pl.Int128)) // pl.lit(10**18, pl.Int128)).cast(pl.Int64)
    return rates.with_columns(customer.alias("customer"), shut.alias("internal")).select(cents.sum().alias("cost"))


def _weighted(names: Mapping[str, int], weights: Mapping[str, int]) -> pl.Expr:
    total: pl.Expr | None = None
    for name in names:
        part = pl.col(f"{name}.rate") * weights[name]
        total = part if total is None else total + part
    assert total is not None
    return total
