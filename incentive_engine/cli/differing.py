"""`diff`: what two rule sets say otherwise, and what that costs."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import click

from incentive_engine.cli.door import say, tell
from incentive_engine.cli.progress import counted
from incentive_engine.errors import InputProblems

_DIFFERENT: Final = 1
_TROUBLE: Final = 2


@click.command(short_help="Tell what two rule sets say otherwise, and what that costs.")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Work out on this data folder whom each change touches.")
@click.option("--period", help="2026, 2026-H1, 2026-Q3 or 2026-07; with --data.")
@click.option("--format", "shape", type=click.Choice(["text", "markdown"]), default="text", help="What is printed.")
@click.pass_context
def diff(
    ctx: click.Context,
    before: Path,
    after: Path,
    data: Path | None,
    period: str | None,
    shape: Literal["text", "markdown"],
) -> None:
    """Tell what the rule set AFTER says otherwise than BEFORE: by what both mean, not by how they are written.

    With --data, tell how many people each change touches and what it costs. Changes are made one after the other, so
    that their costs add up to the cost of all.

    Exit codes, as of diff(1): 0 both mean the same, 1 they differ, 2 one of them cannot be read or paid.
    """
    if (data is None) != (period is None):
        raise click.UsageError("`--data` and `--period` go together.")
    try:
        same = _print(before, after, data, period, shape)
    except InputProblems as problems:
        tell(problems.problems)
        ctx.exit(_TROUBLE)
    if not same:
        ctx.exit(_DIFFERENT)


def _print(before: Path, after: Path, data: Path | None, period: str | None, shape: str) -> bool:
    """Prints the difference; whether there is none."""
    from incentive_engine.rulesets.loading import load
    from incentive_engine.simulation.difference.diff import as_markdown, as_text, diff, diff_paid

    old, new = load(before), load(after)
    if data is None or period is None:
        found = diff(old, new)
    else:
        with counted("paying by each change") as (tick, _):
            found = diff_paid(old, new, data, period, tick)
    if shape == "markdown":
        say(as_markdown(found))
    else:
        for line in as_text(found):
            say(line)
    return found.same
