"""Attainments and payout curves, one number at a time."""

from __future__ import annotations

import decimal
import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from tests.oracle.numbers import ONE, ZERO, Row, Rule, by_rule, rounded

NEEDS: Mapping[str, tuple[str, ...]] = {
    "ratio": ("target",),
    "inverse_ratio": ("target",),
    "difference": ("target",),
    "between": ("threshold", "benchmark"),
    "progress": ("baseline", "benchmark"),
}
"""The numbers that an attainment is worked out with."""
RANKED = ("competition_rank", "dense_rank", "percentile_below", "percentile_midpoint", "percentile_inclusive")


# --- attainments ------------------------------------------------------------------------------------------------------


def attained(
    kind: str, actual: Fraction, numbers: Mapping[str, Fraction], better: str, end: Fraction | None
) -> Fraction:
    """The attainment, exact; `end` is where the curve stops rising."""
    if kind == "level":
        return actual
    if kind == "difference":
        return actual - numbers["target"]
    if kind == "ratio":
        return actual / numbers["target"]
    if kind == "inverse_ratio":
        if actual == 0:
            assert end is not None, "an inverse ratio has a curve that ends"
            return end
        return numbers["target"] / actual
    if kind == "between":
        return (actual - numbers["threshold"]) / (numbers["benchmark"] - numbers["threshold"])
    assert kind == "progress", kind
    up = 1 if better == "higher" else -1
    p, s, b = up * actual, up * numbers["baseline"], up * numbers["benchmark"]
    if s >= b:
        return ONE if p > s else ZERO
    return (p - s) / (b - s)


def impossible(kind: str, numbers: Mapping[str, Fraction | None]) -> str | None:
    """The code with which a payee is held for whom an attainment says nothing."""
    target, threshold = numbers.get("target"), numbers.get("threshold")
    if kind in ("ratio", "inverse_ratio") and target is not None and target <= 0:
        return "target-not-positive"
    if kind == "between" and threshold is not None and threshold == numbers.get("benchmark"):
        return "benchmark-is-threshold"
    return None


def standing(kind: str, actual: Fraction, everyone: Sequence[Fraction], better: str) -> Fraction:
    """Where a result stands among all of them, its own included."""
    up = 1 if better == "higher" else -1
    ahead = [each for each in everyone if up * each > up * actual]
    equal = [each for each in everyone if each == actual]
    behind = len(everyone) - len(ahead) - len(equal)
    if kind == "competition_rank":
        return Fraction(1 + len(ahead))
    if kind == "dense_rank":
        return Fraction(1 + len(set(ahead)))
    if kind == "percentile_below":
        return Fraction(behind, len(everyone))
    if kind == "percentile_midpoint":
        return (behind + Fraction(len(equal), 2)) / len(everyone)
    assert kind == "percentile_inclusive", kind
    return Fraction(behind, len(everyone) - 1) if len(everyone) > 1 else ONE


# --- curves -----------------------------------------------------------------------------------------------------------


def curve_rate(curve: Rule, attainment: Fraction, scope: Row) -> Fraction | None:
    """The rate, rounded as the curve says; None in a hole, or where a matrix lacks its second number."""
    across = curve["across"].value(scope) if "across" in curve else None
    if curve["kind"] == "matrix" and across is None:
        return None
    exact = exact_rate(curve, attainment, across)
    return None if exact is None else by_rule(exact, curve.get("rounding"), 4)


def with_curves(rules: Rule, scope: dict[str, Any]) -> dict[str, Any]:
    """The scope of a formula that may call curves: a matrix reads its second number in the same scope."""

    def called(name: str) -> Any:
        return lambda argument: curve_rate(rules["curves"][name], argument, scope)

    return {**scope, **{f"{name}()": called(name) for name in rules.get("curves", {})}}


def exact_rate(curve: Rule, x: Fraction, across: Fraction | None) -> Fraction | None:
    kind = curve["kind"]
    if kind == "linear":
        return linear(curve, x)
    if kind == "stepped":
        return stepped(curve, x)
    if kind == "graded":
        return graded(curve["tiers"], x)
    if kind == "lookup":
        return next((row["rate"] for row in curve["rows"] if inside(row, x)), None)
    if kind == "matrix":
        assert across is not None
        return matrix(curve, x, across)
    assert kind == "logistic", kind
    high = exponential((curve["midpoint"] - x) / curve["width"])
    low, top = curve.get("low", ZERO), curve.get("high", ONE)
    return Fraction(low + (top - low) / (1 + high))


def below_the_first(curve: Rule, first: Fraction) -> Fraction:
    return ZERO if curve["below"] == "zero" else first


def linear(curve: Rule, x: Fraction) -> Fraction:
    """Straight lines; of two points with one attainment the second holds from there on."""
    points = curve["points"]
    if x < points[0][0]:
        return below_the_first(curve, points[0][1])
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if x0 <= x < x1:
            return Fraction(y0 + (y1 - y0) * (x - x0) / (x1 - x0))
    return Fraction(points[-1][1])


def stepped(curve: Rule, x: Fraction) -> Fraction:
    reached = [tier["rate"] for tier in curve["tiers"] if tier["from"] <= x]
    return reached[-1] if reached else below_the_first(curve, curve["tiers"][0]["rate"])


def graded(tiers: Sequence[Rule], x: Fraction) -> Fraction:
    """Each tier's rate for the part of the attainment inside it, and the jumps that were reached."""
    total = ZERO
    for at, tier in enumerate(tiers):
        if x < tier["from"]:
            break
        end = min(x, tiers[at + 1]["from"]) if at + 1 < len(tiers) else x
        total += tier.get("jump", ZERO) + tier["rate"] * (end - tier["from"])
    return total


def inside(row: Rule, x: Fraction) -> bool:
    """Whether a row of a lookup, with its open and closed ends, is for an attainment."""
    return (
        ("from" not in row or x >= row["from"])
        and ("over" not in row or x > row["over"])
        and ("to" not in row or x <= row["to"])
        and ("below" not in row or x < row["below"])
    )


def matrix(curve: Rule, x: Fraction, across: Fraction) -> Fraction:
    """The row that the attainment reaches, and its column that the second number reaches."""
    rows = [row["rates"] for row in curve["rows"] if row["from"] <= x]
    columns = [at for at, start in enumerate(curve["columns"]) if start <= across]
    if curve["below"] == "zero" and not (rows and columns):
        return ZERO
    return Fraction((rows or [curve["rows"][0]["rates"]])[-1][(columns or [0])[-1]])


def upper_end(curve: Rule) -> Fraction | None:
    """An attainment from which on nothing changes; None where there is none."""
    kind = curve["kind"]
    if kind == "linear":
        return Fraction(curve["points"][-1][0])
    if kind == "graded":
        return None if curve["tiers"][-1]["rate"] else Fraction(curve["tiers"][-1]["from"])
    if kind == "lookup":
        last = curve["rows"][-1]
        if "to" in last or "below" in last:
            return None
        return last["over"] + 1 if "over" in last else Fraction(last.get("from", 0))
    if kind == "logistic":
        return Fraction(curve["midpoint"] + 40 * curve["width"])
    return Fraction(curve["tiers" if kind == "stepped" else "rows"][-1]["from"])


def exponential(x: Fraction) -> Fraction:
    """The exponential, rounded half up to 15 places; x counts as at most 40 away from 0."""
    x = min(max(x, Fraction(-40)), Fraction(40))
    with decimal.localcontext() as context:
        context.prec = 90
        return rounded(Fraction((decimal.Decimal(x.numerator) / decimal.Decimal(x.denominator)).exp()), 15)
