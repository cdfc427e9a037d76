"""Curves: what a reader expects of their shape."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.errors import Problem
from incentive_engine.kinds.lookups import Lookup
from incentive_engine.rulesets.checked import Checked, tells


@tells("curve-has-holes", about=(Lookup,))
def curves_have_no_holes(checked: Checked) -> Iterator[Problem]:
    """Every attainment has a rate: where there is none, payees are held (a warning)."""
    for name, curve in checked.rules.curves.items():
        if curve.holes():
            message = f"`{name}` has no rate {', nor '.join(curve.holes())}: payees are held there"
            hint = "begin each row where the one before ends, and leave the first and the last open"
            yield Problem("curve-has-holes", message, checked.key("curves", name), hint, level="warning")
