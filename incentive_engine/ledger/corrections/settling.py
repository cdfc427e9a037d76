"""What of a closed period is settled: the run that was paid last, or the correction that was booked since."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.ledger import Entry

CORRECTION_FILE: Final = "correction.json"
RUN_OF_CORRECTION: Final = "run"
"""The folder of a correction in which the run stands by what was known then."""


def base_of(entries: Sequence[Entry], rule_set: str, period: str) -> Entry | None:
    """What a correction of a period stands on: what was paid or booked last; None where nothing was."""
    settled = (each for each in entries if (each.rule_set, each.period) == (rule_set, period))
    return max((each for each in settled if each.state in ("paid", "booked")), key=_settled_at, default=None)


def _settled_at(entry: Entry) -> int:
    return next(event.id for event in entry.events if event.state in ("paid", "booked"))


def run_of(entry: Entry) -> Path:
    """The run folder of a run or of a correction."""
    return entry.folder / RUN_OF_CORRECTION if entry.kind == "correction" else entry.folder


def paid_run(entries: Sequence[Entry], folder: Path) -> Entry:
    """The run of a folder that was paid. Raises InputProblems where it was not."""
    whole = folder.resolve()
    found = [each for each in entries if whole in (each.folder, run_of(each)) and each.state != "replaced"]
    if not found:
        hint = "give the folder of a run that was paid; `incentive status` lists them"
        raise InputProblems([Problem("unknown-run", f"the ledger does not know `{folder}`", hint=hint)])
    entry = found[-1]
    if entry.state not in ("paid", "booked"):
        hint = "nothing was paid: run again, and have that run reviewed and approved"
        message = f"`{entry.name}` is {entry.state}: only what was paid is corrected"
        raise InputProblems([Problem("not-paid", message, hint=hint)])
    return entry


def refuse_closed(entries: Sequence[Entry], rule_set: str, into: str) -> None:
    """Raises InputProblems where a period is closed: a run of it was approved, and lines would come too late."""
    closed = [
        each
        for each in entries
        if (each.rule_set, each.period, each.kind) == (rule_set, into, "run")
        and each.state in ("approved", "exporting", "paid")
    ]
    if closed:
        hint = "book into a period of which no run is approved"
        message = f"{into} is closed: `{closed[0].name}` is {closed[0].state}"
        raise InputProblems([Problem("closed-period", message, hint=hint)])
