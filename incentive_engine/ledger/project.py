"""A quarter's home: the folder with `policy.yaml`, the ledger, and everything that is paid from there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from incentive_engine.engine.folder import RUN_FILE
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.database import LEDGER_FILE
from incentive_engine.ledger.ledger import Ledger
from incentive_engine.ledger.manifest import MANIFEST
from incentive_engine.ledger.policy import POLICY_FILE, Policy, home, read_policy


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a policy. `folder` is absolute."""

    folder: Path
    policy: Policy

    @classmethod
    def at(cls, path: Path | str) -> Project | None:
        """The project that a path is in, which need not be there yet; None where it is in none.

        Raises InputProblems for a `policy.yaml` that cannot be used.
        """
        folder = home(Path(path))
        return None if folder is None else cls(folder, read_policy(folder / POLICY_FILE))

    @classmethod
    def of(cls, path: Path | str) -> Project:
        """The project that a path is in. Raises InputProblems where it is in none."""
        found = cls.at(path)
        if found is None:
            message = f"`{path}` is in no project: no folder above it holds a {POLICY_FILE}"
            hint = "make one with `incentive init --quarterly FOLDER`, and run into it"
            raise InputProblems([Problem("no-project", message, hint=hint)])
        return found

    def ledger(self) -> Ledger:
        """The project's ledger, opened; use it in a `with` block. Raises InputProblems where it was lost."""
        file = self.folder / LEDGER_FILE
        if not file.exists() or not file.stat().st_size:
            self._refuse_lost()
        return Ledger.open(self.folder)

    def _refuse_lost(self) -> None:
        """Sealed runs are in a ledger, which knows what was paid: an empty one in its place would pay it again."""
        sealed = (path.parent for path in self.folder.rglob(MANIFEST) if (path.parent / RUN_FILE).is_file())
        found = min(sealed, default=None)
        if found is not None:
            name = found.relative_to(self.folder).as_posix()
            message = f"`{self.folder}` has lost its {LEDGER_FILE}: `{name}` is sealed"
            hint = "bring it back from a copy: what was approved and paid stands only there"
            raise InputProblems([Problem("lost-ledger", message, hint=hint)])
