"""How sensitive results are: by hand, and against statsmodels' own power of a comparison."""

from __future__ import annotations

import math

import polars as pl
import pytest

from incentive_engine.audit.sensitivity import sensitivity


def results(*rows: tuple[str, str, float, int, float | None]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["period", "subject", "value", "n", "spread"], orient="row")
    return frame.with_columns(pl.lit(None, pl.Float64).alias("low"), pl.lit(None, pl.Float64).alias("high"))


def test_by_hand() -> None:
    found = sensitivity(
        results(
            ("2026-Q1", "a", 1.0, 25, 0.0),
            ("2026-Q1", "b", 0.8, 25, 0.16),
            ("2026-Q1", "c", 0.6, 25, 0.25),
            ("2026-Q2", "a", 1.0, 25, 0.0),
            ("2026-Q2", "b", 0.7, 25, 0.16),
            ("2026-Q2", "d", 0.0, 25, 0.16),
        ),
        best=1,
        worst=0,
    )
    assert found.readings == 6
    assert found.mean == pytest.approx(4.1 / 6)
    # Apart: 0.2² + 0.2² in the first quarter; 1, 0.7 and 0 around 17/30 in the second; 6 results less 2 means.
    second = (1 - 17 / 30) ** 2 + (0.7 - 17 / 30) ** 2 + (17 / 30) ** 2
    assert found.deviation == pytest.approx(math.sqrt((0.08 + second) / 4))
    assert found.best_share == pytest.approx(2 / 6)
    assert found.worst_share == pytest.approx(1 / 6)
    assert found.significant == pytest.approx(1.959964 * math.sqrt(2 * 0.16 / 25))  # the median error is b's
    assert found.changes_seen == pytest.approx(0.05)  # a 0, b 0.1


def test_the_smallest_change_is_found_four_times_out_of_five() -> None:
    """statsmodels: the power of a two-sided z-test of two means with n facts each."""
    from statsmodels.stats.power import NormalIndPower

    found = sensitivity(results(("2026-Q1", "a", 40.0, 50, 5200.0), ("2026-Q1", "b", 30.0, 50, 5200.0)))
    assert found.detectable is not None
    power = NormalIndPower().power(found.detectable / math.sqrt(5200), 50, 0.05)
    assert power == pytest.approx(0.8, abs=1e-4)
    assert found.significant == pytest.approx(1.959964 * math.sqrt(2 * 5200 / 50))


def test_without_a_spread_the_interval_says_how_sure_a_result_is() -> None:
    of_interval = results(("2026-Q1", "a", 10.0, 10, None)).with_columns(low=10 - 1.959964, high=10 + 1.959964)
    assert sensitivity(of_interval).significant == pytest.approx(1.959964 * math.sqrt(2))


def test_what_is_not_there_is_not_made_up() -> None:
    one = sensitivity(results(("2026-Q1", "a", 10.0, 1, None)))
    assert (one.deviation, one.significant, one.detectable, one.changes_seen, one.best_share) == (None,) * 5
    none = sensitivity(results(("2026-Q1", "a", 10.0, 1, None)).clear(), best=1)
    assert (none.readings, none.mean, none.deviation, none.best_share) == (0, None, None, None)


def test_subjects_are_compared_inside_their_group() -> None:
    frame = results(("2026-Q1", "a", 10.0, 9, 1.0), ("2026-Q1", "b", 12.0, 9, 1.0), ("2026-Q1", "c", 50.0, 9, 1.0))
    grouped = frame.with_columns(group=pl.Series(["care", "care", "sales"]))
    assert sensitivity(grouped).deviation == pytest.approx(math.sqrt(2))
