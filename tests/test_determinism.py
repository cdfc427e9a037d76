"""The same inputs give the same bytes: whatever the threads, the order of rows, the files they come in, the engine."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

import incentive_engine
from incentive_engine.demo import write_company
from incentive_engine.engine.running import Timings, accept_for, calculate
from incentive_engine.periods import Period
from incentive_engine.shipped import rules_dir

RULES = rules_dir() / "demo" / "care-quarterly.yaml"
PERIOD = "2026-Q3"
SCRIPT = "import sys, incentive_engine as i; i.run(i.load(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4])"
NOT_FINGERPRINTED = {"timings.json"}
ABOUT_FILES = {"run.json"}
"""Says which files came in, so it differs when the same rows come in other files."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    write_company(folder)
    return folder


@pytest.fixture(scope="module")
def expected(company: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return paid_with(company, tmp_path_factory.mktemp("expected") / "run", threads=2)


def paid_with(data: Path, out: Path, threads: int) -> dict[str, str]:
    """The fingerprint of every file of a run in a process of its own."""
    environment = {**os.environ, "POLARS_MAX_THREADS": str(threads)}
    subprocess.run([sys.executable, "-c", SCRIPT, str(RULES), str(data), PERIOD, str(out)], env=environment, check=True)
    return fingerprints(out)


def fingerprints(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in NOT_FINGERPRINTED
    }


def test_one_thread_gives_the_same_bytes_as_two(company: Path, expected: dict[str, str], tmp_path: Path) -> None:
    assert paid_with(company, tmp_path / "run", threads=1) == expected
    assert len(expected) > 15


@pytest.mark.parametrize("parts", [1, 2, 8])
def test_shuffled_rows_in_other_files_give_the_same_bytes(
    company: Path, expected: dict[str, str], tmp_path: Path, parts: int
) -> None:
    shuffled = tmp_path / "data"
    for folder, name, frame_of in tables(company):
        rows = frame_of().sample(fraction=1, shuffle=True, seed=parts)
        for part in range(parts):
            written = rows[part::parts] if folder else rows
            target = shuffled / folder / (f"{part}-{name}" if folder else name)
            target.parent.mkdir(parents=True, exist_ok=True)
            written.write_parquet(target, row_group_size=997) if name.endswith("parquet") else write_csv(
                written, target
            )
    found = paid_with(shuffled, tmp_path / "run", threads=2)
    assert without(found, ABOUT_FILES) == without(expected, ABOUT_FILES)


def tables(company: Path) -> Iterator[tuple[str, str, Callable[[], pl.DataFrame]]]:
    """Folder, file name and reader of every table: the parts of a folder come as one."""
    for path in sorted(company.iterdir()):
        if path.is_dir():
            files = sorted(path.iterdir())
            yield path.name, files[0].name, lambda files=files: pl.concat([read(file) for file in files])  # type: ignore[misc]
        else:
            yield "", path.name, lambda path=path: read(path)  # type: ignore[misc]


def read(path: Path) -> pl.DataFrame:
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    return pl.DataFrame({"line": path.read_bytes().decode("latin-1").splitlines()}).with_columns(
        header=pl.col("line").first()
    )[1:]


def write_csv(lines: pl.DataFrame, path: Path) -> None:
    """Lines as they were, behind their header: every byte of a cell stays what it was."""
    path.write_bytes("\n".join([lines["header"][0], *lines["line"], ""]).encode("latin-1"))


def without(files: dict[str, str], names: set[str]) -> dict[str, str]:
    return {name: value for name, value in files.items() if name not in names}


def test_recomputed_from_its_folder_a_run_is_the_same(company: Path, tmp_path: Path) -> None:
    run = incentive_engine.run(incentive_engine.load(RULES), company, PERIOD, tmp_path / "run")
    again = incentive_engine.recompute(tmp_path / "run")
    for name in run.tables:
        assert run.tables[name].collect().equals(again.tables[name].collect()), name
    for name, trace in run.trace.items():
        assert trace.equals(again.trace[name]), name
    kept = ("rule_set", "version", "period", "rules", "payees", "totals")
    assert [run.summary[name] for name in kept] == [again.summary[name] for name in kept]


def test_partitions_and_engines_give_the_same_values(company: Path) -> None:
    rules = incentive_engine.load(RULES)
    accepted = accept_for(rules, company)
    calculation = calculate(rules, accepted, Period.parse(PERIOD), Timings(), keep=True)
    for evaluation in calculation.evaluations:
        whole = evaluation.frame.collect()
        inputs = whole.select(evaluation.program.inputs)
        order = list(range(inputs.height))
        random.Random(7).shuffle(order)
        for parts in (1, 2, 8):
            for engine in ("streaming", "in-memory"):
                evaluated = pl.concat(
                    evaluation.program.evaluate(inputs[order[part::parts]].lazy()).collect(engine=engine)
                    for part in range(parts)
                )
                expected = whole.select(evaluated.columns).sort("payee")
                assert evaluated.sort("payee").equals(expected), (parts, engine)
