"""CSV as people's software writes it: encodings, delimiters, quotes and line breaks found out per file.

Polars fills short rows up and makes something of stray quotes, so it only gets files that one regular expression
(0.25 s for 80 MB) has proved regular. Of all others Python's own reader, slower and stricter, says which rows are
uneven.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from incentive_engine.errors import InputProblems, Location, Problem
from incentive_engine.facts.contracts import TableContract
from incentive_engine.facts.grid import FAULTS_SCHEMA, Grid, named_columns, no_faults, unreadable

_DELIMITERS = (",", ";", "\t", "|")
_NONE = "\x1f"  # of a file with one column: a comma in it is part of its cell
_HEADER_BYTES = 1 << 20
_CELL_CHARACTERS = 1 << 24


@dataclass(frozen=True)
class _Body:
    """What follows the header: its UTF-8 bytes, the line on which it starts, and how its cells are set apart."""

    file: str
    content: bytes
    first_line: int
    delimiter: str
    width: int


def read_delimited(file: str, content: bytes, contract: TableContract) -> Grid:
    """The cells of a CSV file as text; raises InputProblems."""
    text = _line_feeds(_as_utf8(file, content, contract.encoding))
    start, told = _separator_line(text)
    declared = {"tab": "\t", "\\t": "\t"}.get(contract.delimiter or "", contract.delimiter) or told
    wanted = {column.source for column in contract.columns}
    delimiter, header, lines = _header(file, text[start : start + _HEADER_BYTES], declared, wanted)
    above = 1 if start else 0
    written = text[start : start + _HEADER_BYTES].split(b"\n", 1)[0].decode("utf-8", "ignore")
    named = named_columns(header, lambda position: Location(file, above + 1, _cell_start(written, delimiter, position)))
    first_line = above + lines + 1
    content = text[_after_lines(text, start, lines) :].rstrip(b"\n")
    body = _Body(file, content, first_line, delimiter, len(header))
    grid = _parsed(body) or _reread(body)
    blank = grid.frame.select(pl.all_horizontal(pl.all().is_null())).to_series().scatter(grid.uneven["row"], False)
    if blank.any():
        grid = _without(grid, blank)
    frame = grid.frame.select(pl.col(f"{position}").alias(name) for position, name in named.items())
    positions = {name: position for position, name in named.items()}

    def cell_column(line: int, name: str) -> int:
        written = text.split(b"\n", line)[line - 1].decode("utf-8")
        return _cell_start(written, delimiter, positions[name])

    return Grid(file, "csv", frame, grid.lines, tuple(named.values()), delimiter, grid.uneven, cell_column)


def is_encoding(name: str) -> bool:
    """Whether text can be written in an encoding of this name."""
    try:
        b"a".decode(name)
    except UnicodeDecodeError:  # it is one, in which a single byte is no character
        return True
    except (LookupError, ValueError):
        return False
    return True


def _as_utf8(file: str, content: bytes, declared: str | None) -> bytes:
    """What starts with a byte order mark says itself what it is; the rest is as declared, or UTF-8, or else cp1252."""
    if content.startswith(codecs.BOM_UTF8):
        content, declared = content[len(codecs.BOM_UTF8) :], "utf-8"
    elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        declared = "utf-16"
    if not content.strip():
        raise unreadable(file, "is empty: not even a header is in it")
    if declared and not is_encoding(declared):
        message = f"`{declared}` is not an encoding that is known"
        raise InputProblems([Problem("unknown-encoding", message, Location(file, 1, 1), _ENCODING_HINT)])
    tried = [declared] if declared else ["utf-8", "cp1252"]
    for encoding in tried:
        try:
            text = content.decode(encoding)
            encoded = content if encoding == "utf-8" else text.encode("utf-8")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            continue
        except UnicodeError:  # some do not say where; some give halves of characters
            line = 1
            continue
        if "\0" in text:
            raise unreadable(file, "is not a text file", "save it as CSV, Excel (.xlsx) or Parquet (.parquet)")
        return encoded
    message = f"`{file}` has characters that are not in {' or '.join(tried)}"
    raise InputProblems([Problem("unknown-encoding", message, Location(file, line, 1), _ENCODING_HINT)])


_ENCODING_HINT = "declare `encoding` for this source, such as utf-8, cp1252 or utf-16"


def _line_feeds(text: bytes) -> bytes:
    """Line breaks as line feeds: half the cost of every later step, and a carriage return alone is one too."""
    if b"\r" not in text:
        return text
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _separator_line(text: bytes) -> tuple[int, str | None]:
    """Excel's own first line `sep=;`, when there: where it ends, and the delimiter that it names."""
    first = text[:16].split(b"\n")[0].strip(b' "')
    if first.lower().startswith(b"sep=") and len(first) == 5:
        return text.index(b"\n") + 1 if b"\n" in text else len(text), first[4:5].decode("ascii", "replace")
    return 0, None


