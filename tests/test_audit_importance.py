"""What goes with what customers say in the end: relative weights, by hand and against statsmodels."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from incentive_engine.audit.importance import _by_chance, importance


def results(values: np.ndarray, period: str = "2026-Q1") -> pl.DataFrame:
    return pl.DataFrame({"period": period, "subject": [f"t{at:03d}" for at in range(len(values))], "value": values})


def test_two_correlated_drivers_by_hand() -> None:
    """With a correlation r of two drivers, Λ* has a = (√(1+r) + √(1−r)) ÷ 2 on its diagonal and b beside it.

    b = (√(1+r) − √(1−r)) ÷ 2, and its inverse is (a, −b; −b, a) ÷ √(1 − r²).
    """
    generator = np.random.default_rng(1)
    first = generator.normal(size=200)
    second = 0.6 * first + generator.normal(size=200)
    outcome = first + 0.3 * second + generator.normal(size=200)
    r, one, two = (float(np.corrcoef(*pair)[0, 1]) for pair in ((first, second), (first, outcome), (second, outcome)))
    a = (math.sqrt(1 + r) + math.sqrt(1 - r)) / 2
    b = (math.sqrt(1 + r) - math.sqrt(1 - r)) / 2
    root = math.sqrt(1 - r**2)
    beta = ((a * one - b * two) / root, (a * two - b * one) / root)
    weights = (a**2 * beta[0] ** 2 + b**2 * beta[1] ** 2, b**2 * beta[0] ** 2 + a**2 * beta[1] ** 2)
    found = importance(results(outcome), {"first": results(first), "second": results(second)})
    assert found.explained == pytest.approx(sum(weights))
    assert found.parts == pytest.approx({"first": weights[0] / sum(weights), "second": weights[1] / sum(weights)})


def test_together_they_explain_what_a_regression_explains() -> None:
    from statsmodels.regression.linear_model import OLS

    generator = np.random.default_rng(2)
    drivers = generator.normal(size=(300, 4)) @ generator.normal(size=(4, 4))
    outcome = drivers @ np.array([1.0, 0.5, 0.0, -0.5]) + generator.normal(size=300)
    named = {f"kpi{at}": results(drivers[:, at]) for at in range(4)}
    found = importance(results(outcome), named)
    constant = np.column_stack([np.ones(300), drivers])
    assert found.explained == pytest.approx(float(OLS(outcome, constant).fit().rsquared))
    assert sum(found.parts.values()) == pytest.approx(1)
    assert found.results == 300
    test = OLS(outcome, constant).fit().f_pvalue
    assert _by_chance(found.explained or 0, 4, 299) == pytest.approx(float(test))


def test_the_same_kpi_twice_shares_what_it_explains() -> None:
    generator = np.random.default_rng(3)
    said = generator.normal(size=100)
    outcome = said + generator.normal(size=100)
    found = importance(results(outcome), {"once": results(said), "again": results(said)})
    assert found.parts == pytest.approx({"once": 0.5, "again": 0.5})


def test_periods_explain_nothing() -> None:
    generator = np.random.default_rng(4)
    frames = [
        pl.concat([results(generator.normal(level, 1, 300), f"2026-Q{at}") for at, level in ((1, 0), (2, 9))])
        for _ in range(2)
    ]
    found = importance(frames[0], {"other": frames[1]})
    assert (found.explained or 0) < 0.01
    assert found.parts == {}


def test_chance_is_not_shared_out() -> None:
    """The parts of nothing would add up to 1 all the same: at 5 %, 100 draws give 5."""
    generator = np.random.default_rng(5)
    draws = [[results(generator.normal(size=60)) for _ in range(4)] for _ in range(100)]
    found = [importance(first, dict(zip("abc", others, strict=True))) for first, *others in draws]
    assert sum(bool(each.parts) for each in found) <= 10


def test_too_little_explains_nothing() -> None:
    some = results(np.arange(12.0))
    assert importance(some, {"a": some, "b": some}).explained is None  # 12 results for two
    assert importance(some, {}).parts == {}
    assert importance(results(np.ones(30)), {"a": results(np.arange(30.0))}).explained is None
    unmoved = importance(results(np.arange(30.0)), {"a": results(np.arange(30.0)), "b": results(np.ones(30))})
    assert unmoved.parts == pytest.approx({"a": 1.0, "b": 0.0})
