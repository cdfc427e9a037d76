"""The figures of the table, one function each: what was measured, against which goal."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.by_hand import exact_polars, float_polars, in_pandas, python_loop, sql_duckdb
from benchmarks.folders import data_folder
from benchmarks.kinds import expressions, numbers, worked_out
from benchmarks.memory import bytes_per_payee
from benchmarks.paying import Prepared, evaluated, prepared
from benchmarks.projects import NEXT, PAYROLL, known_later, paid_project
from benchmarks.records import ADDED, Records
from benchmarks.timing import Times, interleaved
from benchmarks.variants import many_plans, plain_plan, with_pool, with_salaries
from benchmarks.workload import PERIOD, RULES, accepted, salaries_over_time, workload
from incentive_engine.compiler.program import Program
from incentive_engine.documents import read_text
from incentive_engine.engine.run import run
from incentive_engine.engine.running import Timings, calculate
from incentive_engine.ledger.corrections.booking import correct
from incentive_engine.ledger.sealing import seal
from incentive_engine.ledger.verifying import verify
from incentive_engine.rulesets.loading import load, load_document

LOOPED = 20_000
"""Payees of the Python loop; its time is scaled to the others', which flatters it: its rows fit the cache."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    what: str
    goal: str
    measured: str
    met: bool
    detail: str


def against_polars(payees: int, rounds: int) -> Iterator[Figure]:
    """The compiled plan against the two plans in Polars."""
    load_of = workload(payees)
    program, wide = _wide(prepared(load_of, kpis=_few(load_of)))
    exact, floats = load_of.wide, load_of.wide_floats
    times = interleaved(
        {
            "engine": lambda: evaluated(program, wide),
            "exact": lambda: exact_polars.evaluated(exact.lazy()).collect(engine="streaming"),
            "floats": lambda: float_polars.evaluated(floats.lazy()).collect(engine="streaming"),
        },
        rounds,
    )
    size = _size(payees)
    yield _at_most(
        f"compiled plan against the best hand-written Polars plan of the same exact arithmetic, {size} × 12",
        1.15, times["engine"], times["exact"],
    )  # fmt: skip
    yield _at_most(f"exact against a hand-written Float64 plan, {size} × 12", 1.45, times["engine"], times["floats"])


def long_against_wide(payees: int, rounds: int) -> Iterator[Figure]:
    """Results a row each against results a column each; then both against DuckDB."""
    load_of = workload(payees)
    ready = prepared(load_of)
    program, wide = _wide(ready)
    database = sql_duckdb.database(load_of)
    del load_of
    times = interleaved(
        {
            "long": ready.from_long,
            "wide": ready.from_wide,
            "evaluated": lambda: evaluated(program, wide),
            "duckdb long": lambda: sql_duckdb.evaluate(database, sql_duckdb.long_to_wide()),
            "duckdb wide": lambda: sql_duckdb.evaluate(database),
        },
        rounds,
    )
    size = _size(payees)
    yield _at_most(f"long input against wide input, joins included, {size} × 12", 3.5, times["long"], times["wide"])
    yield _at_least(
        f"faster than hand-written DuckDB SQL, long input, {size} × 12", 2, times["duckdb long"], times["long"]
    )
    yield _at_least(
        f"faster than hand-written DuckDB SQL, wide input, {size} × 12", 3, times["duckdb wide"], times["evaluated"]
    )


def against_pandas(payees: int, goal: float, rounds: int) -> Iterator[Figure]:
    """The whole calculation against pandas, joins included; and the plan alone against the plan in NumPy's hands."""
    load_of = workload(payees)
    ready = prepared(load_of)
    program, wide = _wide(ready)
    frame, tables = load_of.wide_floats.to_pandas(), in_pandas.tables(load_of)
    del load_of
    times = interleaved(
        {
            "long": ready.from_long,
            "wide": lambda: evaluated(program, wide),
            "pandas long": lambda: in_pandas.evaluated(in_pandas.long_to_wide(*tables)),
            "pandas wide": lambda: in_pandas.evaluated(frame),
        },
        rounds,
    )
    size = _size(payees)
    yield _at_least(f"faster than pandas, long input, {size} × 12", goal, times["pandas long"], times["long"])
    alone = _at_least(f"the plan alone, faster than NumPy columns, {size} × 12", 1, times["pandas wide"], times["wide"])
    yield replace(alone, goal="")


def against_loop(payees: int, rounds: int) -> Iterator[Figure]:
    """The compiled plan against a loop over dictionaries."""
    load_of = workload(payees)
    program, wide = _wide(prepared(load_of, kpis=_few(load_of)))
    rows = workload(LOOPED).wide.rows(named=True)
    times = interleaved(
        {"engine": lambda: evaluated(program, wide), "loop": lambda: python_loop.evaluated(rows)}, rounds
    )
    loop = Times(tuple(each * payees / LOOPED for each in times["loop"].seconds))
    what = f"faster than a Python loop, {_size(payees)} × 12 (the loop ran on {_size(LOOPED)})"
    yield _at_least(what, 15, loop, times["engine"])


