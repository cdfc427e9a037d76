"""What the ledger says of a sealed run, and whether the chain of all sealed runs is whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.database import LEDGER_FILE
from incentive_engine.ledger.ledger import Entry, Ledger, Seal
from incentive_engine.ledger.manifest import MANIFEST, Manifest
from incentive_engine.ledger.project import Project
from incentive_engine.ledger.purged import Purged

_COPY = "bring the project back from a copy, and compare the head of each seal with the one that you kept elsewhere"


@dataclass(frozen=True, slots=True)
class Chain:
    """The sealed runs of a project. `elsewhere`: those whose folders are not there, so that only the ledger tells."""

    seals: int
    elsewhere: tuple[str, ...]
    problems: tuple[Problem, ...]


def chain_of(folder: Path, manifest: Manifest | None, purged: Purged | None) -> Chain | None:
    """What the ledger of the project around a run folder has against it; None where it is in no project."""
    project = Project.at(folder)
    if project is None:
        return None
    if not (project.folder / LEDGER_FILE).is_file():
        lost = Problem("no-ledger", f"`{project.folder}` has lost its {LEDGER_FILE}", hint=_COPY)
        return Chain(0, (), () if manifest is None else (lost,))
    with Ledger.open(project.folder) as ledger:
        entries, seals = {entry.id: entry for entry in ledger.entries()}, ledger.seals()
    name = folder.resolve().relative_to(project.folder).as_posix()
    own = [entry for entry in entries.values() if entry.name == name]
    others = {seal: entries[seal.run_id] for seal in seals if entries[seal.run_id].name != name}
    gone = tuple(entry.name for entry in others.values() if not entry.folder.exists())
    problems = [*_own(own, seals, manifest), *_purge(own, purged), *_links(seals), *_folders(others)]
    return Chain(len(seals), gone, tuple(problems))


def is_booked(folder: Path, fingerprint: str) -> bool:
    """Whether the ledger has booked the correction in a folder; raises InputProblems where it booked another one."""
    project = Project.at(folder)
    if project is None or not (project.folder / LEDGER_FILE).is_file():
        return False
    with Ledger.open(project.folder) as ledger:
        booked = [each for each in ledger.entries() if each.folder == folder.resolve() and each.state == "booked"]
    if booked and fingerprint not in {each.fingerprint for each in booked}:
        message = f"`{folder}` is not the correction that the ledger has booked"
        raise InputProblems([Problem("changed-correction", message, hint=_COPY)])
    return bool(booked)


def _own(entries: Sequence[Entry], seals: Sequence[Seal], manifest: Manifest | None) -> Iterator[Problem]:
    """Whether the ledger and the manifest in the folder say the same."""
    known = {entry.id for entry in entries}
    seal = next((each for each in seals if each.run_id in known), None)
    if manifest is None and seal is not None:
        message = f"`{MANIFEST}` is missing: the run was sealed as number {seal.number}"
        yield Problem("missing-file", message, hint="take it from a copy kept elsewhere")
    elif manifest is not None and seal is None:
        hint = "approve the run (again): a seal that the ledger does not know counts for nothing"
        yield Problem("unknown-seal", f"`{MANIFEST}` is there, but the ledger knows no seal of this run", hint=hint)
    elif manifest is not None and seal is not None and manifest.head != seal.head:
        message = f"`{MANIFEST}` has the head {manifest.head}; the ledger has {seal.head}"
        yield Problem("other-seal", message, hint=_COPY)


def _purge(entries: Sequence[Entry], purged: Purged | None) -> Iterator[Problem]:
    told = [event.detail.get("fingerprint") for entry in entries if (event := entry.last("purged"))]
    if (purged is None and told) or (purged is not None and told and purged.fingerprint not in told):
        yield Problem("changed-file", "`purged.json` is not what the ledger says that the purge wrote", hint=_COPY)


def _links(seals: Sequence[Seal]) -> Iterator[Problem]:
    """Whether each seal of the ledger is chained to the one before."""
    first = Seal(0, 0, "", None)
    for before, seal in pairwise((first, *seals)):
        if seal.number != before.number + 1 or seal.previous != (before.head or None):
            message = f"the ledger's chain of seals is broken between number {before.number} and number {seal.number}"
            yield Problem("broken-chain", message, hint=_COPY)


def _folders(entries: Mapping[Seal, Entry]) -> Iterator[Problem]:
    """Whether the other sealed runs still have the manifests that the ledger knows."""
    for seal, entry in entries.items():
        if not entry.folder.exists():
            continue
        try:
            manifest = Manifest.read(entry.folder)
        except InputProblems as problems:
            yield from problems.problems
            continue
        if manifest is None or manifest.head != seal.head:
            message = f"`{entry.name}` was sealed as number {seal.number}, and its {MANIFEST} is another now, or gone"
            yield Problem("broken-chain", message, hint=_COPY)
