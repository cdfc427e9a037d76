"""A personal pack: all about one person's pay, nothing about anybody else, nothing that spreadsheets would run."""

from __future__ import annotations

import csv
import io
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

import incentive_engine
from incentive_engine.cli import main
from incentive_engine.shipped import rules_dir
from incentive_engine.statements.languages import Languages
from incentive_engine.statements.verifying import verify_page

STARTER = rules_dir() / "starter"
FORMULA = "=HYPERLINK(1)"
CUSTOMER = "Jane Customer"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter, with who the customers are, and somebody whose name is a formula."""
    folder = tmp_path_factory.mktemp("starter")
    shutil.copytree(STARTER / "data", folder / "data")
    surveys, people = (folder / "data" / f"{name}.csv" for name in ("surveys", "workforce"))
    head, *rows = surveys.read_text(encoding="utf-8").splitlines()
    surveys.write_text("\n".join([f"{head},customer", *(f"{row},{CUSTOMER}" for row in rows)]) + "\n", "utf-8")
    people.write_text(people.read_text(encoding="utf-8").replace("Adviser 01", FORMULA), "utf-8")
    rules = (STARTER / "rules.yaml").read_text(encoding="utf-8")
    (folder / "rules.yaml").write_text(
        re.sub(r"(surveys: \{[^}]*)\}", r"\1, customer: customer}", rules, count=1), "utf-8"
    )
    loaded = incentive_engine.load(folder / "rules.yaml")
    incentive_engine.run(loaded, folder / "data", "2026-Q3", folder / "run")
    return folder / "run"


def packed(run: Path, payee: str, out: Path, *options: str) -> dict[str, str]:
    """The files of a pack."""
    done = CliRunner().invoke(main, ["pack", str(run), "--payee", payee, "--out", str(out), *options])
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(out) as archive:
        files = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    assert f"{len(files)} files about {payee}" in done.output
    return files


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def files(run: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return packed(run, "A01", tmp_path_factory.mktemp("pack") / "A01.zip")


def test_it_holds_what_was_read_by_which_rules_and_what_came_out(files: dict[str, str]) -> None:
    assert {
        "README.txt", "statement.html", "data/workforce.csv", "data/surveys.csv", "rules/rules.yaml",
        "result/payouts.csv", "result/contributions.csv", "result/calculation.csv", "result/alternatives.csv",
    } <= files.keys()  # fmt: skip
    (paid,) = rows(files["result/payouts.csv"])
    assert (paid["payee"], paid["payout"], paid["customer_pay"]) == ("A01", "600.00", "420.00")
    numbers = {row["column"]: row for row in rows(files["result/calculation.csv"])}
    assert numbers["payout"]["value"] == "600.00"
    assert numbers["payout"]["rule"].startswith("rules.yaml:")
    assert numbers["target_pay"]["sentence"] == "base_salary * fte * 8% / 4: 30000 * 1 * 8% / 4"
    assert not any("{" in row["sentence"] for row in numbers.values())
    for name in files:
        assert name.partition("/")[2].removesuffix(".csv") in files["README.txt"]


def test_nobody_else_is_in_it(files: dict[str, str]) -> None:
    others = re.compile(r"\b(?:A0[2-9]|S0\d|Adviser 0[2-9]|Seller \d+)\b")
    for name, text in files.items():
        assert not others.search(text), name
        assert CUSTOMER not in text, name
    assert {row["adviser"] for row in rows(files["data/surveys.csv"])} == {"A01"}
    assert "customer" not in rows(files["data/surveys.csv"])[0]


def test_the_customers_whom_a_kpi_counts_are_not_in_it(tmp_path: Path) -> None:
    shutil.copytree(STARTER / "data", tmp_path / "data")
    contracts = tmp_path / "data" / "contracts.csv"
    head, *rows = contracts.read_text(encoding="utf-8").splitlines()
    contracts.write_text("\n".join([f"{head},buyer", *(f"{row},{CUSTOMER}" for row in rows)]) + "\n", "utf-8")
    counted = "compute: {kind: distinct, from: contracts, column: buyer}"
    rules = (STARTER / "rules.yaml").read_text(encoding="utf-8")
    rules = rules.replace("compute: {kind: sum, from: contracts, value: amount}", counted)
    (tmp_path / "rules.yaml").write_text(rules, "utf-8")
    loaded = incentive_engine.load(tmp_path / "rules.yaml")
    incentive_engine.run(loaded, tmp_path / "data", "2026-Q3", tmp_path / "run")
    files = packed(tmp_path / "run", "S01", tmp_path / "S01.zip")
    assert "K001" in files["data/contracts.csv"]
    assert all(CUSTOMER not in text for text in files.values())


def test_targets_of_all_days_are_in_it(tmp_path: Path) -> None:
    """S03 is a senior from August on: both targets counted, and no other."""
    shutil.copytree(STARTER, tmp_path, dirs_exist_ok=True)
    rules = (tmp_path / "rules.yaml").read_text(encoding="utf-8")
    dated = "\nassignments: {path: assignments.csv, also: [level]}\nadjustments:"
    (tmp_path / "rules.yaml").write_text(rules.replace("\nadjustments:", dated), encoding="utf-8")
    moved = "S03,2020-01-01,2026-07-31,Shop,Sales,junior\nS03,2026-08-01,,Shop,Sales,senior\n"
    (tmp_path / "data" / "assignments.csv").write_text(f"payee,from,to,team,department,level\n{moved}", "utf-8")
    with (tmp_path / "data" / "targets.csv").open("a", encoding="utf-8") as targets:
        targets.write("chief,sales,90000\n")
    incentive_engine.run(incentive_engine.load(tmp_path / "rules.yaml"), tmp_path / "data", "2026-Q3", tmp_path / "run")
    files = packed(tmp_path / "run", "S03", tmp_path / "S03.zip")
    assert [row["level"] for row in [*csv.DictReader(io.StringIO(files["data/targets.csv"]))]] == ["junior", "senior"]


def test_no_text_of_it_runs_in_a_spreadsheet(files: dict[str, str]) -> None:
    (own,) = rows(files["data/workforce.csv"])
    assert own["name"] == f"'{FORMULA}"
    for name, text in files.items():
        if name.endswith(".csv"):
            for row in csv.reader(io.StringIO(text)):
                assert not any(re.match(r"[=+@\t\r]|-\D", cell) for cell in row), (name, row)


def test_its_statement_proves_itself(files: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "statement.html").write_text(files["statement.html"], encoding="utf-8")
    assert verify_page(tmp_path / "statement.html", Languages()).lines >= 20


def test_it_speaks_its_readers_language_and_is_the_same_twice(run: Path, tmp_path: Path) -> None:
    files = packed(run, "A03", tmp_path / "one.zip")
    packed(run, "A03", tmp_path / "two.zip")
    assert "Tout ce que le calcul a lu sur vous" in files["README.txt"]
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_what_was_interrupted_is_made_anew(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("incentive_engine.statements.packing._readme", stop)
        stopped = CliRunner().invoke(main, ["pack", str(run), "--payee", "A03", "--out", str(tmp_path / "a.zip")])
    assert stopped.exit_code != 0
    assert not (tmp_path / "a.zip").exists()
    packed(run, "A03", tmp_path / "a.zip")
    packed(run, "A03", tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_who_is_unknown_is_told(run: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["pack", str(run), "--payee", "A99", "--out", str(tmp_path / "a.zip")])
    assert done.exit_code == 1
    assert "error[unknown-payee]" in done.stderr
    assert list(tmp_path.iterdir()) == []
