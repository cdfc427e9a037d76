"""Paths into a rule set, as people write them: `plans.adviser.scorecard.customer.weight`, `plans.adviser.gates.1`.

A key that has a dot in it stands in quotes; what a list holds is named by its number, counted from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from incentive_engine.documents import Document
from incentive_engine.errors import did_you_mean
from incentive_engine.mistakes import KeyPath

_PART: Final = re.compile(r'(?:"([^"]+)"|([^."]+))(?:\.(?=.)|$)')
_TRUTHS: Final[Mapping[Any, str]] = {None: "null", True: "true", False: "false"}
_MOST: Final = 6
"""How many keys a hint lists."""


@dataclass(frozen=True, slots=True)
class Unknown(Exception):
    """A path leads nowhere: why, and what may be meant."""

    message: str
    hint: str | None


def path_text(path: KeyPath) -> str:
    """The path as people write it."""
    return ".".join(str(part + 1) if isinstance(part, int) else f'"{part}"' if "." in part else part for part in path)


def parts_of(text: str) -> tuple[str, ...]:
    """The keys that a path names. Raises Unknown for what is no path."""
    parts, at = list[str](), 0
    while at < len(text) or not parts:
        match = _PART.match(text, at)
        if match is None:
            raise Unknown(f"`{text}` is no path", "write keys with dots between: plans.adviser.cap")
        parts.append(match[1] or match[2])
        at = match.end()
    return tuple(parts)


def found(document: Document, text: str) -> KeyPath:
    """The path of a value that is there. Raises Unknown with what may be meant."""
    path, place = _followed(document, text, parts_of(text))
    if not place:
        raise _nowhere(document, text, path)
    return path


def free(document: Document, text: str) -> KeyPath:
    """The path of a value that is not there yet, in a mapping or at the end of a list that is. Raises Unknown."""
    *above, last = parts_of(text)
    path, place = _followed(document, text, tuple(above))
    data = value_at(document, path)
    if not place or not isinstance(data, dict | list):
        raise _nowhere(document, text, path)
    key = _key(data, last)
    if isinstance(data, list) and key != len(data):
        raise Unknown(f"`{text}` is not the next of a list", f"the next is `{path_text((*path, len(data)))}`")
    if isinstance(data, dict) and key in data:
        raise Unknown(f"`{text}` is there already", "write it under `change`")
    return (*path, last if isinstance(data, dict) else len(data))


def value_at(document: Document, path: KeyPath) -> Any:
    """What the document holds at a path that is there."""
    data = document.data
    for part in path:
        data = data[part]
    return data


def as_written(document: Document, path: KeyPath) -> str:
    """The value at a path that is there, on one line, as the file has it."""
    value = value_at(document, path)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {as_written(document, (*path, key))}" for key in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_written(document, (*path, at)) for at in range(len(value))) + "]"
    return " ".join((document.written(path) or _TRUTHS.get(value) or str(value)).split())


def every_path(data: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The paths of all values inside data, in written order."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from every_path(value, (*path, key))


def _followed(document: Document, text: str, parts: tuple[str, ...]) -> tuple[KeyPath, bool]:
    """How far the parts lead, and whether that is all the way."""
    data, path = document.data, list[str | int]()
    for part in parts:
        key = _key(data, part)
        if key is None or (isinstance(data, list) and key == len(data)):
            return tuple(path), False
        path.append(key)
        data = data[key]
    return tuple(path), True


def _key(data: Any, part: str) -> Any:
    """The key of a mapping or the index of a list that a part names; the index after the last is that of a new one."""
    if isinstance(data, list):
        return int(part) - 1 if part.isdecimal() and 1 <= int(part) <= len(data) + 1 else None
    return part if isinstance(data, dict) and part in data else None


def _nowhere(document: Document, text: str, there: KeyPath) -> Unknown:
    """Why a path that leads as far as `there` leads no further, and what may be meant."""
    parts, inside = parts_of(text), value_at(document, there)
    place = f"`{path_text(there)}`" if there else "the rule set"
    missing = parts[len(there)]
    if isinstance(inside, list):
        items = "1 item" if len(inside) == 1 else f"{len(inside)} items"
        return Unknown(f"{place} has {items}, and no `{missing}`", "items are counted from 1")
    if not isinstance(inside, Mapping):
        return Unknown(f"{place} is a single value: nothing is inside it", f"change {place} itself")
    message = f"{place} has no `{missing}`"
    longer = _longer(inside, parts[len(there) :])
    if longer is not None:
        return Unknown(message, f"did you mean `{path_text((*there, *longer))}`?")
    near = did_you_mean(missing, map(str, inside))
    if near is not None:
        named = near.split("`")[1]
        whole = ".".join((*([path_text(there)] if there else []), named, *parts[len(there) + 1 :]))
        return Unknown(message, f"did you mean `{whole}`?")
    listed = ", ".join(f"`{key}`" for key in list(inside)[:_MOST])
    return Unknown(message, f"it has {listed}{' …' if len(inside) > _MOST else ''}")


def _longer(data: Any, parts: tuple[str, ...]) -> KeyPath | None:
    """The shortest path that names all the parts, in order, and something between them."""

    def names_all(path: KeyPath) -> bool:
        rest = iter(path)
        return path[-1] == parts[-1] and all(part in rest for part in parts)

    return min((path for path in every_path(data) if names_all(path)), key=len, default=None)
