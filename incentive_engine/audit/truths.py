"""What results would be if everybody had been asked: drawn at random, as far as the facts leave it open.

A result is what is true of a subject, and chance. What is true is believed to lie between the result and the mean of
those whom the same plans pay, the nearer to the result the more facts there are (Bühlmann, Straub, Mitteilungen der
Vereinigung schweizerischer Versicherungsmathematiker, 1970), and to vary by as much as is still unknown (normal prior
and likelihood: Efron, Morris, Journal of the American Statistical Association, 1975). Results are drawn each by itself,
also where a team's and its members' rest on the same facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from incentive_engine.audit.readings import GROUP
from incentive_engine.audit.sensitivity import standard_error
from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.crediting import COMPANY
from incentive_engine.engine.eligibility import NUMBER
from incentive_engine.engine.fitting import fitted
from incentive_engine.engine.measured import SUBJECT, VALUE, Measured, Result, Sheet
from incentive_engine.engine.over_results import results_over_kpis, with_what_they_read
from incentive_engine.engine.running import Calculation
from incentive_engine.exact import Exact
from incentive_engine.kinds.base import SubjectKind
from incentive_engine.kinds.intervals import HIGH, LOW, SPREAD
from incentive_engine.kinds.kpi_kind import COUNT
from incentive_engine.kinds.kpis import Count
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.rulesets.contracts import WORKFORCE

FEWEST: Final = 3
"""Of fewer subjects nothing is learnt about how far they differ: each is believed to be what was measured."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed of each subject's true result: normal around `middle`; not a number where nothing is unknown."""

    middle: np.ndarray[Any, np.dtype[np.float64]]
    deviation: np.ndarray[Any, np.dtype[np.float64]]
    ends: tuple[float, float]
    """What is possible."""
    places: int
    """Nobody has half a complaint: what is counted stays whole."""

    def drawn(self, result: Result, generator: np.random.Generator) -> Result:
        """The result with values that could be true."""
        drawn = self.middle + self.deviation * generator.standard_normal(self.middle.size)
        counts = np.rint(np.round(np.clip(drawn, *self.ends), self.places) * 10**result.scale.places)
        open_ = np.isfinite(drawn)
        values = pl.Series(VALUE, np.where(open_, counts, 0)).cast(result.frame.schema[VALUE])
        kept = pl.select(pl.when(pl.lit(pl.Series(open_))).then(values).otherwise(result.frame[VALUE]).alias(VALUE))
        column, scale = fitted(kept[VALUE], result.scale.places)
        return replace(result, frame=result.frame.with_columns(column), scale=scale)


class Truths:
    """The results of a calculation, and what is believed of them."""

    def __init__(self, calculation: Calculation) -> None:
        self._calculation = calculation
        self.beliefs: Mapping[ResultKey, Belief] = dict(self._believed())

    def _believed(self) -> Iterator[tuple[ResultKey, Belief]]:
        rules = self._calculation.rules
        groups = {kind: _paid_together(self._calculation, kind) for kind in _KINDS}
        for key, result in sorted(self._calculation.measured.results.items()):
            if {SPREAD, LOW, HIGH} <= set(result.frame.columns):
                low, high = rules.ranges.results[key.kpi].span()
                places = 0 if isinstance(rules.ruleset.kpis[key.kpi].compute, Count) else result.scale.places
                middle, deviation = _belief(result, groups[key.subject_kind])
                if np.isfinite(deviation).any():
                    yield key, Belief(middle, deviation, (float(low), float(high)), places)

    def drawn(self, generator: np.random.Generator) -> Measured:
        """The results as they could truly be; those over KPIs are worked out from them."""
        calculation = self._calculation
        kpis, measured = calculation.rules.ruleset.kpis, calculation.measured
        sheets: list[Sheet] = [
            {
                key: self.beliefs[key].drawn(result, generator) if key in self.beliefs else result
                for key, result in sheet.items()
                if not isinstance(kpis[key.kpi].compute, OverKpis)
            }
            for sheet in measured.sheets
        ]
        known = {key: result for sheet in sheets for key, result in sheet.items()}
        ordered = with_what_they_read(kpis, measured.results, calculation.period)
        over = results_over_kpis(kpis, ordered, known, calculation.period)
        return replace(measured, sheets=(*(sheet for sheet in sheets if sheet), *over))

    def certain(self, key: ResultKey) -> bool:
        """Whether a result is taken as it is: nothing says how sure it is."""
        kpis, period = self._calculation.rules.ruleset.kpis, self._calculation.period
        return not self.beliefs.keys() & set(with_what_they_read(kpis, [key], period))


_KINDS: Final[tuple[SubjectKind, ...]] = ("payee", "team", "department", "company")


def _paid_together(calculation: Calculation, kind: SubjectKind) -> pl.DataFrame:
    """One row per subject that somebody is paid on: subject, and which plans its people have."""
    people = calculation.accepted.tables[WORKFORCE].frame
    if kind == "company":
        people = people.with_columns(pl.lit(COMPANY).alias(kind))
    if kind not in people.columns:
        return pl.DataFrame(schema={SUBJECT: pl.String, GROUP: pl.String})
    subjects = people.select("payee", pl.col(kind).alias(SUBJECT)).drop_nulls()
    plans = calculation.assigned.assignments.select("payee", pl.col(NUMBER).cast(pl.String))
    return (
        plans.join(subjects, on="payee")
        .group_by(SUBJECT)
        .agg(pl.col(NUMBER).unique().sort().str.join("+").alias(GROUP))
    )


def _belief(result: Result, groups: pl.DataFrame) -> tuple[Any, Any]:
    """Middle and deviation of what is true of each subject; not a number for who has no result or pays nobody.

    Chance: the mean spread of a group over n; where a kind has only intervals, the mean of their variances. What is
    left of the variance between the subjects of a group is theirs (method of moments).
    """
    value, n, spread, error = pl.col(VALUE), pl.col(COUNT), pl.col(SPREAD), pl.col("error")
    known = value.is_not_null() & (spread.is_not_null() | error.is_not_null() | (n == 1))
    frame = (
        result.frame.with_columns(Exact.column(VALUE, result.scale).decimal().cast(pl.Float64))
        .join(groups, on=SUBJECT, how="left", maintain_order="left")
        .with_columns(standard_error().alias("error"))
        .with_columns(pl.when(known).then(pl.col(GROUP)))
        .with_columns(value=pl.when(pl.col(GROUP).is_not_null()).then(value))
    )
    weights = pl.when(spread.is_not_null()).then(n - 1)
    pooled = (weights * spread).sum().over(GROUP) / weights.sum().over(GROUP)
    frame = frame.with_columns(
        chance=pl.when(spread.is_not_null().any().over(GROUP)).then(pooled / n).otherwise((error**2).mean().over(GROUP))
    )
    chance, theirs = pl.col("chance"), pl.col("theirs")
    frame = frame.with_columns(theirs=(value.var().over(GROUP) - chance.mean().over(GROUP)).clip(0))
    alone = value.count().over(GROUP) < FEWEST
    weight = 1 / (theirs + chance)
    mean = (weight * value).sum().over(GROUP) / weight.sum().over(GROUP)
    trust = pl.when(alone | (chance == 0)).then(1.0).otherwise(theirs / (theirs + chance))
    believed = frame.select(
        middle=pl.when(trust == 1).then(value).otherwise(mean + trust * (value - mean)),
        deviation=(trust * chance).sqrt(),
    )
    return believed["middle"].to_numpy(), believed["deviation"].to_numpy()
