"""`test`: do the examples of a rule set show all that its plans can do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentive_engine.cli.checking import show_waived
from incentive_engine.cli.door import INPUT_PROBLEMS, say, tell
from incentive_engine.cli.showing import counts, show_table

if TYPE_CHECKING:
    from incentive_engine.rulesets.loading import Rules
    from incentive_engine.simulation.plan_tests.coverage import Coverage

_HEADS = {
    "T01-tier": "tiers", "T02-gate": "gates", "T03-modifier": "modifiers", "T04-limit": "limits",
    "T05-branch": "branches", "T06-missing": "missing", "T07-people": "people",
}  # fmt: skip


@click.command(short_help="Find what no example of a rule set shows.")
@click.argument("rules", type=click.Path(path_type=Path))
@click.option("--suggest", is_flag=True, help="Print examples around every boundary and for holes, to check and paste.")
@click.pass_context
def test(ctx: click.Context, rules: Path, suggest: bool) -> None:
    """Run the examples of the rule set RULES, and tell what of its plans no example shows.

    A hole is a tier, a gate, a floor or cap, a branch of IF, a missing result, or somebody left out, that no example
    reaches. It ends with 1 where there is one, or where an example gives another result.

    With --suggest, print examples as YAML: just below, at and just above each point of a curve, and for each hole that
    one change of a payee fills. They say what the engine gives, not what is right: work each out by hand first.
    """
    from incentive_engine import check
    from incentive_engine.ledger.clock import now
    from incentive_engine.rulesets.loading import load
    from incentive_engine.simulation.plan_tests.coverage import PlanTests, holes

    loaded = load(rules)
    if suggest:
        _suggest(loaded)
        return
    coverage = PlanTests(loaded).coverage()
    wrong = [problem for problem in check(loaded) if problem.level == "error"]
    found = holes(loaded, coverage, now().date())
    _show(coverage)
    show_waived(found.waived)
    tell([*wrong, *found.problems])
    examples, places = counts(len(loaded.ruleset.examples), "example"), counts(len(coverage.places), "place")
    open_holes = len(coverage.holes) - len(found.waived)
    told = counts(open_holes, "hole") if open_holes else "no hole"
    waived = f", {len(found.waived)} waived" if found.waived else ""
    say(f"{rules}: {examples}, {len(coverage.reached)} of {places} shown, {told}{waived}")
    if wrong or open_holes:
        ctx.exit(INPUT_PROBLEMS)


def _suggest(rules: Rules) -> None:
    """Prints examples to be checked, and on stderr what they do not show either."""
    from incentive_engine.simulation.plan_tests.coverage import PlanTests
    from incentive_engine.simulation.plan_tests.pasting import pasted
    from incentive_engine.simulation.plan_tests.suggesting import Suggestions

    suggestions = Suggestions(PlanTests(rules))
    say(f"  # {counts(len(suggestions.outcomes), 'example')} with what the engine gives: work each out by hand first.")
    for outcome in suggestions.outcomes:
        say(pasted(outcome))
    for hole in suggestions.holes:
        say(f"no suggestion shows {hole.told}", sys.stderr)


def _show(coverage: Coverage) -> None:
    """Prints how many places of each kind are shown, plan by plan."""
    rows = [["plan", *_HEADS.values()]]
    for plan in dict.fromkeys(place.plan for place in coverage.places):
        cells = []
        for asked in _HEADS:
            numbers = [n for n, each in enumerate(coverage.places) if each.plan == plan and each.asked == asked]
            shown = sum(number in coverage.reached for number in numbers)
            cells.append(f"{shown}/{len(numbers)}" if numbers else "–")
        rows.append([plan, *cells])
    show_table(rows, "<" + ">" * len(_HEADS))
