"""How much of what differs in pay is chance: in worlds whose truth is known."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, reject, settings

from incentive_engine import InputProblems, load
from incentive_engine.audit.luck import Luck, luck
from incentive_engine.audit.truths import Belief
from incentive_engine.engine.measured import Result
from incentive_engine.engine.running import accept_for
from incentive_engine.exact import Scale
from incentive_engine.periods import Period
from incentive_engine.shipped import rules_dir
from tests.case_files import calculated
from tests.drawn import cases
from tests.oracle import Case

RULES = """
rule_set: world
version: "1"
title: {en: World}
decided: {by: Us, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
sources:
  surveys:
    path: surveys.parquet
    payee: agent
    date: day
    columns: {answer: {at_least: -1000, at_most: 1000, places: 3}}
kpis:
  answers:
    title: {en: Answers}
    perspective: customer
    compute: {kind: mean, from: surveys, value: answer}
    better: higher
curves:
  straight: {kind: linear, points: [[-100, 0%], [100, 200%]], below: flat, above: flat}
  steps: {kind: stepped, tiers: [{from: -12, rate: 80%}, {from: -2, rate: 100%}, {from: 8, rate: 120%}], below: zero}
plans:
  agent:
    title: {en: Agent}
    pays: bonus
    who: agent
    TARGET_PAY
    scorecard:
      answers: {weight: 100%, of: payee, attainment: level, curve: CURVE}
"""


@dataclass(frozen=True)
class World:
    """What is true of every agent, what was measured, and what is paid for either, per unit of target pay."""

    truths: Any
    means: Any
    luck: Luck


def world(
    folder: Path,
    seed: int,
    between: float,
    within: float,
    n: int,
    curve: str = "straight",
    draws: int = 15,
    target_pay: str = "target_pay: salary / 4",
) -> World:
    """150 agents whose truths have the variance `between`, measured by n facts of the variance `within`."""
    generator = np.random.default_rng(seed)
    truths = generator.normal(0, np.sqrt(between), 150)
    facts = np.round(truths[:, None] + generator.normal(0, np.sqrt(within), (150, n)), 3)
    agents = [f"A{at:03d}" for at in range(150)]
    folder.mkdir(exist_ok=True)
    workforce = pl.DataFrame({"payee": agents, "salary": generator.integers(20, 60, 150) * 1000, "agent": True})
    workforce.write_csv(folder / "workforce.csv")
    surveys = pl.DataFrame({"agent": np.repeat(agents, n), "answer": facts.ravel()})
    surveys.with_columns(day=dt.date(2026, 2, 1)).write_parquet(folder / "surveys.parquet")
    (folder / "rules.yaml").write_text(RULES.replace("CURVE", curve).replace("TARGET_PAY", target_pay))
    rules = load(folder / "rules.yaml")
    (found,) = luck(rules, accept_for(rules, folder), Period.parse("2026-Q1"), draws)
    return World(truths, facts.mean(axis=1), found)


def chance(one: World) -> float:
    """The share of chance that there truly is: on a straight curve what is paid is 1 + mean ÷ 100."""
    return float(np.var(one.means - one.truths) / np.var(one.means))


def on_other_step(one: World) -> float:
    limits = [-12, -2, 8]
    return float(np.mean(np.searchsorted(limits, one.means, "right") != np.searchsorted(limits, one.truths, "right")))


def in_other_quarter(one: World) -> float:
    limits = np.quantile(one.means, (0.25, 0.5, 0.75))
    return float(np.mean(np.searchsorted(limits, one.means) != np.searchsorted(limits, one.truths)))


@pytest.mark.parametrize(("between", "within", "n"), [(100.0, 900.0, 9), (400.0, 900.0, 36)])
def test_the_share_of_chance_is_found(tmp_path: Path, between: float, within: float, n: int) -> None:
    one = world(tmp_path, 1, between, within, n)
    assert one.luck.noise_share == pytest.approx(chance(one), abs=0.1)
    assert one.luck.wrong_tier == pytest.approx(in_other_quarter(one), abs=0.1)
    assert (one.luck.plan, one.luck.payees, one.luck.tiers, one.luck.certain) == ("agent", 150, "quarters", ())


def test_the_probability_of_a_wrong_step_is_found(tmp_path: Path) -> None:
    one = world(tmp_path, 2, 100.0, 900.0, 30, curve="steps")
    assert one.luck.tiers == "steps"
    assert one.luck.wrong_tier == pytest.approx(on_other_step(one), abs=0.1)


def test_chance_alone_is_all_chance(tmp_path: Path) -> None:
    """150 agents who differ by nothing: who got more was lucky, and nearly nobody deserves another quarter's pay."""
    one = world(tmp_path, 3, 0.0, 900.0, 30)
    assert (one.luck.noise_share or 0) > 0.9
    assert one.luck.wrong_tier == pytest.approx(in_other_quarter(one), abs=0.1)


def test_what_is_deserved_lies_within_what_is_said(tmp_path: Path) -> None:
    one = world(tmp_path, 4, 100.0, 900.0, 9, draws=60)
    people = one.luck.people.with_columns(
        salary=pl.read_csv(tmp_path / "workforce.csv")["salary"], deserved=1 + one.truths / 100
    )
    deserved = pl.col("deserved") * pl.col("salary") / 4
    within = people.select(deserved.is_between("low", "high").mean()).item()
    assert within == pytest.approx(0.95, abs=0.05)
    gap = people.select((pl.col("payout") - deserved).abs().mean()).item()
    assert one.luck.typical_gap == pytest.approx(gap, rel=0.15)


def test_a_plan_that_is_scored_only_is_lucky_in_its_scores(tmp_path: Path) -> None:
    one = world(tmp_path, 1, 100.0, 900.0, 9, target_pay="")
    assert one.luck.noise_share == pytest.approx(chance(one), abs=0.1)
    assert one.luck.typical_gap is None


def test_where_nothing_is_paid_nobody_is_lucky(tmp_path: Path) -> None:
    found = world(tmp_path, 1, 100.0, 900.0, 9, target_pay="target_pay: salary * 0").luck
    assert (found.noise_share, found.typical_gap, found.wrong_tier) == (None, 0, None)
    assert found.people["wrong_tier"].null_count() == 150


def test_where_nothing_is_sure_no_luck_is_told(tmp_path: Path) -> None:
    """From single answers nobody knows how far two would lie apart: that is not a chance of 0."""
    for curve in ("straight", "steps"):
        found = world(tmp_path, 1, 100.0, 900.0, 1, curve).luck
        assert (found.noise_share, found.typical_gap, found.wrong_tier) == (None, None, None)
        assert found.certain == ("answers",)


def test_the_same_seed_finds_the_same(tmp_path: Path) -> None:
    once, again = (world(tmp_path, 5, 100.0, 900.0, 9, draws=5).luck for _ in range(2))
    assert once.people.equals(again.people)
    assert once.noise_share == again.noise_share


STARTER = rules_dir() / "starter"


def test_what_nothing_is_known_of_is_certain() -> None:
    """Delivered results and sums have no interval; a result of one team is believed, for want of others."""
    rules = load(STARTER / "rules.yaml")
    adviser, seller = luck(rules, accept_for(rules, STARTER / "data"), Period.parse("2026-Q3"), draws=10)
    assert adviser.certain == ("cases_per_day",)
    assert seller.certain == ("sales",)
    assert (adviser.tiers, adviser.draws) == ("quarters", 10)


def test_complaints_stay_whole() -> None:
    belief = Belief(np.array([0.3, 1.2, 2.0]), np.array([0.5, 0.5, np.nan]), (0.0, 1e9), places=0)
    scale = Scale(4, 0, 20000)
    result = Result(pl.DataFrame({"subject": ["a", "b", "c"], "value": [0, 10000, 20000], "n": [0, 1, 2]}), scale)
    generator = np.random.default_rng(1)
    for _ in range(20):
        drawn = belief.drawn(result, generator).frame["value"]
        assert set(drawn[:2]) <= {0, 10000, 20000, 30000}
        assert drawn[2] == 20000


@pytest.mark.long
@given(cases())
@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_every_rule_set_has_its_luck(case: Case) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            run = calculated(case, Path(folder))
        except InputProblems:
            reject()
        rules = load(Path(folder) / "rules.yaml")
        accepted = accept_for(rules, Path(folder) / "data")
        found = luck(rules, accepted, rules.period(case.period), draws=2)
    assert {each.plan: each.payees for each in found} == dict(run.payouts.group_by("plan").len().iter_rows())
    for each in found:
        assert each.noise_share is None or 0 <= each.noise_share <= 1
        assert each.wrong_tier is None or 0 <= each.wrong_tier <= 1
        assert each.people["payout"].is_finite().all()


@pytest.mark.long
@pytest.mark.parametrize(
    ("between", "n", "curve"),
    [(0.0, 30, "straight"), (100.0, 9, "straight"), (400.0, 36, "straight"), (100.0, 30, "steps")],
)
def test_over_100_worlds_the_luck_that_is_found_is_the_luck_that_there_is(
    tmp_path: Path, between: float, n: int, curve: str
) -> None:
    worlds = [world(tmp_path, seed, between, 900.0, n, curve, draws=10) for seed in range(100)]
    other = on_other_step if curve == "steps" else in_other_quarter
    wrong = [each.luck.wrong_tier or 0 for each in worlds]
    assert np.mean(wrong) == pytest.approx(np.mean([other(each) for each in worlds]), abs=0.03)
    if curve == "straight":
        found = [each.luck.noise_share or 0 for each in worlds]
        assert np.mean(found) == pytest.approx(np.mean([chance(each) for each in worlds]), abs=0.03)
        if not between:
            assert sum(share > 0.8 for share in found) >= 95