def _header(file: str, text: bytes, declared: str | None, wanted: set[str]) -> tuple[str, list[str], int]:
    """The delimiter, the header's cells and how many lines they take.

    The delimiter is the one under which most of the wanted columns are there, then the one that makes most columns.
    """
    readings: list[tuple[tuple[int, int], str, list[str], int]] = []
    lines = text.decode("utf-8", "ignore")
    for delimiter in [declared] if declared else _DELIMITERS:
        if len(delimiter.encode()) != 1 or delimiter in '"\n\r':
            raise unreadable(file, f"cannot be cut at `{delimiter}`", "declare one character as `delimiter`, or `tab`")
        reader = csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter)
        try:
            cells = next(reader, [])
        except csv.Error:
            continue
        found = len(wanted & {cell.strip() for cell in cells})
        readings.append(((found, len(cells)), delimiter, cells, reader.line_num))
    if not readings or not any(cell.strip() for cell in readings[0][2]):
        raise unreadable(file, "does not start with a header", "write the names of the columns on the first line")
    _, delimiter, cells, taken = max(readings, key=lambda reading: reading[0])
    return delimiter if declared or len(cells) > 1 else _NONE, cells, taken


def _after_lines(text: bytes, start: int, lines: int) -> int:
    for _ in range(lines):
        start = text.find(b"\n", start) + 1
        if not start:
            return len(text)
    return start


def _parsed(body: _Body) -> Grid | None:
    """The body as Polars reads it, or None when it is not as regular as Polars takes it to be."""
    schema = {f"{position}": pl.String for position in range(body.width)}
    if not body.content:
        return Grid(body.file, "csv", pl.DataFrame(schema=schema), pl.Series("line", [], pl.Int64))
    try:
        if not _regular(body):
            return None
        frame = pl.read_csv(body.content, has_header=False, schema=schema, separator=body.delimiter)
    except pl.exceptions.PolarsError:
        return None
    lines = pl.int_range(body.first_line, body.first_line + frame.height, eager=True).alias("line")
    inside = body.content.count(b"\n") + 1 - frame.height
    if inside:
        breaks = frame.select(
            pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True)).cast(pl.Int64)
        ).to_series()
        if breaks.sum() != inside:
            return None
        lines = lines + breaks.cum_sum().shift(1, fill_value=0)
    return Grid(body.file, "csv", _trimmed(frame), lines)


def _regular(body: _Body) -> bool:
    """Whether every row has as many cells as the header, and quotation marks only enclose cells or are doubled."""
    cut = re.escape(body.delimiter)
    cell = rf'(?:"(?:[^"]|"")*"|[^"{cut}\n]*)'
    row = rf"{cell}(?:{cut}{cell}){{{body.width - 1}}}"
    content = pl.Series([body.content.decode("utf-8")])
    return bool(content.str.contains(rf"\A{row}(?:\n{row})*\z")[0])


def _trimmed(frame: pl.DataFrame) -> pl.DataFrame:
    trimmed = pl.all().str.strip_chars()
    return frame.with_columns(trimmed).with_columns(pl.when(pl.all() != "").then(pl.all()))


def _reread(body: _Body) -> Grid:
    """The body as Python's reader sees it, with the rows that have too few or too many cells set aside."""
    csv.field_size_limit(_CELL_CHARACTERS)
    text = io.StringIO(body.content.decode("utf-8"), newline="")
    reader = csv.reader(text, delimiter=body.delimiter, strict=True)
    rows: list[Sequence[str | None]] = []
    lines: list[int] = []
    uneven: list[tuple[int, str, str]] = []
    line = body.first_line
    try:
        for cells in reader:
            if len(cells) != body.width and any(cells):
                reason = f"the row has {len(cells)} cells where the header has {body.width}: {_UNEVEN_HINT}"
                uneven.append((len(rows), "uneven-row", reason))
            rows.append([*cells[: body.width], *[None] * (body.width - len(cells))])
            lines.append(line)
            line = body.first_line + reader.line_num
    except csv.Error as error:
        what = f"cannot be cut into cells from line {line} on: {error}"
        hint = "look for a quotation mark that is opened and not closed, or not doubled inside a quoted cell"
        raise unreadable(body.file, what, hint, line) from None
    schema = {f"{position}": pl.String for position in range(body.width)}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    faults = pl.DataFrame(uneven, schema=FAULTS_SCHEMA, orient="row") if uneven else no_faults()
    return Grid(body.file, "csv", _trimmed(frame), pl.Series("line", lines, pl.Int64), uneven=faults)


_UNEVEN_HINT = "put a cell that holds the delimiter between quotation marks, and complete a row that was cut off"


def _without(grid: Grid, blank: pl.Series) -> Grid:
    """The same rows without the blank ones, which spreadsheets leave behind."""
    kept = ~blank
    moved = kept.cast(pl.UInt32).cum_sum() - 1
    faults = grid.uneven.filter(kept.gather(grid.uneven["row"]))
    faults = faults.with_columns(moved.gather(faults["row"]).cast(pl.UInt32).alias("row"))
    return Grid(grid.file, grid.origin, grid.frame.filter(kept), grid.lines.filter(kept), uneven=faults)


def _cell_start(line: str, delimiter: str, position: int) -> int:
    """The column, from 1, at which a cell starts in the text of its line."""
    cells, quoted = 0, False
    for offset, character in enumerate(line):
        if cells == position:
            return offset + 1
        if character == '"':
            quoted = not quoted
        cells += character == delimiter and not quoted
    return len(line) + 1 if cells == position else 1
