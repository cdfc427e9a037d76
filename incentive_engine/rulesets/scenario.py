"""Scenarios: what would be otherwise, as a file says it. The rules that are in force stay untouched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import Discriminator, Field, StringConstraints, Tag

from incentive_engine.documents import Document, declare, read_document
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Declared, Label, SubjectKind, by_key
from incentive_engine.rulesets.tables import Column


class RuleChanges(Declared):
    """What is otherwise in the rule set, by path: keys with dots between, items of lists by their number from 1."""

    change: Annotated[
        dict[str, Any],
        Field(description="Values that are there: `plans.adviser.scorecard.customer.weight: 80%`."),
    ] = {}
    add: Annotated[dict[str, Any], Field(description="What is not there yet, at the end of its mapping or list.")] = {}
    remove: Annotated[tuple[str, ...], Field(description="What is there and shall not be.")] = ()


class ChangedNumber(Declared):
    """A number that becomes another: one of the three is said."""

    becomes: Annotated[Decimal | None, Field(alias="is", description="What it is then.")] = None
    times: Annotated[Decimal | None, Field(description="What it is multiplied by: `102%`.")] = None
    plus: Annotated[Decimal | None, Field(description="What is added to it; points of a percentage as `2%`.")] = None

    @property
    def said(self) -> tuple[Decimal | None, ...]:
        """The three ways to say it."""
        return self.becomes, self.times, self.plus


class FactChange(ChangedNumber):
    """Results that are otherwise. The facts behind them are not: as many as there were count for how sure they are."""

    kpi: Annotated[str, Field(description="The KPI.")]
    of: Annotated[SubjectKind | None, Field(description="Whose results; those of all kinds unless said.")] = None
    where: Annotated[
        Formula | None,
        Field(
            description='Of whom, over workforce columns: `department = "Care"`. Teams and departments are meant all '
            "of whose people are."
        ),
    ] = None


class ColumnChange(ChangedNumber):
    """A column of the workforce that is otherwise: everybody's salary, a team's working time."""

    column: Annotated[Column, Field(description="The column: a number.")]
    where: Annotated[Formula | None, Field(description="Of whom; everybody unless said.")] = None


class Hires(Declared):
    """People who come: copies of somebody, with results as that person has them."""

    hire: Annotated[int, Field(ge=1, le=100_000, description="How many.")]
    like: Annotated[str, Field(description="The payee whom they are copies of.")]
    starts: Annotated[dt.date, Field(alias="from", description="Their first day.")]


class Leavers(Declared):
    """People who leave."""

    leave: Annotated[dt.date, Field(description="Their last day.")]
    where: Annotated[Formula, Field(description='Who, over workforce columns: `payee = "P001"`.')]


PeopleChange = Annotated[
    Annotated[ColumnChange, Tag("column")] | Annotated[Hires, Tag("hire")] | Annotated[Leavers, Tag("leave")],
    Discriminator(by_key("column", "hire", "leave")),
]


class SteppedValues(Declared):
    """Values from one to another."""

    start: Annotated[Decimal, Field(alias="from", description="The first.")]
    to: Annotated[Decimal, Field(description="The last, if a step meets it.")]
    step: Annotated[Decimal, Field(gt=0, description="From one to the next.")]


def _form_of_values(value: Any) -> str:
    return "list" if isinstance(value, list | tuple) else "steps"


Values: TypeAlias = Annotated[
    Annotated[SteppedValues, Tag("steps")] | Annotated[tuple[Any, ...], Tag("list"), Field(min_length=1)],
    Discriminator(_form_of_values),
]


class Scenario(Declared):
    """What would be otherwise: in the rules, in the results, among the people; or one number through many values."""

    scenario: Annotated[
        Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")],
        Field(description="Its name: small letters, digits, hyphens."),
    ]
    title: Label
    rules: Annotated[RuleChanges, Field(description="What is otherwise in the rule set.")] = RuleChanges()
    facts: Annotated[tuple[FactChange, ...], Field(description="Results that are otherwise.")] = ()
    people: Annotated[tuple[PeopleChange, ...], Field(description="Who is otherwise, comes or leaves.")] = ()
    sweep: Annotated[
        dict[str, Values],
        Field(max_length=2, description="Numbers of the rule set, by path, through all these values; two make a grid."),
    ] = {}


def read_scenario(path: Path) -> tuple[Scenario, Document]:
    """The scenario in a file, and its document. Raises InputProblems with everything that is wrong with it."""
    document = read_document(path)
    scenario = declare(document, Scenario)
    problems = list(_not_one_change(scenario, document))
    if problems:
        raise InputProblems(problems)
    return scenario, document


def _not_one_change(scenario: Scenario, document: Document) -> Iterator[Problem]:
    """Numbers that would not become one other."""
    for section, changes in (("facts", scenario.facts), ("people", scenario.people)):
        for at, change in enumerate(changes):
            if isinstance(change, ChangedNumber) and sum(each is not None for each in change.said) != 1:
                message = "what becomes of this number is said once, by `is`, `times` or `plus`"
                yield Problem("one-change", message, document.at((section, at)), "write one of the three")
