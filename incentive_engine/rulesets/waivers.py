"""Waivers: that a numbered rule is broken on purpose, where, why, and who answers for it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from incentive_engine.kinds.base import Declared, Label
from incentive_engine.mistakes import KeyPath


class Waiver(Declared):
    """A numbered rule that is broken on purpose: `incentive check` tells the reason instead of the problem."""

    rule: Annotated[str, Field(description="The rule, with its number: `P01-cliff`.")]
    at: Annotated[
        str,
        Field(
            min_length=1,
            description="Where it is broken, with dots: `plans.adviser.scorecard.sales`. All below is waived, too.",
        ),
    ]
    because: Annotated[Label, Field(description="The reason.")]
    by: Annotated[str, Field(min_length=1, description="Who answers for it.")]
    until: Annotated[dt.date | None, Field(description="The last day on which it holds; for ever unless said.")] = None

    def covers(self, rule: str, at: KeyPath) -> bool:
        """Whether it is of this rule, broken at this place."""
        return self.rule == rule and (dotted(at) + ".").startswith(self.at + ".")

    def holds_on(self, day: dt.date | None) -> bool:
        """Whether it has not run out on a day; it has not where no day is asked for."""
        return day is None or self.until is None or day <= self.until


def dotted(at: KeyPath) -> str:
    """A place as people write it: `plans.adviser.gates.0`."""
    return ".".join(map(str, at))
