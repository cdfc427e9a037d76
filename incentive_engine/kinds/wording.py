"""The sentences of the vocabulary, by name: one catalogue per language, under `words/`.

Those of another language stand under `rules` in the file that has the words of its statements: a language is one file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal, TypeAlias

import yaml

Language: TypeAlias = Literal["en", "fr"]
"""A language that comes with the engine."""
AnyLanguage: TypeAlias = Language | Path
"""One of them, or the catalogue of another."""
LANGUAGES: Final[tuple[Language, Language]] = ("en", "fr")
SECTION: Final = "rules"
_FOLDER: Final = Path(__file__).parent / "words"
_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@cache
def sentences(language: AnyLanguage) -> Mapping[str, str]:
    """Every sentence, by name; names of what it says stand in braces."""
    path = language if isinstance(language, Path) else _FOLDER / f"{language}.yaml"
    read = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - it makes texts, lists and mappings only
    found: Mapping[str, str] = read[SECTION] if isinstance(language, Path) else read
    return found


def said(language: AnyLanguage, sentence: str, /, **about: object) -> str:
    """One sentence, with what it is about."""
    return sentences(language)[sentence].format(**about)


class Words(Mapping[AnyLanguage, str]):
    """One sentence in each language, as the catalogues have it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getitem__(self, language: AnyLanguage) -> str:
        return sentences(language)[self._name]

    def __iter__(self) -> Iterator[AnyLanguage]:
        return iter(LANGUAGES)

    def __len__(self) -> int:
        return len(LANGUAGES)
