"""Adjustments: what people decided about somebody's pay, signed by two, beside what the rules compute."""

from __future__ import annotations

from typing import Final, Literal, get_args

from incentive_engine.rulesets.tables import TableOptions

AdjustmentKind = Literal["amount", "percent", "at_least", "release"]
ADJUSTMENT_KINDS: Final[tuple[AdjustmentKind, ...]] = get_args(AdjustmentKind)
COMPUTED: Final = "computed"
GUARANTEE: Final = "guarantee"
ADJUSTMENT: Final = "adjustment"
DECIDED_COLUMNS: Final = (COMPUTED, GUARANTEE, ADJUSTMENT)
"""What a payout is the sum of where there are adjustments."""


class Adjustments(TableOptions):
    """Signed decisions about one payee's pay; what the rules compute stays, and both are shown.

    Columns: reference (names the row), payee, pays (what it is about), period (or empty: until `expires`), one of
    `amount` (added), `percent` (of the computed payout, added), `at_least` (a guarantee: what the computed payout lacks
    is added) and `release` (paid to who is held), currency (of a release; that of the rules if empty), reason, author,
    approver (somebody else), expires (the last day; no period that ends later is touched).
    """
