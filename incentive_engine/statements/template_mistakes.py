"""What is wrong with a company's own templates, told like any mistake of a file: never as a fault of the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Final

from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError

from incentive_engine.errors import InputProblems, Location, Problem

_MISTAKES: Final = (TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a template can make happen; anything else, and all of these elsewhere, are faults of the program."""


@contextmanager
def told(folder: Path | None) -> Iterator[None]:
    """Makes InputProblems of what goes wrong in the templates of `folder`; what goes wrong elsewhere is raised on."""
    try:
        yield
    except _MISTAKES as mistake:
        location = None if folder is None else _place(mistake, folder)
        if location is None:
            raise
        raise InputProblems([Problem("template", _said(mistake), location)]) from None


def _place(mistake: Exception, folder: Path) -> Location | None:
    """The last line of a template of the folder that was reached."""
    if isinstance(mistake, TemplateSyntaxError) and mistake.filename:
        return Location(mistake.filename, mistake.lineno, 1) if _is_in(mistake.filename, folder) else None
    return next(reversed([*_lines(mistake.__traceback__, folder)]), None)


def _lines(traceback: TracebackType | None, folder: Path) -> Iterator[Location]:
    for frame, line in walk_tb(traceback):
        if _is_in(frame.f_code.co_filename, folder):
            yield Location(frame.f_code.co_filename, line, 1)


def _is_in(file: str, folder: Path) -> bool:
    return Path(file).is_relative_to(folder)


def _said(mistake: Exception) -> str:
    if isinstance(mistake, TemplateNotFound):
        return f"there is no template `{mistake.name}`"
    said = mistake.message if isinstance(mistake, TemplateSyntaxError) else str(mistake)
    return " ".join(str(said).split()) or type(mistake).__name__
