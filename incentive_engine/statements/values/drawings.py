"""What is drawn; positions are the only numbers that are rounded for show, and no digit of them is printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Perspective = Literal["customer", "internal", "other"]


@dataclass(frozen=True, slots=True)
class Bar:
    """A change of pay, drawn from where the bar above ends; positions in percent of the width."""

    title: str
    perspective: Perspective
    pay: str
    """What it adds, with its sign; of a whole, how much that is."""
    start: str
    width: str
    end: str
    """Where the next bar begins."""
    way: Literal["up", "down", "whole"]
    """Whether it adds, takes away, or stands by itself."""
    reached: str
    """The pay with it and all above it."""
    arithmetic: str = ""
    """How that comes about; empty where it is only added up."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The bars that lead to the payout, the first of them to what they start from if that is not nothing."""

    title: str
    lead: str
    bars: tuple[Bar, ...]
    total: Bar
    shortened: bool = False
    """Whether the bars that stand by themselves are drawn shorter than they are; the lead says so."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a curve; positions in percent of width and height, from the upper left corner."""

    x: str
    y: str
    anchor: Literal["start", "middle", "end"]
    """How its label lies on it, so that nothing is cut off."""
    label: str


@dataclass(frozen=True, slots=True)
class Sketch:
    """A payout curve with the payee's results and the points around them."""

    title: str
    lines: tuple[str, ...]
    """One line per stretch without a jump: `x,y` of its corners, in percent, from the upper left corner."""
    nothing: str
    """At which height nothing is paid."""
    own: tuple[Dot, ...]
    around: tuple[Dot, ...]
    said: str
    """The same in words."""
