"""Heights by stretch: steps and tables of one value or several, with ends on either side and holes.

Of one table and one value the stretches are asked one after the other. Otherwise a row counts the starts that it has
passed, by value and by table, and gathers its height once.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, pairwise
from typing import TypeAlias

import polars as pl

from incentive_engine.exact.comparisons import compared
from incentive_engine.exact.counts import INDEX, Counts, chosen, gathered, literal
from incentive_engine.exact.picking import Which, row_number
from incentive_engine.exact.quotients import in_unit
from incentive_engine.exact.units import Number, Points, as_fraction, common_unit, counted
from incentive_engine.exact.value import Exact, exact_of

Start: TypeAlias = tuple[Number, bool]
"""Where a stretch begins: at a number, or, where true, right after it."""
_Start: TypeAlias = tuple[Fraction, bool]


@dataclass(frozen=True, slots=True)
class Table:
    """A height, or none, for each stretch of a value.

    `starts` are those of all stretches but the first, in order. With several values there is a height for each
    combination: those of the first value's first stretch come first, by the stretches of the second, and so on.
    """

    starts: tuple[tuple[Start, ...], ...]
    heights: tuple[Number | None, ...]


def stepped(value: Exact, curves: Sequence[Points], by: Which | None = None) -> Exact:
    """The y of the last point whose x ≤ value, the first y below them all.

    With several curves, all of as many points, a row in which `by` is i takes curves[i].
    """
    if not all(curves):
        raise ValueError("a curve needs at least one point")
    return tabled(
        [value],
        [Table((tuple((x, False) for x, _ in points[1:]),), tuple(y for _, y in points)) for points in curves],
        by,
    )


def tabled(values: Sequence[Exact], tables: Sequence[Table], by: Which | None = None) -> Exact:
    """The height where the values lie, missing where there is none or a value is missing.

    With several tables, alike but for their numbers, a row in which `by` is i takes tables[i].
    """
    _check(tables, by)
    xs = [rising(value) for value in values]
    if by is None or all(table == tables[0] for table in tables):
        tables, by = tables[:1], literal(0, INDEX)
        if len(xs) == 1 or all(x.constant is not None for x in xs):
            return _in_one_table(xs, tables[0])
    unit, heights = _counted([table.heights for table in tables])
    row = row_number(by).cast(INDEX)
    for number, x in enumerate(xs):
        starts = [table.starts[number] for table in tables]
        after = [reached for _, reached in starts[0]]
        x_unit, counts = _counted([[at for at, _ in each] for each in starts])
        places = [[each or 0 for each in column] for column in zip(*counts, strict=True)]
        row = row * literal(len(after) + 1, INDEX) + passed(x, places, x_unit, by, after)
    height = exact_of(gathered(list(chain.from_iterable(heights)), row), unit)
    if height.fixed or not all(tables[0].starts):
        return height.masked(pl.all_horizontal([x.missing.not_() for x in xs]))
    return height


def rising(value: Exact) -> Exact:
    """The value over a positive unit, so that its counts rise as it does."""
    return value if value.unit > 0 else exact_of(in_unit(value, -value.unit), -value.unit, value.per)


def passed(
    x: Exact, starts: Sequence[Sequence[int]], unit: Fraction, by: Which, after: Sequence[bool] | None = None
) -> pl.Expr:
    """How many starts a row has passed: `starts` has a column for each, with one count of the unit per table."""
    count = literal(0, INDEX)
    for column, right_after in zip(starts, after or [False] * len(starts), strict=True):
        if x.per is None:  # in counts of x, so that no row is multiplied; beyond its interval they are all alike
            firsts = [_first_count(each * unit / x.unit, right_after) for each in column]
            firsts = [max(x.low, min(x.high + 1, first)) for first in firsts]
            reached = compared(replace(x, unit=Fraction(1)), operator.ge, exact_of(gathered(firsts, by), Fraction(1)))
        else:
            start = exact_of(gathered(column, by), unit)
            reached = x.above(start) if right_after else x.at_least(start)
        count = count + reached.cast(INDEX)
    return count


def in_stretches(x: Exact, starts: Sequence[_Start], heights: Sequence[Fraction | None]) -> Exact:
    """The height of the stretch that a value lies in, one after the other; those that it cannot reach are left out."""
    low, high = x.bounds
    kept: list[tuple[_Start | None, Fraction | None]] = []
    for start, end, height in zip([None, *starts], [*starts, None], heights, strict=True):
        unreached = start is not None and (start[0] > high or (start[1] and start[0] == high))
        left_behind = end is not None and (end[0] < low or (not end[1] and end[0] == low))
        if not unreached and not left_behind and (start is None or start != end):
            kept.append((start, height))
    if len(kept) == 1 or all(height is None for _, height in kept):
        return level(x, kept[0][1])
    later = [start for start, _ in kept[1:] if start is not None]
    at, right_after = later[-1]
    conditions = [x.at_most(at) if after else x.below(at) for at, after in later]
    conditions.append(x.above(at) if right_after else x.at_least(at))
    unit, (counts,) = _counted([[height for _, height in kept]])
    branches = [
        (condition, None if count is None else Counts.of(count))
        for condition, count in zip(conditions, counts, strict=True)
    ]
    return exact_of(chosen(branches, None), unit)  # where x is missing no condition is true


def level(x: Exact, height: Fraction | None) -> Exact:
    """The same height wherever there is a value."""
    if height is None:
        return Exact.of(0).masked(pl.lit(False))
    return Exact.of(height) if x.constant is not None else Exact.of(height).masked(x.missing.not_())


def _check(tables: Sequence[Table], by: Which | None) -> None:
    if by is None and len(tables) != 1:
        raise ValueError("several curves need `by` to say which row takes which")
    alike = {(len(table.heights), *(tuple(after for _, after in each) for each in table.starts)) for table in tables}
    if len(alike) != 1:
        raise ValueError("curves that differ by row need the same number of points, at least one")
    for starts in {each for table in tables for each in table.starts}:
        if any(later < earlier for earlier, later in pairwise((as_fraction(at), after) for at, after in starts)):
            raise ValueError("the points of a curve must go from left to right")


def _in_one_table(xs: Sequence[Exact], table: Table) -> Exact:
    starts = [[(as_fraction(at), after) for at, after in each] for each in table.starts]
    heights = [None if height is None else as_fraction(height) for height in table.heights]
    if len(xs) == 1:
        return in_stretches(xs[0], starts[0], heights)
    row = 0
    for x, each in zip(xs, starts, strict=True):
        assert x.constant is not None
        row = row * (len(each) + 1) + sum(x.constant > at or (not after and x.constant == at) for at, after in each)
    return level(xs[0], heights[row])


def _counted(rows: Sequence[Sequence[Number | None]]) -> tuple[Fraction, list[list[int | None]]]:
    """Numbers, some of them missing, as counts of one unit."""
    fractions = [[None if number is None else as_fraction(number) for number in row] for row in rows]
    unit = common_unit(each for row in fractions for each in row if each is not None)
    return unit, [[None if each is None else counted([each], unit)[0] for each in row] for row in fractions]


def _first_count(start: Fraction, right_after: bool) -> int:
    return math.floor(start) + 1 if right_after else math.ceil(start)
