"""What numbered rules say of rules before and after a change: which it would break, and which it mends."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from incentive_engine.mistakes import KeyPath
from incentive_engine.rulesets.linting import lint
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.plan_rules import PLAN_RULES
from incentive_engine.simulation.difference.rule_words import named
from incentive_engine.simulation.reports.paper import Said, Section, Table

State = Literal["kept", "broken", "waived"]
_Places = dict[tuple[str, KeyPath], State]


@dataclass(frozen=True, slots=True)
class Turned:
    """A numbered rule that is kept on one side only, or waived on one side only, at one place."""

    code: str
    at: KeyPath
    before: State
    after: State


def turned(before: Rules, after: Rules, day: dt.date) -> tuple[Turned, ...]:
    """The rules that a change breaks or mends, and where, in the order of their numbers; waivers as on a day."""
    sides = [_places(rules, day) for rules in (before, after)]
    found = [
        Turned(code, at, sides[0].get((code, at), "kept"), sides[1].get((code, at), "kept"))
        for code, at in dict.fromkeys([*sides[0], *sides[1]])
    ]
    order = [rule.code for rule in PLAN_RULES]
    return tuple(sorted((each for each in found if each.before != each.after), key=lambda each: order.index(each.code)))


def _places(rules: Rules, day: dt.date) -> _Places:
    found = lint(rules.linted, day)
    broken: _Places = {(each.problem.code, each.at): "broken" for each in found.broken}
    waived: _Places = {(each.problem.code, each.at): "waived" for each in found.waived}
    return broken | waived


def soundness_section(before: Rules, after: Rules, day: dt.date) -> Section:
    """The rules that a change breaks or mends, as a table; a sentence where there are none."""
    found = turned(before, after, day)
    if not found:
        return Section("soundness", said=(Said("nothing_turned"),))
    rows = tuple(
        (
            each.code,
            Said(f"sound_{each.code[:3].lower()}"),
            named(each.at, (before if each.after == "kept" else after).ruleset),
            Said(f"rule_{each.before}"),
            Said(f"rule_{each.after}"),
        )
        for each in found
    )
    columns = ("numbered_rule", "meaning", "path", "before", "after")
    return Section("soundness", tables=(Table("soundness", columns, rows),))
