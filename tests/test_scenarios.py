"""Scenarios on the starter's people: worked out by hand, or paid by the same files written otherwise."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incentive_engine import InputProblems, load, run
from incentive_engine.cli import main
from incentive_engine.demo import write_company
from incentive_engine.documents import declare, read_text
from incentive_engine.engine.run import Run
from incentive_engine.rulesets.scenario import Scenario, read_scenario
from incentive_engine.shipped import rules_dir, scenarios_dir
from incentive_engine.simulation.reports.writing import Writer, reader
from incentive_engine.simulation.scenarios.overlay import Written
from incentive_engine.simulation.scenarios.scenarios import ScenarioFile, Swept, read_scenarios, study
from incentive_engine.simulation.scenarios.scenarios_paper import scenarios_report
from incentive_engine.simulation.scenarios.simulating import Baseline, Simulated, baseline, simulated
from tests.test_scenarios_drawn import in_bytes

STARTER = rules_dir() / "starter"
PERIOD = "2026-Q3"
HEAD = "scenario: otherwise\ntitle: {en: Otherwise}\n"
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def base() -> Baseline:
    return baseline(load(STARTER / "rules.yaml"), STARTER / "data", PERIOD)


def made(base: Baseline, text: str) -> Simulated:
    document = read_text(HEAD + text, "otherwise.yaml")
    return simulated(base, declare(document, Scenario), Written(document, ("rules",), ("sweep",)))


def refused(base: Baseline, text: str) -> list[tuple[str, str, str | None]]:
    with pytest.raises(InputProblems) as told:
        made(base, text)
    return [(str(each.location), each.code, each.hint) for each in told.value.problems]


def payouts(done: Run) -> dict[str, Decimal]:
    return dict(done.payouts.select("payee", "payout").iter_rows())


def paid_from(folder: Path, table: str, change: Callable[[Rows], None]) -> Run:
    """What is paid on the starter's files with the rows of one of them otherwise."""
    shutil.copytree(STARTER, folder, dirs_exist_ok=True)
    with (folder / "data" / table).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0])
    change(rows)
    with (folder / "data" / table).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return run(load(folder / "rules.yaml"), folder / "data", PERIOD)


def test_salaries_are_those_of_a_file_that_has_them(base: Baseline, tmp_path: Path) -> None:
    def raised(rows: Rows) -> None:
        for row in rows:
            if row["role"] == "Adviser" and row["base_salary"]:
                row["base_salary"] = str(Decimal(row["base_salary"]) * Decimal("1.02"))

    found = made(base, 'people: [{column: base_salary, times: 102%, where: role = "Adviser"}]')
    assert found.people == (7,)
    assert in_bytes(found.run) == in_bytes(paid_from(tmp_path, "workforce.csv", raised))


def test_who_leaves_has_left_in_the_file(base: Baseline, tmp_path: Path) -> None:
    def gone(rows: Rows) -> None:
        next(row for row in rows if row["payee"] == "S01")["left"] = "2026-08-31"

    found = made(base, 'people: [{leave: 2026-08-31, where: payee = "S01"}]')
    assert in_bytes(found.run) == in_bytes(paid_from(tmp_path, "workforce.csv", gone))
    # 62 of the 92 days: 1,000 × 0.6739130435 (10 places) = 673.91
    assert payouts(found.run)["S01"] == Decimal("673.91")


def test_results_are_those_of_a_file_that_has_them(base: Baseline, tmp_path: Path) -> None:
    def faster(rows: Rows) -> None:
        for row in rows:
            if row["kpi"] == "cases_per_day":
                row["value"] = str(Decimal(row["value"]) * Decimal("1.1"))

    found = made(base, "facts: [{kpi: cases_per_day, times: 110%}]")
    written = paid_from(tmp_path, "kpis.csv", faster)
    tables = [in_bytes(found.run), in_bytes(written)]
    for each in tables:
        del each["kpis"]
    assert tables[0] == tables[1]
    results = [each.kpis.drop("numerator") for each in (found.run, written)]  # of a changed result nobody knows it
    assert results[0].equals(results[1])


def test_who_is_hired_is_paid_as_whom_they_are_like(base: Baseline) -> None:
    found = payouts(made(base, "people: [{hire: 2, like: A02, from: 2026-08-01}]").run)
    assert found.pop("A02+1") == found.pop("A02+2") == Decimal("469.43")  # 708 × 0.6630434783: 61 of the 92 days
    assert found == payouts(base.run)


def test_a_department_of_which_all_are_meant_has_the_result(base: Baseline) -> None:
    # NPS on target for both teams: 42 % (60 % of 70 %) satisfaction, 28 % at 100 %, 30 % cases per day
    found = made(base, 'facts: [{kpi: nps, is: 40, where: department = "Customer care"}]')
    assert [each.results for each in found.facts] == [2]
    scores = found.run.contributions.filter(measure="customer.nps").select("payee", "score").rows()
    assert {score for _, score in scores} == {Decimal(1)}
    assert [each.results for each in made(base, "facts: [{kpi: nps, is: 40}]").facts] == [3]


