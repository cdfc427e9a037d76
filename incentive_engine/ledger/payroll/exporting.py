"""Export to payroll in two steps: what will be paid is written into the ledger, then the file takes its place.

The first step is one transaction that reads what is settled and writes what is paid beyond it: nobody else writes in
between, so that nothing is paid twice. Whoever is killed after it finds the payments in the ledger, and the same
command writes the same file.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, select

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.database import events, payments, runs
from incentive_engine.ledger.ledger import Entry, Ledger
from incentive_engine.ledger.payroll.balancing import check_balance
from incentive_engine.ledger.payroll.carried import carry, open_lines, uncarried
from incentive_engine.ledger.payroll.due import RunToPay, kept, run_to_pay, settled_of, still_due
from incentive_engine.ledger.payroll.mapping import Payroll, read_payroll
from incentive_engine.ledger.payroll.parcel import Parcel, clear_drafts, packed, place, refuse_taken, targets
from incentive_engine.ledger.payroll.paying import Payment, lines_of, payments_of
from incentive_engine.ledger.payroll.refusing import (
    refuse_forgotten,
    refuse_inside_runs,
    refuse_purged,
    refuse_unless_payable,
)
from incentive_engine.ledger.project import Project
from incentive_engine.ledger.settled import settled
from incentive_engine.ledger.unchanged import refuse_changed

_EXPORTING: Final = "exporting"
_OF_PAYMENT: Final = ("payee", "payroll_id", "legal_entity", "pays", "kind", "pay_code", "currency", "amount")
_values: Final = attrgetter(*_OF_PAYMENT)


@dataclass(frozen=True, slots=True)
class Exported:
    """What was handed over. `kept`: payees who were paid for something that this run does not pay: they keep it.

    `left_open`: how many correction lines are booked into the period that no run has paid. `without_line`: how many
    payees have no line because their amounts are zero, or cancel out.
    """

    parcel: Parcel
    kept: tuple[str, ...] = ()
    left_open: int = 0
    without_line: int = 0


@dataclass(frozen=True, slots=True)
class _Export:
    """One export: of which run, by which mapping, to where."""

    project: Project
    ledger: Ledger
    entry: Entry
    payroll: Payroll
    run: RunToPay
    out: Path
    delta: bool

    def parcel(self, paid: Sequence[Payment], *, delta: bool) -> Parcel:
        about = {"rule_set": self.entry.rule_set, "period": self.entry.period, "run": self.entry.fingerprint}
        lines = lines_of(paid, self.run.people)
        return packed(lines, self.payroll, self.run.period, {**about, "delta": delta}, self.out)

    @property
    def place(self) -> str:
        """Where it goes, from the project's folder: the project may be moved."""
        return Path(os.path.relpath(self.out, self.project.folder)).as_posix()


def export(project: Project, folder: Path, out: Path, actor: Actor, *, delta: bool = False) -> Exported:
    """Pays a run: writes what is due and was not paid for payroll, and into the ledger that it is paid.

    `delta`: the period was paid by another run already, and only what is due beyond that is exported. An export that
    was interrupted is completed. Raises InputProblems where the actor may not, the run cannot be paid or was paid, and
    for everything that keeps lines from being written.
    """
    project.policy.refuse_unless_may(actor, "export")
    payroll = read_payroll(project.folder / project.policy.payroll)
    with project.ledger() as ledger:
        entry = ledger.run(folder)
        refuse_unless_payable(entry)
        refuse_inside_runs(ledger, out)
        paths = targets(payroll, out)
        refuse_changed(entry.folder)
        job = _Export(project, ledger, entry, payroll, run_to_pay(entry.folder), out.resolve(), delta)
        if entry.state == _EXPORTING:
            done = Exported(_written_before(job))
        else:
            refuse_taken(paths)
            refuse_forgotten(ledger)
            done = _begin(job, actor)
        place(done.parcel, payroll, job.out)
        now = ledger.again(entry)
        refuse_unless_payable(now)  # somebody else may have completed it at the same moment
        ledger.record(now, "exported", "paid", actor)
        clear_drafts(payroll, job.out)
    return done


