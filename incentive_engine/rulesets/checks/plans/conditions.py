"""Conditions: gates that cannot do what they are there for."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import written
from incentive_engine.rulesets.checks.plans.reach import outcomes_of, spans_of
from incentive_engine.rulesets.checks.plans.rule import Found, Linted, plan_rule


@plan_rule(
    "P04-dead-gate",
    bad="""
        plans:
          adviser:
            gates:
              - when: satisfied < 0%
                of: team
                withhold: all
                because: {en: Customers were not satisfied, fr: Les clients n'étaient pas satisfaits}
        """,
    good="""
        plans:
          adviser:
            gates:
              - when: satisfied < 40%
                of: team
                withhold: all
                because: {en: Customers were not satisfied, fr: Les clients n'étaient pas satisfaits}
        """,
)
def gates_can_shut(linted: Linted) -> Iterator[Found]:
    """Every gate can shut and can stay open.

    A gate that never shuts protects nobody, and one that always shuts pays nobody: mostly a number was meant in
    percent, or a sign points the wrong way. Proved on the ranges that KPIs and columns are declared to have: whatever
    the data, it is so.
    """
    for placed in linted.nodes:
        for index, gate in enumerate(placed.node.gates):
            can_be = outcomes_of(linted, gate.when)
            at = (*placed.at, "gates", index, "when")
            if can_be == {False}:
                message = f"the gate of `{placed.path}` never shuts: `{gate.when}` is never true"
                yield Found(at, message, f"{_ranges(linted, gate.when)}correct the number, or remove the gate")
            elif can_be == {True}:
                message = f"the gate of `{placed.path}` always shuts: `{gate.when}` is never false"
                yield Found(at, message, f"{_ranges(linted, gate.when)}correct the number, or lower the cap")


def _ranges(linted: Linted, condition: Formula) -> str:
    """Between which numbers those lie that a condition names."""
    spans = spans_of(linted)
    named = [name for name in sorted(condition.names) if name in spans]
    told = [f"`{name}` lies between {written(spans[name][0])} and {written(spans[name][1])}" for name in named]
    return f"{', '.join(told)}: " if told else ""
