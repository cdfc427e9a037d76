"""A correction is written into a folder, then booked in the ledger.

The folder takes its name first; one transaction then writes its lines. Whoever was killed in between types the same
command again, which finds the folder and books it. The correction is an event of what it stands on, so that of two
corrections of one state only one is booked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from incentive_engine.currencies import in_coins
from incentive_engine.engine.folder import refuse_existing
from incentive_engine.engine.run import rules_in
from incentive_engine.engine.running import Timings
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.clock import now
from incentive_engine.ledger.corrections.asking import decisions_in, open_questions
from incentive_engine.ledger.corrections.correcting import restate
from incentive_engine.ledger.corrections.settling import (
    CORRECTION_FILE,
    base_of,
    paid_run,
    refuse_closed,
    run_of,
)
from incentive_engine.ledger.corrections.writing import Correction, write_correction
from incentive_engine.ledger.database import decisions, lines, payments, questions
from incentive_engine.ledger.ledger import Entry, Ledger
from incentive_engine.ledger.project import Project
from incentive_engine.ledger.settled import settled
from incentive_engine.ledger.unchanged import refuse_changed
from incentive_engine.rulesets.loading import Rules


def correct(
    project: Project,
    folder: Path,
    data: Path,
    rules: Rules | None,
    into: str,
    out: Path,
    actor: Actor,
    timings: Timings,
    as_of: dt.date | None = None,
) -> Correction | None:
    """Restates the period of a paid run by what is known now, and books the difference into an open period.

    `rules`: those that are known to be right now, where they are other ones. `as_of`: facts that were recorded later
    are not known. None where nobody's pay changes and there is nothing new to ask: then nothing is written. Raises
    InputProblems.
    """
    project.policy.refuse_unless_may(actor, "correct")
    with project.ledger() as ledger:
        entries = ledger.entries()
        paid = paid_run(entries, folder)
        base = base_of(entries, paid.rule_set, paid.period)
        assert base is not None, "a run that was paid is one"
        _refuse_other_rules(rules, base)
        before = _unchanged(base)
        period = _open_period(base, into)
        _refuse_overtaken(entries, base, period)
        if (out / CORRECTION_FILE).is_file() and all(each.folder != out.resolve() for each in entries):
            return _book(ledger, base, _finished(out, base, period), actor)
        refuse_existing(out)
        _refuse_elsewhere(project, out)
        with ledger.reading() as connection:
            was = None if _is_alone(connection, base) else settled(connection, base.rule_set, base.period)
        waiting = {} if before is None else before.waiting
        found = restate(run_of(base), data, rules, was, decisions_in(ledger), waiting, timings, as_of)
        if found.lines.is_empty() and set(found.questions["question"]) == _asked(ledger, base):
            return None
        with timings.step("write"):
            written = write_correction(out, found, base, period, as_of)
        return _book(ledger, base, written, actor)


def _is_alone(connection: Connection, base: Entry) -> bool:
    """Whether nothing was paid or booked for the period but what the run pays: then its folder, unchanged, says it.

    A million payments are not read from the ledger one by one where a file has the same.
    """
    of_others = select(payments.c.id).where(
        payments.c.rule_set == base.rule_set,
        payments.c.period == base.period,
        payments.c.kind != "correction",
        payments.c.run_id != base.id,
    )
    booked = select(lines.c.id).where(lines.c.rule_set == base.rule_set, lines.c.of_period == base.period)
    others = (connection.execute(each.limit(1)).first() for each in (of_others, booked))
    return base.kind == "run" and not any(others)


def _refuse_elsewhere(project: Project, out: Path) -> None:
    if Project.of(out).folder != project.folder:
        hint = "write it into the project of the run"
        raise InputProblems([Problem("not-in-project", f"`{out}` is in another project", hint=hint)])


def _refuse_other_rules(rules: Rules | None, base: Entry) -> None:
    if rules is not None and rules.ruleset.rule_set != base.rule_set:
        hint = "give a later version of the rules that it was paid by"
        message = f"`{base.name}` was paid by `{base.rule_set}`, and these rules are `{rules.ruleset.rule_set}`"
        raise InputProblems([Problem("other-rule-set", message, hint=hint)])


def _unchanged(base: Entry) -> Correction | None:
    """The correction that the next one stands on, if it is one. Raises InputProblems where anything of it changed."""
    if base.kind == "run":
        refuse_changed(base.folder)
        return None
    before = Correction.open(base.folder)
    if before.fingerprint != base.fingerprint:
        hint = "take the folder from a copy kept elsewhere"
        message = f"`{base.name}` is not the correction that was booked"
        raise InputProblems([Problem("changed-correction", message, hint=hint)])
    return before


def _open_period(base: Entry, into: str) -> str:
    """The name of the period to book into. Raises InputProblems for one that is not later, or longer or shorter."""
    rules = rules_in(run_of(base))
    of, found = rules.period(base.period), rules.period(into)
    if found.start <= of.end:
        hint = "give the period that is paid next: `--into PERIOD`"
        message = f"{found.name} begins before {of.name}, which is corrected, ends"
        raise InputProblems([Problem("earlier-period", message, hint=hint)])
    if found.months != of.months:
        hint = "nobody would be paid the lines: give the period that is run next, of the same length"
        message = f"{found.name} is not as long as {of.name}, which is corrected"
        raise InputProblems([Problem("other-length", message, hint=hint)])
    return found.name


def _finished(out: Path, base: Entry, into: str) -> Correction:
    """A correction that was written and not booked, by somebody who was interrupted.

    Raises InputProblems where it is not of what is settled now, or was for another period.
    """
    found = Correction.open(out)
    if found.summary["base"]["fingerprint"] != base.fingerprint or found.summary["into"] != into:
        hint = "it was interrupted, and is of no use any more: remove it, or give another folder"
        message = f"`{out}` holds another correction than this one"
        raise InputProblems([Problem("folder-exists", message, hint=hint)])
    return found


def _asked(ledger: Ledger, base: Entry) -> set[str]:
    of_period = (
        each for each in open_questions(ledger) if (each.rule_set, each.period) == (base.rule_set, base.period)
    )
    return {each.name for each in of_period}


def _book(ledger: Ledger, base: Entry, correction: Correction, actor: Actor) -> Correction:
    """Writes all of it into the ledger, or nothing. Raises InputProblems where somebody was first."""
    of = {"rule_set": base.rule_set, "period": base.period}
    with ledger.writing() as connection:
        _refuse_overtaken(ledger.entries(), base, correction.summary["into"])
        name = correction.folder.resolve().relative_to(ledger.folder).as_posix()
        ledger.append(connection, base, "corrected", base.state, actor, {"correction": name})
        made = {"author": actor.name, "os_user": actor.os_user, "made_at": now()}
        told = {**of, "fingerprint": correction.fingerprint, **made}
        number = ledger.register(connection, correction.folder, "correction", "booked", told, actor)
        _book_lines(connection, correction, number)
        _ask(connection, correction, number)
    return correction


def _refuse_overtaken(entries: Sequence[Entry], base: Entry, into: str) -> None:
    """Raises InputProblems where something else was paid, booked, approved or begun since the correction began."""
    refuse_closed(entries, base.rule_set, into)
    last = base_of(entries, base.rule_set, base.period)
    if last is None or last.id != base.id:
        message = f"somebody else has corrected or paid {base.period} since"
        hint = "try again into another folder: what is left to correct is worked out anew"
        raise InputProblems([Problem("somebody-was-first", message, hint=hint)])
    of_period = (each for each in entries if (each.rule_set, each.period) == (base.rule_set, base.period))
    for entry in of_period:
        if entry.state == "exporting":
            hint = f"complete it first: `incentive export {entry.name} …`"
            message = f"the export of `{entry.name}` is not ended: what it pays is not settled yet"
            raise InputProblems([Problem("export-not-ended", message, hint=hint)])


def _book_lines(connection: Connection, correction: Correction, number: int) -> None:
    summary = correction.summary
    of = {"rule_set": summary["rule_set"], "of_period": summary["period"], "into_period": summary["into"]}
    rows = [
        {**of, "run_id": number, "id": row.pop("line"), **row, "amount": in_coins(row["amount"], row["currency"])}
        for row in correction.lines.iter_rows(named=True)
    ]
    if rows:
        connection.execute(insert(lines), rows)


def _ask(connection: Connection, correction: Correction, number: int) -> None:
    """Writes down what is to decide of the period now: what is not asked any more goes, unless it was decided."""
    of = {"rule_set": correction.summary["rule_set"], "period": correction.summary["period"]}
    of_period = (questions.c.rule_set == of["rule_set"]) & (questions.c.period == of["period"])
    known = set(connection.scalars(select(questions.c.id).where(of_period)))
    asked = set(correction.questions["question"])
    decided = set(connection.scalars(select(decisions.c.question)))
    for name in sorted(known - asked - decided):
        connection.execute(delete(questions).where(questions.c.id == name))
    for row in correction.questions.iter_rows(named=True):
        told = {"found": row["found"], "payee": row["payee"], "run_id": number}
        if row["question"] in known:
            connection.execute(update(questions).where(questions.c.id == row["question"]).values(**told))
        else:
            connection.execute(insert(questions).values(id=row["question"], asked_at=now(), **of, **told))
