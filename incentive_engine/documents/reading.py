"""YAML text becomes data that remembers where each value is written, or a list of problems.

The tree of places is built from PyYAML's events, not from `compose`: composing follows aliases before anybody can
refuse them, and recurses before a depth can be limited.

Scalars have rules of their own, because YAML's surprise people who write pay rules: `NO` is not false, `12:30` is not
750, `010` is not 8, and `35%` is the exact number 0.35. Quoted text is always text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from incentive_engine.documents.document import Document, Place
from incentive_engine.errors import InputProblems, Location, Problem
from incentive_engine.mistakes import syntax_mistake

MAX_BYTES = 5_000_000
MAX_DEPTH = 60
MAX_DIGITS = 38

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?%?")
_ANY_NUMBER = re.compile(r"[+-]?([\d_]*)\.?([\d_]*)(?:[eE]([+-]?[\d_]+))?%?")
_WORDS: dict[str, object] = {"": None, "~": None, "null": None, "true": True, "false": False}
_CONTROL = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_document(path: Path, name: str | None = None) -> Document:
    """The document in a file; problems call the file `name`. Raises InputProblems if it cannot be read as YAML."""
    file = name or str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputProblems([_too_large(file)])
        raw = path.read_bytes()
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else (error.strerror or "").lower()
        raise InputProblems([Problem("unreadable", f"`{file}` cannot be read: {reason}")]) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        problem = Problem(
            "not-utf8",
            "this character is not written in UTF-8",
            Location(file, line, column),
            "save the file with the encoding UTF-8",
        )
        raise InputProblems([problem]) from None
    return read_text(text, file)


def read_text(text: str, name: str) -> Document:
    """The document written in `text`; problems call it `name`. Raises InputProblems with everything that is wrong."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_BYTES:
        raise InputProblems([_too_large(name)])
    blank = Document(name, None, text)
    control = _CONTROL.search(text)
    if control:
        message = f"the invisible character U+{ord(control[0]):04X} is not allowed"
        raise InputProblems([Problem("syntax", message, blank.location(control.start()), "delete it")])
    reading = _Reading(blank)
    data, root = reading.document()
    if reading.problems:
        raise InputProblems(reading.problems)
    return Document(name, data, text, root)


def is_too_large(text: str) -> bool:
    """Whether a text is a number with more than 38 digits, or with one that stands further from its decimal point.

    Such numbers fit no exact arithmetic, and a few written characters (`1e9999999`) can ask for all of the memory.
    """
    match = _ANY_NUMBER.fullmatch(text.strip())
    if match is None:
        return False
    whole, fraction, exponent = ((part or "").replace("_", "") for part in match.groups())
    if len(exponent) > MAX_DIGITS:
        return True
    shift = int(exponent or 0)
    furthest = max(len(whole.lstrip("0")) - 1 + shift, len(fraction) - shift, abs(shift))
    return furthest > MAX_DIGITS or len((whole + fraction).strip("0")) > MAX_DIGITS


