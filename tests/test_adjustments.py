"""What people decided beside what the rules compute, worked out by hand on the starter company.

What the rules compute there: A01 600.00, A02 708.00, A03 246.00, S02 850.00; A06 is held (no salary), A07 not eligible.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

import incentive_engine
from incentive_engine import InputProblems, Run
from incentive_engine.engine.run import recompute
from incentive_engine.shipped import rules_dir

HEADER = "reference,payee,pays,period,amount,percent,at_least,release,currency,reason,author,approver,expires"
SIGNED = "because,HR,CFO"
Paid = Callable[..., Run]


@pytest.fixture
def paid(tmp_path: Path) -> Paid:
    """Pays the starter company, with rows of adjustments."""
    folder = tmp_path / "starter"
    shutil.copytree(rules_dir() / "starter", folder)
    rules = folder / "rules.yaml"
    text = rules.read_text(encoding="utf-8")
    if "\nadjustments:" not in text:
        rules.write_text(f"adjustments: {{path: adjustments.csv}}\n{text}", encoding="utf-8")

    def pay(*rows: str) -> Run:
        (folder / "data" / "adjustments.csv").write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
        return incentive_engine.run(incentive_engine.load(rules), folder / "data", "2026-Q3")

    return pay


def of(run: Run, payee: str) -> tuple[str, ...]:
    """Computed, guarantee, adjustment and payout of one payee."""
    row = run.payouts.filter(pl.col("payee") == payee)
    return tuple(str(amount) for amount in row.select("computed", "guarantee", "adjustment", "payout").row(0))


def unused(run: Run) -> list[tuple[str, str]]:
    rows = run.held.filter(pl.col("table") == "adjustments")
    return sorted(rows.select(pl.col("key").str.strip_prefix("reference="), "code").rows())


def test_amounts_and_percentages_are_added_to_what_the_rules_compute(paid: Paid) -> None:
    run = paid(
        f"J1,A01,quarterly_bonus,2026-Q3,100,,,,,{SIGNED},",
        f"J2,A01,quarterly_bonus,2026-Q3,-30.50,,,,,{SIGNED},",
        f"J3,A02,quarterly_bonus,2026-Q3,,0.125,,,,{SIGNED},",  # 12.5 % of 708.00 is 88.50
        f"J4,A02,quarterly_bonus,2026-Q3,,-0.0333,,,,{SIGNED},",  # 3.33 % of 708.00 is 23.5764
    )
    assert of(run, "A01") == ("600.00", "0.00", "69.50", "669.50")
    assert of(run, "A02") == ("708.00", "0.00", "64.92", "772.92")
    assert of(run, "A03") == ("246.00", "0.00", "0.00", "246.00")
    pay = run.adjustments.select("reference", "base", "pay").rows()
    assert pay == [
        ("J1", None, Decimal("100.00")),
        ("J2", None, Decimal("-30.50")),
        ("J3", Decimal("708.00"), Decimal("88.50")),
        ("J4", Decimal("708.00"), Decimal("-23.58")),
    ]


def test_a_guarantee_adds_what_is_lacking_and_no_more(paid: Paid) -> None:
    run = paid(
        f"J1,A03,quarterly_bonus,2026-Q3,,,300,,,{SIGNED},",
        f"J2,A03,quarterly_bonus,2026-Q3,,,400,,,{SIGNED},",
        f"J3,A02,quarterly_bonus,2026-Q3,,,700,,,{SIGNED},",
        f"J4,A03,quarterly_bonus,2026-Q3,-50,,,,,{SIGNED},",
    )
    assert of(run, "A03") == ("246.00", "154.00", "-50.00", "350.00")
    assert of(run, "A02") == ("708.00", "0.00", "0.00", "708.00")
    assert dict(run.adjustments.select("reference", "pay").rows()) == {
        "J1": Decimal("0.00"),
        "J2": Decimal("154.00"),
        "J3": Decimal("0.00"),
        "J4": Decimal("-50.00"),
    }


def test_what_was_decided_is_a_contribution_without_a_measure(paid: Paid) -> None:
    run = paid(f"J1,A03,quarterly_bonus,2026-Q3,,,300,,,{SIGNED},", f"J2,A03,quarterly_bonus,2026-Q3,20,,,,,{SIGNED},")
    rows = run.contributions.filter(pl.col("payee") == "A03", pl.col("measure").is_null())
    assert rows.select("source", "pay").rows() == [("guarantee", Decimal("54.00")), ("adjustment", Decimal("20.00"))]
    row = run.payouts.filter(pl.col("payee") == "A03").select("customer_pay", "internal_pay", "other_pay", "paid")
    assert [str(amount) for amount in row.row(0)] == ["178.50", "67.50", "74.00", "320.00"]
    assert sum(run.contributions["pay"]) == sum(run.payouts["payout"])


def test_who_is_held_is_released_by_a_decision_and_stays_listed(paid: Paid) -> None:
    run = paid(f"J1,A06,quarterly_bonus,2026-Q3,,,,420.50,,{SIGNED},")
    assert run.summary["payees"] == {"all": 11, "paid": 9, "held": 0, "released": 1, "not_eligible": 1}
    assert run.summary["released"] == {"EUR": "420.50"}
    assert "A06" not in run.payouts["payee"]
    assert "A06" in run.held["payee"]
    assert run.adjustments.select("payee", "plan", "kind", "pay").rows() == [
        ("A06", None, "release", Decimal("420.50"))
    ]


def test_a_release_in_another_currency_is_paid_as_it_is(paid: Paid) -> None:
    run = paid(f"J1,A06,quarterly_bonus,2026-Q3,,,,420.125,KWD,{SIGNED},")
    assert run.summary["released"] == {"KWD": "420.125"}
    assert unused(paid(f"J1,A06,quarterly_bonus,2026-Q3,,,,420.5,JPY,{SIGNED},")) == [("J1", "finer-than-coins")]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("J1,A01,quarterly_bonus,2026-Q3,100,,,,,because,HR,,", "unsigned-adjustment"),
        ("J1,A01,quarterly_bonus,2026-Q3,100,,,,,because,HR,hr,", "unsigned-adjustment"),
        ("J1,A01,quarterly_bonus,2026-Q3,100,,,,,because,Zoé  Roy,ZOE\u0301 ROY,", "unsigned-adjustment"),
        ("J1,A01,quarterly_bonus,2026-Q3,100,,,,,,HR,CFO,", "adjustment-without-reason"),
        (f"J1,A01,quarterly_bonus,2026-07,100,,,,,{SIGNED},", "other-period"),
        (f"J1,A01,quarterly_bonus,2026,100,,,,,{SIGNED},", "other-period"),
        (f"J1,A01,quarterly_bonus,,100,,,,,{SIGNED},", "adjustment-without-end"),
        (f"J1,A01,quarterly_bonus,,100,,,,,{SIGNED},2026-09-29", "expired-adjustment"),
        (f"J1,A07,quarterly_bonus,2026-Q3,100,,,,,{SIGNED},", "not-paid-this"),
        (f"J1,A06,quarterly_bonus,2026-Q3,100,,,,,{SIGNED},", "adjustment-waits"),
        (f"J1,A01,quarterly_bonus,2026-Q3,,,,100,,{SIGNED},", "unneeded-release"),
        (f"J1,Z99,quarterly_bonus,2026-Q3,100,,,,,{SIGNED},", "unknown-payee"),
    ],
)
def test_a_row_that_is_not_in_force_changes_nobodys_pay(paid: Paid, row: str, code: str) -> None:
    run = paid(row)
    assert unused(run) == [("J1", code)]
    assert of(run, "A01") == ("600.00", "0.00", "0.00", "600.00")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f"J1,A01,quarterly_bonus,2026-Q3,,,,,,{SIGNED},", "adjustment-says-nothing"),
        (f"J1,A01,quarterly_bonus,2026-Q3,100,0.1,,,,{SIGNED},", "adjustment-says-two-things"),
        (f"J1,A01,quarterly_bonus,2026-Q5,100,,,,,{SIGNED},", "unknown-period"),
        (f"J1,A01,quaterly_bonus,2026-Q3,100,,,,,{SIGNED},", "unknown-payment"),
        (f"J1,A01,quarterly_bonus,2026-Q3,100,,,,CHF,{SIGNED},", "other-currency"),
        (f"J1,A01,quarterly_bonus,2026-Q3,10.005,,,,,{SIGNED},", "too-many-decimals"),
    ],
)
def test_a_row_of_which_nobody_knows_what_it_was_to_pay_holds_its_payee(paid: Paid, row: str, code: str) -> None:
    run = paid(row)
    assert unused(run) == [("J1", code)]
    told = run.held.filter(pl.col("table") == "workforce", pl.col("payee") == "A01")
    assert told["code"].to_list() == ["faulty-adjustment"]
    assert "A01" not in run.payouts["payee"]


def test_who_is_released_twice_is_paid_by_neither(paid: Paid) -> None:
    run = paid(
        f"J1,A06,quarterly_bonus,2026-Q3,,,,400,,{SIGNED},", f"J2,A06,quarterly_bonus,,,,,400,,{SIGNED},2026-12-31"
    )
    assert unused(run) == [("J1", "released-twice"), ("J2", "released-twice")]
    assert run.summary["payees"]["held"] == 1


def test_rows_of_other_periods_wait(paid: Paid) -> None:
    run = paid(
        f"J1,A01,quarterly_bonus,2026-Q4,100,,,,,{SIGNED},", f"J2,A01,quarterly_bonus,,5,,,,,{SIGNED},2026-09-30"
    )
    assert of(run, "A01") == ("600.00", "0.00", "5.00", "605.00")
    assert unused(run) == []


def test_a_run_with_decisions_is_worked_out_again_from_its_folder(tmp_path: Path, paid: Paid) -> None:
    paid(f"J1,A01,quarterly_bonus,2026-Q3,100,,,,,{SIGNED},", f"J2,A06,quarterly_bonus,2026-Q3,,,,9,,{SIGNED},")
    rules = incentive_engine.load(tmp_path / "starter" / "rules.yaml")
    run = incentive_engine.run(rules, tmp_path / "starter" / "data", "2026-Q3", tmp_path / "run")
    again = recompute(tmp_path / "run")
    assert all(frame.collect().equals(again.tables[name].collect()) for name, frame in run.tables.items())
    assert again.summary["totals"] == run.summary["totals"]


RECORDED = "id: answer_id, recorded: recorded_on,"
ANSWERS = """answer_id,adviser,answered_on,recorded_on,satisfaction,recommend
1,A01,2026-07-02,2026-07-03,4,9
1,A01,2026-07-02,2026-10-08,2,9
2,A01,2026-07-05,2026-07-05,4,9
3,A01,2026-07-06,2026-10-02,1,9
"""


@pytest.mark.parametrize(
    ("as_of", "satisfaction"),
    [("2026-09-30", "4.0000"), ("2026-10-05", "3.0000"), (None, "2.3333")],  # (4+4)/2, (4+4+1)/3, (2+4+1)/3
)
def test_what_was_known_on_a_day(tmp_path: Path, as_of: str | None, satisfaction: str) -> None:
    folder = tmp_path / "starter"
    shutil.copytree(rules_dir() / "starter", folder)
    text = (folder / "rules.yaml").read_text(encoding="utf-8")
    (folder / "rules.yaml").write_text(text.replace("id: answer_id,", RECORDED, 1), encoding="utf-8")
    (folder / "data" / "surveys.csv").write_text(ANSWERS, encoding="utf-8")
    rules = incentive_engine.load(folder / "rules.yaml")
    day = None if as_of is None else dt.date.fromisoformat(as_of)
    run = incentive_engine.run(rules, folder / "data", "2026-Q3", as_of=day)
    own = run.kpis.filter(pl.col("kpi") == "satisfaction", pl.col("subject") == "A01")
    assert str(own["value"].item()) == satisfaction
    assert run.summary["as_of"] == as_of


def test_nothing_is_known_of_days_where_nothing_says_when_facts_were_recorded() -> None:
    rules = incentive_engine.load(rules_dir() / "starter" / "rules.yaml")
    with pytest.raises(InputProblems, match="nothing-recorded"):
        incentive_engine.run(rules, rules_dir() / "starter" / "data", "2026-Q3", as_of=rules.period("2026-Q3").end)
