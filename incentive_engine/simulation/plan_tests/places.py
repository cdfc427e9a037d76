"""What a plan can do to a payee, place by place; each says itself whether an example reaches it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from incentive_engine.compiler.inputs import ParameterKey
from incentive_engine.compiler.nodes import Scored
from incentive_engine.compiler.program import Program
from incentive_engine.engine.outcomes import Outcome, all_scored
from incentive_engine.exact import Exact
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import FromColumn, FromTable, Parameter, SubjectKind
from incentive_engine.rulesets.in_force import EDITION
from incentive_engine.rulesets.resolving import KeyPath, MeasureNode, PathNode, ResolvedPlan, nodes_under
from incentive_engine.rulesets.tested import Asked

PAYS: Final = "payout.exact"
"""The column of what a plan's own formula pays: only that reads the scores of nodes."""


@dataclass(frozen=True, slots=True)
class Place:
    """One thing that a plan can do, and where it is written."""

    plan: str
    """As named under `plans`."""
    asked: Asked
    at: KeyPath
    told: str
    """What an example shows that reaches it, in words."""
    reached: Callable[[Outcome], bool]
    offset: int | None = None
    """The character of the formula at `at` that it is about."""

    @property
    def key(self) -> tuple[str, Asked, KeyPath, str, int | None]:
        """What is the same in every version of a plan."""
        return (self.plan, self.asked, self.at, self.told, self.offset)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A plan as it stands on some days, with its program on what is declared."""

    plan: ResolvedPlan
    program: Program

    @property
    def name(self) -> str:
        """The plan, as named under `plans`."""
        return self.plan.name.partition(EDITION)[0]

    @property
    def scored(self) -> dict[str, Scored]:
        """Every compiled node, by its path."""
        return {each.node.path: each for each in all_scored(self.program.root)}

    def place(
        self, asked: Asked, at: KeyPath, told: str, reached: Callable[[Outcome], bool], offset: int | None = None
    ) -> Place:
        """A place of this plan."""
        return Place(self.name, asked, at, told, reached, offset)

    def parameter(self, parameter: Parameter, kpi: str | None = None) -> Exact:
        """A number of the plan, as the program reads it."""
        numbers, exchange = self.program.numbers, self.plan.exchange
        match parameter:
            case FromTable():
                keys = (ParameterKey(parameter.table, parameter.column, each) for each in (kpi, None))
                return next(numbers[key.header] for key in keys if key.header in numbers)
            case FromColumn():
                own = exchange is not None and parameter.column in exchange.own
                return numbers[exchange.converted(parameter.column) if exchange and own else parameter.column]
            case _:
                return Exact.of(parameter)

    def bounds(self, column: str) -> tuple[Fraction, Fraction] | None:
        """What a number is proved to lie between; None where the program has none of that name."""
        number = self.program.numbers.get(column)
        return None if number is None else number.bounds


@dataclass(frozen=True, slots=True)
class Slot:
    """A formula of a plan that is worked out for each payee."""

    at: KeyPath
    what: str
    formula: Formula
    of: SubjectKind
    column: str
    """Where the numbers stand that it is worked out with."""
    when: str = ""
    """The part of the period whose results it reads; empty where it is the whole."""


def slots(plan: ResolvedPlan) -> Iterator[Slot]:
    """Every formula of a plan, in the order in which it counts."""
    own = {"who": plan.who, "eligible": plan.eligible, "target_pay": plan.target_pay, "payout": plan.payout}
    for name, formula in own.items():
        if formula is not None:
            column = PAYS if name == "payout" else name
            yield Slot((*plan.at, name), f"`{name}`", formula, "payee", column)
    for node in nodes_under(plan.root):
        if isinstance(node, MeasureNode):
            yield from _across(node)
        for number, modifier in enumerate(node.steps.modifiers):
            at: KeyPath = (*node.at, "modifiers", number, modifier.key)
            what = f"modifier {number + 1} of `{node.path}`"
            yield Slot(at, what, modifier.formula, modifier.of, f"{node.path}.modifier_{number + 1}")
        for number, gate in enumerate(node.steps.gates):
            at, what = (*node.at, "gates", number, "when"), f"gate {number + 1} of `{node.path}`"
            yield Slot(at, what, gate.when, gate.of, f"{node.path}.gate_{number + 1}")


def _across(node: MeasureNode) -> Iterator[Slot]:
    """The second numbers of the measure's curves."""
    for way, part, column in rate_columns(node):
        if way.curve.across is not None:
            at, what = ("curves", way.curve_name, "across"), f"`across` of `{way.curve_name}` for `{node.path}`"
            yield Slot(at, what, way.curve.across, node.of, f"{column}.across", part)


def rate_columns(node: MeasureNode) -> Iterator[tuple[PathNode, str, str]]:
    """Every way of a measure with the column of its rate, for each part of the period that is averaged."""
    for part in (each.name for each in node.parts) if node.parts else ("",):
        for way in node.paths:
            yield way, part, ".".join(filter(None, (node.path, part, way.name, "rate")))


def same_slots(slot: Slot, outcome: Outcome) -> Iterator[Slot]:
    """The formula as it is worked out for an example, whose period may have other parts."""
    return (each for each in slots(outcome.plan) if (each.at, each.what) == (slot.at, slot.what))


def same_measure(node: MeasureNode, outcome: Outcome) -> MeasureNode:
    """The measure as it is in the period of an example."""
    return next(each for each in outcome.plan.measures() if each.path == node.path)
