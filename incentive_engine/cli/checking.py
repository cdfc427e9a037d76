"""`check` and `schema`: is the rule set right, and what may stand in one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentive_engine.cli.door import INPUT_PROBLEMS, say, tell
from incentive_engine.cli.showing import counts, show_rows_held

if TYPE_CHECKING:
    from incentive_engine.rulesets.linting import Waived
    from incentive_engine.rulesets.loading import Rules


@click.command(short_help="Find what is wrong with a rule set.")
@click.argument("rules", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Look at the files in this data folder as well.")
@click.pass_context
def check(ctx: click.Context, rules: Path, data: Path | None) -> None:
    """Tell everything that is wrong with the rule set RULES, and run its examples. Nobody is paid.

    Numbered rules tell what can be paid and is unwise: rules/README.md explains each, and how to waive it.

    With --data, tell what is wrong with the files as well, and which rows would be held.
    """
    from incentive_engine import check
    from incentive_engine.ledger.clock import now
    from incentive_engine.rulesets.linting import lint
    from incentive_engine.rulesets.loading import load

    loaded = load(rules)
    linted = lint(loaded.linted, now().date())
    found = [*loaded.warnings, *linted.problems, *check(loaded)]
    tell(found)
    errors = sum(problem.level == "error" for problem in found)
    say(f"{rules}: {_checked(loaded)}: {_told(errors, len(found) - errors, len(linted.waived))}")
    show_waived(linted.waived)
    if data is not None:
        _check_data(loaded, data)
    if errors:
        ctx.exit(INPUT_PROBLEMS)


def _checked(rules: Rules) -> str:
    ruleset = rules.ruleset
    parts = [(len(ruleset.plans), "plan"), (len(ruleset.kpis), "KPI"), (len(ruleset.examples), "example")]
    return ", ".join(counts(number, noun) for number, noun in parts)


def _told(errors: int, warnings: int, waived: int) -> str:
    parts = [counts(number, noun) for number, noun in ((errors, "error"), (warnings, "warning")) if number]
    return ", ".join(parts or ["no problems"]) + (f", {waived} waived" if waived else "")


def show_waived(waived: Sequence[Waived]) -> None:
    """Prints the numbered rules that are broken on purpose, each with the reason."""
    for each in waived:
        waiver, reasons = each.waiver, each.waiver.because
        until = f", until {waiver.until}" if waiver.until else ""
        say(f"{each.problem.location}: waived[{each.problem.code}]: {each.problem.message}")
        say(f"  because: {reasons.get('en') or next(iter(reasons.values()))} ({waiver.by}{until})")


def _check_data(rules: Rules, data: Path) -> None:
    from incentive_engine.engine.running import accept_for

    accepted = accept_for(rules, data)
    delivered = [table for table in accepted.tables.values() if table.delivered]
    rows = sum(table.frame.height for table in delivered)
    held = counts(accepted.held.height, "row") if accepted.held.height else "no row"
    say(f"{data}: {counts(len(delivered), 'table')}, {counts(rows, 'row')} accepted, {held} held")
    show_rows_held(accepted.held)


@click.command(short_help="Print the JSON Schema of rules, for editors.")
@click.argument("of", type=click.Choice(["rules", "scenario"]), default="rules")
def schema(of: str) -> None:
    """Print the JSON Schema of rule sets, or of scenarios. An editor that knows it completes and checks what you write.

    Save it beside your rules (`incentive schema > rules.schema.json`), and begin the rule set with
    `# yaml-language-server: $schema=rules.schema.json`.
    """
    import json

    from incentive_engine.rulesets.models import RuleSet
    from incentive_engine.rulesets.scenario import Scenario
    from incentive_engine.rulesets.schema import json_schema

    made = json_schema(RuleSet if of == "rules" else Scenario)
    say(json.dumps(made, indent=2))  # ASCII: a shell may write it in any encoding
