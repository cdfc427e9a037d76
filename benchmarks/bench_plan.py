"""The compiled plan and the plans by hand, each timed by pytest-benchmark: `make bench`."""

from __future__ import annotations

import polars as pl
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.by_hand import exact_polars, float_polars, in_pandas, python_loop, sql_duckdb
from benchmarks.paying import Prepared, evaluated, prepared
from benchmarks.workload import PERIOD, RULES, Workload, accepted, workload
from incentive_engine.compiler.program import Program
from incentive_engine.engine.running import Timings, calculate
from incentive_engine.rulesets.loading import load

pytestmark = pytest.mark.bench
PAYEES = 100_000


@pytest.fixture(scope="module")
def load_of() -> Workload:
    return workload(PAYEES)


@pytest.fixture(scope="module")
def ready(load_of: Workload) -> Prepared:
    return prepared(load_of)


@pytest.fixture(scope="module")
def wide(ready: Prepared) -> tuple[Program, pl.DataFrame]:
    program = ready.program(ready.wide_results)
    return program, ready.gathered(program, ready.wide_results)


@pytest.mark.benchmark(group="wide input")
def test_engine(benchmark: BenchmarkFixture, wide: tuple[Program, pl.DataFrame]) -> None:
    benchmark(lambda: evaluated(*wide))


@pytest.mark.benchmark(group="wide input")
def test_exact_polars(benchmark: BenchmarkFixture, load_of: Workload) -> None:
    frame = load_of.wide
    benchmark(lambda: exact_polars.evaluated(frame.lazy()).collect(engine="streaming"))


@pytest.mark.benchmark(group="wide input")
def test_float_polars(benchmark: BenchmarkFixture, load_of: Workload) -> None:
    frame = load_of.wide_floats
    benchmark(lambda: float_polars.evaluated(frame.lazy()).collect(engine="streaming"))


@pytest.mark.benchmark(group="wide input")
def test_duckdb(benchmark: BenchmarkFixture, load_of: Workload) -> None:
    database = sql_duckdb.database(load_of)
    benchmark(lambda: sql_duckdb.evaluate(database))


@pytest.mark.benchmark(group="wide input")
def test_pandas(benchmark: BenchmarkFixture, load_of: Workload) -> None:
    frame = load_of.wide_floats.to_pandas()
    benchmark(lambda: in_pandas.evaluated(frame))


@pytest.mark.benchmark(group="wide input")
def test_python_loop(benchmark: BenchmarkFixture, load_of: Workload) -> None:
    rows = load_of.wide.rows(named=True)
    benchmark.pedantic(lambda: python_loop.evaluated(rows), rounds=2)


@pytest.mark.benchmark(group="long input")
def test_engine_from_long(benchmark: BenchmarkFixture, ready: Prepared) -> None:
    benchmark(ready.from_long)


@pytest.mark.benchmark(group="long input")
def test_duckdb_from_long(benchmark: BenchmarkFixture, load_of: Workload) -> None:
    database = sql_duckdb.database(load_of)
    benchmark(lambda: sql_duckdb.evaluate(database, sql_duckdb.long_to_wide()))


@pytest.mark.benchmark(group="fixed cost")
def test_rule_set_read_and_checked(benchmark: BenchmarkFixture) -> None:
    benchmark(lambda: load(RULES))


@pytest.mark.benchmark(group="fixed cost")
def test_calculation_of_50_payees(benchmark: BenchmarkFixture) -> None:
    rules, tables = load(RULES), accepted(workload(50))
    benchmark(lambda: calculate(rules, tables, PERIOD, Timings(), keep=True))
