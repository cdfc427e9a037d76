"""A page of a statement as its reader sees it, and the data inside it: what `verify-statement` works on."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from incentive_engine.statements.twin import Drawn, Otherwise
from incentive_engine.statements.values import Line

TWIN_ID: Final = "statement"
_VOID: Final = frozenset({"meta", "br", "link", "input", "img", "hr", "wbr"})
_PIECES: Final = ("sum", "note", "name")
_SAID: Final = frozenset({"voice", "pay", "result"})
"""What customers contributed, in a sentence; what a measure brought, and its result, on top of its card."""
_RUNS: Final = frozenset({"script", "iframe", "frame", "object", "embed"})
_HIDES: Final = frozenset({"hidden", "style"})
_UNSEEN: Final = "hidden"
"""The class of what is only read aloud; also given to what is hidden by other means."""


@dataclass
class Visible:
    """What was read of a page."""

    twin: str = ""
    total: str = ""
    said: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    """What can change the page when it is opened: nothing on it is then sure to be what is seen."""
    tables: list[list[Line]] = field(default_factory=list)
    drawings: list[list[Drawn]] = field(default_factory=list)
    alternatives: list[list[Otherwise]] = field(default_factory=list)


def visible(page: str) -> Visible:
    """What a page shows."""
    reader = _Reader()
    reader.feed(page)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = Visible()
        self._open: list[tuple[str, frozenset[str]]] = []
        self._row: dict[str, str] = {}
        self._values: list[str] = []
        self._is_twin = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        kinds = frozenset(held.get("class", "").split())
        self._is_twin = tag == "script" and held.get("id") == TWIN_ID
        self.found.runs += [tag] if tag in _RUNS and not self._is_twin else []
        self.found.runs += [name for name in held if name.startswith("on")]
        kinds |= {_UNSEEN} if _HIDES & held.keys() or tag == "template" else set()
        self.found.said += [""] if _SAID & kinds else []
        if tag == "table":
            self._table(kinds)
        if tag == "tr":
            self._row, self._values = {}, []
        if tag == "td":
            self._row.setdefault("td", "")
        if tag == "td" and "value" in kinds:
            self._values.append("")
        if tag not in _VOID:
            self._open.append((tag, kinds))

    def _table(self, kinds: frozenset[str]) -> None:
        if "working" in kinds:
            self.found.tables.append([])
        if "money" in kinds:
            self.found.drawings.append([])
        if "varied" in kinds:
            self.found.alternatives.append([])

    def handle_data(self, data: str) -> None:
        inside, tags = self._inside
        if self._is_twin:
            self.found.twin += data
        elif _UNSEEN in inside:
            return
        elif _SAID & inside and self.found.said:
            self.found.said[-1] += data
        elif "amount" in inside:
            self.found.total += data
        elif "value" in inside and self._values:
            self._values[-1] += data
        elif "thead" not in tags or "td" in tags:
            around = "th" if "th" in tags else "sum" if "td" in tags else ""
            piece = next((each for each in _PIECES if each in inside), around)
            self._row[piece] = self._row.get(piece, "") + data

    def handle_endtag(self, tag: str) -> None:
        inside, tags = self._inside
        while self._open and self._open.pop()[0] != tag:
            pass
        self._is_twin = False
        if tag == "tr" and _UNSEEN not in inside and ("thead" not in tags or "td" in self._row):
            self._put({name: text.strip() for name, text in self._row.items()}, inside)

    @property
    def _inside(self) -> tuple[set[str], set[str]]:
        """The classes and the tags of what is open."""
        return {kind for _, kinds in self._open for kind in kinds}, {tag for tag, _ in self._open}

    def _put(self, row: dict[str, str], inside: set[str]) -> None:
        """A row that is complete to its table."""
        name, note = row.get("th", ""), row.get("note", "")
        first, *others = [value.strip() for value in self._values] or [""]
        arithmetic, _, reached = row.get("sum", "").rpartition(" = ")
        if "working" in inside:
            shown = " ".join([first, *others])
            line = Line(name, shown, row.get("sum", ""), note, heading="heading" in inside)
            self.found.tables[-1].append(line)
        elif "money" in inside:
            self.found.drawings[-1].append((row.get("name", name), arithmetic, reached, " ".join([first, *others])))
        elif "varied" in inside and others:
            self.found.alternatives[-1].append((Line(name, reached, arithmetic, note), first, " ".join(others)))
