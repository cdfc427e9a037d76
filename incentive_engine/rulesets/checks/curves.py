"""Curves: what a reader expects of their shape."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.errors import Problem
from incentive_engine.kinds.attainments import ATTAINMENTS
from incentive_engine.kinds.base import written
from incentive_engine.kinds.curves import CurveKind
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


@tells("curve-turns", about=(CurveKind,))
def curves_do_not_turn(checked: Checked) -> Iterator[Problem]:
    """A rate only rises with the attainment, or only falls (a warning)."""
    percentages = {way.way.curve for _, way, _ in checked.ways if ATTAINMENTS[way.way.attainment].in_percent}
    for name, curve in checked.rules.curves.items():
        turn = curve.turns()
        if turn is not None:
            where = written(turn, percent=name in percentages)
            message = f"the rate of `{name}` rises and falls: from {where} on it goes back"
            hint = "order the rates as the attainments, or write two measures where both are meant"
            yield Problem("curve-turns", message, checked.key("curves", name), hint, level="warning")
