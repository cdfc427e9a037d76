"""What cannot be exported: a run that nobody approved, or that was paid, and whose rows are not there any more."""

from __future__ import annotations

from pathlib import Path

from incentive_engine.engine.folder import RUN_FILE
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.ledger import Entry, Ledger, refuse_sealed
from incentive_engine.ledger.manifest import MANIFEST
from incentive_engine.ledger.purged import Purged


def refuse_unless_payable(entry: Entry) -> None:
    """Raises InputProblems for a run that is not approved, or that was exported to the end."""
    if entry.kind == "correction":
        hint = "run the period that its lines are booked into: that run carries them"
        message = f"`{entry.name}` is a correction: its lines are paid with another period"
        raise InputProblems([Problem("is-correction", message, hint=hint)])
    if entry.state == "paid":
        paid = entry.last("exported") or entry.events[-1]
        message = f"`{entry.name}` was paid already: exported by {paid.name} on {paid.at:%Y-%m-%d}"
        raise InputProblems([Problem("already-paid", message, hint="`--copy` writes the same files again")])
    if entry.state not in ("approved", "exporting"):
        hint = "`incentive status` says what comes next"
        message = f"`{entry.name}` is {entry.state}: only an approved run is paid"
        raise InputProblems([Problem("not-approved", message, hint=hint)])


def refuse_purged(entry: Entry) -> None:
    """Raises InputProblems for a run whose personal rows were removed."""
    if Purged.read(entry.folder) is not None:
        message = f"the personal rows of `{entry.name}` were removed: nobody knows any more who was paid what"
        raise InputProblems([Problem("purged", message, hint="the control totals of its export are still there")])


def refuse_forgotten(ledger: Ledger) -> None:
    """Raises InputProblems where there is a sealed run that the ledger does not know: it may be paid already."""
    known = {entry.folder for entry in ledger.entries()}
    for path in sorted(ledger.folder.rglob(MANIFEST)):
        if path.parent not in known and (path.parent / RUN_FILE).is_file():
            refuse_sealed(path.parent)


def refuse_inside_runs(ledger: Ledger, out: Path) -> None:
    """Raises InputProblems for a file inside a run's folder: it would break the seal."""
    whole = out.resolve()
    for entry in ledger.entries():
        if whole.is_relative_to(entry.folder):
            message = f"`{out}` is inside the run `{entry.name}`, to which nothing is added"
            raise InputProblems([Problem("inside-run", message, hint="give a file elsewhere")])
