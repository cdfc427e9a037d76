"""Comparisons of exact values, true, false or null where either is missing; with a constant they multiply no row."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import polars as pl

from incentive_engine.exact.counts import Counts, carrier, literal
from incentive_engine.exact.quotients import Quotient, aligned


def compared(left: Quotient, compare: Callable[[Any, Any], Any], right: Quotient) -> pl.Expr:
    """Whether left is as `compare`, one of the six operators, says of right."""
    if left.constant is not None and right.constant is not None:
        return pl.lit(compare(left.constant, right.constant))
    if left.constant is not None:
        return compared(right, _MIRRORED[compare], left)
    if right.constant is not None and left.per is None:
        if left.unit < 0:
            compare = _MIRRORED[compare]
        return _against(left.counts, compare, right.constant / left.unit)
    _, (first, second), per = aligned([left, right])
    dtype = carrier(first.low, first.high, second.low, second.high)
    result: pl.Expr = compare(first.carried(dtype), second.carried(dtype))
    return result if per is None else pl.when(per.expr.is_not_null()).then(result)


def _against(counts: Counts, compare: Callable[[Any, Any], Any], threshold: Fraction) -> pl.Expr:
    """Compared with a constant: the threshold moves to the next whole count, so that no row is multiplied."""
    low, high = literal(counts.low, counts.dtype), literal(counts.high, counts.dtype)
    if compare in (operator.ge, operator.gt):
        first = math.ceil(threshold) if compare is operator.ge else math.floor(threshold) + 1
        at_least = literal(min(max(first, counts.low), counts.high), counts.dtype)
        return counts.expr > high if first > counts.high else counts.expr >= at_least
    if compare in (operator.le, operator.lt):
        last = math.floor(threshold) if compare is operator.le else math.ceil(threshold) - 1
        at_most = literal(min(max(last, counts.low), counts.high), counts.dtype)
        return counts.expr < low if last < counts.low else counts.expr <= at_most
    if threshold.denominator != 1 or not counts.low <= threshold <= counts.high:
        return counts.expr > high if compare is operator.eq else counts.expr <= high
    result: pl.Expr = compare(counts.expr, literal(int(threshold), counts.dtype))
    return result


_MIRRORED: dict[Callable[[Any, Any], Any], Callable[[Any, Any], Any]] = {
    operator.ge: operator.le,
    operator.gt: operator.lt,
    operator.le: operator.ge,
    operator.lt: operator.gt,
    operator.eq: operator.eq,
    operator.ne: operator.ne,
}
