"""Scenarios that cannot be simulated: everything that is wrong with all of them, at once, and where it is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from incentive_engine.cli import main
from incentive_engine.shipped import rules_dir

STARTER = rules_dir() / "starter"
WEIGHT = "plans.adviser.scorecard.customer.weight"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Simulates scenarios of which only what they say otherwise is given; the lines of problems, without hints."""
    monkeypatch.chdir(tmp_path)

    def simulate(**scenarios: str) -> list[str]:
        command = ["simulate", str(STARTER / "rules.yaml"), "--data", str(STARTER / "data"), "--period", "2026-Q3"]
        for name, text in scenarios.items():
            Path(f"{name}.yaml").write_text(f"scenario: {name}\ntitle: {{en: Otherwise}}\n{text}\n", encoding="utf-8")
            command += ["--scenario", f"{name}.yaml"]
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 1
        return [line.partition("]:")[0] + "]" for line in done.stderr.splitlines() if not line.startswith("  ")]

    return simulate


def test_what_breaks_the_rules_is_told_of_all_scenarios(told: Callable[..., list[str]]) -> None:
    assert told(
        first="rules: {change: {plans.advisor.cap: 1}}",
        second=f"rules: {{change: {{{WEIGHT}: 80}}}}",
        third="sweep: {plans.adviser.capp: [100%]}",
    ) == [
        "first.yaml:3:18: error[unknown-path]",
        "second.yaml:3:18: error[weights-not-100]",
        "third.yaml:3:9: error[unknown-path]",
    ]


def test_what_is_wrong_with_people_and_with_results_is_told_together(told: Callable[..., list[str]]) -> None:
    assert told(both="facts: [{kpi: npss, is: 40}]\npeople: [{column: salary, times: 102%}]") == [
        "both.yaml:3:15: error[unknown-kpi]",
        "both.yaml:4:19: error[unknown-column]",
    ]


def test_values_of_which_there_is_none_are_told_at_their_path(told: Callable[..., list[str]]) -> None:
    assert told(none="sweep:\n  plans.adviser.cap: {from: 2, to: 1, step: 1}") == ["none.yaml:4:3: error[no-values]"]


@pytest.mark.parametrize("command", ["simulate", "luck"])
def test_a_period_without_data_is_told(tmp_path: Path, command: str) -> None:
    file = tmp_path / "cap.yaml"
    file.write_text("scenario: cap\ntitle: {en: A cap}\nrules: {change: {plans.adviser.cap: 1}}\n", encoding="utf-8")
    asked = [
        str(STARTER / "rules.yaml"),
        "--data",
        str(STARTER / "data"),
        "--period",
        "2031-Q3",
        "--scenario",
        str(file),
    ]
    done = CliRunner().invoke(main, [command, *asked])
    assert "Nobody is paid. Look whether the data are of this period." in done.output


def test_a_key_means_what_it_means_for_what_is_written(tmp_path: Path) -> None:
    """`where` of those who leave must be said; of a column that is changed it need not."""
    file = tmp_path / "leave.yaml"
    file.write_text("scenario: leave\ntitle: {en: Leave}\npeople: [{leave: 2026-08-31}]\n", encoding="utf-8")
    done = CliRunner().invoke(
        main, ["simulate", "r.yaml", "--data", ".", "--period", "2026-Q3", "--scenario", str(file)]
    )
    assert "hint: `where`: Who, over workforce columns" in done.stderr
