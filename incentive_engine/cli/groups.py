"""`departments` and `public`: pages about groups of people, for those who are not paid by them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from incentive_engine.cli.door import refuse, say
from incentive_engine.cli.options import BRAND, PAGE_LANGUAGE, RUN_FOLDER, TEMPLATES

_FEWEST: Final = 5
_LEAST: Final = click.option(
    "--at-least",
    "least",
    type=click.IntRange(_FEWEST),
    default=_FEWEST,
    show_default=True,
    help="People that a group needs to be shown.",
)


@click.command(short_help="Write a page per department, for its managers.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write the pages into.")
@click.option("--salaries", is_flag=True, help="Show base salaries of groups, too.")
@_LEAST
@TEMPLATES
@BRAND
@PAGE_LANGUAGE
def departments(
    folder: Path, out: Path, salaries: bool, least: int, templates: Path | None, brand: Path | None, language: str
) -> None:
    """Write a page for the managers of each department: payout against target pay, results of customers, who is held.

    RUN is the folder that `incentive run` wrote. No page says anything of one person: small groups are hidden, with
    others where a difference would give them away, and amounts are rounded.
    """
    from incentive_engine.statements import read_design
    from incentive_engine.statements.departments import Wish
    from incentive_engine.statements.group_pages import write_departments

    design = read_design(templates, brand)
    count = write_departments(folder, out, Wish(salaries, least), language=language, design=design)
    say(f"{count:,} {'department' if count == 1 else 'departments'} in {out}")


@click.command(short_help="Write the page for customers: what their voice counts for.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The .html file to write.")
@click.option(
    "--previous",
    metavar="RUN",
    type=RUN_FOLDER,
    multiple=True,
    help="The run of an earlier period, to show what changed; may be given several times.",
)
@_LEAST
@TEMPLATES
@BRAND
@PAGE_LANGUAGE
def public(
    folder: Path,
    out: Path,
    previous: tuple[Path, ...],
    least: int,
    templates: Path | None,
    brand: Path | None,
    language: str,
) -> None:
    """Write one page for customers: what their voice counts for in pay, and the results of the company.

    RUN is the folder that `incentive run` wrote. The page says nothing of any person.
    """
    from incentive_engine.statements import read_design
    from incentive_engine.statements.group_pages import write_public

    if out.suffix != ".html":
        refuse("unknown-format", f"`{out}` is no .html file", "name the file with this ending")
    design = read_design(templates, brand)
    write_public(folder, out, previous, least=least, language=language, design=design)
    say(str(out))
