"""A run inside a project: by somebody who may, with the corrections that its period owes, known to the ledger."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from incentive_engine.engine.folder import RUN_FILE, refuse_existing
from incentive_engine.engine.run import Run, run
from incentive_engine.engine.running import Timings
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.carrying import lines_into
from incentive_engine.ledger.clock import now
from incentive_engine.ledger.ledger import FINAL, Ledger
from incentive_engine.ledger.making import MADE_FILE, Made, made_in
from incentive_engine.ledger.project import Project
from incentive_engine.rulesets.loading import Rules


def run_in(
    project: Project,
    rules: Rules,
    data: Path,
    period: str,
    out: Path,
    actor: Actor,
    timings: Timings,
    formats: Sequence[str] = (),
    as_of: dt.date | None = None,
) -> Run:
    """Pays a workforce as `engine.run.run` does, and registers the run as a draft of the actor.

    Where an earlier attempt was interrupted after it had written the folder and before the ledger knew, the run is
    worked out again and must be the same. Raises InputProblems where the actor may not, and as `run` does.
    """
    project.policy.refuse_unless_may(actor, "run")
    with project.ledger() as ledger:
        _refuse_known(ledger, out)
        carried = lines_into(ledger, rules.ruleset.rule_set, rules.period(period).name)
        made = {MADE_FILE: Made(actor, now()).told()}
        write = partial(run, rules, data, period, formats=formats, as_of=as_of, corrections=carried, beside=made)
        if _is_unknown(ledger, out, actor):
            with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as elsewhere:
                again = write(out=Path(elsewhere) / out.name, timings=timings)
                if again.summary != Run.open(out).summary:
                    refuse_existing(out)
        else:
            write(out=out, timings=timings)
        ledger.run(out)
    return Run.open(out)


def _refuse_known(ledger: Ledger, out: Path) -> None:
    """A run keeps its folder to itself and, once it was approved, its name, even where the folder was lost."""
    for each in ledger.entries():
        if each.folder in out.resolve().parents:
            hint = "give a folder beside it: what is added to a run changes it"
            raise InputProblems([Problem("inside-run", f"`{out}` is inside the run `{each.name}`", hint=hint)])
        if each.folder == out.resolve() and each.state in FINAL and not out.exists():
            message = f"`{each.name}` is the name of a run that is {each.state}, and its folder is not there"
            hint = "bring it back from a copy, and give another folder"
            raise InputProblems([Problem("lost-run", message, hint=hint)])


def _is_unknown(ledger: Ledger, out: Path, actor: Actor) -> bool:
    """Whether the folder holds a whole run that the actor made and the ledger does not know."""
    if not (out / RUN_FILE).is_file():
        return False
    made = made_in(out)
    known = any(each.folder == out.resolve() and each.state != "replaced" for each in ledger.entries())
    return made is not None and made.by == actor and not known
