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
from incentive_engine.ledger.chain import Chain
from incentive_engine.ledger.corrections.settling import CORRECTION_FILE, RUN_OF_CORRECTION
from incentive_engine.ledger.differing import damaged, differences
from incentive_engine.ledger.manifest import File, Manifest, files_in
from incentive_engine.ledger.purged import Purged
from incentive_engine.ledger.unchanged import COPY, Kept, kept, kept_correction
from incentive_engine.version import __version__

_STARTS: Final = ("rules/", "inputs/", "corrections.parquet", RUN_FILE)
"""What a run is worked out again from."""
_NOT_FROM_THE_FOLDER: Final = ("engine", "inputs")
"""What `run.json` says that the folder alone cannot: by what, and from which files, it was made."""


@dataclass(frozen=True, slots=True)
class Again:
    """A run worked out again. `engine`: what wrote it; `rewritten`: tables of other bytes, but the same values."""

    tables: int
    engine: str
    rewritten: tuple[str, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked, and found to be right.

    `again`: None for a purged run, which cannot be worked out again. `booked`: of a correction, whether the ledger has
    its lines; None for a run.
    """

    files: int
    manifest: Manifest | None
    chain: Chain | None
    purged: Purged | None
    again: Again | None
    booked: bool | None


def verify(folder: Path, timings: Timings | None = None, head: str | None = None) -> Verified:
    """Checks the folder of a run, or of a correction, in every way that there is.

    `head`: that of its seal, as it was kept elsewhere. Raises InputProblems with everything that was changed since, by
    file, row and figure.
    """
    timings = timings or Timings()
    corrects = (folder / CORRECTION_FILE).is_file()
    with timings.step("hash"):
        found = kept_correction(folder) if corrects else kept(folder)
    problems, again = [*found.problems, *_other_head(found.manifest, head)], None
    if found.purged is None and not _spoilt(found):
        run = folder / RUN_OF_CORRECTION if corrects else folder
        try:
            _refuse_damaged(run, found)
            again = _worked_out_again(run, found.files, timings)
            problems += again.problems
        except InputProblems as refusal:
            problems += refusal.problems
    if problems:
        raise InputProblems(problems)
    return Verified(len(found.files), found.manifest, found.chain, found.purged, again, found.booked)


def _changed(before: Mapping[str, File], now: Mapping[str, File]) -> list[str]:
    return [path for path in before.keys() | now.keys() if before.get(path) != now.get(path)]


def _spoilt(found: Kept) -> bool:
    """Whether something that a run is worked out from is not what was sealed."""
    sealed = {} if found.manifest is None else found.manifest.files
    return bool(sealed) and any(path.startswith(_STARTS) for path in _changed(sealed, found.files))


def _refuse_damaged(folder: Path, found: Kept) -> None:
    """Raises InputProblems where a run that no seal vouches for holds inputs that cannot be read."""
    if found.manifest is None:
        starts = [folder / path for path in found.files if path.startswith(_STARTS) and path.endswith(".parquet")]
        if lost := damaged(starts):
            raise InputProblems(_damaged(path.relative_to(folder).as_posix()) for path in lost)


def _damaged(path: str) -> Problem:
    return Problem("damaged-file", f"`{path}` cannot be read: it is damaged", hint=COPY)


def _other_head(manifest: Manifest | None, head: str | None) -> Iterator[Problem]:
    if head is not None and (manifest is None or manifest.head != head.strip().lower()):
        found = "the run is not sealed" if manifest is None else f"its head is {manifest.head}"
        hint = "either the head is another run's, or this run was sealed anew by somebody"
        yield Problem("other-head", f"the run's head is not the one that was given: {found}", hint=hint)


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
