"""Which characters the fonts of a folder hold, read from their tables of characters (`cmap`, OpenType 1.9).

A PDF for the archives may not show an empty box for a character that no font holds. Asking the fonts is the only way to
know before the page is set, and takes no library.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

_SUFFIXES: Final = frozenset({".ttf", ".otf"})


def font_files(folder: Path) -> list[Path]:
    """The fonts of a folder, by name."""
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in _SUFFIXES)


@cache
def characters(font: Path) -> frozenset[int]:
    """The characters that a font has a drawing for. Raises ValueError for what is no font."""
    try:
        return frozenset(_characters(font.read_bytes()))
    except (struct.error, StopIteration, IndexError):
        raise ValueError(f"{font} is no font") from None


def _characters(data: bytes) -> Iterator[int]:
    table = next(start for tag, start in _tables(data) if tag == b"cmap")
    (count,) = struct.unpack_from(">H", data, table + 2)
    for number in range(count):
        platform, _, offset = struct.unpack_from(">HHI", data, table + 4 + 8 * number)
        (form,) = struct.unpack_from(">H", data, table + offset)
        if platform in (0, 3) and form == 4:
            yield from _segments(data, table + offset)
        elif platform in (0, 3) and form == 12:
            yield from _groups(data, table + offset)


def _tables(data: bytes) -> Iterator[tuple[bytes, int]]:
    (count,) = struct.unpack_from(">H", data, 4)
    for number in range(count):
        tag, _, start, _ = struct.unpack_from(">4sIII", data, 12 + 16 * number)
        yield tag, start


def _segments(data: bytes, at: int) -> Iterator[int]:
    """Format 4: stretches of characters below U+10000."""
    (doubled,) = struct.unpack_from(">H", data, at + 6)
    numbers = f">{doubled // 2}H"
    ends, starts, deltas, offsets = (
        struct.unpack_from(numbers, data, at + 14 + each * doubled + (2 if each else 0)) for each in range(4)
    )
    of_offsets = at + 16 + 3 * doubled
    for number, (start, end, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        for character in range(start, min(end, 0xFFFE) + 1):
            glyph = character
            if offset:
                (glyph,) = struct.unpack_from(">H", data, of_offsets + 2 * (number + character - start) + offset)
            if glyph and (glyph + delta) % 0x10000:
                yield character


def _groups(data: bytes, at: int) -> Iterator[int]:
    """Format 12: stretches of any characters."""
    (count,) = struct.unpack_from(">I", data, at + 12)
    for number in range(count):
        start, end, _ = struct.unpack_from(">III", data, at + 16 + 12 * number)
        yield from range(start, end + 1)
