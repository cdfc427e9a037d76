"""Plans of one shape run in one pass, and pay what each pays alone."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

import incentive_engine
from incentive_engine import Run
from incentive_engine.compiler.shapes import by_shape
from incentive_engine.periods import Period
from incentive_engine.rulesets.resolving import resolve

RULES = """
rule_set: shapes
version: "1"
title: {{en: Shapes}}
decided: {{by: Board, on: 2025-12-01}}
currency: EUR
timezone: Europe/Paris
kpis:
  nps:
    title: {{en: NPS}}
    perspective: customer
    compute: {{kind: given, at_least: -100, at_most: 100}}
    better: higher
curves:
  on_points: {{kind: linear, points: [[-20, 50%], [0, 100%], [20, 150%]], below: zero}}
plans:
"""
PLAN = """
  {role}:
    title: {{en: {role}}}
    pays: bonus
    who: role = "{role}"
    target_pay: {target_pay}
    scorecard:
      nps: {{weight: 100%, of: payee, target: 40, attainment: difference, curve: on_points}}
"""
ROLES = ("adviser", "seller")


def run(folder: Path, target_pays: dict[str, str]) -> Run:
    plans = "".join(PLAN.format(role=role, target_pay=pay) for role, pay in target_pays.items())
    (folder / "rules.yaml").write_text(RULES.format() + plans, encoding="utf-8")
    people = [(f"{role}{number}", role, 30_000 + 5_001 * number) for role in ROLES for number in range(3)]
    columns = ["payee", "role", "base_salary"]
    workforce = pl.DataFrame(people, schema=columns, orient="row").with_columns(department=pl.lit("Care"))
    workforce.write_csv(folder / "workforce.csv")
    kpis = [("payee", payee, "nps", "2026-Q3", 30 + 7 * number) for number, (payee, *_) in enumerate(people)]
    names = ["subject_kind", "subject", "kpi", "period", "value"]
    pl.DataFrame(kpis, schema=names, orient="row").write_csv(folder / "kpis.csv")
    rules = incentive_engine.load(folder / "rules.yaml")
    shapes = by_shape(resolve(rules.ruleset, Period.parse("2026-Q3")))
    assert len(shapes) == 1
    return incentive_engine.run(rules, folder, "2026-Q3")


@pytest.mark.parametrize(
    ("adviser", "seller"),
    [
        ("base_salary * 8% / 4", "base_salary * 8% / 8"),
        ("base_salary * 3 / 3", "base_salary * 7 / 7"),
        ("ROUND(base_salary * 8% / 3, 2)", "ROUND(base_salary * 8% / 7, 2)"),
    ],
)
def test_plans_that_divide_by_different_numbers_pay_what_each_pays_alone(
    tmp_path: Path, adviser: str, seller: str
) -> None:
    together = run(tmp_path, {"adviser": adviser, "seller": seller})
    alone = {role: run(tmp_path, {role: pay}) for role, pay in (("adviser", adviser), ("seller", seller))}
    money = ("target_pay", "payout", "customer_pay")
    for column in money:
        scales = {each.payouts.schema[column] for each in alone.values()}
        assert together.payouts.schema[column] == max(scales, key=str)
    for role, each in alone.items():
        mine = pl.col("plan") == role
        expected = each.payouts.select("payee", *money).rows()
        assert together.payouts.filter(mine).select("payee", *money).rows() == expected
        assert len(expected) == 3
        of_plan = pl.col("measure").is_null() & mine
        totals = together.departments.filter(of_plan).select("target_pay", "payout").rows()
        assert totals == each.departments.filter(of_plan).select("target_pay", "payout").rows()
        assert [type(amount) for amount in totals[0]] == [Decimal, Decimal]
