"""People who are otherwise in a scenario: paid or working otherwise, newly hired as copies of somebody, or gone.

Who is hired has the results, the place and the own numbers of whom they are like, and facts of nobody: a team's result
stays that of those who were there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from incentive_engine.documents import Document
from incentive_engine.engine.fitting import fitted, fitted_tables
from incentive_engine.engine.measured import FIRST, LAST, SUBJECT, VALUE, Measured, Result
from incentive_engine.engine.segments import People
from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.exact import Exact
from incentive_engine.facts import Accepted, Table, TableContract
from incentive_engine.periods import Period
from incentive_engine.rulesets.contracts import ASSIGNMENTS, EMPLOYMENT, WORKFORCE
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.scenario import ColumnChange, Hires, Leavers, PeopleChange
from incentive_engine.simulation.scenarios.other_facts import moved
from incentive_engine.simulation.scenarios.whom import Place, payees_where

_LIKE: Final = "\0like"  # no header is so


@dataclass(frozen=True, slots=True)
class OtherPeople:
    """The tables with people as a scenario has them.

    `likes`: whom each of those who are hired is like. `counts`: how many people each change means.
    """

    accepted: Accepted
    likes: Mapping[str, str]
    counts: tuple[int, ...]


def with_other_people(
    accepted: Accepted,
    rules: Rules,
    people: People,
    period: Period,
    changes: Sequence[PeopleChange],
    document: Document | None = None,
) -> OtherPeople:
    """The tables with the changes made; each means people as they are without all of them.

    Raises InputProblems for columns and payees that are not there, and where nobody is meant.
    """
    made, problems = _Making(accepted, rules, people, period), list[Problem]()
    counts = list[int]()
    for at, change in enumerate(changes):
        try:
            counts.append(made.change(change, Place(document, ("people", at))))
        except InputProblems as found:
            problems += found.problems
    if problems:
        raise InputProblems(problems)
    tables = fitted_tables(rules.ruleset, Accepted(made.tables, accepted.held))
    return OtherPeople(tables, made.likes, tuple(counts))


def with_results_of_copies(measured: Measured, likes: Mapping[str, str]) -> Measured:
    """The results, those who were hired having those of whom they are like."""
    if not likes:
        return measured
    sheets = tuple(
        {key: _copied(result, likes) if key.subject_kind == "payee" else result for key, result in sheet.items()}
        for sheet in measured.sheets
    )
    return replace(measured, sheets=sheets)


def _copied(result: Result, likes: Mapping[str, str]) -> Result:
    """The result with the rows of copies as those of whom they are like, on the same days."""
    frame = result.frame
    own = [name for name in (SUBJECT, FIRST, LAST) if name in frame.columns]
    like = pl.col(SUBJECT).replace_strict(list(likes), list(likes.values()), default=pl.col(SUBJECT))
    wanted = frame.select(*own).with_columns(like.alias(_LIKE))
    theirs = frame.rename({SUBJECT: _LIKE})
    keys = [_LIKE, *own[1:]]
    copied = wanted.join(theirs, on=keys, how="left", maintain_order="left").select(frame.columns)
    column, scale = fitted(copied[VALUE], result.scale.places)
    return replace(result, frame=copied.with_columns(column), scale=scale)


class _Making:
    """Tables on their way to those of a scenario."""

    def __init__(self, accepted: Accepted, rules: Rules, people: People, period: Period) -> None:
        self._rules, self._people, self._period = rules, people, period
        self._contracts = {each.name: each for each in rules.contracts}
        self._there = set(accepted.tables[WORKFORCE].frame["payee"])
        self.tables = dict(accepted.tables)
        self.likes: dict[str, str] = {}

    def change(self, change: PeopleChange, place: Place) -> int:
        """Makes one change; how many people it means. Raises InputProblems."""
        if isinstance(change, Hires):
            return self._hire(change, place)
        payees = payees_where(change.where, self._people.table, self._period, place)
        if isinstance(change, Leavers):
            self._leave(payees, change.leave, place)
        else:
            self._move(payees, change, place)
        return len(payees)

    def _move(self, payees: pl.Series, change: ColumnChange, place: Place) -> None:
        """Changes a number of some people, whichever tables say it."""
        holding = [name for name in self._of_people() if change.column in self.tables[name].scales]
        if not holding:
            known = self.tables[WORKFORCE].scales
            hint = did_you_mean(change.column, known) or "they are " + ", ".join(f"`{name}`" for name in known)
            message = f"the rules read no number of the workforce called `{change.column}`"
            raise InputProblems([Problem("unknown-column", message, place.at("column"), hint)])
        for name in holding:
            self.tables[name] = _moved_column(self.tables[name], self._contracts[name], payees, change, place)

    def _leave(self, payees: pl.Series, last: dt.date, place: Place) -> None:
        """Lets people leave: no later than they do anyway."""
        ends = {EMPLOYMENT: "to"} if EMPLOYMENT in self.tables else {}
        ends |= {WORKFORCE: "left"} if "left" in self.tables[WORKFORCE].frame.columns else {}
        if not ends:
            raise InputProblems([Problem("no-days", "nothing in the rules asks when people leave", place.at("leave"))])
        for name, column in ends.items():
            frame, day = self.tables[name].frame, pl.col(column)
            meant = pl.col("payee").is_in(payees.implode()) & (day.is_null() | (day > last))
            ended = pl.when(meant).then(pl.lit(last)).otherwise(day).alias(column)
            self.tables[name] = replace(self.tables[name], frame=frame.with_columns(ended))
        if EMPLOYMENT in self.tables:
            frame = self.tables[EMPLOYMENT].frame.filter(
                ~pl.col("payee").is_in(payees.implode()) | (pl.col("from") <= last)
            )
            self.tables[EMPLOYMENT] = replace(self.tables[EMPLOYMENT], frame=frame)

    def _hire(self, change: Hires, place: Place) -> int:
        """Copies somebody, under names of their own."""
        if change.like not in self._there:
            hint = did_you_mean(change.like, self._there)
            raise InputProblems([Problem("unknown-payee", f"nobody is called `{change.like}`", place.at("like"), hint)])
        hired = "hired" in self.tables[WORKFORCE].frame.columns
        if not hired and change.starts > self._period.start:
            message = "nothing in the rules asks when people were hired"
            raise InputProblems([Problem("no-days", message, place.at("from"), "let them start before the period")])
        names = pl.Series("payee", list(self._names(change)))
        self.likes |= dict.fromkeys(names, change.like)
        for name in self._copied_tables():
            self.tables[name] = _with_copies(self.tables[name], self._contracts[name], change.like, names)
        days = {"hired": change.starts, "left": None}
        workforce, new = self.tables[WORKFORCE], pl.col("payee").is_in(names.implode())
        said = [
            pl.when(new).then(pl.lit(day, pl.Date)).otherwise(column).alias(column)
            for column, day in days.items()
            if column in workforce.frame.columns
        ]
        self.tables[WORKFORCE] = replace(workforce, frame=workforce.frame.with_columns(said))
        return change.hire

    def _names(self, change: Hires) -> Iterator[str]:
        """Names that nobody has."""
        number = found = 0
        while found < change.hire:
            number += 1
            name = f"{change.like}+{number}"
            if name not in self._there:
                self._there.add(name)
                found += 1
                yield name

    def _of_people(self) -> Iterator[str]:
        """The workforce and the dated tables that say its columns."""
        for name in (WORKFORCE, ASSIGNMENTS, *self._rules.ruleset.history):
            if name in self.tables:
                yield name

    def _copied_tables(self) -> Iterator[str]:
        """The tables whose rows copies have too; when they were employed is their own."""
        yield from self._of_people()
        yield from (name for name, table in self._rules.ruleset.tables.items() if "payee" in table.keys)


def _moved_column(
    table: Table, contract: TableContract, payees: pl.Series, change: ColumnChange, place: Place
) -> Table:
    """The table with a number of some people changed, to as many places as the column may have."""
    (column,) = (each for each in contract.columns if each.name == change.column)
    name, scale = column.name, table.scales[column.name]
    new = moved(Exact.column(name, scale), change).rounded(column.places)
    old = Exact.column(name, scale).rounded(column.places)
    meant = pl.col("payee").is_in(payees.implode()) & pl.col(name).is_not_null()
    counts = table.frame.select(
        pl.when(meant).then(new.named(name)[0][0].cast(pl.Int128)).otherwise(old.expr.cast(pl.Int128)).alias(name)
    )[name]
    low, high = column.count_bounds
    beyond = int(((counts < low) | (counts > high)).sum())
    if beyond:
        message = f"`{name}` of {beyond} people would be out of the bounds that the rules declare for it"
        raise InputProblems([Problem("out-of-bounds", message, place.at("column"))])
    values, scale = fitted(counts, column.places)
    return replace(table, frame=table.frame.with_columns(values), scales={**table.scales, name: scale})


def _with_copies(table: Table, contract: TableContract, like: str, names: pl.Series) -> Table:
    """The table with the rows of one payee once more for each new name."""
    theirs = table.frame.filter(pl.col("payee") == like).drop("payee")
    copies = pl.DataFrame([names]).join(theirs, how="cross").select(table.frame.columns)
    by = list(contract.key) or list(table.frame.columns)
    return replace(table, frame=pl.concat([table.frame, copies]).sort(by).rechunk())
