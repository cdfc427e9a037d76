"""Which ways a plan can go: both of every IF, every way of a measure, every item that can decide a group."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import partial

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.compiler.measures import PATH
from incentive_engine.compiler.pay import SCORE
from incentive_engine.engine.outcomes import Outcome
from incentive_engine.formulas.tree import Call, walk
from incentive_engine.formulas.working import Curves, Value, branches
from incentive_engine.rulesets.resolving import ROOT, GroupNode, MeasureNode, nodes_under
from incentive_engine.simulation.plan_tests.places import PAYS, Compiled, Place, Slot, same_measure, same_slots, slots

_CALL = re.compile(r"\.([A-Za-z][A-Za-z0-9_]*)_\d+\.at$")
_BEFORE_PAY = ("who", "eligible")


def ways_to_go(compiled: Compiled) -> Iterator[Place]:
    """The branches of a plan."""
    for slot in slots(compiled.plan):
        for node, _ in walk(slot.formula.tree):
            if isinstance(node, Call) and node.function == "IF":
                for wanted, what in ((True, "holds"), (False, "does not hold")):
                    told = f"`{_condition(slot.formula.text, node)}` in {slot.what} where it {what}"
                    reached = partial(_taken, slot, node.offset, wanted)
                    yield compiled.place("T05-branch", slot.at, told, reached, node.offset)
    for each in nodes_under(compiled.plan.root):
        if isinstance(each, MeasureNode):
            for number, way in enumerate(each.paths if len(each.paths) > 1 else ()):
                told = f"`{each.path}` paid by `{way.name}`"
                yield compiled.place("T05-branch", way.at, told, partial(_went, each, number))
        elif each.combine.name in ("min", "max"):
            word = "lowest" if each.combine.name == "min" else "highest"
            for item in each.items:
                told = f"`{item.path}` as the {word} of `{each.path}`"
                yield compiled.place("T05-branch", item.at, told, partial(_decides, each, item.path))


def _taken(slot: Slot, offset: int, wanted: bool, outcome: Outcome) -> bool:
    if not outcome.paid and slot.column not in _BEFORE_PAY:
        return False
    worked = (
        branches(slot.formula, values(each, outcome), _called(each, outcome)) for each in same_slots(slot, outcome)
    )
    return any(taken.get(offset) is wanted for taken in worked)


def _went(node: MeasureNode, number: int, outcome: Outcome) -> bool:
    parts = same_measure(node, outcome).parts
    columns = [f"{node.path}.{part.name}.{PATH}" for part in parts] or [f"{node.path}.{PATH}"]
    return outcome.paid and any(outcome.frame[column].item() == number for column in columns)


def _decides(group: GroupNode, path: str, outcome: Outcome) -> bool:
    """Whether an item is the first of those with the score that the group takes."""
    scores = outcome.scores()
    there = {item.path: score for item in group.items if (score := scores[item.path]) is not None}
    if not outcome.paid or path not in there:
        return False
    best = (min if group.combine.name == "min" else max)(there.values())
    return next(item for item, score in there.items() if score == best) == path


def values(slot: Slot, outcome: Outcome) -> dict[str, Value]:
    """What every name of a formula stands for, for the payee of an example."""
    return {name: _value(slot, outcome, name) for name in slot.formula.names}


def _value(slot: Slot, outcome: Outcome, name: str) -> Value:
    period, exchange = outcome.plan.period, outcome.plan.exchange
    scores = outcome.scores()
    match name:
        case "period_days":
            return Fraction(period.days)
        case "period_start" | "period_end":
            return period.start if name == "period_start" else period.end
    if slot.column == PAYS and (node := ROOT if name == SCORE else name) in scores:
        return scores[node]
    own = exchange is not None and name in exchange.own
    for column in (ResultKey(name, slot.of, slot.when).column, exchange.converted(name) if exchange and own else name):
        if column in outcome.program.numbers:
            return outcome.number(column)
    return _of_workforce(outcome, name)


def _of_workforce(outcome: Outcome, name: str) -> Value:
    """A column of the workforce that only `who` and `eligible` may read."""
    if name == "days_employed":
        hired, left = (outcome.frame[each].item() for each in ("hired", "left"))
        last = min(left or outcome.plan.period.end, outcome.plan.period.end)
        return None if hired is None else Fraction((last - hired).days + 1)
    value = outcome.frame[name].item() if name in outcome.frame.columns else None
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value, 10 ** outcome.scales[name].places)
    assert value is None or isinstance(value, str | bool | dt.date), "columns hold numbers, texts, dates and truths"
    return value


def _called(slot: Slot, outcome: Outcome) -> Curves:
    """What the curves gave that a formula calls."""
    rates: dict[tuple[str, Fraction], Fraction] = {}
    for column in outcome.program.numbers:
        found = _CALL.search(column)
        if found and column[: found.start()] == slot.column:
            at, rate = outcome.number(column), outcome.number(column.removesuffix(".at"))
            if at is not None and rate is not None:
                rates[found[1], at] = rate
    return rates


def _condition(text: str, call: Call) -> str:
    """The condition of an IF, as it is written."""
    start = text.index("(", call.offset) + 1
    depth, quoted = 0, False
    for at in range(start, len(text)):
        quoted ^= text[at] == '"'
        depth += 0 if quoted else {"(": 1, ")": -1}.get(text[at], 0)
        if text[at] == "," and not depth and not quoted:
            return text[start:at].strip()
    return text[start:].strip()
