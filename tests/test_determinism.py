"""The same inputs give the same bytes: whatever the threads, the order of rows, the files they come in, the engine."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

import incentive_engine
from incentive_engine.demo import write_company
from incentive_engine.engine.running import Timings, accept_for, calculate
from incentive_engine.periods import Period
from incentive_engine.shipped import rules_dir

PERIOD = "2026-Q3"
SCRIPT = "import sys, incentive_engine as i; i.run(i.load(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4])"
NOT_FINGERPRINTED = {"timings.json"}
ABOUT_FILES = {"run.json"}
"""Says which files came in, so it differs when the same rows come in other files."""


POOLS = """
rule_set: pools
version: "1"
title: {en: Pools and ranks}
decided: {by: the test, on: 2026-01-02}
currency: EUR
timezone: Europe/Paris
workforce: {path: workforce.csv}
results: {path: kpis.csv}
kpis:
  served: {title: {en: Served}, perspective: customer, compute: {kind: given, at_most: 100}, better: higher,
           reliability: {at_least: 5, otherwise: reweight}}
  profit: {title: {en: Profit}, perspective: internal, compute: {kind: given, at_most: 100}, better: higher}
populations:
  peers: {who: team <> "T0", by: [level]}
curves:
  by_rank: {kind: linear, points: [[0%, 0%], [100%, 120%]], below: flat}
  by_place: {kind: lookup, rows: [{to: 3, rate: 120%}, {over: 3, rate: 80%}]}
  funding: {kind: logistic, midpoint: 50, width: 10}
pools:
  team:
    title: {en: Of a team}
    by: team
    fund: {per_payee: base_salary * 2% * funding(profit), of: team}
    parts:
      results: {title: {en: By results}, share: 70%, in_proportion_to: score * base_salary * proration}
      equal: {title: {en: In equal parts}, share: 30%, in_proportion_to: 1}
    minimum: fte * 150
    maximum: base_salary * 1.2%
  house:
    title: {en: Of all}
    fund: {sum: 1000000 * funding(profit), of: company}
    solve: {factor: level_of_pay, at_most: 5, places: 9}
plans:
  team:
    title: {en: Team}
    pays: team_bonus
    who: level <> "lead"
    scorecard:
      served: {weight: 60%, of: payee, attainment: percentile_midpoint, among: peers, curve: by_rank}
      profit: {weight: 40%, of: team, attainment: competition_rank, among: peers, curve: by_place}
    proration: {by: calendar_days}
    pool: team
  house:
    title: {en: House}
    pays: house_bonus
    who: TRUE
    scorecard:
      served: {weight: 100%, of: team, attainment: level, curve: funding}
    payout: base_salary * 1% * (1 + level_of_pay * score)
    pool: house
