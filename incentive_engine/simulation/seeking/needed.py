"""What one payee's result of a KPI must be for an amount: every result that there can be is paid, by the same program.

Results lie on a grid of their own, as many places as the KPI is rounded to: all of them are tried where they are few,
else the stretch in which the amount is reached is cut finer and finer. Everything else stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from incentive_engine.engine.running import Calculation
from incentive_engine.simulation.seeking.other_results import OtherResults

AT_ONCE: Final = 50_000
"""How many results are tried at once."""
_COARSE: Final = 10_000
_RATIO: Final = Fraction(501, 500)
"""Between results that are tried where there are too many for all: they lie closer where they are small."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A result, and the payout with it."""

    result: Decimal
    payout: Decimal


@dataclass(frozen=True, slots=True)
class Needed:
    """Which result of a KPI pays one payee an amount.

    `subject_kind`: whose result it is that counts. `now`: as it is; None where none counts, and `assumed` says how many
    facts are taken to stand behind one. `reached`: the result nearest to it, on the way that is better, from which at
    least the goal is paid; where that is paid already, the worst down to which it still is. `short`: the result right
    before it, with what that pays. `most`: the most that any result pays, and the first that does. `low`, `high`: the
    least and the greatest there can be.
    """

    payee: str
    kpi: str
    subject_kind: str
    better: str
    goal: Decimal
    now: Reached | None
    reached: Reached | None
    short: Reached | None
    most: Reached | None
    low: Decimal
    high: Decimal
    places: int
    assumed: int | None

    @property
    def already(self) -> bool:
        """Whether at least the goal is paid as it is."""
        return self.now is not None and self.now.payout >= self.goal


def needed(calculation: Calculation, payee: str, kpi: str, goal: Decimal) -> Needed:
    """The result of a KPI that pays a payee at least an amount, by what the rules compute, in their currency.

    Raises InputProblems for a payee who has no plan, a KPI that is not in it, and pay that depends on other people's.
    """
    asked = OtherResults(calculation, payee, kpi)
    ladder = _Ladder(asked)
    reached, short = ladder.around(goal)
    low, high = asked.ends
    return Needed(
        payee=payee,
        kpi=kpi,
        subject_kind=asked.key.subject_kind,
        better=asked.kpi.better,
        goal=goal,
        now=ladder.at(asked.now),
        reached=ladder.at(reached),
        short=ladder.at(short),
        most=ladder.at(ladder.best()),
        low=asked.value(low),
        high=asked.value(high),
        places=asked.places,
        assumed=asked.assumed,
    )


class _Ladder:
    """The results that were tried, from the worst to the best, as steps that rise; and what each of them pays."""

    def __init__(self, asked: OtherResults) -> None:
        self._asked, self._pays = asked, dict[int, Decimal | None]()
        low, high = asked.ends
        few = high - low < AT_ONCE
        first = _spread(low, high, AT_ONCE) if few else [*_spread(low, high, _COARSE), *_steeper(low, high)]
        self._try(sorted({*first, *([] if asked.now is None else [asked.now])}))

    def at(self, result: int | None) -> Reached | None:
        """A result with its pay; None where nobody is paid."""
        paid = None if result is None else self._pays[result]
        return None if result is None or paid is None else Reached(self._asked.value(result), paid)

    def best(self) -> int | None:
        """The worst of the results that pay the most."""
        most = max((pay for pay in self._pays.values() if pay is not None), default=None)
        return None if most is None else self._step(most, None)[0]

    def around(self, goal: Decimal) -> tuple[int | None, int | None]:
        """The step from which at least the goal is paid that is nearest to the result as it is, and that before it."""
        return self._step(goal, self._asked.now)

    def _step(self, goal: Decimal, start: int | None) -> tuple[int | None, int | None]:
        """The step where the goal is reached, seen from a result or from the worst of all; and the one before it."""
        ordered = self._ordered()
        at = 0 if start is None else [result for result, _ in ordered].index(start)
        paid = [pay is not None and pay >= goal for _, pay in ordered]
        if paid[at]:
            while at and paid[at - 1]:
                at -= 1
        elif True not in paid[at:]:
            return None, None
        else:
            at = paid.index(True, at)
        if not at:
            return ordered[0][0], None
        reached, short = ordered[at][0], ordered[at - 1][0]
        if abs(reached - short) <= 1:
            return reached, short
        self._try(_spread(min(reached, short), max(reached, short), AT_ONCE))
        return self._step(goal, start)

    def _ordered(self) -> list[tuple[int, Decimal | None]]:
        return sorted(self._pays.items(), reverse=self._asked.kpi.better == "lower")

    def _try(self, results: Sequence[int]) -> None:
        self._pays |= dict(zip(results, self._asked.pays(results), strict=True))


def _spread(low: int, high: int, most: int) -> list[int]:
    """All whole numbers from one to another where they are few, else as many as `most`, evenly."""
    if high - low < most:
        return list(range(low, high + 1))
    return [low + (high - low) * part // most for part in range(most + 1)]


def _steeper(low: int, high: int) -> Iterator[int]:
    """Whole numbers from one to another, closer to each other the nearer they are to zero."""
    size, furthest = 1, max(abs(low), abs(high))
    while size < furthest:
        yield from (each for each in (-size, size) if low < each < high)
        size = max(size + 1, int(size * _RATIO))
