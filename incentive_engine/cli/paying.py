"""`run` and `explain`: the payout, and how one person's came about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentive_engine.cli.door import refuse, say, typed
from incentive_engine.cli.options import BY, LANGUAGE, RUN_FOLDER
from incentive_engine.cli.progress import steps_shown
from incentive_engine.cli.showing import show_next, show_run

if TYPE_CHECKING:
    import datetime as dt

    from incentive_engine.rulesets.loading import Rules


@click.command(short_help="Pay a workforce for one period.")
@click.argument("rules", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The folder with workforce and facts.")
@click.option("--period", required=True, help="2026, 2026-H1, 2026-Q3 or 2026-07.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write; it must be new.")
@click.option(
    "--format",
    "also",
    type=click.Choice(["csv", "xlsx"]),
    multiple=True,
    help="Write the tables for a spreadsheet as well.",
)
@click.option("--as-of", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]), help="Read only what was recorded by then.")
@click.option("--preview", is_flag=True, help="The period is not over: show what it gives so far, and decide nothing.")
@BY
def run(
    rules: Path,
    data: Path,
    period: str,
    out: Path,
    also: tuple[str, ...],
    as_of: dt.datetime | None,
    preview: bool,
    by: str | None,
) -> None:
    """Pay a workforce for one period by the rule set RULES, and write all about it into a folder.

    Rows and people that cannot be used are held, with the reason; everyone else is paid. Inside a project, the run is a
    draft of whoever --by names. A preview is nobody's draft: it is never approved, and every statement of it says so.
    """
    from incentive_engine.engine.run import run
    from incentive_engine.engine.running import Timings
    from incentive_engine.ledger.policy import home
    from incentive_engine.rulesets.loading import load

    day = None if as_of is None else as_of.date()
    loaded = load(rules)
    if home(out) is not None and not preview:
        _draft(loaded, data, period, out, also, day, by)
        return
    if by is not None:
        message = "a preview is nobody's draft" if preview else f"`{out}` is in no project: nobody keeps who made it"
        refuse("no-project", message, "leave `--by` out")
    with steps_shown() as step:
        done = run(loaded, data, period, out, Timings(on_step=step), also, day, preview=preview)
    show_run(done, out)
    if preview:
        say(f"\nA preview: data up to {done.summary['preview']['until'] or 'an unknown day'}; nothing is decided.")
    show_next(done, out)


def _draft(
    rules: Rules, data: Path, period: str, out: Path, also: tuple[str, ...], as_of: dt.date | None, by: str | None
) -> None:
    from incentive_engine.engine.running import Timings
    from incentive_engine.ledger.actors import Actor
    from incentive_engine.ledger.project import Project
    from incentive_engine.ledger.running import run_in

    project, actor = Project.of(out), Actor.declared(by)
    with steps_shown() as step:
        done = run_in(project, rules, data, period, out, actor, Timings(on_step=step), also, as_of)
    show_run(done, out)
    show_next(done, out)
    say(f"\nIt is a draft, made by {actor}. What to look at before somebody approves it:")
    say(f"  {typed('review', out, '--by', actor.name)}")


@click.command(short_help="Show every step of one person's pay.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@click.option("--payee", required=True, help="Whose pay.")
@LANGUAGE
def explain(folder: Path, payee: str, language: str) -> None:
    """Show every step of one person's pay, each with the line of the rules behind it.

    RUN is the folder that `incentive run` wrote. Numbers are printed as they were used: a pocket calculator finds the
    same.
    """
    from incentive_engine.cli.explained import lines
    from incentive_engine.engine.explanation import explain

    for line in lines(explain(folder, payee, "fr" if language == "fr" else "en")):
        say(line)
