"""What a note beside a line says about its number: how it was rounded, which limit it met, whether a condition held.

Read back from the words of the catalogue with which it was written: a language that rewords a note is understood
without a change here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from incentive_engine.statements.languages import Language
from incentive_engine.statements.neutral import Neutral

_HOLES: Final = re.compile(r"\\\{(\w+)\\\}")
_STEP: Final = r"[^,;\d]*\d(?:[\d.,\u00a0\u202f]*\d)?(?:[\u00a0\u202f]?[^\w\s,;)]+|\u00a0\w+)?(?=,|;|\s|$)"

_LIMIT: Final = re.compile(r"-?\d+(?:\.\d+)?%?")


@dataclass(frozen=True, slots=True)
class Note:
    """What is said of one number. `json`: what a twin says of it; `bound`: the function of a limit, and the limit."""

    json: str = ""
    exact: str = ""
    """The number, where it has more digits than are printed."""
    bound: tuple[str, str] | None = None
    idle: bool = False
    """Whether the number before it goes on as it is."""

    def formula(self, before: str) -> str:
        """How the number follows from the one before it; nothing where no note says so."""
        if not before:
            return ""
        if self.bound is not None:
            return f"{self.bound[0]}({before},{self.bound[1]})"
        return before if self.idle else ""


class NoteReader:
    """Notes in one language."""

    def __init__(self, language: Language, neutral: Neutral) -> None:
        words = language.words["steps"]
        self._neutral = neutral
        self._modes = {said: mode for mode, said in words["modes"].items()}
        modes = "|".join(map(re.escape, sorted(self._modes, key=len, reverse=True)))
        self._rounded = re.compile(_pattern(words["rounded"], step=_STEP) + rf"(?:, (?P<mode>{modes}))?")
        self._exact = re.compile(_pattern(words["unrounded_as"], exact="[^;]+"))
        self._endless = re.compile(_pattern(words["unrounded"]))
        self._bounds = [
            (function, re.compile(_pattern(said, bound=r"\S.*?") + "$"))
            for name, function in (("floor", "MAX"), ("cap", "MIN"))
            for said in words["bounds"][name].values()
        ]
        self._open = re.compile(_pattern(words["gate_open"]) + r" \((?P<condition>.*)\)$")
        self._met = re.compile(_pattern(words["gate_met"], effect=".*?") + r" \((?P<condition>.*)\)(?:$|, )")
        self._cut = re.compile(
            f"{_pattern(words['brought_note'])}|{_pattern(language.words['pool']['cut'], coin='.*?')}"
        )
        self._not_below = re.compile(_pattern(language.words["pool"]["not_below"]))
        self._nothing = re.compile(_pattern(words["nothing"]))

    def note(self, text: str) -> Note:
        """What a note says."""
        for function, said in self._bounds:
            found = said.match(text)
            if found and _LIMIT.fullmatch(limit := self._neutral.text(found["bound"])):
                return Note(bound=(function, limit))
        told: dict[str, Any] = {}
        for said in (self._open, self._met):
            if found := said.match(text):
                told["condition"], told["holds"] = self._neutral.text(found["condition"]), said is self._met
        idle = told.get("holds") is False
        told |= dict(self._digits(text))
        members = "".join(f",{json.dumps(name)}:{json.dumps(each, ensure_ascii=False)}" for name, each in told.items())
        return Note(members, told.get("exact", ""), idle=idle)

    def _digits(self, text: str) -> Iterator[tuple[str, Any]]:
        """How the number was rounded or cut, and which digits of it are printed."""
        rounding = [[self._neutral.text(each["step"].strip()), each["mode"]] for each in self._rounded.finditer(text)]
        if rounding:
            yield "rounding", [[step, self._modes.get(mode, "half_up")] for step, mode in rounding]
        if exact := self._exact.search(text):
            yield "exact", f"({self._neutral.text(exact['exact'])})"
        elif self._endless.search(text):
            yield "digits", 12
        if self._cut.search(text):
            yield "cut", True
        if self._not_below.search(text):
            yield "at_least", "0"
        if self._nothing.search(text):
            yield "missing", "0"


def _pattern(said: object, **holes: str) -> str:
    """The pattern of a sentence of the catalogue, its names in braces as groups."""
    return _HOLES.sub(lambda hole: f"(?P<{hole[1]}>{holes[hole[1]]})", re.escape(str(said)))
