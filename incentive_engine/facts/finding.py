"""Which files a path of the rule set means, and none outside the data folder.

A rule set may come from somewhere else than the data, so its paths are not trusted: absolute paths, `..`, addresses
and links that lead out of the folder are refused before anything is opened.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from incentive_engine.errors import InputProblems, Location, Problem, did_you_mean
from incentive_engine.facts.contracts import TableContract

_GLOB = re.compile(r"[*?\[]")
_STARS = re.compile(r"[^/]\*\*|\*\*[^/]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LISTED = 5000
_NAME_BYTES = 255
"""The longest name of a file that common systems allow."""


def find_files(contract: TableContract, data: Path) -> list[tuple[str, Path]]:
    """The files of a table as (name relative to the data folder, real path), in the order of their names.

    Empty when none is there and the table is optional. Raises InputProblems.
    """
    refused = refused_path(contract.path, contract.location)
    if refused:
        raise InputProblems([refused])
    root = data.resolve()
    found = sorted((path.relative_to(root).as_posix(), path) for path in _matches(contract.path, root))
    for name, path in found:
        if not path.resolve().is_relative_to(root):
            message = f"`{name}` is a link to a place outside the data folder"
            hint = "put the file itself into the data folder"
            raise InputProblems([Problem("path-refused", message, contract.location, hint)])
    if not found and not contract.optional:
        raise InputProblems([_missing(contract, root)])
    return [(name, path.resolve()) for name, path in found]


def refused_path(path: str, location: Location | None) -> Problem | None:
    """The problem of a path that may lead out of the data folder, or that no file can have."""
    reason = _why_refused(path)
    if reason is None:
        return None
    hint = "write it relative to the data folder, with forward slashes: `calls/*.csv`"
    return Problem("path-refused", f"the path `{path}` {reason}", location, hint)


def _why_refused(path: str) -> str | None:
    windows = PureWindowsPath(path)
    parts = PurePosixPath(path.replace("\\", "/")).parts
    if not path.strip():
        return "is empty"
    if _CONTROL.search(path):
        return "has invisible characters"
    if "://" in path:
        return "is an address"
    if path.startswith(("/", "~")) or windows.drive or windows.root:
        return "is absolute: it leads out of the data folder"
    if ".." in parts:
        return "leads out of the data folder"
    if "\\" in path:
        return "has backslashes"
    if _STARS.search(path):
        return "has `**` beside other characters"
    longest = max((len(part.encode()) for part in parts), default=0)
    return "has a name that is too long for a file" if longest > _NAME_BYTES else None


def _matches(pattern: str, root: Path) -> Iterator[Path]:
    """Files only, and not the lock files that Excel leaves beside an open workbook, nor hidden ones."""
    if not root.is_dir():
        return
    literal = root / pattern
    candidates = root.glob(pattern) if _GLOB.search(pattern) and not literal.exists() else iter([literal])
    for path in candidates:
        if path.is_file() and not (path != literal and path.name.startswith(("~$", "."))):
            yield path


def _missing(contract: TableContract, root: Path) -> Problem:
    if not root.is_dir():
        return Problem("missing-file", f"the data folder `{root.name}` is not there", contract.location)
    message = f"no file of the data folder is `{contract.path}`, which `{contract.name}` needs"
    there = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    near = did_you_mean(contract.path, itertools.islice(there, _LISTED))
    return Problem("missing-file", message, contract.location, near or "add the file, or correct the path")
