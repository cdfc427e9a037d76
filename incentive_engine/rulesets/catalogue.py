"""The catalogue: KPIs that are defined once, with where the definition comes from, and taken over by a rule set.

`like: voice.nps` is the entry `nps` of the file `kpis/voice.yaml`. What is written beside it wins, key by key, inside
`compute` too, where a rule set names its own source and columns. The two are put together before anything is declared,
so that models, checks and the compiler meet one whole KPI; what is wrong with a part that the entry brought is told
where `like` is written.

A file of that name in a folder `kpis` beside the rule set goes before the one that comes with the engine: a company
has entries of its own there, and a run keeps those that it used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from incentive_engine.documents import Document, declare, read_document
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.kinds.base import Declared, Label
from incentive_engine.kinds.calendars import Calendar
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.rulesets.checked import Checked, unknown
from incentive_engine.rulesets.clocks import Cases
from incentive_engine.rulesets.models import Kpi, Name
from incentive_engine.rulesets.tables import Source
from incentive_engine.shipped import catalogue_dir


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


def with_entries(document: Document) -> tuple[Document, tuple[Document, ...]]:
    """A rule set's document with all that its KPIs take over, and the files of the catalogue that it comes from.

    Raises InputProblems where an entry is not there, or is of another kind than the KPI that is like it.
    """
    kpis = _mapping(_mapping(document.data).get("kpis"))
    files = _Files(Path(document.file).parent / "kpis")
    problems: list[Problem] = []
    for name in [name for name, kpi in kpis.items() if "like" in _mapping(kpi)]:
        like, where = str(kpis[name]["like"]), document.at(("kpis", name, "like"))
        entry = files.entry(like)
        if entry is None:
            problems.append(unknown("entry", like, where, files.names(), "the catalogue"))
            continue
        problems += _of_another_kind(document, name, entry)
        document = _with_entry(document, name, entry)
    if problems:
        raise InputProblems(problems)
    return document, tuple(files.read.values())


def said_of_entries(checked: Checked, problems: Iterable[Problem]) -> Iterator[Problem]:
    """The problems; a hint says of what an entry brought that the rule set may write its own."""
    kpis = checked.rules.kpis
    taken = {checked.at("kpis", name, "like"): kpi for name, kpi in kpis.items() if kpi.like is not None}
    for problem in problems:
        kpi = taken.get(problem.location) if problem.location else None
        yield problem if kpi is None else replace(problem, hint=_hint(problem, kpi, kpis.keys()))


def _hint(problem: Problem, kpi: Kpi, known: Collection[str]) -> str:
    """What to do about a problem of an entry: declare the KPIs that it reads, or write what is one's own."""
    file = str(kpi.like).partition(".")[0]
    lacking = sorted(kpi.compute.kpis - set(known)) if isinstance(kpi.compute, OverKpis) else []
    if lacking and problem.code == "unknown-name":
        declared = " and ".join(f"`{name}: {{like: {file}.{name}}}`" for name in lacking)
        return f"declare {declared}, or write `compute: {{value: …}}` over KPIs of yours"
    own = f"`{kpi.like}` says so: what you write beside `like` goes before it"
    return f"{problem.hint}; {own}" if problem.hint else own


class _Files:
    """The files of the catalogue, each read when it is first named."""

    def __init__(self, beside: Path) -> None:
        self._paths = {
            path.stem: path for folder in (catalogue_dir(), beside) for path in sorted(folder.glob("*.yaml"))
        }
        self.read: dict[str, Document] = {}

    def entry(self, like: str) -> Mapping[str, Any] | None:
        """The entry as it is written; None where there is none."""
        file, _, name = like.partition(".")
        return _mapping(self._entries(file).get(name)) or None if file in self._paths else None

    def names(self) -> Iterator[str]:
        """All entries, as `like` names them."""
        return (f"{file}.{name}" for file in self._paths for name in self._entries(file))

    def _entries(self, file: str) -> Mapping[str, Any]:
        if file not in self.read:
            self.read[file] = read_document(self._paths[file])
        return _mapping(_mapping(self.read[file].data).get("kpis"))


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
    filled = document.filled(at, {key: value for key, value in entry.items() if key not in own}, like)
    if not isinstance(own.get("compute"), dict):
        return filled
    taken = _mapping(entry.get("compute"))
    lacking = {key: value for key, value in taken.items() if key not in own["compute"]}
    return filled.filled((*at, "compute"), lacking, like)
