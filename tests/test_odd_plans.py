"""Plans that are allowed and seldom seen: what they pay, and to which measures the money goes back."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

import incentive_engine
from incentive_engine.engine.run import Run

RULES = """
rule_set: odd
version: "1"
title: {en: Odd}
decided: {by: The committee, on: 2025-12-11}
currency: EUR
timezone: Europe/Paris
kpis:
  care: {title: {en: Care}, perspective: customer, compute: {kind: given}, better: higher}
  calls: {title: {en: Calls}, perspective: internal, compute: {kind: given}, better: higher}
  profit: {title: {en: Profit}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  same: {kind: linear, points: [[0%, 0%], [200%, 200%]], below: zero}
"""
POOL = """
pools:
  bonus:
    title: {en: Bonus}
    fund: {sum: profit, of: company}
    parts: {all: {title: {en: All}, share: 100%, in_proportion_to: KEY}}
"""
PLAN = """
plans:
  all:
    title: {en: All}
    pays: bonus
    who: TRUE
"""
WAY = "w%d: {attainment: ratio, target: %d, curve: same}"


def ran(folder: Path, rules: str, *results: str) -> Run:
    people = dict.fromkeys(result.split(",")[0] for result in results)
    rows = [f"payee,{result}" for result in results] + ["company,company,profit,2026-Q3,1000"]
    for name, head, lines in (
        ("workforce", "payee,team", [f"{name}," for name in people]),
        ("kpis", "subject_kind,subject,kpi,period,value", rows),
    ):
        (folder / f"{name}.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    return incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, "2026-Q3")


def test_where_a_payout_would_not_exist_without_a_score_nothing_is_counted_there(tmp_path: Path) -> None:
    scorecard = """
    payout: 1000 * calls / care
    scorecard:
      care: {weight: 50%, of: payee, target: 100, attainment: ratio, curve: same}
      calls: {weight: 50%, of: payee, target: 10, attainment: ratio, curve: same}
"""
    run = ran(tmp_path, RULES + PLAN + scorecard, "A,care,2026-Q3,50", "A,calls,2026-Q3,10")
    # 2000 less 0 without calls, and 2000 less nothing, counted as 0, without care: half each.
    money = run.payouts.select("payout", "customer_pay", "internal_pay", "other_pay").row(0)
    assert money == (Decimal(2000), Decimal(1000), Decimal(1000), Decimal(0))


def test_a_key_that_would_not_exist_without_a_score_is_earned_by_it(tmp_path: Path) -> None:
    scorecard = """
    pool: bonus
    scorecard:
      care: {weight: 100%, of: payee, target: 100, attainment: ratio, curve: same}
"""
    rules = RULES + POOL.replace("KEY", "1 / score") + PLAN + scorecard
    run = ran(tmp_path, rules, "A,care,2026-Q3,50", "B,care,2026-Q3,200", "C,care,2026-Q3,0")
    assert run.payouts.select("payee", "payout", "customer_pay").rows() == [
        ("A", Decimal(800), Decimal(800)),
        ("B", Decimal(200), Decimal(200)),
    ]
    assert run.held.select("key", "code").rows() == [("C", "missing-key")]


@pytest.mark.parametrize("number", [3, 40])
def test_many_ways_cost_no_more_than_their_number(tmp_path: Path, number: int) -> None:
    ways = ", ".join(WAY % (at, 200 - at if at < number - 1 else 300) for at in range(number))
    measure = f"care: {{weight: 100%, of: payee, paths: {{{ways}}}}}"
    scorecard = f"    target_pay: 1000\n    scorecard: {{{measure}}}\n"
    run = ran(tmp_path, RULES + PLAN + scorecard, "A,care,2026-Q3,100", "B,care,2026-Q3,0")
    best = run.contributions.select("measure", "path", "target").rows()
    assert best == [("care", f"w{number - 2}", 202 - number), ("care", "w0", 200)]


def test_who_has_no_team_is_told_so(tmp_path: Path) -> None:
    scorecard = """
    target_pay: 1000
    scorecard:
      care: {weight: 100%, of: team, target: 100, attainment: ratio, curve: same}
"""
    run = ran(tmp_path, RULES + PLAN + scorecard, "A,care,2026-Q3,50")
    assert run.held["reason"].to_list() == ["plan `all`: no result of `care` for team (`team` is empty)"]


def test_what_a_curve_reads_besides_its_argument_is_named_where_it_is_missing(tmp_path: Path) -> None:
    matrix = "  by_calls: {kind: matrix, across: calls, columns: [0], rows: [{from: 0, rates: [10%]}], below: zero}\n"
    scorecard = """
    target_pay: 1000
    scorecard:
      care: {weight: 100%, of: payee, target: 100, attainment: ratio, curve: same}
    gates:
      - {when: by_calls(care) > 5%, withhold: all, because: {en: Few}}
"""
    run = ran(tmp_path, RULES + matrix + PLAN + scorecard, "A,care,2026-Q3,50")
    reason = "plan `all`: there is no result of `calls`, which `by_calls(care) > 5%` needs"
    assert run.held.select("code", "reason").rows() == [("missing-gate", reason)]


def test_a_workforce_may_have_a_column_called_company(tmp_path: Path) -> None:
    plan = PLAN.replace("TRUE", 'company = "T"')
    scorecard = """
    target_pay: 1000
    scorecard:
      profit: {weight: 100%, of: company, target: 1000, attainment: ratio, curve: same}
"""
    rules = RULES + plan + scorecard
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "workforce.csv").write_text("payee,company\nA,T\nB,U\n", encoding="utf-8")
    kpis = "subject_kind,subject,kpi,period,value\ncompany,company,profit,2026-Q3,1100\n"
    (tmp_path / "data" / "kpis.csv").write_text(kpis, encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
    run = incentive_engine.run(incentive_engine.load(tmp_path / "rules.yaml"), tmp_path / "data", "2026-Q3")
    assert run.payouts.select("payee", "payout").rows() == [("A", Decimal(1100))]
