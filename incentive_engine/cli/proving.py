"""`verify-statement`: whether pages of statements are right, from the pages alone."""

from __future__ import annotations

from pathlib import Path

import click

from incentive_engine.cli.door import say


@click.command("verify-statement", short_help="Work statements out again from their pages alone.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--templates",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="The templates that the pages were written with, where these add a language.",
)
def verify_statement(files: tuple[Path, ...], templates: Path | None) -> None:
    """Work the lines and the total of statements out again, from nothing but their pages.

    FILE is the .html page of a statement. Neither the run nor the rules are read. Every line whose arithmetic does not
    come out is named, and every line that shows something else than the data inside the page.
    """
    from incentive_engine.errors import InputProblems
    from incentive_engine.statements.languages import Languages
    from incentive_engine.statements.verifying import verify_page

    languages = Languages(added=None if templates is None else templates / "words")
    wrong: list[InputProblems] = []
    for path in files:
        try:
            found = verify_page(path, languages)
        except InputProblems as problems:
            wrong.append(problems)
            continue
        given = f", {found.given} given" if found.given else ""
        lines = f"all right; {found.lines} lines worked out again{given}"
        say(f"{path}: {found.reference}: {lines if found.lines else 'there is no line on it to work out again'}")
    if wrong:
        raise InputProblems(problem for problems in wrong for problem in problems.problems)
