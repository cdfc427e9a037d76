"""The weights beside one that a scenario changes: they share what it leaves, in proportion to what they weigh.

Exactly, or not at all: where the shares have no end in decimals, the numbers to write are proposed instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from incentive_engine.documents import Document, put
from incentive_engine.errors import InputProblems, Location, Problem
from incentive_engine.kinds.base import written
from incentive_engine.mistakes import KeyPath
from incentive_engine.simulation.scenarios.paths import path_text, value_at

_STEP: Final = Fraction(1, 10_000)
"""Of weights that are proposed: a hundredth of a percent."""


@dataclass(frozen=True, slots=True)
class SharedWeight:
    """A weight that follows from one beside it."""

    path: str
    before: Decimal
    after: Decimal

    def __str__(self) -> str:
        return f"{self.path}: {written(self.before, percent=True)} → {written(self.after, percent=True)}"


@dataclass(frozen=True, slots=True)
class _Group:
    """The items of a group of which some weights are said, the others not."""

    at: KeyPath
    said: Mapping[str, Decimal]
    others: Mapping[str, Decimal]
    cause: KeyPath

    def shared(self) -> dict[str, Fraction]:
        """What the others weigh together with those that are said: 100 %."""
        rest, weighed = 1 - sum(map(Fraction, self.said.values())), sum(map(Fraction, self.others.values()))
        return {name: rest * Fraction(weight) / weighed for name, weight in self.others.items()}


def share_weights(
    document: Document, edited: Mapping[KeyPath, KeyPath], location: Callable[[KeyPath], Location | None]
) -> tuple[Document, tuple[SharedWeight, ...]]:
    """The document in which the weights beside those that were edited make 100 % with them, and which these are.

    `edited`: where something was changed, added or removed, with where that is written; `location` finds it in the
    file. Groups with weights from tables, or whose weights are all said, stay as they are. Raises InputProblems where
    the shares have no end.
    """
    shared: list[SharedWeight] = []
    problems: list[Problem] = []
    for group in _groups(document, edited):
        exact = {name: _decimal(share) for name, share in group.shared().items()}
        if None in exact.values():
            problems.append(_endless(group, location(group.cause)))
            continue
        for name, weight in exact.items():
            path = (*group.at, name, "weight")
            assert weight is not None
            document = put(document, path, weight)
            shared.append(SharedWeight(path_text(path), group.others[name], weight))
    if problems:
        raise InputProblems(problems)
    return document, tuple(shared)


def _groups(document: Document, edited: Mapping[KeyPath, KeyPath]) -> Iterator[_Group]:
    """The groups whose weights do not make 100 % because of an edit, and in which somebody can share the rest."""
    causes: dict[KeyPath, KeyPath] = {}
    said: dict[KeyPath, set[str | int]] = {}
    for path, where in edited.items():
        at, name = (path[:-2], path[-2]) if path[-1] == "weight" else (path[:-1], path[-1])
        if _holds_items(at):
            causes.setdefault(at, where)
            said.setdefault(at, set()).add(name)
    for at, cause in causes.items():
        weights = _weights(document, at)
        if weights is None or sum(map(Fraction, weights.values())) == 1:
            continue
        others = {name: weight for name, weight in weights.items() if name not in said[at]}
        own = {name: weight for name, weight in weights.items() if name in said[at]}
        if sum(others.values()) > 0 and sum(own.values()) <= 1:
            yield _Group(at, own, others, cause)


def _holds_items(at: KeyPath) -> bool:
    """Whether a path is that of the items of a group, or of a scorecard."""
    return at[:1] == ("plans",) and (at[2:] == ("scorecard",) or (len(at) > 3 and at[-1] == "items"))


def _weights(document: Document, at: KeyPath) -> dict[str, Decimal] | None:
    """The weights of a group's items; None where one has none, or not a number of its own."""
    try:
        items: Any = value_at(document, at)
        weights = {name: item["weight"] for name, item in items.items()}
    except (KeyError, TypeError, AttributeError):  # what is not written so is told when it is declared
        return None
    return weights if all(isinstance(each, Decimal) for each in weights.values()) else None


def _decimal(share: Fraction) -> Decimal | None:
    """The number in decimals; None where they have no end, or no 38 digits hold them."""
    rest, twos, fives = share.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    digits = tuple(map(int, str(share.numerator * 10**places // share.denominator)))
    return None if rest > 1 or max(len(digits), places) > 38 else Decimal((0, digits, -places))


def _endless(group: _Group, where: Location | None) -> Problem:
    shares = group.shared()
    names = ", ".join(f"`{name}`" for name in shares)
    rest = sum(shares.values())
    message = f"{names} cannot share {written(rest, percent=True)} as they share it now: it has no end in decimals"
    lines = [f"{path_text((*group.at, name, 'weight'))}: {_percent(share)}" for name, share in _near(shares).items()]
    return Problem("weights-do-not-end", message, where, f"write them too, for example {', '.join(lines)}")


def _near(shares: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Weights near the shares that end, with the same sum: what rounding leaves goes where most was cut off."""
    whole = {name: share // _STEP for name, share in shares.items()}
    left = (sum(shares.values()) - sum(whole.values()) * _STEP) // _STEP
    by_rest = sorted(shares, key=lambda name: shares[name] / _STEP - whole[name], reverse=True)
    near = {name: (whole[name] + (name in by_rest[:left])) * _STEP for name in shares}
    last = by_rest[0]
    near[last] += sum(shares.values()) - sum(near.values())
    return near


def _percent(share: Fraction) -> str:
    return written(share, percent=True)
