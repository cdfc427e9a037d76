"""A quarter's home: who may do what in it, where it stands, and how its runs are approved or rejected."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import stat
import sys
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

import incentive_engine
from incentive_engine.cli import main
from incentive_engine.documents import declare, read_text
from incentive_engine.errors import InputProblems
from incentive_engine.ledger.actors import Actor, same_person
from incentive_engine.ledger.ledger import Entry, Ledger
from incentive_engine.ledger.policy import Policy
from incentive_engine.ledger.project import Project
from incentive_engine.ledger.unchanged import refuse_changed
from tests.test_ledger import book

PERIOD = "2026-Q3"


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def done(*arguments: object) -> str:
    """What a command prints that ends well."""
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: object) -> str:
    """What a command says that is refused, with its code in front."""
    result = invoke(*arguments)
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    return result.stderr.removeprefix("error[").replace("]: ", " ", 1)


def run(home: Path, name: str = PERIOD, by: str = "comp-team") -> tuple[object, ...]:
    paths = ("--data", home / "data", "--period", PERIOD, "--out", home / name)
    return ("run", home / "rules.yaml", *paths, "--by", by)


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose run was reviewed; that A06 is held was waived."""
    home = tmp_path_factory.mktemp("reviewed") / "home"
    done("init", home, "--quarterly")
    done(*run(home))
    done("review", home / PERIOD, "--by", "comp-team", "--waive", "held", "--because", "no salary yet")
    return home


@pytest.fixture
def home(reviewed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(reviewed, tmp_path / "home"))


def entries(home: Path) -> list[Entry]:
    with Ledger.open(home) as ledger:
        return ledger.entries()


def test_init_makes_a_home_and_says_the_commands_that_come_next(tmp_path: Path) -> None:
    told = done("init", tmp_path / "home", "--quarterly").splitlines()
    commands = [line.split()[1:] for line in told if line.startswith("  incentive ")]
    assert [command[0] for command in commands] == ["check", "run", "status"]
    assert [invoke(*command).exit_code for command in commands] == [0, 0, 0]
    home = {"policy.yaml", "payroll.yaml", "rules.yaml", "scenarios", "data", "ledger.db", PERIOD}
    assert names(tmp_path / "home") == home
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_run_in_a_project_is_a_draft_that_says_what_comes_next(home: Path) -> None:
    told = done(*run(home, "again", by="Comp-Team"))
    assert "It is a draft, made by Comp-Team (declared, not authenticated)." in told
    assert told.splitlines()[-1] == f"  incentive review {home / 'again'} --by Comp-Team"
    entry = entries(home)[-1]
    assert (entry.name, entry.state, entry.author) == ("again", "draft", "Comp-Team")
    made = json.loads((home / "again" / "made.json").read_text(encoding="utf-8"))
    assert (made["by"], dt.datetime.fromisoformat(made["at"])) == ("Comp-Team", entry.made_at)


def test_who_made_a_run_changes_nothing_in_it(home: Path) -> None:
    done(*run(home, "again", by="Comp-Team"))
    apart = {"made.json", "timings.json", "review.json", "review.html"}
    for path in (home / PERIOD).rglob("*"):
        if path.is_file() and path.name not in apart:
            assert path.read_bytes() == (home / "again" / path.relative_to(home / PERIOD)).read_bytes()


def test_a_name_is_for_runs_in_projects_only(home: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "elsewhere")
    rules = ("run", home / "rules.yaml", "--data", home / "data", "--period", PERIOD)
    assert refused(*rules, *out, "--by", "Anna").startswith("no-project ")
    done(*rules, *out)
    assert "made.json" not in names(tmp_path / "elsewhere")


def test_who_is_not_named_in_the_policy_is_refused(home: Path) -> None:
    assert refused(*run(home, "again", by="payroll")).startswith(
        "not-allowed `payroll` may not run here: by policy.yaml, comp-team may\n"
    )
    assert "again" not in names(home)
    assert refused("approve", home / PERIOD, "--by", "comp-team").startswith("not-allowed `comp-team` may not approve")
    assert refused("reject", home / PERIOD, "--by", "x", "--because", "y").startswith("not-allowed ")
    assert [each.state for each in entries(home)] == ["reviewed"]


def test_an_interrupted_run_is_completed_by_the_same_command(home: Path) -> None:
    """Killed after its folder had its name and before the ledger knew: the folder is there, the ledger is empty."""
    (home / "ledger.db").unlink()
    for name in ("review.json", "review.html"):
        (home / PERIOD / name).unlink()
    told = done("status", home)
    assert f"the ledger does not know {PERIOD} yet" in told
    assert refused(*run(home, by="COMP-TEAM")).startswith("folder-exists ")  # somebody else, as far as one can tell
    done(*run(home))
    assert [(each.name, each.state, each.author) for each in entries(home)] == [(PERIOD, "draft", "comp-team")]
    assert refused(*run(home)).startswith("folder-exists ")


