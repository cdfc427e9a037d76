"""The money of each measure as bars, each from where the one above ends to the payout: they sum because amounts do.

Positions are the only numbers of a statement that are rounded for show; no digit of them is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from incentive_engine.engine.comparing import Number
from incentive_engine.statements.languages import Numbers
from incentive_engine.statements.values import Bar, Drawing, Perspective

Piece = tuple[str, Perspective, Decimal]
"""What brought money, of which kind, how much."""


def drawing(pieces: Sequence[Piece], total: str, payout: Decimal, full: Number | None, numbers: Numbers) -> Drawing:
    """Bars for `pieces` and their sum; `full` is the pay for a score of 100 %, marked by a line, if there is one."""
    reached = [Decimal(0)]
    for _, _, pay in pieces:
        reached.append(reached[-1] + pay)
    low = float(min(*reached, Decimal(0), payout))
    span = float(max(*reached, full or payout, payout)) - low or 1.0

    def bar(title: str, perspective: Perspective, before: Decimal, pay: Decimal) -> Bar:
        start = (float(min(before, before + pay)) - low) / span * 100
        width = abs(float(pay)) / span * 100
        return Bar(title, perspective, numbers.money(pay), f"{start:.2f}", f"{width:.2f}")

    bars = tuple(
        bar(title, perspective, before, pay) for (title, perspective, pay), before in zip(pieces, reached, strict=False)
    )
    mark = "" if full is None else f"{(float(full) - low) / span * 100:.2f}"
    return Drawing(bars, bar(total, "other", Decimal(0), payout), mark)
