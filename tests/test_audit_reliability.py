"""The reliability of results, against scipy and statsmodels, by hand, and on what is known to be chance or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from incentive_engine.audit.reliability import Reliability, reliability, reliability_of_counts

Facts = list[Any]
Draw = Callable[[np.random.Generator, int, int], Facts]


def as_readings(facts: Sequence[Any], period: str = "2026-Q1") -> pl.DataFrame:
    """One row per subject, from its facts."""
    return pl.DataFrame(
        {
            "period": period,
            "subject": [f"s{at:04d}" for at in range(len(facts))],
            "value": [float(np.mean(of_one)) for of_one in facts],
            "n": [len(of_one) for of_one in facts],
            "spread": [float(np.var(of_one, ddof=1)) if len(of_one) > 1 else None for of_one in facts],
            "low": None,
            "high": None,
        },
        schema_overrides=dict.fromkeys(("spread", "low", "high"), pl.Float64),
    )


HAND = [[9, 6, 8, 7], [10, 8, 9, 9], [6, 5, 7, 6]]
"""Means 7.5, 9, 6 of 4 facts; grand mean 7.5; MSB = 4 × (0 + 2.25 + 2.25) ÷ 2 = 9; MSW = (5 + 2 + 2) ÷ 9 = 1."""


def test_a_balanced_table_by_hand() -> None:
    found = reliability(as_readings(HAND), at_least=5)
    assert (found.subjects, found.readings, found.facts, found.typical_n) == (3, 3, 12, 4)
    assert found.icc == pytest.approx((9 - 1) / (9 + 3 * 1))  # 2/3
    assert found.k == pytest.approx(1 / 2)
    assert found.reliability == pytest.approx(8 / 9)  # 4 × 2/3 ÷ (1 + 3 × 2/3), which is 1 − 1/F
    assert (found.n_for_070, found.n_for_090) == (2, 5)  # 0.5 × 7/3 = 1.17 and 0.5 × 9 = 4.5
    assert found.p_value == pytest.approx(float(stats.f_oneway(*HAND).pvalue))
    assert found.below_minimum == 1
    assert found.verdict == "reliable"


def test_unequal_numbers_of_facts_by_hand() -> None:
    facts = [[4.0, 6.0], [1.0, 2.0, 3.0, 2.0], [7.0]]
    # Means 5, 2, 7; N = 7; grand mean 25/7; n₀ = (7 − (4 + 16 + 1)/7) ÷ 2 = 2; MSW = (2 + 2) ÷ 4 = 1.
    grand = 25 / 7
    between = (2 * (5 - grand) ** 2 + 4 * (2 - grand) ** 2 + (7 - grand) ** 2) / 2
    found = reliability(as_readings(facts))
    assert found.icc == pytest.approx((between - 1) / (between + 1))
    assert found.p_value == pytest.approx(float(stats.f_oneway(*facts).pvalue))


def test_the_interval_is_the_named_one() -> None:
    """McGraw, Wong, Psychological Methods, 1996, ICC(1), balanced: F ÷ F(0.975) and F × F'(0.975) in its formula."""
    ratio, k, n = 9.0, 3, 4
    low_ratio = ratio / stats.f.ppf(0.975, k - 1, k * (n - 1))
    high_ratio = ratio * stats.f.ppf(0.975, k * (n - 1), k - 1)
    found = reliability(as_readings(HAND))
    assert found.low == pytest.approx((low_ratio - 1) / (low_ratio + n - 1))
    assert found.high == pytest.approx((high_ratio - 1) / (high_ratio + n - 1))


