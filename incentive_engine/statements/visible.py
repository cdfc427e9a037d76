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


@dataclass
class Visible:
    """What was read of a page."""

    twin: str = ""
    total: str = ""
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
        if tag == "table":
            self._table(kinds)
        if tag == "tr":
            self._row, self._values = {}, []
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
        elif "amount" in inside:
            self.found.total += data
        elif "value" in inside and self._values:
            self._values[-1] += data
        elif "thead" not in tags:
            piece = next((each for each in _PIECES if each in inside), "th" if "th" in tags else "")
            self._row[piece] = self._row.get(piece, "") + data

    def handle_endtag(self, tag: str) -> None:
        inside, tags = self._inside
        while self._open and self._open.pop()[0] != tag:
            pass
        self._is_twin = False
        if tag == "tr" and "thead" not in tags:
            self._put({name: text.strip() for name, text in self._row.items()}, inside)

    @property
    def _inside(self) -> tuple[set[str], set[str]]:
        """The classes and the tags of what is open."""
        return {kind for _, kinds in self._open for kind in kinds}, {tag for tag, _ in self._open}

    def _put(self, row: dict[str, str], inside: set[str]) -> None:
        """A row that is complete to its table."""
        name, note = row.get("th", ""), row.get("note", "")
        values = [value.strip() for value in self._values] or [""]
        arithmetic, _, reached = row.get("sum", "").rpartition(" = ")
        if "working" in inside:
            line = Line(name, values[0], row.get("sum", ""), note, heading="heading" in inside)
            self.found.tables[-1].append(line)
        elif "money" in inside:
            self.found.drawings[-1].append((row.get("name", name), arithmetic, reached, values[0]))
        elif "varied" in inside and len(values) > 1:
            self.found.alternatives[-1].append((Line(name, reached, arithmetic, note), values[0], values[1]))
