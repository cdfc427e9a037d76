"""Runs and approvals that are killed, and several at once: nothing half-done is seen, and one of two wins."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from incentive_engine.engine.run import Run
from incentive_engine.engine.running import Timings
from incentive_engine.errors import InputProblems
from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.approving import approve
from incentive_engine.ledger.ledger import Entry, Ledger, Seal
from incentive_engine.ledger.project import Project
from incentive_engine.ledger.running import run_in
from incentive_engine.ledger.standing import standing
from incentive_engine.ledger.unchanged import refuse_changed
from incentive_engine.rulesets.loading import load
from tests.killed import ROOT, completed, killed, kills
from tests.test_projects import done, names, run

RUN = ("run", "rules.yaml", "--data", "data", "--period", "2026-Q3", "--out", "q3", "--by", "comp-team")
APPROVE = ("approve", "q3", "--by", "finance-director")
APPROVERS = ("finance-director", "chair")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project without a run; two people may approve in it."""
    home = tmp_path_factory.mktemp("empty") / "home"
    done("init", home, "--quarterly")
    policy = home / "policy.yaml"
    text = policy.read_text(encoding="utf-8").replace("[finance-director]", "[finance-director, chair]")
    policy.write_text(text, encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def reviewed(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two reviewed runs."""
    home = Path(shutil.copytree(empty, tmp_path_factory.mktemp("reviewed") / "home"))
    for name in ("q3", "again"):
        done(*run(home, name))
        done("review", home / name, "--by", "comp-team", "--waive", "held", "--because", "no salary yet")
    return home


def entries(home: Path) -> dict[str, Entry]:
    with Ledger.open(home) as ledger:
        return {each.name: each for each in ledger.entries()}


def seals(home: Path) -> list[Seal]:
    with Ledger.open(home) as ledger:
        return ledger.seals()


def figures(folder: Path) -> dict[str, bytes]:
    """What a run's folder holds but for who made it, when, and how fast."""
    apart = {"made.json", "timings.json"}
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name not in apart}


def a_killed_run_is_completed(empty: Path, tmp_path: Path, number: int, seed: int) -> None:
    whole = Path(shutil.copytree(empty, tmp_path / "whole"))
    assert completed(RUN, whole).returncode == 0
    for at, kill in enumerate(kills(RUN, empty, number, seed)):
        home = Path(shutil.copytree(empty, tmp_path / f"{at}"))
        killed(kill, RUN, home)
        known = entries(home)
        visible = {name for name in names(home) if not name.startswith((".", "ledger.db"))} - names(empty)
        assert (set(known), visible) in [(set(), set()), (set(), {"q3"}), ({"q3"}, {"q3"})], kill
        assert visible == set() or figures(home / "q3") == figures(whole / "q3"), kill
        again = completed(RUN, home)
        assert again.returncode == (1 if known else 0), (kill, again.stderr)
        assert not known or again.stderr.startswith("error[folder-exists]"), kill
        assert [(each.state, each.author) for each in entries(home).values()] == [("draft", "comp-team")], kill
        assert figures(home / "q3") == figures(whole / "q3"), kill
        shutil.rmtree(home)


def test_a_run_that_is_killed_is_completed_by_the_same_command(empty: Path, tmp_path: Path) -> None:
    a_killed_run_is_completed(empty, tmp_path, 2, 1)


@pytest.mark.long
def test_a_run_that_is_killed_at_a_hundred_points_is_completed(empty: Path, tmp_path: Path) -> None:
    a_killed_run_is_completed(empty, tmp_path, 100, 2)


def a_killed_approval_is_completed(reviewed: Path, tmp_path: Path, number: int, seed: int) -> None:
    for at, kill in enumerate(kills(APPROVE, reviewed, number, seed)):
        home = Path(shutil.copytree(reviewed, tmp_path / f"{at}"))
        before = figures(home / "q3")
        killed(kill, APPROVE, home)
        state = entries(home)["q3"].state
        assert (state, len(seals(home))) in [("reviewed", 0), ("approved", 1)], kill
        if state == "approved":
            refuse_changed(home / "q3")
        again = completed(APPROVE, home)
        assert again.returncode == 0, (kill, again.stderr)
        (seal,) = seals(home)
        assert again.stdout.split()[-1] == seal.head, kill
        assert [each.state for each in entries(home)["q3"].events] == ["draft", "reviewed", "approved"], kill
        refuse_changed(home / "q3")
        after = figures(home / "q3")
        del after["manifest.json"]
        assert after == before, kill
        shutil.rmtree(home)


def test_an_approval_that_is_killed_is_completed_by_the_same_command(reviewed: Path, tmp_path: Path) -> None:
    a_killed_approval_is_completed(reviewed, tmp_path, 3, 3)


@pytest.mark.long
def test_an_approval_that_is_killed_at_a_hundred_points_is_completed(reviewed: Path, tmp_path: Path) -> None:
    a_killed_approval_is_completed(reviewed, tmp_path, 100, 4)


def at_once(calls: Sequence[Callable[[], object]]) -> list[str]:
    """Makes calls at the same moment; the code of each refusal, or `done`."""
    barrier = threading.Barrier(len(calls))

    def told(call: Callable[[], object]) -> str:
        barrier.wait()
        try:
            call()
        except InputProblems as refused:
            return refused.problems[0].code
        return "done"

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(told, calls))


