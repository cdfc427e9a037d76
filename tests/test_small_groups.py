"""What is shown of groups gives nobody away: not by itself, not by differences, not from one run to the next.

The attacker here knows every sum that is shown and combines them in any way, in exact fractions; nothing of that is in
the code under test.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from incentive_engine.statements.small_groups import (
    Place,
    Row,
    bands,
    nested,
    rounded_count,
    rounded_mean,
    rounded_share,
    rounded_sum,
    shown,
)

LEAST = 5
Rows = list[tuple[Row, Place]]


def crowd(sizes: dict[Place, int]) -> Rows:
    """So many people in each place."""
    return [((f"{'/'.join(place)}-{number}",), place) for place, size in sizes.items() for number in range(size)]


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_groups_of_five_are_shown_and_groups_of_four_are_not() -> None:
    rows = crowd({("Care",): 5, ("Sales",): 5, ("Office",): 5})
    assert shown(nested(rows)) == {(), ("Care",), ("Office",), ("Sales",)}
    # Of four in the office nothing is shown; what is left beside Care and Sales would be the office, so the smaller
    # of the two goes with it.
    rows = crowd({("Care",): 6, ("Sales",): 5, ("Office",): 4})
    assert shown(nested(rows)) == {(), ("Care",)}


def test_two_small_groups_hide_each_other() -> None:
    # Seven people are beside Care: nothing of fewer than five follows.
    rows = crowd({("Care",): 6, ("Sales",): 3, ("Office",): 4})
    assert shown(nested(rows)) == {(), ("Care",)}


def test_who_is_in_no_team_counts_as_what_is_left() -> None:
    # Three of Care are in no team: Care less its teams would be theirs, so the smaller team is hidden.
    rows = crowd({("Care", "A"): 9, ("Care", "B"): 6, ("Care",): 3, ("Sales",): 8})
    assert shown(nested(rows)) == {(), ("Care",), ("Care", "A"), ("Sales",)}


def test_a_group_that_is_hidden_hides_what_is_inside() -> None:
    rows = crowd({("Care", "A"): 9, ("Care", "B"): 6, ("Sales", "C"): 7, ("Office",): 2})
    assert shown(nested(rows)) == {(), ("Care",), ("Care", "A"), ("Care", "B")}


def test_a_company_of_four_shows_nothing() -> None:
    assert shown(nested(crowd({("Care",): 4}))) == frozenset()
    assert shown(nested([])) == frozenset()


def test_somebody_with_two_plans_is_one_person() -> None:
    rows: Rows = [((f"p{number}", plan), ("Care", plan)) for number in range(4) for plan in ("a", "b")]
    assert shown(nested(rows)) == frozenset()


# --- the attacker -----------------------------------------------------------------------------------------------------


def rank(vectors: list[list[Fraction]]) -> int:
    """How many of some sums say anything that the others do not: elimination in exact fractions."""
    reduced: list[tuple[int, list[Fraction]]] = []
    for given_vector in vectors:
        vector = given_vector
        for at, each in reduced:
            if vector[at]:
                vector = [one - vector[at] / each[at] * other for one, other in zip(vector, each, strict=True)]
        first = next((number for number, part in enumerate(vector) if part), None)
        if first is not None:
            reduced.append((first, vector))
    return len(reduced)


def told_of(few: frozenset[str], rows: Rows, sums: list[list[Fraction]]) -> bool:
    """Whether any combination of sums is about these people alone: it vanishes for all others, and not for them."""
    others = [[part for part, (row, _) in zip(each, rows, strict=True) if row[0] not in few] for each in sums]
    return rank(others) < rank(sums)


@st.composite
def drawn_rows(draw: st.DrawFn) -> Rows:
    """A small company: departments, teams and plans, some people in two plans, some in no team."""
    rows: Rows = []
    for department in range(draw(st.integers(1, 3))):
        for team in range(draw(st.integers(0, 3))):
            for person in range(draw(st.integers(0, 7))):
                name = f"{department}{team}{person}"
                place = (f"d{department}", f"t{team}")[: draw(st.sampled_from((2, 2, 2, 1)))]
                rows += [((name, plan), place) for plan in ("x", "y")[: draw(st.sampled_from((1, 1, 1, 2)))]]
    return rows


@settings(max_examples=60)
@given(drawn_rows(), st.randoms(use_true_random=False))
@example(crowd({("a", "1"): 6, ("a", "2"): 5, ("a", "3"): 4, ("b", "4"): 5}), Random(1))
@example(crowd({("a", "1"): 5, ("a", "2"): 5, ("b", "4"): 5, ("b", "5"): 3, ("c",): 2}), Random(1))
def test_no_combination_of_sums_is_about_fewer_than_five(rows: Rows, random: Random) -> None:
    told = shown(nested(rows))
    sums = [[Fraction(place[: len(each)] == each) for _, place in rows] for each in told]
    persons = sorted({row[0] for row, _ in rows})
    few = {
        frozenset(names)
        for place in {place[:length] for _, place in rows for length in (1, 2)}
        for names in [[row[0] for row, each in rows if each[: len(place)] == place]]
        if len(set(names)) < LEAST
    }
    few |= {frozenset(random.sample(persons, size)) for size in (1, 2, 3, 4) if len(persons) >= size}
    # What is left of a department beside its teams that are shown.
    for each in told:
        inside = [place for place in told if place[: len(each)] == each and len(place) == len(each) + 1]
        rest = {
            row[0] for row, at in rows if at[: len(each)] == each and not any(at[: len(one)] == one for one in inside)
        }
        few |= {frozenset(rest)} if len(rest) < LEAST else set()
    for group in few:
        assert not told_of(group, rows, sums), group


def test_the_attacker_finds_what_hiding_small_groups_alone_gives_away() -> None:
    rows = crowd({("Care",): 6, ("Sales",): 5, ("Office",): 4})
    every = [Fraction(1)] * len(rows)
    parts = {name: [Fraction(place == (name,)) for _, place in rows] for name in ("Care", "Sales")}
    office = frozenset(row[0] for row, place in rows if place == ("Office",))
    assert told_of(office, rows, [every, *parts.values()])
    assert not told_of(office, rows, [every, parts["Care"]])


@settings(max_examples=30)
@given(drawn_rows())
def test_whoever_is_shown_something_is_shown_the_most_that_one_more_group_would_spoil(rows: Rows) -> None:
    whole = nested(rows)
    told = shown(whole)
    large = {
        names[:length]
        for _, names in rows
        for length in range(len(names) + 1)
        if len({row[0] for row, each in rows if each[:length] == names[:length]}) >= LEAST
    }
    assert told <= large
    assert not large or () in told, "the whole company is shown if it is large enough"


# --- from one run to the next -----------------------------------------------------------------------------------------


def test_sums_are_rounded_to_a_step_that_no_amount_passes() -> None:
    assert rounded_sum([Decimal("420.10")] * 5) == 2000  # of 2,100.50; the step is 500
    assert rounded_sum([Decimal("999.99"), Decimal("500.02")]) == 2000  # of 1,500.01; the step is 1,000
    assert rounded_sum([Decimal(-40)] * 6) == -250  # of −240; the step is 50
    assert rounded_sum([Decimal(0)] * 9) == 0
    assert rounded_sum([]) == 0


def test_means_follow_from_rounded_sums() -> None:
    assert rounded_mean([Decimal(24000)] * 14) == 25000  # 336,000 is 350,000 in steps of 50,000
    assert rounded_mean([Decimal(27000)] * 13) == 27000  # 351,000; 350,000 ÷ 13 = 26,923
    assert rounded_mean([Decimal(0)] * 5) == 0


AMOUNTS = st.lists(st.decimals(0, 5000, places=2), min_size=5, max_size=12)


@settings(max_examples=50)
@given(AMOUNTS, st.decimals(1, 5000, places=2))
def test_one_person_more_can_not_be_told_from_two_sums(amounts: list[Decimal], newcomer: Decimal) -> None:
    """A sum that is printed is a whole number of steps of at least the largest amount, so the newcomer's is inside."""
    ladder = [Decimal(digit).scaleb(power) for power in range(4) for digit in (1, 2, 5)]
    step = min(each for each in ladder if each >= max(*amounts, newcomer))
    printed = rounded_sum([*amounts, newcomer])
    assert printed % step == 0
    assert abs(printed - sum(amounts) - newcomer) <= step / 2


