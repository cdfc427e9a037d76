"""The commands: what they print, where, and how they end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import incentive_engine
from incentive_engine.cli import COMMANDS, main
from incentive_engine.cli.door import FAULT, INTERRUPTED, NOBODY_READS
from incentive_engine.documents import read_document
from incentive_engine.shipped import rules_dir
from tests.test_catalogue import CASES, HEAD

STARTER = rules_dir() / "starter"
DEMO = rules_dir() / "demo" / "care-quarterly.yaml"


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture
def bonus(tmp_path: Path) -> Path:
    """What `incentive init` makes."""
    folder = tmp_path / "bonus"
    assert invoke("init", folder).exit_code == 0
    return folder


def pay(folder: Path, out: str = "run", *options: str) -> Result:
    rules, data = folder / "rules.yaml", folder / "data"
    return invoke("run", rules, "--data", data, "--period", "2026-Q3", "--out", folder / out, *options)


def test_init_says_the_two_commands_that_come_next(tmp_path: Path) -> None:
    told = invoke("init", tmp_path / "bonus").output.splitlines()
    commands = [line.split()[1:] for line in told if line.startswith("  incentive ")]
    assert [command[0] for command in commands] == ["check", "run"]
    assert [invoke(*command).exit_code for command in commands] == [0, 0]


def test_init_never_writes_into_what_is_there(bonus: Path) -> None:
    (bonus / "rules.yaml").write_text("mine", encoding="utf-8")
    done = invoke("init", bonus)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error[folder-exists]: ")
    assert (bonus / "rules.yaml").read_text(encoding="utf-8") == "mine"


def test_check_says_what_was_checked(bonus: Path) -> None:
    done = invoke("check", bonus / "rules.yaml")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"{bonus / 'rules.yaml'}: 2 plans, 4 KPIs, 18 examples: no problems\n"


def test_check_tells_everything_at_once_on_stderr(bonus: Path) -> None:
    rules = bonus / "rules.yaml"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("better: higher", "beter: higher", 1).replace("curve: on_points", "curve: on_point"))
    done = invoke("check", rules)
    assert (done.exit_code, done.stdout) == (1, "")
    first, hint = done.stderr.splitlines()[:2]
    assert first == f"{rules}:35:5: error[unknown-key]: `beter` is not a key that is known here"
    assert hint == "  hint: did you mean `better`?"


def test_check_runs_the_examples(bonus: Path) -> None:
    rules = bonus / "rules.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("payout: 663}", "payout: 664}"), encoding="utf-8")
    done = invoke("check", rules)
    assert done.exit_code == 1
    assert "663" in done.stderr
    assert done.stdout.endswith("18 examples: 1 error\n")


def test_check_with_data_tells_rows_that_would_be_held(bonus: Path) -> None:
    surveys = bonus / "data" / "surveys.csv"
    surveys.write_text(surveys.read_text(encoding="utf-8") + "R999,2026-07-03,A01,five,10\n", encoding="utf-8")
    done = invoke("check", bonus / "rules.yaml", "--data", bonus / "data")
    assert done.exit_code == 0
    assert "1 row held" in done.stdout
    assert "answer_id=R999  not-a-number" in done.stdout


def test_check_with_data_tells_files_that_cannot_be_used(bonus: Path) -> None:
    (bonus / "data" / "surveys.csv").unlink()
    done = invoke("check", bonus / "rules.yaml", "--data", bonus / "data")
    assert done.exit_code == 1
    assert "error[missing-file]" in done.stderr


def test_run_prints_totals_and_where_to_look(bonus: Path) -> None:
    done = pay(bonus)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "Quarterly bonus · 2026-Q3 · starter 1",
        "",
        "department     paid  held        payout  of which customers",
        "Customer care     5     1  2,577.75 EUR              69.5 %",
        "Sales             4     0  3,025.00 EUR              71.7 %",
        "all               9     1  5,602.75 EUR              70.7 %",
        "",
        "9 paid, 1 held, 1 not eligible, of 11",
        "",
        "Held, neither paid nor zero:",
        "  A06  missing-target-pay  plan `adviser`: `base_salary` is empty, which `base_salary * fte * 8% / 4` needs",
        "",
        f"{bonus / 'run'} holds the whole run; payouts.parquet has one row per person and plan. How one came about:",
        f"  incentive explain {bonus / 'run'} --payee A01",
    ]


def test_run_says_what_became_of_each_pool(tmp_path: Path) -> None:
    case = read_document(CASES / "pool-parts.yaml").data
    (tmp_path / "rules.yaml").write_text(HEAD + case["rules"], encoding="utf-8")
    (tmp_path / "data").mkdir()
    for name, text in case["data"].items():
        (tmp_path / "data" / name).write_text(text, encoding="utf-8")
    lines = pay(tmp_path).stdout.splitlines()
    start = lines.index("pool               sum      paid    left  payees  held")
    assert lines[start + 1 : start + 5] == [
        "bonus  east     499.99      0.00  499.99       0     2",
        "bonus  north  1,000.00  1,000.00    0.00       3     0",
        "bonus  south    500.00    500.00    0.00       2     0",
        "bonus  –             –      0.00       –       0     1",
    ]


def test_run_lists_twenty_held_rows_and_says_where_the_others_are(bonus: Path) -> None:
    surveys = bonus / "data" / "surveys.csv"
    broken = "".join(f"X{number:02d},2026-07-03,A01,five,10\n" for number in range(23))
    surveys.write_text(surveys.read_text(encoding="utf-8") + broken, encoding="utf-8")
    done = pay(bonus)
    assert done.exit_code == 0
    assert done.stdout.count("not-a-number") == 20
    assert f"  … and 3 more in {bonus / 'run' / 'held.parquet'}\n" in done.stdout


def test_run_never_overwrites(bonus: Path) -> None:
    assert pay(bonus).exit_code == 0
    before = (bonus / "run" / "run.json").stat().st_mtime_ns
    done = pay(bonus)
    assert done.exit_code == 1
    assert "error[folder-exists]" in done.stderr
    assert (bonus / "run" / "run.json").stat().st_mtime_ns == before


def test_a_run_that_fails_leaves_nothing(bonus: Path) -> None:
    (bonus / "data" / "surveys.csv").unlink()
    assert pay(bonus).exit_code == 1
    assert sorted(path.name for path in bonus.iterdir()) == ["data", "rules.yaml", "scenarios"]


def test_a_period_that_is_none_is_told(bonus: Path) -> None:
    rules, data = bonus / "rules.yaml", bonus / "data"
    done = invoke("run", rules, "--data", data, "--period", "Q3-2026", "--out", bonus / "run")
    assert done.exit_code == 1
    assert done.stderr.startswith("error[unknown-period]: `Q3-2026` is not a period: write ")


def test_a_data_folder_that_is_not_there_is_told_once(bonus: Path) -> None:
    done = invoke("check", bonus / "rules.yaml", "--data", bonus / "date")
    assert done.exit_code == 1
    assert done.stderr == f"error[missing-folder]: the data folder `{bonus / 'date'}` is not there\n"


@pytest.mark.parametrize("lost", ["steps.parquet", "run.json"])
def test_a_run_that_was_spoilt_is_told(bonus: Path, lost: str) -> None:
    assert pay(bonus).exit_code == 0
    (bonus / "run" / lost).write_text("{")
    if lost.endswith("parquet"):
        (bonus / "run" / lost).unlink()
    done = invoke("explain", bonus / "run", "--payee", "A01")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"error[spoilt-run]: `{bonus / 'run'}` lacks a whole {lost}\n")


def test_what_the_system_refuses_is_no_fault_of_the_program(bonus: Path) -> None:
    done = pay(bonus, "rules.yaml/run")
    assert done.exit_code == 1
    assert done.stderr.startswith("error[system]: ")


@pytest.mark.parametrize("arguments", [["ruin"], ["run"], ["check"], ["explain", "x"], ["check", "a", "--date", "b"]])
def test_wrong_use_exits_with_2(arguments: list[str]) -> None:
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith("Usage: ")


def test_every_command_says_what_it_does() -> None:
    for command in COMMANDS:
        told = invoke(str(command.name), "--help").output
        assert command.short_help
        assert str(command.short_help) in invoke("--help").output
        assert told.startswith("Usage: ")


def break_loading(monkeypatch: pytest.MonkeyPatch, fault: BaseException) -> None:
    def load(path: Path) -> None:
        raise fault

    monkeypatch.setattr("incentive_engine.rulesets.loading.load", load)


def test_a_fault_of_the_program_is_told_as_one(monkeypatch: pytest.MonkeyPatch, bonus: Path) -> None:
    break_loading(monkeypatch, RuntimeError("wires\ncrossed"))
    done = invoke("check", bonus / "rules.yaml")
    assert done.exit_code == FAULT
    assert done.stderr.startswith("internal error: RuntimeError: wires crossed\n")
    assert "INCENTIVE_DEBUG=1" in done.stderr
    assert "Traceback" not in done.output


def test_a_panic_below_is_a_fault_too(monkeypatch: pytest.MonkeyPatch, bonus: Path) -> None:
    """Polars panics with an exception that is no Exception."""

    class PanicException(BaseException):
        pass

    break_loading(monkeypatch, PanicException("index out of bounds"))
    done = invoke("check", bonus / "rules.yaml")
    assert done.exit_code == FAULT
    assert done.stderr.startswith("internal error: PanicException: index out of bounds\n")


def test_debugging_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, bonus: Path) -> None:
    break_loading(monkeypatch, RuntimeError("wires crossed"))
    monkeypatch.setenv("INCENTIVE_DEBUG", "1")
    assert "Traceback" in invoke("check", bonus / "rules.yaml").stderr


def test_an_interrupted_command_says_so_and_no_more(monkeypatch: pytest.MonkeyPatch, bonus: Path) -> None:
    break_loading(monkeypatch, KeyboardInterrupt())
    done = invoke("check", bonus / "rules.yaml")
    assert (done.exit_code, done.output) == (INTERRUPTED, "\ninterrupted\n")


def program(*arguments: str, **environment: str) -> list[str]:
    return [sys.executable, "-m", "incentive_engine", *arguments]


def test_nobody_reads_on() -> None:
    """As in `incentive schema | head`."""
    with subprocess.Popen(program("schema"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        told = running.stderr.read()
        assert (running.wait(), told) == (NOBODY_READS, b"")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_every_terminal_can_show_an_explanation(bonus: Path, encoding: str) -> None:
    assert pay(bonus).exit_code == 0
    command = program("explain", str(bonus / "run"), "--payee", "A02", "--language", "fr")
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    text = done.stdout.decode(encoding)
    times = "x" if encoding == "ascii" else "×"
    assert f"0,6 {times} 1,25 + 0,4 {times} 1 = 1,15" in text
    assert ("réalisé" in text or "règles" in text or "résultat" in text) is (encoding != "ascii")
    assert done.stderr == b""


def test_no_progress_bar_in_a_pipe(bonus: Path) -> None:
    options = ["--data", str(bonus / "data"), "--period", "2026-Q3", "--out", str(bonus / "run")]
    done = subprocess.run(program("run", str(bonus / "rules.yaml"), *options), capture_output=True, check=True)
    assert done.stderr == b""
    assert b"\r" not in done.stdout
    assert b"\x1b" not in done.stdout


def test_version() -> None:
    assert invoke("--version").output == f"incentive {incentive_engine.__version__}\n"
