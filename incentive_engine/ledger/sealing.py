"""Sealing: the last thing that is written into a run folder, once it is approved."""

from __future__ import annotations

from pathlib import Path

from incentive_engine.engine.folder import RUN_FILE, place
from incentive_engine.engine.run import Run
from incentive_engine.ledger.manifest import MANIFEST, TIMINGS, Manifest, Sealed, files_in


def seal(folder: Path, previous: str | None, number: int) -> Manifest:
    """Writes the manifest of a run folder: the `number`-th seal, after the one whose head is `previous`.

    Sealing again what nobody has recorded as sealed replaces the manifest. The timings go, for what no fingerprint
    covers has no place in a sealed folder. Raises InputProblems for a folder that holds no whole run.
    """
    summary = Run.open(folder).summary
    (folder / TIMINGS).unlink(missing_ok=True)
    files = files_in(folder)
    run = Sealed(rule_set=summary["rule_set"], period=summary["period"], fingerprint=files[RUN_FILE].sha256)
    manifest = Manifest.of(number, run, files, previous)
    place(manifest.text, folder, MANIFEST)
    return manifest
