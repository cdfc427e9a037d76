"""`statements`: what each person reads."""

from __future__ import annotations

from pathlib import Path

import click

from incentive_engine.cli.door import say
from incentive_engine.cli.options import LANGUAGE, RUN_FOLDER
from incentive_engine.cli.progress import counted


@click.command(short_help="Write everyone's statement.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write the pages into.")
@LANGUAGE
def statements(folder: Path, out: Path, language: str) -> None:
    """Write one page for each person of a run: what was paid, and how customers brought it about.

    RUN is the folder that `incentive run` wrote. Each person reads their own language; --language is that of the index.
    """
    from incentive_engine.statements import write_statements

    with counted("writing statements") as (tick, _):
        count = write_statements(folder, out, tick, language=language)
    say(f"{count:,} statements in {out}; index.html lists them")
