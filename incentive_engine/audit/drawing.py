"""Small drawings of an audit, as coordinates: results with their intervals, and the graph of what drives what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import polars as pl

from incentive_engine.audit.findings import InUnit, Link
from incentive_engine.audit.paper import Arrow, Box, Dots, Graph
from incentive_engine.audit.telling import Told
from incentive_engine.engine.measured import VALUE
from incentive_engine.rulesets.models import Kpi

WIDTH, HEIGHT, EDGE = 600, 120, 4
MOST: Final = 150
"""So many results can be told apart in a drawing; of more, every second or third is drawn."""
BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y, LINE = 190, 52, 130, 18, 22


def dots(results: pl.DataFrame, kpi: Kpi, write: Told, words: Mapping[str, Any], subjects: str) -> Dots | None:
    """The results of a KPI in order, each with its interval; None where there are not several."""
    if results.height < 2:
        return None
    shown = results.gather_every(-(-results.height // MOST))
    sure = shown["low"].is_not_null().any()
    bottom = float(results.select(pl.min_horizontal(pl.col(VALUE).min(), pl.col("low").min())).item())
    top = float(results.select(pl.max_horizontal(pl.col(VALUE).max(), pl.col("high").max())).item())
    if bottom == top:
        return None

    def y(value: float) -> str:
        return f"{HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - bottom) / (top - bottom):.1f}"

    intervals, points = [], []
    for at, (_, value, low, high) in enumerate(shown.iter_rows()):
        x = f"{EDGE + (WIDTH - 2 * EDGE) * (at + 0.5) / shown.height:.1f}"
        points.append(f"M{x} {y(value)}h0")
        if low is not None and high is not None:
            intervals.append(f"M{x} {y(low)}V{y(high)}")
    low_end, high_end = (
        write.format_field(InUnit(end, kpi.compute.in_percent, kpi.unit), "unit") for end in (bottom, top)
    )
    caption = words["drawing" if sure else "drawing_without"]
    count = write.format_field(results.height, "count")
    told = caption.format(count=count, subjects=subjects)
    return Dots("".join(intervals), "".join(points), low_end, high_end, told)


def percent_wide(share: float) -> str:
    """A share as the width of a bar."""
    return f"{min(max(share, 0.0), 1.0) * 100:.1f}"


def graph(links: Sequence[Link], title: Callable[[str], str], told: Callable[[Link], str]) -> Graph | None:
    """What drives what, from left to right: each indicator stands left of all that it drives."""
    if not links:
        return None
    layers = _layers(links)
    columns: dict[int, list[str]] = {}
    for name, layer in layers.items():
        columns.setdefault(layer, []).append(name)
    last = max(layers.values())
    tallest = max(map(len, columns.values())) * (BOX_HEIGHT + GAP_Y) - GAP_Y
    places: dict[str, tuple[int, int]] = {}
    for layer, names in columns.items():
        free = tallest - (len(names) * (BOX_HEIGHT + GAP_Y) - GAP_Y)
        for at, name in enumerate(names):
            x, y = (last - layer) * (BOX_WIDTH + GAP_X), at * (BOX_HEIGHT + GAP_Y) + free // 2
            places[name] = (x + EDGE, y + EDGE)
    boxes = tuple(Box(_lines(title(name)), *place) for name, place in places.items())
    arrows = tuple(_arrow(link, places, told(link)) for link in links)
    return Graph((last + 1) * BOX_WIDTH + last * GAP_X + 2 * EDGE, tallest + 2 * EDGE, boxes, arrows)


def _layers(links: Sequence[Link]) -> dict[str, int]:
    """How far each indicator is from the end of its longest chain; a circle is cut where it closes."""
    names = dict.fromkeys(name for link in links for name in (link.driver, link.driven))

    def depth(name: str, above: tuple[str, ...]) -> int:
        driven = (each.driven for each in links if each.driver == name and each.driven not in above)
        return max((1 + depth(each, (*above, each)) for each in driven), default=0)

    return {name: depth(name, (name,)) for name in names}


def _arrow(link: Link, places: Mapping[str, tuple[int, int]], sentence: str) -> Arrow:
    (from_x, from_y), (to_x, to_y) = places[link.driver], places[link.driven]
    start, end = (from_x + BOX_WIDTH, from_y + BOX_HEIGHT // 2), (to_x, to_y + BOX_HEIGHT // 2)
    bend = GAP_X // 2
    path = f"M{start[0]} {start[1]}C{start[0] + bend} {start[1]} {end[0] - bend} {end[1]} {end[0]} {end[1]}"
    return Arrow(path, link.verdict, sentence, start[0] + 16, start[1] - 6)


def _lines(text: str) -> tuple[str, ...]:
    """A title in two lines at most, cut between words."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= LINE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return tuple(lines) if len(lines) <= 2 else (lines[0], f"{lines[1]}…")
