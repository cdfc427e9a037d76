"""`init` and `demo`: something to start from, and something to look at."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import click

from incentive_engine.cli.door import refuse, say, typed
from incentive_engine.cli.options import LANGUAGE
from incentive_engine.cli.progress import counted, steps_shown
from incentive_engine.cli.showing import show_files, show_next, show_run
from incentive_engine.shipped import project_dir, rules_dir, scenarios_dir

_MARK: Final = ".incentive-demo"


@click.command(short_help="Make a folder with a small rule set and data to start from.")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("my-bonus"))
@click.option("--quarterly", is_flag=True, help="Make it a quarter's home: with who may do what, and payroll's file.")
def init(folder: Path, quarterly: bool) -> None:
    """Make FOLDER (my-bonus unless said) with a small commented rule set, and data that it runs on.

    With --quarterly it is a project: its runs are reviewed, approved, sealed and sent to payroll.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        refuse("folder-exists", f"`{folder}` is there already and not empty", "give another folder")
    shutil.copytree(rules_dir() / "starter", folder, dirs_exist_ok=True)
    shutil.copytree(scenarios_dir() / "starter", folder / "scenarios", dirs_exist_ok=True)
    rules, data = folder / "rules.yaml", folder / "data"
    pay = ("run", rules, "--data", data, "--period", "2026-Q3", "--out", folder / "2026-Q3")
    if quarterly:
        shutil.copytree(project_dir(), folder, dirs_exist_ok=True)
        folder.chmod(0o700)  # it is about people's pay
        said = (
            "rules.yaml, data to run it on, policy.yaml (who may do what) and payroll.yaml (how payroll wants its file)"
        )
        say(f"{folder} holds a rule set, {said}. Read them, then:\n")
        say(f"  {typed('check', rules)}")
        say(f"  {typed(*pay, '--by', 'comp-team')}")
        say(f"  {typed('status', folder)}")
        return
    say(f"{folder} holds a rule set, rules.yaml, and data to run it on. Read rules.yaml, then:\n")
    say(f"  {typed('check', rules)}")
    say(f"  {typed(*pay)}")


@click.command(short_help="Make up a company, pay it, and write every statement.")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("demo"))
@LANGUAGE
def demo(folder: Path, language: str) -> None:
    """Make up a company of 2,400 people in FOLDER (demo unless said), pay its bonus and write every statement.

    Everything is invented, and the same every time.
    """
    from incentive_engine.demo import PERIOD, write_company
    from incentive_engine.demo.people import THREE_ANSWERS
    from incentive_engine.engine.run import run
    from incentive_engine.engine.running import Timings
    from incentive_engine.rulesets.loading import load
    from incentive_engine.statements import write_statements

    data, rules, out, pages = folder / "data", folder / "rules.yaml", folder / PERIOD, folder / "statements"
    _clear(folder, data, out, pages, folder / "runs", folder / "corrections")
    write_company(data)
    shutil.copytree(project_dir(), folder, dirs_exist_ok=True)
    shutil.copy(rules_dir() / "demo" / "care-quarterly.yaml", rules)
    shutil.copytree(scenarios_dir() / "demo", folder / "scenarios", dirs_exist_ok=True)
    with steps_shown() as step:
        done = run(load(rules), data, PERIOD, out, Timings(on_step=step), ["csv"])
    with counted("writing statements") as (tick, _):
        write_statements(out, pages, tick, language=language, processes=os.cpu_count() or 1)
    show_run(done, out, language)
    show_next(done, out, language)
    show_files(pages / f"{THREE_ANSWERS}.html", rules, out / "payouts.csv", language)


def _clear(folder: Path, *made: Path) -> None:
    """A folder without what an earlier demo made; whatever else is in a demo's folder stays, and others are refused."""
    mark = folder / _MARK
    if folder.exists() and any(folder.iterdir()) and not mark.is_file():
        hint = "name another: `incentive demo FOLDER`"
        refuse("folder-exists", f"`{folder}` is there already, and it is no earlier demo", hint)
    for path in made:
        if path.is_dir():
            shutil.rmtree(path)
    for path in folder.glob("ledger.db*"):
        path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text("made by incentive demo\n", encoding="utf-8")
