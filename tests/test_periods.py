"""Periods, by name: both ends inclusive, fiscal years named by the year in which they start."""

from __future__ import annotations

import datetime as dt

import pytest

from incentive_engine.periods import Period


@pytest.mark.parametrize(
    ("name", "year_starts", "start", "end", "days"),
    [
        ("2026", 1, "2026-01-01", "2026-12-31", 365),
        ("2024", 1, "2024-01-01", "2024-12-31", 366),
        ("2026-H1", 1, "2026-01-01", "2026-06-30", 181),
        ("2026-Q3", 1, "2026-07-01", "2026-09-30", 92),
        ("2024-02", 1, "2024-02-01", "2024-02-29", 29),
        ("2026", 4, "2026-04-01", "2027-03-31", 365),
        ("2026-H2", 4, "2026-10-01", "2027-03-31", 182),
        ("2026-Q4", 4, "2027-01-01", "2027-03-31", 90),
        ("2026-07", 4, "2026-07-01", "2026-07-31", 31),
    ],
)
def test_a_name_is_a_span_of_days(name: str, year_starts: int, start: str, end: str, days: int) -> None:
    period = Period.parse(name, year_starts)
    assert (period.start, period.end) == (dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    assert period.days == days


@pytest.mark.parametrize(
    ("name", "year_starts", "before"),
    [
        ("2026", 1, "2025"),
        ("2026-H1", 1, "2025-H2"),
        ("2026-Q1", 1, "2025-Q4"),
        ("2026-Q3", 4, "2026-Q2"),
        ("2026-01", 1, "2025-12"),
        ("2026-10", 1, "2026-09"),
    ],
)
def test_the_period_before_ends_the_day_before(name: str, year_starts: int, before: str) -> None:
    period = Period.parse(name, year_starts)
    assert period.previous() == Period.parse(before, year_starts)
    assert period.previous().end + dt.timedelta(days=1) == period.start


@pytest.mark.parametrize(
    "name", ["2026-Q5", "2026-13", "2026-00", "26-Q1", "2026Q1", "Q1-2026", "2026-H3", "", "2026-7"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a period"):
        Period.parse(name)
