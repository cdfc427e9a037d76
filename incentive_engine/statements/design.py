"""How a company's pages look: whose templates are taken first, and what `brand.yaml` says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.shipped import templates_dir
from incentive_engine.statements.brand import BRAND_FILE, NO_BRAND, Brand, read_brand

WORDS: Final = "words"
FONTS: Final = "fonts"


@dataclass(frozen=True)
class Design:
    """A company's own templates, if it has any, and its brand."""

    folder: Path | None = None
    brand: Brand = NO_BRAND

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where templates are looked for, the first one first."""
        return (templates_dir(),) if self.folder is None else (self.folder, templates_dir())

    @property
    def words(self) -> Path | None:
        """The folder of the company's own catalogues of words, if it has one."""
        found = None if self.folder is None else self.folder / WORDS
        return found if found is not None and found.is_dir() else None


OUR_DESIGN: Final = Design()
"""That of the engine."""


def read_design(templates: Path | None = None, brand: Path | None = None) -> Design:
    """The design of a folder of templates, and of a `brand.yaml`, which may lie in that folder.

    Raises InputProblems where there are none, or with everything that is wrong with the brand.
    """
    if templates is not None:
        templates = templates.resolve()
        _refuse_useless(templates)
        if brand is None and (templates / BRAND_FILE).is_file():
            brand = templates / BRAND_FILE
    return Design(templates, NO_BRAND if brand is None else read_brand(brand))


def _refuse_useless(folder: Path) -> None:
    """A folder that replaces nothing was meant to: a name is wrong."""
    if not folder.is_dir():
        raise InputProblems([Problem("no-templates", f"`{folder}` is no folder")])
    own = templates_dir()
    known = {path.relative_to(own).as_posix() for path in own.rglob("*.j2")}
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    if not any(name in known or name == BRAND_FILE or name.startswith((WORDS, FONTS)) for name in names):
        hint = f"a file there replaces the one of the same name among: {', '.join(sorted(known))}"
        raise InputProblems([Problem("no-templates", f"no file in `{folder}` replaces anything", hint=hint)])