@pytest.mark.parametrize("number", range(3))
def test_of_two_who_approve_a_run_at_once_one_wins(reviewed: Path, tmp_path: Path, number: int) -> None:
    home = Path(shutil.copytree(reviewed, tmp_path / "home"))
    project = Project.of(home)
    told = at_once([lambda name=name: approve(project, home / "q3", Actor(name, "x")) for name in APPROVERS])  # type: ignore[misc]
    assert sorted(told) in (["done", "somebody-was-first"], ["done", "wrong-state"])
    winner = APPROVERS[told.index("done")]
    approved = entries(home)["q3"].last("approved")
    assert approved is not None
    assert approved.name == winner
    assert len(seals(home)) == 1
    refuse_changed(home / "q3")


def test_two_runs_approved_at_once_are_both_links_of_one_chain(reviewed: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(reviewed, tmp_path / "home"))
    project, actor = Project.of(home), Actor("chair", "x")
    readers = [lambda: standing(project)] * 6
    approvers = [lambda name=name: approve(project, home / name, actor) for name in ("q3", "again")]
    assert set(at_once([*approvers, *readers])) == {"done"}
    one, other = seals(home)
    assert (one.number, one.previous, other.number, other.previous) == (1, None, 2, one.head)
    for name in ("q3", "again"):
        refuse_changed(home / name)


def test_of_two_runs_into_one_folder_at_once_one_has_it(empty: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(empty, tmp_path / "home"))
    project, rules, actor = Project.of(home), load(home / "rules.yaml"), Actor("comp-team", "x")
    runs = [lambda: run_in(project, rules, home / "data", "2026-Q3", home / "q3", actor, Timings())] * 2
    assert sorted(at_once(runs)) == ["done", "folder-exists"]
    assert {name: each.state for name, each in entries(home).items()} == {"q3": "draft"}
    Run.open(home / "q3")
    assert not [name for name in names(home) if name.startswith(".")]


def processes(home: Path, commands: Sequence[Sequence[str]]) -> list[subprocess.CompletedProcess[str]]:
    """Commands at once, each in a process of its own, as they ended."""
    line, environment = [sys.executable, "-m", "incentive_engine"], os.environ | {"PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": home, "env": environment}
    running = [subprocess.Popen([*line, *command], **pipes) for command in commands]  # type: ignore[call-overload]
    said = [process.communicate() for process in running]
    return [
        subprocess.CompletedProcess(process.args, process.returncode, out, error)
        for process, (out, error) in zip(running, said, strict=True)
    ]


@pytest.mark.long
@pytest.mark.parametrize("number", range(20))
def test_of_two_approvers_and_ten_readers_at_once_all_are_told(reviewed: Path, tmp_path: Path, number: int) -> None:
    home = Path(shutil.copytree(reviewed, tmp_path / "home"))
    approvers = [("approve", "q3", "--by", name) for name in APPROVERS]
    first, second, *readers = processes(home, [*approvers, *[("status",)] * 10])
    assert sorted([first.returncode, second.returncode]) == [0, 1]
    loser = first if first.returncode else second
    assert loser.stderr.startswith(("error[somebody-was-first]", "error[wrong-state]"))
    assert {each.returncode for each in readers} == {0}
    assert len(seals(home)) == 1
    refuse_changed(home / "q3")
