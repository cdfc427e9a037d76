"""Importance: how much of what customers say in the end goes with each of the things that pay rewards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from scipy import stats

from incentive_engine.audit.readings import GROUP, PERIOD, strata
from incentive_engine.engine.measured import SUBJECT, VALUE

PAIRS_PER_DRIVER: Final = 10
"""With fewer the weights are those of chance (Harrell, Regression Modeling Strategies, 2015, chapter 4)."""
LEVEL: Final = 0.05
_NOTHING: Final = 1e-12
_OUTCOME: Final = "\0outcome"
_Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Importance:
    """The part that each KPI has in what can be explained of another one; parts add up to 1.

    `explained`: the share of the variance that all of them explain together; None where there are too few results for
    so many KPIs. No parts where that is no more than chance explains.
    """

    results: int
    explained: float | None
    parts: Mapping[str, float]


def importance(outcome: pl.DataFrame, drivers: Mapping[str, pl.DataFrame]) -> Importance:
    """The importance of KPIs for an outcome, over the subjects and periods that have all; see `audit.readings`.

    Relative weights (Johnson, Multivariate Behavioral Research, 2000): KPIs that say nearly the same share what they
    explain, where the coefficients of a regression would give it to one of them by chance. Compared inside periods.
    """
    keys = [PERIOD, SUBJECT]
    together = outcome.select(*keys, *([GROUP] if GROUP in outcome.columns else []), pl.col(VALUE).alias(_OUTCOME))
    for name, readings in drivers.items():
        together = together.join(readings.select(*keys, pl.col(VALUE).alias(name)), on=keys)
    apart = together.sort(keys).select(
        pl.col(name) - pl.col(name).mean().over(strata(together)) for name in (_OUTCOME, *drivers)
    )
    moving = [name for name in apart.columns if apart.height and apart[name].n_unique() > 1]
    if len(moving) < 2 or moving[0] != _OUTCOME or apart.height < PAIRS_PER_DRIVER * len(drivers):
        return Importance(apart.height, None, {})
    correlations = np.corrcoef(apart.select(moving).to_numpy(), rowvar=False)
    weights = _relative_weights(correlations[1:, 1:], correlations[0, 1:])
    explained = float(weights.sum())
    if _by_chance(explained, len(moving) - 1, apart.height - together.select(strata(together)).n_unique()) >= LEVEL:
        return Importance(apart.height, explained, {})
    parts = {name: float(weight) / explained for name, weight in zip(moving[1:], weights, strict=True)}
    return Importance(apart.height, explained, dict.fromkeys(drivers, 0.0) | parts)


def _by_chance(explained: float, drivers: int, freedom: int) -> float:
    """How often chance explains as much: the F-test of a regression."""
    left = max(1, freedom - drivers)
    return float(stats.f.sf(explained / drivers / max(1 - explained, _NOTHING) * left, drivers, left))


def _relative_weights(among: _Numbers, with_outcome: _Numbers) -> _Numbers:
    """The weights, which add up to R²: those of the nearest uncorrelated variables, given back to the correlated."""
    values, vectors = np.linalg.eigh(among)
    nearest = vectors @ np.diag(np.sqrt(values.clip(0))) @ vectors.T
    coefficients = np.linalg.pinv(nearest) @ with_outcome
    weights: _Numbers = nearest**2 @ coefficients**2
    return weights
