"""What the engine works out for statements, of some payees at once: to compile costs more than to calculate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from incentive_engine.engine.bridge import bridges
from incentive_engine.engine.earlier import Earlier
from incentive_engine.engine.run import Run
from incentive_engine.engine.variations import variations
from incentive_engine.engine.waterfall import waterfalls
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan


@dataclass(frozen=True)
class Worked:
    """Frames that the run itself does not hold; `run` has the rows of some payees, `earlier` those of another period.

    Each is worked out when it is first asked for.
    """

    rules: Rules
    plans: Sequence[ResolvedPlan]
    run: Run
    earlier: Earlier | None

    @cached_property
    def waterfalls(self) -> pl.DataFrame:
        """One row per payee × plan × segment that has bars: `engine.waterfall`."""
        return waterfalls(self.rules, self.plans, self.run.traces)

    @cached_property
    def variations(self) -> pl.DataFrame:
        """One row per payee × plan × segment × change: `engine.variations`."""
        return variations(self.rules, tuple(self.plans), self.run.traces, self.run.kpis)

    @cached_property
    def bridges(self) -> pl.DataFrame | None:
        """One row per payee × thing paid in both periods: `engine.bridge`; None without an earlier one."""
        if self.earlier is None:
            return None
        return bridges(self.rules, self.plans, self.run.traces, self.earlier)