def test_an_interrupted_run_on_other_data_is_never_taken_for_this_one(home: Path) -> None:
    (home / "ledger.db").unlink()
    surveys = home / "data" / "surveys.csv"
    surveys.write_text(surveys.read_text(encoding="utf-8") + "R999,2026-09-30,A01,5,10\n", encoding="utf-8")
    assert refused(*run(home)).startswith("folder-exists ")
    assert entries(home) == []
    assert not [name for name in names(home) if name.startswith(".")]


def test_a_run_carries_what_corrections_booked_into_its_period(home: Path) -> None:
    with Ledger.open(home) as ledger:
        (entry,) = ledger.entries()
        book(ledger, entry.id, "line-1", Decimal("-2.50"), into=PERIOD)
    assert "into starter 2026-Q3  1 line  -2.50 EUR" in done("status", home)
    done(*run(home, "again"))
    assert pl.read_parquet(home / "again" / "corrections.parquet")["line"].to_list() == ["line-1"]


def test_approving_seals_and_says_what_to_keep(home: Path) -> None:
    told = done("approve", home / PERIOD, "--by", "finance-director")
    assert told.startswith(
        f"{home / PERIOD} is approved by finance-director (declared, not authenticated), and sealed as number 1.\n"
    )
    head = told.split()[-1]
    with Ledger.open(home) as ledger:
        (seal,), (entry,) = ledger.seals(), ledger.entries()
    assert (seal.number, seal.head, seal.previous, seal.run_id) == (1, head, None, entry.id)
    assert entry.state == "approved"
    refuse_changed(home / PERIOD)
    assert done("approve", home / PERIOD, "--by", "Finance-Director").split()[-1] == head
    assert [each.number for each in entries(home)[0].events] == [1, 2, 3]


def test_each_seal_is_chained_to_the_one_before(home: Path) -> None:
    done(*run(home, "again"))
    done("review", home / "again", "--by", "comp-team", "--waive", "held", "--because", "no salary yet")
    heads = [done("approve", home / name, "--by", "finance-director").split()[-1] for name in (PERIOD, "again")]
    with Ledger.open(home) as ledger:
        assert [(each.head, each.previous) for each in ledger.seals()] == [(heads[0], None), (heads[1], heads[0])]


def test_a_draft_cannot_be_approved(home: Path) -> None:
    done(*run(home, "again"))
    assert refused("approve", home / "again", "--by", "finance-director").startswith("not-reviewed ")


def test_what_the_review_found_is_waived_or_the_run_is_not_approved(home: Path) -> None:
    done(*run(home, "again"))
    done("review", home / "again", "--by", "comp-team")
    told = refused("approve", home / "again", "--by", "finance-director")
    assert told.startswith("review-failed the review of `again` failed: held\n")
    assert f"incentive review {home / 'again'} --waive held --because TEXT --by comp-team" in done("status", home)


def test_nobody_approves_what_he_made(home: Path) -> None:
    policy = home / "policy.yaml"
    text = policy.read_text(encoding="utf-8").replace("run: [comp-team]", "run: [comp-team, finance-director]")
    policy.write_text(text, encoding="utf-8")
    done(*run(home, "again", by="  FINANCE-director "))
    done("review", home / "again", "--by", "comp-team", "--waive", "held", "--because", "no salary yet")
    assert refused("approve", home / "again", "--by", "finance-director").startswith("own-run ")
    assert "--by NAME" in done("status", home)  # nobody else may approve


def test_a_run_of_nobody_cannot_be_approved(home: Path, tmp_path: Path) -> None:
    rules = ("run", home / "rules.yaml", "--data", home / "data", "--period", PERIOD)
    done(*rules, "--out", tmp_path / "elsewhere")
    shutil.copytree(tmp_path / "elsewhere", home / "again")
    done("review", home / "again", "--by", "comp-team", "--waive", "held", "--because", "no salary yet")
    assert refused("approve", home / "again", "--by", "finance-director").startswith("no-author ")


@pytest.mark.parametrize("path", ["payouts.parquet", "review.json", "made.json", "new.txt"])
def test_a_run_that_changed_since_its_review_is_reviewed_again(home: Path, path: str) -> None:
    file = home / PERIOD / path
    file.write_bytes((file.read_bytes() if file.exists() else b"") + b" ")
    assert refused("approve", home / PERIOD, "--by", "finance-director").startswith("changed-since ")
    assert [each.state for each in entries(home)] == ["reviewed"]
    assert "manifest.json" not in names(home / PERIOD)


