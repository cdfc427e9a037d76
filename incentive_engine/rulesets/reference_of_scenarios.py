"""The keys of scenarios, as the reference of the rule language lists them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from incentive_engine.rulesets.reference_of_parts import heading, in_order, section
from incentive_engine.rulesets.scenario import Scenario
from incentive_engine.rulesets.schema import json_schema
from incentive_engine.shipped import rules_dir, scenarios_dir

_HEAD: Final = """## Scenarios

A scenario is a file of its own beside the rule set, which stays untouched: `incentive simulate` tells what it would do
to everybody's pay, and `incentive schema scenario` prints its keys for an editor.

- A path names a value of the rule set: keys with dots between, `plans.adviser.scorecard.customer.weight`. A key that
  has a dot stands in quotes. What a list holds is named by its number, from 1 on: `plans.adviser.gates.1.withhold`.
- Beside a weight that changes, those that the scenario does not name share what it leaves, in proportion to what they
  weigh; where that has no end in decimals, the numbers to write are proposed.
- What is added stands at the end of its mapping or list. The examples of the rule set were worked out without the
  scenario, and are left out.
- A rule set is checked with the changes as any other: what cannot be paid by cannot be simulated.
"""


def scenario_keys() -> Iterator[str]:
    """How scenarios are written, each part with its keys, and one that comes with the engine."""
    schema = json_schema(Scenario)
    yield _HEAD
    yield _keys("Scenario", schema)
    for name in in_order(schema):
        yield _keys(heading(name, schema["$defs"][name]), schema["$defs"][name])
    yield from _example()


def _keys(name: str, definition: dict[str, object]) -> str:
    return "#" + section(name, definition)


def _example() -> Iterator[str]:
    path = scenarios_dir() / "starter" / "next-year.yaml"
    text = path.read_text(encoding="utf-8").rstrip()
    yield f"For example, `{path.relative_to(rules_dir()).as_posix()}`:\n\n```yaml\n{text}\n```\n"
