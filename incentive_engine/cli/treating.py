"""`fairness`: how variable pay falls to women and men, and whether targets can be reached."""

from __future__ import annotations

from pathlib import Path

import click

from incentive_engine.cli.options import LANGUAGE, REPORT, RUN_FOLDER
from incentive_engine.cli.reports import refuse_unwritable, show_report


@click.command(short_help="Tell how pay falls to women and men.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@click.argument("after", metavar="[AFTER]", type=RUN_FOLDER, required=False)
@click.option("--column", default="gender", show_default=True, help="The column that tells women and men apart.")
@click.option("--women", default="F", show_default=True, help="What it says of women.")
@click.option("--men", default="M", show_default=True, help="What it says of men.")
@click.option("--category", metavar="COLUMN", help="The column with who does the same work, or work of equal value.")
@click.option(
    "--people",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="A table of `payee` and these columns, where the run does not keep them.",
)
@click.option("--past", type=RUN_FOLDER, multiple=True, help="An earlier run, whose results targets are held against.")
@REPORT
@LANGUAGE
def fairness(
    folder: Path,
    after: Path | None,
    column: str,
    women: str,
    men: str,
    category: str | None,
    people: Path | None,
    past: tuple[Path, ...],
    out: Path | None,
    language: str,
) -> None:
    """Tell of RUN how its variable pay falls to women and men, and whether its targets can be reached.

    With AFTER, a run by other rules, before and after. The gaps are those that Directive (EU) 2023/970 asks of
    complementary and variable components. Groups of fewer than five women or men are not shown.
    """
    from incentive_engine.simulation.fairness.fairness import Divided
    from incentive_engine.simulation.fairness.treated import fairness_report

    refuse_unwritable(out)
    runs = [folder] if after is None else [folder, after]
    report, currency = fairness_report(runs, Divided(column, women, men, category), people, past)
    show_report(report, currency, language, out)
