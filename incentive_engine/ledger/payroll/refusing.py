"""What cannot be exported: a run that nobody approved, that was paid, or that was changed after it was sealed."""

from __future__ import annotations

from pathlib import Path

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.chain import chain_of
from incentive_engine.ledger.ledger import Entry, Ledger
from incentive_engine.ledger.manifest import MANIFEST, Manifest, files_in
from incentive_engine.ledger.unchanged import changes


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


def refuse_changed(entry: Entry) -> None:
    """Raises InputProblems with every file that is not what it was when the run was sealed."""
    manifest = Manifest.read(entry.folder)
    if manifest is None:
        message = f"`{entry.name}` has lost its {MANIFEST}"
        raise InputProblems([Problem("missing-file", message, hint="take the folder from a copy kept elsewhere")])
    chain = chain_of(entry.folder, manifest, None)
    problems = [*changes(manifest.files, files_in(entry.folder), "the run was sealed")]
    problems += () if chain is None else chain.problems
    if problems:
        raise InputProblems(problems)


def refuse_inside_runs(ledger: Ledger, out: Path) -> None:
    """Raises InputProblems for a file inside a run's folder: it would break the seal."""
    whole = out.resolve()
    for entry in ledger.entries():
        if whole.is_relative_to(entry.folder):
            message = f"`{out}` is inside the run `{entry.name}`, to which nothing is added"
            raise InputProblems([Problem("inside-run", message, hint="give a file elsewhere")])