def test_a_rejected_run_is_closed_and_says_why(home: Path) -> None:
    told = done("reject", home / PERIOD, "--by", "finance-director", "--because", " targets of Q2 ")
    assert told == f"{home / PERIOD} is rejected by finance-director (declared, not authenticated).\n"
    (entry,) = entries(home)
    assert entry.events[-1].detail == {"because": "targets of Q2"}
    assert refused("approve", home / PERIOD, "--by", "finance-director").startswith("wrong-state ")
    assert refused("reject", home / PERIOD, "--by", "finance-director", "--because", " ").startswith("no-reason ")
    again = done("status", home).splitlines()[-1].split()[1:]
    assert again == [str(each) for each in run(home, f"{PERIOD}-again")]
    done(*again)
    assert "--by comp-team" in done("status", home).splitlines()[-1]


def test_a_command_to_type_next_has_a_folder_with_spaces_in_quotes(home: Path) -> None:
    assert done(*run(home, "third quarter")).endswith(f"review '{home}/third quarter' --by comp-team\n")
    assert f"review '{home}/third quarter' --by NAME --waive held" in done(
        "review", home / "third quarter", "--by", "comp-team"
    )
    told = refused("approve", home / "third quarter", "--by", "finance-director")
    assert told.startswith("review-failed ")


def test_an_approved_run_is_rejected_as_long_as_payroll_has_not_got_it(home: Path) -> None:
    """It stays sealed: the run approved after it stands on its link of the chain."""
    done("approve", home / PERIOD, "--by", "finance-director")
    done("reject", home / PERIOD, "--by", "finance-director", "--because", "payroll has no number for A05")
    assert refused("approve", home / PERIOD, "--by", "finance-director").startswith("wrong-state ")
    assert refused(*export(home, PERIOD)).startswith("not-approved ")
    done(*run(home, "again"))
    done("review", home / "again", "--by", "comp-team", "--waive", "held", "--because", "no salary yet")
    assert "sealed as number 2" in done("approve", home / "again", "--by", "finance-director")
    done(*export(home, "again"))
    assert "the chain of 2 seals is whole" in done("verify", home / PERIOD)
    told = refused("reject", home / "again", "--by", "finance-director", "--because", "too late")
    assert told.startswith("wrong-state `again` is paid: it cannot become rejected\n")


def export(home: Path, folder: str) -> tuple[object, ...]:
    return ("export", home / folder, "--out", home / "payroll.csv", "--by", "payroll")


def test_an_approved_folder_that_was_lost_is_not_written_anew(home: Path) -> None:
    done("approve", home / PERIOD, "--by", "finance-director")
    shutil.rmtree(home / PERIOD)
    assert refused(*run(home)).startswith("lost-run ")


def test_a_copy_of_a_sealed_run_is_no_run_of_its_own(home: Path) -> None:
    done("approve", home / PERIOD, "--by", "finance-director")
    shutil.copytree(home / PERIOD, home / "copy")
    assert refused("review", home / "copy", "--by", "comp-team").startswith("unknown-seal ")
    assert refused("approve", home / "copy", "--by", "finance-director").startswith("unknown-seal ")
    assert str(home / "copy") not in done("status", home)


def test_sealed_runs_of_a_lost_ledger_are_left_alone(home: Path) -> None:
    done("approve", home / PERIOD, "--by", "finance-director")
    (home / "ledger.db").unlink()
    sealed = {path: path.read_bytes() for path in (home / PERIOD).rglob("*") if path.is_file()}
    for command in (("review", home / PERIOD, "--by", "comp-team"), run(home, "again"), ("status", home)):
        assert refused(*command).startswith(f"lost-ledger `{home}` has lost its ledger.db: `2026-Q3` is sealed\n")
    (home / "ledger.db").touch()  # as a copy that was interrupted leaves it
    assert refused(*run(home, "again")).startswith("lost-ledger ")
    assert {path: path.read_bytes() for path in (home / PERIOD).rglob("*") if path.is_file()} == sealed


def test_a_run_is_not_written_into_another(home: Path) -> None:
    assert refused(*run(home, f"{PERIOD}/again")).startswith("inside-run ")
    assert "again" not in names(home / PERIOD)


def test_status_says_every_next_command_as_it_can_be_typed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home / PERIOD)
    assert f"incentive approve {home / PERIOD} --by finance-director" in done("status")
    monkeypatch.chdir(home)
    told = done("status")
    assert told.startswith("Example SA: 1 run\n\nstarter 2026-Q3\n  2026-Q3  reviewed  made by comp-team 20")
    next_one = told.splitlines()[-1].split()
    assert next_one == ["incentive", "approve", PERIOD, "--by", "finance-director"]
    done(*next_one[1:])
    assert done("status").splitlines()[-1] == f"    incentive export {PERIOD} --out FILE --by payroll"


