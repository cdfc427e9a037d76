"""Waivers: they name rules that exist."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.errors import Problem
from incentive_engine.rulesets.checked import Checked, tells, unknown
from incentive_engine.rulesets.plan_rules import PLAN_RULES
from incentive_engine.rulesets.tested import TESTED
from incentive_engine.rulesets.waivers import Waiver


@tells("unknown-rule", about=(Waiver,))
def waivers_are_of_rules(checked: Checked) -> Iterator[Problem]:
    """What is waived is a numbered rule, or what examples are asked to show."""
    known = [*(rule.code for rule in PLAN_RULES), *TESTED]
    for index, waiver in enumerate(checked.rules.waive):
        if waiver.rule not in known:
            yield unknown("rule", waiver.rule, checked.at("waive", index, "rule"), known, "this version")
