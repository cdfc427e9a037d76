"""From answers to verdicts through the engine: what readings hold, and both controls on the engine's own spreads."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from statistics import variance

import numpy as np
import polars as pl
import pytest

from incentive_engine import load
from incentive_engine.audit.readings import readings
from incentive_engine.audit.reliability import reliability
from incentive_engine.engine.measuring import measure
from incentive_engine.engine.running import accept_for
from incentive_engine.periods import Period

RULES = """
rule_set: answers
version: "1"
title: {en: Answers}
decided: {by: Us, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
sources:
  surveys: {path: surveys.parquet, payee: agent, date: day, columns: {answer: {at_most: 10, places: 0}}}
kpis:
  nps:
    title: {en: NPS}
    perspective: customer
    compute: {kind: nps, from: surveys, answer: answer}
    better: higher
  bad:
    title: {en: Bad answers}
    perspective: customer
    compute: {kind: sum, from: surveys, value: 10 - answer}
    better: lower
curves:
  on_points: {kind: linear, points: [[-100, 0%], [100, 200%]], below: flat}
plans:
  agent:
    title: {en: Agent}
    pays: bonus
    who: agent
    target_pay: "100"
    scorecard:
      nps: {weight: 100%, of: payee, attainment: level, curve: on_points}
"""
PERIODS = [Period.parse("2026-Q1"), Period.parse("2026-Q2")]


def read(folder: Path, surveys: pl.DataFrame, kpi: str = "nps") -> pl.DataFrame:
    """The readings of both quarters, as the engine measures them."""
    (folder / "rules.yaml").write_text(RULES)
    people = surveys.select(payee=pl.col("agent").unique().sort()).with_columns(agent=pl.lit(True))
    people.write_csv(folder / "workforce.csv")
    surveys.write_parquet(folder / "surveys.parquet")
    rules = load(folder / "rules.yaml")
    return readings(measure(rules, accept_for(rules, folder), PERIODS, ["payee"]), kpi, "payee", PERIODS[-1])


def test_readings_hold_every_result_in_order_of_time(tmp_path: Path) -> None:
    may = {"agent": "B", "day": dt.date(2026, 5, 4)}
    february = {"agent": "B", "day": dt.date(2026, 2, 4)}
    answers = [february | {"answer": each} for each in (10, 9, 8, 0)]
    surveys = pl.DataFrame([may | {"answer": 3}, may | {"agent": "A", "answer": 9}, *answers])
    found = read(tmp_path, surveys)
    assert found.select("period", "subject", "value", "n").rows() == [
        ("2026-Q1", "B", 25.0, 4),
        ("2026-Q2", "A", 100.0, 1),
        ("2026-Q2", "B", -100.0, 1),
    ]
    assert found["spread"].to_list() == [pytest.approx(variance([100, 100, 0, -100])), None, None]
    assert all(low < high for low, high in found.select("low", "high").head(1).iter_rows())
    sums = read(tmp_path, surveys, "bad")
    assert sums["value"].to_list() == [0.0, 13.0, 1.0, 7.0]  # nothing bad was said of A in the first quarter
    assert sums.select("spread", "low", "high").null_count().row(0) == (4, 4, 4)
    assert reliability(sums).verdict == "not testable"


def of_draws(folder: Path, between: float, draws: int, agents: int, n: int) -> list[str]:
    """Verdicts on draws of agents, measured all at once: a latent opinion, cut into answers from 0 to 10."""
    generator = np.random.default_rng(2026)
    mine = np.sqrt(between) * generator.standard_normal((draws * agents, 1))
    opinion = mine + np.sqrt(1 - between) * generator.standard_normal((draws * agents, n))
    answers = np.clip(np.round(8 + 2 * opinion), 0, 10).astype(np.int64)
    names = [f"{draw:03d}-{agent:03d}" for draw in range(draws) for agent in range(agents)]
    surveys = pl.DataFrame({"agent": np.repeat(names, n), "answer": answers.ravel()})
    found = read(folder, surveys.with_columns(day=dt.date(2026, 2, 4)))
    by_draw = found.group_by(pl.col("subject").str.head(3), maintain_order=True)
    return [reliability(frame).verdict for _, frame in by_draw]


def test_agents_who_differ_by_chance_only_are_indistinguishable(tmp_path: Path) -> None:
    verdicts = of_draws(tmp_path, 0.0, draws=100, agents=20, n=30)
    assert len(verdicts) == 100
    assert verdicts.count("indistinguishable") >= 95


def test_a_planted_signal_is_found(tmp_path: Path) -> None:
    """Of 20 agents with 60 answers each, whose opinions have an ICC of 0.15."""
    verdicts = of_draws(tmp_path, 0.15, draws=100, agents=20, n=60)
    assert verdicts.count("reliable") + verdicts.count("doubtful") >= 95


@pytest.mark.long
@pytest.mark.parametrize(("agents", "n"), [(10, 20), (40, 60), (100, 12)])
def test_the_level_holds_through_the_engine(tmp_path: Path, agents: int, n: int) -> None:
    assert of_draws(tmp_path, 0.0, 300, agents, n).count("indistinguishable") >= 290
