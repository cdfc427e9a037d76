"""What is left of a run whose personal rows were removed: `purged.json`, and which files stay."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from incentive_engine.engine.folder import fingerprint
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.manifest import File

PURGED_FILE: Final = "purged.json"


class Purged(BaseModel):
    """Who removed the personal rows of a run, and when. `files`: what every file held; `kept`: those that stay."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1]
    by: str
    os_user: str
    at: str
    kept_until: str
    kept: tuple[str, ...]
    files: Mapping[str, File]

    @property
    def text(self) -> bytes:
        """The file, to the byte."""
        return (json.dumps(self.model_dump(), indent=2) + "\n").encode("ascii")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the file."""
        return fingerprint(self.text)

    @classmethod
    def read(cls, folder: Path) -> Purged | None:
        """What was removed from a run folder; None where nothing was. Raises InputProblems for a spoilt file."""
        path = folder / PURGED_FILE
        if not os.path.lexists(path):
            return None
        if not path.is_symlink() and path.is_file():
            written = path.read_bytes()
            try:
                purged = cls.model_validate_json(written)
            except ValidationError:
                purged = None
            if purged is not None and purged.text == written:
                return purged
        hint = "it was changed afterwards: take it from a copy kept elsewhere"
        raise InputProblems([Problem("changed-file", f"`{path}` is not what the purge wrote", hint=hint)])
