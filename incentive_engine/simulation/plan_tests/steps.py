"""What gates, modifiers, floors and caps of a plan can do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from incentive_engine.compiler.nodes import Scored
from incentive_engine.engine.outcomes import Outcome
from incentive_engine.exact import Exact
from incentive_engine.kinds.base import written
from incentive_engine.kinds.modifiers import ModifierKind
from incentive_engine.rulesets.resolving import GroupNode, Node
from incentive_engine.simulation.plan_tests.places import Compiled, Place


def steps(compiled: Compiled) -> Iterator[Place]:
    """Gates, modifiers, floors and caps of every node of a plan."""
    for path, scored in compiled.scored.items():
        node = scored.node
        for number, modifier in enumerate(node.steps.modifiers, start=1):
            changes = partial(_changes, f"{path}.modifier_{number}", modifier)
            told = f"modifier {number} of `{path}` changing the score"
            yield compiled.place("T03-modifier", (*node.at, "modifiers", number - 1, modifier.key), told, changes)
        for number, gate in enumerate(node.steps.gates, start=1):
            at = (*node.at, "gates", number - 1, "when")
            for outcome, what in ((True, "holds"), (False, "does not hold")):
                told = f"gate {number} of `{path}` where `{gate.when}` {what}"
                yield compiled.place("T02-gate", at, told, partial(_met, f"{path}.gate_{number}", outcome))
        yield from _limits(compiled, scored)


def _changes(column: str, modifier: ModifierKind, outcome: Outcome) -> bool:
    return outcome.paid and outcome.number(column) not in (None, 0 if modifier.key == "add" else 1)


def _met(column: str, wanted: bool, outcome: Outcome) -> bool:
    return outcome.paid and outcome.frame[column].item() is wanted


def _limits(compiled: Compiled, scored: Scored) -> Iterator[Place]:
    node = scored.node
    before = _before(compiled, scored)
    for name, parameter in (("floor", node.steps.floor), ("cap", node.steps.cap)):
        if parameter is None:
            continue
        bound = compiled.parameter(parameter)
        (low, high), (least, most) = before.bounds, bound.bounds
        counts = low < most if name == "floor" else high > least
        told = f"`{node.path}` {'below' if name == 'floor' else 'above'} its {name}"
        told += f" of {written(bound.constant, percent=True)}" if bound.constant is not None else ""
        if counts:
            yield compiled.place("T04-limit", (*node.at, name), told, partial(_limited, name, before, bound, True))
            told = f"`{node.path}` within its {name}"
            yield compiled.place("T04-limit", (*node.at, name), told, partial(_limited, name, before, bound, False))
        before = compiled.program.numbers[f"{node.path}.after_{name}"]


def _limited(name: str, before: Exact, bound: Exact, wanted: bool, outcome: Outcome) -> bool:
    score, limit = outcome.value(before), outcome.value(bound)
    if not outcome.paid or score is None or limit is None:
        return False
    return (score < limit if name == "floor" else score > limit) is wanted


def _before(compiled: Compiled, scored: Scored) -> Exact:
    """The score before floor and cap."""
    node, numbers = scored.node, compiled.program.numbers
    for name, made in (("gate", node.steps.gates), ("modifier", node.steps.modifiers)):
        if made:
            return numbers[f"{node.path}.after_{name}_{len(made)}"]
    return _started(node, scored)


def _started(node: Node, scored: Scored) -> Exact:
    """The score before the node's own steps."""
    if isinstance(node, GroupNode):
        return node.combine.combine([item.part for item in scored.items], lambda _, value: value)[0]
    assert scored.taken is not None, "a measure was worked out from something"
    unpaid = scored.taken.answer.came_from("zero")
    return scored.taken.rate if unpaid is None else Exact.choose((unpaid, Exact.of(0)), otherwise=scored.taken.rate)
