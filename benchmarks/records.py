"""Made-up calls of a year, of any number, and the KPIs of each agent and month: by the engine, and in Polars by hand.

Run as a command it prints the bytes that the engine added, at its peak, to a process that held the records.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.memory import status
from incentive_engine.engine.fitting import fitted
from incentive_engine.engine.measured import Measured
from incentive_engine.engine.measuring import measure
from incentive_engine.facts import Accepted, Table
from incentive_engine.facts.contracts import HELD_SCHEMA
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules, load

RULES: Final = Path(__file__).with_name("records.yaml")
MONTHS: Final = tuple(Period.parse(f"2026-{month:02}") for month in range(1, 13))
ADDED: Final = ("nps", "fast", "time", "number")
"""The KPIs that add up; `middle` is a percentile, for which the calls of everyone are put in order."""
AGENTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Records:
    """Accepted calls, in the memory that they need."""

    rules: Rules
    accepted: Accepted

    @classmethod
    def made_up(cls, number: int) -> Records:
        """So many calls; about one in fifty has no answer to the survey."""
        people = pl.DataFrame({"payee": [f"A{agent:05}" for agent in range(AGENTS)]})
        tables = {"workforce": _table("workforce", people), "calls": _table("calls", _calls(number))}
        return cls(load(RULES), Accepted(tables, pl.DataFrame(schema=HELD_SCHEMA)))

    def measured(self, *kpis: str) -> Measured:
        """The engine's results of every agent and month."""
        return measure(self.rules, self.accepted, MONTHS, ["payee"], kpis)

    def by_hand(self) -> pl.DataFrame:
        """The same of the KPIs that add up, as an expert would write it, with the sums that their intervals need.

        One row per agent and month; results as counts of 0.0001.
        """
        answer, wait, handled = pl.col("recommend"), pl.col("wait"), pl.col("handled")
        points = (answer >= 9).cast(pl.Int64) - (answer <= 6).cast(pl.Int64)
        sums = (
            self.accepted.tables["calls"]
            .frame.lazy()
            .group_by("agent", pl.col("day").dt.month().alias("month"))
            .agg(
                points.sum().alias("points"), (points * points).sum().alias("points squared"),
                answer.count().alias("answers"), (wait <= 60).sum().cast(pl.Int64).alias("fast"),
                wait.count().alias("waits"), handled.sum().alias("handled"),
                (handled * handled).sum().alias("handled squared"), handled.count().alias("times"),
                pl.len().alias("number"),
            )
        )  # fmt: skip
        half_up = {
            "nps": _rounded(pl.col("points") * 1_000_000, pl.col("answers").cast(pl.Int64)),
            "fast": _rounded(pl.col("fast") * 10_000, pl.col("waits").cast(pl.Int64)),
            "time": _rounded(pl.col("handled") * 10_000, pl.col("times").cast(pl.Int64)),
            "number": pl.col("number").cast(pl.Int64) * 10_000,
        }
        known = self.accepted.tables["workforce"].frame.lazy()
        results = sums.with_columns(**half_up).join(known, left_on="agent", right_on="payee", how="semi")
        return results.collect(engine="streaming")

    def bytes_added(self) -> int:
        """What working out the KPIs that add up takes at its peak, beside the records, in a process of its own."""
        command = [sys.executable, "-m", "benchmarks.records", str(self.accepted.tables["calls"].frame.height)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def _rounded(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """The quotient of counts, half away from zero; missing where there is nothing to divide by."""
    doubled = numerator.abs() * 2 + denominator
    below = pl.when(denominator > 0).then(denominator * 2)
    return numerator.sign() * (doubled // below)


def _calls(number: int) -> pl.DataFrame:
    """From integer arithmetic on the row's number, so that every machine measures the same rows."""
    row = pl.int_range(0, number, dtype=pl.Int64)
    mixed = (row * 2_654_435_761 + 12_345) % 4_294_967_296
    answer = (mixed // 97) % 11
    frame = pl.LazyFrame().select(
        pl.format("A{}", ((mixed // 7) % AGENTS).cast(pl.String).str.zfill(5)).alias("agent"),
        (pl.lit(dt.date(2026, 1, 1)) + pl.duration(days=(mixed // 70_001) % 365)).alias("day"),
        pl.when((mixed // 11) % 50 != 0).then(answer).alias("recommend"),
        ((mixed // 31) % 240).alias("wait"),
        ((mixed // 13) % 900).alias("handled"),
    )
    # Not put in one piece: that would take more memory than what is to be measured, and leave it free.
    return frame.collect(engine="streaming")


def _table(name: str, frame: pl.DataFrame) -> Table:
    numbers = {column: fitted(frame[column], 0)[1] for column in frame.columns if frame.schema[column].is_integer()}
    return Table(name, frame, numbers, True, "", ())


if __name__ == "__main__":
    records = Records.made_up(int(sys.argv[1]))
    held = status("VmRSS")
    records.measured(*ADDED)
    print(status("VmHWM") - held)
