"""What the page of an audit says, as frozen values in one language: templates lay it out and work nothing out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from incentive_engine.audit.findings import Verdict

Sign = Literal["sound", "weak", "unfit", "unknown", "none"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the overview: an indicator with a sign for each quality, in the order of the qualities."""

    kpi: str
    title: str
    perspective: str
    verdict: Verdict
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found of one quality."""

    quality: str
    verdict: Verdict
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dots:
    """Results in order, each with its interval, as paths of a drawing 600 wide and 120 high."""

    intervals: str
    results: str
    bottom: str
    top: str
    caption: str


@dataclass(frozen=True, slots=True)
class Card:
    """One indicator."""

    kpi: str
    title: str
    meaning: str
    perspective: str
    verdict: Verdict
    settle: str
    paid_in: tuple[str, ...]
    measured: str
    defined_by: str
    dots: Dots | None
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a plan's table: a measure, its weight, its part of the money and of the differences."""

    title: str
    perspective: str
    weight: str
    paid: str
    effective: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A share, drawn."""

    name: str
    share: str
    width: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan."""

    title: str
    bars: tuple[Bar, ...]
    sentences: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """An indicator in the driver graph; positions in the units of the drawing."""

    lines: tuple[str, ...]
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Arrow:
    """A link in the driver graph."""

    path: str
    verdict: str
    sentence: str
    label_x: int
    label_y: int


@dataclass(frozen=True, slots=True)
class Graph:
    """What drives what."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """A department and an indicator: the weight, drawn, and whether it is agreed."""

    paid: bool
    weight: str
    width: str
    agreed: bool


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """An indicator, across departments."""

    title: str
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """Records that a person should look at."""

    subject: str
    source: str
    signal: str
    records: str
    usual: str


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page."""

    language: str
    title: str
    rule_set: str
    version: str
    decided: str
    periods: str
    summary: str
    verdicts: tuple[tuple[Verdict, str], ...]
    rows: tuple[Row, ...]
    plans: tuple[Plan, ...]
    cards: tuple[Card, ...]
    others: tuple[Card, ...]
    graph: Graph | None
    departments: tuple[str, ...]
    matrix: tuple[MatrixRow, ...]
    between: tuple[str, ...]
    review: tuple[Review, ...]
    looked: tuple[str, ...]
    inputs: tuple[tuple[str, str, str], ...]
    engine: str
