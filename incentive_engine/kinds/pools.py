"""Pools: a sum that is shared out among payees, to the cent, or that decides a factor of their pay.

To add a way of funding or of sharing: one class here, told apart by its key, and its name in the union.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Declared, Label, Rounding, SubjectKind, by_key

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


class GivenSum(Declared):
    """A sum that one formula gives for the whole pool."""

    sum: Annotated[Formula, Field(description="The sum, over KPIs and curves: `2% * store_sales`.")]
    of: Annotated[SubjectKind, Field(description="Whose results the formula reads.")]


class SumOverPayees(Declared):
    """What a formula gives for each payee of the pool, added up."""

    per_payee: Annotated[Formula, Field(description="What each payee adds: `target_pay * funding(profit)`.")]
    of: Annotated[SubjectKind, Field(description="Whose results the formula reads.")] = "company"


Funding = Annotated[
    Annotated[GivenSum, Tag("sum")] | Annotated[SumOverPayees, Tag("per_payee")],
    Discriminator(by_key("sum", "per_payee")),
]


class Part(Declared):
    """A part of the pool, shared out by a key of its own."""

    title: Label
    share: Annotated[Decimal, Field(gt=0, le=1, description="Its part of the pool; the parts add up to 100 %.")]
    in_proportion_to: Annotated[
        Formula,
        Field(description="The key: `score * target_pay * proration`, `base_salary`, `1` for equal shares."),
    ]
    rounding: Annotated[Rounding, Field(description="Of the key; 6 places unless said.")] = Rounding(places=6)


class PoolKind(Declared):
    """What every pool has."""

    title: Label
    by: Annotated[
        Literal["company", "department", "team"], Field(description="One pool for all, or one for each of these.")
    ] = "company"
    fund: Annotated[Funding, Field(description="Where the sum comes from.")]


class SharedOut(PoolKind):
    """A sum shared out in proportion to keys, each part to the cent."""

    parts: Annotated[dict[Name, Part], Field(min_length=1, description="What is shared by which key.")]
    minimum: Annotated[Formula | None, Field(description="The least that a payee gets; the others make up for it.")] = (
        None
    )
    maximum: Annotated[
        Formula | None, Field(description="The most that a payee gets; what is above goes to the others.")
    ] = None


class Unknown(Declared):
    """The factor that is looked for."""

    factor: Annotated[Name, Field(description="Its name, as the plans' `payout:` formulas use it.")]
    at_least: Annotated[Decimal, Field(description="The smallest that it can be.")] = Decimal(0)
    at_most: Annotated[Decimal, Field(description="The largest that it can be.")]
    places: Annotated[int, Field(ge=0, le=15, description="Its decimal places.")]


class Solved(PoolKind):
    """A factor in the plans' `payout:`, as large as the sum allows."""

    solve: Annotated[Unknown, Field(description="The factor; the greatest whose payments do not exceed the sum.")]


Pool = Annotated[
    Annotated[SharedOut, Tag("parts")] | Annotated[Solved, Tag("solve")], Discriminator(by_key("parts", "solve"))
]
