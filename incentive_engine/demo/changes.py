"""What changed about the demo company's people in the quarter: salaries, working time, contracts, places, absences.

Drawn after everything else and by generators of its own, so that who was there all quarter has the same records with
and without it. What payroll meets every quarter has a name here; the rest is drawn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final

import polars as pl

from incentive_engine.demo import records
from incentive_engine.demo.people import (
    END,
    MOVED,
    MOVED_ON,
    START,
    SWISS,
    TRANSFERRED,
    TRANSFERRED_FROM,
    Payee,
)

SINCE: Final = dt.date(2026, 1, 1)
"""The first day of all that went before."""
RAISED_ON: Final = dt.date(2026, 9, 1)
RAISED_ON_THE_LAST_DAY: Final = "C0210"
WORKS_LESS: Final = "C0412"
WORKS_LESS_FROM: Final = dt.date(2026, 8, 1)
REHIRED: Final = "C0305"
WITHOUT_CONTRACT: Final = (dt.date(2026, 8, 3), dt.date(2026, 8, 23))
"""The first and the last day between the two contracts."""
AWAY_ALL_QUARTER: Final = "C0500"
MATERNITY_FROM: Final = dt.date(2026, 8, 3)
"""Nobody's begins before: each leaves results behind that can be paid on."""
Row = tuple[Any, ...]
_DAY: Final = dt.timedelta(days=1)
_LEAVE: Final = (("CP", 0.12, (5, 19)), ("MAL", 0.05, (3, 21)), ("MAT", 0.006, (112, 112)), ("CSS", 0.006, (10, 45)))
"""Type, how many have one in a hundred hundredths, and from how many to how many days."""


def salaries(rng: Random, people: Sequence[Payee]) -> pl.DataFrame:
    """One row per salary of each person whose salary was raised: by 1 to 4 %, of one on the last day."""
    rows: list[Row] = []
    for person in _stayed(people):
        drawn, percent = rng.random(), rng.randrange(1, 5)
        on = END if person.payee == RAISED_ON_THE_LAST_DAY else RAISED_ON
        if on == END or drawn < 0.06:
            before = person.base_salary
            after = round(before * (100 + percent) / 2500) * 25
            rows += [(person.payee, SINCE, on - _DAY, f"{before}.00"), (person.payee, on, None, f"{after}.00")]
    return pl.DataFrame(rows, schema=["payee", "from", "to", "base_salary"], orient="row")


def working_time(rng: Random, people: Sequence[Payee]) -> pl.DataFrame:
    """One row per working time of each person who changed it, on the first of August or of September."""
    rows: list[Row] = []
    for person in _stayed(people):
        drawn, month = rng.random(), rng.choice((8, 9))
        if person.payee == WORKS_LESS or (drawn < 0.01 and person.fte in ("1", "0.8")):
            on = WORKS_LESS_FROM if person.payee == WORKS_LESS else dt.date(2026, month, 1)
            after = "0.8" if person.fte == "1" else "1"
            rows += [(person.payee, SINCE, on - _DAY, person.fte), (person.payee, on, None, after)]
    return pl.DataFrame(rows, schema=["payee", "from", "to", "fte"], orient="row")


def employment(people: Sequence[Payee]) -> pl.DataFrame:
    """One row per contract of the person who had two."""
    first, last = WITHOUT_CONTRACT
    (person,) = (each for each in people if each.payee == REHIRED)
    rows = [(REHIRED, person.hired, first - _DAY), (REHIRED, last + _DAY, None)]
    return pl.DataFrame(rows, schema=["payee", "from", "to"], orient="row")


def assignments(people: Sequence[Payee]) -> pl.DataFrame:
    """One row per place of each person who changed it: who did not is where the workforce says."""
    rows: list[Row] = []
    for person in people:
        if person.payee in MOVED:
            before = (MOVED[person.payee], person.department, person.role)
        elif person.payee == TRANSFERRED:
            before = TRANSFERRED_FROM
        else:
            continue
        rows.append((person.payee, SINCE, MOVED_ON - _DAY, *before))
        rows.append((person.payee, MOVED_ON, None, person.team, person.department, person.role))
    return pl.DataFrame(rows, schema=["payee", "from", "to", "team", "department", "role"], orient="row")


def leave(rng: Random, people: Sequence[Payee]) -> pl.DataFrame:
    """One row per absence; nobody has two, and one was away all quarter."""
    rows = [row for person in _stayed(people) for row in _leave_of(rng, person)]
    return pl.DataFrame(rows, schema=["payee", "from", "to", "type"], orient="row")


