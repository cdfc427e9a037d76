"""`pack`: everything about one person's pay in one file."""

from __future__ import annotations

from pathlib import Path

import click

from incentive_engine.cli.door import say
from incentive_engine.cli.options import INDEX_LANGUAGE, RUN_FOLDER


@click.command(short_help="Put everything about one person's pay into one file.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@click.option("--payee", metavar="ID", required=True, help="Whose.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The .zip file to write, or a folder.")
@click.option("--previous", metavar="RUN", type=RUN_FOLDER, help="A run of an earlier period, to compare with.")
@click.option("--pdf", is_flag=True, help="With the statement as a PDF, too; needs the extra `pdf`.")
@click.option(
    "--templates",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Your own templates, words, fonts and brand.yaml; what is not there is the engine's own.",
)
@INDEX_LANGUAGE
def pack(
    folder: Path, payee: str, out: Path, previous: Path | None, pdf: bool, templates: Path | None, language: str
) -> None:
    """Put the data that was read, the rules, the result and the statement of one person into one file.

    RUN is the folder that `incentive run` wrote. Nobody else is in it: rows of colleagues are left out, and so is what
    says who a customer is.
    """
    from incentive_engine.statements import read_design
    from incentive_engine.statements.languages import Languages
    from incentive_engine.statements.ordering import Order
    from incentive_engine.statements.packing import write_pack

    design = read_design(templates, None)
    order = Order(folder, Languages(language, design.words), (payee,), previous, design, pdf)
    count = write_pack(order, out)
    say(f"{count:,} files about {payee} in {out}")
