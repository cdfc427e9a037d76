"""People over time that nobody thought of: who moves within a pool, rows that are there twice, and the like."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import incentive_engine
from incentive_engine import Run
from incentive_engine.statements.gathering import gathered
from incentive_engine.statements.making import StatementMaker
from tests.test_catalogue import HEAD
from tests.test_statements_dated import recomputes

MOVERS = """
assignments: {path: assignments.csv}
kpis:
  sales: {title: {en: Sales}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  same: {kind: linear, points: [[0%, 0%], [100%, 100%]], below: zero}
pools:
  bonus:
    title: {en: Bonus}
    fund: {sum: 9200, of: company}
    POOL
plans:
  all:
    title: {en: All}
    pays: bonus
    who: TRUE
    pool: bonus
    PAYOUT
    scorecard: {sales: {weight: 100%, of: team, target: 100, attainment: ratio, curve: same}}
    proration: {by: calendar_days}
"""
ALONE = """
history: {salaries: {path: salaries.csv, gives: [base_salary]}}
kpis:
  sales: {title: {en: Sales}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  same: {kind: linear, points: [[0%, 0%], [100%, 100%]], below: zero}
plans:
  all:
    title: {en: All}
    pays: bonus
    who: TRUE
    target_pay: base_salary * 10%
    scorecard: {sales: {weight: 100%, of: company, target: 100, attainment: ratio, curve: same}}
    proration: {by: calendar_days}
"""
SHARED = "parts: {all: {title: {en: All}, share: 100%, in_proportion_to: score * proration}}"
SOLVED = "solve: {factor: c, at_least: 0, at_most: 9000, places: 2}"


def run_of(folder: Path, rules: str, period: str = "2026-Q3", out: Path | None = None, **tables: str) -> Run:
    """What is worked out for a small company; `tables` by name, their rows parted by spaces."""
    (folder / "rules.yaml").write_text(HEAD + rules, encoding="utf-8")
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(rows.split()) + "\n", encoding="utf-8")
    return incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, period, out)


def test_who_moves_within_a_pool_shares_it_as_one_payee(tmp_path: Path) -> None:
    """Ann is in both teams, one after the other; Eve is held for the second, for which there is no result."""
    for pool, payout in ((SHARED, ""), (SOLVED, "payout: c * score")):
        run = run_of(
            tmp_path,
            MOVERS.replace("POOL", pool).replace("PAYOUT", payout),
            workforce="payee,hired,team ann,2020-01-01,blue bob,2020-01-01,red cid,2020-01-01,blue eve,2020-01-01,red",
            assignments="payee,from,to,team,department ann,2020-01-01,2026-08-14,red, ann,2026-08-15,,blue,"
            " eve,2020-01-01,2026-08-14,red, eve,2026-08-15,,green,",
            kpis="subject_kind,subject,kpi,period,value team,red,sales,2026-Q3,100 team,blue,sales,2026-Q3,100",
        )
        assert run.pools.select("group", "payees", "held").rows() == [("company", 3, 1)]
        [trace] = run.trace.values()
        assert [str(share) for share in trace.filter(payee="ann")["pool.payees"]] == ["3", "3"]
        assert sum(run.payouts["payout"]) == (9200 if pool == SHARED else Decimal("9199.98"))


def test_a_row_that_is_there_twice_counts_once_and_holds_nobody(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        ALONE,
        workforce="payee,hired ann,2020-01-01",
        salaries="payee,from,to,base_salary ann,2020-01-01,2026-08-14,9200 ann,2026-08-15,,18400 ann,2026-08-15,,18400",
        kpis="subject_kind,subject,kpi,period,value company,company,sales,2026-Q3,100",
    )
    assert run.held.select("table", "code").rows() == [("salaries", "duplicate-row")]
    assert [str(paid) for paid in run.payouts["payout"]] == ["1390.00"]  # 920 x 45/92 and 1840 x 47/92


def test_a_row_that_spells_a_payee_otherwise_holds_him(tmp_path: Path) -> None:
    """Else he would be paid on the salary that the row replaces."""
    run = run_of(
        tmp_path,
        ALONE,
        workforce="payee,hired,base_salary P-01,2020-01-01,9200 P-02,2020-01-01,9200",
        salaries="payee,from,to,base_salary p01,2020-01-01,,10000",
        kpis="subject_kind,subject,kpi,period,value company,company,sales,2026-Q3,100",
    )
    assert run.held.select("table", "payee", "code").rows() == [
        ("salaries", "p01", "misspelt-payee"),
        ("workforce", "P-01", "faulty-history"),
    ]
    assert run.payouts["payee"].to_list() == ["P-02"]


def test_a_formula_of_pay_is_written_with_amounts_in_the_currency_of_the_rules(tmp_path: Path) -> None:
    run_of(
        tmp_path,
        """
exchange: {path: rates.csv, plan: 2026-01-01, rate_on: {at: plan}, own: [base_salary]}
kpis:
  sales: {title: {en: Sales}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  same: {kind: linear, points: [[0%, 0%], [100%, 100%]], below: zero}
plans:
  all:
    title: {en: All}
    pays: bonus
    who: TRUE
    payout: base_salary * 10% * score
    scorecard: {sales: {weight: 100%, of: company, target: 100, attainment: ratio, curve: same}}
    proration: {by: calendar_days}
""",
        workforce="payee,hired,currency,base_salary ann,2020-01-01,CHF,8740",
        rates="currency,from,rate CHF,2026-01-01,0.95",
        kpis="subject_kind,subject,kpi,period,value company,company,sales,2026-Q3,50",
        out=tmp_path / "run",
    )
    (statement,) = StatementMaker(gathered(tmp_path / "run")).statements()
    [lines] = [each.lines for each in statement.pays]
    shown = {line.name: (line.arithmetic, line.result) for line in lines}
    assert shown["Payout"] == ("(9,200 × 10% × 50%) × 100%", "€460.00")  # 8740 francs / 0.95
    recomputes(tmp_path / "run", tmp_path / "pages")
