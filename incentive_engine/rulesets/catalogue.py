"""The catalogue: what is defined once, with where the definition comes from, and taken over by a rule set.

`like: voice.nps` is the entry `nps` of the file `kpis/voice.yaml`. What is written beside it wins, key by key, inside
`compute` too, where a rule set names its own source and columns. `like: leave.france` are the types of leave of the
file `leave/france.yaml`; what is written beside them wins, inside each type too. The two are put together before
anything is declared, so that models, checks and the compiler meet one whole KPI; what is wrong with a part that the
entry brought is told where `like` is written.

A file of that name in a folder `kpis` or `leave` beside the rule set goes before the one that comes with the engine: a
company has entries of its own there, and a run keeps those that it used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from incentive_engine.documents import Document, declare, read_document
from incentive_engine.errors import InputProblems, Location, Problem
from incentive_engine.kinds.base import Declared, Label
from incentive_engine.kinds.calendars import Calendar
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.rulesets.checked import Checked, unknown
from incentive_engine.rulesets.clocks import Cases
from incentive_engine.rulesets.leave import Leave, LeaveType, LegalSource
from incentive_engine.rulesets.models import Kpi, Name
from incentive_engine.rulesets.tables import Source
from incentive_engine.shipped import catalogue_dir, leave_dir


class Catalogue(Declared):
    """KPIs about one subject, to be taken over; it pays nobody, so that it is no rule set."""

    title: Label
    sources: Annotated[dict[Name, Source], Field(description="The tables that the entries read, as they expect them.")]
    calendar: Annotated[Calendar | None, Field(description="When work is done, for entries that count by it.")] = None
    cases: Annotated[dict[Name, Cases], Field(description="What becomes of logs of events, for entries from it.")] = {}
    kpis: Annotated[dict[Name, Kpi], Field(min_length=1, description="The entries, by name.")]


def catalogues() -> dict[str, tuple[Catalogue, Document]]:
    """The catalogue that comes with the engine, by the names of its files."""
    documents = {path.stem: read_document(path) for path in sorted(catalogue_dir().glob("*.yaml"))}
    return {name: (declare(document, Catalogue), document) for name, document in documents.items()}


class LeaveTypes(Declared):
    """Types of leave of one country, to be taken over."""

    title: Label
    principle: Annotated[tuple[LegalSource, ...], Field(description="Where the law says what holds for all of them.")]
    types: Annotated[dict[Name, LeaveType], Field(min_length=1, description="The types, by name.")]


def types_of_leave() -> dict[str, LeaveTypes]:
    """The types of leave that come with the engine, by the names of their files."""
    paths = sorted(leave_dir().glob("*.yaml"))
    return {path.stem: declare(read_document(path), LeaveTypes) for path in paths}


def with_entries(document: Document) -> tuple[Document, tuple[Document, ...]]:
    """A rule set's document with all that it takes over, and the files of the catalogue that it comes from.

    Raises InputProblems where an entry is not there, or is of another kind than the KPI that is like it.
    """
    beside = Path(document.file).parent
    of_kpis, of_leave = (_Files(folder, beside / folder.name) for folder in (catalogue_dir(), leave_dir()))
    document = _with_leave(_with_kpis(document, of_kpis), of_leave)
    return document, (*of_kpis.read.values(), *of_leave.read.values())


def _with_kpis(document: Document, files: _Files) -> Document:
    kpis = _mapping(_mapping(document.data).get("kpis"))
    problems: list[Problem] = []
    for name in [name for name, kpi in kpis.items() if "like" in _mapping(kpi)]:
        like, where = str(kpis[name]["like"]), document.at(("kpis", name, "like"))
        file, _, entry_name = like.partition(".")
        entry = _mapping(files.section(file, "kpis").get(entry_name))
        if not entry:
            known = (f"{file}.{entry}" for file in files.names for entry in files.section(file, "kpis"))
            problems.append(unknown("entry", like, where, known, "the catalogue"))
            continue
        problems += _of_another_kind(document, name, entry)
        document = _with_entry(document, name, entry)
    if problems:
        raise InputProblems(problems)
    return document


def _with_leave(document: Document, files: _Files) -> Document:
    """The document with the types of leave that it takes over, and what its own lack of those."""
    leave = _mapping(_mapping(document.data).get("leave"))
    if "like" not in leave:
        return document
    at, like = ("leave", "types"), ("leave", "like")
    folder, _, file = str(leave["like"]).partition(".")
    types = files.section(file, "types") if folder == "leave" else {}
    if not types:
        known = [f"leave.{name}" for name in files.names]
        raise InputProblems([unknown("entry", str(leave["like"]), document.at(like), known, "the catalogue")])
    if "types" not in leave:
        return document.filled(("leave",), {"types": types}, like)
    own = leave["types"]
    if not isinstance(own, dict):
        return document
    unlike = [name for name, type_ in own.items() if name not in types and "effect" not in _mapping(type_)]
    if unlike:
        taken_over = f"`{leave['like']}`"
        raise InputProblems(
            [unknown("type of leave", str(name), document.key_at((*at, name)), types, taken_over) for name in unlike]
        )
    for name in [name for name in own if isinstance(own[name], dict) and name in types]:
        document = document.filled((*at, name), types[name], like)
    return document.filled(at, types, like)


def said_of_entries(checked: Checked, problems: Iterable[Problem]) -> Iterator[Problem]:
    """The problems; a hint says of what an entry brought that the rule set may write its own."""
    kpis, leave = checked.rules.kpis, checked.rules.leave
    taken: dict[Location, Kpi | Leave] = {
        checked.at("kpis", name, "like"): kpi for name, kpi in kpis.items() if kpi.like is not None
    }
    if leave is not None and leave.like is not None:
        taken[checked.at("leave", "like")] = leave
    for problem in problems:
        entry = taken.get(problem.location) if problem.location else None
        yield problem if entry is None else replace(problem, hint=_hint(problem, entry, kpis.keys()))


def _hint(problem: Problem, entry: Kpi | Leave, known: Collection[str]) -> str:
    """What to do about a problem of an entry: declare the KPIs that it reads, or write what is one's own."""
    file = str(entry.like).partition(".")[0]
    compute = entry.compute if isinstance(entry, Kpi) else None
    lacking = sorted(compute.kpis - set(known)) if isinstance(compute, OverKpis) else []
    if lacking and problem.code == "unknown-name":
        declared = " and ".join(f"`{name}: {{like: {file}.{name}}}`" for name in lacking)
        return f"declare {declared}, or write `compute: {{value: …}}` over KPIs of yours"
    own = f"`{entry.like}` says so: what you write beside `like` goes before it"
    return f"{problem.hint}; {own}" if problem.hint else own


