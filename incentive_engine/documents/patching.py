"""A document with some of its values replaced by those of another one, each told of where it is written.

The text of the other stands behind its own, so that one index says in which of the two files a place is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from incentive_engine.documents.document import Document, Place
from incentive_engine.errors import Location
from incentive_engine.mistakes import KeyPath

_NOTHING: Final = Document("", None, "")


@dataclass(frozen=True)
class PatchedDocument(Document):
    """The document of a file in which some values are written in another file."""

    base: Document = field(repr=False, compare=False, default=_NOTHING)
    other: Document = field(repr=False, compare=False, default=_NOTHING)

    @classmethod
    def of(cls, base: Document, other: Document) -> PatchedDocument:
        """The document `base`, ready to take values from `other`."""
        return cls(base.file, base.data, f"{base.text}\n{other.text}", base.root, base, other)

    def location(self, index: int) -> Location:
        """Where a character of the two texts is written."""
        begins = len(self.base.text) + 1
        return self.base.location(index) if index < begins else self.other.location(index - begins)

    def place_in_other(self, path: KeyPath) -> Place:
        """The place of a value of the other file, as this document counts."""
        place = self.other.root
        for part in path:
            place = place.inner[part]
        return _moved(place, len(self.base.text) + 1)


def put(document: Document, path: KeyPath, value: Any, place: Place | None = None) -> Document:
    """The document with a value at a path, at the end of its mapping or list if it is new there.

    Without a `place` it is told of as if it stood where the value before it does, or what it is put into.
    """

    def changed(data: Any, at: Place) -> tuple[Any, Place]:
        key = path[-1]
        inside = at.inner.get(key, Place(at.start, at.start, "", at.key))
        inner = {**at.inner, key: place or spread(value, inside)}
        return _with(data, key, value), replace(at, inner=inner)

    return _edited(document, path[:-1], changed)


def without(document: Document, path: KeyPath) -> Document:
    """The document without the value at a path."""

    def changed(data: Any, at: Place) -> tuple[Any, Place]:
        key = path[-1]
        if isinstance(data, list):
            places = [at.inner.get(index, at) for index in range(len(data)) if index != key]
            return [each for index, each in enumerate(data) if index != key], replace(at, inner=dict(enumerate(places)))
        inner = {name: inside for name, inside in at.inner.items() if name != key}
        return {name: each for name, each in data.items() if name != key}, replace(at, inner=inner)

    return _edited(document, path[:-1], changed)


def spread(value: Any, place: Place) -> Place:
    """A place for a value and for all that is in it, as if it stood there."""
    inside = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    at = Place(place.start, place.start, "", place.key)
    return replace(at, inner={key: spread(each, at) for key, each in inside})


def _edited(document: Document, path: KeyPath, change: Callable[[Any, Place], tuple[Any, Place]]) -> Document:
    def edited(data: Any, place: Place, rest: KeyPath) -> tuple[Any, Place]:
        if not rest:
            return change(data, place)
        key = rest[0]
        inside = place.inner.get(key) or spread(data[key], place)
        value, inner = edited(data[key], inside, rest[1:])
        return _with(data, key, value), replace(place, inner={**place.inner, key: inner})

    data, root = edited(document.data, document.root, path)
    return replace(document, data=data, root=root)


def _with(data: Any, key: str | int, value: Any) -> Any:
    """The mapping or list with a value under a key: the number of items is the place of a new one."""
    if isinstance(data, list):
        return [value if index == key else each for index, each in enumerate([*data, *([value] * (key == len(data)))])]
    return {**data, key: value}


def _moved(place: Place, by: int) -> Place:
    inner = {name: _moved(inside, by) for name, inside in place.inner.items()}
    key = None if place.key is None else place.key + by
    return Place(place.start + by, place.end + by, place.style, key, inner)
