"""Attainments: the result against the target, by a named formula.

Each names the parameters that it needs from its measure. To add one: one class here, and its name on the last line.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Literal, TypeAlias, TypeVar

import polars as pl

from incentive_engine.exact import Exact
from incentive_engine.kinds.wording import AnyLanguage, Words

Better: TypeAlias = Literal["higher", "lower"]
"""Which results of a KPI are the better ones."""
N = TypeVar("N", Decimal, Fraction)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a result stands in its population, as counts of subjects that have a result."""

    better: Exact
    """Those with a better result."""
    distinct: Exact
    """The different results that are better."""
    equal: Exact
    """Those with the same result, the subject itself included."""
    size: Exact
    """All of them."""

    @property
    def worse(self) -> Exact:
        """Those with a worse result."""
        return self.size.minus(self.better).minus(self.equal)


@dataclass(frozen=True, slots=True)
class Compared:
    """What an attainment is worked out from."""

    actual: Exact
    parameters: Mapping[str, Exact]
    better: Better
    upper_end: Exact | None
    """The attainment where the curve stops rising, if it does."""
    standing: Standing | None = None

    def oriented(self, value: Exact) -> Exact:
        """The value so that higher is better."""
        return value if self.better == "higher" else value.negated()


@dataclass(frozen=True, slots=True)
class Impossible:
    """Where an attainment cannot be worked out though everything is known: a Boolean expression, and words."""

    code: str
    when: pl.Expr
    reason: str


@dataclass(frozen=True, slots=True)
class AttainmentKind(ABC):
    """What every attainment has."""

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    """The measure's parameters that the formula reads."""
    positive: ClassVar[tuple[str, ...]] = ()
    """Those that hold the payee where they are zero or negative."""
    rises_with: ClassVar[Literal["result", "inverse", "merit", "demerit"]] = "result"
    """What makes it rise: a higher result, a lower one, or, whichever way the KPI goes, a better or a worse one."""
    negative_actual: ClassVar[bool] = True
    """Whether a KPI that can be negative makes sense here."""
    ranked: ClassVar[bool] = False
    """Whether it compares with the others of a population."""
    in_percent: ClassVar[bool] = True
    """Whether the attainment reads as a percentage."""
    words: ClassVar[Mapping[AnyLanguage, str]]
    arithmetic: ClassVar[str]
    """How it is worked out, with the numbers' names in braces."""
    backwards: ClassVar[str] = ""
    """The same for the result that has the attainment `goal`."""
    otherwise: ClassVar[Mapping[AnyLanguage, str]] = {}
    """What holds where the arithmetic does not, if there are such numbers."""

    @property
    def aim(self) -> str | None:
        """The parameter that a result should reach."""
        return next((name for name in ("target", "benchmark") if name in self.needs), None)

    @abstractmethod
    def attainment(self, compared: Compared) -> Exact:
        """The attainment before its rounding; missing where it cannot be worked out."""

    @abstractmethod
    def exact(self, numbers: Mapping[str, N], better: Better) -> N | None:
        """What the arithmetic gives for the numbers that it names; None where it does not hold for them."""

    def needed(self, goal: Exact, compared: Compared) -> Exact | None:
        """The result that has the attainment `goal`, exact; None where no result by itself has it."""
        return None

    def impossible(self, compared: Compared) -> Impossible | None:
        """Where it cannot be worked out though everything that it needs is known."""
        for name in self.positive:
            value = compared.parameters[name]
            if value.bounds[0] <= 0:
                return Impossible(f"{name}-not-positive", value.at_most(0), f"the {name} is not above zero")
        return None


class Ratio(AttainmentKind):
    """Actual / target."""

    name = "ratio"
    needs = ("target",)
    positive = ("target",)
    negative_actual = False
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("attainment_ratio")
    arithmetic = "{actual} ÷ {target}"
    backwards = "{goal} × {target}"

    def exact(self, numbers: Mapping[str, N], better: Better) -> N | None:
        return numbers["actual"] / numbers["target"]

    def attainment(self, compared: Compared) -> Exact:
        return compared.actual.over(_positive(compared.parameters["target"]))

    def needed(self, goal: Exact, compared: Compared) -> Exact:
        return goal.times(compared.parameters["target"])


