"""Is a run what it was, and does it follow from its own rules and inputs? Everything is checked that can be.

First the files against the seal, then the seal against the ledger, then every figure against the run worked out again
from its folder alone. What was changed on the way in (rules, inputs) is told and not worked out again: the figures of
others would be blamed for it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from incentive_engine.engine.folder import RUN_FILE
from incentive_engine.engine.run import TABLES, Run, recompute_into
from incentive_engine.engine.running import Timings
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.chain import Chain, chain_of
from incentive_engine.ledger.differing import damaged, differences
from incentive_engine.ledger.manifest import TIMINGS, File, Manifest, file_of, files_in
from incentive_engine.ledger.purged import PURGED_FILE, Purged
from incentive_engine.version import __version__

_STARTS: Final = ("rules/", "inputs/", "corrections.parquet", RUN_FILE)
"""What a run is worked out again from."""
_NOT_FROM_THE_FOLDER: Final = ("engine", "inputs")
"""What `run.json` says that the folder alone cannot: by what, and from which files, it was made."""
_COPY: Final = "take the folder from a copy kept elsewhere"


@dataclass(frozen=True, slots=True)
class Again:
    """A run worked out again. `engine`: what wrote it; `rewritten`: tables of other bytes, but the same values."""

    tables: int
    engine: str
    rewritten: tuple[str, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked, and found to be right. `again`: None for a purged run, which cannot be worked out again."""

    files: int
    manifest: Manifest | None
    chain: Chain | None
    purged: Purged | None
    again: Again | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """A run folder held against its seal and the ledger."""

    files: Mapping[str, File]
    manifest: Manifest | None
    chain: Chain | None
    purged: Purged | None
    problems: tuple[Problem, ...]


def verify(folder: Path, timings: Timings | None = None, head: str | None = None) -> Verified:
    """Checks a run folder in every way that there is; `head`: that of its seal, as it was kept elsewhere.

    Raises InputProblems with everything that was changed since, by file, row and figure.
    """
    timings = timings or Timings()
    with timings.step("hash"):
        kept = _kept(folder)
    problems, again = [*kept.problems, *_other_head(kept.manifest, head)], None
    if kept.purged is None and not _spoilt(kept):
        try:
            _refuse_damaged(folder, kept)
            again = _worked_out_again(folder, kept.files, timings)
            problems += again.problems
        except InputProblems as found:
            problems += found.problems
    if problems:
        raise InputProblems(problems)
    return Verified(len(kept.files), kept.manifest, kept.chain, kept.purged, again)


def refuse_changed(folder: Path) -> Manifest:
    """The seal of a run, none of whose files was changed; figures are not worked out again.

    Raises InputProblems for a run that is not sealed, or not any more what was sealed.
    """
    kept = _kept(folder)
    if kept.problems:
        raise InputProblems(kept.problems)
    if kept.manifest is None:
        hint = "a run is sealed when it is approved: `incentive approve RUN`"
        raise InputProblems([Problem("not-sealed", f"`{folder}` is not sealed", hint=hint)])
    return kept.manifest


def _kept(folder: Path) -> _Kept:
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
    return _Kept(files, manifest, chain, purged, tuple(problems))


def _refuse_no_run(folder: Path) -> None:
    """Raises InputProblems where there is no trace of a run in a folder."""
    if not any((folder / name).exists() for name in (RUN_FILE, "manifest.json", "payouts.parquet")):
        hint = "give the folder that `incentive run … --out` wrote"
        raise InputProblems([Problem("not-a-run", f"`{folder}` holds no {RUN_FILE}", hint=hint)])


