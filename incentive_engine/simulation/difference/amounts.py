"""What everybody is paid by one rule set after the other, on the same data."""

from __future__ import annotations

from incentive_engine.engine import outputs
from incentive_engine.engine.running import Calculation
from incentive_engine.simulation.comparison.side import amounts_of
from incentive_engine.simulation.difference.touched import Amounts, Pay
from incentive_engine.simulation.scenarios.simulating import Baseline, paid_by


def paying(base: Baseline) -> Pay:
    """What rules pay on the data and for the period of a baseline: what is worked out or released, nothing else."""

    def amounts(paid: Calculation) -> Amounts:
        return amounts_of(outputs.payouts(paid), paid.decided.used)

    return lambda rules: amounts(paid_by(base, rules))