def _leave_of(rng: Random, person: Payee) -> Iterator[Row]:
    drawn, start = rng.random(), START + dt.timedelta(days=rng.randrange(84))
    days = [rng.randint(*lasting) for _, _, lasting in _LEAVE]
    if person.payee == AWAY_ALL_QUARTER:
        yield person.payee, dt.date(2026, 3, 2), None, "CPE"
        return
    for (kind, chance, _), length in zip(_LEAVE, days, strict=True):
        if drawn < chance:
            first = max(start, MATERNITY_FROM) if kind == "MAT" else start
            yield person.payee, first, first + (length - 1) * _DAY, kind
            return
        drawn -= chance


def _stayed(people: Sequence[Payee]) -> Iterator[Payee]:
    """Who was employed since the year began, by one contract and in one place: one change each is enough."""
    for person in people:
        apart = person.payee in (*MOVED, TRANSFERRED, REHIRED, SWISS)
        if person.hired is not None and person.hired < SINCE and person.left is None and not apart and not person.leads:
            yield person


def worked(leave: pl.DataFrame, people: Sequence[Payee]) -> dict[str, float]:
    """The share of the quarter that each person was at work; holidays count."""
    away = {payee: (first, last) for payee, first, last, kind in leave.rows() if kind != "CP"}
    return {
        person.payee: (_days(person.days) - _days(away.get(person.payee))) / _days((START, END)) for person in people
    }


def _days(span: tuple[dt.date, dt.date | None] | None) -> int:
    """How many days of the quarter."""
    if span is None:
        return 0
    return (min(span[1] or END, END) - max(span[0], START)).days + 1


def absences(leave: pl.DataFrame) -> pl.DataFrame:
    """One row per stretch of days on which a person was not there: payee, from, to."""
    gap = pl.DataFrame([(REHIRED, *WITHOUT_CONTRACT)], schema=["payee", "from", "to"], orient="row")
    return pl.concat([leave.select("payee", "from", pl.col("to").fill_null(END)), gap])


def calls_before(rng: Random, people: Sequence[Payee]) -> pl.DataFrame:
    """The calls that the person from another plan took there."""
    (person,) = (each for each in people if each.payee == TRANSFERRED)
    team, department, role = TRANSFERRED_FROM
    then = replace(person, team=team, department=department, role=role, left=MOVED_ON - _DAY)
    own = records.calls(rng, [then]).filter(pl.col("adviser_id") == TRANSFERRED)
    return own.with_columns(("T" + pl.col("call_id")).alias("call_id"))


def exchange() -> pl.DataFrame:
    """One row per currency and month: how many of it one euro is; invented."""
    rates = ("0.9412", "0.9405", "0.9390", "0.9376", "0.9381", "0.9366", "0.9350", "0.9342", "0.9335", "0.9318")
    rows = [("CHF", dt.date(2026, month, 1), rate) for month, rate in enumerate(rates, 1)]
    return pl.DataFrame(rows, schema=["currency", "from", "rate"], orient="row")


def while_there(facts: pl.DataFrame, who: str, when: Sequence[str], away: pl.DataFrame) -> pl.DataFrame:
    """Facts, none on days on which the person was away (payee, from, to): these were some weeks later, or else earlier.

    `when`: the columns with days or moments; the first says whether the person was there.
    """
    weeks = pl.duration(weeks=((pl.col("to") - pl.col("from")).dt.total_days() + 7) // 7)
    absences = away.select(pl.col("payee").alias(who), "from", "to", weeks.alias("weeks"))
    day = pl.col(when[0]).cast(pl.Date)
    absent = day.is_between("from", "to").fill_null(False)
    later, earlier = pl.col("to") + pl.col("weeks") <= END, pl.col("from") - pl.col("weeks") >= START
    shift = pl.when(later).then(pl.col("weeks")).when(earlier).then(-pl.col("weeks"))
    moved = (
        pl.when(absent).then((pl.col(name) + shift).cast(facts.schema[name])).otherwise(pl.col(name)).alias(name)
        for name in when
    )
    placed = facts.join(absences, on=who, how="left", maintain_order="left")
    return placed.filter(~absent | later | earlier).with_columns(moved).select(facts.columns)


def in_their_team(
    facts: pl.DataFrame, who: str, when: str, columns: Sequence[str], places: pl.DataFrame
) -> pl.DataFrame:
    """Facts that name the team and the department of people who moved as they were on the day."""
    before = places.filter(pl.col("to").is_not_null()).rename({name: f"{name} then" for name in places.columns})
    joined = facts.join(before, left_on=who, right_on="payee then", how="left", maintain_order="left")
    then = pl.col(when).cast(pl.Date) <= pl.col("to then")
    named = zip(columns, ("team", "department"), strict=False)
    return joined.with_columns(
        pl.when(then).then(pl.col(f"{place} then")).otherwise(pl.col(column)).alias(column) for column, place in named
    ).select(facts.columns)
