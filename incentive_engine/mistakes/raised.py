"""pydantic's errors, brought to places that exist in the document, and only those that a reader has to act on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from incentive_engine.mistakes.mistake import KeyPath
from incentive_engine.mistakes.words import NOUNS


@dataclass(frozen=True, slots=True)
class Raised:
    """One error of pydantic with its place in the document, and the tags in its path with the depth they stand at."""

    kind: str
    path: KeyPath
    tags: tuple[tuple[int, str], ...]
    value: Any
    context: Mapping[str, Any]
    said: str
    missing: str | int | None = None
    on_key: bool = False

    @property
    def is_mismatch(self) -> bool:
        """Whether the value is of another type, or another word, than the model takes here."""
        return not self.on_key and (
            self.kind in NOUNS or self.kind in ("literal_error", "enum") or "expected_type" in self.context
        )


def raised(error: ValidationError, data: Any) -> list[Raised]:
    """The errors of a validation of `data`, without those that only follow from others."""
    placed = [_placed(data, each) for each in error.errors(include_url=False)]
    return _of_nearest_branches([each for each in placed if not _counts_failed_items(each)])


def _placed(data: Any, error: Any) -> Raised:
    loc = list(error["loc"])
    kind, context = str(error["type"]), error.get("ctx") or {}
    missing = loc.pop() if kind == "missing" else None
    on_key = bool(loc) and loc[-1] == "[key]"
    path: list[str | int] = []
    tags: list[tuple[int, str]] = []
    here = data
    for position, part in enumerate(loc):
        if _is_place(here, part, loc[position + 1 :]):
            path.append(part)
            here = here[part]
        elif part != "[key]":
            tags.append((len(path), str(part)))
    return Raised(kind, tuple(path), tuple(tags), here, context, str(error["msg"]), missing, on_key)


def _is_place(data: Any, part: Any, rest: Sequence[Any]) -> bool:
    """Whether `part` is a key or an index in the data here, and not a union's tag that is spelled like a key."""
    if isinstance(data, dict) and part in data:
        could_be_tag = any(part == value for value in data.values() if isinstance(value, str))
        return not (could_be_tag and rest and _holds(data, rest[0]) and not _holds(data[part], rest[0]))
    return isinstance(data, list) and isinstance(part, int) and 0 <= part < len(data)


def _holds(data: Any, part: Any) -> bool:
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and 0 <= part < len(data)


def _counts_failed_items(each: Raised) -> bool:
    """Whether a list is called too short only because its items failed."""
    if each.kind == "too_short":
        return isinstance(each.value, (list, dict)) and len(each.value) >= int(each.context.get("min_length") or 0)
    return each.kind == "default_factory_not_called"


def _of_nearest_branches(errors: list[Raised]) -> list[Raised]:
    """Of the branches of each union, only those that the written value comes nearest to."""
    unions: dict[Any, dict[str, list[Raised]]] = defaultdict(lambda: defaultdict(list))
    for each in errors:
        for position, (depth, tag) in enumerate(each.tags):
            unions[each.path[:depth], each.tags[:position]][tag].append(each)
    dropped: set[int] = set()
    for (path, _), branches in unions.items():
        fitting = {
            tag: found
            for tag, found in branches.items()
            if not any(each.is_mismatch and each.path == path for each in found)
        }
        if fitting:
            nearest = min(fitting, key=lambda tag: len(fitting[tag]))
            dropped.update(id(each) for tag, found in branches.items() if tag != nearest for each in found)
    return [each for each in errors if id(each) not in dropped]
