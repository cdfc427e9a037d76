"""A company's logo, as a drawing that pages can carry inside them: nothing is fetched, and nothing in it runs."""

from __future__ import annotations

import base64
import re
import struct
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

MAX_BYTES: Final = 200_000
"""Every statement carries it."""
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_REFUSED: Final = {
    "a document type": re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE),
    "a script": re.compile(r"<\s*(\w+:)?script|\bon\w+\s*=|javascript:", re.IGNORECASE),
    "a page inside": re.compile(r"<\s*(\w+:)?(foreignObject|iframe)", re.IGNORECASE),
    "an address outside": re.compile(
        r"""(href\s*=\s*["']\s*(?!#|data:image/)|url\(\s*["']?\s*(?!#|data:)|@import)\S*""", re.IGNORECASE
    ),
}


class BadLogo(ValueError):
    """Why a file is no logo."""


def read_logo(path: Path) -> str:
    """The logo as SVG; a PNG is put into one. Raises BadLogo where it cannot be used."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadLogo(f"cannot be read: {(error.strerror or '').lower()}") from None
    if len(data) > MAX_BYTES:
        raise BadLogo(f"has more than {MAX_BYTES // 1000} kB, and every statement carries it")
    return _of_png(data) if data.startswith(_PNG) else _of_svg(data)


def _of_png(data: bytes) -> str:
    try:
        width, height = struct.unpack_from(">II", data, 16)
    except struct.error:
        raise BadLogo("is not a whole PNG") from None
    written = base64.b64encode(data).decode("ascii")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{written}"/></svg>'
    )


def _of_svg(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadLogo("is neither SVG nor PNG") from None
    for what, pattern in _REFUSED.items():
        if pattern.search(text):
            raise BadLogo(f"holds {what}, which a logo may not")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise BadLogo(f"is neither SVG nor PNG: {error}") from None
    if root.tag != "{http://www.w3.org/2000/svg}svg":
        raise BadLogo("is neither SVG nor PNG")
    return text
