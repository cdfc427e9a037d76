"""`export`: an approved run to payroll."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentive_engine.cli.door import say
from incentive_engine.cli.options import BY, RUN_FOLDER
from incentive_engine.cli.showing import MOST, counts, show_table

if TYPE_CHECKING:
    from incentive_engine.ledger.payroll.exporting import Exported


@click.command(short_help="Write an approved run for payroll, once.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write, or the folder where payroll.yaml asks for one by legal entity; it must be new.",
)
@click.option("--delta", is_flag=True, help="Only what is due beyond what was paid for the period.")
@click.option("--copy", "again", is_flag=True, help="The same file once more; nothing is paid.")
@BY
def export(folder: Path, out: Path, delta: bool, again: bool, by: str | None) -> None:
    """Write an approved RUN for payroll, as payroll.yaml says, with control totals beside; then it is paid.

    A run is paid once. Another run of the same period needs --delta, which exports the differences only. An export
    that was interrupted is completed by the same command.
    """
    if delta and again:
        raise click.UsageError("--delta pays and --copy does not: give one of them.")
    from incentive_engine.ledger.actors import Actor
    from incentive_engine.ledger.payroll.exporting import copy, export
    from incentive_engine.ledger.project import Project

    actor, project = Actor.declared(by), Project.of(folder)
    if again:
        done = copy(project, folder, out, actor)
        say(f"A copy by {actor}: nothing is paid.\n")
    else:
        done = export(project, folder, out, actor, delta=delta)
        say(f"Exported by {actor}.\n")
    _show(done, out)


def _show(done: Exported, out: Path) -> None:
    from incentive_engine.ledger.payroll.control import in_each_currency, totals

    found = totals(done.parcel.all_lines)
    rows = [
        [each.legal_entity or "–", each.currency, each.pay_code, f"{each.lines:,}", f"{each.amount:,}"]
        for each in found
    ]
    show_table([["legal entity", "currency", "pay code", "lines", "amount"], *rows], "<<<>>")
    say("")
    files = zip(done.parcel.files, done.parcel.fingerprints, strict=True)
    show_table([["file", "SHA-256"], *files], "<<")
    where = "in it" if out.is_dir() else "beside it"
    say(f"\n{out} holds {counts(len(done.parcel.all_lines), 'line')}; the control totals are {where}.")
    below = [line for line in done.parcel.all_lines if line.amount < 0]
    if below:
        taken = ", ".join(f"{each.amount:,} {each.currency}" for each in in_each_currency(below))
        say(f"{counts(len(below), 'line')} below zero: {taken} in all.")
    if done.without_line:
        have = "has" if done.without_line == 1 else "have"
        say(f"{counts(done.without_line, 'payee')} with nothing to be paid {have} no line.")
    if done.kept:
        say(f"\n{counts(len(done.kept), 'payee')} paid before and not paid by this run: nothing is taken back.")
        say(f"  {_some(done.kept)}")
    if done.left_open:
        say(f"\n{counts(done.left_open, 'correction line')} booked into this period since the run: not in it.")


def _some(payees: Sequence[str]) -> str:
    more = f" … and {len(payees) - MOST} more" if len(payees) > MOST else ""
    return ", ".join(payees[:MOST]) + more
