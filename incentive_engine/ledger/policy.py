"""Who may do what in a project, and what its review lets pass: `policy.yaml`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from incentive_engine.documents import declare, read_document
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.kinds.base import Declared
from incentive_engine.ledger.actors import Actor, same_person
from incentive_engine.ledger.review.tolerances import Tolerances

POLICY_FILE: Final = "policy.yaml"

Action = Literal["run", "review", "adjust", "approve", "export", "correct", "purge"]
Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(description="Names, as `--by` declares them.")]


class May(Declared):
    """Who may do what, by declared names; where nobody is named, nobody may."""

    run: Annotated[Names, Field(description="Who may make runs.")] = ()
    review: Annotated[Names, Field(description="Who may review runs, and waive what a review found.")] = ()
    adjust: Annotated[Names, Field(description="Who may sign adjustments, as author or as approver.")] = ()
    approve: Annotated[Names, Field(description="Who may approve and reject runs.")] = ()
    export: Annotated[Names, Field(description="Who may export to payroll.")] = ()
    correct: Annotated[Names, Field(description="Who may correct paid periods, and decide questions.")] = ()
    purge: Annotated[Names, Field(description="Who may remove personal rows once they need not be kept.")] = ()


class Policy(Declared):
    """What a project's `policy.yaml` says."""

    company: Annotated[str, Field(min_length=1, description="Whose quarter this is.")]
    may: Annotated[May, Field(description="Who may do what, by declared names.")]
    checklist: Annotated[Tolerances, Field(description="What the review of a run lets pass.")] = Tolerances()
    retention: Annotated[
        str,
        Field(
            pattern=r"^[1-9]\d{0,1} years?$", description="How long personal rows are kept after a period: `5 years`."
        ),
    ] = "5 years"
    payroll: Annotated[str, Field(min_length=1, description="The file that says how payroll wants its lines.")] = (
        "payroll.yaml"
    )

    def allows(self, name: str, action: Action) -> bool:
        """Whether a declared name may do something."""
        allowed: tuple[str, ...] = getattr(self.may, action)
        return any(same_person(name, each) for each in allowed)

    def refuse_unless_may(self, actor: Actor, action: Action) -> None:
        """Raises InputProblems, with who may, where the actor may not."""
        if self.allows(actor.name, action):
            return
        allowed: tuple[str, ...] = getattr(self.may, action)
        who = f"by {POLICY_FILE}, {' and '.join(allowed)} may" if allowed else f"by {POLICY_FILE}, nobody may"
        message = f"`{actor.name}` may not {action} here: {who}"
        hint = f"say who you are with `--by NAME`, or change `may: {{{action}: […]}}` in {POLICY_FILE}"
        raise InputProblems([Problem("not-allowed", message, hint=hint)])

    def kept_until(self, period_end: dt.date) -> dt.date:
        """The last day on which personal rows of a period that ended then are kept."""
        years = int(self.retention.split()[0])
        day = 28 if (period_end.month, period_end.day) == (2, 29) else period_end.day
        return period_end.replace(year=period_end.year + years, day=day)


def home(path: Path) -> Path | None:
    """The folder of the project that a path is in, which need not be there yet; None where it is in none."""
    whole = path.resolve()
    return next((each for each in (whole, *whole.parents) if (each / POLICY_FILE).is_file()), None)


def read_policy(path: Path) -> Policy:
    """The policy in a file. Raises InputProblems with everything that is wrong with it, each where it is written."""
    return declare(read_document(path), Policy)
