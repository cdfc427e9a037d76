"""A payout curve drawn, with the payee's results and the points around them.

Positions are the only numbers of a statement that are rounded for show; no digit of them is printed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final, TypeAlias

from incentive_engine.engine.comparing import Number
from incentive_engine.kinds.curves import CurveKind, Logistic
from incentive_engine.statements.reading import Reading, Show
from incentive_engine.statements.values import Dot, Sketch

At: TypeAlias = tuple[Number, Number]
"""An attainment and its rate."""
_MARGIN: Final = 0.15
"""What is drawn beyond the first and the last point, as a part of what lies between them."""
_AROUND_MIDPOINT: Final = 5
"""How many widths of an S are drawn on each side."""
_DRAWN: Final = 40
"""Of how many pieces an S is made."""
_EDGES: Final = (22.0, 78.0)
"""Beyond which a label would be cut off."""


class SketchWriter:
    """One curve in one language; `show` writes attainments."""

    def __init__(self, reading: Reading, curve: CurveKind, title: str, show: Show) -> None:
        self._words, self._show, self._rate = reading.words["sketch"], show, reading.score
        self._title, self._corners = title, curve.corners()
        self._starts = [x for x, _ in self._corners]
        stretches = list(_stretches(curve))
        corners = [corner for stretch in stretches for corner in stretch]
        least, most = corners[0][0], corners[-1][0]
        margin = (most - least) * _MARGIN or abs(most) * _MARGIN or 1.0
        self._left, self._right = least - margin, most + margin
        rates = [0.0, *(y for _, y in corners)]
        self._low, self._high = min(rates), max(rates) if any(rates) else 1.0
        stretches[0].insert(0, (self._left, stretches[0][0][1]))
        stretches[-1].append((self._right, _beyond(curve, stretches[-1], self._right)))
        self._lines = tuple(" ".join(f"{self._x(x):.2f},{self._y(y):.2f}" for x, y in each) for each in stretches)
        self._nothing = f"{self._y(0.0):.2f}"
        self._around: dict[int, tuple[Dot, ...]] = {}

    def sketch(self, own: Sequence[At]) -> Sketch:
        """The curve with the payee's results on it."""
        dots = tuple(self._dot(at) for at in sorted(own))
        beside = (dot for attainment, _ in sorted(own) for dot in self._beside(attainment))
        around = {dot: None for dot in beside if dot not in dots}
        word = ("alone", "one", "said")[min(len(around), 2)]
        said = self._words[word].format(
            own=", ".join(dot.label for dot in dots), around=", ".join(dot.label for dot in around)
        )
        return Sketch(self._title, self._lines, self._nothing, dots, tuple(around), said)

    def _beside(self, attainment: Number) -> tuple[Dot, ...]:
        """The last point that is reached, and the next."""
        place = bisect_right(self._starts, attainment)
        if place not in self._around:
            self._around[place] = tuple(map(self._dot, self._corners[max(place - 1, 0) : place + 1]))
        return self._around[place]

    def _dot(self, at: At) -> Dot:
        x, y = self._x(float(at[0])), self._y(float(at[1]))
        anchor = "start" if x < _EDGES[0] else "end" if x > _EDGES[1] else "middle"
        return Dot(f"{x:.2f}", f"{y:.2f}", anchor, f"{self._show(at[0])} → {self._rate(at[1])}")  # type: ignore[arg-type]

    def _x(self, attainment: float) -> float:
        return min(max((attainment - self._left) / (self._right - self._left), 0.0), 1.0) * 100

    def _y(self, rate: float) -> float:
        return 100 - min(max((rate - self._low) / (self._high - self._low), 0.0), 1.0) * 100


def drawable(curve: CurveKind) -> bool:
    """Whether a curve can be drawn: it reads nothing besides the attainment, and goes somewhere."""
    return curve.across is None and any(curve.outlines())


def _stretches(curve: CurveKind) -> Iterator[list[tuple[float, float]]]:
    """The corners of a curve, those between two jumps together."""
    if isinstance(curve, Logistic):
        widths = (Fraction(step * 2 * _AROUND_MIDPOINT, _DRAWN) - _AROUND_MIDPOINT for step in range(_DRAWN + 1))
        points = [Fraction(curve.midpoint) + Fraction(curve.width) * width for width in widths]
        yield [(float(x), float(curve.exact(x))) for x in points]
        return
    stretch: list[tuple[float, float]] = []
    for x, y in curve.outlines()[0]:
        corner = float(x), float(y)
        if stretch and stretch[-1][0] == corner[0]:
            yield stretch
            stretch = []
        stretch.append(corner)
    yield stretch


def _beyond(curve: CurveKind, stretch: Sequence[tuple[float, float]], end: float) -> float:
    """The rate at the right end: as in the last point, or further up where the curve goes on."""
    if curve.upper_end is not None or len(stretch) < 2:
        return stretch[-1][1]
    (x, y), (after, higher) = stretch[-2:]
    return y + (higher - y) * (end - x) / (after - x)
