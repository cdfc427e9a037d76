"""Editions of a rule set: each in a file of its own, the newer one from its first day on, the older until then.

A period that crosses such a day is paid by one rule set made of both: what only one of them declares is taken from
it, what both declare under one name is the same in both, and the plans of each are in force on its own days. Every part
still has its place in its own file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from incentive_engine.documents import Document
from incentive_engine.errors import Location
from incentive_engine.mistakes import KeyPath
from incentive_engine.periods import Period
from incentive_engine.rulesets.in_force import EDITION, Days, InForce, same_terms
from incentive_engine.rulesets.models import Kpi, Plan, RuleSet
from incentive_engine.rulesets.versions import versions

SECTIONS: Final = ("sources", "history", "cases", "tables", "kpis", "populations", "curves", "pools")
"""What a rule set declares by name besides plans."""
_ALONE: Final = ("employment", "assignments", "leave", "exchange", "adjustments", "calendar")
"""What it may declare once."""
_ALWAYS: Final = ("currency", "timezone", "year_starts", "workforce", "results")
_ABOUT_KPIS: Final = frozenset({"compute", "over", "perspective", "better", "reliability", "rounding"})
"""What pay depends on of a KPI: the rest is words, and is that of the newer edition."""
_DAY = dt.timedelta(days=1)
EVER = (dt.date.min, dt.date.max)


@dataclass(frozen=True, slots=True)
class Edition:
    """A rule set as its own file says it."""

    ruleset: RuleSet
    document: Document


@dataclass(frozen=True)
class JoinedDocument(Document):
    """The document of an edition, in which some parts are told of as they stand elsewhere, or under another key."""

    of: Mapping[KeyPath, tuple[Document, KeyPath]] = field(default_factory=dict)
    """Where parts stand, by the first keys of their paths: a document, and the path there."""

    @classmethod
    def on(cls, document: Document, of: Mapping[KeyPath, tuple[Document, KeyPath]]) -> JoinedDocument:
        """The document with parts of others; what is not among them stands in itself."""
        return cls(document.file, document.data, document.text, of={(): (document, ()), **of})

    def at(self, path: KeyPath) -> Location:
        """Where the value at `path` is written."""
        document, there = self._place(path)
        return document.at(there)

    def key_at(self, path: KeyPath) -> Location:
        """Where the key of the value at `path` is written."""
        document, there = self._place(path)
        return document.key_at(there)

    def inside(self, path: KeyPath, offset: int) -> Location:
        """Where a character of the text at `path` is written."""
        document, there = self._place(path)
        return document.inside(there, offset)

    def written(self, path: KeyPath) -> str | None:
        """The scalar at `path` exactly as it is written."""
        document, there = self._place(path)
        return document.written(there)

    def _place(self, path: KeyPath) -> tuple[Document, KeyPath]:
        first = next(first for first in (path[:2], path[:1], ()) if first in self.of)
        document, there = self.of[first]
        return document, (*there, *path[len(first) :])


def in_force(editions: Sequence[Edition], days: Days) -> list[tuple[Edition, Days]]:
    """The editions that hold on some of the days, newest first, each with those on which it does."""
    found: list[tuple[Edition, Days]] = []
    last = days[1]
    for edition in editions:
        own = edition.ruleset.in_force or InForce()
        inside = own.within((days[0], last)) if last >= days[0] else None
        if inside is not None:
            found.append((edition, inside))
        last = min(last, (own.start or EVER[0] + _DAY) - _DAY)
    return found


def joined(editions: Sequence[tuple[Edition, Days]]) -> Edition:
    """One rule set made of editions, newest first, each on its days."""
    newest = editions[0][0]
    made: dict[str, Any] = {"plans": {}, **{section: {} for section in SECTIONS}}
    places: dict[KeyPath, tuple[Document, KeyPath]] = {}
    for edition, days in reversed(editions):
        rules, suffix = edition.ruleset, "" if edition is newest else f"{EDITION}{edition.ruleset.version}"
        for section in SECTIONS:
            made[section] |= getattr(rules, section)
            places |= {(section, name): (edition.document, (section, name)) for name in getattr(rules, section)}
        for name in _ALONE:
            if getattr(rules, name) is not None:
                made[name] = getattr(rules, name)
                places[name,] = (edition.document, (name,))
        for name, plan in rules.plans.items():
            inside = (plan.in_force or InForce()).within(days)
            if inside is not None:
                made["plans"][f"{name}{suffix}"] = _on(plan, inside)
                places["plans", f"{name}{suffix}"] = (edition.document, ("plans", name))
    return Edition(newest.ruleset.model_copy(update=made), JoinedDocument.on(newest.document, places))


def as_in(rules: Edition, period: Period) -> Edition:
    """The rule set with its plans as they are in a period: those in force, by the names that they have there.

    Each has the numbers of its days and is in force on them; who looks at `plans` meets what was paid.
    """
    found = list(versions(rules.ruleset, period))
    plans = {each.name: _on(each.plan, each.days, (period.start, period.end)) for each in found}
    if plans == rules.ruleset.plans:
        return rules
    places: dict[KeyPath, tuple[Document, KeyPath]] = {
        ("plans", each.name): (rules.document, ("plans", each.key)) for each in found
    }
    ruleset = rules.ruleset.model_copy(update={"plans": plans})
    return Edition(ruleset, JoinedDocument.on(rules.document, places))


def _on(plan: Plan, days: Days, period: Days = EVER) -> Plan:
    """The plan in force on some days of a period."""
    if (plan.in_force or InForce()).within(period) == days:
        return plan
    return plan.model_copy(update={"in_force": InForce.model_validate({"from": days[0], "to": days[1]})})


def changed(newer: RuleSet, older: RuleSet) -> Iterator[KeyPath]:
    """What both declare under one name and not alike: no number could be told by that name."""
    for section in SECTIONS:
        ours, theirs = getattr(newer, section), getattr(older, section)
        yield from ((section, name) for name in ours if name in theirs and not _alike(ours[name], theirs[name]))
    for name in _ALONE:
        ours, theirs = getattr(newer, name), getattr(older, name)
        if ours is not None and theirs is not None and not same_terms(ours, theirs):
            yield (name,)
    yield from ((name,) for name in _ALWAYS if getattr(newer, name) != getattr(older, name))


def _alike(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, Kpi) and isinstance(theirs, Kpi):
        return all(same_terms(getattr(ours, name), getattr(theirs, name)) for name in _ABOUT_KPIS)
    return same_terms(ours, theirs)
