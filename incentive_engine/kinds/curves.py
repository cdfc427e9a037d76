"""Payout curves: attainment to rate.

A curve says itself what happens outside its points. The rate is exact until the curve's own rounding. To add a curve:
one class here, and its name in the union on the last line.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Hashable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from incentive_engine.exact import Exact, Table, interpolated, logistic, power_of_e, tabled
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Declared, Language, Rounding, RoundingChoice, Variants, curve_choice, written
from incentive_engine.kinds.tiers import (
    BELOW,
    Above,
    Band,
    Below,
    GradedTier,
    MatrixRow,
    Point,
    Tier,
    apart,
    as_many,
    ascending,
    at,
    direction,
    listed,
    within,
)

Show = Callable[[Any], str]


class CurveKind(Declared):
    """What every payout curve has."""

    kind: str
    rounding: Annotated[RoundingChoice, Field(description="Of the rate; 4 places unless said.")] = Rounding(places=4)

    @property
    def across(self) -> Formula | None:
        """The second number that the curve reads, if it does."""
        return None

    @classmethod
    @abstractmethod
    def rate(cls, curves: Variants[CurveKind], attainment: Exact, across: Exact | None = None) -> Exact:
        """The rate before its rounding; missing where the attainment is, or where the curve has none."""

    @abstractmethod
    def exact(self, attainment: Fraction, across: Fraction | None = None) -> Fraction | None:
        """The rate of one attainment before its rounding; None where the curve has none."""

    @abstractmethod
    def sentence(self, language: Language, *, percent: bool) -> str:
        """The curve in words; `percent` where attainments read as percentages."""

    @abstractmethod
    def worked(self, attainment: Decimal | Fraction, across: Decimal | Fraction | None, show: Show) -> str:
        """The rate at one attainment, written out for a pocket calculator; `show` writes a number."""

    @abstractmethod
    def trend(self) -> int:
        """1 where the rate only rises with the attainment, −1 where it only falls, 0 where it does both or neither."""

    @property
    @abstractmethod
    def upper_end(self) -> Decimal | None:
        """An attainment from which on nothing changes; None where there is none."""

    @property
    def shape(self) -> Hashable:
        """What curves have in common that run in one pass: all but their numbers."""
        return (self.kind, self.rounding, self._form())

    @abstractmethod
    def _form(self) -> Hashable:
        """The shape of the kind's own fields."""

    def corners(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """Attainments and rates between which the curve can be drawn; none where it cannot."""
        return ()


class Linear(CurveKind):
    """Straight lines between points; two points with the same attainment are a jump."""

    kind: Literal["linear"]
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
    def rate(cls, curves: Variants[Self], attainment: Exact, across: Exact | None = None) -> Exact:  # type: ignore[override]
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

    def sentence(self, language: Language, *, percent: bool) -> str:
        points, below = listed(self.points, language, percent=percent), BELOW[language, self.below]
        if language == "en":
            return f"straight lines between {points}; {below}, flat above the last"
        return f"lignes droites entre {points} ; {below}, constant au-dessus du dernier"

    def trend(self) -> int:
        return direction([y for _, y in self._drawn(self._foot)])

    @property
    def upper_end(self) -> Decimal:
        return self.points[-1][0]

    def _form(self) -> Hashable:
        return (self.below, len(self.points))

    def corners(self) -> tuple[tuple[Decimal, Decimal], ...]:
        return self.points


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

    def corners(self) -> tuple[tuple[Decimal, Decimal], ...]:
        return tuple((tier.start, tier.rate) for tier in self.tiers)

    def _rates(self) -> tuple[Decimal, ...]:
        """By how many tiers are reached."""
        first = Decimal(0) if self.below == "zero" else self.tiers[0].rate
        return (first, *(tier.rate for tier in self.tiers))

    @classmethod
    def rate(cls, curves: Variants[Self], attainment: Exact, across: Exact | None = None) -> Exact:  # type: ignore[override]
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

    def sentence(self, language: Language, *, percent: bool) -> str:
        tiers, below = listed(self.corners(), language, percent=percent), BELOW[language, self.below]
        if language == "en":
            return f"by tier, from {tiers}; {below}"
        return f"par palier, à partir de {tiers} ; {below}"

    def trend(self) -> int:
        return direction(self._rates())

    @property
    def upper_end(self) -> Decimal:
        return self.tiers[-1].start

    def _form(self) -> Hashable:
        return (self.below, len(self.tiers))


class Graded(CurveKind):
    """Each part of the attainment at the rate of its own tier, added up with what is paid for reaching a tier."""

    kind: Literal["graded"]
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
    def rate(cls, curves: Variants[Self], attainment: Exact, across: Exact | None = None) -> Exact:  # type: ignore[override]
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

    def sentence(self, language: Language, *, percent: bool) -> str:
        words = {"en": ("from", "and", "at once"), "fr": ("à partir de", "et", "d'emblée")}[language]
        tiers = []
        for tier in self.tiers:
            jump = f" {words[1]} {written(tier.jump, percent=True)} {words[2]}" if tier.jump else ""
            start = written(tier.start, percent=percent)
            tiers.append(f"{words[0]} {start} → {written(tier.rate, percent=True)}{jump}")
        if language == "en":
            return f"each part at the rate of its own tier, {', '.join(tiers)}; nothing below the first"
        return f"chaque tranche à son propre taux, {', '.join(tiers)} ; rien en dessous de la première"

    def trend(self) -> int:
        return direction([y for _, y in self.corners()] + [self.corners()[-1][1] + self.tiers[-1].rate])

    @property
    def upper_end(self) -> Decimal | None:
        return None if self.tiers[-1].rate else self.tiers[-1].start

    def _form(self) -> Hashable:
        return len(self.tiers)

    def corners(self) -> tuple[tuple[Decimal, Decimal], ...]:
        points, height, before = [], Decimal(0), self.tiers[0].start
        slope = Decimal(0)
        for tier in self.tiers:
            height += slope * (tier.start - before)
            points += [(tier.start, height), (tier.start, height + tier.jump)] if tier.jump else [(tier.start, height)]
            height, before, slope = height + tier.jump, tier.start, tier.rate
        return tuple(points)


class Lookup(CurveKind):
    """The rate of the row that an attainment lies in; outside the rows there is none, and the payee is held."""

    kind: Literal["lookup"]
    rows: Annotated[
        tuple[Band, ...],
        Field(min_length=1, description="`{from: 80%, below: 90%, rate: 50%}`, in order, each attainment in one row."),
    ]

    @model_validator(mode="after")
    def _check(self) -> Lookup:
        apart(self.rows)
        return self

    def holes(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """Where attainments between two rows lie in none: the end of the one, the start of the next."""
        between = ((before.ends, after.begins) for before, after in pairwise(self.rows))
        return tuple((end[0], start[0]) for end, start in between if end and start and end < start)

    def _table(self) -> Table:
        ends = [(end, rate) for row in self.rows for end, rate in ((row.begins, row.rate), (row.ends, None))]
        open_start, open_end = self.rows[0].begins is None, self.rows[-1].ends is None
        starts = tuple(end for end, _ in ends if end is not None)
        return Table((starts,), (*(() if open_start else (None,)), *(rate for _, rate in ends[: len(ends) - open_end])))

    @classmethod
    def rate(cls, curves: Variants[Self], attainment: Exact, across: Exact | None = None) -> Exact:  # type: ignore[override]
        return tabled([attainment], curves.map(lambda curve: curve._table()).each, curves.plan)

    def _found(self, attainment: Decimal | Fraction) -> Decimal | None:
        for row in self.rows:
            above = row.begins is None or attainment > row.begins[0] or (attainment, False) == row.begins
            if above and (row.ends is None or attainment < row.ends[0] or (attainment, True) == row.ends):
                return row.rate
        return None

    def exact(self, attainment: Fraction, across: Fraction | None = None) -> Fraction | None:
        found = self._found(attainment)
        return None if found is None else Fraction(found)

    def worked(self, attainment: Decimal | Fraction, across: Decimal | Fraction | None, show: Show) -> str:
        found = self._found(attainment)
        return "" if found is None else show(found)

    def sentence(self, language: Language, *, percent: bool) -> str:
        rows = [f"{row.reads(language, percent=percent)} → {written(row.rate, percent=True)}" for row in self.rows]
        return f"{'looked up' if language == 'en' else 'table'}, {', '.join(rows)}"

    def trend(self) -> int:
        return direction([row.rate for row in self.rows])

    @property
    def upper_end(self) -> Decimal | None:
        begins, ends = self.rows[-1].begins, self.rows[-1].ends
        if ends is not None:
            return None  # beyond it there is nothing
        return Decimal(0) if begins is None else begins[0] + begins[1]

    def _form(self) -> Hashable:
        return tuple((each and each[1]) for row in self.rows for each in (row.begins, row.ends))


class Matrix(CurveKind):
    """The rate where the tier of the attainment and the tier of a second number meet."""

    kind: Literal["matrix"]
    second: Annotated[
        Formula, Field(alias="across", description="The second number, over KPIs and workforce columns, as a formula.")
    ]
    columns: Annotated[tuple[Decimal, ...], Field(min_length=1, description="Where each column starts, rising.")]
    rows: Annotated[
        tuple[MatrixRow, ...], Field(min_length=1, description="`{from: 90%, rates: [0%, 50%]}`, starts rising.")
    ]
    below: Annotated[
        Literal["flat", "zero"], Field(description="Below the first row or column: what that says, or zero.")
    ]
    above: Above = "flat"

    @model_validator(mode="after")
    def _check(self) -> Matrix:
        ascending(self.columns)
        ascending([row.start for row in self.rows])
        as_many(self.rows, len(self.columns))
        return self

    @property
    def across(self) -> Formula:
        return self.second

    def _rates(self) -> tuple[tuple[Decimal, ...], ...]:
        """By how many rows and how many columns are reached."""
        nothing = [Decimal(0)] if self.below == "zero" else []
        rates = [(*(nothing or row.rates[:1]), *row.rates) for row in self.rows]
        return ((Decimal(0),) * len(rates[0]) if nothing else rates[0], *rates)

    @classmethod
    def rate(cls, curves: Variants[Self], attainment: Exact, across: Exact | None = None) -> Exact:  # type: ignore[override]
        assert across is not None, "a matrix has a second number"
        first = 0 if curves.first.below == "zero" else 1  # a flat first tier has no start

        def table(curve: Matrix) -> Table:
            rates = tuple(rate for row in curve._rates()[first:] for rate in row[first:])
            return Table((at([row.start for row in curve.rows[first:]]), at(curve.columns[first:])), rates)

        return tabled([attainment, across], curves.map(table).each, curves.plan)

    def _found(self, attainment: Decimal | Fraction, across: Decimal | Fraction | None) -> Decimal:
        assert across is not None, "a matrix has a second number"
        row = sum(row.start <= attainment for row in self.rows)
        return self._rates()[row][sum(start <= across for start in self.columns)]

    def exact(self, attainment: Fraction, across: Fraction | None = None) -> Fraction:
        return Fraction(self._found(attainment, across))

    def worked(self, attainment: Decimal | Fraction, across: Decimal | Fraction | None, show: Show) -> str:
        return show(self._found(attainment, across))

    def sentence(self, language: Language, *, percent: bool) -> str:
        columns = ", ".join(map(written, self.columns))
        rows = "; ".join(
            f"{written(row.start, percent=percent)} → {', '.join(written(rate, percent=True) for rate in row.rates)}"
            for row in self.rows
        )
        below = BELOW[language, self.below]
        if language == "en":
            return f"by row from the attainment and by column where {self.second} is from {columns}, {rows}; {below}"
        return f"par ligne selon l'atteinte et par colonne où {self.second} est à partir de {columns}, {rows} ; {below}"

    def trend(self) -> int:
        trends = {direction(rates) for rates in zip(*self._rates(), strict=True) if len(set(rates)) > 1}
        return trends.pop() if len(trends) == 1 else 0

    @property
    def upper_end(self) -> Decimal:
        return self.rows[-1].start

    def _form(self) -> Hashable:
        return (self.below, len(self.columns), len(self.rows), self.second.skeleton)


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
    def rate(cls, curves: Variants[Self], attainment: Exact, across: Exact | None = None) -> Exact:  # type: ignore[override]
        midpoint, width = (curves.number(lambda curve: curve.midpoint), curves.number(lambda curve: curve.width))
        low, high = curves.number(lambda curve: curve.low), curves.number(lambda curve: curve.high)
        return logistic(attainment, midpoint, width, low, high)

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

    def sentence(self, language: Language, *, percent: bool) -> str:
        low, high = (written(rate, percent=True) for rate in (self.low, self.high))
        midpoint, width = (written(number, percent=percent) for number in (self.midpoint, self.width))
        words = {
            "en": "an S from {} to {}, 1 ÷ (1 + e) of the way from {} on, e ÷ (1 + e) below, with e = {} to 15 places",
            "fr": "un S de {} à {}, 1 ÷ (1 + e) du chemin dès {}, e ÷ (1 + e) en dessous, avec e = {} à 15 décimales",
        }
        distance = {"en": "distance to {}", "fr": "écart à {}"}[language].format(midpoint)
        return words[language].format(low, high, midpoint, f"exp(−{distance} ÷ {width})")

    def trend(self) -> int:
        return direction([self.low, self.high])

    @property
    def upper_end(self) -> Decimal:
        return self.midpoint + 40 * self.width

    def _form(self) -> Hashable:
        return ()


PayoutCurve = Annotated[Linear | Stepped | Graded | Lookup | Matrix | Logistic, Field(discriminator="kind")]
