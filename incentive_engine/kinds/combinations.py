"""Combinations: how the scores of a group's items become one.

Each says what it makes of the items that count, and in which proportion they brought the group's score. To add one:
one class here, and its name on the last line.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Generic, TypeVar

import polars as pl

from incentive_engine.exact import Exact, Scale, greatest, least, total_of
from incentive_engine.kinds.wording import AnyLanguage, Words, said

N = TypeVar("N", Decimal, Fraction)
Store = Callable[[str, Exact], Exact]
"""Keeps a number as a column of the trace, named below the group, and gives back the value that reads it."""
_ZERO = Exact.of(0)


@dataclass(frozen=True, slots=True)
class Part:
    """One item of a group; `left_out`: Boolean, never missing, None where the item always counts."""

    score: Exact
    weight: Exact | None
    left_out: pl.Expr | None

    def present(self, value: Exact) -> Exact:
        """The value where the item counts, else zero."""
        return value if self.left_out is None else Exact.choose((self.left_out, _ZERO), otherwise=value)

    @property
    def points(self) -> Exact:
        """What the item adds: score, times weight where there is one."""
        return self.present(self.score if self.weight is None else self.score.times(self.weight))


@dataclass(frozen=True, slots=True)
class Item(Generic[N]):
    """One item that counts, of one payee; decimals are exact as long as nothing is divided."""

    score: N
    weight: N | None = None

    @property
    def points(self) -> N:
        """What the item adds: score, times weight where there is one."""
        return self.score if self.weight is None else self.score * self.weight


def _total(items: Sequence[Item[N]]) -> N:
    total = items[0].points
    for item in items[1:]:
        total += item.points
    return total


class CombinationKind(ABC):
    """What every combination has."""

    name: ClassVar[str]
    weighted: ClassVar[bool] = False
    stored: ClassVar[Mapping[str, Mapping[AnyLanguage, str]]] = {}
    """The columns that it may keep, and what they hold."""

    @abstractmethod
    def arithmetic(self, items: Sequence[str], kept: Callable[[str], str | None], language: AnyLanguage) -> str:
        """How the items (`40% × 1.2`) become one, for a pocket calculator; `kept` writes a stored column, if kept."""

    @abstractmethod
    def combine(self, parts: Sequence[Part], store: Store) -> tuple[Exact, pl.Expr | None]:
        """The items' scores as one, exact; and where there is nothing to combine though items are there."""

    def shares(self, parts: Sequence[Part], combined: Exact) -> list[Exact]:
        """In which proportion the items brought the score."""
        return [part.points for part in parts]

    def brought(self, whole: str, item: str, items: Sequence[str], language: AnyLanguage) -> str:
        """What an item brought of a whole, for a pocket calculator; `item` and `items` as for `arithmetic`."""
        return f"{whole} × {item} ÷ ({' + '.join(items)})"

    @abstractmethod
    def exact(self, items: Sequence[Item[N]]) -> N:
        """The scores of the items that count as one, of one payee; there is at least one item."""

    def exact_shares(self, items: Sequence[Item[N]]) -> list[N]:
        """In which proportion the items that count brought the score, of one payee."""
        return [item.points for item in items]


class WeightedSum(CombinationKind):
    """Each score times its weight; where items are left out, divided by the weights of the others."""

    name = "weighted_sum"
    weighted = True
    stored: ClassVar[Mapping[str, Mapping[AnyLanguage, str]]] = {
        "points": {"en": "items with a result: {items}", "fr": "éléments qui ont un résultat : {items}"},
        "weight_present": {
            "en": "the weights of the items with a result",
            "fr": "les poids des éléments qui ont un résultat",
        },
    }

    def arithmetic(self, items: Sequence[str], kept: Callable[[str], str | None], language: AnyLanguage) -> str:
        points, weights = kept("points"), kept("weight_present")
        return " + ".join(items) if points is None or weights is None else f"{points} ÷ {weights}"

    def exact(self, items: Sequence[Item[N]]) -> N:
        weights = _total([Item(item.weight) for item in items if item.weight is not None])
        return _total(items) if weights == 1 else _total(items) / weights

    def combine(self, parts: Sequence[Part], store: Store) -> tuple[Exact, pl.Expr | None]:
        points = total_of([part.points for part in parts])
        if all(part.left_out is None for part in parts):
            return points, None
        weights = [(part, part.weight) for part in parts if part.weight is not None]
        present = store("weight_present", total_of([part.present(weight) for part, weight in weights]))
        nothing = present.at_most(0).fill_null(False) if any(weight.low <= 0 for _, weight in weights) else None
        return store("points", points).over(present.maximum(present.unit)), nothing


