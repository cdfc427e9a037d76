"""What every check looks at: a rule set, and the document that it was declared from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from pydantic import BaseModel

from incentive_engine.documents import Document
from incentive_engine.errors import Location, Problem, did_you_mean
from incentive_engine.formulas import Formula
from incentive_engine.rulesets.editions import Edition
from incentive_engine.rulesets.in_force import on_day
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import KeyPath
from incentive_engine.rulesets.versions import days_of_change
from incentive_engine.rulesets.walked import Walked
from incentive_engine.rulesets.walking import Placed, PlacedWay, ways_of

_LISTED = 12


@dataclass(frozen=True)
class Checked(Walked):
    """A rule set and the document that it was declared from."""

    document: Document
    before: tuple[Edition, ...] = ()
    """The editions that it follows, the newest first."""
    over_time: RuleSet | None = None
    """With all values of its numbers, where `rules` has those of one day."""

    @cached_property
    def ways(self) -> tuple[tuple[Placed, PlacedWay, str], ...]:
        """Every way of every measure, with the name of its KPI."""
        return tuple((placed, way, kpi) for placed, _, kpi in self.measures for way in ways_of(placed))

    @cached_property
    def named_columns(self) -> tuple[tuple[KeyPath, str], ...]:
        """The workforce columns that are named outside formulas, each with its place."""
        rules = self.rules
        keys: dict[KeyPath, tuple[str, ...]] = {("exchange", "own"): rules.exchange.own if rules.exchange else ()}
        keys |= {("tables", name, "keys"): table.keys for name, table in rules.tables.items()}
        keys |= {("populations", name, "by"): each.by for name, each in rules.populations.items()}
        keys |= {("assignments", "also"): rules.assignments.also if rules.assignments else ()}
        keys |= {("history", name, "gives"): each.gives for name, each in rules.history.items()}
        numbers = [column for placed in self.nodes for column in placed.columns.items()]
        return (
            *(((*at, index), name) for at, names in keys.items() for index, name in enumerate(names)),
            *(((*at, "column"), parameter.column) for at, parameter in numbers),
        )

    def kpis_in(self, formula: Formula) -> list[str]:
        """The KPIs that a formula reads, itself or through the curves that it calls."""
        called = [self.rules.curves[name].across for name in sorted(formula.calls & self.rules.curves.keys())]
        formulas = [formula, *(across for across in called if across is not None)]
        return sorted(frozenset[str]().union(*(each.names for each in formulas)) & self.rules.kpis.keys())

    def at(self, *path: str | int) -> Location:
        """Where a value is written."""
        return self.document.at(path)

    def key(self, *path: str | int) -> Location:
        """Where the key of a value is written."""
        return self.document.key_at(path)


C = TypeVar("C", bound=Checked)


def at_all_times(checked: C) -> list[C]:
    """The rule set with the numbers of each day on which one changes; as it is where none does."""
    days = {day for plan in checked.rules.plans.values() for day in days_of_change(plan)}
    return [_on_day(checked, day) for day in sorted(days)] or [checked]


def _on_day(checked: C, day: dt.date) -> C:
    plans = {name: on_day(plan, day) for name, plan in checked.rules.plans.items()}
    return replace(checked, rules=checked.rules.model_copy(update={"plans": plans}), over_time=checked.rules)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is checked: what it tells, and of which parts of a rule set."""

    problems: Callable[[Checked], Iterator[Problem]]
    codes: tuple[str, ...]
    about: tuple[type[BaseModel], ...]

    def __call__(self, checked: Checked) -> Iterator[Problem]:
        return self.problems(checked)

    @property
    def guarantees(self) -> str:
        """What holds where the check finds nothing, in one sentence."""
        return " ".join((self.problems.__doc__ or "").split("\n\n")[0].split())


def tells(*codes: str, about: tuple[type[BaseModel], ...]) -> Callable[[Callable[[Checked], Iterator[Problem]]], Check]:
    """Declares a check with its codes, where it is written: the reference lists them with the parts they are about."""
    return lambda problems: Check(problems, codes, about)


def unknown(what: str, name: str, where: Location, known: Iterable[str], section: str) -> Problem:
    """A name that nothing has: the nearest one that something has, or all of them where they are few."""
    known = sorted(known)
    listed = ", ".join(f"`{each}`" for each in known[:_LISTED]) + (", …" if len(known) > _LISTED else "")
    hint = did_you_mean(name, known) or (f"{section} has {listed}" if known else f"{section} has none")
    return Problem(f"unknown-{what.lower().replace(' ', '-')}", f"there is no {what} `{name}`", where, hint)
