"""The nodes of a payee's scorecard, and what is known of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from tests.oracle.numbers import ZERO, Rule
from tests.oracle.results import NOTHING, Result


@dataclass(frozen=True)
class Taken:
    """What one way from a result to a rate gives; the rate is None where the way does not exist."""

    attainment: Fraction | None = None
    rate: Fraction | None = None
    target: Fraction | None = None
    codes: frozenset[str] = frozenset()


@dataclass
class Node:
    """One node of a payee's scorecard. `score` is None where it is left out, or where the payee is held."""

    path: str
    rule: Rule
    weight: Fraction | None = None
    items: list[Node] = field(default_factory=list)
    left_out: bool = False
    exact: Fraction | None = None  # the score before its rounding
    earned: Fraction | None = None  # what of it the items earned, where a floor or points may have added to it
    score: Fraction | None = None
    kpi: str = ""
    how: str = "own"  # how a measure got its result: own, zero, reweight, target, team, department, previous
    own: Result = NOTHING
    used: Result = NOTHING
    read: list[tuple[str, str, str | None, str, dt.date | None, dt.date | None]] = field(default_factory=list)
    """Results, as keys of the KPI table: KPI, kind of subject, subject, period, and of an assignment its days."""
    subject_kind: str = ""
    subject: str | None = None
    target: Fraction | None = None
    attainment: Fraction | None = None
    rate: Fraction | None = None
    ways: dict[str, Taken] = field(default_factory=dict)
    way: str | None = None  # the name of the way that decided, where there are several
    pay: Fraction | None = None
    shares: dict[str, Fraction] = field(default_factory=dict)  # Z, by column, where results are weighted

    def nodes(self) -> Iterator[Node]:
        yield self
        for item in self.items:
            yield from item.nodes()

    def measures(self) -> Iterator[Node]:
        return (node for node in self.nodes() if not node.items)


def part(item: Node) -> Fraction:
    """What an item brings to its group: its score, times its weight where it has one."""
    if item.left_out or item.score is None:
        return ZERO
    return item.score if item.weight is None else item.weight * item.score
