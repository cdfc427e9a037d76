"""A review: the checklist gone through for one run, written into its folder, and noted in the ledger of its project.

Everything is worked out again from the run folder, whatever was reviewed before. The two files are part of the folder
when it is sealed; `reviewed` in the ledger says what the folder held then, so that only that can be approved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from incentive_engine.engine.folder import RUN_FILE, fingerprint, place
from incentive_engine.engine.run import Run
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.clock import now
from incentive_engine.ledger.corrections.asking import open_questions
from incentive_engine.ledger.ledger import FOLLOWING, Entry, Ledger, refuse_preview
from incentive_engine.ledger.manifest import Manifest, content_of
from incentive_engine.ledger.project import Project
from incentive_engine.ledger.review.checklist import Review, Waiver, as_data, looked_through, refuse_unknown, waived
from incentive_engine.ledger.review.looked_at import LookedAt, Written
from incentive_engine.ledger.review.pages import html
from incentive_engine.ledger.settled import paid_besides
from incentive_engine.periods import Period

REVIEW_FILE: Final = "review.json"
PAGE: Final = "review.html"
FORMAT: Final = 1
_PAYOUTS: Final = "payouts.parquet"
"""A run whose personal rows were purged has none: there is nothing to compare with."""
_SURE: Final = frozenset({"approved", "exporting", "paid"})


def review(
    folder: Path | str, actor: Actor, *, previous: Path | str | None = None, waive: Mapping[str, str] = {}
) -> Review:
    """Goes through the checklist for a run, writes it into its folder and, in a project, notes it in the ledger.

    `previous`: the run to compare with; in a project the last that was approved or paid unless said. `waive`: reasons,
    by item. Raises InputProblems for folders that hold no run, a run that was approved or rejected, items that there
    are not or that pass, and people who may not review.
    """
    folder = Path(folder)
    refuse_unknown(waive)
    run = Run.open(folder)
    refuse_preview(folder, run.summary)
    project = Project.at(folder)
    if project is None:
        if Manifest.read(folder) is not None:
            raise InputProblems([_closed(folder, "sealed")])
        look = LookedAt(Written(folder), _written(previous))
        found = _found(run, look, actor, waive, _waivers_in(folder))
        _place(found)
        return found
    project.policy.refuse_unless_may(actor, "review")
    with project.ledger() as ledger:
        entry = ledger.run(folder)
        if "reviewed" not in FOLLOWING[entry.state]:
            raise InputProblems([_closed(folder, entry.state)])
        before = _written(previous or _before(ledger, entry))
        look = _look(Written(folder), before, project, ledger)
        found = _found(run, look, actor, waive, _waivers_of(entry))
        with ledger.writing() as connection:
            ledger.refuse_if_older(connection, entry)  # nothing is put into a folder that was approved meanwhile
            _place(found)
            ledger.append(connection, entry, "reviewed", "reviewed", actor, _noted(found))
    return found


def _look(now: Written, before: Written | None, project: Project, ledger: Ledger) -> LookedAt:
    """What is looked at in a project, by its policy."""
    policy, rule_set = project.policy, now.run.summary["rule_set"]
    asked = tuple(each for each in open_questions(ledger) if each.rule_set == rule_set)
    mapping = project.folder / policy.payroll
    with ledger.reading() as connection:
        besides = paid_besides(connection, rule_set, now.period)
    return LookedAt(
        now,
        before,
        policy.checklist,
        may_sign=lambda name: policy.allows(name, "adjust"),
        questions=asked,
        payroll=mapping if mapping.is_file() else None,
        paid_besides=besides,
    )


def _found(run: Run, look: LookedAt, actor: Actor, waive: Mapping[str, str], earlier: Mapping[str, Waiver]) -> Review:
    """The review, worked out."""
    at = now().isoformat()
    wishes = {name: Waiver(actor.name, _reason(name, because), at, "") for name, because in waive.items()}
    folder, summary = look.now.folder, run.summary
    return Review(
        folder=folder,
        title=summary["title"].get("en") or next(iter(summary["title"].values())),
        rule_set=summary["rule_set"],
        version=summary["version"],
        period=summary["period"],
        run=fingerprint((folder / RUN_FILE).read_bytes()),
        previous=None if look.before is None else look.before.name,
        actor=actor,
        at=at,
        items=waived(looked_through(look), earlier, wishes),
    )


def _place(review: Review) -> None:
    """Puts the review into its run's folder."""
    place(_text(review), review.folder, REVIEW_FILE)
    place(html(review).encode("utf-8"), review.folder, PAGE)


def _noted(review: Review) -> dict[str, Any]:
    """What the ledger notes of a review that is in its folder: what the folder holds now, what fails, who waived."""
    kept = {item.name: asdict(item.waived) for item in review.items if item.waived is not None}
    return {"content": content_of(review.folder), "failed": [item.name for item in review.failed], "waived": kept}


def _closed(folder: Path, state: str) -> Problem:
    hint = "it stays as it is; run again into another folder, and review that"
    return Problem("closed-run", f"`{folder}` is {state}: it cannot be reviewed any more", hint=hint)


def _reason(name: str, because: str) -> str:
    said = " ".join(because.split())
    if not any(map(str.isalnum, said)):
        hint = "write why it may pass: `--waive ITEM --because REASON`"
        raise InputProblems([Problem("no-reason", f"waiving `{name}` needs a reason", hint=hint)])
    return said


def _text(review: Review) -> bytes:
    told = {
        "format": FORMAT,
        "run": review.run,
        "previous": review.previous,
        "reviewed": {"by": review.actor.name, "os_user": review.actor.os_user, "at": review.at},
        "items": [as_data(item) for item in review.items],
    }
    return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _written(folder: Path | str | None) -> Written | None:
    if folder is None:
        return None
    Run.open(folder)
    return Written(Path(folder))


def _before(ledger: Ledger, entry: Entry) -> Path | None:
    """The last run of the rule set for the latest period before that was approved or paid."""
    sure = [
        (Period.parse(each.period).start, at, each.folder)
        for at, each in enumerate(ledger.entries())
        if each.kind == "run" and each.rule_set == entry.rule_set and each.state in _SURE
    ]
    first_day = Period.parse(entry.period).start
    earlier = (each for each in sure if each[0] < first_day and (each[2] / _PAYOUTS).is_file())
    return max(earlier, default=(None, 0, None))[2]


def _waivers_of(entry: Entry) -> dict[str, Waiver]:
    """What was waived when the run was reviewed last, as the ledger has it: a file can be written by anybody."""
    last = entry.last("reviewed")
    return {} if last is None else {name: Waiver(**each) for name, each in last.detail["waived"].items()}


def _waivers_in(folder: Path) -> dict[str, Waiver]:
    """What was waived before outside a project, where the folder is all that there is."""
    try:
        items = json.loads((folder / REVIEW_FILE).read_text(encoding="utf-8"))["items"]
        return {item["name"]: Waiver(**item["waived"]) for item in items if item["waived"] is not None}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}
