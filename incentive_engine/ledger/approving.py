"""A decision about a reviewed run: approved, which seals it, or rejected. Nobody approves what he made himself."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from sqlalchemy import insert

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.actors import Actor, same_person
from incentive_engine.ledger.database import seals
from incentive_engine.ledger.ledger import Entry, Seal
from incentive_engine.ledger.manifest import content_of
from incentive_engine.ledger.project import Project
from incentive_engine.ledger.sealing import seal


def approve(project: Project, folder: Path, actor: Actor) -> Seal:
    """The seal of a run that was reviewed and is approved now; who approved it before gets the same seal again.

    Raises InputProblems where the actor may not, made the run himself, or was not the first; where the review found
    something that nobody waived; and where anything in the folder changed since.
    """
    project.policy.refuse_unless_may(actor, "approve")
    with project.ledger() as ledger:
        entry = ledger.run(folder)
        approved = entry.last("approved")
        if approved is not None and entry.state != "rejected" and same_person(approved.name, actor.name):
            return next(each for each in ledger.seals() if each.run_id == entry.id)
        _refuse_unless_reviewed(entry)
        _refuse_author(entry, actor)
        content = _reviewed_content(entry)
        if content_of(entry.folder) != content:
            raise InputProblems([_changed(entry)])
        with ledger.writing() as connection:
            before = ledger.last_seal(connection)
            number, previous = (1, None) if before is None else (before.number + 1, before.head)
            ledger.append(connection, entry, "approved", "approved", actor, {"content": content, "seal": number})
            sealed = seal(entry.folder, previous, number)
            if sealed.content != content:
                raise InputProblems([_changed(entry)])
            link = {"number": number, "run_id": entry.id, "head": sealed.head, "previous": previous}
            connection.execute(insert(seals).values(**link))
    return Seal(number, entry.id, sealed.head, previous)


def reject(project: Project, folder: Path, actor: Actor, because: str) -> Entry:
    """The run as rejected, with the reason. Raises InputProblems where the actor may not or its export has begun.

    One that was approved stays sealed: its link of the chain is never taken out.
    """
    project.policy.refuse_unless_may(actor, "approve")
    if not because.strip():
        raise InputProblems([Problem("no-reason", "a reason is needed", hint="say why: `--because TEXT`")])
    with project.ledger() as ledger:
        entry = ledger.run(folder)
        return ledger.record(entry, "rejected", "rejected", actor, {"because": because.strip()})


def _refuse_unless_reviewed(entry: Entry) -> None:
    if entry.state == "draft":
        hint = f"review it first: incentive review {quote(entry.name)}"
        raise InputProblems([Problem("not-reviewed", f"nobody reviewed `{entry.name}` yet", hint=hint)])
    if entry.state != "reviewed":
        last = entry.events[-1]
        message = f"`{entry.name}` is {entry.state}: {last.action} by {last.name} on {last.at:%Y-%m-%d}"
        raise InputProblems([Problem("wrong-state", message, hint="only a reviewed run can be approved")])


def _refuse_author(entry: Entry, actor: Actor) -> None:
    if entry.author is None:
        message = f"nobody knows who made `{entry.name}`: it was not made by `incentive run` in this project"
        raise InputProblems([Problem("no-author", message, hint="run it again into a folder of the project")])
    if same_person(entry.author, actor.name):
        message = f"`{actor.name}` made `{entry.name}`: somebody else has to approve it"
        raise InputProblems([Problem("own-run", message)])


def _reviewed_content(entry: Entry) -> str:
    """The fingerprint of the folder as it was reviewed, where nothing that the review found is left open."""
    review = entry.last("reviewed")
    assert review is not None
    failed = review.detail["failed"]
    if failed:
        message = f"the review of `{entry.name}` failed: {', '.join(failed)}"
        hint = "change what is wrong and run again, or waive each with a reason: incentive review … --waive ITEM"
        raise InputProblems([Problem("review-failed", message, hint=hint)])
    return str(review.detail["content"])


def _changed(entry: Entry) -> Problem:
    hint = f"review it again: incentive review {quote(entry.name)}"
    return Problem("changed-since", f"`{entry.name}` was changed since it was reviewed", hint=hint)
