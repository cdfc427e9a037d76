"""What others say of the same thing: gaps and agreement, by hand and against scipy."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from incentive_engine.audit.objectivity import agreement, perception_gap


def results(values: dict[str, float], n: int = 20, spread: float | None = 4.0, period: str = "2026-Q1") -> pl.DataFrame:
    columns = {"period": period, "subject": list(values), "value": list(values.values()), "n": n}
    return pl.DataFrame(columns).with_columns(
        pl.lit(spread, pl.Float64).alias("spread"),
        pl.lit(None, pl.Float64).alias("low"),
        pl.lit(None, pl.Float64).alias("high"),
    )


def test_the_perception_gap_by_hand() -> None:
    expected = results({"Sales": 8.5, "Care": 7.0, "Nobody asked": 9.0}, n=16, spread=1.0)
    stated = results({"Care": 7.5, "Sales": 6.5}, n=100, spread=9.0)
    care, sales = perception_gap(expected, stated)
    assert (care.subject, care.expected, care.stated, care.gap) == ("Care", 7.0, 7.5, -0.5)
    assert (sales.subject, sales.gap, sales.period) == ("Sales", 2.0, "2026-Q1")
    margin = 1.959964 * math.sqrt(1 / 16 + 9 / 100)
    assert sales.low == pytest.approx(2 - margin)
    assert sales.high == pytest.approx(2 + margin)
    assert (care.low or 0) < 0 < (care.high or 0)


def test_the_gap_of_single_answers_has_no_interval() -> None:
    (gap,) = perception_gap(results({"Care": 7.0}, n=1, spread=None), results({"Care": 6.0}))
    assert (gap.gap, gap.low, gap.high) == (1.0, None, None)
    assert perception_gap(results({"Care": 7.0}), results({"Sales": 6.0})) == ()


def people(values: np.ndarray, period: str = "2026-Q1") -> pl.DataFrame:
    return results({f"p{at:03d}": float(value) for at, value in enumerate(values)}, period=period)


def test_agreement_is_spearmans_with_a_published_interval() -> None:
    generator = np.random.default_rng(4)
    visits = generator.normal(size=40)
    nps = visits + generator.normal(size=40)
    found = agreement(people(visits), people(nps))
    correlation = stats.spearmanr(visits, nps).statistic
    margin = 1.959964 * math.sqrt((1 + correlation**2 / 2) / 37)
    assert found.pairs == 40
    assert found.correlation == pytest.approx(correlation)
    assert found.low == pytest.approx(math.tanh(math.atanh(correlation) - margin))
    assert found.high == pytest.approx(math.tanh(math.atanh(correlation) + margin))
    assert found.verdict == "agree"
    assert agreement(people(visits), people(nps), same_direction=False).verdict == "disagree"


def test_what_moves_both_over_time_is_no_agreement() -> None:
    generator = np.random.default_rng(5)
    quarters = [("2026-Q1", 0.0), ("2026-Q2", 10.0)]
    one, other = (
        pl.concat([people(generator.normal(level, 1, 200), period) for period, level in quarters]) for _ in range(2)
    )
    found = agreement(one, other)
    assert abs(found.correlation or 0) < 0.15
    assert found.verdict == "disagree"


def test_few_or_equal_pairs_say_nothing() -> None:
    few, equal = people(np.arange(9.0)), people(np.ones(30))
    assert agreement(few, few).verdict == "not testable"
    assert agreement(equal, people(np.arange(30.0))).correlation is None
    assert agreement(people(np.arange(30.0)), people(np.arange(30.0))).correlation == pytest.approx(1)


@pytest.mark.long
def test_unrelated_results_are_seldom_said_to_agree() -> None:
    generator = np.random.default_rng(6)
    found = [agreement(people(generator.normal(size=30)), people(generator.normal(size=30))) for _ in range(1000)]
    assert sum(each.verdict == "agree" for each in found) <= 40  # 2.5 % on one side
