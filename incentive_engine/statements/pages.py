"""Values to pages, through Jinja: sandboxed, every value escaped, an unknown field an error.

Pages stand alone: the look is inside each of them, nothing is fetched, nothing runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from incentive_engine.statements import values
from incentive_engine.statements.design import OUR_DESIGN, Design
from incentive_engine.statements.languages import Language
from incentive_engine.statements.template_mistakes import told
from incentive_engine.statements.twin import TwinWriter
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


def environment(*folders: Path) -> Sandbox:
    """The templates of folders, the first one first: what they are given is escaped, what they are not is an error."""
    return Sandbox(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


class Pages:
    """The templates of one design. Raises InputProblems for what is wrong with a company's own, told with its line."""

    def __init__(self, design: Design = OUR_DESIGN) -> None:
        self._design = design
        self._environment = environment(*design.folders)
        self._twins: dict[tuple[str, str], TwinWriter] = {}

    def statement(self, statement: Statement, language: Language) -> str:
        """The page of one payee, with its twin inside."""
        twin = Markup(self._twin(language).written(statement))
        return self.page(STATEMENT, language, statement=statement, twin=twin)

    def index(self, index: Index, language: Language) -> str:
        """The page of the compensation team."""
        return self.page(INDEX, language, index=index)

    def page(self, template: str, language: Language, **values: Any) -> str:
        """A page from any template of the design."""
        with told(self._design.folder):
            return self._template(template).render(**values, words=language.words, brand=self._brand(language.code))

    def _twin(self, language: Language) -> TwinWriter:
        key = (language.code, language.currency)
        if key not in self._twins:
            self._twins[key] = TwinWriter(language)
        return self._twins[key]

    @cached_property
    def _template(self) -> Callable[[str], Template]:
        return cache(self._environment.get_template)

    @cached_property
    def _brand(self) -> Callable[[str], Mapping[str, Any]]:
        return cache(self._design.brand.shown)