"""


@dataclass(frozen=True)
class Company:
    """Its rules, and the folder with its data."""

    rules: Path
    data: Path


def write_pooled(folder: Path) -> Company:
    """Rules with pools, ranks and a factor, for 600 payees in 9 teams, with ties, gaps and late starters."""
    draws = random.Random(3)
    data = folder / "data"
    data.mkdir()
    (folder / "rules.yaml").write_text(POOLS, encoding="utf-8")
    people = [f"P{number:04}" for number in range(600)]
    staff = ["payee,team,department,level,base_salary,fte,hired,left"]
    results = ["subject_kind,subject,kpi,period,value,n"]
    for person in people:
        hired = draws.choice(["2020-01-01", "2020-01-01", "2026-08-15"])
        level = draws.choice(["junior", "senior", "lead"])
        team, salary, fte = draws.randrange(9), draws.randrange(20000, 60000), draws.choice(["1", "0.5"])
        staff.append(f"{person},T{team},D,{level},{salary}.50,{fte},{hired},")
        if draws.random() < 0.95:
            results.append(f"payee,{person},served,{PERIOD},{draws.randrange(40)},{draws.randrange(3, 30)}")
    for team in range(9):
        results.append(f"team,T{team},served,{PERIOD},{draws.randrange(30, 70)},100")
        results.append(f"team,T{team},profit,{PERIOD},{draws.randrange(40, 70)},9")
    results.append(f"company,company,profit,{PERIOD},47.5,9")
    for name, lines in (("workforce", staff), ("kpis", results)):
        (data / f"{name}.csv").write_text("\n".join([*lines, ""]), encoding="latin-1")
    return Company(folder / "rules.yaml", data)


@pytest.fixture(scope="module", params=["demo", "pools"])
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("company")
    if request.param == "pools":
        return write_pooled(folder)
    write_company(folder)
    return Company(rules_dir() / "demo" / "care-quarterly.yaml", folder)


@pytest.fixture(scope="module")
def expected(company: Company, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return paid_with(company, tmp_path_factory.mktemp("expected") / "run", threads=2)


def paid_with(company: Company, out: Path, threads: int) -> dict[str, str]:
    """The fingerprint of every file of a run in a process of its own."""
    environment = {**os.environ, "POLARS_MAX_THREADS": str(threads)}
    arguments = [str(company.rules), str(company.data), PERIOD, str(out)]
    subprocess.run([sys.executable, "-c", SCRIPT, *arguments], env=environment, check=True)
    return fingerprints(out)


def fingerprints(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in NOT_FINGERPRINTED
    }


def test_one_thread_gives_the_same_bytes_as_two(company: Company, expected: dict[str, str], tmp_path: Path) -> None:
    assert paid_with(company, tmp_path / "run", threads=1) == expected
    assert len(expected) > 12


@pytest.mark.parametrize("parts", [1, 2, 8])
def test_shuffled_rows_in_other_files_give_the_same_bytes(
    company: Company, expected: dict[str, str], tmp_path: Path, parts: int
) -> None:
    shuffled = tmp_path / "data"
    for folder, name, frame_of in tables(company.data):
        rows = frame_of().sample(fraction=1, shuffle=True, seed=parts)
        for part in range(parts):
            written = rows[part::parts] if folder else rows
            target = shuffled / folder / (f"{part}-{name}" if folder else name)
            target.parent.mkdir(parents=True, exist_ok=True)
            written.write_parquet(target, row_group_size=997) if name.endswith("parquet") else write_csv(
                written, target
            )
    found = paid_with(Company(company.rules, shuffled), tmp_path / "run", threads=2)
    assert without(found, ABOUT_FILES) == without(expected, ABOUT_FILES)


def tables(data: Path) -> Iterator[tuple[str, str, Callable[[], pl.DataFrame]]]:
    """Folder, file name and reader of every table: the parts of a folder come as one."""
    for path in sorted(data.iterdir()):
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


def test_recomputed_from_its_folder_a_run_is_the_same(company: Company, tmp_path: Path) -> None:
    run = incentive_engine.run(incentive_engine.load(company.rules), company.data, PERIOD, tmp_path / "run")
    again = incentive_engine.recompute(tmp_path / "run")
    for name in run.tables:
        assert run.tables[name].collect().equals(again.tables[name].collect()), name
    for name, trace in run.trace.items():
        assert trace.equals(again.trace[name]), name
    kept = ("rule_set", "version", "period", "rules", "payees", "totals")
    assert [run.summary[name] for name in kept] == [again.summary[name] for name in kept]


def test_partitions_and_engines_give_the_same_values(company: Company) -> None:
    rules = incentive_engine.load(company.rules)
    accepted = accept_for(rules, company.data)
    calculation = calculate(rules, accepted, Period.parse(PERIOD), Timings(), keep=True)
    for evaluation in calculation.evaluations:
        whole = evaluation.frame.collect()
        inputs = whole.select(sorted({*evaluation.program.inputs, "segment"}))
        order = list(range(inputs.height))
        random.Random(7).shuffle(order)
        for parts in (1, 2, 8):
            for engine in ("streaming", "in-memory"):
                evaluated = pl.concat(
                    evaluation.program.evaluate(inputs[order[part::parts]].lazy()).collect(engine=engine)
                    for part in range(parts)
                )
                expected = whole.select(evaluated.columns).sort("payee", "segment")
                assert evaluated.sort("payee", "segment").equals(expected), (parts, engine)
