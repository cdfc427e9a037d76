"""What a company says and shows on its pages: `brand.yaml`. Colours that cannot be read are refused like mistakes."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field

from incentive_engine.documents import Document, declare, read_document
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.kinds.base import Declared, Label
from incentive_engine.statements.colours import DARK, LEAST, LIGHT, Scheme, unreadable
from incentive_engine.statements.logos import BadLogo, read_logo

BRAND_FILE: Final = "brand.yaml"
_TEXTS: Final = ("contact", "dispute", "public")


class Colours(Declared):
    """The colours of light and of dark pages; paper takes the light ones, on white."""

    light: Annotated[Scheme, Field(description="On a light page, and in print.")] = Scheme()
    dark: Annotated[Scheme, Field(description="On a dark page.")] = Scheme()


class BrandRules(Declared):
    """What a `brand.yaml` says."""

    company: Annotated[str, Field(min_length=1, description="Whose pages these are.")]
    logo: Annotated[str | None, Field(min_length=1, description="An SVG or PNG file beside `brand.yaml`.")] = None
    colours: Annotated[Colours, Field(description="Colours that differ from the engine's own look.")] = Colours()
    contact: Annotated[Label | None, Field(description="Whom somebody asks about a statement.")] = None
    dispute: Annotated[Label | None, Field(description="How somebody disputes a line of it.")] = None
    public: Annotated[Label | None, Field(description="What the page for customers says first.")] = None


@dataclass(frozen=True)
class Brand:
    """A company's pages: what it says, and its logo as SVG; `document` is where it is written."""

    rules: BrandRules | None = None
    logo: str = ""
    document: Document | None = None

    def shown(self, language: str) -> dict[str, Any]:
        """What templates read, in one language; what the company does not say is empty.

        `logo` is an address that holds the whole drawing; `light` and `dark` are the colours that differ, by name.
        Raises InputProblems where a text is not said in that language: no page falls back on another one.
        """
        rules, problems = self.rules, [*self.lacking([language])]
        if problems:
            raise InputProblems(problems)
        if rules is None:
            return {"company": "", "logo": "", **dict.fromkeys(_TEXTS, ""), "light": {}, "dark": {}}
        labels = {name: getattr(rules, name) for name in _TEXTS}
        drawn = base64.b64encode(self.logo.encode()).decode("ascii")
        return {
            "company": rules.company,
            "logo": f"data:image/svg+xml;base64,{drawn}" if self.logo else "",
            **{name: label[language] if label else "" for name, label in labels.items()},
            "light": rules.colours.light.said,
            "dark": rules.colours.dark.said,
        }

    def lacking(self, languages: Iterable[str]) -> Iterator[Problem]:
        """The texts that some readers could not read, each where it is written."""
        if self.document is None:
            return
        for name, language in product(_TEXTS, languages):
            label = getattr(self.rules, name)
            if label and language not in label:
                message = f"`{name}` has no text in `{language}`, which some people read"
                yield Problem("missing-language", message, self.document.key_at((name,)), f"add `{language}: …`")


NO_BRAND: Final = Brand()
"""Of a company that says nothing."""


def read_brand(path: Path) -> Brand:
    """The brand in a file. Raises InputProblems with everything that is wrong with it, each where it is written."""
    document = read_document(path)
    rules = declare(document, BrandRules)
    problems = [*_hard_to_read("light", rules.colours.light, LIGHT, document)]
    problems += _hard_to_read("dark", rules.colours.dark, DARK, document)
    logo = ""
    if rules.logo is not None:
        try:
            logo = read_logo(_beside(path, rules.logo))
        except BadLogo as reason:
            problems.append(Problem("bad-logo", f"`{rules.logo}` {reason}", document.at(("logo",))))
    if problems:
        raise InputProblems(problems)
    return Brand(rules, logo, document)


def _beside(path: Path, name: str) -> Path:
    """A file in the folder of another one, or below it."""
    folder = path.resolve().parent
    found = (folder / name).resolve()
    if Path(name).is_absolute() or not found.is_relative_to(folder):
        raise BadLogo(f"is not beside {path.name}, where it has to be")
    return found


def _hard_to_read(name: str, scheme: Scheme, own: Any, document: Document) -> Iterator[Problem]:
    for text, ground, found in unreadable(scheme.said, own):
        key = text if text in scheme.said else ground
        other = ground if key == text else text
        message = f"`{text}` on `{ground}` has a contrast of {_cut(found)}: 1; texts need {LEAST}: 1 (WCAG AA)"
        hint = f"take a {'lighter' if name == 'dark' and key == text else 'darker'} `{text}`"
        hint = hint if key == text else f"change `{ground}`, or say `{other}`, too"
        yield Problem("contrast", message, document.at(("colours", name, key)), hint)


def _cut(contrast: float) -> str:
    """Never rounded up to what is asked for."""
    return f"{int(contrast * 100) / 100:.2f}"