@pytest.mark.parametrize(
    ("people", "printed"), [(5, "1.1"), (9, "1.1"), (10, "1.05"), (25, "1.06"), (49, "1.06"), (50, "1.07")]
)
def test_shares_are_rounded_the_more_the_fewer_people_there_are(people: int, printed: str) -> None:
    assert rounded_share(Decimal("1.0677"), people) == Decimal(printed)


# --- distributions ----------------------------------------------------------------------------------------------------


def test_bands_are_put_together_until_each_has_five() -> None:
    assert bands([0, 3, 9, 12, 1]) == (range(3), range(3, 5))
    assert bands([5, 5, 5]) == (range(1), range(1, 2), range(2, 3))
    assert bands([5, 0, 5]) == (range(1), range(1, 3)), "nobody in a band says something about everybody"
    assert bands([0, 0, 9]) == (), "everybody in one band says something about everybody"
    assert bands([2, 2, 2]) == ()


@given(st.lists(st.integers(0, 12), min_size=2, max_size=6))
def test_every_band_has_five_people_and_none_is_lost(counts: list[int]) -> None:
    found = bands(counts)
    assert len(found) != 1
    if found:
        assert [at for band in found for at in band] == list(range(len(counts)))
        assert all(sum(counts[at] for at in band) >= LEAST for band in found)
    assert rounded_count(sum(counts)) % 5 == 0
