"""Which stretches of its curves a plan can reach: those of measures, and of curves that formulas call.

A stretch that no attainment can reach, by what is declared of results and targets, is asked of nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import groupby

from incentive_engine.engine.outcomes import Outcome
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.rulesets.resolving import MeasureNode, PathNode
from incentive_engine.simulation.plan_tests.places import Compiled, Place, rate_columns, slots
from incentive_engine.simulation.plan_tests.stretches import Stretch, stretches

_ANYWHERE = (Stretch(None, None),)
_SHARES = (Fraction(0), Fraction(1))
"""What shares of a population lie between."""
_CALL = re.compile(r"\.([A-Za-z][A-Za-z0-9_]*)_\d+\.at$")


def tiers(compiled: Compiled) -> Iterator[Place]:
    """The stretches of every curve of a plan."""
    for node in compiled.plan.measures():
        ways = sorted(rate_columns(node), key=lambda each: each[0].name)
        for _, same in groupby(ways, key=lambda each: each[0].name):
            yield from _of_way(compiled, node, list(same))
    for slot in slots(compiled.plan):
        calls: dict[str, list[str]] = {}
        for column in compiled.program.numbers:
            found = _CALL.search(column)
            if found and column[: found.start()] == slot.column and found[1] in compiled.plan.curves:
                calls.setdefault(found[1], []).append(column)
        for name, columns in calls.items():
            curve, reads = compiled.plan.curves[name], [(each, each.replace(".at", ".across")) for each in columns]
            for _, told, holds in _told(compiled, curve, reads, percent=False):
                yield compiled.place("T01-tier", slot.at, f"`{name}` in {slot.what} with {told}", holds)


def _of_way(compiled: Compiled, node: MeasureNode, ways: Sequence[tuple[PathNode, str]]) -> Iterator[Place]:
    way = ways[0][0]
    reads = [(f"{column.removesuffix('rate')}attainment", f"{column}.across") for _, column in ways]
    what = f"`{node.path}`" + (f" by `{way.name}`" if way.name else "")
    for row, told, holds in _told(compiled, way.curve, reads, percent=way.attainment.in_percent):
        if not (way.attainment.ranked and way.attainment.in_percent) or row.possible(*_SHARES):
            yield compiled.place("T01-tier", (*way.at, "curve"), f"{what} with an attainment {told}", holds)


def _told(
    compiled: Compiled, curve: CurveKind, reads: Sequence[tuple[str, str]], *, percent: bool
) -> Iterator[tuple[Stretch, str, partial[bool]]]:
    """Each stretch that can be reached, in words, and whether an example reaches it."""
    for row in stretches(curve.starts()):
        for column in stretches(curve.starts_across()) or _ANYWHERE:
            if any(_possible(compiled, row, one) and _possible(compiled, column, other) for one, other in reads):
                second = "" if column in _ANYWHERE else f" and {curve.across} {column.reads(percent=False)}"
                yield row, row.reads(percent=percent) + second, partial(_reached, row, column, reads)


def _possible(compiled: Compiled, stretch: Stretch, column: str) -> bool:
    bounds = compiled.bounds(column)
    return bounds is None or stretch.possible(*bounds)


def _reached(row: Stretch, column: Stretch, reads: Sequence[tuple[str, str]], outcome: Outcome) -> bool:
    """Whether an attainment of a payee who is paid lies there, or of one who is held because the curve ends before."""
    if not outcome.paid and (outcome.failed or "outside-curve" not in outcome.held):
        return False
    return any(_lies(outcome.number(one), row) and (column in _ANYWHERE or _lies(outcome.number(other), column))
               for one, other in reads)  # fmt: skip


def _lies(number: Fraction | None, stretch: Stretch) -> bool:
    return number is not None and stretch.holds(number)
