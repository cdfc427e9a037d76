"""Whom a plan leaves out, who was there for a part of the period, and what happens without a result."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from incentive_engine.compiler.measures import SOURCES
from incentive_engine.compiler.presence import PRORATION
from incentive_engine.engine.outcomes import Outcome
from incentive_engine.rulesets.resolving import MeasureNode
from incentive_engine.simulation.plan_tests.places import Compiled, Place

_BEFORE: Final = "previous"
"""What examples cannot give: the result of the period before."""


def people(compiled: Compiled) -> Iterator[Place]:
    """Who is paid by a plan, and who is not."""
    plan = compiled.plan
    yield compiled.place("T08-example", plan.at, f"somebody who is paid by `{compiled.name}`", _is_paid)
    for test, formula in (("who", plan.who), ("eligible", plan.eligible)):
        if formula is not None and formula.names:
            told = f"somebody whom `{test}` of `{compiled.name}` leaves out"
            yield compiled.place("T07-people", (*plan.at, test), told, partial(_fails, test))
    if plan.proration is not None and not plan.proration.of_own_days:  # of one's own days, all count
        told = f"somebody paid by `{compiled.name}` for a part of the period"
        yield compiled.place("T07-people", (*plan.at, "proration"), told, _in_part)


def missing(compiled: Compiled) -> Iterator[Place]:
    """What becomes of each measure without a result, or with too few facts."""
    for node in compiled.plan.measures():
        reliability = node.kpi.reliability
        if reliability is not None and reliability.otherwise not in ("hold", _BEFORE):
            told = f"`{node.path}` from fewer than {reliability.at_least} facts ({reliability.otherwise})"
            source = SOURCES[reliability.otherwise]
            yield compiled.place("T06-missing", node.at, told, partial(_stands_in, node, source))
        told = f"`{node.path}` without a result ({node.on_missing})"
        if node.on_missing == "hold":
            yield compiled.place("T06-missing", node.at, told, partial(_holds, node))
        elif node.on_missing != _BEFORE:
            yield compiled.place("T06-missing", node.at, told, partial(_stands_in, node, SOURCES[node.on_missing]))


def _is_paid(outcome: Outcome) -> bool:
    return outcome.paid


def _fails(test: str, outcome: Outcome) -> bool:
    return outcome.failed[:1] == [test]


def _in_part(outcome: Outcome) -> bool:
    share = outcome.number(PRORATION)
    return outcome.paid and share is not None and share < 1


def _stands_in(node: MeasureNode, source: int, outcome: Outcome) -> bool:
    return outcome.paid and outcome.frame[f"{node.path}.source"].item() == source


def _holds(node: MeasureNode, outcome: Outcome) -> bool:
    """Whether the payee is held, and the measure has no result that counts."""
    if outcome.failed or "missing-result" not in outcome.held:
        return False
    column = f"{node.path}.source"
    if column in outcome.frame.columns:
        return outcome.frame[column].item() is None
    return outcome.number(f"{node.kpi_name}@{node.of}") is None
