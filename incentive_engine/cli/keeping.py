"""`verify` and `purge`: is a run still what it was; and what goes when it need not be kept any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentive_engine.cli.door import say
from incentive_engine.cli.options import BY, RUN_FOLDER
from incentive_engine.cli.progress import VERIFY_STEPS, steps_shown
from incentive_engine.cli.showing import counts

if TYPE_CHECKING:
    from incentive_engine.ledger.verifying import Verified


@click.command(short_help="Check that a run is what it was, to the cent.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@click.option("--head", metavar="FINGERPRINT", help="The head of its seal, as it was kept elsewhere.")
def verify(folder: Path, head: str | None) -> None:
    """Check that no file of a sealed run was changed, and work the run out again from its folder alone.

    RUN may be the folder of a correction. Whatever differs is named: the file, the person, the figure. Years later too:
    rules and accepted rows are inside.
    """
    from incentive_engine.engine.running import Timings
    from incentive_engine.ledger.verifying import verify

    with steps_shown(VERIFY_STEPS) as step:
        verified = verify(folder, Timings(on_step=step), head)
    for line in _found(verified):
        say(line)


@click.command(short_help="Remove the personal rows of a run after their time.")
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@BY
def purge(folder: Path, by: str | None) -> None:
    """Remove every personal row of a run from its folder and from the ledger; fingerprints and totals stay.

    Only after the time for which `policy.yaml` keeps them, and by those whom it allows to.
    """
    from incentive_engine.ledger.actors import Actor
    from incentive_engine.ledger.purging import purge

    actor = Actor.declared(by)
    purged = purge(folder, actor)
    say(f"{counts(len(purged.files) - len(purged.kept), 'file')} with personal rows removed by {actor}")
    say(f"What stays: {', '.join(purged.kept)}")
    say("Statements, payroll files and the data that the run was made from are elsewhere: they are yours to remove.")


def _found(verified: Verified) -> list[str]:
    """What was found to be right, a sentence each."""
    found = list(_seal(verified))
    if verified.purged is not None:
        found.append(f"Its personal rows were removed on {verified.purged.at[:10]} by {verified.purged.by}.")
    if verified.again is not None:
        tables = counts(verified.again.tables, "table")
        found.append(f"Worked out again from its folder alone: every figure of {tables} is the same.")
        if verified.again.rewritten:
            found.append(f"Other bytes, the same values: {', '.join(verified.again.rewritten)}")
    return found


def _seal(verified: Verified) -> Iterator[str]:
    manifest, chain = verified.manifest, verified.chain
    if verified.booked is not None:
        known = "the ledger has booked it" if verified.booked else "no ledger has booked it"
        yield f"A correction: every file is what it was when it was written, and {known}."
        return
    if manifest is None:
        yield "Not sealed: nothing says what its files held before. Approving a run seals it."
        return
    yield f"Sealed as number {manifest.number}; every file is what it was then."
    yield f"Head {manifest.head}"
    if chain is None:
        yield "In no project: compare the head with the one that you kept elsewhere."
        return
    yield f"The ledger agrees; the chain of {counts(chain.seals, 'seal')} is whole."
    if chain.elsewhere:
        yield f"Of sealed runs that are not there, only the ledger tells: {', '.join(chain.elsewhere)}"
