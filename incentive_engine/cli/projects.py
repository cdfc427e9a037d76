"""`status`, `approve` and `reject`: where a quarter stands, and what is decided about its runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentive_engine.cli.door import say, typed
from incentive_engine.cli.options import BECAUSE, BY, RUN_FOLDER
from incentive_engine.cli.showing import MOST, counts, show_table

if TYPE_CHECKING:
    from incentive_engine.ledger.ledger import Entry
    from incentive_engine.ledger.standing import Standing, Step


@click.command(short_help="Say where a quarter stands, and what to do next.")
@click.argument("folder", metavar="[PROJECT]", type=RUN_FOLDER, default=Path())
def status(folder: Path) -> None:
    """Say where each run of a project stands, what is still owed, and what somebody does next.

    PROJECT is a folder in it, this one unless said.
    """
    from incentive_engine.ledger.project import Project
    from incentive_engine.ledger.standing import standing

    project = Project.of(folder)
    found = standing(project)
    say(f"{found.company}: {counts(len(found.entries), 'run')}")
    _show_runs(found)
    _show_owed(found)
    _show_questions(found)
    _show_left_over(found)
    _show_steps(found, _home(project.folder))


def _show_runs(found: Standing) -> None:
    periods = dict.fromkeys((each.rule_set, each.period) for each in found.entries)
    for rule_set, period in periods:
        say(f"\n{rule_set} {period}")
        of_period = [each for each in found.entries if (each.rule_set, each.period) == (rule_set, period)]
        show_table([(each.name, each.state, _story(each)) for each in of_period], "<<<", indent=2)


def _story(entry: Entry) -> str:
    """Who did what, the last time that it was done."""
    made = [] if entry.author is None or entry.made_at is None else [f"made by {entry.author} {entry.made_at:%Y-%m-%d}"]
    last = {each.action: each for each in entry.events if each.action != "registered"}
    if entry.state == "paid":
        last.pop("exporting", None)
    return ", ".join([*made, *(f"{each.action} by {each.name} {each.at:%Y-%m-%d}" for each in last.values())])


def _show_owed(found: Standing) -> None:
    if not found.owed:
        return
    say("\nCorrections that no run has paid yet:")
    rows = [
        (f"into {each.rule_set} {each.period}", counts(each.lines, "line"), f"{each.total:,f} {each.currency}")
        for each in found.owed
    ]
    show_table(rows, "<>>", indent=2)


def _show_questions(found: Standing) -> None:
    if found.questions:
        say("\nQuestions; until they are decided, what was paid stands:")
    show_table([(each.name, each.period, each.found) for each in found.questions[:MOST]], "<<<", indent=2)
    if len(found.questions) > MOST:
        say(f"  … and {counts(len(found.questions) - MOST, 'more question')}")


def _show_left_over(found: Standing) -> None:
    if found.left_over:
        say("\nLeft over from commands that were interrupted; nothing uses them, remove them once none is running:")
    for name in found.left_over:
        say(f"  {name}")


def _show_steps(found: Standing, home: Path) -> None:
    if not found.steps:
        say("\nNothing is waiting.")
        return
    say("\nNext (names are declared, not authenticated):")
    for step in found.steps:
        say(f"  {step.why}")
        say(f"    {_command(step, home)}")


def _command(step: Step, home: Path) -> str:
    return typed(*(home / word if isinstance(word, Path) else word for word in step.words))


def _home(project: Path) -> Path:
    """The project's folder as somebody types it from here."""
    here = Path.cwd().resolve()
    return project.relative_to(here) if project.is_relative_to(here) else project


@click.command(short_help="Approve a reviewed run, and seal it.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@BY
def approve(folder: Path, by: str | None) -> None:
    """Approve a run that was reviewed, and seal it: from then on every change of its folder can be seen.

    Whoever made the run cannot approve it. Keep the fingerprint that is printed somewhere else.
    """
    from incentive_engine.ledger.actors import Actor
    from incentive_engine.ledger.approving import approve
    from incentive_engine.ledger.project import Project

    actor = Actor.declared(by)
    sealed = approve(Project.of(folder), folder, actor)
    say(f"{folder} is approved by {actor}, and sealed as number {sealed.number}.")
    say("Keep this fingerprint somewhere else; it covers this run and every run sealed before:")
    say(f"  {sealed.head}")


@click.command(short_help="Reject a run, with the reason.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@BECAUSE
@BY
def reject(folder: Path, because: str, by: str | None) -> None:
    """Reject a run that payroll has not got: it can be neither approved nor paid any more."""
    from incentive_engine.ledger.actors import Actor
    from incentive_engine.ledger.approving import reject
    from incentive_engine.ledger.project import Project

    actor = Actor.declared(by)
    reject(Project.of(folder), folder, actor, because)
    say(f"{folder} is rejected by {actor}.")
