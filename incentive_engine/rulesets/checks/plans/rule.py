"""A numbered rule of what makes a plan sound: one function, with an example that breaks it and one that keeps it.

A check tells what cannot be read or paid. A rule tells what can, and is unwise, unfair or unlawful: so it has a number
to be named by, says why, and people may waive it with a reason.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from incentive_engine.rulesets.checked import Checked
from incentive_engine.rulesets.column_types import ColumnTypes
from incentive_engine.rulesets.ranges import DeclaredRanges
from incentive_engine.rulesets.resolving import KeyPath

Level = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Linted(Checked):
    """A rule set without errors, as numbered rules look at it: with the types and ranges of all that comes in."""

    types: ColumnTypes
    ranges: DeclaredRanges


@dataclass(frozen=True, slots=True)
class Found:
    """A place where a rule is broken: what is so there, and what to do about it."""

    at: KeyPath
    message: str
    hint: str
    level: Level | None = None
    """That of the rule unless said."""


@dataclass(frozen=True, slots=True)
class PlanRule:
    """A numbered rule."""

    code: str
    """Its number and its word: `P01-cliff`."""
    level: Level
    """An error refuses the rule set, a warning does not."""
    broken: Callable[[Linted], Iterator[Found]]
    bad: str
    good: str
    """Parts of rule sets, one that breaks the rule and one that keeps it; the rest is as in `EXAMPLE`."""
    sources: tuple[str, ...] = ()
    """Where it comes from: the law, or what is known of such plans."""

    @property
    def holds(self) -> str:
        """What holds where the rule is kept, in one sentence."""
        return _paragraphs(self.broken)[0]

    @property
    def why(self) -> str:
        """Why that matters, and what exactly is looked at."""
        return " ".join(_paragraphs(self.broken)[1:])


def _paragraphs(function: Callable[..., object]) -> list[str]:
    return [" ".join(each.split()) for each in (function.__doc__ or "").split("\n\n")]


def plan_rule(
    code: str, *, bad: str, good: str, level: Level = "warning", sources: tuple[str, ...] = ()
) -> Callable[[Callable[[Linted], Iterator[Found]]], PlanRule]:
    """Declares a rule where it is written; its docstring says what holds, and after an empty line why."""
    bad, good = (textwrap.dedent(each).strip() + "\n" for each in (bad, good))
    return lambda broken: PlanRule(code, level, broken, bad, good, sources)
