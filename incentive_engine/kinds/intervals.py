"""How sure a result is: its 95 % interval, by a formula with a name, and how far single facts lie apart.

Statistics to be read: pay never depends on them, so that floats may carry them. They are worked out of exact sums,
which merge in any order, and so depend neither on the order of rows nor on how they are cut up. Each kind of KPI from
facts names its interval; sums over facts, numbers of customers and formulas over KPIs have none.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from statistics import NormalDist
from typing import Any, Final

import polars as pl

from incentive_engine.exact import Exact

_NAMES = LOW, HIGH, SPREAD = "low", "high", "spread"
CONFIDENCE: Final = 0.95
_TAIL: Final = (1 - CONFIDENCE) / 2
_Z: Final = NormalDist().inv_cdf(1 - _TAIL)
_NOT_KNOWN: Final = pl.lit(None, pl.Float64)
_SQUARES, _PRODUCTS, _SQUARES_BELOW = "squares", "products", "squares below"


@dataclass(frozen=True, slots=True)
class Sums:
    """What was added up for each subject: the facts, what they add above and below the line, and `besides`, by name."""

    n: Exact
    above: Exact
    below: Exact
    besides: Mapping[str, Exact]


class Interval:
    """A formula for the limits between which a result lies with 95 % confidence."""

    @classmethod
    def source(cls) -> str:
        """The formula's name, and where it is published."""
        return " ".join((cls.__doc__ or "").split())


class OfSums(Interval, ABC):
    """An interval that follows from what was added up."""

    def besides(self, above: Exact, below: Exact) -> Mapping[str, Exact]:
        """What each fact adds besides what it adds above and below the line, by name."""
        return {}

    @abstractmethod
    def limits(self, sums: Sums) -> tuple[pl.Expr, pl.Expr]:
        """The lower and the upper limit, in the unit of the result."""

    def spread(self, sums: Sums) -> pl.Expr:
        """The variance of what one fact says, without bias; divided by n, that of the result."""
        return _NOT_KNOWN

    def columns(self, sums: Sums) -> tuple[pl.Expr, ...]:
        """Float64 columns `low`, `high` and `spread`, missing where there are too few facts."""
        return _named(*self.limits(sums), self.spread(sums))


class Wilson(OfSums):
    """Wilson's score interval (Journal of the American Statistical Association, 1927)."""

    def limits(self, sums: Sums) -> tuple[pl.Expr, pl.Expr]:
        n = _float(sums.below)
        share = _float(sums.above) / n
        middle = share + _Z**2 / 2 / n
        margin = _Z * (share * (1 - share) / n + (_Z / 2 / n) ** 2).sqrt()
        return (middle - margin) / (1 + _Z**2 / n), (middle + margin) / (1 + _Z**2 / n)

    def spread(self, sums: Sums) -> pl.Expr:
        return _covariance(sums.n, sums.above, sums.above, sums.above)  # 0 and 1 are their own squares


class StudentT(OfSums):
    """Student's t (Biometrika, 1908)."""

    def besides(self, above: Exact, below: Exact) -> Mapping[str, Exact]:
        return {_SQUARES: above.times(above)}

    def limits(self, sums: Sums) -> tuple[pl.Expr, pl.Expr]:
        middle = _float(sums.above) / _float(sums.below)
        margin = _looked_up(sums.n.expr, _student) * (self.spread(sums) / _float(sums.n)).sqrt()
        return middle - margin, middle + margin

    def spread(self, sums: Sums) -> pl.Expr:
        return _covariance(sums.n, sums.besides[_SQUARES], sums.above, sums.above)


class AdjustedWald(StudentT):
    """Adjusted Wald: as if of three more answers, 3/4 from a promoter and 3/4 from a detractor.

    Rocks, Interval Estimation for the Net Promoter Score, The American Statistician, 2016: variant (3, T).
    """

    def limits(self, sums: Sums) -> tuple[pl.Expr, pl.Expr]:
        n = _float(sums.n) + 3
        net, either = _float(sums.above) / 100 / n, (_float(sums.besides[_SQUARES]) / 10_000 + 1.5) / n
        margin = _Z * ((either - net**2) / n).sqrt()
        return 100 * (net - margin), 100 * (net + margin)