def test_teams_of_which_only_some_are_meant_keep_their_result(base: Baseline) -> None:
    assert refused(base, 'facts: [{kpi: nps, is: 40, where: payee = "A01"}]') == [
        ("otherwise.yaml:3:15", "nobody-meant", None)
    ]


def test_a_result_stops_at_what_is_possible(base: Baseline) -> None:
    found = made(base, "facts: [{kpi: nps, plus: 500}]")
    assert [(each.results, each.stopped) for each in found.facts] == [(3, 3)]
    assert set(found.run.kpis.filter(kpi="nps", subject_kind="team")["value"]) == {Decimal(100)}


def test_how_sure_a_changed_result_is_nobody_knows_and_n_stays(base: Baseline) -> None:
    columns = ["subject", "value", "n", "numerator", "low", "high"]
    before, after = (
        each.kpis.filter(kpi="satisfaction", subject_kind="payee", subject="A01").select(columns).row(0)
        for each in (base.run, made(base, 'facts: [{kpi: satisfaction, is: 4.2, where: payee = "A01"}]').run)
    )
    assert before[3] is not None
    assert after == ("A01", Decimal("4.2"), before[2], None, None, None)


def test_formulas_over_kpis_follow_the_results_that_they_read(base: Baseline) -> None:
    rules = """
rules:
  change: {plans.adviser.scorecard.internal.items.cases_per_day.target: 40}
  add:
    kpis.twice:
      title: {en: Twice, fr: Deux fois}
      perspective: internal
      compute: {kind: formula, value: cases_per_day * 2}
      better: higher
    plans.adviser.scorecard.internal.items.cases_per_day.kpi: twice
"""
    other = "facts: [{kpi: cases_per_day, times: 90%}]\n"
    assert payouts(made(base, rules + other).run) == payouts(made(base, other).run)
    assert payouts(made(base, rules).run) == payouts(base.run)


def test_what_a_scenario_leaves_as_it_is_is_not_worked_out_again(base: Baseline) -> None:
    found, before = made(base, "rules: {change: {plans.adviser.cap: 110%}}").calculation, base.calculation
    assert found.accepted is before.accepted
    assert found.people is before.people
    assert found.measured is before.measured
    other = made(base, "rules: {change: {kpis.satisfaction.reliability.at_least: 4}}").calculation
    assert other.accepted is before.accepted
    assert other.measured is not before.measured


def test_only_tables_of_which_something_else_is_asked_are_read_again(base: Baseline, tmp_path: Path) -> None:
    """The other files are not there any more."""
    shutil.copytree(STARTER, tmp_path, dirs_exist_ok=True)
    rules = load(tmp_path / "rules.yaml")
    own = baseline(rules, tmp_path / "data", PERIOD)
    (tmp_path / "data" / "surveys.csv").unlink()
    (tmp_path / "data" / "contracts.csv").rename(tmp_path / "data" / "signed.csv")
    found = made(own, "rules: {change: {sources.contracts.path: signed.csv}}")
    assert in_bytes(found.run) == in_bytes(base.run)


def test_everything_wrong_with_people_is_told_where_it_is_written(base: Baseline) -> None:
    text = """people:
  - {column: base_salry, times: 102%}
  - {hire: 2, like: A92, from: 2026-08-01}
  - {leave: 2026-08-31, where: paye = "S01"}
  - {column: fte, plus: 100}
"""
    assert refused(base, text) == [
        ("otherwise.yaml:4:14", "unknown-column", "did you mean `base_salary`?"),
        ("otherwise.yaml:5:21", "unknown-payee", "did you mean `A02`?"),
        ("otherwise.yaml:6:32", "unknown-name", "did you mean `payee`?"),
        ("otherwise.yaml:7:14", "out-of-bounds", None),
    ]


def test_everything_wrong_with_results_is_told_where_it_is_written(base: Baseline) -> None:
    text = 'facts:\n  - {kpi: npss, is: 40}\n  - {kpi: nps, is: 40, where: departent = "x"}\n'
    assert refused(base, text) == [
        ("otherwise.yaml:4:11", "unknown-kpi", "did you mean `nps`?"),
        ("otherwise.yaml:5:31", "unknown-name", "did you mean `department`?"),
    ]


def test_a_number_becomes_one_other(tmp_path: Path) -> None:
    file = tmp_path / "otherwise.yaml"
    file.write_text(HEAD + "facts:\n  - {kpi: nps}\n  - {kpi: nps, is: 1, plus: 2}\n", encoding="utf-8")
    with pytest.raises(InputProblems) as told:
        read_scenario(file)
    assert [each.code for each in told.value.problems] == ["one-change", "one-change"]


def test_a_period_that_an_older_edition_pays_is_not_changed_in_silence(tmp_path: Path) -> None:
    shutil.copytree(STARTER, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / "rules.yaml").read_text(encoding="utf-8")
    newer = text.replace('version: "1"', 'version: "2"\nfollows: rules.yaml\nin_force: {from: 2026-10-01}')
    (tmp_path / "newer.yaml").write_text(newer.partition("examples:")[0], encoding="utf-8")
    base = baseline(load(tmp_path / "newer.yaml"), tmp_path / "data", PERIOD)
    with pytest.raises(InputProblems, match="older-edition"):
        made(base, "rules: {change: {plans.adviser.cap: 110%}}")


