"""The close checklist: its items in order, what each of them found, and who waived what.

An item is a function from what is looked at to what it found; it never raises for what it finds. Whoever waives an item
waives what it found: should it find something else the next time, the waiver is gone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.review import amounts, changes, decided, people, sums, targets
from incentive_engine.ledger.review.findings import Finding, Rows
from incentive_engine.ledger.review.looked_at import LookedAt

State = Literal["pass", "fail", "waived"]


@dataclass(frozen=True, slots=True)
class Kind:
    """An item that every review has: its name, what it is called, and how it looks."""

    name: str
    title: str
    look: Callable[[LookedAt], Finding]


ITEMS: Final = (
    Kind("population", "Everybody is accounted for", sums.population),
    Kind("totals", "The parts add up to the totals", sums.totals),
    Kind("movers", "Top movers since the run before", amounts.movers),
    Kind("outliers", "Payouts far above target", amounts.outliers),
    Kind("caps", "Payouts at a cap", amounts.caps),
    Kind("zeros", "Payouts of zero", amounts.zeros),
    Kind("held", "People held, and why", people.held),
    Kind("small_numbers", "Results on too few facts", people.small_numbers),
    Kind("translations", "Missing translations", people.translations),
    Kind("late_targets", "Targets told late", targets.late_targets),
    Kind("rules", "Changes of rules since the run before", changes.rule_changes),
    Kind("adjustments", "Adjustments and who signed them", decided.adjustments),
    Kind("corrections", "Corrections of earlier periods", decided.corrections),
    Kind("questions", "Questions to decide", decided.questions),
    Kind("payroll", "Payroll's file", decided.payroll),
)


@dataclass(frozen=True, slots=True)
class Waiver:
    """Who lets an item pass that failed, why and when; `found`: the fingerprint of what it had found."""

    by: str
    because: str
    at: str
    found: str


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a review; `hint` says what to do where it fails."""

    name: str
    title: str
    state: State
    found: str
    hint: str
    rows: Rows
    waived: Waiver | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what the item found."""
        told = json.dumps([self.name, self.found, asdict(self.rows)], ensure_ascii=False)
        return hashlib.sha256(told.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Review:
    """What a review of a run found. `previous`: the run that it was compared with, if there was one."""

    folder: Path
    title: str
    rule_set: str
    version: str
    period: str
    run: str
    """SHA-256 of its run.json."""
    previous: str | None
    actor: Actor
    at: str
    items: tuple[Item, ...]

    @property
    def failed(self) -> tuple[Item, ...]:
        """Those that neither pass nor are waived."""
        return tuple(item for item in self.items if item.state == "fail")

    def count(self, state: str) -> int:
        """How many items are in a state."""
        return sum(item.state == state for item in self.items)


def looked_through(look: LookedAt) -> tuple[Item, ...]:
    """Every item with what it found, none of them waived."""
    return tuple(_item(kind, kind.look(look)) for kind in ITEMS)


def _item(kind: Kind, found: Finding) -> Item:
    state: State = "pass" if found.passed else "fail"
    return Item(kind.name, kind.title, state, found.found, "" if found.passed else found.hint, found.rows)


def refuse_unknown(names: Iterable[str]) -> None:
    """Raises InputProblems for names that no item has."""
    known = [kind.name for kind in ITEMS]
    problems = [
        Problem("unknown-item", f"the checklist has no item `{name}`", hint=did_you_mean(name, known) or _all(known))
        for name in names
        if name not in known
    ]
    if problems:
        raise InputProblems(problems)


def _all(known: list[str]) -> str:
    return f"it has {', '.join(known)}"


def waived(items: Iterable[Item], earlier: Mapping[str, Waiver], wishes: Mapping[str, Waiver]) -> tuple[Item, ...]:
    """The items with those waived that failed and that somebody waives now, or waived when they had found the same.

    Raises InputProblems for wishes about items that pass: a waiver says that something is wrong.
    """
    told = tuple(items)
    passed = [item for item in told if item.state == "pass" and item.name in wishes]
    if passed:
        problems = [Problem("nothing-to-waive", f"`{item.name}` passes: {item.found}") for item in passed]
        raise InputProblems(problems)
    return tuple(_with_waiver(item, earlier.get(item.name), wishes.get(item.name)) for item in told)


def _with_waiver(item: Item, earlier: Waiver | None, wish: Waiver | None) -> Item:
    if item.state == "pass":
        return item
    kept = earlier if earlier is not None and earlier.found == item.fingerprint else None
    waiver = kept if wish is None else replace(wish, found=item.fingerprint)
    return item if waiver is None else replace(item, state="waived", waived=waiver)


def as_data(item: Item) -> dict[str, Any]:
    """The item as plain data for JSON."""
    return {
        "name": item.name,
        "title": item.title,
        "state": item.state,
        "found": item.found,
        "hint": item.hint,
        "columns": list(item.rows.columns),
        "rows": [list(row) for row in item.rows.rows],
        "rows_in_all": item.rows.count,
        "waived": None if item.waived is None else asdict(item.waived),
    }
