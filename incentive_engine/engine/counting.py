"""The days behind a proration, as people count them: days, or months and parts of months, for a pocket calculator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeAlias

from incentive_engine.compiler.inputs import DAYS_AWAY, DAYS_LEFT_OUT, FIRST_DAY, LAST_DAY, OWN_DAYS
from incentive_engine.compiler.program import DAYS
from incentive_engine.kinds.prorations import ProrationKind
from incentive_engine.rulesets.resolving import ResolvedPlan

Terms: TypeAlias = tuple[tuple[int, int], ...]
"""Fractions to be added."""
Show: TypeAlias = Callable[[int], str]
_LENGTHS: Final = (31, 30, 29, 28)
"""How many days a month has."""


@dataclass(frozen=True, slots=True)
class Share:
    """The units behind a proration: those there less those away, of those of the period less those left out of it."""

    kind: ProrationKind
    there: int
    away: int
    whole: int
    left_out: int
    terms: Terms
    """Those there, as people count them."""

    @property
    def exact(self) -> Decimal:
        """The share, not rounded."""
        return Decimal(self.there - self.away) / (self.whole - self.left_out)

    def arithmetic(self, show: Show) -> str:
        """The share, to be worked out again."""
        return f"{self._less(added(self.terms, show), self.away, show)} ÷ {self._below(show)}"

    def of_work(self, worked: int) -> Decimal:
        """The share of the period that units are that were worked, not rounded."""
        return Decimal(worked) / (self.whole - self.left_out)

    def work(self, worked: int, show: Show) -> str:
        """That share, to be worked out again."""
        return f"{_bracketed(counted(self.kind, worked, show))} ÷ {self._below(show)}"

    def _below(self, show: Show) -> str:
        return self._less(counted(self.kind, self.whole, show), self.left_out, show)

    def _less(self, count: str, out: int, show: Show) -> str:
        if out:
            return f"({count} − {_bracketed(counted(self.kind, out, show))})"
        return _bracketed(count)


class Shares:
    """The shares of the days of a plan."""

    def __init__(self, plan: ResolvedPlan, kind: ProrationKind) -> None:
        self._kind, self._calendar = kind, plan.calendar
        self._whole = kind.whole(plan.period, plan.calendar)

    def of(self, row: Mapping[str, Any]) -> Share:
        """The share of one row of the trace."""
        there, whole = int(row[DAYS]), int(row[OWN_DAYS]) if self._kind.of_own_days else self._whole
        away, left_out = (int(row.get(column) or 0) for column in (DAYS_AWAY, DAYS_LEFT_OUT))
        terms: Terms = ((there, 1),)
        if self._kind.per > 1:
            terms = tuple(self._kind.terms(row[FIRST_DAY], row[LAST_DAY], self._calendar))
        return Share(self._kind, there, away, whole, left_out, terms)


def counted(kind: ProrationKind, units: int, show: Show) -> str:
    """Units as a calculator takes them: `45`, or `18 ÷ 31 + 2` where months are counted."""
    return added(((units, 1),) if kind.per == 1 else _months(units, kind.per), show)


def added(terms: Iterable[tuple[int, int]], show: Show) -> str:
    """Fractions in a sum."""
    return " + ".join(show(above) if below == 1 else f"{show(above)} ÷ {show(below)}" for above, below in terms)


@lru_cache(1 << 16)
def _months(units: int, per: int) -> Terms:
    """Days of months, by the length of these, and whole months: as few parts as there can be."""
    found: list[Terms] = []

    def parts(rest: int, lengths: tuple[int, ...], days: Terms) -> None:
        if rest % per == 0:
            found.append((*days, (rest // per, 1)) if rest or not days else days)
        elif lengths and len(days) < len(_LENGTHS) - 1:
            one = per // lengths[0]
            for count in range(min(lengths[0], rest // one + 1)):
                parts(rest - count * one, lengths[1:], (*days, (count, lengths[0])) if count else days)

    parts(units, _LENGTHS, ())
    return min(found, key=len)


def _bracketed(count: str) -> str:
    return f"({count})" if " " in count else count
