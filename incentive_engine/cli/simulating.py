"""`simulate`: what scenarios would do to everybody's pay."""

from __future__ import annotations

from pathlib import Path

import click

from incentive_engine.cli.options import DATA, LANGUAGE, PERIOD, REPORT, RULES
from incentive_engine.cli.progress import counted
from incentive_engine.cli.reports import refuse_unwritable, show_report


@click.command(short_help="Show what scenarios would do to everybody's pay.")
@RULES
@DATA
@PERIOD
@click.option(
    "--scenario",
    "files",
    metavar="FILE",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="A scenario; several are held beside each other.",
)
@click.option(
    "--by", metavar="COLUMN", multiple=True, help="A column of the workforce to group by; department unless said."
)
@click.option(
    "--people",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A table of payee, gender (F or M) and category: how pay falls to women and men.",
)
@REPORT
@LANGUAGE
def simulate(
    rules: Path,
    data: Path,
    period: str,
    files: tuple[Path, ...],
    by: tuple[str, ...],
    people: Path | None,
    out: Path | None,
    language: str,
) -> None:
    """Show what scenarios would do to everybody's pay under the rule set RULES: what they cost, who gains and loses.

    A scenario says what would be otherwise: in the rules, in the results, among the people. It is calculated by the
    engine that pays. Nobody is paid, and nothing is decided.
    """
    from incentive_engine.rulesets.loading import load
    from incentive_engine.simulation.scenarios.scenarios import read_scenarios, study
    from incentive_engine.simulation.scenarios.scenarios_paper import scenarios_report

    refuse_unwritable(out)
    scenarios, loaded = read_scenarios(files), load(rules)
    with counted("paying by the rules") as (tick, describe):
        describe("paying by each scenario")
        found = study(loaded, data, period, scenarios, by, people, tick)
    show_report(scenarios_report(found), loaded.ruleset.currency, language, out)
