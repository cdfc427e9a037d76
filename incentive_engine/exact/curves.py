"""Curves: straight lines between points, with jumps, exact and flat outside their points.

One curve is a sum of slopes times the value clipped to a segment: it rounds nothing and divides no row. So are curves
that differ by row in their heights only. Others are tables of straight lines, of which a row gathers one by counting
the points that it has passed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, chain, pairwise

from incentive_engine.exact.counts import INDEX, INT64, gathered, literal
from incentive_engine.exact.picking import Which, row_number
from incentive_engine.exact.quotients import in_unit
from incentive_engine.exact.stretches import in_stretches, passed, rising
from incentive_engine.exact.units import Points, as_fraction, common_unit, counted
from incentive_engine.exact.value import Exact, exact_of, total_of


def interpolated(value: Exact, curves: Sequence[Points], by: Which | None = None) -> Exact:
    """The height of straight lines between points, flat outside them, not rounded.

    Points above each other are a jump: the last of them holds from there on. With several curves, all of as many
    points, a row in which `by` is i takes curves[i].
    """
    drawn, x = _Curves.of(curves, by), rising(value)
    if by is None or drawn.alike:
        height = _ramps(x, drawn.first)
    else:
        height = (_slopes(x, drawn, by) if drawn.above_each_other else None) or _lines(x, drawn, by)
    ends = [y for ys in drawn.ys for y in ys]
    return _known(height, min(ends) * drawn.y_unit, max(ends) * drawn.y_unit)


def _known(value: Exact, low: Fraction, high: Fraction) -> Exact:
    """The value, known by other means to lie within low..high."""
    below = (1,) if value.per is None else (value.per.low, value.per.high)
    reached = [bound * divisor / value.unit for bound in (low, high) for divisor in below]
    return exact_of(value.counts.known(math.ceil(min(reached)), math.floor(max(reached))), value.unit, value.per)


@dataclass(frozen=True, slots=True)
class _Curves:
    """Curves of as many points each, counted in two units: a thousand plans are too many for fractions."""

    x_unit: Fraction
    y_unit: Fraction
    xs: list[list[int]]
    ys: list[list[int]]

    @classmethod
    def of(cls, curves: Sequence[Points], by: Which | None) -> _Curves:
        if by is None and len(curves) != 1:
            raise ValueError("several curves need `by` to say which row takes which")
        if len({len(points) for points in curves}) != 1 or not curves[0]:
            raise ValueError("curves that differ by row need the same number of points, at least one")
        across = [[as_fraction(x) for x, _ in points] for points in curves]
        up = [[as_fraction(y) for _, y in points] for points in curves]
        x_unit, y_unit = common_unit(chain.from_iterable(across)), common_unit(chain.from_iterable(up))
        xs, ys = [counted(row, x_unit) for row in across], [counted(row, y_unit) for row in up]
        if any(after < before for row in xs for before, after in pairwise(row)):
            raise ValueError("the points of a curve must go from left to right")
        return cls(x_unit, y_unit, xs, ys)

    @property
    def first(self) -> list[tuple[Fraction, Fraction]]:
        return [(x * self.x_unit, y * self.y_unit) for x, y in zip(self.xs[0], self.ys[0], strict=True)]

    @property
    def alike(self) -> bool:
        return all(xs == self.xs[0] for xs in self.xs) and all(ys == self.ys[0] for ys in self.ys)

    @property
    def above_each_other(self) -> bool:
        """Whether they differ in heights only, without jumps."""
        return all(xs == self.xs[0] for xs in self.xs) and all(x0 < x1 for x0, x1 in pairwise(self.xs[0]))


def _ramps(x: Exact, points: Sequence[tuple[Fraction, Fraction]]) -> Exact:
    """Slope × (x clipped to its segment), added up, and the jumps so far: one integer unit, nothing to round."""
    low, high = x.bounds
    kept = [(p, q) for p, q in pairwise(points) if q[0] > low and (p[0] < high or p[0] == q[0] <= high)]
    start = kept[0][0][1] if kept else ([y for x0, y in points if x0 <= low] or [points[0][1]])[-1]
    ramps: list[list[Fraction]] = []  # from, to, slope; segments in line are one ramp
    jumps = [(x1, y1 - y0) for (x0, y0), (x1, y1) in kept if x0 == x1 and y0 != y1]
    for (x0, y0), (x1, y1) in kept:
        slope = (y1 - y0) / (x1 - x0) if x0 < x1 else Fraction(0)
        if ramps and ramps[-1][1:] == [x0, slope]:
            ramps[-1][1] = x1
        elif slope:
            ramps.append([x0, x1, slope])
    constant = start - sum((slope * x0 for x0, _, slope in ramps), Fraction(0))
    reached = list(accumulate((height for _, height in jumps), initial=constant))
    if not ramps:
        return in_stretches(x, [(at, False) for at, _ in jumps], reached)
    steps = in_stretches(x, [(at, False) for at, _ in jumps], reached) if jumps else Exact.of(constant)
    unit = common_unit([x.unit, *(end for ramp in ramps for end in ramp[:2])])
    x = exact_of(in_unit(x, unit), unit, x.per)
    return total_of([*(x.clipped(x0, x1).times(slope) for x0, x1, slope in ramps), steps])


def _slopes(x: Exact, drawn: _Curves, by: Which) -> Exact | None:
    """Each row's slopes × (x clipped to their segments), added up, over one divisor; a third of the time of lines.

    None where all are flat, or where the counts do not fit Int64.
    """
    across = drawn.xs[0]
    run = math.lcm(*(x1 - x0 for x0, x1 in pairwise(across)))
    unit = common_unit([x.unit, *(at * drawn.x_unit for at in across)])
    x = exact_of(in_unit(x, unit), unit, x.per)
    parts, starts = [], [ys[0] * run for ys in drawn.ys]
    for at, (x0, x1) in enumerate(pairwise(across)):
        slopes = [(ys[at + 1] - ys[at]) * (run // (x1 - x0)) for ys in drawn.ys]
        starts = [start - slope * x0 for start, slope in zip(starts, slopes, strict=True)]
        if any(slopes):
            slope = exact_of(gathered(slopes, by), drawn.y_unit / (drawn.x_unit * run))
            parts.append(x.clipped(x0 * drawn.x_unit, x1 * drawn.x_unit).times(slope))
    height = total_of([*parts, exact_of(gathered(starts, by), drawn.y_unit / run)])
    return height if parts and height.counts.dtype is INT64 else None


def _lines(x: Exact, drawn: _Curves, by: Which) -> Exact:
    """The straight line of each row's stretch, gathered once: height = (start + slope × x) / run."""
    lines: list[tuple[int, int, int]] = []
    for xs, ys in zip(drawn.xs, drawn.ys, strict=True):
        lines.append((ys[0], 0, 1))
        for (x0, x1), (y0, y1) in zip(pairwise(xs), pairwise(ys), strict=True):
            if x0 == x1:  # a jump: both points are passed at once
                lines.append((ys[0], 0, 1))
                continue
            common = math.gcd(x1 - x0, y1 - y0)
            run, slope = (x1 - x0) // common, (y1 - y0) // common
            lines.append((y0 * run - x0 * slope, slope, run))
        lines.append((ys[-1], 0, 1))
    inside = x.clipped(min(xs[0] for xs in drawn.xs) * drawn.x_unit, max(xs[-1] for xs in drawn.xs) * drawn.x_unit)
    ratio = inside.unit / drawn.x_unit
    shared = _over_one_run(lines, math.ceil(max(abs(bound) for bound in inside.bounds) / drawn.x_unit))
    starts = [start * ratio.denominator for start, _, _ in shared]
    slopes = [slope * ratio.numerator for _, slope, _ in shared]
    points = list(zip(*drawn.xs, strict=True))
    line = row_number(by).cast(INDEX) * literal(len(points) + 1, INDEX) + passed(x, points, drawn.x_unit, by)
    unit = math.gcd(*starts, *slopes) or 1
    rising, level = (
        exact_of(gathered([each // unit for each in table], line), Fraction(unit)) for table in (slopes, starts)
    )
    divisor = exact_of(gathered([run * ratio.denominator for _, _, run in shared], line), Fraction(1))
    return replace(inside, unit=Fraction(1)).times(rising).plus(level).over(divisor).times(drawn.y_unit)


def _over_one_run(lines: list[tuple[int, int, int]], farthest: int) -> list[tuple[int, int, int]]:
    """The lines over one constant divisor where the counts then fit Int64; else each over its own."""
    run = math.lcm(*{run for _, _, run in lines})
    shared = [(start * (run // own), slope * (run // own), run) for start, slope, own in lines]
    return shared if max(abs(start) + abs(slope) * farthest for start, slope, _ in shared) < 2**62 else lines
