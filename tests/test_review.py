"""A review: who may make one, what it writes into the run and the ledger, and how long what somebody waived stands."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from incentive_engine import InputProblems
from incentive_engine.cli import main
from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.database import decisions, payments, questions
from incentive_engine.ledger.ledger import Entry, Ledger, State
from incentive_engine.ledger.manifest import content_of
from incentive_engine.ledger.review import reviewing
from incentive_engine.ledger.review.checklist import ITEMS, Item
from incentive_engine.ledger.review.looked_at import LookedAt
from incentive_engine.ledger.review.reviewing import review
from tests.killed import completed, killed, kills
from tests.review_cases import made

POLICY = """
company: Example SA
may: {run: [Ann], review: [Ann, Rob], adjust: [Ann, Hana], approve: [Fay]}
"""
ANN, ROB, FAY = (Actor(name, "os") for name in ("Ann", "Rob", "Fay"))
HELD = "1 of 2 people (50.0 %; at most 0 % passes) is held and not released."


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a run of two quarters, in each of which one of two people has no salary."""
    project = tmp_path_factory.mktemp("kept") / "project"
    for quarter in ("2026-Q2", "2026-Q3"):
        made(project / quarter, {"A": 100, "H": 100}, period=quarter, salary={"H": ""})
    (project / "policy.yaml").write_text(POLICY, encoding="utf-8")
    return project


@pytest.fixture
def project(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "project"))


@pytest.fixture
def run(project: Path) -> Path:
    return project / "2026-Q3" / "run"


@pytest.fixture
def alone(kept: Path, tmp_path: Path) -> Path:
    """A run in no project."""
    return Path(shutil.copytree(kept / "2026-Q3" / "run", tmp_path / "run"))


