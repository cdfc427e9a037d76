"""The demo company is always the same, realistic, and shows what a payroll meets."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

import incentive_engine
from incentive_engine.audit.gaming import to_review
from incentive_engine.demo import PERIOD, people, records, write_company
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
    assert rows["key"][:2].to_list() == ["complaint_id=R002450", "answer_id=A013000"]
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
