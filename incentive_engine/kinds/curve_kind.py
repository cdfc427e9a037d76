"""What every payout curve has, and what curves are written in: points and tiers, checked and put into words."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field
from pydantic_core import PydanticCustomError

from incentive_engine.exact import Exact
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Declared, Rounding, RoundingChoice, Variants, written
from incentive_engine.kinds.wording import AnyLanguage, said

Show: TypeAlias = Callable[[Any], str]
Store: TypeAlias = Callable[[Exact], Exact]
"""Makes a column of a number that is used several times, and gives back the value that reads it."""
Outline: TypeAlias = tuple[tuple[Decimal, Decimal], ...]
End: TypeAlias = tuple[Decimal, bool]
"""Where a row begins, or what is beyond it: at a number or, where true, right after it."""
Below = Annotated[Literal["flat", "zero"], Field(description="Below the first: its rate, or zero.")]
Above = Annotated[Literal["flat"], Field(description="Above the last: its rate.")]
From = Annotated[Decimal, Field(alias="from", description="The attainment from which it holds, inclusive.")]


def unstored(number: Exact) -> Exact:
    """The number itself, worked out again wherever it is used."""
    return number


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
    def rate(
        cls, curves: Variants[CurveKind], attainment: Exact, across: Exact | None = None, store: Store = unstored
    ) -> Exact:
        """The rate before its rounding; missing where the attainment is, or where the curve has none.

        `store` is called at most once.
        """

    @abstractmethod
    def exact(self, attainment: Fraction, across: Fraction | None = None) -> Fraction | None:
        """The rate of one attainment before its rounding; None where the curve has none."""

    @abstractmethod
    def sentence(self, language: AnyLanguage, *, percent: bool) -> str:
        """The curve in words; `percent` where attainments read as percentages."""

    @abstractmethod
    def worked(self, attainment: Decimal | Fraction, across: Decimal | Fraction | None, show: Show) -> str:
        """The rate at one attainment, written out for a pocket calculator; `show` writes a number."""

    @abstractmethod
    def outlines(self) -> tuple[Outline, ...]:
        """Points in order of attainment through which the rate goes, a jump as two; one outline per column."""

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

    def corners(self) -> Outline:
        """Attainments and rates between which the curve can be drawn; none where it cannot."""
        return ()

    smooth: ClassVar[bool] = False
    """Whether a point is reached at its attainment from both sides; a tier's end is not part of the tier."""

    def starts(self) -> tuple[End, ...]:
        """Where a next point or tier begins: at an attainment or, where true, right after it."""
        return ()

    def starts_across(self) -> tuple[End, ...]:
        """The same for the second number that the curve reads."""
        return ()

    def goals(self, step: Decimal) -> tuple[Decimal, ...]:
        """The attainments, in order, at which more is paid than a `step` before; none where the curve turns."""
        way = self.trend()
        if not way or self.across is not None:
            return ()
        beside = {1: (Decimal(0), step), -1: (-step, Decimal(0))}[way]
        places = (x if self.smooth else x + beside[after] for x, after in self.starts())
        return tuple(place for place in dict.fromkeys(places) if self._more(place, place - way * step))

    def _more(self, there: Decimal, before: Decimal) -> bool:
        """Whether an attainment pays more than another, or pays where the other has no rate."""
        rate, least = self.exact(Fraction(there)), self.exact(Fraction(before))
        return rate is not None and (least is None or rate > least)

    def trend(self) -> int:
        """1 where the rate only rises with the attainment, −1 where it only falls, 0 where it does both or neither."""
        ways = {way for outline in self.outlines() for _, way in _ways(outline)}
        return ways.pop() if len(ways) == 1 else 0

    def turns(self) -> Decimal | None:
        """The attainment from which the rate first goes back; None where it only rises, only falls or stays."""
        turned = (_turn(outline) for outline in self.outlines())
        return min((x for x in turned if x is not None), default=None)

    @property
    def complete(self) -> bool:
        """Whether every attainment has a rate."""
        return not self.holes()

    def holes(self) -> tuple[str, ...]:
        """The attainments that have no rate, in words."""
        return ()


def _ways(outline: Outline) -> list[tuple[Decimal, int]]:
    """Where the rate rises (1) or falls (−1)."""
    return [(x, 1 if y < after else -1) for (x, y), (_, after) in pairwise(outline) if y != after]


def _turn(outline: Outline) -> Decimal | None:
    ways = _ways(outline)
    return next((x for x, way in ways if way != ways[0][1]), None)


def staircase(starts: Sequence[Decimal], rates: Sequence[Decimal]) -> Outline:
    """The outline of steps; there is one rate more than starts."""
    return tuple((x, y) for x, steps in zip(starts, pairwise(rates), strict=True) for y in steps)


def ascending(starts: Sequence[Decimal], most: int = 1) -> None:
    """Attainments rise from one line to the next, each of them at most so many times."""
    for before, after in pairwise(starts):
        if after < before or (after == before and most == 1):
            hint = "order the lines by attainment" + (", each one once" if most == 1 else "")
            raise refused(
                "not-ascending", f"attainments must rise from one line to the next, but {after} follows {before}", hint
            )
    for start in starts:
        if starts.count(start) > most:
            hint = "a jump has two lines with the same attainment: the rate before it and the rate from there on"
            raise refused("not-ascending", f"attainment {start} has more than two lines", hint)


def refused(code: str, message: str, hint: str) -> PydanticCustomError:
    """The message goes through the context, because pydantic reads braces in a template."""
    return PydanticCustomError(code, "{message}", {"message": message, "hint": hint})


def at(starts: Sequence[Decimal]) -> tuple[End, ...]:
    """Stretches that begin at these attainments."""
    return tuple((start, False) for start in starts)


def in_points(corners: Sequence[tuple[Decimal, Decimal]]) -> bool:
    """Whether rates read as points rather than as percentages: one of them is 1,000 % or more."""
    return any(abs(rate) >= _POINTS for _, rate in corners)


def listed(corners: Sequence[tuple[Decimal, Decimal]], language: AnyLanguage, *, percent: bool) -> str:
    """Points in a row, a jump as such."""
    read: list[str] = []
    for number, (x, y) in enumerate(corners):
        rate = written(y, percent=not in_points(corners))
        if number and corners[number - 1][0] == x:
            read[-1] += f" {said(language, 'at_once', rate=rate)}"
        else:
            read.append(f"{written(x, percent=percent)} → {rate}")
    return ", ".join(read)


_POINTS = 10


def within(number: Decimal, show: Callable[[Any], str]) -> str:
    """A number after a sign."""
    return f"({show(number)})" if number < 0 else show(number)
