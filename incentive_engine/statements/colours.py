"""The colours of pages, light and dark, and whether texts in them can be read (WCAG 2.2, contrast of level AA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from incentive_engine.kinds.base import Declared

Colour = Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$", description="Red, green and blue: `#0b6e63`.")]

LIGHT: Final[Mapping[str, str]] = {
    "paper": "#ffffff",
    "ground": "#f3f4f1",
    "ink": "#1b211f",
    "soft": "#55605c",
    "line": "#d5dad6",
    "customer": "#0b6e63",
    "customer_soft": "#d8ece8",
    "internal": "#7a4b12",
    "internal_soft": "#f6e7d3",
    "other": "#5b6470",
    "held": "#8a1c1c",
    "held_soft": "#fae6e4",
}
"""What look.css.j2 says for a light page."""
DARK: Final[Mapping[str, str]] = {
    "paper": "#1c2220",
    "ground": "#121615",
    "ink": "#ebefed",
    "soft": "#a9b4af",
    "line": "#3a4440",
    "customer": "#5fd0bf",
    "customer_soft": "#173a35",
    "internal": "#f0b569",
    "internal_soft": "#40301b",
    "other": "#a3adb8",
    "held": "#ff9d94",
    "held_soft": "#47211e",
}
"""What it says for a dark one."""
LEAST: Final = 4.5
"""The contrast that WCAG's level AA asks of texts of ordinary size."""
_PAIRS: Final = (
    *((text, "paper") for text in ("ink", "soft", "customer", "internal", "other", "held")),
    *((text, "ground") for text in ("ink", "soft")),
    *((text, "internal_soft") for text in ("ink", "internal")),
    *((text, "held_soft") for text in ("ink", "soft", "held")),
    ("customer", "customer_soft"),
)
"""Which colours stand on which."""


class Scheme(Declared):
    """The colours of a light or a dark page; what is not said keeps the colour of the engine's own look."""

    paper: Annotated[Colour | None, Field(description="Behind texts.")] = None
    ground: Annotated[Colour | None, Field(description="Around the paper.")] = None
    ink: Annotated[Colour | None, Field(description="Texts.")] = None
    soft: Annotated[Colour | None, Field(description="Texts that say less.")] = None
    line: Annotated[Colour | None, Field(description="Lines between things.")] = None
    customer: Annotated[Colour | None, Field(description="What customers say and live.")] = None
    customer_soft: Annotated[Colour | None, Field(description="Behind that.")] = None
    internal: Annotated[Colour | None, Field(description="What the company needs.")] = None
    internal_soft: Annotated[Colour | None, Field(description="Behind that.")] = None
    other: Annotated[Colour | None, Field(description="What no measure brought.")] = None
    held: Annotated[Colour | None, Field(description="What is held.")] = None
    held_soft: Annotated[Colour | None, Field(description="Behind that.")] = None

    @property
    def said(self) -> dict[str, str]:
        """The colours that differ from the engine's own look, by name."""
        return self.model_dump(exclude_none=True)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def unreadable(said: Mapping[str, str], own: Mapping[str, str]) -> list[tuple[str, str, float]]:
    """The pairs of text and ground that a scheme makes too hard to read, with their contrast."""
    colours = {**own, **said}
    pairs = ((text, ground) for text, ground in _PAIRS if {text, ground} & said.keys())
    measured = ((text, ground, contrast(colours[text], colours[ground])) for text, ground in pairs)
    return [pair for pair in measured if pair[2] < LEAST]


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