class _Reading:
    """One pass over the events of a YAML text, gathering what is wrong on the way."""

    def __init__(self, document: Document) -> None:
        self.source = document
        self.problems: list[Problem] = []
        self._events: Iterator[Any] = iter(yaml.parse(document.text, Loader=_LOADER))

    def document(self) -> tuple[Any, Place]:
        """The data and the places of the only document of the text."""
        try:
            first = self._next()
            while isinstance(first, (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
                first = self._next()
            if isinstance(first, yaml.StreamEndEvent):
                self._refuse("empty-file", "this file is empty", 0)
                return None, Place(0, 0, "")
            result = self._value(first, None, 0)
            self._next()
            second = self._next()
            if isinstance(second, yaml.DocumentStartEvent):
                self._refuse(
                    "syntax",
                    "a second document starts here: a file holds one",
                    _start(second),
                    "delete the line `---` or move what follows to a file of its own",
                )
            return result
        except yaml.MarkedYAMLError as error:
            index, message, hint = syntax_mistake(self.source.text, error)
            self._refuse("syntax", message, index, hint)
        except _TooDeep:
            pass
        return None, Place(0, 0, "")

    def _next(self) -> Any:
        return next(self._events)

    def _refuse(self, code: str, message: str, index: int, hint: str | None = None) -> None:
        self.problems.append(Problem(code, message, self.source.location(index), hint))

    def _value(self, event: Any, key: int | None, depth: int) -> tuple[Any, Place]:
        start = _start(event)
        if isinstance(event, yaml.AliasEvent):
            self._refuse(
                "alias-refused",
                f"`*{event.anchor}` repeats another part of the file, which is not allowed",
                start,
                "write the value here again, or name it once under its own key",
            )
            return None, Place(start, _end(event), "", key)
        if event.anchor is not None:
            self._refuse(
                "alias-refused",
                f"`&{event.anchor}` marks a part to be repeated, which is not allowed",
                start,
                f"delete `&{event.anchor}`; if the text begins with `&`, put it in quotes",
            )
        if event.tag is not None:
            self._refuse(
                "tag-refused",
                "text that begins with `!` is a YAML tag, which is not allowed",
                start,
                "delete the tag; if the text begins with `!`, put it in quotes",
            )
        if isinstance(event, yaml.ScalarEvent):
            style = event.style or ""
            if not style and is_too_large(event.value):
                hint = "write a shorter number; if it is a text, put it in quotes"
                self._refuse("too-large-number", f"this number has more than {MAX_DIGITS} digits", start, hint)
                return None, Place(start, _end(event), style, key)
            return _scalar(event.value, style), Place(start, _end(event), style, key)
        if depth >= MAX_DEPTH:
            self._refuse("too-deep", f"this is nested more than {MAX_DEPTH} levels deep", start)
            raise _TooDeep
        style = "flow" if event.flow_style else "block"
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(start, style, key, depth)
        return self._mapping(start, style, key, depth)

    def _list(self, start: int, style: str, key: int | None, depth: int) -> tuple[list[Any], Place]:
        data: list[Any] = []
        inner: dict[str | int, Place] = {}
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            value, inner[len(data)] = self._value(event, None, depth + 1)
            data.append(value)
        return data, Place(start, _end(event), style, key, inner)

    def _mapping(self, start: int, style: str, key: int | None, depth: int) -> tuple[dict[str, Any], Place]:
        data: dict[str, Any] = {}
        inner: dict[str | int, Place] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            name_at = _start(event)
            name = self._key(event, depth)
            value, place = self._value(self._next(), name_at, depth + 1)
            if name is None:
                continue
            earlier = inner.get(name)
            if earlier is None:
                data[name], inner[name] = value, place
                continue
            line = self.source.location(earlier.key or 0).line
            self._refuse(
                "repeated-key",
                f"`{name}` is written twice here",
                name_at,
                f"the first one is on line {line}: keep one of them",
            )
        return data, Place(start, _end(event), style, key, inner)

    def _key(self, event: Any, depth: int) -> str | None:
        start = _start(event)
        if not isinstance(event, yaml.ScalarEvent):
            if not isinstance(event, yaml.AliasEvent):
                self._refuse("syntax", "a list or a mapping cannot be a key", start, "write a name before the colon")
            self._value(event, None, depth + 1)
            return None
        if event.value == "<<" and not event.style:
            self._refuse(
                "alias-refused",
                "`<<` merges another part of the file, which is not allowed",
                start,
                "write the keys here again",
            )
            return None
        if event.value == "":
            self._refuse("syntax", "the name before the colon is missing", start)
            return None
        self._value(event, None, depth)
        return str(event.value)


class _TooDeep(Exception):
    """Reading stops: nothing below this depth is looked at."""


def _start(event: Any) -> int:
    return int(event.start_mark.index)


def _end(event: Any) -> int:
    return int(event.end_mark.index)


def _scalar(text: str, style: str) -> Any:
    if style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text) is None:
        return text
    if not text.endswith("%"):
        return Decimal(text)
    sign, digits, exponent = Decimal(text[:-1]).as_tuple()
    return Decimal((sign, digits, int(exponent) - 2))  # dividing by 100 would round to 28 digits


def _too_large(file: str) -> Problem:
    return Problem(
        "too-large",
        f"`{file}` has more than {MAX_BYTES // 1_000_000} MB, too much for a file of rules",
        hint="tables belong into files of their own, as CSV, Excel or Parquet",
    )