def types(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def entry_of(run: Path) -> Entry:
    with Ledger.open(run.parent.parent) as ledger:
        return ledger.run(run)


def stands(run: Path, *states: State) -> None:
    """Lets a run of the project stand at the last of some states."""
    with Ledger.open(run.parent.parent) as ledger:
        for state in states:
            ledger.record(ledger.run(run), state, state, FAY, {"content": "", "failed": [], "waived": {}})


def items_in(run: Path) -> dict[str, Any]:
    told = json.loads((run / "review.json").read_text(encoding="utf-8"))
    return {item["name"]: item for item in told["items"]}


def refused(code: str, run: Path, actor: Actor = ROB, waive: Mapping[str, str] = {}) -> str:
    """The message with which a review is refused."""
    with pytest.raises(InputProblems) as problems:
        review(run, actor, waive=waive)
    (problem,) = problems.value.problems
    assert problem.code == code
    return str(problem)


def test_the_checklist_is_printed_and_written(run: Path) -> None:
    done = types("review", run, "--by", "Rob")
    assert done.exit_code == 0
    assert "reviewed by Rob (declared, not authenticated)" in done.stdout
    assert f"FAILS   held: {HELD}" in done.stdout
    assert "15 items: 14 pass, 1 fail, 0 waived." in done.stdout
    assert "--waive held --because REASON" in done.stdout
    assert list(items_in(run)) == [kind.name for kind in ITEMS]
    assert (items_in(run)["held"]["found"], items_in(run)["held"]["state"]) == (HELD, "fail")
    assert [(run / name).stat().st_mode & 0o777 for name in ("review.json", "review.html")] == [0o600, 0o600]


def test_the_ledger_notes_what_was_reviewed(run: Path) -> None:
    review(run, ROB)
    entry = entry_of(run)
    assert (entry.state, entry.events[-1].action, entry.events[-1].name) == ("reviewed", "reviewed", "Rob")
    assert entry.events[-1].detail == {"content": content_of(run), "failed": ["held"], "waived": {}}


def test_what_somebody_waives_is_kept_with_name_and_reason(run: Path) -> None:
    done = types("review", run, "--by", "Rob", "--waive", "held", "--because", "  Payroll\npays her by hand ")
    assert "waived  held: " in done.stdout
    assert "let pass by Rob: Payroll pays her by hand" in done.stdout
    assert "incentive approve" in done.stdout
    waived = items_in(run)["held"]["waived"]
    assert (items_in(run)["held"]["state"], waived["by"]) == ("waived", "Rob")
    assert waived["because"] == "Payroll pays her by hand"
    detail = entry_of(run).events[-1].detail
    assert (detail["failed"], detail["waived"]) == ([], {"held": waived})


def test_a_waiver_stands_as_long_as_the_same_is_found(run: Path) -> None:
    first = review(run, ROB, waive={"held": "known"})
    again = review(run, ANN)
    assert [item.waived for item in again.items] == [item.waived for item in first.items]
    policy = run.parent.parent / "policy.yaml"
    policy.write_text(POLICY + "checklist: {held: {at_most: 10%}}\n", encoding="utf-8")
    assert [item.name for item in review(run, ANN).failed] == ["held"]  # it says `at most 10 % passes` now


def test_a_later_waiver_takes_the_place_of_an_earlier_one(run: Path) -> None:
    review(run, ROB, waive={"held": "known"})
    review(run, ANN, waive={"held": "asked again"})
    waived = items_in(run)["held"]["waived"]
    assert (waived["by"], waived["because"]) == ("Ann", "asked again")


def test_a_waiver_that_only_the_file_knows_is_not_believed(run: Path) -> None:
    review(run, ROB, waive={"held": "known"})
    with_waiver = (run / "review.json").read_text(encoding="utf-8")
    shutil.rmtree(run.parent.parent / "ledger.db", ignore_errors=True)
    (run.parent.parent / "ledger.db").unlink()
    assert '"because": "known"' in with_waiver
    assert [item.name for item in review(run, ROB).failed] == ["held"]


def test_outside_a_project_the_file_keeps_waivers(alone: Path) -> None:
    assert [item.name for item in review(alone, ROB).failed] == ["held"]
    review(alone, ROB, waive={"held": "known"})
    assert review(alone, ANN).count("waived") == 1
    (alone / "review.json").write_text("{}", encoding="utf-8")
    assert review(alone, ANN).count("waived") == 0


@pytest.mark.parametrize(
    ("waive", "code", "said"),
    [
        ({"hold": "x"}, "unknown-item", "did you mean `held`?"),
        ({"xyz": "x"}, "unknown-item", "it has population, totals, movers"),
        ({"zeros": "x"}, "nothing-to-waive", "`zeros` passes: 0 of 1 payouts"),
        ({"held": " - "}, "no-reason", "waiving `held` needs a reason"),
    ],
)
def test_what_cannot_be_waived(alone: Path, waive: dict[str, str], code: str, said: str) -> None:
    assert said in refused(code, alone, waive=waive)
    assert not (alone / "review.json").exists()


def test_each_waiver_needs_its_reason(alone: Path) -> None:
    assert types("review", alone, "--waive", "held").exit_code == 2
    twice = ("--waive", "held", "--because", "x")
    assert types("review", alone, *twice, *twice).exit_code == 2


def test_who_may_not_review_is_told_who_may(run: Path) -> None:
    assert "by policy.yaml, Ann and Rob may" in refused("not-allowed", run, FAY)
    assert not (run / "review.json").exists()


@pytest.mark.parametrize("state", ["approved", "rejected"])
def test_what_was_decided_is_not_reviewed_again(run: Path, state: State) -> None:
    stands(run, "reviewed", state)
    assert f"is {state}: it cannot be reviewed any more" in refused("closed-run", run)
    assert not (run / "review.json").exists()


def test_a_sealed_run_alone_is_not_reviewed_again(alone: Path) -> None:
    from incentive_engine.ledger.sealing import seal

    seal(alone, None, 1)
    assert "is sealed" in refused("closed-run", alone)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    assert "holds no run.json" in refused("not-a-run", tmp_path)


def test_the_last_approved_run_of_another_period_is_the_one_before(project: Path, run: Path) -> None:
    before = project / "2026-Q2" / "run"
    assert review(run, ROB).previous is None
    stands(before, "reviewed")
    assert review(run, ROB).previous is None  # not approved yet
    stands(before, "approved")
    found = review(run, ROB)
    assert found.previous == "2026-Q2 (run)"
    assert {item.name: item.found for item in found.items}["movers"] == (
        "0 of 1 payouts that both runs have move by more than 50 % against 2026-Q2 (run); 0 paid only now, 0 only "
        "then; in all 100.00 EUR became 100.00 EUR (0.00 EUR)."
    )


def test_a_later_period_is_never_the_one_before(project: Path, run: Path) -> None:
    stands(run, "reviewed", "approved")
    assert review(project / "2026-Q2" / "run", ROB).previous is None


def test_a_purged_run_is_nothing_to_compare_with(project: Path, run: Path) -> None:
    before = project / "2026-Q2" / "run"
    stands(before, "reviewed", "approved")
    (before / "payouts.parquet").unlink()
    assert review(run, ROB).previous is None


def test_another_run_to_compare_with_can_be_named(alone: Path, project: Path) -> None:
    done = types("review", alone, "--previous", project / "2026-Q2" / "run")
    assert "compared with 2026-Q2 (run)" in done.stdout
    assert types("review", alone, "--previous", project).exit_code == 1


def test_questions_are_open_until_somebody_decides(project: Path, run: Path) -> None:
    entry, at = entry_of(run), dt.datetime(2026, 10, 5, tzinfo=dt.UTC)
    asked = {"run_id": entry.id, "rule_set": "bonus", "period": "2026-Q2", "payee": "A", "found": "gone: −12.00 EUR"}
    decision = {"decision": "keep", "reason": "x", "author": "Ann", "approver": "Hana", "os_user": "os", "at": at}
    with Ledger.open(project) as ledger, ledger.writing() as connection:
        connection.execute(insert(questions).values(id="q1", asked_at=at, **asked))
        connection.execute(insert(questions).values(id="q2", asked_at=at, **{**asked, "rule_set": "other"}))
    review(run, ROB)
    told = items_in(run)["questions"]
    assert (told["state"], told["rows"]) == ("fail", [["q1", "2026-Q2", "A", "gone: −12.00 EUR"]])
    with Ledger.open(project) as ledger, ledger.writing() as connection:
        connection.execute(insert(decisions).values(question="q1", **decision))
    review(run, ROB)
    assert items_in(run)["questions"]["state"] == "pass"


PAYROLL = """
pay_codes: {payouts: {bonus: "4210"}}
file:
  kind: csv
  columns: [{name: number, from: COLUMN}, {name: code, from: pay_code}, {name: amount, from: amount}]
"""


def test_what_payroll_cannot_take_is_found_before_anybody_approves(project: Path, run: Path) -> None:
    review(run, ROB)
    assert items_in(run)["payroll"]["found"] == "There is no payroll file to hold the run against."
    (project / "payroll.yaml").write_text(PAYROLL.replace("COLUMN", "payroll_id"), encoding="utf-8")
    review(run, ROB)
    told = items_in(run)["payroll"]
    assert (told["state"], told["found"]) == ("fail", "By payroll.yaml, 1 thing keeps the run out of payroll's file.")
    assert "A" in told["rows"][0][1]
    (project / "payroll.yaml").write_text(PAYROLL.replace("COLUMN", "payee"), encoding="utf-8")
    review(run, ROB)
    assert items_in(run)["payroll"]["found"] == "By payroll.yaml, payroll's file can hold everybody who is paid."


def test_a_mistake_in_payrolls_file_is_told_with_its_place(project: Path, run: Path) -> None:
    wrong = PAYROLL.replace("COLUMN", "payee").replace("kind: csv", "kind: cvs")
    (project / "payroll.yaml").write_text(wrong, encoding="utf-8")
    review(run, ROB)
    ((code, told),) = items_in(run)["payroll"]["rows"]
    assert code == "unknown-kind"
    assert told.startswith("payroll.yaml:4:9: there is no kind `cvs` for `file`: it is one of ")
    assert told.endswith(": did you mean `csv`?")


def test_whom_other_rules_or_a_longer_period_paid_for_the_same_days_is_found(project: Path, run: Path) -> None:
    paid = {"run_id": entry_of(run).id, "payee": "A", "pays": "bonus", "kind": "payout", "pay_code": "1"}
    amount = {"currency": "EUR", "amount": Decimal("100.00")}
    for rule_set, period in (("renamed", "2026-Q3"), ("bonus", "2026-H2"), ("bonus", "2026-Q3"), ("bonus", "2026-Q2")):
        with Ledger.open(project) as ledger, ledger.writing() as connection:
            connection.execute(insert(payments).values(**paid, **amount, rule_set=rule_set, period=period))
    review(run, ROB)
    told = items_in(run)["payroll"]
    assert (told["state"], told["found"]) == (
        "fail",
        "1 person was paid for days of 2026-Q3 already, by other rules or with another period.",
    )
    assert told["rows"] == [["A", "bonus", "bonus", "2026-H2"], ["A", "bonus", "renamed", "2026-Q3"]]


def test_nothing_is_put_into_a_run_that_was_approved_meanwhile(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(_: LookedAt) -> tuple[Item, ...]:
        stands(run, "reviewed", "approved")
        return ()

    monkeypatch.setattr(reviewing, "looked_through", slowly)
    assert "is approved now: approved by Fay" in refused("somebody-was-first", run)
    assert not (run / "review.json").exists()


def test_the_page_stands_alone_and_nothing_in_it_is_code(run: Path) -> None:
    review(run, ROB, waive={"held": "<script>alert(1)</script>"})
    page = (run / "review.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;" in page
    assert not re.search(r"<script|<link|src=|https?://|@import|url\((?!#)", page)
    assert all(f'id="{kind.name}"' in page for kind in ITEMS)
    assert "Yes: every item passes, or was let pass by somebody who says why." in page
    assert "H</bdi>" in page
    assert "missing-target-pay" in page


def test_the_page_says_how_much_is_to_be_done(alone: Path) -> None:
    review(alone, ROB)
    page = (alone / "review.html").read_text(encoding="utf-8")
    assert "Not yet: 1 of 15 items fail." in page


REVIEW = ("review", "2026-Q3/run", "--by", "Rob", "--waive", "held", "--because", "known")


@pytest.mark.long
def test_a_review_that_is_killed_leaves_nothing_half_done(project: Path) -> None:
    """After each kill the ledger opens, what it notes is what the folder holds, and the next review completes."""
    for kill in kills(REVIEW, project, 30, 1):
        copy = project.parent / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        run = Path(shutil.copytree(project, copy)) / "2026-Q3" / "run"
        killed(kill, REVIEW, copy)
        entry = entry_of(run)
        if entry.state == "reviewed":
            assert entry.events[-1].detail["content"] == content_of(run)
        done = completed(REVIEW, copy)
        assert done.returncode == 0, done.stderr
        assert entry_of(run).events[-1].detail["content"] == content_of(run)
        assert items_in(run)["held"]["state"] == "waived"
