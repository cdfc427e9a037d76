"""Values to pages, through Jinja: sandboxed, every value escaped, an unknown field an error.

Pages stand alone: the look is inside each of them, nothing is fetched, nothing runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from incentive_engine.shipped import templates_dir
from incentive_engine.statements import values
from incentive_engine.statements.languages import Language
from incentive_engine.statements.values import Index, Statement

STATEMENT: Final = "statement.html.j2"
INDEX: Final = "index.html.j2"


_FIELDS: Final[Mapping[type, frozenset[str]]] = {
    each: frozenset(field.name for field in fields(each))
    for each in vars(values).values()
    if isinstance(each, type) and each.__module__.startswith(f"{values.__name__}.")
}
"""What templates may read of our own values."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, which knows the fields of statements: reading one costs a look-up instead of an inspection."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute` in a template."""
        known = _FIELDS.get(type(obj))
        if known is not None and attribute in known:
            return getattr(obj, attribute)
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def environment(folder: Path) -> Sandbox:
    """The templates of a folder: what they are given is escaped, and what they are not given is an error."""
    return Sandbox(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Pages:
    """The templates of one folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._environment = environment(folder or templates_dir())

    def statement(self, statement: Statement, language: Language) -> str:
        """The page of one payee."""
        return self._statement.render(statement=statement, words=language.words)

    def index(self, index: Index, language: Language) -> str:
        """The page of the compensation team."""
        return self._environment.get_template(INDEX).render(index=index, words=language.words)

    @cached_property
    def _statement(self) -> Template:
        return self._environment.get_template(STATEMENT)