def copy(project: Project, folder: Path, out: Path, actor: Actor) -> Exported:
    """The same files once more, for payroll to look at: nothing is paid, and the ledger says who took the copy.

    Raises InputProblems where nothing was exported, or where the mapping was changed since.
    """
    project.policy.refuse_unless_may(actor, "export")
    payroll = read_payroll(project.folder / project.policy.payroll)
    with project.ledger() as ledger:
        entry = ledger.run(folder)
        if entry.state != "paid":
            hint = "leave `--copy` out to export it"
            message = f"`{entry.name}` is {entry.state}: nothing was exported of which there could be a copy"
            raise InputProblems([Problem("not-paid", message, hint=hint)])
        refuse_inside_runs(ledger, out)
        refuse_taken(targets(payroll, out))
        refuse_purged(entry)
        refuse_changed(entry.folder)
        job = _Export(project, ledger, entry, payroll, run_to_pay(entry.folder), out.resolve(), delta=False)
        parcel = _written_before(job)
        ledger.record(entry, "copied", "paid", actor, {"out": job.place})
        place(parcel, payroll, job.out)
    return Exported(parcel)


def _begin(job: _Export, actor: Actor) -> Exported:
    """Writes into the ledger what is paid now, as one transaction."""
    entry, run = job.entry, job.run
    with job.ledger.writing() as connection:
        before = settled(connection, entry.rule_set, entry.period)
        if before["payee"].null_count():
            raise InputProblems([_purged(entry)])
        again = _was_paid(connection, entry)
        if again is not None and not job.delta:
            raise InputProblems([_paid_already(entry, again)])
        due = still_due(run.due, before)
        carried = uncarried(connection, entry, run.corrections)
        paid = [*payments_of(due, run.people, job.payroll), *payments_of(carried, run.people, job.payroll)]
        if again is not None and not paid:
            raise InputProblems([_nothing_left(entry, again)])
        parcel = job.parcel(paid, delta=again is not None)
        lines = parcel.all_lines
        others = run.corrections.join(carried, on="line", how="anti")
        check_balance(run.owed, [settled_of(run.due, before), others], lines)
        detail = {"out": job.place, "files": parcel.fingerprints, "delta": again is not None}
        job.ledger.append(connection, entry, _EXPORTING, _EXPORTING, actor, detail)
        about = {"run_id": entry.id, "rule_set": entry.rule_set, "period": entry.period}
        if paid:
            rows = [{**about, **dict(zip(_OF_PAYMENT, _values(each), strict=True))} for each in paid]
            connection.execute(insert(payments), rows)
        carry(connection, entry, carried)
        left_open = open_lines(connection, entry)
    silent = len(run.payees - {line.payee for line in lines}) if again is None else 0
    return Exported(parcel, tuple(kept(run.due, before)), left_open, silent)


def _was_paid(connection: Connection, entry: Entry) -> str | None:
    """Another run of the same period that was exported; None where there is none."""
    of_period = (runs.c.rule_set == entry.rule_set, runs.c.period == entry.period, runs.c.id != entry.id)
    exported = select(runs.c.folder).join(events).where(events.c.state == _EXPORTING, *of_period)
    return connection.scalar(exported.order_by(events.c.id.desc()).limit(1))


def _written_before(job: _Export) -> Parcel:
    """The parcel of an export that the ledger knows. Raises InputProblems where it would be another one now."""
    begun = job.entry.last(_EXPORTING)
    assert begun is not None, "a run that is exported has an event that says so"
    if job.entry.state == _EXPORTING and begun.detail["out"] != job.place:
        where = os.path.relpath(job.project.folder / begun.detail["out"])
        message = f"the export of `{job.entry.name}` to `{where}` by {begun.name} did not end"
        raise InputProblems([Problem("export-not-ended", message, hint=f"complete it first: `--out {where}`")])
    mine = select(*(payments.c[name] for name in _OF_PAYMENT)).where(payments.c.run_id == job.entry.id)
    with job.ledger.reading() as connection:
        paid = [Payment(*row) for row in connection.execute(mine)]
    parcel = job.parcel(paid, delta=begun.detail["delta"])
    if parcel.fingerprints != begun.detail["files"]:
        hint = "bring payroll.yaml back as it was then"
        message = f"payroll.yaml was changed since `{job.entry.name}` was exported: the file would be another one"
        raise InputProblems([Problem("changed-since", message, hint=hint)])
    return parcel


def _paid_already(entry: Entry, other: str) -> Problem:
    hint = "export what is due beyond that: `--delta`"
    return Problem("already-paid", f"{entry.period} was paid already, by the run `{other}`", hint=hint)


def _purged(entry: Entry) -> Problem:
    message = f"what was paid to whom for {entry.period} is not known any more: the personal rows were removed"
    return Problem("purged", message, hint="nothing more can be paid for that period")


def _nothing_left(entry: Entry, other: str) -> Problem:
    message = f"`{entry.name}` owes nothing beyond what was paid for {entry.period}, by the run `{other}`"
    return Problem("already-paid", message, hint="there is nothing to export")
