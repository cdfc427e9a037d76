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
        return not self.on_key and (bool(self.nouns) or self.kind in ("literal_error", "enum"))

    @property
    def nouns(self) -> tuple[str, ...]:
        """The types that the model takes here, if this error is about that."""
        if self.kind == "union_tag_not_found" and not isinstance(self.value, dict):
            return ("a mapping",)  # pydantic looks for the tag among the attributes of a number
        noun = NOUNS.get(self.kind) or self.context.get("expected_type")
        return (str(noun),) if noun else ()


def raised(error: ValidationError, data: Any) -> list[Raised]:
    """The errors of a validation of `data`, without those that only follow from others."""
    placed = [_placed(data, each) for each in error.errors(include_url=False)]
    return _of_nearest_branches([each for each in placed if not _counts_failed_items(each)])


def _placed(data: Any, error: Any) -> Raised:
    loc = list(error["loc"])
    kind, context = str(error["type"]), error.get("ctx") or {}
    missing = loc.pop() if kind == "missing" else None
    on_key = bool(loc) and loc[-1] == "[key]"
    taken = _Alignment(loc[:-1] if on_key else loc, missing).of(data)
    path = tuple(loc[position] for position in taken)
    skipped = [position for position in range(len(loc)) if position not in taken]
    tags = tuple((sum(other < position for other in taken), str(loc[position])) for position in skipped)
    here = data
    for part in path:
        here = here[part]
    return Raised(kind, path, tags, here, context, str(error["msg"]), missing, on_key)


class _Alignment:
    """Which parts of a pydantic path are places: the most that the data has, since tags may be spelled like keys.

    `{factor: …}` in a union told apart by its keys has the path `factor.factor`, and `factor.because` beside it.
    """

    def __init__(self, loc: Sequence[Any], missing: str | int | None) -> None:
        self._loc, self._missing = loc, missing
        self._best: dict[tuple[int, int], tuple[tuple[bool, int], tuple[int, ...]]] = {}

    def of(self, data: Any) -> tuple[int, ...]:
        """The positions of the parts that lead into `data`."""
        return self._from(0, data, matched=True)[1]

    def _from(self, position: int, data: Any, matched: bool) -> tuple[tuple[bool, int], tuple[int, ...]]:
        if position == len(self._loc):
            lacking = isinstance(data, (dict, list)) and not _holds(data, self._missing)
            return (lacking if self._missing is not None else matched, 0), ()
        known = self._best.get((position, id(data)))
        if known is None:
            known = self._from(position + 1, data, matched=False)
            part = self._loc[position]
            if _holds(data, part):
                (ends_well, count), taken = self._from(position + 1, data[part], matched=True)
                known = max(known, ((ends_well, count + 1), (position, *taken)), key=lambda each: each[0])
            self._best[position, id(data)] = known
        return known


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
