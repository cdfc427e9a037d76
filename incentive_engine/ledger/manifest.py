"""The manifest of a sealed run: what every file held when it was sealed, chained to the run sealed before it.

`head` covers the whole manifest and, through `previous`, every manifest before it: whoever keeps one head elsewhere can
tell that no sealed run up to it was changed since. The text itself is fixed to the byte, so that nothing in it can be
changed unseen, not even a space.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from incentive_engine.errors import InputProblems, Problem

MANIFEST: Final = "manifest.json"
TIMINGS: Final = "timings.json"
"""How long a run took: of no account, and gone once the run is sealed."""
_AT_ONCE = os.cpu_count() or 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class File(_Frozen):
    """What a file holds: how many bytes, and their SHA-256."""

    size: int
    sha256: str


class Sealed(_Frozen):
    """Which run was sealed; `fingerprint`: of its `run.json`."""

    rule_set: str
    period: str
    fingerprint: str


class Manifest(_Frozen):
    """The seal of one run. `files` by their path in the folder, `previous`: the head of the run sealed before."""

    format: Literal[1]
    number: int
    run: Sealed
    files: dict[str, File]
    content: str
    previous: str | None
    head: str

    @classmethod
    def of(cls, number: int, run: Sealed, files: Mapping[str, File], previous: str | None) -> Manifest:
        """The manifest of these files, with its fingerprints worked out."""
        ordered = dict(sorted(files.items()))
        content = content_fingerprint(ordered)
        head = _sha256([1, number, run.model_dump(), content, previous])
        return cls(format=1, number=number, run=run, files=ordered, content=content, previous=previous, head=head)

    @property
    def text(self) -> bytes:
        """The file, to the byte."""
        return (json.dumps(self.model_dump(), indent=2) + "\n").encode("ascii")

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """The manifest in a run folder; None where the run is not sealed.

        Raises InputProblems for one that is not, to the byte, what sealing wrote.
        """
        path = folder / MANIFEST
        if not os.path.lexists(path):
            return None
        if path.is_symlink() or not path.is_file():
            raise _changed(folder)
        written = path.read_bytes()
        try:
            manifest = cls.model_validate_json(written)
        except ValidationError:
            raise _changed(folder) from None
        if written != cls.of(manifest.number, manifest.run, manifest.files, manifest.previous).text:
            raise _changed(folder)
        return manifest


def _changed(folder: Path) -> InputProblems:
    hint = "it was changed after the run was sealed: take the folder from a copy kept elsewhere"
    message = f"`{folder / MANIFEST}` is not what sealing wrote"
    return InputProblems([Problem("changed-manifest", message, hint=hint)])


def files_in(folder: Path) -> dict[str, File]:
    """Every file in a run folder by its path with `/`, but for the manifest and the timings.

    Links are not followed. Raises InputProblems for whatever is neither file nor folder: it has no content to seal.
    """
    paths = sorted(path for path in _within(folder) if path not in (MANIFEST, TIMINGS))
    odd = [path for path in paths if not stat.S_ISREG((folder / path).lstat().st_mode)]
    if odd:
        hint = "a run folder holds plain files only: remove it, or put back the file that was there"
        told = (f"`{folder / path}` is a link or a device, no file" for path in odd)
        raise InputProblems(Problem("not-a-file", message, hint=hint) for message in told)
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return dict(zip(paths, threads.map(lambda path: file_of(folder / path), paths), strict=True))


def _within(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        linked = [name for name in folders if (Path(parent) / name).is_symlink()]
        yield from ((Path(parent) / name).relative_to(folder).as_posix() for name in (*files, *linked))


def file_of(path: Path) -> File:
    """What a file holds now."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return File(size=file.tell(), sha256=sha256)


def content_fingerprint(files: Mapping[str, File]) -> str:
    """SHA-256 over the paths, sizes and fingerprints of files."""
    return _sha256([[path, file.size, file.sha256] for path, file in sorted(files.items())])


def content_of(folder: Path) -> str:
    """The fingerprint of everything in a run folder, sealed or not: the same as long as no file changes."""
    return content_fingerprint(files_in(folder))


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode("ascii")).hexdigest()
