"""`review`: the close checklist of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from incentive_engine.cli.door import say, typed
from incentive_engine.cli.options import BY, RUN_FOLDER
from incentive_engine.cli.showing import MOST, show_table

if TYPE_CHECKING:
    from incentive_engine.ledger.review.checklist import Item, Review

_STATES: Final = {"pass": "ok", "fail": "FAILS", "waived": "waived"}


@click.command(short_help="Go through the close checklist of a run.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@click.option("--previous", type=RUN_FOLDER, help="The run to compare with; the last that was approved unless said.")
@click.option("--waive", "items", metavar="ITEM", multiple=True, help="Let an item pass that fails; several.")
@click.option(
    "--because", "reasons", metavar="TEXT", multiple=True, help="Why: one for each `--waive`, in their order."
)
@BY
def review(
    folder: Path, previous: Path | None, items: tuple[str, ...], reasons: tuple[str, ...], by: str | None
) -> None:
    """Go through the close checklist of RUN, and write it into its folder: review.html to read, review.json to keep.

    Whoever waives an item says why; that stands as long as the item finds the same. Exit code 0 whatever is found.
    """
    from incentive_engine.ledger.actors import Actor
    from incentive_engine.ledger.review.reviewing import PAGE, review

    if len(items) != len(reasons) or len(set(items)) != len(items):
        raise click.UsageError("Each `--waive ITEM` needs its own `--because TEXT`, and each item is waived once.")
    actor = Actor.declared(by)
    done = review(folder, actor, previous=previous, waive=dict(zip(items, reasons, strict=True)))
    say(f"{done.title} · {done.period} · {done.rule_set} {done.version}")
    say(f"compared with {done.previous or 'no earlier run'}; reviewed by {actor}\n")
    for item in done.items:
        _show(item)
    counts = ", ".join(
        f"{done.count(state)} {told}" for state, told in (("pass", "pass"), ("fail", "fail"), ("waived", "waived"))
    )
    say(f"\n{len(done.items)} items: {counts}. Read more in {folder / PAGE}")
    _show_next(done)


def _show(item: Item) -> None:
    """Prints one item: its state, what it found, and what it rests on where it fails."""
    say(f"{_STATES[item.state]:6}  {item.name}: {item.found}")
    if item.waived is not None:
        say(f"        let pass by {item.waived.by}: {item.waived.because}")
    if item.state == "fail":
        rows = item.rows.rows[:MOST]
        if rows:
            show_table([item.rows.columns, *rows], item.rows.sides, indent=8)
        if item.rows.count > len(rows):
            say(f"        … and {item.rows.count - len(rows):,} more")
        say(f"        {item.hint}")


def _show_next(done: Review) -> None:
    """Prints what to type next."""
    if done.failed:
        waived = ("--waive", done.failed[0].name, "--because", "REASON")
        say(f"  {typed('review', done.folder, '--by', 'NAME', *waived)}")
    else:
        say("Somebody else than its author may approve it:")
        say(f"  {typed('approve', done.folder, '--by', 'NAME')}")