class _Files:
    """The files of one folder of the catalogue, each read when it is first named."""

    def __init__(self, *folders: Path) -> None:
        self._paths = {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml"))}
        self.names = tuple(self._paths)
        self.read: dict[str, Document] = {}

    def section(self, file: str, section: str) -> Mapping[str, Any]:
        """A part of a file as it is written; empty where there is none."""
        if file not in self._paths:
            return {}
        if file not in self.read:
            self.read[file] = read_document(self._paths[file])
        return _mapping(_mapping(self.read[file].data).get(section))


def _mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a mapping; what else is written there is told when it is declared."""
    return value if isinstance(value, dict) else {}


def _of_another_kind(document: Document, name: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    kinds = [_mapping(each.get("compute")).get("kind") for each in (document.data["kpis"][name], entry)]
    if kinds[0] not in (None, kinds[1]):
        message = f"`{name}` is of the kind `{kinds[0]}`, and what it is like of the kind `{kinds[1]}`"
        where = document.at(("kpis", name, "compute", "kind"))
        yield Problem("another-kind", message, where, "remove `kind`, or define the KPI without `like`")


def _with_entry(document: Document, name: str, entry: Mapping[str, Any]) -> Document:
    """The document with what a KPI lacks of an entry, and what its `compute` lacks."""
    at, own = ("kpis", name), document.data["kpis"][name]
    like = (*at, "like")
    filled = document.filled(at, entry, like)
    if not isinstance(own.get("compute"), dict):
        return filled
    return filled.filled((*at, "compute"), _mapping(entry.get("compute")), like)
