"""Forecasts: what is certain is exact, what is open is as open as it truly is."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from incentive_engine import load
from incentive_engine.cli import main
from incentive_engine.engine.run import run
from incentive_engine.engine.running import accept_for
from incentive_engine.facts import Accepted
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules
from incentive_engine.shipped import rules_dir
from incentive_engine.simulation.scenarios.overlay import overlaid
from incentive_engine.simulation.uncertainty.bundles import PLACE, Bundles
from incentive_engine.simulation.uncertainty.forecasting import Forecast, forecast
from incentive_engine.simulation.uncertainty.outlooks import Drawn, Outlook
from incentive_engine.simulation.uncertainty.urns import Urn, facts_to_come, numbers_to_come
from incentive_engine.simulation.uncertainty.window import Window
from tests.futures import Company, Outcome, outcome

STARTER = rules_dir() / "starter"
Q3, AUGUST = Period.parse("2026-Q3"), dt.date(2026, 8, 20)
AMOUNTS = ("low", "middle", "high", "expected")


@pytest.fixture(scope="module")
def starter() -> tuple[Rules, Accepted]:
    rules = load(STARTER / "rules.yaml")
    return rules, accept_for(rules, STARTER / "data")


@pytest.fixture(scope="module")
def in_august(starter: tuple[Rules, Accepted]) -> Forecast:
    return forecast(*starter, Q3, AUGUST, draws=19, seed=3)


# What is certain


def test_a_period_that_is_over_pays_what_it_pays(starter: tuple[Rules, Accepted]) -> None:
    told = forecast(*starter, Q3, Q3.end, draws=3)
    paid = run(starter[0], STARTER / "data", "2026-Q3").payouts.select("payee", "plan", "payout").sort("payee")
    for amount in AMOUNTS:
        assert told.people.select("payee", "plan", payout=amount).equals(paid)
    assert told.budget == Outlook(*[Decimal("5602.75")] * 4)  # as `incentive run` prints it
    assert (told.elapsed, told.accrual, told.draws) == (Fraction(1), told.budget, 1)
    assert told.people["held"].to_list() == [0] * 9


def test_the_same_seed_tells_the_same_and_another_one_something_else(
    starter: tuple[Rules, Accepted], in_august: Forecast
) -> None:
    again, other = (forecast(*starter, Q3, AUGUST, draws=19, seed=seed) for seed in (3, 4))
    assert again.people.equals(in_august.people)
    assert again.departments.equals(in_august.departments)
    assert not other.people.equals(in_august.people)


def test_what_came_later_is_not_looked_at(starter: tuple[Rules, Accepted], in_august: Forecast, tmp_path: Path) -> None:
    for file in (STARTER / "data").iterdir():
        lines = file.read_text(encoding="utf-8").splitlines()
        at = lines[0].split(",").index("answered_on") if file.name == "surveys.csv" else None
        kept = lines if at is None else [lines[0], *(row for row in lines[1:] if row.split(",")[at] <= "2026-08-20")]
        assert at is None or len(kept) < len(lines)
        (tmp_path / file.name).write_text("\n".join(kept) + "\n", encoding="utf-8")
    rules = starter[0]
    told = forecast(rules, accept_for(rules, tmp_path), Q3, AUGUST, draws=19, seed=3)
    assert told.people.equals(in_august.people)


def test_two_rule_sets_are_forecast_on_the_same_facts(starter: tuple[Rules, Accepted], in_august: Forecast) -> None:
    """Twice the pay for 100 %, twice every amount: nothing else may have been drawn."""
    rules, accepted = starter
    twice = overlaid(
        rules,
        {
            "plans.adviser.target_pay": "base_salary * fte * 16% / 4",
            "plans.seller.target_pay": "base_salary * fte * 20% / 4",
        },
    )
    told = forecast(twice, accepted, Q3, AUGUST, draws=19, seed=3)
    both = told.people.join(in_august.people, on=["payee", "plan"], suffix="_before")
    assert both.height == in_august.people.height
    for amount in ("low", "middle", "high"):
        apart = both.select((pl.col(amount) - 2 * pl.col(f"{amount}_before")).abs().max()).item()
        assert apart <= Decimal("0.01")  # half a cent on the one is a cent on the other


def test_low_and_high_stand_around_the_middle_and_departments_around_their_people(in_august: Forecast) -> None:
    for frame in (in_august.people, in_august.departments):
        assert frame.select(
            (pl.col("low") <= pl.col("middle")).all() & (pl.col("middle") <= pl.col("high")).all()
        ).item()
    assert in_august.departments["payees"].sum() == in_august.people["payee"].n_unique()
    spread = in_august.people.select((pl.col("high") - pl.col("low")).sum()).item()
    assert 0 < in_august.budget.high - in_august.budget.low < spread  # not everybody has bad luck at once


def test_the_accrual_is_the_part_of_the_period_that_is_over(in_august: Forecast) -> None:
    assert in_august.elapsed == Fraction(51, 92)  # 31 days of July and 20 of August
    assert in_august.accrual.expected == round(Decimal(51) * in_august.budget.expected / 92, 2)


@pytest.mark.parametrize(
    ("until", "seen_from", "begins", "left"),
    [
        (dt.date(2026, 8, 20), dt.date(2026, 7, 1), dt.date(2026, 8, 21), 41),
        (dt.date(2026, 7, 1), dt.date(2026, 7, 1), dt.date(2026, 7, 2), 91),
        (dt.date(2026, 6, 30), dt.date(2026, 4, 1), dt.date(2026, 7, 1), 92),
        (dt.date(2026, 5, 31), dt.date(2026, 4, 1), dt.date(2026, 7, 1), 92),
        (dt.date(2026, 12, 31), dt.date(2026, 7, 1), dt.date(2026, 10, 1), 0),
    ],
)
def test_the_days_to_come(until: dt.date, seen_from: dt.date, begins: dt.date, left: int) -> None:
    window = Window.of(Q3, until)
    assert (window.seen_from, window.begins, window.days_left) == (seen_from, begins, left)


# Ranks


def test_the_ends_of_a_range_are_amounts_that_were_drawn() -> None:
    """Of 19 draws and the outcome, 20 places: two lie below the second draw, two above the eighteenth."""
    drawn = [
        pl.DataFrame({"payee": ["A"], "plan": ["p"], "department": ["D"], "payout": [Decimal(at)]})
        for at in range(1, 20)
    ]
    told = Drawn.of(drawn, ("payee", "plan"))
    assert told.total() == Outlook(Decimal(2), Decimal(10), Decimal(18), Decimal(10))


def test_who_is_held_in_a_draw_is_neither_paid_nor_zero() -> None:
    one = pl.DataFrame({"payee": ["A"], "plan": ["p"], "department": ["D"], "payout": [Decimal("10.00")]})
    told = Drawn.of([one, one.clear(), one, one.clear()], ("payee", "plan"))
    assert told.of_each().select("low", "middle", "high", "held").row(0) == (*[Decimal("10.00")] * 3, 0.5)
    assert told.total().expected == Decimal("5.00")


# Urns


def drawn_shares(pull: float, draws: int = 4000) -> tuple[float, float]:
    """How often the next fact of the first of two units is its own, and the second fact of it the same as the first."""
    owners, units = np.array([0, 0, 0, 1, 1, 1]), np.arange(2)
    urns = [
        Urn.of(owners, units, np.full(2, pull)),
        Urn.of(np.zeros(6, dtype=np.int64), np.zeros(2, dtype=np.int64), np.zeros(2)),
    ]
    generator = np.random.default_rng(7)
    facts = [facts_to_come(np.array([2, 0]), urns, owners, generator)[1] for _ in range(draws)]
    return float(np.mean([first < 3 for first, _ in facts])), float(np.mean([one == two for one, two in facts]))


def test_with_a_pull_of_as_many_facts_half_are_drawn_from_peers() -> None:
    """Own urn of 3 against a pull of 3; half of what peers' urn gives is the unit's own, too: 1/2 + 1/4."""
    own, same = drawn_shares(3)
    assert own == pytest.approx(0.75, abs=0.03)
    # Put back with the weight 1 / (1 - 2/6) = 1.5: drawn again with 1.5 of 7.5; else like any other.
    assert same > 1.5 / 7.5


def test_an_endless_pull_learns_nothing_from_own_facts() -> None:
    assert drawn_shares(np.inf)[0] == pytest.approx(0.5, abs=0.03)


def test_without_any_pull_only_own_facts_are_drawn() -> None:
    assert drawn_shares(0.0)[0] == 1


def test_on_average_what_is_drawn_is_credibility() -> None:
    """N ÷ (n + k) of the own mean: 5 facts of 10 and k = 15 make 2.5 where all others have 0."""
    owners = np.repeat([0, 1], [5, 500])
    values = np.repeat([10.0, 0.0], [5, 500])
    urns = [
        Urn.of(owners, np.arange(2), np.full(2, 15.0)),
        Urn.of(np.where(owners == 1, 0, -1), np.zeros(2, dtype=np.int64), np.zeros(2)),
    ]
    generator = np.random.default_rng(2)
    means = [values[facts_to_come(np.array([20, 0]), urns, owners, generator)[1]].mean() for _ in range(3000)]
    assert np.mean(means) == pytest.approx(2.5, abs=0.12)


def test_the_numbers_to_come_follow_the_pace() -> None:
    """30 facts in 30 days, and 10 days left: 10 on average; Poisson, and a pace known from 30 facts: 10 + 10²/30."""
    many = np.arange(6000)  # each in a group of its own
    seen, left = np.full(6000, 30.0), np.full(6000, 10.0)
    drawn = numbers_to_come(seen, seen, left, many, np.random.default_rng(5))
    assert drawn.mean() == pytest.approx(10, abs=0.2)
    assert drawn.var() == pytest.approx(10 + 100 / 30, rel=0.1)


def test_who_has_no_days_left_gets_no_facts() -> None:
    nines, alike = np.array([9.0, 9.0]), np.zeros(2, dtype=np.int64)
    numbers = numbers_to_come(nines, nines, np.array([0.0, 90.0]), alike, np.random.default_rng(1))
    assert numbers[0] == 0 < numbers[1]


def test_where_nobody_was_there_nothing_is_to_come() -> None:
    """Facts of days on which a payee was not employed yet tell no pace."""
    seen, alone = np.array([5.0, 0.0]), np.arange(2)
    drawn = numbers_to_come(seen, np.zeros(2), np.full(2, 90.0), alone, np.random.default_rng(1))
    assert drawn.tolist() == [0, 0]


def test_what_is_paid_in_several_currencies_is_one_amount() -> None:
    """Of one plan, in rows of different rates: all payouts are in the currency of the rules."""
    two = {"payee": ["A", "A"], "plan": ["p", "p"], "department": ["D", "D"]}
    told = Drawn.of([pl.DataFrame({**two, "payout": [Decimal("12.00"), Decimal("442.50")]})], ("payee", "plan"))
    assert told.of_each()["middle"].to_list() == [Decimal("454.50")]


def test_what_belongs_together_is_drawn_together() -> None:
    table = accept_for(load(STARTER / "rules.yaml"), STARTER / "data").tables["surveys"]
    frame = table.frame.head(5).with_columns(adviser=pl.Series(["x", "y", "x", None, "y"]))
    bundles = Bundles.of(replace(table, frame=frame), "answered_on", "adviser")
    assert sorted(bundles.firsts[PLACE]) == [0, 1, 3]
    rows, each = bundles.rows(np.array([1, 3, 1]))
    assert (rows.tolist(), each.tolist()) == ([1, 4, 3, 1, 4], [0, 0, 1, 2, 2])
    apart = bundles.apart(frame[rows], each)["adviser"]
    assert (apart[0], apart[2], apart[3]) == (apart[1], None, apart[4])
    assert apart[0] != apart[3]


# How sure it is


def held(outcomes: list[Outcome]) -> tuple[float, int]:
    each = [held for one in outcomes for held in one.held]
    return sum(each) / len(each), len(each)


def test_eight_of_ten_outcomes_lie_in_the_range(tmp_path: Path) -> None:
    """300 outcomes: chance alone is off by more than 6.6 points in one case of two hundred."""
    share, of = held([outcome(Company(people=300), 1, tmp_path / "c", draws=59)])
    assert of == 300
    assert 0.734 <= share <= 0.866


@pytest.mark.long
def test_77_to_83_of_a_hundred_outcomes_lie_in_the_range(tmp_path: Path) -> None:
    """10,000 outcomes in companies of many kinds: few answers or many, people alike or not, teams, early and late."""
    kinds = [
        Company(),
        Company(answers=6),
        Company(answers=80, own=0.05),
        Company(own=0.0),
        Company(own=1.0),
        Company(team=0.2),
        Company(measure="share", answers=60),
        Company(measure="count", answers=60),
        Company(seen=15, answers=30),
        Company(seen=80, answers=40),
    ]
    found = []
    for at, kind in enumerate(kinds):
        of_kind = [outcome(replace(kind, people=500), 2 * at + seed, tmp_path / f"{at}-{seed}", 99) for seed in (1, 2)]
        share, of = held(of_kind)
        assert 0.75 <= share <= 0.85, kind  # those of one company stand on the same estimates: less sure than 1,000
        assert of == 1000
        found += of_kind
    share, of = held(found)
    assert of == 10_000
    assert 0.77 <= share <= 0.83


# What was delivered before


def test_results_not_delivered_yet_are_drawn_from_earlier_runs(starter: tuple[Rules, Accepted], tmp_path: Path) -> None:
    """The quarter before, everybody had 20 cases a day: who has no result yet will have 20, at 100 % of the target."""
    before, now = tmp_path / "before", tmp_path / "now"
    for folder, period, cases in ((before, "2026-Q2", "20"), (now, "2026-Q3", None)):
        folder.mkdir()
        for file in (STARTER / "data").iterdir():
            text = file.read_text(encoding="utf-8")
            if file.name == "kpis.csv":
                rows = [line.split(",") for line in text.splitlines()]
                rows = [rows[0], *([*row[:3], period, cases] for row in rows[1:] if cases is not None)]
                text = "\n".join(",".join(row) for row in rows) + "\n"
            (folder / file.name).write_text(text, encoding="utf-8")
    rules = starter[0]
    run(rules, before, "2026-Q2", tmp_path / "run")
    accepted = accept_for(rules, now)
    without = forecast(rules, accepted, Q3, Q3.end, draws=3)
    told = forecast(rules, accepted, Q3, Q3.end, draws=3, runs=[tmp_path / "run"])
    assert "A01" not in without.people["payee"]
    # A01: satisfaction and recommendation as in the run of the quarter, where 20 cases a day were 100 % as well.
    assert told.people.filter(payee="A01").select("low", "high").row(0) == (Decimal("600.00"),) * 2


# The command


def test_the_command_tells_the_budget_and_everybody(tmp_path: Path) -> None:
    scenario = tmp_path / "twice.yaml"
    scenario.write_text("scenario: twice\ntitle: {en: Twice}\nrules: {change: {plans.adviser.cap: 100%}}\n")
    asked = ["forecast", str(STARTER / "rules.yaml"), "--data", str(STARTER / "data"), "--period", "2026-Q3"]
    told = CliRunner().invoke(main, [*asked, "--until", "2026-09-30", "--draws", "19", "--scenario", str(scenario)])
    assert told.exit_code == 0, told.output
    assert "€5,602.75" in told.output
    # A02, A04 and A05 lose 108.00, 36.75 and 87.00 above the cap
    assert "€5,371.00" in told.output


def test_only_rules_can_be_otherwise(tmp_path: Path) -> None:
    scenario = tmp_path / "more.yaml"
    scenario.write_text("scenario: more\ntitle: {en: More}\nfacts: [{kpi: satisfaction, is: 4}]\n")
    asked = ["forecast", str(STARTER / "rules.yaml"), "--data", str(STARTER / "data"), "--period", "2026-Q3"]
    told = CliRunner().invoke(main, [*asked, "--scenario", str(scenario)])
    assert (told.exit_code, "not-only-rules" in told.output) == (1, True)
