"""What people decided about a payee's pay, as it concerns one stretch of days: how it adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from incentive_engine.compiler.inputs import SEGMENT
from incentive_engine.compiler.program import PAYOUT
from incentive_engine.engine.wording import Row
from incentive_engine.rulesets.adjustments import COMPUTED


@dataclass(frozen=True, slots=True)
class Decided:
    """The guarantees and adjustments of one stretch of days, and what they are added to.

    `decisions`: rows of the table `adjustments`, guarantees first; `every`: what the rules work out for each stretch.
    """

    decisions: tuple[Row, ...]
    computed: Decimal
    every: tuple[Decimal, ...]


def computed(row: Row) -> Decimal | None:
    """What the rules work out of a payout; all of it, where nobody may decide anything about it."""
    amount: Decimal | None = row.get(COMPUTED, row.get(PAYOUT))
    return amount


def decided(row: Row, rows: Sequence[Row], decisions: Sequence[Row]) -> Decided | None:
    """What was decided about one row of the trace, among all `rows` of what is paid by one name; None if nothing was.

    `decisions`: those about the payee and what is paid.
    """
    worked_out = computed(row)
    concern = [each for each in decisions if all(each[name] == row[name] for name in ("plan", SEGMENT))]
    if worked_out is None or not concern:
        return None
    concern.sort(key=lambda each: each["kind"] != "at_least")
    return Decided(tuple(concern), worked_out, tuple(computed(each) or Decimal(0) for each in rows))