def test_a_mixed_model_estimates_the_same_where_subjects_have_the_same_number_of_facts() -> None:
    """REML equals the analysis of variance on balanced data (Searle, Casella, McCulloch, Variance Components, 1992)."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    generator = np.random.default_rng(7)
    facts = [generator.normal(generator.normal(0, 1), 2, 15) for _ in range(20)]
    model = MixedLM(np.concatenate(facts), np.ones(300), groups=np.repeat(np.arange(20), 15)).fit(reml=True)
    between, within = float(model.cov_re[0, 0]), float(model.scale)
    assert reliability(as_readings(facts)).icc == pytest.approx(between / (between + within), abs=1e-4)


def test_periods_are_not_differences_between_people() -> None:
    """The same three people, one quarter worse by 3 for all: nothing changes but the number of facts."""
    later = [[fact - 3 for fact in of_one] for of_one in HAND]
    once, twice = (
        reliability(as_readings(HAND)),
        reliability(pl.concat([as_readings(HAND), as_readings(later, "2026-Q2")])),
    )
    assert twice.icc == pytest.approx(once.icc)
    assert (twice.subjects, twice.readings, twice.facts) == (3, 6, 24)
    assert (twice.low or 0) < (once.low or 0) + 0.1  # the same people again: not six
    alone = as_readings(HAND).with_columns(pl.col("subject").alias("group"))
    assert reliability(alone).verdict == "not testable"


def test_what_cannot_be_tested_says_so() -> None:
    nobody = as_readings(HAND).clear()
    for frame in (
        nobody,
        as_readings([[1, 2, 3]]),
        as_readings([[1.0], [2.0]]),
        as_readings([[5, 5], [5, 5]]),
        as_readings(HAND).with_columns(pl.lit(None, pl.Float64).alias("spread")),
    ):
        found = reliability(frame)
        assert (found.icc, found.k, found.n_for_070, found.verdict) == (None, None, None, "not testable")
    certain = reliability(as_readings([[5, 5], [6, 6]]))
    assert (certain.icc, certain.k, certain.n_for_090, certain.verdict) == (1, 0, 1, "reliable")


def of_counts(counts: Any, period: str = "2026-Q1") -> pl.DataFrame:
    return as_readings([[count] for count in counts], period).with_columns(n=pl.col("value").cast(pl.Int64))


def test_counts_by_hand() -> None:
    """Of a mean of 2, and a sum of squares of 10: 10 ÷ 2 = 5 with 4 degrees of freedom; 1 − 4 ÷ 5 is real."""
    found = reliability_of_counts(of_counts([0, 1, 2, 3, 4]))
    assert found.reliability == pytest.approx(0.2)
    assert found.p_value == pytest.approx(float(stats.chi2.sf(5, 4)))
    assert (found.verdict, found.icc, found.k, found.n_for_070) == ("indistinguishable", None, None, None)
    assert found.periods_for_070 == 10  # 0.8 ÷ 0.2 × 0.7 ÷ 0.3 = 9.3
    two = reliability_of_counts(pl.concat([of_counts([0, 1, 2, 3, 4]), of_counts([0, 0, 0, 0, 0], "2026-Q2")]))
    assert two.reliability == pytest.approx(0.2)  # a period without events says nothing
    assert reliability_of_counts(of_counts([0, 0])).verdict == "not testable"
    assert reliability_of_counts(of_counts([1, 60, 3, 90])).verdict == "reliable"


def test_intervals_alone_by_hand() -> None:
    """Values 1, 3 and 8 with a standard error of 1: a sum of squares of 26, 2 degrees of freedom."""
    results = as_readings([[1.0], [3.0], [8.0]]).with_columns(n=pl.lit(30))
    limits = results.with_columns(low=pl.col("value") - 1.9599639845, high=pl.col("value") + 1.9599639845)
    found = reliability(limits, at_least=50)
    assert found.reliability == pytest.approx(1 - 2 / 26)
    assert found.p_value == pytest.approx(float(stats.chi2.sf(26, 2)))
    assert (found.verdict, found.icc, found.below_minimum) == ("reliable", None, 1)


def nps(generator: np.random.Generator, agents: int, n: int, between: float = 0.0) -> Facts:
    """Answers that count 100, 0 or −100: a normal disposition, cut at the same places for everybody."""
    mine = np.sqrt(between) * generator.standard_normal((agents, 1))
    disposition = mine + np.sqrt(1 - between) * generator.standard_normal((agents, n))
    return list(np.select([disposition > 0.0, disposition > -0.9], [100.0, 0.0], -100.0))


def share(generator: np.random.Generator, agents: int, n: int) -> Facts:
    return list((generator.random((agents, n)) < 0.9).astype(float))


def uneven(generator: np.random.Generator, agents: int, n: int) -> Facts:
    return [generator.exponential(300.0, size) for size in generator.integers(5, 2 * n, agents)]


CHANCE: dict[str, Draw] = {"nps": nps, "share": share, "durations": uneven}


def verdicts(draw: Draw, seeds: range, agents: int, n: int) -> list[Reliability]:
    return [reliability(as_readings(draw(np.random.default_rng(seed), agents, n))) for seed in seeds]


def control(kind: str, agents: int, n: int, seeds: range) -> int:
    """How many draws of chance alone are called indistinguishable."""
    return sum(each.verdict == "indistinguishable" for each in verdicts(CHANCE[kind], seeds, agents, n))


def planted(generator: np.random.Generator, agents: int, n: int) -> Facts:
    """Facts of which 15 % of the variance is between agents."""
    mine = generator.normal(0, np.sqrt(0.15), (agents, 1))
    return list(mine + generator.normal(0, np.sqrt(0.85), (agents, n)))


def test_chance_is_called_chance() -> None:
    """100 draws of 40 agents with 60 answers each who differ by nothing."""
    assert control("nps", 40, 60, range(100)) >= 95


def test_a_planted_difference_is_found() -> None:
    """ICC 0.15 and 60 facts each: by 20 agents in at least 95 of 100 draws."""
    found = verdicts(planted, range(100), 20, 60)
    assert sum(each.verdict == "reliable" or each.verdict == "doubtful" for each in found) >= 95


@pytest.mark.parametrize("mean", [0.3, 3.0])
def test_chance_is_called_chance_of_counts_too(mean: float) -> None:
    draws = [of_counts(np.random.default_rng(seed).poisson(mean, 60)) for seed in range(100)]
    assert sum(reliability_of_counts(each).verdict == "indistinguishable" for each in draws) >= 95


@pytest.mark.long
@pytest.mark.parametrize("kind", CHANCE)
@pytest.mark.parametrize(("agents", "n"), [(10, 20), (40, 20), (40, 60), (200, 20)])
def test_the_level_of_the_test_holds(kind: str, agents: int, n: int) -> None:
    """At 1 %, 1,000 draws of chance give 10 false alarms, and by chance alone more than 20 about once in 500 times."""
    assert 1000 - control(kind, agents, n, range(1000)) <= 20


@pytest.mark.long
@pytest.mark.parametrize("agents", [10, 20, 40])
def test_the_interval_holds_the_planted_icc(agents: int) -> None:
    found = verdicts(planted, range(1000, 2000), agents, 60)
    covered = [(each.low or 0) < 0.15 < (each.high or 0) for each in found]
    assert 0.93 <= fmean(covered) <= 0.97
    assert fmean(each.icc or 0 for each in found) == pytest.approx(0.15, abs=0.01)
    assert sum(each.verdict != "indistinguishable" for each in found) >= 950
