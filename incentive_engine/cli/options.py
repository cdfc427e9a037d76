"""Arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

RUN_FOLDER: Final = click.Path(path_type=Path, file_okay=False)
RULES: Final = click.argument("rules", type=click.Path(path_type=Path))
DATA: Final = click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="The folder with workforce and facts."
)
PERIOD: Final = click.option("--period", required=True, help="2026, 2026-H1, 2026-Q3 or 2026-07.")
REPORT: Final = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="An .html page or .xlsx workbook to write."
)
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
TEMPLATES: Final = click.option(
    "--templates",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Your own templates, words, fonts and brand.yaml; what is not there is the engine's own.",
)
BRAND: Final = click.option(
    "--brand",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Your name, logo, colours and texts; brand.yaml among your templates unless said.",
)
PAGE_LANGUAGE: Final = click.option(
    "--language",
    metavar="CODE",
    default="en",
    show_default=True,
    help="The language of the words: en, fr, or one of your templates' words.",
)
BY: Final = click.option("--by", metavar="NAME", help="Who you are; the operating-system user unless said.")
BECAUSE: Final = click.option("--because", metavar="TEXT", required=True, help="Why, for whoever asks later.")
