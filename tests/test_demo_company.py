"""The demo company is always the same, realistic, and shows what a payroll meets."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import incentive_engine
from incentive_engine.audit.gaming import to_review
from incentive_engine.demo import PERIOD, changes, people, records, write_company
from incentive_engine.engine.run import Run
from incentive_engine.engine.running import accept_for
from incentive_engine.shipped import rules_dir

RULES = rules_dir() / "demo" / "care-quarterly.yaml"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    write_company(folder)
    return folder


@pytest.fixture(scope="module")
def run(company: Path) -> Run:
    return incentive_engine.run(incentive_engine.load(RULES), company, PERIOD)


def test_rule_set_has_nothing_to_report() -> None:
    assert incentive_engine.load(RULES).warnings == ()


def test_every_title_is_in_french_and_english() -> None:
    ruleset = incentive_engine.load(RULES).ruleset
    labels = [ruleset.title, *(kpi.title for kpi in ruleset.kpis.values()), *(p.title for p in ruleset.plans.values())]
    assert all(set(label) == {"fr", "en"} for label in labels)


def test_company_is_the_same_every_time(company: Path, tmp_path: Path) -> None:
    write_company(tmp_path)
    assert _fingerprints(tmp_path) == _fingerprints(company)


def test_workforce_arrives_from_a_french_excel(company: Path) -> None:
    text = (company / "workforce.csv").read_bytes().decode("cp1252")
    header, first, *rest = text.splitlines()
    assert len(rest) + 1 == 2400
    assert first.split(";")[header.split(";").index("base_salary")].endswith(",00")
    assert "Services Clientèle" in text
    with pytest.raises(UnicodeDecodeError):
        (company / "workforce.csv").read_text(encoding="utf-8")


def test_teams_are_of_different_sizes(company: Path) -> None:
    sizes = {int(size) for size in _workforce(company)["team"].value_counts()["count"]}
    assert min(sizes) <= 4
    assert max(sizes) >= 16


def test_records_are_as_many_as_a_quarter_brings(company: Path) -> None:
    calls = pl.read_parquet(company / "calls" / "*.parquet")
    answers = pl.concat([pl.read_csv(path) for path in sorted((company / "surveys").glob("*.csv"))])
    assert 100_000 < calls.height < 200_000
    assert calls.filter(pl.col("adviser_id") == "IVR").height > 20_000
    assert calls.filter(pl.col("adviser_id").is_null())["queue_team"].null_count() == 0
    assert 20_000 < answers.height < 30_000
    assert answers["recommend"].null_count() > 500
    assert answers.filter(pl.col("adviser_id") == people.THREE_ANSWERS).height == 3


def test_customers_write_and_some_may_be_quoted(run: Run) -> None:
    kept = run.verbatims
    assert 2_000 < kept.height < 4_000
    assert 0.6 < kept["shown"].mean() < 0.8  # type: ignore[operator]
    assert 0 < kept["payee"].null_count() < kept.height / 2


def test_everybody_is_paid_held_or_told_why_not(run: Run) -> None:
    paid = set(run.payouts["payee"])
    held = set(run.held.filter(pl.col("table") == "workforce")["payee"])
    tested = set(run.eligibility["payee"])
    assert len(tested) == 2400
    assert not paid & held
    assert 2000 < len(paid) < 2300
    assert run.payouts["payout"].null_count() == 0


def test_who_is_held_and_why(run: Run) -> None:
    payees = run.held.filter(pl.col("table") == "workforce")
    held = set(payees.select("payee", "code").rows())
    newest_team = {code for code, kind in held if kind == "missing-target"} - {people.LEVEL_WITHOUT_TARGETS}
    assert (people.LEVEL_WITHOUT_TARGETS, "missing-target") in held
    assert (people.WITHOUT_RETENTION, "missing-result") in held
    assert people.WITHOUT_HIRE_DATE in {code for code, _ in held}
    assert len(newest_team) == 3
    assert payees["payee"].n_unique() == 6


def test_broken_rows_are_held_and_named(run: Run) -> None:
    rows = run.held.filter(pl.col("table") != "workforce", pl.col("code") != "set-aside").sort("table")
    assert rows.select("table", "code").rows() == [
        ("complaints", "not-a-date"),
        ("surveys", "out-of-bounds"),
        ("tickets", "unknown-payee"),
    ]
    assert rows["key"][:2].to_list() == ["complaint_id=R002450", "answer_id=A013000, recorded_on=2026-08-19"]
    assert rows["payee"][2] == "B0999"


def test_trials_of_the_survey_are_set_aside(run: Run) -> None:
    aside = run.held.filter(code="set-aside")
    assert aside["reason"].unique().to_list() == ["set aside by a rule of `surveys`: Trial of the survey"]
    assert aside.height == records.TEST_ANSWERS


def test_one_customer_in_four_answers(run: Run) -> None:
    teams = run.kpis.filter(kpi="nps", subject_kind="team")
    assert teams["invited"].null_count() == 0
    answered, asked = teams.select(pl.col("n", "invited").sum()).row(0)
    assert 0.2 < answered / asked < 0.3
    on_time = run.kpis.filter(kpi="on_time")["invited"]
    assert on_time.null_count() == on_time.len()


def test_who_moved_leaves_past_tickets_with_the_old_team(company: Path, run: Run) -> None:
    tickets = pl.read_csv(company / "tickets.csv", try_parse_dates=True).filter(kind="visit")
    mine = tickets.filter(pl.col("owner_id").is_in(list(people.MOVED)))
    before = mine.filter(pl.col("closed_on") < people.MOVED_ON).height
    workforce = _workforce(company).select("payee", "team")
    of_old = tickets.join(workforce.filter(team=people.MOVED["F0207"]), left_on="owner_id", right_on="payee").height
    counted = run.kpis.filter(kpi="on_time", subject_kind="team", subject=people.MOVED["F0207"])
    assert before > 10
    assert counted["n"].item() == of_old + before


def test_three_answers_fall_back_on_the_team(run: Run) -> None:
    satisfied = run.contributions.filter(measure="customer.voice.satisfied", payee=people.THREE_ANSWERS)
    (row,) = satisfied.to_dicts()
    assert row["subject_kind"] == "team"
    assert row["n"] > 5
    few = run.contributions.filter(pl.col("measure") == "customer.voice.satisfied", pl.col("subject_kind") == "team")
    assert 10 < few.height < 100


def test_voice_server_is_nobody(run: Run) -> None:
    subjects = run.kpis.filter(pl.col("subject_kind") == "payee")["subject"]
    assert "IVR" not in set(subjects)


def test_pay_is_realistic_and_follows_customers(run: Run) -> None:
    total = run.payouts.select(pl.col("target_pay", "payout", "customer_pay", "internal_pay", "other_pay").sum())
    sums = {name: Decimal(value) for name, value in total.row(0, named=True).items()}
    assert sums["customer_pay"] + sums["internal_pay"] + sums["other_pay"] == sums["payout"]
    assert Decimal("0.65") < sums["customer_pay"] / sums["payout"] < Decimal("0.75")
    assert Decimal("0.95") < sums["payout"] / sums["target_pay"] < Decimal("1.10")
    scores = run.payouts.group_by("plan").agg(pl.col("score").cast(pl.Float64).mean())
    assert all(0.9 < score < 1.15 for score in scores["score"])


def test_gates_and_the_floor_are_met(run: Run) -> None:
    seller = run.payouts.filter(payee=people.MIS_SELLER).row(0, named=True)
    assert seller["payout"] == 0
    lifted = run.payouts.filter(pl.col("plan") == "field", pl.col("score") == Decimal("0.6"))
    assert lifted.height > 0
    assert all(pay >= 0 for pay in run.payouts["other_pay"])


def test_joiners_and_leavers_are_paid_for_their_days(run: Run) -> None:
    parts = run.payouts.filter(pl.col("proration") < 1)
    assert 50 < parts.height < 200


# --- people over time -------------------------------------------------------------------------------------------------


def segments_of(run: Run, payee: str) -> list[tuple[Any, ...]]:
    """Plan, first and last day, and target pay of each segment of a payee."""
    rows = run.tables["segments"].filter(payee=payee).collect()
    return rows.select("plan", "first_day", "last_day", "target_pay").rows()


def day(month: int, number: int) -> date:
    return date(2026, month, number)


def test_who_works_less_is_paid_for_each_working_time(run: Run) -> None:
    """EUR 32,050 × 8 % ÷ 4 = 641 full time until July, 80 % of it from August: 31 and 61 days of 92."""
    rows = segments_of(run, changes.WORKS_LESS)
    assert rows == [("care", day(7, 1), day(7, 31), 641), ("care", day(8, 1), day(9, 30), Decimal("512.8"))]
    (payout,) = run.payouts.filter(payee=changes.WORKS_LESS).to_dicts()
    (score,) = run.tables["segments"].filter(payee=changes.WORKS_LESS).collect()["score"].unique()
    parts = (641 * score * 31 / 92, Decimal("512.8") * score * 61 / 92)
    assert payout["payout"] == sum(part.quantize(Decimal("0.01"), ROUND_HALF_UP) for part in parts)
    assert (payout["target_pay"], payout["score"], payout["proration"]) == (None, None, 1)


def test_a_raise_on_the_last_day_is_paid_for_a_day(run: Run) -> None:
    """EUR 31,675 × 8 % ÷ 4 = 633.50 for 91 days; 4 % more, to the next 25, is 32,950: 659 for one."""
    rows = segments_of(run, changes.RAISED_ON_THE_LAST_DAY)
    assert rows == [
        ("care", day(7, 1), day(9, 29), Decimal("633.5")),
        ("care", day(9, 30), day(9, 30), 659),
    ]


def test_who_came_back_is_paid_for_the_days_of_both_contracts(run: Run) -> None:
    """July and two days, then from 24 August: 33 and 38 days of 92."""
    rows = run.tables["segments"].filter(payee=changes.REHIRED).collect()
    assert rows.select("first_day", "last_day").rows() == [(day(7, 1), day(8, 2)), (day(8, 24), day(9, 30))]
    assert rows["proration"].to_list() == [Decimal("0.3586956522"), Decimal("0.4130434783")]


def test_who_changed_job_is_paid_on_two_plans(run: Run) -> None:
    """EUR 26,200 × 8 % ÷ 4 = 524 as an adviser for 47 days, × 20 % ÷ 4 = 1,310 in sales for 45."""
    paid = run.payouts.filter(payee=people.TRANSFERRED).select("plan", "department", "target_pay", "proration").rows()
    assert paid == [
        ("care", "Care", 524, Decimal("0.5108695652")),
        ("sales", "Sales", 1310, Decimal("0.4891304348")),
    ]
    teams = run.contributions.filter(payee=people.TRANSFERRED, kpi="nps").select("plan", "subject").rows()
    assert teams == [("care", people.TRANSFERRED_FROM[0]), ("sales", "Sales Liège 2")]


def test_who_changed_queue_counts_on_each_for_the_days_spent_there(company: Path, run: Run) -> None:
    calls = pl.read_parquet(company / "calls" / "*.parquet")
    fast = (pl.col("answered") & (pl.col("wait_seconds") <= 60)).alias("fast")
    on = pl.col("started_at").cast(pl.Date)
    for team, first, last in (("Care Pau 1", day(7, 1), day(8, 16)), ("Care Lille 3", day(8, 17), day(9, 30))):
        answers = calls.filter(on.is_between(first, last), queue_team=team).select(fast).to_series()
        row = run.contributions.filter(payee="C0206", kpi="answered_fast", subject=team)
        assert row["n"].item() == answers.len()
        assert row["actual"].item() == round(Decimal(int(answers.sum())) / answers.len(), 4)
        counted = run.kpis.filter(pl.col("from") == first, pl.col("to") == last, kpi="answered_fast", subject=team)
        assert counted["value"].item() == row["actual"].item()


def test_who_is_paid_in_francs_is_paid_at_the_rate_of_the_payout_date(run: Run) -> None:
    """CHF 58,500 ÷ 0.9412 = EUR 62,154.70, × 9 % ÷ 4 = 1,398.48; paid at 0.9318, the rate of October."""
    (row,) = run.payouts.filter(payee=people.SWISS).to_dicts()
    assert round(row["target_pay"], 2) == Decimal("1398.48")
    assert (row["paid_currency"], row["exchange_rate"]) == ("CHF", Decimal("0.9318"))
    cent = Decimal("0.01")
    assert row["paid"] == (row["payout"] * row["exchange_rate"]).quantize(cent, ROUND_HALF_UP)
    assert row["rate_effect"] == row["paid"] - (row["payout"] * Decimal("0.9412")).quantize(cent, ROUND_HALF_UP)
    assert row["rate_effect"] < 0


def test_days_of_sickness_do_not_count_and_holidays_do(company: Path, run: Run) -> None:
    """Of those with one absence, all of it in the quarter, who were there else."""
    leave = pl.read_csv(company / "leave.csv", try_parse_dates=True).filter(pl.col("to") <= day(9, 30))
    days = leave.select("payee", "type", days=(pl.col("to") - pl.col("from")).dt.total_days() + 1)
    paid = run.payouts.filter(pl.col("score").is_not_null()).join(days, on="payee")
    for kind, rows in paid.group_by("type"):
        reduced = kind[0] in ("MAL", "CSS")
        expected = [round(Decimal(92 - away * reduced) / 92, 10) for away in rows["days"]]
        assert rows["proration"].to_list() == expected
    assert {"CP", "MAL", "CSS"} <= set(paid["type"])
    assert run.eligibility.filter(payee=changes.AWAY_ALL_QUARTER, test="present")["result"].to_list() == [False]


def test_maternity_lowers_the_target_of_sales_and_not_the_pay(run: Run) -> None:
    """S0118 was there on 33 of 92 days, until 2 August: 35.86956522 % of 90,000 is 32,282.6087."""
    (paid,) = run.payouts.filter(payee="S0118").to_dicts()
    (revenue,) = run.contributions.filter(payee="S0118", kpi="revenue").to_dicts()
    assert (paid["proration"], revenue["target"]) == (1, Decimal("32282.6087"))


def test_why_somebody_was_away_is_told_nowhere(run: Run) -> None:
    codes = {"CP", "MAL", "MAT", "CPE", "CSS", "sick_leave", "maternity", "parental_leave", "unpaid_leave"}
    for table in (*run.tables.values(), *(trace.lazy() for trace in run.trace.values())):
        frame = table.collect()
        for name in (name for name, kind in frame.schema.items() if kind == pl.String):
            assert not codes & set(frame[name].unique())


def _fingerprints(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _workforce(company: Path) -> pl.DataFrame:
    text = (company / "workforce.csv").read_bytes().decode("cp1252")
    return pl.read_csv(text.encode(), separator=";", infer_schema=False)


def test_an_audit_finds_who_cuts_calls_short(company: Path) -> None:
    """One call in six of that adviser lasts 9 seconds; everybody else's last longer, but for very few."""
    rules = incentive_engine.load(RULES)
    found = to_review(rules.ruleset, accept_for(rules, company).tables, rules.period(PERIOD))
    assert [(each.signal, each.subject) for each in found] == [("watched", people.CUTS_CALLS_SHORT)]
    assert found[0].share == pytest.approx(1 / 6, abs=0.01)
