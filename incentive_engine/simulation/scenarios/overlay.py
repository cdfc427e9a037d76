"""A rule set with some of its values changed, added or removed by path: the same as the whole file written anew.

The written data are changed, not the models, and then declared and checked as those of any rule set: nothing that could
not be written can be simulated, and what is wrong is told where the scenario says it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from incentive_engine.documents import Document, PatchedDocument, Place, put, spread, without
from incentive_engine.errors import InputProblems, Location, Problem
from incentive_engine.mistakes import KeyPath
from incentive_engine.rulesets.loading import Rules, load_document
from incentive_engine.simulation.scenarios.paths import Unknown, found, free, path_text
from incentive_engine.simulation.scenarios.weights import SharedWeight, share_weights


@dataclass(frozen=True, slots=True)
class Written:
    """Where changes are written: the document, and the path there of the mapping with `change`, `add` and `remove`.

    `swept`: the path of the mapping with values that a number goes through.
    """

    document: Document
    path: KeyPath
    swept: KeyPath = ()

    def at(self, where: KeyPath) -> KeyPath:
        """The path of a change, or of the values that the change is one of."""
        path = (*self.path, *where)
        return path if _is_there(self.document.data, path) else (*self.swept, *where[1:])


@dataclass(frozen=True, slots=True)
class Overlay:
    """The document of a rule set with changes in it."""

    document: Document
    paths: tuple[str, ...]
    """What was changed, added or removed, in this order."""
    removed: tuple[KeyPath, ...]
    shared: tuple[SharedWeight, ...]
    """Weights that nobody wrote: those beside one that was changed, which share what it leaves."""
    written: Mapping[KeyPath, Location | None]
    """Where each change is written, by the path of what it changes."""

    def rules(self) -> Rules:
        """The rule set that the document makes. Raises InputProblems with all that is wrong with it."""
        try:
            rules = load_document(self.document)
        except InputProblems as found:
            raise InputProblems(map(self._where_it_was_changed, found.problems)) from None
        hint = "what an entry of the catalogue brings can be changed, not removed"
        back = [
            Problem("taken-over", f"`{path_text(path)}` comes with `like`", rules.document.at(path), hint)
            for path in self.removed
            if not any(isinstance(part, int) for part in path) and _is_there(rules.document.data, path)
        ]
        if back:
            raise InputProblems(back)
        return rules

    def _where_it_was_changed(self, problem: Problem) -> Problem:
        """A problem of what a change stands in, such as a group's weights, told where the change is written."""
        if problem.location is None or problem.location.file != self.document.file:
            return problem
        around = ((path[:end], where) for path, where in self.written.items() for end in range(1, len(path) + 1))
        for path, where in sorted(around, key=lambda each: len(each[0]), reverse=True):
            if where is not None and problem.location in (self.document.key_at(path), self.document.at(path)):
                return replace(problem, location=where)
        return problem


def overlaid(
    rules: Rules,
    change: Mapping[str, Any] = {},
    add: Mapping[str, Any] = {},
    remove: Iterable[str] = (),
    written: Written | None = None,
) -> Rules:
    """The rule set with values changed, added and removed by path, as if its file said so.

    `change`: `{"plans.adviser.cap": Decimal("1.4")}`; values as YAML is read, numbers as Decimal. `written`: where the
    changes stand, for what is told of them. Raises InputProblems: a path that leads nowhere, with what may be meant,
    and whatever the changed rule set gets wrong.
    """
    return overlay(rules, change, add, remove, written).rules()


def overlay(
    rules: Rules,
    change: Mapping[str, Any] = {},
    add: Mapping[str, Any] = {},
    remove: Iterable[str] = (),
    written: Written | None = None,
) -> Overlay:
    """The document of the rule set with the changes; nothing is declared yet. Raises InputProblems.

    Its examples were worked out without the changes, and are left out.
    """
    removed = tuple(remove)
    base = rules.editions[0].document
    made = _Making(without(base, ("examples",)) if "examples" in base.data else base, written)
    for text, value in change.items():
        made.put("change", text, value, found)
    for text, value in add.items():
        made.put("add", text, value, free)
    doomed = made.take_out(removed)
    if made.problems:
        raise InputProblems(made.problems)
    document, shared = share_weights(made.document, made.edited, made.location)
    written_at = {path: made.location(where) for path, where in made.edited.items()}
    return Overlay(document, (*change, *add, *removed), doomed, shared, written_at)


class _Making:
    """A document on its way to an overlay, and what could not be done."""

    def __init__(self, base: Document, written: Written | None) -> None:
        self._written = written
        self.document = base if written is None else PatchedDocument.of(base, written.document)
        self.problems: list[Problem] = []
        self.edited: dict[KeyPath, tuple[str | int, ...]] = {}
        """Where something was done, and where that is written, within the changes."""

    def put(self, section: str, text: str, value: Any, look_up: Callable[[Document, str], KeyPath]) -> None:
        """Puts a value where a path leads."""
        path = self._looked_up(text, (section, text), look_up)
        if path is None:
            return
        self.document = put(self.document, path, value, self._place((section, text), value))
        self.edited[path] = (section, text)

    def _place(self, where: KeyPath, value: Any) -> Place | None:
        if self._written is None or not isinstance(self.document, PatchedDocument):
            return None
        at = self._written.at(where)
        place = self.document.place_in_other(at)
        return place if at[: len(self._written.path)] == self._written.path else spread(value, place)

    def take_out(self, texts: tuple[str, ...]) -> tuple[KeyPath, ...]:
        """Takes out what paths lead to, the last of a list first."""
        doomed: dict[KeyPath, tuple[str | int, ...]] = {}
        for index, text in enumerate(texts):
            path = self._looked_up(text, ("remove", index), found)
            if path is not None:
                doomed[path] = ("remove", index)
        for path, where in doomed.items():
            within = [each for each in (*self.edited, *doomed) if each[: len(path)] == path and each != path]
            if path in self.edited or within:
                message = f"`{path_text(path)}` is removed, and something in it is changed or removed too"
                self.problems.append(Problem("removed-too", message, self.location(where), "keep one of the two"))
        if not self.problems:
            for path in sorted(doomed, key=_numbers, reverse=True):
                self.document = without(self.document, path)
        self.edited |= doomed
        return tuple(doomed)

    def location(self, where: KeyPath) -> Location | None:
        """Where a change is written; None where nobody wrote it."""
        if self._written is None:
            return None
        return self._written.document.key_at(self._written.at(where))

    def _looked_up(self, text: str, where: KeyPath, look_up: Callable[[Document, str], KeyPath]) -> KeyPath | None:
        try:
            return look_up(self.document, text)
        except Unknown as unknown:
            self.problems.append(Problem("unknown-path", unknown.message, self.location(where), unknown.hint))
            return None


def _numbers(path: KeyPath) -> list[int]:
    """The places in lists of a path."""
    return [part for part in path if isinstance(part, int)]


def _is_there(data: Any, path: KeyPath) -> bool:
    for part in path:
        if isinstance(part, int) and isinstance(data, list):
            data = dict(enumerate(data))
        if not isinstance(data, dict) or part not in data:
            return False
        data = data[part]
    return True
