"""Why a payout differs from that of an earlier period."""

from __future__ import annotations

from dataclasses import dataclass

from incentive_engine.statements.values.drawings import Drawing


@dataclass(frozen=True, slots=True)
class Bridge:
    """What one thing that is paid was then, and what it is now."""

    heading: str
    title: str
    """What is paid, where that is more than one thing."""
    said: tuple[str, ...]
    """What is to be said besides, or in place of the bars where there is nothing to compare."""
    drawing: Drawing | None
    """From the payout then, with a bar for each group of things that is different, to the payout now."""
