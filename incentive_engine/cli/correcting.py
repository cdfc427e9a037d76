"""`correct` and `decide`: what a closed period pays differently by what is known now, and what was deleted since."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentive_engine.cli.door import say, typed
from incentive_engine.cli.options import BECAUSE, BY, RUN_FOLDER
from incentive_engine.cli.progress import CORRECT_STEPS, steps_shown
from incentive_engine.cli.showing import MOST, counts, show_table

if TYPE_CHECKING:
    from incentive_engine.ledger.corrections.writing import Correction


@click.command(short_help="Book what a paid period owes by what is known now.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The folder with what is known now.")
@click.option(
    "--rules", type=click.Path(path_type=Path), help="The rules that should have been; the run's unless said."
)
@click.option("--into", metavar="PERIOD", required=True, help="The open period that pays the difference: 2026-Q4.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write; it must be new.")
@click.option("--as-of", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]), help="Read only what was recorded by then.")
@BY
def correct(
    folder: Path, data: Path, rules: Path | None, into: str, out: Path, as_of: dt.datetime | None, by: str | None
) -> None:
    """Work out a paid RUN again by what is known now, and book the difference into an open period.

    One line per payee and cause, found by recomputing with one kind of change at a time: late facts, changed facts,
    deleted facts, people, rules, adjustments. What was deleted takes nothing back: it is a question for
    `incentive decide`. Where nothing changes, nothing is written.
    """
    from incentive_engine.engine.running import Timings
    from incentive_engine.ledger.actors import Actor
    from incentive_engine.ledger.corrections.booking import correct
    from incentive_engine.ledger.project import Project
    from incentive_engine.rulesets.loading import load

    project, actor = Project.of(folder), Actor.declared(by)
    now = None if rules is None else load(rules)
    with steps_shown(CORRECT_STEPS) as step:
        timings, day = Timings(on_step=step), None if as_of is None else as_of.date()
        done = correct(project, folder, data, now, into, out, actor, timings, day)
    if done is None:
        say("Nothing to correct: by what is known now everybody is paid what is due, and there is nothing new to ask.")
        return
    _show(done)
    say(f"\nBooked by {actor}. {done.folder} holds the lines, and the run by what is known now.")
    if done.questions.height:
        words = ("decide", done.folder, done.questions["question"][0], "--keep", "--because", "TEXT")
        say("Decide each question; the next correction goes by it:")
        say(f"  {typed(*words, '--by', 'NAME', '--approved-by', 'NAME')}")


def _show(done: Correction) -> None:
    """Prints the sums by cause, the first lines and the questions."""
    of = f"{done.summary['rule_set']} {done.summary['period']}"
    say(f"{counts(done.lines.height, 'line')} of {of}, booked into {done.summary['into']}")
    totals = done.summary["totals"]
    rows = [[cause, f"{amount} {currency}"] for currency, sums in totals.items() for cause, amount in sums.items()]
    show_table(rows, "<>", indent=2)
    if done.lines.height:
        say("")
    columns = ["payee", "pays", "cause", "amount", "currency"]
    lines = [[str(cell) for cell in row] for row in done.lines.select(columns).head(MOST).iter_rows()]
    show_table([columns, *lines] if lines else [], "<<<><")
    if done.lines.height > MOST:
        say(f"  … and {done.lines.height - MOST} more in {done.folder / 'lines.parquet'}")
    _show_questions(done)


def _show_questions(done: Correction) -> None:
    if done.questions.is_empty():
        return
    say(f"\n{counts(done.questions.height, 'question')}; until it is decided, what was paid stands:")
    show_table(done.questions.select("question", "found").head(MOST).rows(), "<<", indent=2)
    if done.questions.height > MOST:
        say(f"  … and {done.questions.height - MOST} more in {done.folder / 'questions.parquet'}")


@click.command(short_help="Decide what becomes of a record deleted after payment.")
@click.argument("folder", metavar="PROJECT", type=RUN_FOLDER)
@click.argument("questions", metavar="QUESTION...", nargs=-1, required=True)
@click.option("--keep/--remove", "keep", default=None, help="It stays in force, or it goes, and what it paid with it.")
@BECAUSE
@BY
@click.option("--approved-by", "approver", metavar="NAME", required=True, help="Somebody else, who agrees.")
def decide(
    folder: Path, questions: tuple[str, ...], keep: bool | None, because: str, by: str | None, approver: str
) -> None:
    """Decide what becomes of something that was deleted after payment: the next correction goes by it.

    PROJECT is a folder in it. QUESTION is a name that `incentive correct` printed, or `all`. Two different people
    decide.
    """
    if keep is None:
        raise click.UsageError("Say what becomes of it: --keep or --remove.")
    from incentive_engine.ledger.actors import Actor
    from incentive_engine.ledger.corrections.asking import decide
    from incentive_engine.ledger.project import Project

    actor, other = Actor.declared(by), Actor.declared(approver)
    done = decide(Project.of(folder), questions, "keep" if keep else "remove", because, actor, other)
    show_table([(each.name, "keep" if keep else "remove", each.found) for each in done], "<<<")
    say(f"\n{counts(len(done), 'question')} decided by {actor}, approved by {other}.")
