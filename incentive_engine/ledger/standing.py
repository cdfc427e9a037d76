"""Where each period of a project stands, and what somebody does next."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from sqlalchemy import select

from incentive_engine.engine.folder import RUN_FILE
from incentive_engine.ledger.actors import same_person
from incentive_engine.ledger.corrections.asking import Question, open_questions
from incentive_engine.ledger.corrections.settling import CORRECTION_FILE
from incentive_engine.ledger.database import lines
from incentive_engine.ledger.ledger import Entry, Ledger
from incentive_engine.ledger.manifest import MANIFEST
from incentive_engine.ledger.policy import Action
from incentive_engine.ledger.project import Project

NOBODY: Final = "NAME"
_LEFT_OVER: Final = re.compile(r"\..+\.[a-z0-9_]{8}")


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody does next: why, and the words of the command; its paths are below the project."""

    why: str
    words: tuple[str | Path, ...]


@dataclass(frozen=True, slots=True)
class Owed:
    """Correction lines booked into a period that no run has paid yet; `total` in one currency."""

    rule_set: str
    period: str
    lines: int
    currency: str
    total: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """A project as it stands: its runs in the order in which they came, and what is left to do.

    `owed`: what corrections have booked and no run has paid; `left_over`: what interrupted commands left behind.
    """

    company: str
    entries: tuple[Entry, ...]
    owed: tuple[Owed, ...]
    questions: tuple[Question, ...]
    left_over: tuple[str, ...]
    steps: tuple[Step, ...]


def standing(project: Project) -> Standing:
    """Where a project stands. Raises InputProblems for a ledger that cannot be read."""
    with project.ledger() as ledger:
        entries = [each for each in ledger.entries() if each.state != "replaced"]
        owed, questions = tuple(_owed(ledger)), tuple(open_questions(ledger))
    unknown = tuple(_unknown(project.folder, entries))
    left_over = tuple(_left_over(project.folder))
    paid = {(each.rule_set, each.period) for each in entries if each.kind == "run" and each.state == "paid"}
    nothing = not entries and not unknown
    steps = (
        *(_to_begin(project) if nothing else ()),
        *_to_register(project, unknown),
        *_to_book(project, entries),
        *_to_repeat(project, entries),
        *(step for each in entries for step in _next(project, each, again=(each.rule_set, each.period) in paid)),
        *_to_decide(project, questions),
    )
    return Standing(project.policy.company, tuple(entries), owed, questions, left_over, steps)


def _owed(ledger: Ledger) -> Iterator[Owed]:
    columns = (lines.c.rule_set, lines.c.into_period, lines.c.currency, lines.c.amount)
    sums: dict[tuple[str, str, str], list[Decimal]] = {}
    with ledger.reading() as connection:
        for *key, amount in connection.execute(select(*columns).where(lines.c.carried_by.is_(None))):
            sums.setdefault((key[0], key[1], key[2]), []).append(amount)
    for (rule_set, period, currency), amounts in sorted(sums.items()):
        yield Owed(rule_set, period, len(amounts), currency, sum(amounts, Decimal(0)))


def _unknown(project: Path, entries: Sequence[Entry]) -> Iterator[str]:
    new = {folder for folder in _holding(RUN_FILE, project, entries) if not (folder / MANIFEST).exists()}
    new = {folder for folder in new if not (_is_of_correction(folder) or _is_preview(folder))}
    yield from sorted(folder.relative_to(project).as_posix() for folder in new)


def _holding(file: str, project: Path, entries: Sequence[Entry]) -> set[Path]:
    """The folders with such a file that the ledger does not know, but for those that are being written."""
    found = {path.parent for depth in ("*", "*/*") for path in project.glob(f"{depth}/{file}")}
    hidden = (folder for folder in found if any(part.startswith(".") for part in folder.relative_to(project).parts))
    return found - {each.folder for each in entries} - set(hidden)


def _is_of_correction(folder: Path) -> bool:
    return (folder.parent / CORRECTION_FILE).is_file()


def _is_preview(folder: Path) -> bool:
    try:
        return "preview" in json.loads((folder / RUN_FILE).read_bytes())
    except ValueError:
        return False


