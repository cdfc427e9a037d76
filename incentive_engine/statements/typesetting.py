"""Values as typst reads them: every value that a template prints is a text in quotes, whatever it holds.

Letters and digits stand for themselves and everything else that typst could read is written by its number, so that a
value stays a text even where a template prints it outside of code. What no font holds is shown by its code: the PDF of
the archives allows no empty boxes, and a statement drops nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Any, Final

from markupsafe import Markup

_PLAIN: Final = re.compile(r"[A-Za-z0-9 ,]")
_INVISIBLE: Final = "\u200b\u200c\u200d"
"""Not drawn, and part of how words are written: joiners of Persian and Indic letters, and where words may break."""


class Characters(dict[int, str]):
    """Each character as typst reads it, found once; `held` are those that the fonts hold."""

    def __init__(self, held: Collection[int]) -> None:
        super().__init__({ord("\n"): "\\u{a}", ord("\t"): " ", ord("\r"): ""})
        self._held = held

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if code not in self._held or not _shown(character):
            written = f"\\u{{5b}}U\\u{{2b}}{code:04X}\\u{{5d}}"
        else:
            written = character if code > 0x7F or _PLAIN.match(character) else f"\\u{{{code:x}}}"
        self[code] = written
        return written


def _shown(character: str) -> bool:
    """Whether a character is drawn, or is a space."""
    return character in _INVISIBLE or unicodedata.category(character) not in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")


class Typesetter:
    """Writes values as texts of typst; what templates themselves wrote stays as it is."""

    def __init__(self, held: Collection[int]) -> None:
        self._characters = Characters(held)

    def __call__(self, value: Any) -> Markup:
        """A value as a text in quotes."""
        if isinstance(value, Markup):
            return value
        return Markup(f'"{str(value).translate(self._characters)}"')
