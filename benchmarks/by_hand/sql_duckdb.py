"""In SQL, for DuckDB: doubles, one common table expression per step, the result a table of its own.

The input lies in DuckDB's own tables before the clock starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import duckdb
import polars as pl

from benchmarks.by_hand.exact_polars import CUSTOMER, INTERNAL, MEASURES
from benchmarks.workload import Workload

_ON_RATIO: Final = (
    "CASE WHEN {at} < 0.7 THEN 0.0 WHEN {at} < 0.9 THEN ({at} - 0.7) * 3 WHEN {at} < 1 THEN 0.6 + ({at} - 0.9) * 4"
    " WHEN {at} < 1.2 THEN 1 + ({at} - 1) * 2.5 WHEN {at} >= 1.2 THEN 1.5 END"
)
_RATES: Final = {
    "nps": "CASE WHEN {at} < -20 THEN 0.0 WHEN {at} < 0 THEN 0.4 + ({at} + 20) * 0.03 WHEN {at} < 30 THEN 1 + {at} / 60"
    " WHEN {at} >= 30 THEN 1.5 END",
    "reopened": "CASE WHEN {at} < 0.02 THEN 1.4 WHEN {at} < 0.07 THEN 1.4 - ({at} - 0.02) * 8"
    " WHEN {at} < 0.14 THEN 1 - ({at} - 0.07) / 0.07 WHEN {at} >= 0.14 THEN 0.0 END",
    "training": "CASE WHEN {at} < 7 THEN 0.0 WHEN {at} < 14 THEN 0.5 WHEN {at} < 28 THEN 1.0"
    " WHEN {at} >= 28 THEN 1.2 END",
}
_ATTAINMENTS: Final = {
    "nps": "nps - 45",
    "satisfied": "satisfied / 0.85::DOUBLE",
    "ease": "ease / 5.5::DOUBLE",
    "answered_fast": "answered_fast / 0.8::DOUBLE",
    "first_time_fix": "first_time_fix / 0.75::DOUBLE",
    "on_time": "on_time / 0.9::DOUBLE",
    "resolution_days": "6 / resolution_days",
    "reopened": "reopened",
    "handle_time": "360 / handle_time",
    "adherence": "adherence / 0.92::DOUBLE",
    "productivity": "productivity / productivity_target",
    "training": "training",
}


def database(load: Workload) -> duckdb.DuckDBPyConnection:
    """The input in DuckDB's own tables: workforce, targets, kpis, and wide."""
    made = duckdb.connect()
    money, value = pl.col("base_salary") / 100.0, pl.col("value") / 10_000.0
    frames = {
        "workforce": load.workforce.with_columns(money),
        "targets": load.targets.with_columns(value),
        "kpis": load.kpis.with_columns(value),
        "wide": load.wide_floats,
    }
    for name, frame in frames.items():
        made.register("frame", frame.to_arrow())
        made.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")
        made.unregister("frame")
    return made


def evaluate(database: duckdb.DuckDBPyConnection, wide: str = "wide") -> None:
    """Writes the table `result` from the table (or query) `wide`: one row per payee."""
    database.execute(f"CREATE OR REPLACE TABLE result AS {statement(wide)}")


def long_to_wide() -> str:
    """The query that lays out `kpis`, one row per payee × KPI, and joins workforce and targets."""
    columns = ", ".join(f"max(value) FILTER (WHERE kpi = '{name}') AS {name}" for name in MEASURES)
    results = (
        f"SELECT subject, {columns} FROM kpis WHERE subject_kind = 'payee' AND period = '2026-Q3' GROUP BY subject"
    )
    return (
        '(SELECT w.payee, w.base_salary, w.hired, w."left", t.value AS productivity_target, r.* EXCLUDE (subject)'
        f" FROM workforce w LEFT JOIN targets t USING (level) LEFT JOIN ({results}) r ON r.subject = w.payee)"
    )


def statement(wide: str) -> str:
    """The whole plan as one SELECT."""
    attainments = ", ".join(f"round({sql}, 4) AS at_{name}" for name, sql in _ATTAINMENTS.items())
    rates = ", ".join(
        f"round({_RATES.get(name, _ON_RATIO).format(at=f'at_{name}')}, 4) AS rate_{name}" for name in MEASURES
    )
    return f"""
    WITH attained AS (SELECT *, {attainments} FROM {wide}),
    rated AS (SELECT *, {rates} FROM attained),
    cumulated AS (SELECT *, {_running(CUSTOMER)}, {_running(INTERNAL)} FROM rated),
    grouped AS (
      SELECT *, round(upto_reopened, 6) AS customer,
        round(CASE WHEN adherence < 0.5 THEN upto_training * 0 ELSE upto_training END, 6) AS internal,
        round(greatest(0, least(92, date_diff('day', greatest(hired, DATE '2026-07-01'),
          least(coalesce("left", DATE '2026-09-30'), DATE '2026-09-30')) + 1)) / 92.0::DOUBLE, 10) AS proration
      FROM cumulated),
    scored AS (SELECT *, round(least(0.7::DOUBLE * customer + 0.3::DOUBLE * internal, 1.5), 6) AS score FROM grouped),
    paid AS (SELECT *, round(base_salary * 0.02::DOUBLE * score * proration, 2) AS payout FROM scored),
    divided AS (
      SELECT *, CASE WHEN score = 0 THEN 0.0
        ELSE round(payout * (0.7::DOUBLE * customer) / (0.7::DOUBLE * customer + 0.3::DOUBLE * internal), 2)
        END AS customer_pay FROM paid),
    monied AS (SELECT *, payout - customer_pay AS internal_pay FROM divided),
    shared AS (SELECT *, {_reached("customer", CUSTOMER)}, {_reached("internal", INTERNAL)} FROM monied)
    SELECT * EXCLUDE ({", ".join([f"upto_{name}" for name in MEASURES] + [f"reached_{name}" for name in MEASURES])}),
      {_shares(CUSTOMER)}, {_shares(INTERNAL)}, payout - customer_pay - internal_pay AS other_pay
    FROM shared
    """


def _running(weights: Mapping[str, int]) -> str:
    terms = [f"rate_{name} * {weight / 100}::DOUBLE" for name, weight in weights.items()]
    sums, before = [], ""
    for name, term in zip(weights, terms, strict=True):
        sums.append(f"{before}{term} AS upto_{name}")
        before = f"upto_{name} + "
    return ", ".join(sums)


def _reached(group: str, weights: Mapping[str, int]) -> str:
    *names, last = weights
    total = f"upto_{last}"
    reached = [
        f"CASE WHEN {total} = 0 THEN 0.0 ELSE round({group}_pay * upto_{name} / {total}, 2) END AS reached_{name}"
        for name in names
    ]
    return ", ".join([*reached, f"{group}_pay AS reached_{last}"])


def _shares(weights: Mapping[str, int]) -> str:
    shares, before = [], ""
    for name in weights:
        shares.append(f"reached_{name}{before} AS pay_{name}")
        before = f" - reached_{name}"
    return ", ".join(shares)