def changes(before: Mapping[str, File], now: Mapping[str, File], since: str) -> Iterator[Problem]:
    """Every file that was changed, removed, added or renamed."""
    added = {path: file for path, file in now.items() if path not in before}
    for path, file in before.items():
        if path in now:
            if now[path] != file:
                yield Problem("changed-file", f"`{path}` was changed after {since}", hint=_COPY)
            continue
        name = next((name for name, other in added.items() if other == file), None)
        if name is None:
            yield Problem("missing-file", f"`{path}` is missing: it was there when {since}", hint=_COPY)
        else:
            del added[name]
            yield Problem("renamed-file", f"`{path}` is called `{name}` now: it was renamed after {since}", hint=_COPY)
    for path in added:
        yield Problem("added-file", f"`{path}` was not there when {since}", hint="remove it, or keep it elsewhere")


def _changed(before: Mapping[str, File], now: Mapping[str, File]) -> list[str]:
    return [path for path in before.keys() | now.keys() if before.get(path) != now.get(path)]


def _spoilt(kept: _Kept) -> bool:
    """Whether something that a run is worked out from is not what was sealed."""
    sealed = {} if kept.manifest is None else kept.manifest.files
    return bool(sealed) and any(path.startswith(_STARTS) for path in _changed(sealed, kept.files))


def _refuse_damaged(folder: Path, kept: _Kept) -> None:
    """Raises InputProblems where a run that no seal vouches for holds inputs that cannot be read."""
    if kept.manifest is None:
        starts = [folder / path for path in kept.files if path.startswith(_STARTS) and path.endswith(".parquet")]
        if lost := damaged(starts):
            raise InputProblems(_damaged(path.relative_to(folder).as_posix()) for path in lost)


def _damaged(path: str) -> Problem:
    return Problem("damaged-file", f"`{path}` cannot be read: it is damaged", hint=_COPY)


def _other_head(manifest: Manifest | None, head: str | None) -> Iterator[Problem]:
    if head is not None and (manifest is None or manifest.head != head.strip().lower()):
        found = "the run is not sealed" if manifest is None else f"its head is {manifest.head}"
        hint = "either the head is another run's, or this run was sealed anew by somebody"
        yield Problem("other-head", f"the run's head is not the one that was given: {found}", hint=hint)


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
    kept = {path: file for path, file in before.items() if path in purged.kept}
    yield from changes(kept, there, "the personal rows were removed")


def _worked_out_again(folder: Path, files: Mapping[str, File], timings: Timings) -> Again:
    summary, problems, rewritten = Run.open(folder).summary, list[Problem](), list[str]()
    same_engine = summary["engine"] == __version__
    with tempfile.TemporaryDirectory(prefix="incentive-verify-") as name:
        again = Path(name)
        recompute_into(folder, again, timings)
        problems += _of_summary(summary, json.loads((again / RUN_FILE).read_text(encoding="utf-8")))
        with timings.step("compare"):
            fresh = {path: file for path, file in files_in(again).items() if path != RUN_FILE}
            found = {path: file for path, file in files.items() if _is_table(path)}
            for path in sorted(_changed(found, fresh)):
                if path not in found:
                    problems += [_differs(f"`{path}` is missing: worked out again it is there")] * same_engine
                elif path not in fresh:
                    problems.append(_differs(f"`{path}` is no table of this run"))
                elif damaged([folder / path]):
                    problems.append(_damaged(path))
                else:
                    problems += (other := differences(path, folder / path, again / path, same_engine=same_engine))
                    rewritten += [] if other else [path]
    return Again(len(found), summary["engine"], tuple(rewritten), tuple(problems))


def _is_table(path: str) -> bool:
    return path in {f"{name}.parquet" for name in TABLES} or path.startswith("trace/")


def _of_summary(written: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[Problem]:
    """The figures of `run.json` that are others when worked out again."""
    old, new = (dict(_leaves(_comparable(each))) for each in (written, again))
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield _differs(f"`{RUN_FILE}`: `{name}` is {old.get(name)}; worked out again {new.get(name)}")


def _differs(message: str) -> Problem:
    return Problem("differs", message)


def _comparable(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    rows = {name: table["rows"] for name, table in summary["inputs"].items()}
    return {name: value for name, value in summary.items() if name not in _NOT_FROM_THE_FOLDER} | {"rows": rows}


def _leaves(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, f"{name}.{key}" if name else key)
    else:
        yield name, value
