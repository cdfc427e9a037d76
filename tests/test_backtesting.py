"""Backtests: past periods paid again, by other rules, on what their runs accepted; and luck before and after."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from incentive_engine import InputProblems, load
from incentive_engine.audit.luck import luck
from incentive_engine.cli import main
from incentive_engine.engine.run import run
from incentive_engine.periods import Period
from incentive_engine.shipped import rules_dir
from incentive_engine.simulation.reports.paper import Share
from incentive_engine.simulation.scenarios.overlay import overlaid
from incentive_engine.simulation.scenarios.scenarios import read_scenarios
from incentive_engine.simulation.uncertainty.backtest_paper import backtest_report
from incentive_engine.simulation.uncertainty.backtesting import backtest
from incentive_engine.simulation.uncertainty.forecasts import ruled
from incentive_engine.simulation.uncertainty.luck_paper import luck_report

STARTER = rules_dir() / "starter"
CAPPED = {"plans.adviser.cap": Decimal(1), "plans.seller.cap": Decimal(1)}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The quarter, and July by itself."""
    folder, rules = tmp_path_factory.mktemp("runs"), load(STARTER / "rules.yaml")
    folders = [folder / period for period in ("2026-Q3", "2026-07")]
    for each in folders:
        run(rules, STARTER / "data", each.name, each)
    return folders


def test_a_lower_cap_takes_what_was_above_it(runs: list[Path]) -> None:
    """Of the quarter: what the statements of those say who were above 100 % of their pay, less that."""
    found = backtest(overlaid(load(STARTER / "rules.yaml"), CAPPED), runs)
    (quarter,) = (each for each in found.periods if each.period.name == "2026-Q3")
    (cost,) = quarter.comparison.costs
    assert (cost.before, cost.after, cost.difference) == (Decimal("5602.75"), Decimal("5171.00"), Decimal("-431.75"))
    lost = {row["payee"]: row["difference"] for row in found.people.to_dicts() if row["difference"]}
    assert lost == {
        "A02": Decimal("600.00") - Decimal("708.00"),
        "A04": Decimal("300.00") - Decimal("336.75"),  # present for half of the quarter
        "A05": Decimal("600.00") - Decimal("687.00"),
        "S01": Decimal("800.00") - Decimal("1000.00"),
    }


def test_what_everybody_would_have_had_adds_up_over_the_periods(runs: list[Path]) -> None:
    found = backtest(overlaid(load(STARTER / "rules.yaml"), CAPPED), runs)
    for side in ("before", "after"):
        of_periods = sum(getattr(cost, side) for each in found.periods for cost in each.comparison.costs)
        assert found.people[side].sum() == of_periods
    assert len(found.periods) == 2


def test_the_rules_of_the_runs_change_nothing(runs: list[Path]) -> None:
    found = backtest(load(STARTER / "rules.yaml"), runs)
    assert found.people["difference"].unique().to_list() == [Decimal("0.00")]
    assert all(not each.comparison.held for each in found.periods)
    (periods, _) = backtest_report(found).parts[0].sections
    (table,) = periods.tables
    held = {row[0]: row[table.columns.index("held_before") :] for row in table.rows}
    assert held["2026-Q3"] == (1, 1)  # A06, whose salary nobody knows


def test_one_run_of_each_period(runs: list[Path]) -> None:
    with pytest.raises(InputProblems) as refused:
        backtest(load(STARTER / "rules.yaml"), [runs[0], runs[0]])
    assert [problem.code for problem in refused.value.problems] == ["same-period"]


def test_people_are_grouped_by_what_the_run_keeps_of_them(runs: list[Path]) -> None:
    rules = load(STARTER / "rules.yaml")
    (quarter,) = backtest(rules, runs[:1]).periods
    assert {each.column for each in quarter.comparison.groups} == {"department"}
    with pytest.raises(InputProblems) as refused:
        backtest(rules, runs[:1], ["departement", "payee"])
    (problem,) = refused.value.problems
    assert (problem.code, problem.hint) == ("unknown-column", "did you mean `department`?")


def test_rules_that_read_more_than_a_run_holds_are_refused(runs: list[Path], tmp_path: Path) -> None:
    text = (STARTER / "rules.yaml").read_text(encoding="utf-8")
    more = text.replace("sources:\n", "sources:\n  visits: {path: visits.csv, payee: seller, date: day}\n", 1)
    more = more.replace("from: contracts, value: amount", "from: visits, value: amount")
    (tmp_path / "rules.yaml").write_text(more.split("examples:")[0], encoding="utf-8")
    with pytest.raises(InputProblems) as refused:
        backtest(load(tmp_path / "rules.yaml"), runs)
    assert [problem.code for problem in refused.value.problems] == ["not-in-the-run"]
    assert "`visits`" in refused.value.problems[0].message


def test_the_command_shows_periods_and_people(runs: list[Path], tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    text = (STARTER / "rules.yaml").read_text(encoding="utf-8").split("examples:")[0]
    rules.write_text(text.replace("cap: 150%", "cap: 100%"), encoding="utf-8")
    told = CliRunner().invoke(main, ["backtest", str(rules), *map(str, runs)])
    assert told.exit_code == 0, told.output
    assert "−€431.75" in told.output


def test_luck_before_and_after_is_that_of_each_rule_set(tmp_path: Path) -> None:
    scenario = tmp_path / "capped.yaml"
    changes = "{plans.adviser.cap: 100%, plans.seller.cap: 100%}"
    scenario.write_text(f"scenario: capped\ntitle: {{en: Capped}}\nrules: {{change: {changes}}}\n", encoding="utf-8")
    rules, period = load(STARTER / "rules.yaml"), Period.parse("2026-Q3")
    before, after = ruled(rules, STARTER / "data", "2026-Q3", read_scenarios([scenario]))
    assert [one.rules.ruleset.plans["adviser"].cap for one in (before, after)] == [Decimal("1.5"), Decimal(1)]
    lucks = luck(after.rules, after.accepted, period, 20)
    (beside,) = luck_report([(before, ()), (after, lucks)], period, 20).parts[0].sections[0].tables
    told = [(row[0], row[1], row[5]) for row in beside.rows]  # plan, rules, probability of a wrong tier
    assert told == [
        (rules.ruleset.plans[each.plan].title, {"en": "Capped"}, Share(Decimal(f"{each.wrong_tier:.3f}")))
        for each in lucks
    ]
    assert [each.plan for each in lucks] == ["adviser", "seller"]