def _left_over(project: Path) -> Iterator[str]:
    hidden = sorted(path for depth in (".*", "*/.*") for path in project.glob(depth))
    yield from (path.relative_to(project).as_posix() for path in hidden if _LEFT_OVER.fullmatch(path.name))


def _to_begin(project: Project) -> Iterator[Step]:
    """The first run, with the names that `incentive init --quarterly` gives to things."""
    yield _run(project, "no run yet", "PERIOD", "PERIOD")


def _to_book(project: Project, entries: Sequence[Entry]) -> Iterator[Step]:
    """Corrections that were written, and of which the ledger knows nothing."""
    for folder in sorted(_holding(CORRECTION_FILE, project.folder, entries)):
        name = folder.relative_to(project.folder)
        why = f"{name.as_posix()} is a correction that is not booked: the same command books it, or it can be removed"
        told = ("RUN", "--data", "DATA", "--into", "PERIOD", "--out", name)
        yield Step(why, ("correct", *told, *_by(project, "correct")))


def _to_repeat(project: Project, entries: Sequence[Entry]) -> Iterator[Step]:
    """Another run of each period of which every run was rejected."""
    of_period = {(each.rule_set, each.period): each for each in entries if each.kind == "run"}
    alive = {(each.rule_set, each.period) for each in entries if each.kind == "run" and each.state != "rejected"}
    for key, last in of_period.items():
        if key not in alive:
            why = f"{last.name} was rejected: change what is wrong, and run again"
            yield _run(project, why, last.period, f"{last.name}-again")


def _run(project: Project, why: str, period: str, out: str) -> Step:
    told = ("--data", Path("data"), "--period", period, "--out", Path(out))
    return Step(why, ("run", Path("rules.yaml"), *told, *_by(project, "run")))


def _to_register(project: Project, unknown: Sequence[str]) -> Iterator[Step]:
    for name in unknown:
        yield Step(f"the ledger does not know {name} yet", ("review", Path(name), *_by(project, "review")))


def _to_decide(project: Project, questions: Sequence[Question]) -> Iterator[Step]:
    if questions:
        first, (_, name) = questions[0].name, _by(project, "correct")
        why = "something was deleted after it was paid: two people decide whether it stays in force"
        because = ("--keep", "--because", "TEXT", "--by", name)
        approver = _by(project, "approve", but=name)[1]
        yield Step(why, ("decide", Path(), first, *because, "--approved-by", approver))


def _next(project: Project, entry: Entry, *, again: bool) -> Iterator[Step]:
    """What comes next for a run; nothing once it is paid, rejected or booked.

    `again`: another run of the same period was paid before.
    """
    name, run = entry.name, Path(entry.name)
    if entry.state == "draft":
        yield Step(f"{name} is a draft: look at the close checklist", ("review", run, *_by(project, "review")))
    elif entry.state == "reviewed":
        yield _after_review(project, entry)
    elif entry.state == "approved":
        what, delta = ("what it pays beyond the run before", ("--delta",)) if again else ("it", ())
        why = f"{name} is approved and sealed: send {what} to payroll"
        yield Step(why, ("export", run, "--out", "FILE", *delta, *_by(project, "export")))
    elif entry.state == "exporting":
        begun = entry.last("exporting")
        out = "FILE" if begun is None else Path(begun.detail["out"])
        why = f"the export of {name} was interrupted: the same command completes it, and pays nobody twice"
        yield Step(why, ("export", run, "--out", out, *_by(project, "export")))


def _after_review(project: Project, entry: Entry) -> Step:
    review, run = entry.last("reviewed"), Path(entry.name)
    failed = [] if review is None else review.detail["failed"]
    if not failed:
        why = f"{entry.name} was reviewed: somebody who did not make it approves it"
        return Step(why, ("approve", run, *_by(project, "approve", entry.author)))
    why = f"{entry.name} did not pass ({', '.join(failed)}): change what is wrong and run again, or waive each"
    waived = ("--waive", failed[0], "--because", "TEXT")
    return Step(why, ("review", run, *waived, *_by(project, "review")))


def _by(project: Project, action: Action, but: str | None = None) -> tuple[str, str]:
    """`--by` with the first name that may, except one."""
    allowed: tuple[str, ...] = getattr(project.policy.may, action)
    free = (each for each in allowed if but is None or not same_person(each, but))
    return "--by", next(free, NOBODY)
