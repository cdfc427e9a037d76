"""What a KPI says of another one a period later: against dummy variables and sums by hand, and on known worlds."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from incentive_engine.audit.prediction import Prediction, prediction
from incentive_engine.errors import InputProblems

Frames = tuple[pl.DataFrame, pl.DataFrame]


def results(values: Any) -> pl.DataFrame:
    """One row per team and quarter of a matrix of them."""
    teams, periods = values.shape
    return pl.DataFrame(
        {
            "period": [f"2025-Q{at + 1}" for _ in range(teams) for at in range(periods)],
            "subject": [f"t{team:03d}" for team in range(teams) for _ in range(periods)],
            "value": values.ravel(),
        }
    )


def panel(seed: int, slope: float, teams: int = 30, periods: int = 4) -> Frames:
    """Teams that differ for good, quarters that differ for all, and a driver that works one quarter later."""
    generator = np.random.default_rng(seed)
    always, times = generator.normal(0, 3, (teams, 1)), generator.normal(0, 3, (1, periods))
    driver = generator.normal(size=(teams, periods)) + always + times
    noise = generator.normal(size=(teams, periods))
    moved = np.column_stack([np.zeros(teams), driver[:, :-1] - always[:, 0:1] - times[:, :-1]])
    return results(driver), results(slope * moved + noise + 2 * always - times)


def test_the_slope_and_its_interval_are_those_of_a_regression_with_dummies() -> None:
    """Ordinary least squares on all dummies, clustered errors summed by hand, t with one degree less than teams.

    The slope and two quarters beside the first are estimated from 90 pairs, besides what each team always has.
    """
    driver, driven = panel(1, 0.6)
    x = driver["value"].to_numpy().reshape(30, 4)[:, :-1].ravel()
    y = driven["value"].to_numpy().reshape(30, 4)[:, 1:].ravel()
    dummies = np.column_stack([np.kron(np.eye(30), np.ones((3, 1))), np.tile(np.eye(3), (30, 1))[:, 1:]])
    rest_x, rest_y = (v - dummies @ np.linalg.lstsq(dummies, v, rcond=None)[0] for v in (x, y))
    unit = rest_x.std() / rest_y.std()
    (slope, *_), *_ = np.linalg.lstsq(np.column_stack([x, dummies]), y, rcond=None)
    scores = (rest_x * (rest_y - slope * rest_x)).reshape(30, 3).sum(axis=1)
    variance = (scores**2).sum() / (rest_x**2).sum() ** 2 * (30 / 29) * (89 / 87)
    margin = stats.t.ppf(0.975, 29) * math.sqrt(variance)
    found = prediction(driver, driven)
    assert (found.subjects, found.periods, found.pairs) == (30, 3, 90)
    assert found.slope == pytest.approx(slope * unit)
    assert found.low == pytest.approx((slope - margin) * unit)
    assert found.high == pytest.approx((slope + margin) * unit)
    assert found.verdict == "confirmed"
    assert prediction(driver, driven, same_direction=False).slope == pytest.approx(-slope * unit)
    assert prediction(driver, driven, same_direction=False).verdict == "contradicted"


def test_out_of_sample_each_team_is_predicted_by_the_others() -> None:
    driver, driven = panel(2, 0.6, teams=12)
    x = driver["value"].to_numpy().reshape(12, 4)[:, :-1]
    y = driven["value"].to_numpy().reshape(12, 4)[:, 1:]
    x, y = (v - v.mean(axis=1, keepdims=True) - v.mean(axis=0, keepdims=True) + v.mean() for v in (x, y))
    missed = 0.0
    for team in range(12):
        others = np.arange(12) != team
        slope = (x[others] * y[others]).sum() / (x[others] ** 2).sum()
        missed += ((y[team] - slope * x[team]) ** 2).sum()
    assert prediction(driver, driven).out_of_sample == pytest.approx(1 - missed / (y**2).sum())


def test_what_cannot_be_tested_says_so() -> None:
    driver, driven = panel(3, 1.0)
    few = [frame.filter(pl.col("subject") < "t009") for frame in (driver, driven)]
    assert prediction(few[0], few[1]) == Prediction(9, 3, 27)
    once = [frame.filter(pl.col("period") < "2025-Q3") for frame in (driver, driven)]
    assert prediction(once[0], once[1]).verdict == "not testable"  # one pair a team
    constant = driver.with_columns(value=pl.lit(5.0))
    assert prediction(constant, driven).slope is None
    for without in ((driver.clear(), driven), (driver.clear(), driven.clear())):
        assert prediction(*without) == Prediction(0, 0, 0)


def test_a_quarter_that_is_missing_makes_no_pair() -> None:
    driver, driven = panel(4, 1.0)
    found = prediction(driver.filter(pl.col("period") != "2025-Q2"), driven)
    assert found.pairs == 60  # of the first to the second and of the third to the fourth, but not of the second


def test_without_statsmodels_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels.regression.linear_model", None)
    with pytest.raises(InputProblems, match="statsmodels") as raised:
        prediction(*panel(1, 0.6))
    assert "incentive-engine[stats]" in (raised.value.problems[0].hint or "")


def confirmed(seeds: range, slope: float, teams: int = 30, periods: int = 4) -> list[str]:
    return [prediction(*panel(seed, slope, teams, periods)).verdict for seed in seeds]


def test_what_has_no_effect_is_seldom_confirmed_and_what_has_one_is_found() -> None:
    assert confirmed(range(40), 0.0).count("confirmed") <= 3
    assert confirmed(range(40), 0.6).count("confirmed") >= 38


@pytest.mark.long
@pytest.mark.parametrize(("teams", "periods"), [(10, 4), (30, 4), (100, 4), (12, 8)])
def test_the_level_of_confirmation(teams: int, periods: int) -> None:
    """At 2.5 % on one side, 1,000 worlds without an effect confirm 25; with ten teams up to twice as many."""
    assert confirmed(range(1000), 0.0, teams, periods).count("confirmed") <= (50 if teams < 20 else 40)


@pytest.mark.long
def test_the_power_of_confirmation() -> None:
    verdicts = confirmed(range(100), 0.6)
    assert verdicts.count("confirmed") >= 95
    assert "contradicted" not in verdicts
    assert confirmed(range(100), -0.6).count("contradicted") >= 95
