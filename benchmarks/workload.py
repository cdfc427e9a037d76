"""A made-up workforce of any size, with twelve results each: the input of every benchmark.

Numbers come from integer arithmetic on the row number, so that every machine and every version measures the same rows.
About one payee in a hundred has a result missing; about one in twelve was hired or left in the period.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from incentive_engine.engine.fitting import fitted
from incentive_engine.exact import Exact
from incentive_engine.facts import Accepted, Table
from incentive_engine.facts.contracts import HELD_SCHEMA
from incentive_engine.periods import Period

RULES: Final = Path(__file__).with_name("plan.yaml")
PERIOD: Final = Period.parse("2026-Q3")

# Each KPI with the least and the greatest of its counts of 0.0001, and how many of them one step is.
KPIS: Final[dict[str, tuple[int, int, int]]] = {
    "nps": (-200_000, 900_000, 100),
    "satisfied": (5_500, 10_000, 1),
    "ease": (30_000, 70_000, 1),
    "answered_fast": (4_500, 10_000, 1),
    "first_time_fix": (4_500, 9_500, 1),
    "on_time": (6_000, 10_000, 1),
    "resolution_days": (30_000, 120_000, 1),
    "reopened": (0, 1_800, 1),
    "handle_time": (2_600_000, 5_200_000, 1),
    "adherence": (4_700, 10_000, 1),
    "productivity": (30_000, 90_000, 1),
    "training": (0, 400_000, 5_000),
}
LEVELS: Final = {"junior": 45_000, "confirmed": 55_000, "senior": 62_000, "expert": 68_000}
"""The target of `productivity` by level, in counts of 0.0001."""
PLACES: Final = 4
ANSWERS: Final = 40
"""How many facts stand behind every result."""


@dataclass(frozen=True, slots=True)
class Workload:
    """`results`: one row per payee, one column per KPI, in counts of 0.0001; `targets`: one row per level."""

    workforce: pl.DataFrame
    targets: pl.DataFrame
    results: pl.DataFrame

    @property
    def kpis(self) -> pl.DataFrame:
        """The results as the `kpis` table has them: one row per payee × KPI that has one, sorted by its key."""
        long = self.results.unpivot(index="payee", variable_name="kpi", value_name="value").drop_nulls()
        return long.select(
            pl.repeat("payee", long.height, eager=True).alias("subject_kind"),
            pl.col("payee").alias("subject"),
            "kpi",
            pl.repeat(PERIOD.name, long.height, eager=True).alias("period"),
            "value",
            pl.repeat(ANSWERS, long.height, dtype=pl.Int64, eager=True).alias("n"),
        ).sort("subject", "kpi")

    @property
    def wide(self) -> pl.DataFrame:
        """One row per payee with everything that the plan reads, joined: what the plans by hand start from."""
        target = self.targets.select("level", pl.col("value").alias("productivity_target"))
        people = self.workforce.join(target, on="level", how="left", maintain_order="left").drop(
            "role", "level", "team"
        )
        answers = (pl.when(pl.col(kpi).is_not_null()).then(pl.lit(ANSWERS, pl.Int64)).alias(f"{kpi}.n") for kpi in KPIS)
        return people.with_columns(self.results.drop("payee")).with_columns(answers)

    @property
    def wide_floats(self) -> pl.DataFrame:
        """The same in Float64."""
        counts = pl.col(*KPIS, "productivity_target")
        return self.wide.with_columns(counts / 10.0**PLACES, pl.col("base_salary") / 100.0)


def workload(payees: int, teams: int = 1000) -> Workload:
    """A workforce of so many payees in so many teams."""
    row = pl.int_range(payees, dtype=pl.Int64)
    results = [
        pl.when(_scrambled(row, 100 + number) % 1200 > 0)
        .then(low + _scrambled(row, number) % ((high - low) // step + 1) * step)
        .alias(kpi)
        for number, (kpi, (low, high, step)) in enumerate(KPIS.items())
    ]
    joined = _scrambled(row, 201) % 25 == 0
    leaves = _scrambled(row, 202) % 25 == 0
    level = pl.lit(pl.Series(list(LEVELS))).gather(_scrambled(row, 203) % len(LEVELS))
    payee = pl.format("P{}", row.cast(pl.String).str.zfill(8)).alias("payee")
    workforce = pl.select(
        payee,
        (2_400_000 + _scrambled(row, 204) % 5_600_000).alias("base_salary"),
        pl.when(joined)
        .then(PERIOD.start + pl.duration(days=_scrambled(row, 205) % PERIOD.days))
        .otherwise(dt.date(2021, 3, 1))
        .cast(pl.Date)
        .alias("hired"),
        level.alias("level"),
        pl.format("T{}", (_scrambled(row, 207) % teams).cast(pl.String).str.zfill(4)).alias("team"),
        pl.lit("Adviser").alias("role"),
        pl.when(leaves)
        .then(PERIOD.start + pl.duration(days=40 + _scrambled(row, 206) % 40))
        .cast(pl.Date)
        .alias("left"),
    )
    # Who leaves before being hired was never there: hired earlier.
    hired = pl.when(pl.col("left") < pl.col("hired")).then(dt.date(2024, 9, 2)).otherwise(pl.col("hired"))
    targets = pl.DataFrame({"level": list(LEVELS), "kpi": "productivity", "value": list(LEVELS.values())})
    return Workload(workforce.with_columns(hired.alias("hired")), targets, pl.select(payee, *results))


def _scrambled(row: pl.Expr, salt: int) -> pl.Expr:
    """Integers of 0 to 2**31 - 1 that look drawn, below what Int64 can hold at every step."""
    mixed = (row * 48_271 + salt * 1_299_709 + 12_345) % 2_147_483_647
    mixed = (mixed * 69_621 + (salt % 97) * 7_919) % 2_147_483_647
    return (mixed ^ (mixed // 65_536)) * 40_692 % 2_147_483_647


def accepted(load: Workload, kpis: pl.DataFrame | None = None) -> Accepted:
    """The tables as the engine has them once files are read; the long results unless others are given."""
    results = load.kpis if kpis is None else kpis
    return Accepted(
        {
            "workforce": _table("workforce", load.workforce, {"base_salary": 2}),
            "kpis": _table("kpis", results, {"value": PLACES, "n": 0}),
            "targets": _table("targets", load.targets, {"value": PLACES}),
        },
        pl.DataFrame(schema=HELD_SCHEMA),
    )


def salaries_over_time(given: Accepted, rows: int) -> Accepted:
    """The same with a dated table of salaries: a row for everyone, or two, the second of a rise in mid-period."""
    since, rise = dt.date(2021, 3, 1), PERIOD.start + dt.timedelta(days=45)
    people = given.tables["workforce"].frame.select("payee", "base_salary")
    first = people.select("payee", pl.lit(since).alias("from"), pl.lit(None, pl.Date).alias("to"), "base_salary")
    if rows == 2:
        until = pl.lit(rise - dt.timedelta(days=1)).alias("to")
        second = first.with_columns(pl.lit(rise).alias("from"), pl.col("base_salary") + 10_000)
        first = pl.concat([first.with_columns(until), second]).sort("payee", "from")
    table = _table("salaries", first, {"base_salary": 2})
    return replace(given, tables={**given.tables, "salaries": table})


def _table(name: str, frame: pl.DataFrame, numbers: dict[str, int]) -> Table:
    scales = {column: fitted(frame[column], places)[1] for column, places in numbers.items()}
    assert all(frame.schema[column] == Exact.column(column, scale).dtype for column, scale in scales.items())
    return Table(name, frame, scales, delivered=True, fingerprint="", files=())