def swept(text: str) -> Swept:
    document = read_text(HEAD + text, "otherwise.yaml")
    file = ScenarioFile(declare(document, Scenario), document)
    (found,) = study(load(STARTER / "rules.yaml"), STARTER / "data", PERIOD, [file]).scenarios
    assert isinstance(found, Swept)
    return found


def test_each_value_of_a_sweep_costs_what_it_costs_alone(base: Baseline) -> None:
    people = "people: [{column: base_salary, times: 102%}]\n"
    weight = "plans.adviser.scorecard.customer.weight"
    found = swept(f"{people}sweep: {{plans.adviser.cap: {{from: 100%, to: 120%, step: 10%}}, {weight}: [75%, 80%]}}")
    assert len(found.points) == 6
    for point in found.points:
        changes = ", ".join(f"{path}: {value}" for path, value in point.values.items())
        alone = made(base, f"{people}rules: {{change: {{{changes}}}}}").run
        sums = alone.payouts.select("payout", "customer_pay").sum().row(0)
        assert [cost.after for cost in point.costs] == [sums[0]]
        assert point.customers == round(sums[1] / sums[0], 4)


def test_amounts_in_two_currencies_are_told_apart() -> None:
    """What is 5,602.75 euros by the rules is as many dollars where these are their currency."""
    found = swept("sweep: {currency: [EUR, USD]}")
    assert [[(cost.currency, f"{cost.before}", f"{cost.after}") for cost in point.costs] for point in found.points] == [
        [("EUR", "5602.75", "5602.75")],
        [("EUR", "5602.75", "0"), ("USD", "0", "5602.75")],
    ]


def test_values_that_break_a_rule_are_told_where_they_are_written() -> None:
    with pytest.raises(InputProblems) as told:
        swept("sweep:\n  plans.adviser.cap: {from: -20%, to: 0%, step: 10%}\n")
    assert [(str(each.location), each.code) for each in told.value.problems] == [
        ("otherwise.yaml:4:22", "cap-below-zero")
    ]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("{from: 150%, to: 100%, step: 5%}", "no-values"),
        ("{from: 100%, to: 150%, step: 0.001%}", "too-many"),
        ("[100%]\nrules: {change: {plans.adviser.cap: 110%}}", "swept-too"),
    ],
)
def test_values_that_are_none_or_too_many_are_refused(said: str, code: str) -> None:
    with pytest.raises(InputProblems, match=code):
        swept(f"sweep:\n  plans.adviser.cap: {said}\n")


def simulate(*arguments: object) -> Result:
    command = ["simulate", STARTER / "rules.yaml", "--data", STARTER / "data", "--period", PERIOD, *arguments]
    return CliRunner().invoke(main, [str(each) for each in command])


@pytest.mark.parametrize("path", sorted((scenarios_dir() / "starter").glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_scenarios_of_the_starter_can_be_simulated(path: Path) -> None:
    done = simulate("--scenario", path, "--language", "fr")
    assert done.exit_code == 0, done.output


@pytest.mark.long
def test_shipped_scenarios_of_the_demo_can_be_simulated(tmp_path: Path) -> None:
    write_company(tmp_path)
    files = read_scenarios(sorted((scenarios_dir() / "demo").glob("*.yaml")))
    found = study(load(rules_dir() / "demo" / "care-quarterly.yaml"), tmp_path, PERIOD, files)
    assert [each.file.scenario.scenario for each in found.scenarios] == [
        "cap-and-weight", "customers-80", "ease-counts", "harder-year",
    ]  # fmt: skip
    for language in ("en", "fr"):
        assert Writer(reader(language, "EUR")).report(scenarios_report(found)).parts


def test_scenarios_are_shown_beside_each_other() -> None:
    paths = [each for path in sorted((scenarios_dir() / "starter").glob("*.yaml")) for each in ("--scenario", path)]
    done = simulate(*paths)
    assert done.exit_code == 0, done.output
    # Worked out by hand: 7.50 more for A03, less for others, by the weight of internal results.
    assert "Adviser: weight of internal  30%  20%       plans.adviser.scorecard.internal.weight" in done.output
    assert "€5,602.75  €5,596.00      −€6.75  −0.12%" in done.output


def test_a_path_that_leads_nowhere_is_the_reader_s_to_mend(tmp_path: Path) -> None:
    file = tmp_path / "otherwise.yaml"
    file.write_text(HEAD + "rules: {change: {plans.adviser.kap: 1}}\n", encoding="utf-8")
    done = simulate("--scenario", file)
    assert done.exit_code == 1
    assert f"{file}:3:18: error[unknown-path]: `plans.adviser` has no `kap`" in done.output
    assert "hint: did you mean `plans.adviser.cap`?" in done.output
