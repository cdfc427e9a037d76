"""`statements`: what each person reads."""

from __future__ import annotations

from pathlib import Path

import click

from incentive_engine.cli.door import say
from incentive_engine.cli.options import RUN_FOLDER
from incentive_engine.cli.progress import counted


@click.command(short_help="Write everyone's statement.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write the pages into.")
def statements(folder: Path, out: Path) -> None:
    """Write one page for each person of a run: what was paid, and how customers brought it about.

    RUN is the folder that `incentive run` wrote.
    """
    from incentive_engine.statements import write_statements

    with counted("writing statements") as (tick, _):
        count = write_statements(folder, out, tick)
    say(f"{count} statements in {out}")