def test_status_tells_what_interrupted_commands_left(home: Path) -> None:
    (home / f".{PERIOD}.abcd1_23").mkdir()
    assert f"  .{PERIOD}.abcd1_23\n" in done("status", home)


def test_status_outside_a_project_is_refused(tmp_path: Path) -> None:
    assert refused("status", tmp_path).startswith("no-project ")


def test_an_export_of_a_period_that_was_paid_is_a_delta(home: Path) -> None:
    done("approve", home / PERIOD, "--by", "finance-director")
    with Ledger.open(home) as ledger:
        (entry,) = ledger.entries()
        exporting = ledger.record(entry, "exporting", "exporting", Actor("payroll", "p"), {"out": "sent/pay 3.csv"})
        assert f"incentive export {home / PERIOD} --out '{home}/sent/pay 3.csv' --by payroll" in done("status", home)
        ledger.record(exporting, "exported", "paid", Actor("payroll", "p"))
    done(*run(home, "again"))
    done("review", home / "again", "--by", "comp-team", "--waive", "held", "--because", "x1")
    failed = json.loads((home / "again" / "review.json").read_text(encoding="utf-8"))["items"]
    assert [each["name"] for each in failed if each["state"] == "fail"] == []
    done("approve", home / "again", "--by", "finance-director")
    assert done("status", home).splitlines()[-1].endswith("--out FILE --delta --by payroll")


def test_a_command_without_sqlalchemy_says_what_to_install(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incentive_engine, "ledger", sys.modules["incentive_engine.ledger"])  # others find theirs again
    for name in [each for each in sys.modules if each.startswith("incentive_engine.ledger")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    assert refused("status", home) == (
        "db-extra this command needs the `db` extra\n  hint: install it: pip install 'incentive-engine[db]'\n"
    )


POLICY = """
company: Example SA
may: {run: [Anna], approve: [Bo, Chloé]}
"""


def policy(text: str) -> Policy:
    return declare(read_text(text, "policy.yaml"), Policy)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (POLICY.replace("approve", "aprove"), "policy.yaml:3:20: error[unknown-key]"),
        (POLICY + "retention: 5 jears", "policy.yaml:4:12: error[wrong-text]"),
        (POLICY + "checklist: {mover: {at_most: 50%}}", "policy.yaml:4:13: error[unknown-key]"),
        (POLICY.replace("[Anna]", "Anna"), "policy.yaml:3:12: error[wrong-type]"),
    ],
)
def test_what_is_wrong_with_a_policy_is_told_where_it_is_written(text: str, told: str) -> None:
    with pytest.raises(InputProblems) as found:
        policy(text)
    assert str(found.value).startswith(told)


def test_a_policy_names_who_may_and_nobody_else() -> None:
    rules = policy(POLICY)
    assert rules.allows("anna", "run")
    assert rules.allows(" CHLOE\u0301 ", "approve")
    assert not rules.allows("Anna", "approve")
    assert not rules.allows("Anna", "export")
    with pytest.raises(InputProblems, match=r"by policy\.yaml, nobody may"):
        rules.refuse_unless_may(Actor("Anna", "a"), "export")


def test_rows_are_kept_for_the_years_of_the_policy() -> None:
    kept = policy(POLICY + "retention: 1 year").kept_until
    assert kept(dt.date(2026, 9, 30)) == dt.date(2027, 9, 30)
    assert kept(dt.date(2028, 2, 29)) == dt.date(2029, 2, 28)
    assert policy(POLICY).kept_until(dt.date(2026, 12, 31)) == dt.date(2031, 12, 31)


def test_names_are_the_same_whatever_their_capitals_and_spaces() -> None:
    assert same_person(" Anna  Weiß", "ANNA WEISS")
    assert not same_person("Anna", "Anne")
    assert Actor.declared("  Anna   Bo ").name == "Anna Bo"
    with pytest.raises(InputProblems, match="no-name"):
        Actor.declared(" - ")


def test_a_project_is_the_nearest_folder_above(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "a" / "b"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    found = {path: Project.of(tmp_path / path).folder for path in ("", "a", "a/b", "a/b/c/d", "x")}
    assert found == {"": tmp_path, "a": tmp_path, "a/b": tmp_path / "a/b", "a/b/c/d": tmp_path / "a/b", "x": tmp_path}
    assert Project.at(tmp_path.parent) is None