class Linearised(StudentT):
    """Linearisation: a fact says how far it is above the ratio, over the mean below, with Student's t.

    Cochran, Sampling Techniques, 1977, chapter 6.
    """

    def besides(self, above: Exact, below: Exact) -> Mapping[str, Exact]:
        products = {_PRODUCTS: above.times(below), _SQUARES_BELOW: below.times(below)}
        return {**super().besides(above, below), **products}

    def spread(self, sums: Sums) -> pl.Expr:
        n, ratio, mean = sums.n, _float(sums.above) / _float(sums.below), _float(sums.below) / _float(sums.n)
        both = _covariance(n, sums.besides[_PRODUCTS], sums.above, sums.below)
        below = _covariance(n, sums.besides[_SQUARES_BELOW], sums.below, sums.below)
        return (super().spread(sums) - 2 * ratio * both + ratio**2 * below).clip(0) / mean**2


class Garwood(OfSums):
    """Exact limits of a number of independent events, after Poisson (Garwood, Biometrika, 1936)."""

    def limits(self, sums: Sums) -> tuple[pl.Expr, pl.Expr]:
        return _looked_up(sums.above.expr, _fewest), _looked_up(sums.above.expr, _most)


class OrderStatistics(Interval):
    """Order statistics, by binomial ranks (Conover, Practical Nonparametric Statistics, 1999, chapter 3)."""

    def places(self, n: pl.Expr, share: Fraction) -> tuple[pl.Expr, pl.Expr]:
        """The places, from 0, of the values that limit a percentile; missing or past the end where n is too small."""
        low, high = (
            _looked_up(n, partial(_binomial, share=float(share), tail=tail)).fill_nan(None).cast(pl.Int64)
            for tail in (_TAIL, 1 - _TAIL)
        )
        return pl.when(low > 0).then(low - 1), high

    def columns(self, low: Exact, high: Exact) -> tuple[pl.Expr, ...]:
        """Float64 columns `low`, `high` and `spread`; missing where one of the values is."""
        known = ~(low.missing | high.missing)
        return _named(*(pl.when(known).then(_float(limit)) for limit in (low, high)), _NOT_KNOWN)


def _named(*columns: pl.Expr) -> tuple[pl.Expr, ...]:
    return tuple(column.fill_nan(None).alias(name) for name, column in zip(_NAMES, columns, strict=True))


def _float(value: Exact) -> pl.Expr:
    return value.expr.cast(pl.Float64) * value.unit.numerator / value.unit.denominator


def _covariance(n: Exact, products: Exact, one: Exact, other: Exact) -> pl.Expr:
    """From the sum of products and the sums: what lies close together is told apart before anything is a float."""
    apart = n.times(products).minus(one.times(other))
    return _float(apart) / _float(n) / (_float(n) - 1)


def _looked_up(count: pl.Expr, work: Callable[[Any], Any]) -> pl.Expr:
    """A function of counts, worked out once for each that occurs: few do."""

    def look_up(counts: pl.Series) -> pl.Series:
        different = counts.drop_nulls().unique()
        return counts.replace_strict(different, work(different.to_numpy()), default=None, return_dtype=pl.Float64)

    return count.map_batches(look_up, return_dtype=pl.Float64, is_elementwise=True)


def _student(n: Any) -> Any:
    from scipy.special import stdtrit

    return stdtrit(n - 1, 1 - _TAIL)


def _binomial(n: Any, share: float, tail: float) -> Any:
    """The least number that is reached with so much probability."""
    from scipy.special import bdtr, bdtrik

    found = -(-bdtrik(tail, n, share) // 1)
    return found - (bdtr(found - 1, n, share) >= tail)  # where it is off by one


def _fewest(count: Any) -> Any:
    from scipy.special import gammaincinv

    return gammaincinv(count.clip(1), _TAIL) * (count > 0)


def _most(count: Any) -> Any:
    from scipy.special import gammaincinv

    return gammaincinv(count + 1, 1 - _TAIL)
