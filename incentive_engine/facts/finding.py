"""Which files a path of the rule set means, and none outside the data folder.

A rule set may come from somewhere else than the data, so its paths are not trusted: absolute paths, `..`, addresses
and links that lead out of the folder are refused before anything is opened.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.facts.contracts import TableContract

_GLOB = re.compile(r"[*?\[]")
_STARS = re.compile(r"[^/]\*\*|\*\*[^/]")
_LISTED = 5000


def find_files(contract: TableContract, data: Path) -> list[tuple[str, Path]]:
    """The files of a table as (name relative to the data folder, real path), in the order of their names.

    Empty when none is there and the table is optional. Raises InputProblems.
    """
    _refuse_outside(contract)
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


def _refuse_outside(contract: TableContract) -> None:
    path = contract.path
    windows = PureWindowsPath(path)
    reason = None
    if not path.strip() or "\0" in path:
        reason = "is empty"
    elif "://" in path:
        reason = "is an address"
    elif path.startswith(("/", "~")) or windows.drive or windows.root:
        reason = "is absolute"
    elif "\\" in path:
        reason = "has backslashes"
    elif ".." in PurePosixPath(path).parts:
        reason = "has `..` in it"
    elif _STARS.search(path):
        reason = "has `**` beside other characters"
    if reason:
        message = f"the path `{path}` of `{contract.name}` {reason}"
        hint = "write a path inside the data folder, with forward slashes, such as `calls/*.csv`"
        raise InputProblems([Problem("path-refused", message, contract.location, hint)])


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
