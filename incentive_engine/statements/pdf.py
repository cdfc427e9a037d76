"""Values to PDF, through Jinja and typst: tagged (PDF/UA-1), for archives (PDF/A-2a), the same bytes every time.

typst reads nothing but the folder of the templates: system fonts are not looked for, a template takes in nothing from
elsewhere, and files outside of the folder do not exist for it. Fonts come with the templates.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from jinja2 import Template
from markupsafe import Markup

from incentive_engine.errors import InputProblems, Location, Problem
from incentive_engine.statements.design import FONTS, OUR_DESIGN, Design
from incentive_engine.statements.fonts import characters, font_files
from incentive_engine.statements.languages import Language
from incentive_engine.statements.pages import Sandbox, environment
from incentive_engine.statements.template_mistakes import told
from incentive_engine.statements.typesetting import Typesetter
from incentive_engine.statements.values import Statement

TEMPLATE: Final = "statement.typ.j2"
_ELSEWHERE: Final = re.compile(r"""\b(?:import|include)\b(?!\s+["'][\w./-]+["'])|\beval\b|@(?:preview|local)\b""")
"""What could fetch a package: `import` and `include` of anything but a file by its name, and code in texts."""


def refuse_without_typst() -> None:
    """Raises InputProblems where what sets PDFs is not installed."""
    if importlib.util.find_spec("typst") is None:
        hint = "install it: pip install 'incentive-engine[pdf]'"
        raise InputProblems([Problem("pdf-extra", "writing PDFs needs the `pdf` extra", hint=hint)])


class Papers:
    """The templates of one design, for one run: `day` is what its documents are dated.

    Raises InputProblems for what is wrong with a company's own templates, fonts and logo.
    """

    def __init__(self, design: Design, day: dt.date) -> None:
        self._design, self._day = design, day
        refuse_without_typst()
        if design.folder is not None:
            _refuse_elsewhere(design.folder)
        fonts = [folder / FONTS for folder in design.folders if (folder / FONTS).is_dir()]
        self._environment = _typesetting(design, frozenset().union(*map(_characters, fonts)))
        self._fonts = Markup("({},)").format(Markup(", ").join(dict.fromkeys(_families(fonts))))
        self._typst = _typst().Compiler(
            root=design.folders[0],
            font_paths=_fonts(fonts),
            ignore_system_fonts=True,
            sys_inputs={"logo": design.brand.logo},
        )

    def statement(self, statement: Statement, language: Language) -> bytes:
        """The PDF of one payee."""
        return self.compiled(self.source(statement, language))

    def source(self, statement: Statement, language: Language) -> str:
        """What typst is given."""
        day = Markup(f"(year: {self._day.year}, month: {self._day.month}, day: {self._day.day})")
        with told(self._design.folder):
            return self._template.render(
                statement=statement,
                words=language.words,
                brand=self._brand(language.code),
                day=day,
                fonts=self._fonts,
            )

    def compiled(self, source: str) -> bytes:
        """The PDF of what typst is given."""
        midnight = dt.datetime(self._day.year, self._day.month, self._day.day, tzinfo=dt.UTC)
        try:
            # typst holds a document to these: it writes none that lacks a title, a language or an alternative text
            pdf = self._typst.compile(source.encode(), format="pdf", pdf_standards=["ua-1", "a-2a"], timestamp=midnight)
        except _typst().TypstError as mistake:
            if self._design == OUR_DESIGN:
                raise
            raise InputProblems([Problem("template", f"{TEMPLATE}: {mistake.message}", hint=_place(mistake))]) from None
        assert isinstance(pdf, bytes), "one file was asked for"
        return pdf

    @cached_property
    def _template(self) -> Template:
        return self._environment.get_template(TEMPLATE)

    @cached_property
    def _brand(self) -> Callable[[str], Mapping[str, Any]]:
        return cache(self._design.brand.shown)


def _typesetting(design: Design, held: frozenset[int]) -> Sandbox:
    """Templates that print every value as a text of typst."""
    typesetting = environment(*design.folders)
    typesetting.finalize = Typesetter(held)
    typesetting.keep_trailing_newline = True
    return typesetting


def _typst() -> Any:
    """Imported where a PDF is asked for: whoever asks for none need not install it."""
    import typst

    return typst


def _fonts(folders: list[Path]) -> Any:
    return _typst().Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


def _families(folders: list[Path]) -> Iterator[Markup]:
    """The families of fonts as texts of typst: a company's own first."""
    for folder in folders:
        for family in sorted(_fonts([folder]).families()):
            yield Markup(f'"{family}"')


def _characters(folder: Path) -> frozenset[int]:
    try:
        return frozenset().union(*map(characters, font_files(folder)))
    except ValueError as reason:
        raise InputProblems([Problem("bad-font", str(reason))]) from None


def _refuse_elsewhere(folder: Path) -> None:
    """Raises InputProblems where a company's templates could take in what is not in their folder."""
    problems = []
    for path in sorted([*folder.rglob("*.typ.j2"), *folder.rglob("*.typ")]):
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            found = _ELSEWHERE.search(line)
            if found:
                where = Location(str(path), number, found.start() + 1)
                hint = 'a template takes in files of its own folder only, by name: `import "name.typ"`'
                problems.append(Problem("template-elsewhere", f"`{found[0]}` is not allowed here", where, hint))
    if problems:
        raise InputProblems(problems)


def _place(mistake: Any) -> str:
    """The line of the document that typst could not set."""
    lines = [line.split("│", 1)[1].strip() for line in mistake.diagnostic.splitlines() if re.match(r"\s*\d+\s*│", line)]
    return f"it came to this line: {lines[0][:200]}" if lines else "; ".join(mistake.hints) or "see the templates"