class Sum(CombinationKind):
    """The scores, added up."""

    name = "sum"

    def arithmetic(self, items: Sequence[str], kept: Callable[[str], str | None], language: AnyLanguage) -> str:
        return " + ".join(items)

    def exact(self, items: Sequence[Item[N]]) -> N:
        return _total(items)

    def combine(self, parts: Sequence[Part], store: Store) -> tuple[Exact, pl.Expr | None]:
        return total_of([part.points for part in parts]), None


class Mean(CombinationKind):
    """The scores, added up and divided by their number."""

    name = "mean"
    stored: ClassVar[Mapping[str, Mapping[AnyLanguage, str]]] = {
        "points": {"en": "items with a result: {items}", "fr": "éléments qui ont un résultat : {items}"},
        "items_present": {"en": "items with a result", "fr": "éléments qui ont un résultat"},
    }

    def arithmetic(self, items: Sequence[str], kept: Callable[[str], str | None], language: AnyLanguage) -> str:
        points, number = kept("points"), kept("items_present")
        if points is None or number is None:
            return f"({' + '.join(items)}) ÷ {len(items)}"
        return f"{points} ÷ {number}"

    def exact(self, items: Sequence[Item[N]]) -> N:
        return _total(items) / len(items)

    def combine(self, parts: Sequence[Part], store: Store) -> tuple[Exact, pl.Expr | None]:
        points = total_of([part.points for part in parts])
        optional = [part.left_out for part in parts if part.left_out is not None]
        if not optional:
            return points.over(len(parts)), None
        sure = len(parts) - len(optional)
        count = pl.sum_horizontal([pl.lit(sure, pl.Int64), *((~each).cast(pl.Int64) for each in optional)])
        present = store("items_present", Exact.integer(count, Scale(0, sure, len(parts))))
        return store("points", points).over(present.maximum(1)), None


class _Extreme(CombinationKind):
    """One of the scores decides."""

    words: ClassVar[Mapping[AnyLanguage, str]]
    stored: ClassVar[Mapping[str, Mapping[AnyLanguage, str]]] = {
        "extreme": {"en": "the one that decides", "fr": "celui qui décide"}
    }

    def arithmetic(self, items: Sequence[str], kept: Callable[[str], str | None], language: AnyLanguage) -> str:
        return self.words[language].format(items=", ".join(items))

    def shares(self, parts: Sequence[Part], combined: Exact) -> list[Exact]:
        """All to the first item whose score is the group's."""
        decided = pl.lit(False)
        shares = []
        for part in parts:
            here = part.score.equals(combined).fill_null(False)
            here = here if part.left_out is None else here & ~part.left_out
            shares.append(Exact.choose((here & ~decided, Exact.of(1)), otherwise=_ZERO))
            decided = decided | here
        return shares

    def brought(self, whole: str, item: str, items: Sequence[str], language: AnyLanguage) -> str:
        return said(language, "brought_by_one", whole=whole)

    def exact_shares(self, items: Sequence[Item[N]]) -> list[N]:
        scores = [item.score for item in items]
        decides = scores.index(self.exact(items))
        return [type(score)(number == decides) for number, score in enumerate(scores)]


class Least(_Extreme):
    """The lowest score."""

    name = "min"
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("least")

    def exact(self, items: Sequence[Item[N]]) -> N:
        return min(item.score for item in items)

    def combine(self, parts: Sequence[Part], store: Store) -> tuple[Exact, pl.Expr | None]:
        return store("extreme", least(_instead(parts, max(part.score.bounds[1] for part in parts)))), None


class Greatest(_Extreme):
    """The highest score."""

    name = "max"
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("greatest")

    def exact(self, items: Sequence[Item[N]]) -> N:
        return max(item.score for item in items)

    def combine(self, parts: Sequence[Part], store: Store) -> tuple[Exact, pl.Expr | None]:
        return store("extreme", greatest(_instead(parts, min(part.score.bounds[0] for part in parts)))), None


def _instead(parts: Sequence[Part], never: Fraction) -> list[Exact]:
    """The scores, with one that never decides in place of those that are left out."""
    return [
        part.score if part.left_out is None else Exact.choose((part.left_out, Exact.of(never)), otherwise=part.score)
        for part in parts
    ]


COMBINATIONS: Mapping[str, CombinationKind] = {
    kind.name: kind for kind in (WeightedSum(), Sum(), Mean(), Least(), Greatest())
}
