"""The data of one YAML file, where each part of it is written, and how it becomes a model.

Positions live beside the data, never inside it: a tree of places mirrors the document, and a path finds its place.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from incentive_engine.errors import InputProblems, Location, Problem
from incentive_engine.mistakes import KeyPath, Mistake, conversions, mistakes

Model = TypeVar("Model", bound=BaseModel)
_COLLECTIONS: Final = frozenset({"block", "flow"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where one value is written (indexes into the text), and the places of what is inside it."""

    start: int
    end: int
    style: str
    key: int | None = None
    inner: dict[str | int, Place] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """The data of one YAML file, its text, and where each part of it is written."""

    file: str
    data: Any
    text: str
    root: Place = field(repr=False, compare=False, default=Place(0, 0, ""))

    def at(self, path: KeyPath) -> Location:
        """Where the value at `path` is written, or its nearest ancestor that is."""
        return self.location(self._find(path)[0].start)

    def key_at(self, path: KeyPath) -> Location:
        """Where the key of the value at `path` is written; where there is none, as in lists, the value."""
        place, _ = self._find(path)
        return self.location(place.start if place.key is None else place.key)

    def inside(self, path: KeyPath, offset: int) -> Location:
        """Where character `offset` of the text at `path` is written, whatever its quotes, escapes and folded lines."""
        place, whole = self._find(path)
        value = self.data
        for part in path if whole else ():
            value = value[part]
        if not whole or not isinstance(value, str):
            return self.location(place.start)
        return self.location(_index_inside(self.text, place, value, offset))

    def written(self, path: KeyPath) -> str | None:
        """The scalar at `path` exactly as it is written, quotes included; None for a list, a mapping or nothing."""
        place, whole = self._find(path)
        if not whole or place.style in _COLLECTIONS or place.end <= place.start:
            return None
        return self.text[place.start : place.end]

    def begins(self, path: KeyPath) -> Location:
        """Where a reader looks for the value at `path`: its key if it goes over lines of its own, else the value."""
        return self.key_at(path) if self._find(path)[0].style == "block" else self.at(path)

    def filled(self, path: KeyPath, others: Mapping[str, Any], origin: KeyPath) -> Document:
        """The document with those of `others` that the mapping at `path` lacks: they come first, in their order.

        Each is told of as if it stood where `origin` does.
        """
        start = self._find(origin)[0].start
        data, root = _filled(self.data, self.root, path, others, Place(start, start, ""))
        return replace(self, data=data, root=root)

    def _find(self, path: KeyPath) -> tuple[Place, bool]:
        place = self.root
        for part in path:
            inner = place.inner.get(part)
            if inner is None:
                return place, False
            place = inner
        return place, True

    def location(self, index: int) -> Location:
        """Where a character of the text is written."""
        line = bisect.bisect_right(self._line_starts, index)
        return Location(self.file, line, index - self._line_starts[line - 1] + 1)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]


def _filled(data: Any, place: Place, path: KeyPath, others: Mapping[str, Any], origin: Place) -> tuple[Any, Place]:
    if not path:
        return {**others, **data}, replace(place, inner={**dict.fromkeys(others, origin), **place.inner})
    first, rest = path[0], path[1:]
    value, inner = _filled(data[first], place.inner[first], rest, others, origin)
    return {**data, first: value}, replace(place, inner={**place.inner, first: inner})


def declare(document: Document, model: type[Model], renamed: Mapping[str, str] = {}) -> Model:
    """The document as a `model`; `renamed` maps keys that no longer exist to their new name.

    Raises InputProblems with every problem of the document, each where it is written.
    """
    try:
        declared = model.model_validate(document.data)
    except ValidationError as error:
        found = mistakes(error, document.data, model, document.written, renamed)
    else:
        found = list(conversions(document.data, declared, document.written))
        if not found:
            return declared
    raise InputProblems([_located(document, mistake) for mistake in found])


def _located(document: Document, mistake: Mistake) -> Problem:
    if mistake.offset is not None:
        location = document.inside(mistake.path, mistake.offset)
    elif mistake.on_key:
        location = document.key_at(mistake.path)
    else:
        location = document.begins(mistake.path)
    return Problem(mistake.code, mistake.message, location, mistake.hint)


def _index_inside(text: str, place: Place, value: str, offset: int) -> int:
    """Follow a value and its source side by side: quotes, escapes, folded lines and indents are in the source only."""
    offset = min(max(offset, 0), len(value))
    at = text.find("\n", place.start) + 1 if place.style in ("|", ">") else place.start + len(place.style)
    for position, character in enumerate(value):
        while not character.isspace() and text[at : at + 1].isspace():
            at += 1
        while place.style == '"' and text[at : at + 2] == "\\\n":  # a line goes on: nothing of the value
            at += 2
            while text[at : at + 1].isspace():
                at += 1
        if position == offset:
            break
        if place.style == '"' and text[at : at + 1] == "\\":
            at += {"x": 4, "u": 6, "U": 10}.get(text[at + 1 : at + 2], 2)
        elif place.style == "'" and text[at : at + 2] == "''":
            at += 2
        elif not character.isspace() or text[at : at + 1].isspace():
            at += 1
    return min(at, place.end)
