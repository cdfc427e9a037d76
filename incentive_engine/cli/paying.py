"""`run` and `explain`: the payout, and how one person's came about."""

from __future__ import annotations

from pathlib import Path

import click

from incentive_engine.cli.showing import language_option, show_run
from incentive_engine.cli.progress import progress


@click.command(short_help="Pay a workforce for one period.")
@click.argument("rules", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The folder with the workforce and facts.")
@click.option("--period", required=True, help="2026, 2026-H1, 2026-Q3 or 2026-07.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write; it must be new.")
@click.option(
    "--format",
    "formats",
    type=click.Choice(["csv", "xlsx"]),
    multiple=True,
    help="Writes the same tables as CSV or Excel too.",
)
def run(rules: Path, data: Path, period: str, out: Path, formats: tuple[str, ...]) -> None:
    """Pays a workforce for one period by the rule set RULES, and writes everything about it into a folder.

    Rows and people that cannot be used are held, with the reason; everyone else is paid.
    """
    from incentive_engine.engine.run import run
    from incentive_engine.rulesets.loading import load

    with progress(10, "reading the rules") as steps:
        done = run(load(rules), data, period, out, steps.timings, formats=formats)
    show_run(done, out)


@click.command(short_help="Show every step of one person's pay.")
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--payee", required=True, help="Whose pay.")
@language_option
def explain(folder: Path, payee: str, language: str) -> None:
    """Shows every step of one person's pay, each with the line of the rules behind it.

    RUN is the folder that `incentive run` wrote. Every number is printed as it was used: a pocket calculator gives
    the same ones.
    """
    from incentive_engine.cli.explained import explained
    from incentive_engine.engine.explanation import explain

    for line in explained(explain(folder, payee, "fr" if language == "fr" else "en")):
        click.echo(line)
