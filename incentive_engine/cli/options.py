"""Arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

RUN_FOLDER: Final = click.Path(path_type=Path, file_okay=False)
LANGUAGE: Final = click.option(
    "--language", type=click.Choice(["en", "fr"]), default="en", show_default=True, help="The language of the words."
)
INDEX_LANGUAGE: Final = click.option(
    "--language",
    metavar="CODE",
    default="en",
    show_default=True,
    help="The language of the index, and of whoever names none: en, fr, or one of your templates' words.",
)
BY: Final = click.option("--by", metavar="NAME", help="Who you are; the operating-system user unless said.")
BECAUSE: Final = click.option("--because", metavar="TEXT", required=True, help="Why, for whoever asks later.")
