"""What is wrong with an input: where, what, and what to do about it.

A problem is a value, not an exception: checks return lists of them, so that everything that is wrong with a file is
told at once. The exception below only carries such a list from the place that cannot go on to the door that prints it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, in words that its reader can act on."""

    code: str
    message: str
    location: Location | None = None
    hint: str | None = None
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        where = f"{self.location}: " if self.location else ""
        told = f"{where}{self.level}[{self.code}]: {self.message}"
        return f"{told}\n  hint: {self.hint}" if self.hint else told


class InputProblems(Exception):
    """The input cannot be used; `problems` says everything that is wrong with it, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=_file_order))
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[InputProblems], tuple[tuple[Problem, ...]]]:
        """The same from one process to another, which gets arguments and not what was made of them."""
        return InputProblems, (self.problems,)


def _file_order(problem: Problem) -> tuple[bool, Location, str]:
    nowhere = Location("", 0, 0)
    return (problem.location is None, problem.location or nowhere, problem.code)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint that names the known word nearest to `word`, or None when none is near."""
    by_lower = {each.lower(): each for each in sorted(known)}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f"did you mean `{by_lower[near[0]]}`?" if near else None