class InverseRatio(AttainmentKind):
    """Target / actual: for what is better when lower. A result of zero takes the curve's upper end."""

    name = "inverse_ratio"
    rises_with = "inverse"
    needs = ("target",)
    positive = ("target",)
    negative_actual = False
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("attainment_inverse_ratio")
    arithmetic = "{target} ÷ {actual}"
    backwards = "{target} ÷ {goal}"
    otherwise: ClassVar[Mapping[AnyLanguage, str]] = Words("attainment_inverse_ratio_otherwise")

    def exact(self, numbers: Mapping[str, N], better: Better) -> N | None:
        return numbers["target"] / numbers["actual"] if numbers["actual"] else None

    def attainment(self, compared: Compared) -> Exact:
        actual, target = compared.actual, _positive(compared.parameters["target"])
        if actual.bounds[0] > 0:
            return target.over(actual)
        assert compared.upper_end is not None, "checked: an inverse ratio needs a curve that ends"
        quotient = target.over(actual.maximum(actual.unit))
        return Exact.choose((actual.equals(0), compared.upper_end.masked(~target.missing)), otherwise=quotient)

    def needed(self, goal: Exact, compared: Compared) -> Exact:
        return compared.parameters["target"].over_or_missing(goal)


class Difference(AttainmentKind):
    """Actual − target."""

    name = "difference"
    needs = ("target",)
    in_percent = False
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("attainment_difference")
    arithmetic = "{actual} − {target}"
    backwards = "{target} + {goal}"

    def exact(self, numbers: Mapping[str, N], better: Better) -> N | None:
        return numbers["actual"] - numbers["target"]

    def attainment(self, compared: Compared) -> Exact:
        return compared.actual.minus(compared.parameters["target"])

    def needed(self, goal: Exact, compared: Compared) -> Exact:
        return goal.plus(compared.parameters["target"])


class Level(AttainmentKind):
    """The actual itself."""

    name = "level"
    in_percent = False
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("attainment_level")
    arithmetic = "{actual}"
    backwards = "{goal}"

    def exact(self, numbers: Mapping[str, N], better: Better) -> N | None:
        return numbers["actual"]

    def attainment(self, compared: Compared) -> Exact:
        return compared.actual

    def needed(self, goal: Exact, compared: Compared) -> Exact:
        return goal


class Between(AttainmentKind):
    """The part of the way from a threshold to a benchmark, whichever of the two is higher."""

    name = "between"
    needs = ("threshold", "benchmark")
    rises_with = "merit"
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("attainment_between")
    arithmetic = "({actual} − {threshold}) ÷ ({benchmark} − {threshold})"
    backwards = "{threshold} + {goal} × ({benchmark} − {threshold})"

    def exact(self, numbers: Mapping[str, N], better: Better) -> N | None:
        threshold = numbers["threshold"]
        return (numbers["actual"] - threshold) / (numbers["benchmark"] - threshold)

    def attainment(self, compared: Compared) -> Exact:
        threshold = compared.parameters["threshold"]
        return compared.actual.minus(threshold).over_or_missing(compared.parameters["benchmark"].minus(threshold))

    def needed(self, goal: Exact, compared: Compared) -> Exact:
        return _on_the_way(goal, compared.parameters["threshold"], compared.parameters["benchmark"])

    def impossible(self, compared: Compared) -> Impossible | None:
        threshold, benchmark = compared.parameters["threshold"], compared.parameters["benchmark"]
        if threshold.constant is not None and benchmark.constant is not None:
            return None  # the rules are refused where they are the same
        same = threshold.equals(benchmark)
        return Impossible("benchmark-is-threshold", same, "the threshold and the benchmark are the same")


class Progress(AttainmentKind):
    """The part of the way from the own baseline to a benchmark.

    Whose baseline stands at the benchmark or beyond it has 100 % of the way for any progress, and none without.
    """

    name = "progress"
    needs = ("baseline", "benchmark")
    rises_with = "merit"
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("attainment_progress")
    arithmetic = "({actual} − {baseline}) ÷ ({benchmark} − {baseline})"
    backwards = "{baseline} + {goal} × ({benchmark} − {baseline})"
    otherwise: ClassVar[Mapping[AnyLanguage, str]] = Words("attainment_progress_otherwise")

    def exact(self, numbers: Mapping[str, N], better: Better) -> N | None:
        baseline, way = numbers["baseline"], numbers["benchmark"] - numbers["baseline"]
        left = way if better == "higher" else -way
        return (numbers["actual"] - baseline) / way if left > 0 else None

    def attainment(self, compared: Compared) -> Exact:
        baseline, benchmark = (compared.oriented(compared.parameters[name]) for name in self.needs)
        way, done = benchmark.minus(baseline), compared.oriented(compared.actual).minus(baseline)
        there = Exact.choose((done.above(0), Exact.of(1)), otherwise=Exact.of(0))
        return Exact.choose((way.at_most(0), there), otherwise=done.over(way.maximum(way.unit)))

    def needed(self, goal: Exact, compared: Compared) -> Exact:
        baseline, benchmark = (compared.parameters[name] for name in self.needs)
        ahead = compared.oriented(benchmark).above(compared.oriented(baseline))
        return _on_the_way(goal, baseline, benchmark).masked(ahead)


