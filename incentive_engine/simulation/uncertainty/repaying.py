"""Paying again on other results of the same people: programs are compiled once, and wide frames gathered once.

Where a result stands in a wide frame does not depend on what it is. So everything is gathered a first time with the
number of its row in the place of each result, and from then on values are put where these numbers say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.compiler.program import Program
from incentive_engine.engine.measured import VALUE, Measured, Result
from incentive_engine.engine.outputs import payouts
from incentive_engine.engine.running import Calculation, Evaluation, Timings, calculate_from
from incentive_engine.errors import InputProblems
from incentive_engine.exact import Exact, Scale
from incentive_engine.kinds.kpi_kind import COUNT

_PAID = ("payee", "plan", "department", "payout")


class Repaying:
    """Pays the people of a calculation on other results, which have the same keys and subjects as its own."""

    def __init__(self, calculation: Calculation) -> None:
        self._calculation = calculation
        self._ready: _Ready | None = None
        self._scales: dict[ResultKey, Scale] = {}

    def paid(self, measured: Measured) -> pl.DataFrame:
        """One row per payee × plan that is paid: payee, plan, department, payout."""
        ready = self._fitting(measured.results)
        calculation = self._anew(measured) if ready is None else ready.calculated(measured.results)
        return payouts(calculation).select(_PAID).drop_nulls("payout").collect(engine="streaming")

    def _anew(self, measured: Measured) -> Calculation:
        """From the beginning: where people are ranked by results, or wider ranges cannot be proved."""
        now = self._calculation
        return calculate_from(now.rules, now.accepted, now.people, measured, now.period, Timings(), keep=False)

    def _fitting(self, results: Mapping[ResultKey, Result]) -> _Ready | None:
        if any(program.standings for program, _ in self._calculation.gathered):
            return None
        if all(_holds(self._scales.get(key), result.scale) for key, result in results.items()):
            return self._ready
        self._scales = {key: self._wider(key, result.scale) for key, result in results.items()}
        self._ready = self._made(results)
        return self._ready

    def _wider(self, key: ResultKey, scale: Scale) -> Scale:
        """A scale with room for what other draws may have, within what is possible."""
        known = self._scales.get(key, scale)
        low, high = min(known.low, scale.low), max(known.high, scale.high)
        room = high - low + 1
        possible = self._calculation.rules.ranges.results.get(key.kpi)
        least, most = (Fraction(end) * 10**scale.places for end in possible.span()) if possible else (low, high)
        return Scale(scale.places, min(low, max(int(least), low - room)), max(high, min(int(most), high + room)))

    def _made(self, results: Mapping[ResultKey, Result]) -> _Ready | None:
        frames = {key: result.frame for key, result in results.items()}
        row = pl.int_range(pl.len())
        numbers = {key: frame.with_columns(row.alias(VALUE), row.alias(COUNT)) for key, frame in frames.items()}
        try:
            base = self._anew(self._with(results, self._scales, frames))
            heights = {key: Scale(0, 0, max(1, frame.height)) for key, frame in numbers.items()}
            placed = self._anew(self._with(results, heights, numbers))
        except InputProblems:
            return None
        alike = _plans(base) == _plans(placed)
        return _Ready(base, [frame for _, frame in placed.gathered], self._scales) if alike else None

    def _with(
        self,
        results: Mapping[ResultKey, Result],
        scales: Mapping[ResultKey, Scale],
        frames: Mapping[ResultKey, pl.DataFrame],
    ) -> Measured:
        """Results with other scales and frames, on the sheets of the calculation."""
        measured = self._calculation.measured
        made = {
            key: replace(results[key], frame=_carried(frames[key], scales[key]), scale=scales[key]) for key in results
        }
        return replace(measured, sheets=tuple({key: made[key] for key in sheet} for sheet in measured.sheets))


@dataclass(frozen=True, slots=True)
class _Ready:
    """A calculation whose programs hold results of these scales, and where its wide frames have each of them."""

    base: Calculation
    places: list[pl.DataFrame]
    scales: Mapping[ResultKey, Scale]

    def calculated(self, results: Mapping[ResultKey, Result]) -> Calculation:
        """The same calculation on other results."""
        programs = [program for program, _ in self.base.gathered]
        frames = [
            wide.with_columns(self._columns(program, results, places))
            for (program, wide), places in zip(self.base.gathered, self.places, strict=True)
        ]
        given = self.base.together.given(programs, frames, Timings())
        evaluated = (
            Evaluation(program, program.evaluate(wide.lazy()))
            for program, wide in zip(programs, given.frames, strict=True)
        )
        return replace(self.base, evaluations=tuple(evaluated), pools=given.pools, decided=given.decided)

    def _columns(
        self, program: Program, results: Mapping[ResultKey, Result], places: pl.DataFrame
    ) -> Iterable[pl.Series]:
        for key in program.results:
            frame = _carried(results[key].frame, self.scales[key])
            for name, source in ((key.column, VALUE), (key.answers, COUNT)):
                yield frame[source].gather(places[name]).alias(name)


def _holds(scale: Scale | None, other: Scale) -> bool:
    return scale is not None and scale.low <= other.low and other.high <= scale.high


def _carried(frame: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    return frame.with_columns(pl.col(VALUE).cast(Exact.column(VALUE, scale).dtype))


def _plans(calculation: Calculation) -> list[list[str]]:
    return [[plan.name for plan in program.plans] for program, _ in calculation.gathered]
