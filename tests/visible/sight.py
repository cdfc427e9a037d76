"""What somebody sees of a page, in order: headings, sentences, facts and rows of tables; nothing hidden, no script."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

UNSEEN = {"script", "style", "title", "svg", "head", "template"}
VOID = {"meta", "br", "link", "input", "img", "hr", "wbr"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5"}


@dataclass
class Row:
    """One row of a table: its cells as texts, each in the pieces in which it is set."""

    cells: list[list[str]]
    heading: bool
    """Whether it only names the rows below it."""

    @property
    def name(self) -> str:
        return " ".join(self.cells[0])

    @property
    def how(self) -> list[str]:
        """What stands between the name and the result."""
        return [piece for cell in self.cells[1:-1] for piece in cell]

    @property
    def result(self) -> str:
        return " ".join(self.cells[-1]) if len(self.cells) > 1 else ""


@dataclass
class Table:
    """A table with the headings above it, and the facts that are told beside it."""

    above: tuple[str, ...]
    place: int
    """Which article or section it stands in."""
    tag: str = ""
    """What stands right after the heading: whose measure it is."""
    caption: str = ""
    rows: list[Row] = field(default_factory=list)


@dataclass
class Fact:
    """A term and what is said of it."""

    name: str
    said: str
    place: int


@dataclass
class Sight:
    """A whole page. `blocks`: tables and facts in the order in which they are read."""

    language: str
    texts: list[str]
    blocks: list[Table | Fact]

    @property
    def text(self) -> str:
        return " ".join(self.texts)

    @property
    def tables(self) -> list[Table]:
        return [block for block in self.blocks if isinstance(block, Table)]

    def facts(self, place: int) -> list[Fact]:
        """What is told beside the tables of one article or section."""
        return [block for block in self.blocks if isinstance(block, Fact) and block.place == place]


def seen(page: str) -> Sight:
    """What is seen of a page."""
    reader = _Reader()
    reader.feed(page)
    return Sight(reader.language, reader.texts, reader.blocks)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.language = ""
        self.texts: list[str] = []
        self.blocks: list[Table | Fact] = []
        self._places = [0]
        self._last_place = 0
        self._open: list[tuple[str, bool]] = []
        self._headings: dict[str, str] = {}
        self._term = ""
        self._pieces: list[str] = []
        self._cells: list[list[str]] = []
        self._start = True
        self._tag, self._after_heading = "", False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        self.language = held.get("lang", "") if tag == "html" else self.language
        if tag in VOID:
            return
        hidden = tag in UNSEEN or "hidden" in held.get("class", "").split() or "hidden" in held
        hidden = hidden or held.get("aria-hidden") == "true"
        self._open.append((tag, hidden and tag != "caption"))
        self._start = True
        if tag in HEADINGS | {"dt", "dd", "th", "td", "caption"}:
            self._pieces = []
        if tag in ("article", "section"):
            self._last_place += 1
            self._places.append(self._last_place)
        if tag == "table":
            self.blocks.append(Table(tuple(self._headings.values()), self._places[-1], self._tag))
        if tag == "tr":
            self._cells = []
        if tag in HEADINGS:
            self._headings = {name: text for name, text in self._headings.items() if name < tag}

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        while self._open and self._open.pop()[0] != tag:
            pass
        self._start = True
        pieces = [text for piece in self._pieces if (text := _plain(piece))]
        within = {name for name, _ in self._open}
        if tag in ("article", "section"):
            self._places.pop()
        if tag in HEADINGS:
            self._headings[tag] = " ".join(pieces)
        elif tag == "dt":
            self._term = " ".join(pieces)
        elif tag == "dd":
            self.blocks.append(Fact(self._term, " ".join(pieces), self._places[-1]))
        elif tag == "caption":
            self.tables[-1].caption = " ".join(pieces)
        elif tag in ("th", "td"):
            self._cells.append(pieces)
        elif tag == "tr" and "thead" not in within and self._cells:
            self.tables[-1].rows.append(Row(self._cells, len(self._cells) == 1))

    @property
    def tables(self) -> list[Table]:
        return [block for block in self.blocks if isinstance(block, Table)]

    def handle_data(self, data: str) -> None:
        if any(hidden for _, hidden in self._open):
            return
        if text := _plain(data):
            self.texts.append(text)
            self._tag = text if self._after_heading else self._tag
            self._after_heading = any(tag in HEADINGS for tag, _ in self._open)
        if self._start:
            self._pieces.append("")
            self._start = False
        self._pieces[-1] += data


def _plain(text: str) -> str:
    """The text, white space as one space; spaces that hold a number together stay."""
    return re.sub(r"[ \n\t]+", " ", text).strip(" \n\t")