def records(number: int, rounds: int) -> Iterator[Figure]:
    """KPIs of each agent and month from raw records, against Polars by hand; then the memory, and a percentile."""
    calls, size = Records.made_up(number), _size(number)
    times = interleaved({"engine": lambda: calls.measured(*ADDED), "by hand": calls.by_hand}, rounds)
    what = f"{size} raw records → four KPIs per payee and month, against hand-written Polars"
    yield _at_most(what, 1.15, times["engine"], times["by hand"])
    gigabytes = calls.bytes_added() / 1e9
    what = f"memory above the accepted records, {size} records → four KPIs per payee and month"
    yield Figure(what, "≤ 1 GB", f"{gigabytes:.2f} GB", gigabytes <= 1, "")
    median = interleaved({"median": lambda: calls.measured("middle")}, max(1, rounds // 3))["median"]
    exact = _at_most(f"an exact median of the {size} records, against the four KPIs", 0, median, times["engine"])
    yield replace(exact, goal="")


def growth(small: int, large: int, goal: float, rounds: int) -> Iterator[Figure]:
    """How the time of the compiled plan grows with the payees."""
    runs = {}
    for payees in (small, large):
        load_of = workload(payees)
        runs[payees] = _wide(prepared(load_of, kpis=_few(load_of)))
    times = interleaved(
        {
            "small": lambda: evaluated(*runs[small]),
            "large": lambda: evaluated(*runs[large]),
        },
        rounds,
    )
    yield _at_most(f"growth of time, {_size(small)} → {_size(large)}", goal, times["large"], times["small"])


def thousand_plans(payees: int, rounds: int) -> Iterator[Figure]:
    """A plan per team, all of one shape, against one plan."""
    load_of = workload(payees)
    kpis = load_of.kpis
    one = prepared(load_of, kpis=kpis)
    many = prepared(load_of, load_document(read_text(many_plans(1000), "plans.yaml")), kpis)
    programs = {name: _wide(each) for name, each in (("one", one), ("many", many))}
    assert len(programs["many"][0].plans) == 1000
    times = interleaved(
        {
            "one": lambda: evaluated(*programs["one"]),
            "many": lambda: evaluated(*programs["many"]),
        },
        rounds,
    )
    yield _at_most(f"1,000 plans of one shape against one plan, {_size(payees)} × 12", 3, times["many"], times["one"])


def kinds(payees: int, rounds: int) -> Iterator[Figure]:
    """Every kind against a linear curve, on twelve columns."""
    frame = numbers(payees)
    columns = {name: each() for name, each in expressions().items()}
    times = interleaved({name: partial(worked_out, frame, each) for name, each in columns.items()}, rounds)
    linear = times["curve `linear`"]
    for name, each in times.items():
        if each is not linear:
            yield _at_most(f"{name} against a linear curve, {_size(payees)} × 12", 2, each, linear)


def pools(payees: int, rounds: int) -> Iterator[Figure]:
    """The whole calculation with a pool for each of 200 teams, against the same plan without."""
    tables = accepted(workload(payees, teams=200))
    rules = {
        name: load_document(read_text(text, "plan.yaml"))
        for name, text in (("pools", with_pool()), ("none", plain_plan()))
    }
    times = interleaved(
        {name: partial(calculate, each, tables, PERIOD, Timings(), keep=True) for name, each in rules.items()},
        rounds,
    )
    yield _at_most(f"200 pools against the run without, {_size(payees)} × 12", 1.5, times["pools"], times["none"])


def segments(payees: int, rounds: int) -> Iterator[Figure]:
    """The whole calculation with a dated table of salaries, of one row each and of two, against that without."""
    tables, dated = accepted(workload(payees)), load_document(read_text(with_salaries(), "plan.yaml"))
    runs = {
        "none": partial(calculate, load(RULES), tables, PERIOD, Timings(), keep=True),
        "one": partial(calculate, dated, salaries_over_time(tables, 1), PERIOD, Timings(), keep=True),
        "two": partial(calculate, dated, salaries_over_time(tables, 2), PERIOD, Timings(), keep=True),
    }
    times = interleaved(runs, rounds)
    size = _size(payees)
    yield _at_most(f"one segment each against the run without, {size} × 12", 1.1, times["one"], times["none"])
    yield _at_most(f"two segments each against the run without, {size} × 12", 2.2, times["two"], times["none"])


def sealing(payees: int, rounds: int) -> Iterator[Figure]:
    """Sealing a run folder and verifying it, worked out again from itself, against the run that wrote it."""
    with tempfile.TemporaryDirectory() as name:
        data, out = data_folder(workload(payees), Path(name) / "data"), Path(name) / "run"

        def written() -> None:
            shutil.rmtree(out, ignore_errors=True)
            run(load(RULES), data, PERIOD.name, out)

        def sealed_and_verified() -> None:
            seal(out, None, 1)
            verify(out)

        times = interleaved({"run": written, "verified": sealed_and_verified}, rounds)
    what = f"sealing and verifying a run against the run, files read and written, {_size(payees)} × 12"
    yield _at_most(what, 1.3, times["verified"], times["run"])


def correcting(payees: int, rounds: int) -> Iterator[Figure]:
    """A correction of a paid run of which one payee in a hundred has another result, booked, against the run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, out, ledger = data_folder(workload(payees), folder / "data"), folder / "run", folder / "ledger.db"
        now = known_later(data, folder / "now")
        run(load(RULES), data, PERIOD.name, out)
        project = paid_project(folder, out)
        kept = shutil.copy(ledger, folder / "kept.db")

        def written() -> None:
            shutil.rmtree(folder / "anew", ignore_errors=True)
            run(load(RULES), data, PERIOD.name, folder / "anew")

        def corrected() -> None:
            shutil.rmtree(folder / "correction", ignore_errors=True)
            shutil.copy(kept, ledger)
            done = correct(project, out, now, None, NEXT, folder / "correction", PAYROLL, Timings())
            assert done is not None, "somebody's result counts"

        times = interleaved({"run": written, "corrected": corrected}, rounds)
    what = f"a correction that touches 1 % of payees, booked, against the run, {_size(payees)} × 12"
    yield _at_most(what, 1.2, times["corrected"], times["run"])


def fixed_cost(rounds: int) -> Iterator[Figure]:
    """A small calculation, the rule set's file included."""
    tables = accepted(workload(50))
    times = interleaved(
        {"all": lambda: calculate(load(RULES), tables, PERIOD, Timings(), keep=True), "yaml": lambda: load(RULES)},
        rounds,
    )
    milliseconds = times["all"].median * 1000
    yield Figure(
        f"fixed cost of a plan, YAML included ({_lines(RULES)} lines, 12 KPIs, 50 payees)",
        "≤ 80 ms",
        f"{milliseconds:.0f} ms",
        milliseconds <= 80,
        f"of which the rule set {times['yaml']}",
    )


def memory(payees: int) -> Iterator[Figure]:
    """Peak memory of a run that writes its folder, less that of a process which only holds the input."""
    each = bytes_per_payee(payees)
    yield Figure(
        f"memory above the input, per payee, contributions and trace included, streamed to disk, {_size(payees)} × 12",
        "≤ 700 bytes",
        f"{each:.0f} bytes",
        each <= 700,
        f"{each * payees / 1e6:.0f} MB in all",
    )


def start_up(rounds: int) -> Iterator[Figure]:
    """Processes, from nothing to their output."""
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "care-quarterly.yaml"
        shutil.copy(Path(__file__).parent.parent / "rules" / "demo" / "care-quarterly.yaml", demo)
        command = [str(Path(sys.executable).with_name("incentive"))]
        times = interleaved(
            {
                "bare": lambda: _process([sys.executable, "-c", "pass"]),
                "click": lambda: _process([sys.executable, "-c", "import click"]),
                "help": lambda: _process([*command, "--help"]),
                "check": lambda: _process([*command, "check", str(demo)]),
            },
            rounds,
        )
    bare = _at_most("`incentive --help` against bare interpreters", 4.8, times["help"], times["bare"])
    yield replace(
        bare, detail=f"{bare.detail}; importing click alone: {times['click'].median / times['bare'].median:.2f}"
    )
    seconds = times["check"].median
    yield Figure(
        "`incentive check` of the demo rule set", "< 1.5 s", f"{seconds:.2f} s", seconds < 1.5, str(times["check"])
    )


def _process(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _wide(ready: Prepared) -> tuple[Program, pl.DataFrame]:
    program = ready.program(ready.wide_results)
    return program, ready.gathered(program, ready.wide_results)


def _few(load_of: Any) -> pl.DataFrame:
    """Some long results, where a benchmark starts from wide ones."""
    return workload(10).kpis


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _size(payees: int) -> str:
    return f"{payees // 1_000_000}M" if payees >= 1_000_000 else f"{payees // 1000}k"


def _at_most(what: str, goal: float, ours: Times, theirs: Times) -> Figure:
    ratio = ours.median / theirs.median
    least = ours.least / theirs.least
    return Figure(
        what, f"≤ {goal:g}", f"{ratio:.2f}", ratio <= goal, f"{ours} against {theirs}; of the least {least:.2f}"
    )


def _at_least(what: str, goal: float, theirs: Times, ours: Times) -> Figure:
    ratio = theirs.median / ours.median
    least = theirs.least / ours.least
    return Figure(
        what, f"≥ {goal:g}", f"{ratio:.1f}", ratio >= goal, f"{theirs} against {ours}; of the least {least:.1f}"
    )
