"""Examples: payees worked out by hand, which stand in a rule set beside what they show."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from incentive_engine.kinds.base import Declared
from incentive_engine.rulesets.in_force import EDITION
from incentive_engine.rulesets.tables import Column


class Absence(Declared):
    """A leave of an example's payee."""

    type: Annotated[str, Field(description="As the column `type` says it.")]
    since: Annotated[dt.date, Field(alias="from", description="The first day.")]
    until: Annotated[dt.date, Field(alias="to", description="The last day.")]


class Expected(Declared):
    """What an example must give."""

    payout: Annotated[Decimal | None, Field(description="The amount, in the rules' currency.")] = None
    paid: Annotated[Decimal | None, Field(description="What is paid of it, in the payee's own currency.")] = None
    score: Annotated[Decimal | None, Field(description="The score of the plan.")] = None
    scores: Annotated[dict[str, Decimal], Field(description="Scores of nodes, by path: `customer.nps: 80%`.")] = {}
    held: Annotated[str | None, Field(description="The code with which the payee is held.")] = None
    fails: Annotated[
        Literal["who", "eligible", "present"] | None, Field(description="The test that says no: the plan pays nothing.")
    ] = None


class Example(Declared):
    """A payee worked out by hand; `incentive check` runs it."""

    title: Annotated[str, Field(min_length=1, description="What the example shows.")]
    plan: Annotated[
        str,
        Field(
            description="The plan, as named under `plans`: as it stands on its first days in the period. "
            "`adviser@2026-08-15` is what it is from that day on, where it changes then."
        ),
    ]
    period: Annotated[str, Field(description="`2026-Q3`")]
    payee: Annotated[dict[Column, Decimal | str | bool], Field(description="The payee's workforce columns.")] = {}
    results: Annotated[
        dict[str, Decimal], Field(description="KPI results, whoever's count; `nps@team: 38` for the team's alone.")
    ] = {}
    answers: Annotated[dict[str, int], Field(description="How many facts stand behind a result.")] = {}
    parameters: Annotated[
        dict[str, Decimal], Field(description="Numbers from tables, by `table.column` or `table.column.kpi`.")
    ] = {}
    leave: Annotated[tuple[Absence, ...], Field(description="When the payee was away.")] = ()
    expect: Annotated[Expected, Field(description="What must come out.")]

    @property
    def plan_name(self) -> str:
        """The plan, as named under `plans`."""
        return self.plan.partition(EDITION)[0]
