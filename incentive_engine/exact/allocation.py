"""Allocation: a whole divided in proportion to parts, so that the shares sum to it exactly.

By cumulative rounding, in the order given: each share is the difference of two rounded running sums, so that it is
within one unit of exact and no remainder needs a home. Measured on 1M × 12: 0.45 s, against 1.0 s for the largest
remainder by pairwise ranks and 8 s by sorted lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import polars as pl

from incentive_engine.exact.counts import LARGEST, ONE, TWO, ZERO, CannotProve, Counts, chosen, literal
from incentive_engine.exact.quotients import aligned, in_unit
from incentive_engine.exact.value import Exact, exact_of


@dataclass(frozen=True, slots=True)
class Allocation:
    """An allocation in stages: one `with_columns` each, in order; then the shares, then drop the `scratch` columns."""

    stages: tuple[list[pl.Expr], ...]
    shares: list[Exact]
    scratch: tuple[str, ...]


def allocated(name: str, whole: Exact, parts: Sequence[Exact]) -> Allocation:
    """The whole divided in proportion to the parts, each share within one unit of exact, their sum exactly the whole.

    Cumulative rounding at the whole's unit, in the order given. A missing part gets 0; where the parts add up to 0, all
    shares are 0, and what is left is the caller's to book. Every running sum is a column whose name starts with `name`,
    worked out once: Polars shares a common subexpression with its neighbours, but not what that one is made of, and 12
    parts in one expression each cost six times as much.
    """
    if whole.per is not None:
        raise CannotProve("an unrounded quotient has no unit to be shared out in: round it first")
    stages: list[list[pl.Expr]] = []

    def keep(step: str, counts: Sequence[Counts]) -> list[Counts]:
        names = [f"{name}.{step}{number}" for number in range(len(counts))]
        stages.append([count.expr.alias(column) for count, column in zip(counts, names, strict=True)])
        return [replace(count, expr=pl.col(column), fixed=False) for count, column in zip(counts, names, strict=True)]

    unit, amount = abs(whole.unit), in_unit(whole, abs(whole.unit))
    _, counts, _ = aligned([part.or_else(0) for part in parts])
    if all(count.high <= 0 for count in counts):
        counts = [ZERO.minus(count) for count in counts]
    one_sided = all(count.low >= 0 for count in counts)
    running: list[Counts] = []
    for number, count in enumerate(counts):
        running += keep(f"upto{number}.", [running[-1].plus(count) if running else count])
    total = running[-1]
    size, upto = (total, running[:-1]) if one_sided or total.low > 0 else _unsigned(total, running[:-1])
    size = size.clipped(ONE, None)
    half, twice, doubled = keep("total", [size, size.times(TWO), amount.times(TWO)])
    reached = keep("reached", [doubled.times(each).divided(twice, half, "half_up") for each in upto])
    everything = chosen([(exact_of(total, unit).differs(0), amount)], amount.times(ZERO))
    ends = (min(0, amount.low), max(0, amount.high)) if one_sided else (-LARGEST, LARGEST)
    shares = [after.minus(before) for before, after in pairwise([ZERO, *reached, everything])]
    scratch = tuple(each.meta.output_name() for stage in stages for each in stage)
    return Allocation(tuple(stages), [exact_of(share.known(*ends), unit) for share in shares], scratch)


def _unsigned(total: Counts, running: Sequence[Counts]) -> tuple[Counts, list[Counts]]:
    """The size of a total of either sign, and the running sums without that sign; 0 where the parts cancel out."""
    zero = literal(0, total.dtype)
    negative, positive = total.expr < zero, total.expr > zero
    size = chosen([(negative, ZERO.minus(total)), (positive, total)], ONE).known(1, LARGEST)
    return size, [chosen([(negative, ZERO.minus(upto)), (positive, upto)], ZERO) for upto in running]
