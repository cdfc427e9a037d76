"""How much of something the close checklist lets pass: `checklist` in policy.yaml, by the name of the item."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from incentive_engine.kinds.base import Declared


class Tolerance(Declared):
    """A share that lets an item of the checklist pass."""

    at_most: Annotated[Decimal, Field(ge=0, description="The greatest share that passes: `50%`.")]


def _share(percent: int) -> Tolerance:
    return Tolerance(at_most=Decimal(percent).scaleb(-2))


class Tolerances(Declared):
    """What lets each item of the checklist pass; an item that is not named here has nothing to tolerate."""

    movers: Annotated[
        Tolerance, Field(description="How far a payout may be from that of the run before, as a share.")
    ] = _share(50)
    outliers: Annotated[Tolerance, Field(description="How much of the target pay, prorated, a payout may be.")] = (
        _share(200)
    )
    caps: Annotated[Tolerance, Field(description="The share of payouts that a cap may have cut.")] = _share(10)
    zeros: Annotated[Tolerance, Field(description="The share of payouts that may be zero.")] = _share(5)
    held: Annotated[Tolerance, Field(description="The share of the workforce that may be held and not released.")] = (
        _share(0)
    )
    small_numbers: Annotated[
        Tolerance, Field(description="The share of results that may be replaced: too few facts were behind them.")
    ] = _share(10)
    late_targets: Annotated[
        Tolerance,
        Field(description="The money that may be due for targets that people were told late, as a share of payouts."),
    ] = _share(0)
