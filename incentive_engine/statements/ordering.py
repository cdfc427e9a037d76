"""What is asked for when statements are written: it is handed to every process that writes some of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from incentive_engine.engine.folder import RUN_FILE, fingerprint
from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.statements.design import OUR_DESIGN, Design
from incentive_engine.statements.languages import Languages
from incentive_engine.version import __version__

_MOST: Final = 2_000
"""Payees at a time: the engine works for all of them at once, and memory holds no more."""
_LEAST: Final = 200
"""Pages for which a process is worth starting."""


@dataclass(frozen=True)
class Order:
    """Which statements of which run, and how they look."""

    run: Path
    languages: Languages
    """Those that there are words for; the pages about everybody are in their default."""
    payees: tuple[str, ...] = ()
    """Whose; everybody's where nobody is named."""
    previous: Path | None = None
    """A run of an earlier period, with which everybody's is compared."""
    design: Design = OUR_DESIGN
    pdf: bool = False
    """Whether there is a PDF beside each page."""

    def files(self, page: str) -> tuple[str, ...]:
        """What is written of the statement whose page is called so."""
        return (page, f"{page.removesuffix('.html')}.pdf") if self.pdf else (page,)

    @property
    def fingerprint(self) -> str:
        """The same for two orders whose pages are the same.

        What `run.json` says of a run is not enough: corrections of other people may have the same sum.
        """
        runs = [_content(folder, RUN_FILE, "*.parquet", "rules/**/*") for folder in (self.run, self.previous) if folder]
        folders = [_content(folder, "**/*") for folder in self.design.folders]
        look = [*folders, repr(self.design.brand), self.languages.default, self.pdf]
        return fingerprint(json.dumps([__version__, runs, self.payees, look]).encode())


def chosen_payees(everybody: Sequence[str], named: Sequence[str]) -> tuple[str, ...]:
    """Whose statements are to be written, sorted. Raises InputProblems with every name that has none."""
    unknown = sorted({*named} - {*everybody})
    if unknown:
        hint = "a payee has a statement who is paid, scored, held or corrected in this run"
        raise InputProblems(
            Problem("unknown-payee", f"`{name}` has no statement", hint=did_you_mean(name, everybody) or hint)
            for name in unknown
        )
    return tuple(sorted({*named})) or tuple(everybody)


def slices(payees: Sequence[str], processes: int) -> Iterator[tuple[str, ...]]:
    """The payees in parts that can be written side by side: none too large or tiny, and as many for each process."""
    processes = min(processes, -(-len(payees) // _LEAST))
    count = processes * -(-len(payees) // (_MOST * processes)) if payees else 0
    for number in range(count):
        yield tuple(payees[len(payees) * number // count : len(payees) * (number + 1) // count])


def _content(folder: Path, *patterns: str) -> str:
    digest = hashlib.sha256()
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    for path in sorted(found):
        digest.update(f"{path.relative_to(folder).as_posix()} {fingerprint(path.read_bytes())}\n".encode())
    return digest.hexdigest()
