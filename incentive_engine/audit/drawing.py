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

_Slot = str | tuple[str, str]
"""A place in a column of the driver graph: an indicator, or the lane of an arrow that passes by."""
WIDTH, HEIGHT, EDGE = 600, 120, 4
MOST: Final = 150
"""So many results can be told apart in a drawing; of more, every second or third is drawn."""
BOX_WIDTH, BOX_HEIGHT, LANE, GAP_X, GAP_Y, LINE = 190, 52, 6, 130, 18, 22


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
    """What drives what, from left to right: each indicator stands left of all that it drives.

    An arrow that passes a column has a lane of its own below the boxes there, so that none runs behind a box.
    """
    if not links:
        return None
    layers = _layers(links)
    last = max(layers.values())
    columns: list[list[_Slot]] = [[name for name in layers if layers[name] == layer] for layer in range(last + 1)]
    for link in links:
        for layer in range(layers[link.driven] + 1, layers[link.driver]):
            columns[layer].append((link.driver, link.driven))
    heights = [sum(map(_height, column)) - GAP_Y for column in columns]
    places: dict[tuple[_Slot, int], tuple[int, int]] = {}
    for layer, column in enumerate(columns):
        y = (max(heights) - heights[layer]) // 2 + EDGE
        for slot in column:
            places[slot, layer] = ((last - layer) * (BOX_WIDTH + GAP_X) + EDGE, y + (_height(slot) - GAP_Y) // 2)
            y += _height(slot)
    boxes = tuple(
        Box(_lines(title(name)), x, y - BOX_HEIGHT // 2)
        for (name, _), (x, y) in places.items()
        if isinstance(name, str)
    )
    arrows = tuple(
        _arrow(link, layers, places, told(link), sum(each.driver == link.driver for each in links[:at]))
        for at, link in enumerate(links)
    )
    return Graph((last + 1) * BOX_WIDTH + last * GAP_X + 2 * EDGE, max(heights) + 2 * EDGE, boxes, arrows)


def _height(slot: _Slot) -> int:
    """What a box or a lane takes of its column, with the gap below it."""
    return (BOX_HEIGHT if isinstance(slot, str) else LANE) + GAP_Y


def _layers(links: Sequence[Link]) -> dict[str, int]:
    """How far each indicator is from the end of its longest chain; a circle is cut where it closes."""
    names = dict.fromkeys(name for link in links for name in (link.driver, link.driven))

    def depth(name: str, above: tuple[str, ...]) -> int:
        driven = (each.driven for each in links if each.driver == name and each.driven not in above)
        return max((1 + depth(each, (*above, each)) for each in driven), default=0)

    return {name: depth(name, (name,)) for name in names}


def _arrow(
    link: Link,
    layers: Mapping[str, int],
    places: Mapping[tuple[_Slot, int], tuple[int, int]],
    sentence: str,
    earlier: int,
) -> Arrow:
    """From the right of one box to the left of the other, along the lanes between them.

    `earlier`: how many arrows leave the same box before this one; their signs stand side by side.
    """
    x, y = places[link.driver, layers[link.driver]]
    x += BOX_WIDTH
    path, label = f"M{x} {y}", (x + 16 + 14 * earlier, y - 6)
    lanes = [
        places[(link.driver, link.driven), layer] for layer in range(layers[link.driver] - 1, layers[link.driven], -1)
    ]
    for to_x, to_y in (*lanes, places[link.driven, layers[link.driven]]):
        path += f"C{x + GAP_X // 2} {y} {to_x - GAP_X // 2} {to_y} {to_x} {to_y}"
        x, y = to_x, to_y
        if (to_x, to_y) in lanes:
            x += BOX_WIDTH
            path += f"H{x}"
    return Arrow(path, link.verdict, sentence, *label)


def _lines(text: str) -> tuple[str, ...]:
    """A title in two lines at most, cut between words."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= LINE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return tuple(lines) if len(lines) <= 2 else (lines[0], f"{lines[1]}…")
