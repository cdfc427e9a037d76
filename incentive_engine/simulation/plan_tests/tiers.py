"""Which stretches of its curves a plan can reach: those of measures, and of curves that formulas call.

A stretch that no attainment can reach, by what is declared of results and targets, is asked of nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import TypeAlias

from incentive_engine.compiler.program import Program
from incentive_engine.engine.outcomes import Outcome
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.rulesets.resolving import MeasureNode, PathNode, ResolvedPlan
from incentive_engine.simulation.plan_tests.places import Compiled, Place, Slot, rate_columns, slots
from incentive_engine.simulation.plan_tests.stretches import Stretch, stretches

_ANYWHERE = (Stretch(None, None),)
_SHARES = (Fraction(0), Fraction(1))
"""What shares of a population lie between."""
_CALL = re.compile(r"\.([A-Za-z][A-Za-z0-9_]*)_\d+\.at$")
Reads: TypeAlias = Callable[[ResolvedPlan, Program], Sequence[tuple[str, str]]]
"""The columns of the numbers that a curve reads, the first and the second, in the period of a program."""


def tiers(compiled: Compiled) -> Iterator[Place]:
    """The stretches of every curve of a plan."""
    for node in compiled.plan.measures():
        for way in node.paths:
            yield from _of_way(compiled, node, way)
    for slot in slots(compiled.plan):
        for name in sorted(slot.formula.calls):
            for _, told, holds in _told(compiled, compiled.plan.curves[name], partial(_calls, slot, name), False):
                yield compiled.place("T01-tier", slot.at, f"`{name}` in {slot.what} with a number {told}", holds)


def _calls(slot: Slot, curve: str, plan: ResolvedPlan, program: Program) -> list[tuple[str, str]]:
    """Where a formula calls a curve."""
    prefixes = {each.column for each in slots(plan) if (each.at, each.what) == (slot.at, slot.what)}
    found = ((column, _CALL.search(column)) for column in program.numbers)
    calls = [(column, call) for column, call in found if call and call[1] == curve]
    return [(c, c.removesuffix("at") + "across") for c, call in calls if c[: call.start()] in prefixes]


def _attained(path: str, way: str, plan: ResolvedPlan, program: Program) -> list[tuple[str, str]]:
    """Where the attainments of a way stand."""
    node = next(each for each in plan.measures() if each.path == path)
    columns = [column for each, _, column in rate_columns(node) if each.name == way]
    return [(f"{column.removesuffix('rate')}attainment", f"{column}.across") for column in columns]


def _of_way(compiled: Compiled, node: MeasureNode, way: PathNode) -> Iterator[Place]:
    what = f"`{node.path}`" + (f" by `{way.name}`" if way.name else "")
    percent = way.attainment.in_percent
    for row, told, holds in _told(compiled, way.curve, partial(_attained, node.path, way.name), percent):
        if not (way.attainment.ranked and percent) or row.possible(*_SHARES):
            yield compiled.place("T01-tier", (*way.at, "curve"), f"{what} with an attainment {told}", holds)


def _told(
    compiled: Compiled, curve: CurveKind, reads: Reads, percent: bool
) -> Iterator[tuple[Stretch, str, Callable[[Outcome], bool]]]:
    """Each stretch that can be reached, in words, and whether an example reaches it."""
    columns = reads(compiled.plan, compiled.program)
    for row in stretches(curve.starts()):
        for column in stretches(curve.starts_across()) or _ANYWHERE:
            if any(_possible(compiled, row, one) and _possible(compiled, column, other) for one, other in columns):
                second = "" if column in _ANYWHERE else f" and {curve.across} {column.reads(percent=False)}"
                yield row, row.reads(percent=percent) + second, partial(_reached, row, column, reads)


def _possible(compiled: Compiled, stretch: Stretch, column: str) -> bool:
    bounds = compiled.bounds(column)
    return bounds is None or stretch.possible(*bounds)


def _reached(row: Stretch, column: Stretch, reads: Reads, outcome: Outcome) -> bool:
    """Whether an attainment of a payee who is paid lies there, or of one who is held because the curve ends before."""
    if not outcome.paid and (outcome.failed or "outside-curve" not in outcome.held):
        return False
    columns = reads(outcome.plan, outcome.program)
    return any(
        _lies(outcome.number(one), row) and (column in _ANYWHERE or _lies(outcome.number(other), column))
        for one, other in columns
    )


def _lies(number: Fraction | None, stretch: Stretch) -> bool:
    return number is not None and stretch.holds(number)
