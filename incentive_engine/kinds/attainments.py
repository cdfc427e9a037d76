"""Attainments: the result against the target, by a named formula.

Each names the parameters that it needs from its measure. To add one: one class here, and its name on the last line.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from incentive_engine.exact import Exact
from incentive_engine.kinds.base import Language


@dataclass(frozen=True, slots=True)
class AttainmentKind(ABC):
    """What every attainment has."""

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    """The measure's parameters that the formula reads."""
    positive: ClassVar[tuple[str, ...]] = ()
    """Those that hold the payee where they are zero or negative."""
    rising: ClassVar[bool] = True
    """Whether a higher result gives a higher attainment."""
    negative_actual: ClassVar[bool] = True
    """Whether a KPI that can be negative makes sense here."""
    in_percent: ClassVar[bool]
    """Whether the attainment reads as a percentage."""
    words: ClassVar[Mapping[Language, str]]
    arithmetic: ClassVar[str]
    """How it is worked out, with the numbers' names in braces."""

    @abstractmethod
    def attainment(self, actual: Exact, parameters: Mapping[str, Exact], upper_end: Exact) -> Exact:
        """The attainment before its rounding; `upper_end` is where the curve stops rising."""


class Ratio(AttainmentKind):
    """Actual / target."""

    name = "ratio"
    needs = ("target",)
    positive = ("target",)
    negative_actual = False
    in_percent = True
    words: ClassVar[Mapping[Language, str]] = {"en": "result ÷ target", "fr": "résultat ÷ objectif"}
    arithmetic = "{actual} ÷ {target}"

    def attainment(self, actual: Exact, parameters: Mapping[str, Exact], upper_end: Exact) -> Exact:
        return actual.over(_positive(parameters["target"]))


class InverseRatio(AttainmentKind):
    """Target / actual: for what is better when lower. A result of zero takes the curve's upper end."""

    name = "inverse_ratio"
    rising = False
    needs = ("target",)
    positive = ("target",)
    negative_actual = False
    in_percent = True
    words: ClassVar[Mapping[Language, str]] = {
        "en": "target ÷ result (a result of 0 takes the curve's upper end)",
        "fr": "objectif ÷ résultat (un résultat de 0 prend le haut de la courbe)",
    }
    arithmetic = "{target} ÷ {actual}"

    def attainment(self, actual: Exact, parameters: Mapping[str, Exact], upper_end: Exact) -> Exact:
        target = _positive(parameters["target"])
        if actual.bounds[0] > 0:
            return target.over(actual)
        divisor = actual.maximum(actual.unit)
        top = upper_end.masked(~target.missing)  # nobody is paid without a target, not even for a result of zero
        return Exact.choose((actual.equals(0), top), otherwise=target.over(divisor))


class Difference(AttainmentKind):
    """Actual − target, in the KPI's own unit."""

    name = "difference"
    needs = ("target",)
    in_percent = False
    words: ClassVar[Mapping[Language, str]] = {"en": "result − target", "fr": "résultat − objectif"}
    arithmetic = "{actual} − {target}"

    def attainment(self, actual: Exact, parameters: Mapping[str, Exact], upper_end: Exact) -> Exact:
        return actual.minus(parameters["target"])


class Level(AttainmentKind):
    """The actual itself."""

    name = "level"
    needs = ()
    in_percent = False
    words: ClassVar[Mapping[Language, str]] = {"en": "the result itself", "fr": "le résultat lui-même"}
    arithmetic = "{actual}"

    def attainment(self, actual: Exact, parameters: Mapping[str, Exact], upper_end: Exact) -> Exact:
        return actual


def _positive(target: Exact) -> Exact:
    """The target where it can divide, missing elsewhere: the payee is held, with the reason."""
    if target.bounds[0] > 0:
        return target
    return target.maximum(target.unit).masked(target.above(0))


ATTAINMENTS: Mapping[str, AttainmentKind] = {
    kind.name: kind for kind in (Ratio(), InverseRatio(), Difference(), Level())
}
