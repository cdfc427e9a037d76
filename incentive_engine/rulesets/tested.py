"""What examples are asked to show of a plan, by number: a hole may be waived like a numbered rule that is broken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

Asked: TypeAlias = Literal[
    "T01-tier", "T02-gate", "T03-modifier", "T04-limit", "T05-branch", "T06-missing", "T07-people", "T08-example"
]
TESTED: Final[Mapping[Asked, str]] = {
    "T01-tier": "every stretch of a curve that an attainment can reach, for every measure",
    "T02-gate": "every gate where it withholds, and where it does not",
    "T03-modifier": "every modifier where it changes the score",
    "T04-limit": "every floor and cap that can count, where it does, and where it does not",
    "T05-branch": "both ways of every IF, every way of a measure, every item that can decide a group",
    "T06-missing": "what happens without a result, or with too few facts, for every measure",
    "T07-people": "somebody whom `who` and `eligible` leave out, and somebody who was there for a part of the period",
    "T08-example": "somebody who is paid by the plan at all",
}
"""What a plan has that some example must reach."""
