"""Are the files of a run, or of a correction, what they were when it was sealed, booked or purged?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from incentive_engine.engine.folder import RUN_FILE
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.chain import Chain, chain_of, is_booked
from incentive_engine.ledger.corrections.settling import RUN_OF_CORRECTION
from incentive_engine.ledger.corrections.writing import Correction
from incentive_engine.ledger.manifest import MANIFEST, TIMINGS, File, Manifest, file_of, files_in
from incentive_engine.ledger.purged import PURGED_FILE, Purged

COPY: Final = "take the folder from a copy kept elsewhere"


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder held against its seal and the ledger. `booked`: of a correction, whether the ledger has its lines."""

    files: Mapping[str, File]
    manifest: Manifest | None
    chain: Chain | None
    purged: Purged | None
    problems: tuple[Problem, ...]
    booked: bool | None = None


def refuse_changed(folder: Path) -> Manifest:
    """The seal of a run, none of whose files was changed; figures are not worked out again.

    Raises InputProblems for a run that is not sealed, or not any more what was sealed, or purged.
    """
    found = kept(folder)
    if found.problems:
        raise InputProblems(found.problems)
    if found.purged is not None:
        message = f"the personal rows of `{folder}` were removed on {found.purged.at[:10]}"
        raise InputProblems([Problem("purged", message, hint="nothing can be paid or corrected from it any more")])
    if found.manifest is None:
        hint = "a run is sealed when it is approved: `incentive approve RUN`"
        raise InputProblems([Problem("not-sealed", f"`{folder}` is not sealed", hint=hint)])
    return found.manifest


def kept(folder: Path) -> Kept:
    """A run folder held against its seal and the ledger."""
    _refuse_no_run(folder)
    manifest, purged, files = Manifest.read(folder), Purged.read(folder), files_in(folder)
    if manifest is not None and (folder / TIMINGS).exists():
        files |= {TIMINGS: file_of(folder / TIMINGS)}
    chain = chain_of(folder, manifest, purged)
    problems = [] if chain is None else list(chain.problems)
    if purged is not None:
        problems += _not_purged(files, purged, manifest)
    elif manifest is not None:
        problems += changes(manifest.files, files, "the run was sealed")
    return Kept(files, manifest, chain, purged, tuple(problems))


def kept_correction(folder: Path) -> Kept:
    """A correction's folder held against what it says of itself and against the ledger; `files`: of the run in it."""
    purged, files = Purged.read(folder), files_in(folder)
    chain, booked = chain_of(folder, None, purged), None
    problems = [] if chain is None else list(chain.problems)
    if purged is not None:
        problems += _not_purged(files, purged, None)
    else:
        try:
            written = Correction.open(folder)
            booked = is_booked(folder, written.fingerprint)
        except InputProblems as found:
            problems += found.problems
    within = f"{RUN_OF_CORRECTION}/"
    of_run = {path.removeprefix(within): file for path, file in files.items() if path.startswith(within)}
    return Kept(of_run, None, chain, purged, tuple(problems), booked)


def _refuse_no_run(folder: Path) -> None:
    """Raises InputProblems where there is no trace of a run in a folder."""
    if not any((folder / name).exists() for name in (RUN_FILE, MANIFEST, "payouts.parquet")):
        hint = "give the folder that `incentive run … --out` wrote"
        raise InputProblems([Problem("not-a-run", f"`{folder}` holds no {RUN_FILE}", hint=hint)])


def changes(before: Mapping[str, File], now: Mapping[str, File], since: str) -> Iterator[Problem]:
    """Every file that was changed, removed, added or renamed."""
    added = {path: file for path, file in now.items() if path not in before}
    for path, file in before.items():
        if path in now:
            if now[path] != file:
                yield Problem("changed-file", f"`{path}` was changed after {since}", hint=COPY)
            continue
        name = next((name for name, other in added.items() if other == file), None)
        if name is None:
            yield Problem("missing-file", f"`{path}` is missing: it was there when {since}", hint=COPY)
        else:
            del added[name]
            yield Problem("renamed-file", f"`{path}` is called `{name}` now: it was renamed after {since}", hint=COPY)
    for path in added:
        yield Problem("added-file", f"`{path}` was not there when {since}", hint="remove it, or keep it elsewhere")


def _not_purged(files: Mapping[str, File], purged: Purged, manifest: Manifest | None) -> Iterator[Problem]:
    """What is left of a purged run, and is not what it was or should be gone."""
    before = purged.files if manifest is None else manifest.files
    yield from changes(before, purged.files, "the run was sealed, and before its personal rows were removed")
    removed = {path: file for path, file in before.items() if path not in purged.kept}
    left = [path for path, file in removed.items() if files.get(path) == file]
    if left:
        message = f"{len(left)} files with personal rows are still there: the purge did not end"
        yield Problem("purge-not-ended", message, hint="run `incentive purge` again")
    there = {path: file for path, file in files.items() if path != PURGED_FILE and path not in left}
    staying = {path: file for path, file in before.items() if path in purged.kept}
    yield from changes(staying, there, "the personal rows were removed")
