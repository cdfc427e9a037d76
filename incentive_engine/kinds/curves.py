"""Payout curves: attainment to rate.

A curve says itself what happens outside its points. The rate is exact until the curve's own rounding. To add a curve:
one class here, and its name in the union on the last line.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from incentive_engine.exact import Exact, interpolated, stepped
from incentive_engine.kinds.base import Declared, Language, Rounding, RoundingChoice, Variants, curve_choice, written

Point = Annotated[tuple[Decimal, Decimal], Field(description="`[attainment, rate]`, e.g. `[80%, 50%]`.")]


class CurveKind(Declared):
    """What every payout curve has."""

    kind: str
    below: Annotated[Literal["flat", "zero"], Field(description="Below the first point: its rate, or zero.")]
    above: Annotated[Literal["flat"], Field(description="Above the last point: its rate.")] = "flat"
    rounding: Annotated[RoundingChoice, Field(description="Of the rate; 4 places unless said.")] = Rounding(places=4)

    @abstractmethod
    def corners(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """The points or tier starts, in order of attainment."""

    @classmethod
    @abstractmethod
    def rate(cls, curves: Variants[CurveKind], attainment: Exact) -> Exact:
        """The rate before its rounding; missing where the attainment is."""

    @abstractmethod
    def sentence(self, language: Language, *, percent: bool) -> str:
        """The curve in words; `percent` where attainments read as percentages."""

    @abstractmethod
    def worked(self, attainment: Decimal | Fraction, show: Callable[[Any], str]) -> str:
        """The rate at one attainment, written out for a pocket calculator; `show` writes a number."""

    @property
    def upper_end(self) -> Decimal:
        """The attainment above which nothing changes."""
        return self.corners()[-1][0]


def _zero_below(curves: Variants[CurveKind], attainment: Exact, rate: Exact) -> Exact:
    """Zero below the first point; a rate that starts at zero is that already, and a comparison less."""
    if curves.first.below == "flat" or all(curve.corners()[0][1] == 0 for curve in curves.each):
        return rate
    start = curves.number(lambda curve: curve.corners()[0][0])
    return Exact.choose((attainment.below(start), Exact.of(0)), otherwise=rate)


def _with_foot(curve: CurveKind) -> tuple[tuple[Decimal, Decimal], ...]:
    """The tiers, with one of nothing before the first where the curve pays nothing there."""
    corners = curve.corners()
    return corners if curve.below == "flat" else ((corners[0][0] - 1, Decimal(0)), *corners)


def _ascending(corners: tuple[tuple[Decimal, Decimal], ...]) -> None:
    for (before, _), (after, _) in pairwise(corners):
        if after <= before:
            raise PydanticCustomError(
                "not-ascending",
                "attainments must rise from one line to the next, but {after} follows {before}",
                {"after": str(after), "before": str(before), "hint": "order the lines by attainment, each one once"},
            )


def _listed(corners: tuple[tuple[Decimal, Decimal], ...], percent: bool) -> str:
    return ", ".join(f"{written(x, percent=percent)} → {written(y, percent=True)}" for x, y in corners)


_BELOW = {
    ("en", "zero"): "nothing below the first",
    ("en", "flat"): "flat below the first",
    ("fr", "zero"): "rien en dessous du premier",
    ("fr", "flat"): "constant en dessous du premier",
}


def _within(number: Decimal, show: Callable[[Any], str]) -> str:
    """A number after a minus sign."""
    return f"({show(number)})" if number < 0 else show(number)


class Linear(CurveKind):
    """Straight lines between points."""

    kind: Literal["linear"]
    points: Annotated[tuple[Point, ...], Field(min_length=2, description="At least two points, attainments rising.")]

    @model_validator(mode="after")
    def _check(self) -> Linear:
        _ascending(self.points)
        return self

    def corners(self) -> tuple[tuple[Decimal, Decimal], ...]:
        return self.points

    @classmethod
    def rate(cls, curves: Variants[CurveKind], attainment: Exact) -> Exact:
        points, by = curve_choice(curves.map(lambda curve: curve.corners()))
        return _zero_below(curves, attainment, interpolated(attainment, points, by))

    def worked(self, attainment: Decimal | Fraction, show: Callable[[Any], str]) -> str:
        if attainment < self.points[0][0] and self.below == "zero":
            return show(Decimal(0))
        passed = [at for at, (x, _) in enumerate(self.points) if x <= attainment]
        if not passed or len(passed) == len(self.points) or self.points[passed[-1]][0] == attainment:
            return show(self.points[passed[-1] if passed else 0][1])
        (x, y), (next_x, next_y) = self.points[passed[-1] : passed[-1] + 2]
        slope = f"({show(next_y)} − {show(y)}) ÷ ({show(next_x)} − {_within(x, show)})"
        return f"{show(y)} + ({show(attainment)} − {_within(x, show)}) × {slope}"

    def sentence(self, language: Language, *, percent: bool) -> str:
        below = _BELOW[language, self.below]
        if language == "en":
            return f"straight lines between {_listed(self.points, percent)}; {below}, flat above the last"
        return f"lignes droites entre {_listed(self.points, percent)} ; {below}, constant au-dessus du dernier"


class Tier(Declared):
    """From an attainment on, a rate."""

    start: Annotated[Decimal, Field(alias="from", description="The attainment from which the rate holds, inclusive.")]
    rate: Annotated[Decimal, Field(description="What is paid in this tier.")]


class Stepped(CurveKind):
    """One rate per tier, up to the start of the next."""

    kind: Literal["stepped"]
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, description="`{from: 90%, rate: 50%}`, starts rising.")]

    @model_validator(mode="after")
    def _check(self) -> Stepped:
        _ascending(self.corners())
        return self

    def corners(self) -> tuple[tuple[Decimal, Decimal], ...]:
        return tuple((tier.start, tier.rate) for tier in self.tiers)

    @classmethod
    def rate(cls, curves: Variants[CurveKind], attainment: Exact) -> Exact:
        points, by = curve_choice(curves.map(_with_foot))
        return stepped(attainment, points, by)

    def worked(self, attainment: Decimal | Fraction, show: Callable[[Any], str]) -> str:
        if attainment < self.tiers[0].start and self.below == "zero":
            return show(Decimal(0))
        reached = [tier for tier in self.tiers if tier.start <= attainment]
        return show((reached[-1] if reached else self.tiers[0]).rate)

    def sentence(self, language: Language, *, percent: bool) -> str:
        below = _BELOW[language, self.below]
        if language == "en":
            return f"by tier, from {_listed(self.corners(), percent)}; {below}"
        return f"par palier, à partir de {_listed(self.corners(), percent)} ; {below}"


PayoutCurve = Annotated[Linear | Stepped, Field(discriminator="kind")]