class CompetitionRank(AttainmentKind):
    """1 for the best; those who tie share the better place, and the next places stay empty: 1, 2, 2, 4."""

    name = "competition_rank"
    ranked = True
    rises_with = "demerit"
    in_percent = False
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("attainment_competition_rank")
    arithmetic = "1 + {better}"

    def exact(self, numbers: Mapping[str, N], better: Better) -> N | None:
        return 1 + numbers["better"]

    def attainment(self, compared: Compared) -> Exact:
        return _standing(compared).better.plus(1)


class DenseRank(AttainmentKind):
    """1 for the best; those who tie share a place, and the next place follows: 1, 2, 2, 3."""

    name = "dense_rank"
    ranked = True
    rises_with = "demerit"
    in_percent = False
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("attainment_dense_rank")
    arithmetic = "1 + {distinct}"

    def exact(self, numbers: Mapping[str, N], better: Better) -> N | None:
        return 1 + numbers["distinct"]

    def attainment(self, compared: Compared) -> Exact:
        return _standing(compared).distinct.plus(1)


class PercentileBelow(AttainmentKind):
    """The share of the population with a worse result: nobody reaches 100 %."""

    name = "percentile_below"
    ranked = True
    rises_with = "merit"
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("attainment_percentile_below")
    arithmetic = "{worse} ÷ {size}"

    def exact(self, numbers: Mapping[str, N], better: Better) -> N | None:
        return numbers["worse"] / numbers["size"]

    def attainment(self, compared: Compared) -> Exact:
        standing = _standing(compared)
        return standing.worse.over(standing.size)


class PercentileMidpoint(AttainmentKind):
    """The share with a worse result and half of those with the same: half of the population is always above 50 %."""

    name = "percentile_midpoint"
    ranked = True
    rises_with = "merit"
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("attainment_percentile_midpoint")
    arithmetic = "({worse} + {equal} ÷ 2) ÷ {size}"

    def exact(self, numbers: Mapping[str, N], better: Better) -> N | None:
        return (numbers["worse"] + numbers["equal"] / 2) / numbers["size"]

    def attainment(self, compared: Compared) -> Exact:
        standing = _standing(compared)
        return standing.worse.plus(standing.equal.over(2)).over(standing.size)


class PercentileInclusive(AttainmentKind):
    """The share of others with a worse result, as Excel's PERCENTRANK.INC: the best has 100 %, as does one alone."""

    name = "percentile_inclusive"
    ranked = True
    rises_with = "merit"
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("attainment_percentile_inclusive")
    arithmetic = "{worse} ÷ ({size} − 1)"
    otherwise: ClassVar[Mapping[AnyLanguage, str]] = Words("attainment_percentile_inclusive_otherwise")

    def exact(self, numbers: Mapping[str, N], better: Better) -> N | None:
        return numbers["worse"] / (numbers["size"] - 1) if numbers["size"] > 1 else None

    def attainment(self, compared: Compared) -> Exact:
        standing = _standing(compared)
        others = standing.size.minus(1)
        return Exact.choose((others.at_most(0), Exact.of(1)), otherwise=standing.worse.over(others.maximum(1)))


def _on_the_way(part: Exact, start: Exact, end: Exact) -> Exact:
    """What lies a part of the way from the start to the end."""
    return start.plus(part.times(end.minus(start)))


def _standing(compared: Compared) -> Standing:
    assert compared.standing is not None, "a ranked attainment has a population"
    return compared.standing


def _positive(target: Exact) -> Exact:
    """The target where it can divide, missing elsewhere: the payee is held, with the reason."""
    if target.bounds[0] > 0:
        return target
    return target.maximum(target.unit).masked(target.above(0))


ATTAINMENTS: Mapping[str, AttainmentKind] = {
    kind.name: kind
    for kind in (
        Ratio(), InverseRatio(), Difference(), Level(), Between(), Progress(), CompetitionRank(), DenseRank(),
        PercentileBelow(), PercentileMidpoint(), PercentileInclusive(),
    )
}  # fmt: skip
