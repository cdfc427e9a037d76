"""Why a payout differs from the last: what the engine says of each group of inputs, the oracle says on the same inputs.

One company in two quarters. What only some of the inputs of now would have paid, the oracle works out on tables that
are put together from both.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, seed, settings

import incentive_engine
from incentive_engine.engine.bridge import BRIDGE, bridges
from incentive_engine.engine.earlier import Earlier
from incentive_engine.engine.run import Run, rules_in, run
from incentive_engine.rulesets.loading import rules_for
from incentive_engine.rulesets.resolving import resolve
from tests.case_read import read_case
from tests.case_told import told
from tests.drawn import cases, facts_known_later
from tests.oracle import Case, outcomes
from tests.test_catalogue import HEAD
from tests.test_cli_explain_drawn import ran
from tests.test_statements_drawn import DRAWN

RULES = """
history: {salaries: {path: salaries.csv, gives: [base_salary, grade]}}
tables: {targets: {path: targets.csv, keys: [team, kpi]}}
kpis:
  nps: {title: {en: Recommendation, fr: Recommandation}, perspective: customer, compute: {kind: given}, better: higher}
  sales: {title: {en: Sales, fr: Ventes}, perspective: internal, compute: {kind: given}, better: higher}
  late: {title: {en: Late, fr: Retards}, perspective: customer, compute: {kind: given}, better: lower}
curves:
  points: {kind: linear, points: [[-10, 50%], [0, 100%], [10, 150%]], below: zero}
  ratio: {kind: linear, points: [[80%, 50%], [100%, 100%], [120%, 150%]], below: zero}
plans:
  adviser:
    title: {en: Adviser, fr: Conseiller}
    pays: bonus
    who: role = "Adviser"
    target_pay: base_salary * (2% + grade * 0)
    scorecard:
      nps: {weight: WEIGHT, of: team, target: {table: targets}, attainment: difference, curve: points}
      sales: {weight: REST, of: payee, target: TARGET, attainment: ratio, curve: ratio}
    gates: [{when: late > 5, of: payee, limit: 50%, because: {en: Late, fr: Retards}}]
    proration: {by: calendar_days}
  leader:
    title: {en: Leader, fr: Responsable}
    pays: bonus
    who: role = "Leader"
    target_pay: base_salary * 3%
    scorecard:
      nps: {weight: 100%, of: team, target: {table: targets}, attainment: difference, curve: points}
    proration: {by: calendar_days}
