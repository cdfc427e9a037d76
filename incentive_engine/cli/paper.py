"""`statements`: what each person reads."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from incentive_engine.cli.door import say
from incentive_engine.cli.options import BRAND, INDEX_LANGUAGE, RUN_FOLDER, TEMPLATES
from incentive_engine.cli.progress import counted


@click.command(short_help="Write everyone's statement.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The folder to write the pages into, or a .zip file."
)
@click.option("--payee", "payees", metavar="ID", multiple=True, help="Only this person's; may be given several times.")
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many processes write side by side; one for each processor unless said.",
)
@click.option(
    "--previous",
    type=RUN_FOLDER,
    metavar="RUN2",
    help="The run of the period before: each page says why its payout differs from that one.",
)
@click.option("--pdf", is_flag=True, help="Write a PDF beside each page; needs the extra `pdf`.")
@TEMPLATES
@BRAND
@INDEX_LANGUAGE
def statements(
    folder: Path,
    out: Path,
    payees: tuple[str, ...],
    processes: int | None,
    previous: Path | None,
    pdf: bool,
    templates: Path | None,
    brand: Path | None,
    language: str,
) -> None:
    """Write one page for each person of a run: what was paid, and how customers brought it about.

    RUN is the folder that `incentive run` wrote. Each person reads their own language, as the column
    `language` of the workforce says; nothing is written where somebody could not read all of it.
    OUT appears when it is complete. Where the command was interrupted, the same command goes on with what it has.
    """
    from incentive_engine.statements import left_behind, read_design, write_statements

    try:
        with counted("writing statements") as (tick, _):
            count = write_statements(
                folder,
                out,
                tick,
                language=language,
                payees=payees,
                processes=processes or os.cpu_count() or 1,
                design=read_design(templates, brand),
                pdf=pdf,
                previous=previous,
            )
    except KeyboardInterrupt:
        if left_behind(out):
            say("\nthe same command goes on with what is written already", sys.stderr)
        raise
    pages = f"{count:,} {'statement' if count == 1 else 'statements'} in {out}"
    say(pages if payees else f"{pages}; index.html lists them")
