"""Payout curves: attainment to rate.

A curve says itself what happens outside its points. The rate is exact until the curve's own rounding. To add a curve:
one class here, and its name in the union on the last line.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from incentive_engine.exact import Exact, Table, interpolated, logistic, power_of_e, tabled
from incentive_engine.kinds.base import Declared, Variants, curve_choice, written
from incentive_engine.kinds.curve_kind import (
    Above,
    Below,
    CurveKind,
    End,
    From,
    Outline,
    Show,
    Store,
    ascending,
    at,
    listed,
    staircase,
    unstored,
    within,
)
from incentive_engine.kinds.lookups import Lookup, Matrix
from incentive_engine.kinds.wording import AnyLanguage, said

__all__ = ["CurveKind", "Graded", "Linear", "Logistic", "Lookup", "Matrix", "PayoutCurve", "Stepped"]

Point = Annotated[tuple[Decimal, Decimal], Field(description="`[attainment, rate]`, e.g. `[80%, 50%]`.")]


class Linear(CurveKind):
    """Straight lines between points; two points with the same attainment are a jump."""

    kind: Literal["linear"]
    smooth: ClassVar[bool] = True
    points: Annotated[
        tuple[Point, ...],
        Field(min_length=2, description="At least two points, attainments rising; from a repeated one on, the second."),
    ]
    below: Below
    above: Above = "flat"

    @model_validator(mode="after")
    def _check(self) -> Linear:
        ascending([x for x, _ in self.points], most=2)
        return self

    @property
    def _foot(self) -> bool:
        return self.below == "zero" and self.points[0][1] != 0

    def _drawn(self, foot: bool) -> tuple[Point, ...]:
        """The points, with a jump from zero where the curve pays nothing before the first."""
        return ((self.points[0][0], Decimal(0)), *self.points) if foot else self.points

    @classmethod
    def rate(  # type: ignore[override]
        cls, curves: Variants[Self], attainment: Exact, across: Exact | None = None, store: Store = unstored
    ) -> Exact:
        foot = any(curve._foot for curve in curves.each)
        points, by = curve_choice(curves.map(lambda curve: curve._drawn(foot)))
        return interpolated(attainment, points, by)

    def exact(self, attainment: Fraction, across: Fraction | None = None) -> Fraction:
        points = [(Fraction(x), Fraction(y)) for x, y in self._drawn(self._foot)]
        reached = [y for x, y in points if x <= attainment]
        for (x, y), (next_x, next_y) in pairwise(points):
            if x <= attainment < next_x:
                return y + (attainment - x) * (next_y - y) / (next_x - x)
        return reached[-1] if reached else points[0][1]

    def worked(self, attainment: Decimal | Fraction, across: Decimal | Fraction | None, show: Show) -> str:
        points = self._drawn(self._foot)
        passed = [number for number, (x, _) in enumerate(points) if x <= attainment]
        if not passed or len(passed) == len(points) or points[passed[-1]][0] == attainment:
            return show(points[passed[-1] if passed else 0][1])
        (x, y), (next_x, next_y) = points[passed[-1] : passed[-1] + 2]
        slope = f"({show(next_y)} − {within(y, show)}) ÷ ({show(next_x)} − {within(x, show)})"
        return f"{show(y)} + ({show(attainment)} − {within(x, show)}) × {slope}"

    def sentence(self, language: AnyLanguage, *, percent: bool) -> str:
        points, below = listed(self.points, language, percent=percent), said(language, f"below_{self.below}")
        return said(language, "linear", points=points, below=below)

    def outlines(self) -> tuple[Outline, ...]:
        return (self._drawn(self._foot),)

    @property
    def upper_end(self) -> Decimal:
        return self.points[-1][0]

    def _form(self) -> Hashable:
        return (self.below, len(self.points))

    def corners(self) -> Outline:
        return self.points

    def starts(self) -> tuple[End, ...]:
        return at([x for x, _ in self.points])


class Tier(Declared):
    """From an attainment on, a rate."""

    start: From
    rate: Annotated[Decimal, Field(description="What is paid in this tier.")]


class Stepped(CurveKind):
    """One rate per tier, up to the start of the next."""

    kind: Literal["stepped"]
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, description="`{from: 90%, rate: 50%}`, starts rising.")]
    below: Below
    above: Above = "flat"

    @model_validator(mode="after")
    def _check(self) -> Stepped:
        ascending([tier.start for tier in self.tiers])
        return self

    def corners(self) -> Outline:
        return tuple((tier.start, tier.rate) for tier in self.tiers)

    def starts(self) -> tuple[End, ...]:
        return at([tier.start for tier in self.tiers])

    def _rates(self) -> tuple[Decimal, ...]:
        """By how many tiers are reached."""
        first = Decimal(0) if self.below == "zero" else self.tiers[0].rate
        return (first, *(tier.rate for tier in self.tiers))

    @classmethod
    def rate(  # type: ignore[override]
        cls, curves: Variants[Self], attainment: Exact, across: Exact | None = None, store: Store = unstored
    ) -> Exact:
        first = 0 if curves.first.below == "zero" else 1  # a flat first tier has no start
        tables = curves.map(
            lambda curve: Table((at([tier.start for tier in curve.tiers[first:]]),), curve._rates()[first:])
        )
        return tabled([attainment], tables.each, curves.plan)

    def _reached(self, attainment: Decimal | Fraction) -> Decimal:
        return self._rates()[sum(tier.start <= attainment for tier in self.tiers)]

    def exact(self, attainment: Fraction, across: Fraction | None = None) -> Fraction:
        return Fraction(self._reached(attainment))

    def worked(self, attainment: Decimal | Fraction, across: Decimal | Fraction | None, show: Show) -> str:
        return show(self._reached(attainment))

    def sentence(self, language: AnyLanguage, *, percent: bool) -> str:
        tiers, below = listed(self.corners(), language, percent=percent), said(language, f"below_{self.below}")
        return said(language, "stepped", tiers=tiers, below=below)

    def outlines(self) -> tuple[Outline, ...]:
        return (staircase([tier.start for tier in self.tiers], self._rates()),)

    @property
    def upper_end(self) -> Decimal:
        return self.tiers[-1].start

    def _form(self) -> Hashable:
        return (self.below, len(self.tiers))


class GradedTier(Declared):
    """From an attainment on, a rate for the part that lies in the tier."""

    start: From
    rate: Annotated[Decimal, Field(description="What is paid for each unit of attainment inside this tier.")]
    jump: Annotated[Decimal, Field(description="What is paid at once for reaching the tier.")] = Decimal(0)


class Graded(CurveKind):
    """Each part of the attainment at the rate of its own tier, added up with what is paid for reaching a tier."""

    kind: Literal["graded"]
    smooth: ClassVar[bool] = True
    tiers: Annotated[
        tuple[GradedTier, ...],
        Field(min_length=1, description="`{from: 100%, rate: 2, jump: 5%}`, starts rising; nothing below the first."),
    ]

    @model_validator(mode="after")
    def _check(self) -> Graded:
        ascending([tier.start for tier in self.tiers])
        return self

    def _drawn(self, far: Decimal | Fraction) -> list[tuple[Fraction, Fraction]]:
        """Two points for each tier, before and behind its jump, and one far away."""
        points, height = [], Fraction(0)
        for tier, end in zip(self.tiers, [*(tier.start for tier in self.tiers[1:]), far], strict=True):
            start, behind = Fraction(tier.start), height + Fraction(tier.jump)
            points += [(start, height), (start, behind)]
            height = behind + Fraction(tier.rate) * (Fraction(end) - start)
        return [*points, (Fraction(far), height)]

    @classmethod
    def rate(  # type: ignore[override]
        cls, curves: Variants[Self], attainment: Exact, across: Exact | None = None, store: Store = unstored
    ) -> Exact:
        starts = [curve.tiers[-1].start for curve in curves.each]
        far = Fraction(max(math.ceil(attainment.bounds[1]), *(math.ceil(start) for start in starts)) + 1)
        jumps = [any(curve.tiers[number].jump for curve in curves.each) for number in range(len(curves.first.tiers))]
        kept = [place for number, jump in enumerate(jumps) for place in ([2 * number] * jump + [2 * number + 1])]
        drawn = curves.map(lambda curve: curve._drawn(far))
        points, by = curve_choice(drawn.map(lambda all_: [*(all_[place] for place in kept), all_[-1]]))
        return interpolated(attainment, points, by)

    def _reached(self, attainment: Decimal | Fraction) -> list[tuple[GradedTier, Decimal | Fraction]]:
        """The tiers that an attainment reaches, each with where its part of the attainment ends."""
        reached = [tier for tier in self.tiers if tier.start <= attainment]
        return list(zip(reached, [*(tier.start for tier in reached[1:]), attainment], strict=False))

    def exact(self, attainment: Fraction, across: Fraction | None = None) -> Fraction:
        total = Fraction(0)
        for tier, end in self._reached(attainment):
            total += Fraction(tier.jump) + Fraction(tier.rate) * (Fraction(end) - Fraction(tier.start))
        return total

    def worked(self, attainment: Decimal | Fraction, across: Decimal | Fraction | None, show: Show) -> str:
        terms: list[tuple[Decimal, str]] = []
        for tier, end in self._reached(attainment):
            if tier.jump:
                terms.append((tier.jump, show(abs(tier.jump))))
            if tier.rate and end != tier.start:
                part = f"({show(end)} − {within(tier.start, show)})" if tier.start else show(end)
                terms.append((tier.rate, f"{show(abs(tier.rate))} × {part}"))
        text = "".join(f" {'−' if sign < 0 else '+'} {term}" for sign, term in terms)
        return text[3:] if text.startswith(" + ") else text.replace(" − ", "−", 1) or show(Decimal(0))

    def sentence(self, language: AnyLanguage, *, percent: bool) -> str:
        tiers = []
        for tier in self.tiers:
            rate, jump = written(tier.rate, percent=True), written(tier.jump, percent=True)
            start, name = written(tier.start, percent=percent), "graded_jump" if tier.jump else "graded_tier"
            tiers.append(said(language, name, start=start, rate=rate, jump=jump))
        return said(language, "graded", tiers=", ".join(tiers))

    def outlines(self) -> tuple[Outline, ...]:
        (x, y), last = self.corners()[-1], self.tiers[-1]
        return ((*self.corners(), (x + 1, y + last.rate)),)

    @property
    def upper_end(self) -> Decimal | None:
        return None if self.tiers[-1].rate else self.tiers[-1].start

    def _form(self) -> Hashable:
        return (len(self.tiers), self.upper_end is None)

    def corners(self) -> Outline:
        points, height, before = [], Decimal(0), self.tiers[0].start
        slope = Decimal(0)
        for tier in self.tiers:
            height += slope * (tier.start - before)
            points += [(tier.start, height), (tier.start, height + tier.jump)] if tier.jump else [(tier.start, height)]
            height, before, slope = height + tier.jump, tier.start, tier.rate
        return tuple(points)

    def starts(self) -> tuple[End, ...]:
        return at([tier.start for tier in self.tiers])


class Logistic(CurveKind):
    """An S: slow at both ends, fastest at the midpoint, where half of the way is done."""

    kind: Literal["logistic"]
    midpoint: Annotated[Decimal, Field(description="The attainment halfway from `low` to `high`.")]
    width: Annotated[
        Decimal, Field(gt=0, description="How stretched it is: one width beyond the midpoint, 73% of the way is done.")
    ]
    low: Annotated[Decimal, Field(description="What it starts from.")] = Decimal(0)
    high: Annotated[Decimal, Field(description="What it approaches.")] = Decimal(1)

    @classmethod
    def rate(  # type: ignore[override]
        cls, curves: Variants[Self], attainment: Exact, across: Exact | None = None, store: Store = unstored
    ) -> Exact:
        midpoint, width = (curves.number(lambda curve: curve.midpoint), curves.number(lambda curve: curve.width))
        low, high = curves.number(lambda curve: curve.low), curves.number(lambda curve: curve.high)
        return logistic(attainment, midpoint, width, low, high, store)

    def _power(self, attainment: Decimal | Fraction) -> Fraction:
        return power_of_e(-abs(Fraction(attainment) - Fraction(self.midpoint)) / Fraction(self.width))

    def exact(self, attainment: Fraction, across: Fraction | None = None) -> Fraction:
        e = self._power(attainment)
        part = (1 if attainment >= self.midpoint else e) / (1 + e)
        return Fraction(self.low) + Fraction(self.high - self.low) * part

    def worked(self, attainment: Decimal | Fraction, across: Decimal | Fraction | None, show: Show) -> str:
        e = show(self._power(attainment))
        way = f"({show(self.high)} − {within(self.low, show)})" if self.low else show(self.high)
        part = f"÷ (1 + {e})" if attainment >= self.midpoint else f"× {e} ÷ (1 + {e})"
        return f"{show(self.low)} + {way} {part}" if self.low else f"{way} {part}"

    def sentence(self, language: AnyLanguage, *, percent: bool) -> str:
        low, high = (written(rate, percent=True) for rate in (self.low, self.high))
        midpoint, width = (written(number, percent=percent) for number in (self.midpoint, self.width))
        return said(language, "logistic", low=low, high=high, midpoint=midpoint, width=width)

    def outlines(self) -> tuple[Outline, ...]:
        return (((self.midpoint, self.low), (self.midpoint, self.high)),)

    @property
    def upper_end(self) -> Decimal:
        return self.midpoint + 40 * self.width

    def _form(self) -> Hashable:
        return ()


PayoutCurve = Annotated[Linear | Stepped | Graded | Lookup | Matrix | Logistic, Field(discriminator="kind")]
