"""What may be said of groups of people without giving one of them away.

A figure of fewer than `LEAST` people is not shown. Nor is one whose difference with others that are shown would be of
so few: groups lie inside each other like boxes, so that whatever can be worked out from their sums is a sum over what
is left of each shown group beside the shown groups inside it. Where that rest is small, the smallest of these is hidden
too. The total of the company counts as known to all.

Two runs can be compared as well: the same group, with one person more. So a sum is rounded to a step that no single
amount in it passes, a share to one that half of a person's weight does not pass, and the people of a distribution to
multiples of five, in bands that are never empty. Noise would do the same, but nobody could recompute it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, TypeAlias

LEAST: Final = 5
"""People, below which nothing is said of a group."""
Row: TypeAlias = tuple[str, ...]
"""A person first, and what tells several rows of one apart."""
Place: TypeAlias = tuple[str, ...]
_LADDER: Final = (1, 2, 5)
_SHARES: Final = tuple(map(Decimal, ("0.01", "0.02", "0.05", "0.1")))
_HALF: Final = Decimal("0.5")
_ROUND_TO: Final = 5


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of people, and the groups inside, which share no row."""

    path: Place
    rows: frozenset[Row]
    parts: tuple[Group, ...] = ()


def nested(rows: Iterable[tuple[Row, Place]]) -> Group:
    """All rows as one group, with groups inside by the first name of each path, inside these by the second, and so on.

    A row whose path ends early is in no smaller group.
    """
    return _nested((), list(rows))


def _nested(path: Place, rows: Sequence[tuple[Row, Place]]) -> Group:
    inside: dict[str, list[tuple[Row, Place]]] = {}
    for row, names in rows:
        if len(names) > len(path):
            inside.setdefault(names[len(path)], []).append((row, names))
    parts = (_nested((*path, name), each) for name, each in sorted(inside.items()))
    return Group(path, frozenset(row for row, _ in rows), tuple(parts))


def people(rows: Iterable[Row]) -> int:
    """How many people some rows are of."""
    return len({row[0] for row in rows})


def shown(whole: Group, least: int = LEAST) -> frozenset[Place]:
    """The groups whose figures may be shown together: nothing of fewer than `least` people follows from them."""
    kept: dict[Place, Group] = {}
    _keep(whole, least, kept)
    return frozenset(kept)


def _keep(group: Group, least: int, kept: dict[Place, Group]) -> None:
    if people(group.rows) < least:
        return
    for part in group.parts:
        _keep(part, least, kept)
    kept[group.path] = group
    inside = [part for part in group.parts if part.path in kept]
    rest = group.rows.difference(*(part.rows for part in inside))
    if 0 < people(rest) < least and inside:
        smallest = min(inside, key=lambda part: (people(part.rows), part.path))
        for each in _every(smallest):
            kept.pop(each.path, None)


def _every(group: Group) -> Iterator[Group]:
    yield group
    for part in group.parts:
        yield from _every(part)


def rounded_sum(amounts: Sequence[Decimal]) -> Decimal:
    """A sum, to the first step of 1, 2, 5, 10… that no amount passes: differences of such sums tell no single one."""
    largest, step = max(map(abs, amounts), default=Decimal(0)), Decimal(1)
    while (step_now := next((step * each for each in _LADDER if step * each >= largest), None)) is None:
        step *= 10
    return _to(sum(amounts, Decimal(0)), step_now)


def rounded_mean(amounts: Sequence[Decimal]) -> Decimal:
    """What follows from the rounded sum for one person, in two digits."""
    mean = rounded_sum(amounts) / len(amounts)
    return _to(mean, Decimal(1).scaleb(mean.adjusted() - 1)) if mean else mean


def rounded_share(share: Decimal, of: int) -> Decimal:
    """A share or a mean of so many people, to the first step that is at least half of what one of them counts."""
    step = next((each for each in _SHARES if each * of >= _HALF), _SHARES[-1])
    return _to(share, step)


def rounded_count(count: int) -> int:
    """How many people, to the nearest five."""
    return int(_to(Decimal(count), Decimal(_ROUND_TO)))


def bands(counts: Sequence[int], least: int = LEAST) -> tuple[range, ...]:
    """Neighbouring bands put together until each has so many people; none where only one would be left.

    An empty band says something about everybody, so that it is put to a neighbour, too.
    """
    found: list[range] = []
    first = 0
    for last in range(1, len(counts) + 1):
        if sum(counts[first:last]) >= least:
            found.append(range(first, last))
            first = last
    if found:
        found[-1] = range(found[-1].start, len(counts))
    return tuple(found) if len(found) > 1 else ()


def _to(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).quantize(Decimal(1), ROUND_HALF_EVEN) * step
