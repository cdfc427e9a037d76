"""What one export hands over: a file with its control totals beside it, or a folder with one file per legal entity."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from incentive_engine.engine.folder import fingerprint, new_folder
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.payroll.columns import Line, Sheet
from incentive_engine.ledger.payroll.control import control
from incentive_engine.ledger.payroll.mapping import Payroll
from incentive_engine.ledger.payroll.paying import by_file, doubtful
from incentive_engine.periods import Period
from incentive_engine.statements.files import file_names

CONTROL: Final = "control.json"
_DRAFT: Final = ".part"
_MOVE: Final = "move it elsewhere, then give the same command again"


@dataclass(frozen=True, slots=True)
class Parcel:
    """Files by name, and the control totals that go with them. `lines`: what they hold, by file."""

    files: Mapping[str, bytes]
    lines: Mapping[str, Sequence[Line]]
    control: bytes

    @property
    def fingerprints(self) -> list[str]:
        """SHA-256 of each file, in their order."""
        return [fingerprint(content) for content in self.files.values()]

    @property
    def all_lines(self) -> list[Line]:
        """The lines of all files."""
        return [line for lines in self.lines.values() for line in lines]


def packed(lines: Sequence[Line], payroll: Payroll, period: Period, about: Mapping[str, Any], out: Path) -> Parcel:
    """The files that hold the lines. Raises InputProblems with everything that keeps them from being written."""
    split = by_file(lines, payroll)
    problems = list(doubtful(lines))
    if None in split and payroll.by is not None:
        names = ", ".join(sorted({line.payee for line in split[None]}))
        hint = "fill the column `legal_entity` of the workforce, then run, review and approve again"
        raise InputProblems([*problems, Problem("missing-value", f"`legal_entity` is missing for {names}", hint=hint)])
    for each in split.values():
        problems += payroll.file.problems(Sheet(period, each))
    if problems:
        raise InputProblems(problems)
    pages = file_names(entity for entity in split if entity is not None)
    name = {entity: f"{Path(page).stem}{payroll.file.suffix}" for entity, page in pages.items()}
    by_name = {out.name if entity is None else name[entity]: each for entity, each in split.items()}
    files = {name: payroll.file.content(Sheet(period, each)) for name, each in by_name.items()}
    return Parcel(files, by_name, control(about, files, by_name))


def targets(payroll: Payroll, out: Path) -> list[Path]:
    """The paths that a parcel takes; the folder, where it has one file per legal entity.

    Raises InputProblems for a name that says another kind of file.
    """
    if payroll.by is not None:
        if out.suffix.lower() == payroll.file.suffix:
            message = f"payroll.yaml asks for one file by legal entity, and `{out.name}` is the name of one file"
            raise InputProblems([Problem("other-suffix", message, hint=f"name a folder: `--out {out.stem}`")])
        return [out]
    excel, suffix = payroll.file.suffix == ".xlsx", out.suffix.lower()
    if excel != (suffix == ".xlsx"):
        message = f"payroll.yaml asks for a file of kind {payroll.file.kind}, and `{out.name}` ends in `{suffix}`"
        hint = f"give a name that ends in `{payroll.file.suffix}`"
        raise InputProblems([Problem("other-suffix", message, hint=hint)])
    return [out, out.with_name(f"{out.stem}.{CONTROL}")]


def refuse_taken(paths: Sequence[Path], hint: str = "give another name: nothing is overwritten") -> None:
    """Raises InputProblems where something has one of the names already."""
    taken = [path for path in paths if os.path.lexists(path)]
    if taken:
        raise InputProblems(Problem("file-exists", f"`{path}` is there already", hint=hint) for path in taken)


def place(parcel: Parcel, payroll: Payroll, out: Path) -> None:
    """Puts a parcel where it belongs, each file whole or not at all; one that is there already stays.

    Raises InputProblems where something else has the name.
    """
    if payroll.by is None:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = dict(zip(targets(payroll, out), (*parcel.files.values(), parcel.control), strict=True))
        for path, content in reversed(beside.items()):
            _place_file(path, content)
        return
    contents = {**parcel.files, CONTROL: parcel.control}
    if out.is_dir() and {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == contents:
        return
    refuse_taken([out], _MOVE)
    with new_folder(out) as folder:
        for name, content in contents.items():
            (folder / name).write_bytes(content)


def clear_drafts(payroll: Payroll, out: Path) -> None:
    """Removes what exports to the same place left behind when they were killed: it holds everybody's pay."""
    for path in targets(payroll, out):
        draft = re.compile(rf"\.{re.escape(path.name)}\.[a-z0-9_]{{8}}(?:{re.escape(_DRAFT)})?")
        for left in path.parent.iterdir():
            if draft.fullmatch(left.name):
                shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


def _place_file(path: Path, content: bytes) -> None:
    """A file that takes its name at the end, and never another's; two who write the same at once both find it there."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_DRAFT, dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        try:
            os.link(draft, path)
        except OSError:  # the name is taken, or the disk knows no second names
            if not os.path.lexists(path):
                draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    if path.read_bytes() != content:
        refuse_taken([path], _MOVE)
