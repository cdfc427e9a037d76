"""Simulated companies whose quarter is known to its end: what a forecast of it said is held against what came."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from incentive_engine import load
from incentive_engine.engine.run import run
from incentive_engine.engine.running import accept_for
from incentive_engine.periods import Period
from incentive_engine.simulation.uncertainty.forecasting import Forecast, forecast

START, DAYS = dt.date(2026, 7, 1), 92
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
  pleased:
    title: {en: Pleased}
    perspective: customer
    compute: {kind: share, from: surveys, where: answer >= 0}
    better: higher
  volume:
    title: {en: Volume}
    perspective: internal
    compute: {kind: count, from: surveys}
    better: higher
curves:
  straight: {kind: linear, points: [[-1000, 0%], [1000, 2000%]], below: flat, above: flat}
  whole: {kind: linear, points: [[-10, -1000%], [10, 1000%]], below: flat, above: flat}
plans:
  agent:
    title: {en: Agent}
    pays: bonus
    who: payee <> ""
    target_pay: 10000
    scorecard:
      SCORECARD
"""
MEASURES = {
    "mean": "answers: {weight: 100%, of: payee, attainment: level, curve: straight}",
    "team": "answers: {weight: 100%, of: team, attainment: level, curve: straight}",
    "share": "pleased: {weight: 100%, of: payee, attainment: level, curve: whole}",
    "count": "volume: {weight: 100%, of: payee, attainment: level, curve: straight}",
}


@dataclass(frozen=True)
class Company:
    """How a company is made: its people, how many answers each gets, how people and teams differ, what pays.

    `own`, `team`: variance between people and between teams, where that of answers about one person is 1. `faster`:
    variance between people of the logarithm of their number of answers.
    """

    answers: float = 20
    own: float = 0.2
    team: float = 0.0
    faster: float = 0.1
    measure: str = "mean"
    people: int = 100
    of_team: int = 10
    seen: int = 46


@dataclass(frozen=True)
class Outcome:
    """A forecast, and by payee and in all what came."""

    forecast: Forecast
    people: pl.DataFrame
    total: float

    @property
    def held(self) -> list[bool]:
        """Of each payee, whether the range from the 10th to the 90th percentile holds what came."""
        both = self.forecast.people.join(self.people, on=["payee", "plan"])
        assert both.height == self.people.height
        return both.select(pl.col("payout").is_between("low", "high")).to_series().to_list()


def outcome(company: Company, seed: int, folder: Path, draws: int) -> Outcome:
    """What was forecast of one company, drawn at random, and what came."""
    generator = np.random.default_rng(seed)
    teams = np.arange(company.people) // company.of_team
    skill = generator.normal(0, np.sqrt(company.own), company.people)
    skill = skill + generator.normal(0, np.sqrt(company.team), teams.max() + 1)[teams]
    pace = company.answers * np.exp(generator.normal(0, np.sqrt(company.faster), company.people))
    numbers = np.maximum(generator.poisson(pace), 1)
    agent = np.repeat(np.arange(company.people), numbers)
    day = generator.integers(0, DAYS, len(agent))
    names = np.array([f"A{each:03d}" for each in range(company.people)])
    answers = 10 * (skill[agent] + generator.normal(0, 1, len(agent)))
    folder.mkdir(parents=True, exist_ok=True)
    days = [START + dt.timedelta(days=int(each)) for each in day]
    surveys = pl.DataFrame({"agent": names[agent], "day": days, "answer": answers.round(3)})
    surveys.write_parquet(folder / "surveys.parquet")
    workforce = pl.DataFrame({"payee": names, "team": [f"T{each}" for each in teams], "department": "Care"})
    workforce.write_csv(folder / "workforce.csv")
    (folder / "rules.yaml").write_text(RULES.replace("SCORECARD", MEASURES[company.measure]))
    rules, until = load(folder / "rules.yaml"), START + dt.timedelta(days=company.seen - 1)
    accepted = accept_for(rules, folder)
    told = forecast(rules, accepted, Period.parse("2026-Q3"), until, draws, seed)
    paid = run(rules, folder, "2026-Q3").payouts.select("payee", "plan", "payout")
    return Outcome(told, paid, float(paid["payout"].sum()))