"""
THEN = RULES.replace("WEIGHT", "60%").replace("REST", "40%").replace("TARGET", "100")
NOW = RULES.replace("WEIGHT", "75%").replace("REST", "25%").replace("TARGET", "110")
Tables = Mapping[str, str]


def tables(period: str, nps: Tables, sales: Tables, late: Tables, targets: Tables, people: Tables, paid: Any) -> Tables:
    """The files of one quarter; `people`: role, team, hired and left of each."""
    kpis = [f"team,{team},nps,{period},{value}" for team, value in nps.items()]
    kpis += [f"payee,{payee},sales,{period},{value}" for payee, value in sales.items()]
    kpis += [f"payee,{payee},late,{period},{value}" for payee, value in late.items()]
    return {
        "kpis.csv": "\n".join(["subject_kind,subject,kpi,period,value", *kpis, ""]),
        "targets.csv": "\n".join(["team,kpi,value", *(f"{team},nps,{value}" for team, value in targets.items()), ""]),
        "workforce.csv": "\n".join(
            ["payee,role,team,hired,left", *(f"{name},{each}" for name, each in people.items()), ""]
        ),
        "salaries.csv": "\n".join(["payee,from,to,base_salary,grade", *paid, ""]),
    }


THEN_RESULTS: Any = {
    "nps": {"A": "42", "B": "33.5"},
    "sales": {"ann": "101", "bob": "90", "cid": "97", "dan": "118", "eve": "95", "fay": "104"},
    "late": {"ann": "7", "bob": "0", "cid": "0", "dan": "1", "eve": "0", "fay": "2"},
}
NOW_RESULTS: Any = {
    "nps": {"A": "46.3", "B": "27"},
    "sales": {"ann": "99", "bob": "90", "cid": "103", "dan": "121", "eve": "95", "fay": "111"},
    "late": {"ann": "3", "bob": "0", "cid": "6", "dan": "1", "eve": "0", "fay": "2"},
}
THEN_TARGETS, NOW_TARGETS = {"A": "40", "B": "30"}, {"A": "41", "B": "30"}
OF_THEN = {
    "ann": "Adviser,A,2020-01-01,",
    "bob": "Adviser,A,2020-01-01,",
    "dan": "Adviser,B,2020-01-01,",
    "eve": "Adviser,B,2020-01-01,",
    "fay": "Adviser,A,2026-05-01,",
}
OF_NOW = {
    "ann": "Adviser,A,2020-01-01,",
    "bob": "Adviser,A,2020-01-01,",
    "cid": "Adviser,A,2026-08-01,",
    "dan": "Adviser,B,2020-01-01,2026-08-20",
    "eve": "Leader,B,2020-01-01,",
    "fay": "Adviser,A,2026-05-01,",
}
SALARIES_THEN = [
    "ann,2020-01-01,,40000,1",
    "bob,2020-01-01,,30000,1",
    "dan,2020-01-01,,30000,1",
    "eve,2020-01-01,,45000,1",
    "fay,2026-05-01,,36000,1",
]
SALARIES_NOW = [
    "ann,2020-01-01,,42500,1",
    "bob,2020-01-01,,30000,1",
    "cid,2026-08-01,,30000,1",
    "dan,2020-01-01,,31000,1",
    "eve,2020-01-01,,45000,1",
    "fay,2026-05-01,2026-08-14,36000,1",
    "fay,2026-08-15,,39000,2",
]


def paid_by_oracle(rules: str, data: Tables, period: str) -> dict[str, Fraction]:
    """What everybody is paid, by the oracle: sums of stretches of days."""
    paid: dict[str, Fraction] = {}
    for (payee, _, _), outcome in outcomes(read_case(HEAD + rules, data, period)).items():
        if outcome.paid and outcome.payout is not None:
            paid[payee] = paid.get(payee, Fraction(0)) + outcome.payout
    return paid


def paid_twice(
    folder: Path, then: tuple[str, Tables], now: tuple[str, Tables], corrections: pl.DataFrame | None = None
) -> tuple[Path, Path]:
    """The runs of both quarters, each by its rules on its files."""
    for (rules, data), period, carried in ((then, "2026-Q2", None), (now, "2026-Q3", corrections)):
        (folder / period).mkdir()
        for name, text in {**data, "rules.yaml": HEAD.replace("Case", "Case, fr: Cas") + rules}.items():
            (folder / period / name).write_text(text, encoding="utf-8")
        loaded = incentive_engine.load(folder / period / "rules.yaml")
        run(loaded, folder / period, period, folder / f"run-{period}", corrections=carried)
    return folder / "run-2026-Q2", folder / "run-2026-Q3"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    then = tables("2026-Q2", **THEN_RESULTS, targets=THEN_TARGETS, people=OF_THEN, paid=SALARIES_THEN)
    now = tables("2026-Q3", **NOW_RESULTS, targets=NOW_TARGETS, people=OF_NOW, paid=SALARIES_NOW)
    return paid_twice(tmp_path_factory.mktemp("bridge"), (THEN, then), (NOW, now))


def bridged(runs: tuple[Path, Path]) -> dict[str, dict[str, Any]]:
    (then, rules_then), (now, rules) = ((Run.open(folder), rules_in(folder)) for folder in runs)
    before, period = rules_then.period("2026-Q2"), rules.period("2026-Q3")
    plans = {plan.name: plan for plan in resolve(rules_then.ruleset, before)}
    frame = bridges(rules, resolve(rules.ruleset, period), now.traces, Earlier(before, plans, then.traces))
    return {row["payee"]: row for row in frame.to_dicts()}


def expected() -> dict[str, dict[str, Fraction]]:
    """What the oracle pays as more and more of the inputs are those of now. Who changes plans does so first."""
    now_but_target = NOW.replace("110", "100")
    moved = OF_THEN | {"eve": OF_NOW["eve"]}
    salaries = [
        *SALARIES_THEN[:-1],
        "fay,2026-05-01,2026-08-14,36000,1",
        "fay,2026-08-15,,36000,2",
        "cid,2026-08-01,,30000,1",
    ]
    of_now: Any = {"people": OF_NOW, "paid": salaries}
    heard = NOW_RESULTS | {"sales": THEN_RESULTS["sales"]}
    by_step = {
        "before": (THEN, "2026-Q2", THEN_RESULTS, {"targets": THEN_TARGETS, "people": OF_THEN, "paid": SALARIES_THEN}),
        "rules": (
            now_but_target,
            "2026-Q2",
            THEN_RESULTS,
            {"targets": THEN_TARGETS, "people": moved, "paid": SALARIES_THEN},
        ),
        "presence": (now_but_target, "2026-Q3", THEN_RESULTS, {"targets": THEN_TARGETS} | of_now),
        "customer": (now_but_target, "2026-Q3", heard, {"targets": THEN_TARGETS} | of_now),
        "internal": (now_but_target, "2026-Q3", NOW_RESULTS, {"targets": THEN_TARGETS} | of_now),
        "targets": (NOW, "2026-Q3", NOW_RESULTS, {"targets": NOW_TARGETS} | of_now),
        "salary": (NOW, "2026-Q3", NOW_RESULTS, {"targets": NOW_TARGETS, "people": OF_NOW, "paid": SALARIES_NOW}),
    }
    paid = {
        step: paid_by_oracle(rules, tables(period, **results, **more), period)
        for step, (rules, period, results, more) in by_step.items()
    }
    return {payee: {step: paid[step][payee] for step in paid} for payee in OF_THEN}


def test_each_amount_is_what_the_oracle_pays_on_inputs_of_both_quarters(runs: tuple[Path, Path]) -> None:
    found = {payee: {name: Fraction(row[name]) for name in BRIDGE} for payee, row in bridged(runs).items()}
    assert found == {payee: {**amounts, "after": amounts["salary"]} for payee, amounts in expected().items()}


def test_a_bridge_by_hand(runs: tuple[Path, Path]) -> None:
    """Ann: 2 % of 40,000 is 800. The gate halved the score in spring; now it does not, and more is asked."""
    ann = bridged(runs)["ann"]
    assert [ann[name] for name in BRIDGE] == [
        Decimal(400),  # more than 5 were late: at most 50 %
        Decimal(400),
        Decimal(400),
        Decimal(994),  # 75 % x (1 + 6.3 x 5 %) + 25 % x (1 + 1 % x 2.5) = 98.625 % + 25.625 %, no longer limited
        Decimal(984),  # 75 % x (1 + 6.3 x 5 %) + 25 % x (1 - 1 % x 2.5) = 98.625 % + 24.375 % = 123 %
        Decimal(909),  # 75 % x (1 + 5.3 x 5 %) + 25 % x (50 % + 10 % x 2.5) = 94.875 % + 18.75 %
        Decimal("965.81"),  # of 850
        Decimal("965.81"),
    ]


def test_who_was_not_paid_before_has_no_bridge(runs: tuple[Path, Path]) -> None:
    assert set(bridged(runs)) == set(OF_THEN)
    assert {payee for payee, row in bridged(runs).items() if row["several"]} == {"fay"}


# --- drawn rule sets --------------------------------------------------------------------------------------------------


@given(cases())
@settings(DRAWN, max_examples=4, derandomize=True)
def test_a_run_beside_itself_changes_nothing(case: Case) -> None:
    beside_itself(case)


@pytest.mark.long
@pytest.mark.parametrize("number", range(2))
def test_200_runs_beside_themselves_change_nothing(number: int) -> None:
    @seed(number)
    @given(cases())
    @settings(DRAWN, max_examples=100, derandomize=False)
    def drawn(case: Case) -> None:
        beside_itself(case)

    drawn()


@given(facts_known_later())
@settings(DRAWN, max_examples=4, derandomize=True)
def test_where_only_facts_are_others_only_results_change_anything(both: tuple[Case, Case]) -> None:
    only_results_change(*both)


@pytest.mark.long
@pytest.mark.parametrize("number", range(2))
def test_where_only_facts_are_others_200_times(number: int) -> None:
    @seed(number)
    @given(facts_known_later())
    @settings(DRAWN, max_examples=100, derandomize=False)
    def drawn(both: tuple[Case, Case]) -> None:
        only_results_change(*both)

    drawn()


def beside(then: Run, now: Run, folder: Path) -> list[dict[str, Any]]:
    """The bridges between two runs of one period by the rules in a folder, of those that are paid for whole periods."""
    rules = incentive_engine.load(folder / "rules.yaml")
    period = rules.period(now.summary["period"])
    rules = rules_for(rules, period)
    plans = resolve(rules.ruleset, period)
    pooled = {plan.pays for plan in plans if plan.pool is not None}
    rows = bridges(
        rules, plans, now.traces, Earlier(period, {plan.name: plan for plan in plans}, then.traces)
    ).to_dicts()
    return [row for row in rows if row["pays"] not in pooled and not row["several"]]


def beside_itself(case: Case) -> None:
    with tempfile.TemporaryDirectory() as name:
        found = ran(case, Path(name))
        for row in beside(found, found, Path(name)):
            assert {row[each] for each in BRIDGE} == {row["after"]}, (row, told(case))


def only_results_change(before: Case, after: Case) -> None:
    with tempfile.TemporaryDirectory() as name:
        folders = Path(name) / "before", Path(name) / "after"
        for folder in folders:
            folder.mkdir()
        then, now = (ran(case, folder) for case, folder in zip((before, after), folders, strict=True))
        for row in beside(then, now, folders[1]):
            assert row["rules"] == row["presence"] == row["before"], (row, told(after))
            assert row["internal"] == row["targets"] == row["salary"] == row["after"], (row, told(after))
