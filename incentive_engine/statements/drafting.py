"""A folder or a zip that appears when it is complete; what was written of it before a crash is used the next time.

The draft lies beside the target, hidden, readable by its owner only: `pages/`, and a small database that says for which
order they are, which files are whole and what their fingerprints are. SQLite rather than a file of our own: a record is
there or not, whenever the machine stops, and its lock keeps two commands from writing one target and falls with the
process that held it. A page whose fingerprint is another is written again.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from incentive_engine.engine.folder import fingerprint, refuse_existing
from incentive_engine.errors import InputProblems, Problem

ZIP: Final = ".zip"
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can tell: the time of writing says nothing of what is written."""
_MADE = "CREATE TABLE IF NOT EXISTS made (file TEXT PRIMARY KEY, fingerprint TEXT NOT NULL)"
_ORDERED = "CREATE TABLE IF NOT EXISTS ordered (fingerprint TEXT NOT NULL)"


class Draft:
    """What is written of a target so far. `pages`: the folder to write into."""

    def __init__(self, folder: Path, records: sqlite3.Connection) -> None:
        self.pages, self._records = folder / "pages", records

    def whole(self) -> set[str]:
        """The files that are there already as they were recorded."""
        records = self._records.execute("SELECT file, fingerprint FROM made")
        return {file for file, made in records if _fingerprint(self.pages / file) == made}

    def record(self, files: Mapping[str, str]) -> None:
        """Keeps that files are whole, with their fingerprints."""
        self._records.execute("BEGIN")
        self._records.executemany("INSERT OR REPLACE INTO made VALUES (?, ?)", files.items())
        self._records.execute("COMMIT")

    def begin(self, order: str) -> None:
        """Makes the draft one of this order: what it holds of another, or nothing that is whole, is thrown away."""
        self._records.execute(_MADE)
        self._records.execute(_ORDERED)
        ordered = self._records.execute("SELECT fingerprint FROM ordered").fetchall()
        if ordered != [(order,)] or not self._records.execute("SELECT 1 FROM made LIMIT 1").fetchall():
            shutil.rmtree(self.pages, ignore_errors=True)
            self._records.execute("DELETE FROM made")
            self._records.execute("DELETE FROM ordered")
            self._records.execute("INSERT INTO ordered VALUES (?)", (order,))
        self.pages.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def drafted(target: Path, order: str) -> Iterator[Draft]:
    """A draft that becomes `target` when the block ends well: a folder, or a zip where the name ends so.

    It stays beside it when the block is interrupted, for the same order. Raises InputProblems where the target is there
    already, or is being written; then and for all that is wrong with the input, nothing stays.
    """
    refuse_existing(target)
    folder = _beside(target)
    with closing(_locked(folder, target)) as records:
        draft = Draft(folder, records)
        draft.begin(order)
        try:
            yield draft
            _become(target, draft.pages, folder)
        except InputProblems:
            records.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise
    shutil.rmtree(folder, ignore_errors=True)


def left_behind(target: Path) -> bool:
    """Whether there is a draft of a target that is not there."""
    return _beside(target).is_dir() and not target.exists()


def write_page(content: bytes, path: Path) -> str:
    """Writes a file that only its owner can read; gives its fingerprint."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return fingerprint(content)


def _beside(target: Path) -> Path:
    return target.parent / f".{target.name}.unfinished"


def _locked(folder: Path, target: Path) -> sqlite3.Connection:
    """The records of a draft; others are kept out until this process ends, however it does."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    records = sqlite3.connect(folder / "made.sqlite", isolation_level=None, timeout=0)
    try:
        records.execute("PRAGMA locking_mode=EXCLUSIVE")
        records.execute("PRAGMA synchronous=NORMAL")
        records.execute("BEGIN EXCLUSIVE")
        records.execute("COMMIT")
    except sqlite3.OperationalError:
        records.close()
        hint = "wait until the other command has ended"
        raise InputProblems([Problem("being-written", f"`{target}` is being written already", hint=hint)]) from None
    except sqlite3.DatabaseError:  # spoilt by the disk or by hand: nothing in it can be trusted
        records.close()
        shutil.rmtree(folder)
        return _locked(folder, target)
    return records


def _become(target: Path, pages: Path, folder: Path) -> None:
    refuse_existing(target)
    if target.suffix.lower() == ZIP:
        packed = folder / "packed.zip"
        _pack(pages, packed)
        packed.rename(target)
    else:
        pages.rename(target)


def _pack(pages: Path, packed: Path) -> None:
    """The files in the order of their names, without anything that differs from one time to the next."""
    write_page(b"", packed)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(path for path in pages.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(pages).as_posix(), _EARLIEST)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o600 << 16, 3
            archive.writestr(entry, path.read_bytes())


def _fingerprint(path: Path) -> str:
    return fingerprint(path.read_bytes()) if path.is_file() else ""
