"""What the benchmarks compare pays the same: the plans by hand agree with the engine, to the cent where they are exact.

A benchmark against a plan that computes something else would be worth nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from benchmarks.by_hand import exact_polars, float_polars, in_pandas, python_loop, sql_duckdb
from benchmarks.paying import Prepared, evaluated, plain, prepared
from benchmarks.records import ADDED, AGENTS, MONTHS, Records
from benchmarks.scenarios import Trials, Tried, grid, points, targets, weights
from benchmarks.workload import Workload, workload

PAYEES = 2_000


@pytest.fixture(scope="module")
def load() -> Workload:
    return workload(PAYEES)


@pytest.fixture(scope="module")
def ready(load: Workload) -> Prepared:
    return prepared(load)


@pytest.fixture(scope="module")
def paid(ready: Prepared) -> pl.DataFrame:
    measured = ready.measured()
    program = ready.program(measured)
    return plain(program, evaluated(program, ready.gathered(program, measured)))


@pytest.fixture(scope="module")
def trials() -> Trials:
    return Trials.of(PAYEES)


def test_workload_has_all_cases(load: Workload, paid: pl.DataFrame) -> None:
    """Everyone would be an easy workload if nobody lacked a result, joined late, hit the gate or was paid nothing."""
    assert 0 < paid["payout"].null_count() < PAYEES / 20
    assert load.workforce["left"].is_not_null().sum() > 0
    assert (load.wide["adherence"] < 5000).sum() > 0
    assert (paid["nps.pay"] == 0).sum() > 0


def test_exact_polars_plan_pays_the_same(load: Workload, paid: pl.DataFrame) -> None:
    by_hand = exact_polars.evaluated(load.wide.lazy()).collect(engine="streaming")
    assert by_hand.select(paid.columns).equals(paid)


def test_python_loop_pays_the_same(load: Workload, paid: pl.DataFrame) -> None:
    by_hand = pl.DataFrame(python_loop.evaluated(load.wide.rows(named=True)), infer_schema_length=None)
    complete = paid.filter(pl.col("payout").is_not_null())
    assert by_hand.drop_nulls("payout").select(paid.columns).equals(complete)


def test_long_and_wide_input_pay_the_same(ready: Prepared) -> None:
    from_long, from_wide = ready.from_long(), ready.from_wide()
    assert from_long.select(from_wide.columns).equals(from_wide)


def test_float_polars_plan_pays_the_same_but_for_ties(load: Workload, paid: pl.DataFrame) -> None:
    by_hand = float_polars.evaluated(load.wide_floats.lazy()).collect()
    _nearly_equal(by_hand["payout"], paid)


def test_pandas_plan_pays_the_same_but_for_ties(load: Workload, paid: pl.DataFrame) -> None:
    by_hand = in_pandas.evaluated(load.wide_floats.to_pandas())
    _nearly_equal(pl.Series(by_hand["payout"].to_numpy()).fill_nan(None), paid)
    from_long = in_pandas.evaluated(in_pandas.long_to_wide(*in_pandas.tables(load)))
    assert from_long["payout"].equals(by_hand["payout"])


@pytest.mark.parametrize("wide", ["wide", sql_duckdb.long_to_wide()], ids=["wide", "long"])
def test_duckdb_plan_pays_the_same_but_for_ties(wide: str, load: Workload, paid: pl.DataFrame) -> None:
    database = sql_duckdb.database(load)
    sql_duckdb.evaluate(database, wide)
    rows = database.execute("SELECT payout FROM result ORDER BY payee").fetchall()
    _nearly_equal(pl.Series([payout for (payout,) in rows]), paid)


def _nearly_equal(payouts: pl.Series, paid: pl.DataFrame) -> None:
    """In floats ties fall to either side, and each moves a rate by 0.0001: cents, for one payee in four at the most."""
    differences = (payouts * 100).round().cast(pl.Int64) - paid["payout"]
    assert differences.null_count() == paid["payout"].null_count()
    assert (differences != 0).sum() < PAYEES / 3
    assert pl.select(pl.lit(differences).abs().max()).item() <= 12


def test_kpis_by_hand_are_the_engines() -> None:
    records = Records.made_up(200_000)
    by_hand, found = records.by_hand(), records.measured(*ADDED, "middle").results
    for key, result in found.items():
        if key.kpi in ADDED:
            at = next(at for at, month in enumerate(MONTHS, start=1) if month == key.period(MONTHS[-1]))
            expected = by_hand.filter(pl.col("month") == at).select("agent", key.kpi).drop_nulls()
            engine = result.frame.filter(pl.col("value").is_not_null() & (pl.col("n") > 0)).select("subject", "value")
            assert dict(engine.iter_rows()) == dict(expected.iter_rows())
            assert len(engine) > AGENTS / 2


@pytest.mark.parametrize("kind", [targets, grid, points, weights])
def test_scenarios_cost_the_same_by_hand(trials: Trials, kind: Callable[[int], Tried]) -> None:
    tried = [kind(number) for number in range(0, 32, 5)]
    costs = trials.costs(tried)
    assert costs == trials.by_hand(tried)
    assert len(set(costs)) > len(tried) / 2
    if kind is weights:
        assert costs == trials.by_hand_from_rates(tried)
