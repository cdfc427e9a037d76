"""Facts that do not count, by declared rules: test records, what came too late, what was sent twice.

A rule says nothing of what customers answered: it is the same for good and for bad answers, and a check holds it to
that.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Declared, Label, by_key
from incentive_engine.kinds.kpi_kind import Column


class SetAsideWhen(Declared):
    """Facts that do not count: test records, answers that came too late."""

    when: Annotated[
        Formula, Field(description="Which facts, by any column but what KPIs measure; one that is missing counts.")
    ]
    because: Annotated[Label, Field(description="Why they do not count.")]


class SetAsideRepeats(Declared):
    """Facts that repeat one shortly before: the first counts, and those after it do not."""

    same: Annotated[
        tuple[Column, ...], Field(min_length=1, description="Columns in which a fact is the same as the one before.")
    ]
    within: Annotated[int, Field(ge=0, le=3660, description="Up to so many days after the one before; 0: that day.")]
    because: Annotated[Label, Field(description="Why they do not count.")]


SetAside = Annotated[
    Annotated[SetAsideWhen, Tag("when")] | Annotated[SetAsideRepeats, Tag("same")],
    Discriminator(by_key("when", "same")),
]
