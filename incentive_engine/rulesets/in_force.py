"""What holds on some days only: numbers that change, and the days on which a plan or a rule set is in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any, Final, TypeVar

from pydantic import Field

from incentive_engine.kinds.base import Declared, Since
from incentive_engine.mistakes import KeyPath

Days = tuple[dt.date, dt.date]
"""A first and a last day, both inclusive."""
D = TypeVar("D", bound=Declared)

EDITION: Final = "@"
"""Between the name of a plan and which of its versions it is: `adviser@2026-08-15`. No name that is written has it."""
NUMBERS: Final = frozenset({"weight", "floor", "cap", "target", "threshold", "benchmark", "baseline"})
"""The fields of plans, groups, measures and ways that hold a number which may change."""
BELOW: Final = frozenset({"scorecard", "items", "paths"})
"""Their fields that hold others of them."""
_TOLD: Final = frozenset({"title", "because", "decided", "in_force"})
"""The fields of a plan on which no amount depends."""


class InForce(Declared):
    """The days on which something holds."""

    start: Annotated[
        dt.date | None, Field(alias="from", description="The first day; there is none unless said: always before `to`.")
    ] = None
    end: Annotated[dt.date | None, Field(alias="to", description="The last day; it goes on unless said.")] = None

    def within(self, days: Days) -> Days | None:
        """The days on which it holds among some; None where it does not."""
        first, last = max(self.start or days[0], days[0]), min(self.end or days[1], days[1])
        return (first, last) if first <= last else None


def numbers_that_change(node: Declared, at: KeyPath = ()) -> Iterator[tuple[KeyPath, Since]]:
    """Every number with `since` of a plan, or of a node of one and what is below it, with its place."""
    held = vars(node)
    for name in NUMBERS & held.keys():
        if isinstance(held[name], Since):
            yield (*at, name), held[name]
    for name in BELOW & held.keys():
        for key, each in held[name].items():
            yield from numbers_that_change(each, (*at, name, key))


def on_day(node: D, day: dt.date) -> D:
    """A plan, or a node of one, with the numbers that count on a day."""
    if not any(numbers_that_change(node)):
        return node
    held = vars(node)
    changing = (name for name in NUMBERS & held.keys() if isinstance(held[name], Since))
    below = {name: {key: on_day(each, day) for key, each in held[name].items()} for name in BELOW & held.keys()}
    return node.model_copy(update={**{name: held[name].on(day) for name in changing}, **below})


def same_terms(one: Any, other: Any) -> bool:
    """Whether two declarations pay alike: they are equal, but for titles and for who decided them and why."""
    if isinstance(one, Declared) and type(one) is type(other):
        return all(same_terms(held, getattr(other, name)) for name, held in one if name not in _TOLD)
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same_terms(one[key], other[key]) for key in one)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same_terms, one, other))
    return bool(one == other)
