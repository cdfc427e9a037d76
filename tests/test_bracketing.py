"""The search finds what trying every number finds: the number that costs the goal, or the two that come nearest."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from incentive_engine.simulation.seeking.bracketing import Searched, Tried, search

SCHEMA = {"payee": pl.String(), "payout": pl.Decimal(38, 2)}
UNITS = (100, 10, 1)
Company = list[list[int]]
"""What each payee is paid, in cents, by the number: it only rises, or only falls."""


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """Payees whose pay goes up or down in steps as a number goes through 0 to 400; some share their steps."""
    people = []
    for _ in range(draw(st.integers(1, 6))):
        steps = draw(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 50)), max_size=8))
        way = draw(st.sampled_from([1, -1]))
        steady = draw(st.sampled_from([0, 0, 1, 3]))
        people.append([5000 + way * (steady * at + sum(rise for where, rise in steps if where <= at))
                       for at in range(401)])  # fmt: skip
    return people


def searched(company: Company, goal: int, ends: tuple[int, int], now: int) -> tuple[Searched, list[int]]:
    """What the search finds, and all that it tried."""
    tried: list[int] = []

    def costs(numbers: Sequence[int]) -> list[Tried]:
        tried.extend(numbers)
        return [_tried(company, at) for at in numbers]

    return search(Decimal(goal).scaleb(-2), ends, now, UNITS, costs), tried


def _tried(company: Company, at: int) -> Tried:
    paid = [Decimal(pays[at]).scaleb(-2) for pays in company]
    frame = pl.DataFrame({"payee": [f"P{each}" for each in range(len(paid))], "payout": paid}, schema=SCHEMA)
    return Tried(at, sum(paid, Decimal(0)), frame)


@given(companies(), st.integers(0, 400), st.integers(-30, 30), st.tuples(st.integers(0, 400), st.integers(0, 400)))
@settings(deadline=None, max_examples=80, derandomize=True)
def test_finds_what_trying_every_number_finds(company: Company, at: int, off: int, range_: tuple[int, int]) -> None:
    low, high = min(range_), max(range_)
    cost = [sum(pays[each] for pays in company) for each in range(401)]
    goal = cost[at] + off
    found, tried = searched(company, goal, (low, high), low)
    inside = range(low, high + 1)
    assert found.complete
    below = max((cost[each] for each in inside if cost[each] <= goal), default=None)
    above = min((cost[each] for each in inside if cost[each] >= goal), default=None)
    for end, expected in ((found.below, below), (found.above, above)):
        assert (None if end is None or end.cost is None else int(end.cost * 100)) == expected
        assert end is None or cost[end.at] == expected
    right = [each for each in inside if cost[each] == goal]
    if right and low not in right and high not in right:  # these are tried whatever they look like
        assert found.below is not None
        coarsest = next(unit for unit in UNITS if any(each % unit == 0 for each in right))
        assert found.below.at % coarsest == 0
    assert len(tried) == len(set(tried)) == found.tried


def test_a_straight_line_is_found_on_its_chord() -> None:
    line = [[10 * at for at in range(401)]]
    found, tried = searched(line, 1230, (0, 400), 0)
    assert found.below is not None
    assert found.below.at == 123
    assert len(tried) < 20


def test_elsewhere_is_told_where_the_cost_passes_the_goal_twice() -> None:
    """One is paid a cent more with each number up to 200, the other two less with each from there on."""
    company = [[min(at, 200) for at in range(401)], [1000 - 2 * max(at - 200, 0) for at in range(401)]]
    found, _ = searched(company, 1101, (0, 400), 0)  # 1,000 + 101, and 1,200 - 2 x 49.5
    assert found.below is not None
    assert found.below.at == 101
    assert [(each.low.at < 249.5 < each.high.at) for each in found.others] == [True]


def test_a_number_that_is_refused_is_no_answer() -> None:
    line = [list(range(401))]

    def costs(numbers: Sequence[int]) -> list[Tried]:
        return [_tried(line, at) if at % 2 == 0 else Tried(at, None, None) for at in numbers]

    found = search(Decimal("0.51"), (0, 400), 0, (1,), costs)
    assert (found.below and found.below.at, found.above and found.above.at) == (50, 52)
