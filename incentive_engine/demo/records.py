"""What the demo company's customers experienced: surveys, calls, complaints and tickets of one quarter.

Drawn with Python's own seeded generator, so that every machine writes the same company; results follow the skill of
people and the quality of teams.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from functools import cache
from random import Random
from typing import Any

import polars as pl

from incentive_engine.demo.people import CUTS_CALLS_SHORT, END, MANY_COMPLAINTS, MIS_SELLER, START, THREE_ANSWERS, Payee

_ANSWERS = {"Care": 16, "Field service": 9, "Sales": 10, "Back office": 8}
_CHANNELS = {"Care": "phone", "Field service": "visit", "Sales": "shop", "Back office": "e-mail"}
_PACE = {"L1": 395, "L2": 365, "L3": 335}
_REASONS = ("waiting time", "wrong answer", "billing", "delay", "damage")
TEST_ANSWERS = 4
_TESTED = ("C0002", "Care Lille 1", "Care")
Row = tuple[Any, ...]


def surveys(rng: Random, people: Sequence[Payee]) -> pl.DataFrame:
    """One row per answer: recommend 0 to 10, satisfaction 1 to 5, effort 1 to 7, each of which may be missing.

    The back office's customers know no handler: their answers name the team and the department. On the last day
    somebody tried the survey out.
    """
    rows: list[Row] = []
    for person in _workers(people):
        adviser = None if person.department == "Back office" else person.payee
        for _ in range(_answers(rng, person)):
            mood = rng.gauss(0, 1)
            recommend = 9.1 + 0.3 * person.quality + 0.3 * person.skill + 1.8 * (mood + rng.gauss(0, 1))
            satisfaction = 4.35 + 0.06 * person.quality + 0.14 * person.skill + 0.62 * (mood + rng.gauss(0, 1))
            effort = 5.8 + 0.15 * person.quality + 0.85 * (mood + rng.gauss(0, 1))
            grades = (
                _grade(rng, recommend, 0, 10, 0.04),
                _grade(rng, satisfaction, 1, 5, 0.02),
                _grade(rng, effort, 1, 7, 0.12),
            )
            where = (adviser, person.team, person.department, _CHANNELS[person.department])
            rows.append((_day(rng, person), *where, *grades))
    rows += [(END, *_TESTED, "test", 10, 5, 7)] * TEST_ANSWERS
    columns = ["answered_on", "adviser_id", "team", "department", "channel", "recommend", "satisfaction", "effort"]
    return _table(rows, columns, "answer_id", "A")


def invitations(rng: Random, surveys: pl.DataFrame) -> pl.DataFrame:
    """One row per customer who was asked: about one in four answered, within a few days."""
    answers = surveys.select("answered_on", "adviser_id", "team", "department").iter_rows()
    rows = [
        (max(answered - dt.timedelta(days=rng.randrange(4)), START), *about)
        for answered, *about in answers
        for _ in range(rng.choice((2, 3, 4, 5, 6)))
    ]
    return _table(rows, ["sent_on", "adviser_id", "team", "department"], "invitation_id", "I")


def calls(rng: Random, people: Sequence[Payee]) -> pl.DataFrame:
    """One row per call. The voice server IVR answers many alone; who gives up waiting has a queue but no adviser.

    One adviser hangs up on one caller in six.
    """
    advisers = _workers(people, "Care")
    each = [_about(rng, 105 * person.present) for person in advisers]
    answered = _queues(advisers, each)
    lost = _queues(advisers, [round(n * (0.065 - 0.012 * p.quality)) for n, p in zip(each, advisers, strict=True)])
    quarter = pl.lit((END - START).days + 1, pl.Int64).alias("days")
    robot = pl.DataFrame({"adviser_id": ["IVR"] * 26_000}).with_columns(pl.lit(START).alias("first"), quarter)
    wait, handle = _waiting("wait", rng, answered.height), _varying(rng, answered.height, 0.45)
    short = (pl.col("adviser_id") == CUTS_CALLS_SHORT) & (pl.int_range(pl.len()).over("adviser_id") % 6 == 0)
    lasting = pl.when(short).then(9.0).otherwise(pl.col("pace") * handle)
    frames = [
        answered.with_columns(answered=True, wait_seconds=wait, handle_seconds=lasting),
        lost.with_columns(answered=False, wait_seconds=15 + _waiting("patience", rng, lost.height)).drop("adviser_id"),
        robot.with_columns(answered=True, wait_seconds=0.0, handle_seconds=20 + 90 * _chance(rng, robot.height)),
    ]
    rows = pl.concat(frames, how="diagonal")
    days = (pl.col("days") * _chance(rng, rows.height)).floor().cast(pl.Int64)
    seconds = (pl.lit(8 * 3600) + 11 * 3600 * _chance(rng, rows.height)).floor().cast(pl.Int64)
    started = pl.col("first").cast(pl.Datetime("us")) + pl.duration(days=days, seconds=seconds)
    columns = ["started_at", "adviser_id", "queue_team", "answered", "wait_seconds", "handle_seconds"]
    whole = pl.col("wait_seconds", "handle_seconds").floor().cast(pl.Int64)
    return _numbered(rows.with_columns(started.alias("started_at"), whole).select(columns), "call_id", "K")


def _queues(advisers: Sequence[Payee], each: Sequence[int]) -> pl.DataFrame:
    """One row per call: whose it is, and what the draws are scaled by."""
    days = [person.days or (START, END) for person in advisers]
    columns = {
        "adviser_id": [person.payee for person in advisers],
        "queue_team": [person.team for person in advisers],
        "wait": [30 - 4 * person.quality for person in advisers],
        "patience": [70.0] * len(advisers),
        "pace": [_PACE[person.level] * (1 - 0.07 * person.skill) for person in advisers],
        "first": [first for first, _ in days],
        "days": [(last - first).days + 1 for first, last in days],
    }
    return pl.DataFrame(columns)[[row for row, count in enumerate(each) for _ in range(count)]]


def _chance(rng: Random, rows: int) -> pl.Series:
    return pl.Series([rng.random() for _ in range(rows)], dtype=pl.Float64)


def _waiting(mean: str, rng: Random, rows: int) -> pl.Expr:
    """Exponential around the column `mean`."""
    return pl.col(mean) * -(1 - _chance(rng, rows)).log()


def _varying(rng: Random, rows: int, spread: float) -> pl.Series:
    """Log-normal factors of mean 1."""
    return (pl.Series([rng.gauss(0, 1) for _ in range(rows)], dtype=pl.Float64) * spread - spread**2 / 2).exp()


def complaints(rng: Random, people: Sequence[Payee]) -> pl.DataFrame:
    """One row per complaint, with its severity from 1 to 4; some are about nobody in particular."""
    workers = [person for person in _workers(people) if person.present]
    blame = [math.exp(-0.6 * person.skill) * person.present for person in workers]
    rows: list[Row] = []
    for person in rng.choices(workers, blame, k=2_600):
        reason = "unsuitable sale" if person.department == "Sales" and rng.random() < 0.6 else rng.choice(_REASONS)
        severity = rng.choices((1, 2, 3, 4), (50, 30, 15, 5))[0]
        about = None if rng.random() < 0.05 else person.payee
        rows.append((_day(rng, person), about, severity, reason, *_outcome(rng, rng.random() < 0.4)))
    for person in workers:
        if person.payee in MANY_COMPLAINTS:
            rows += [(_day(rng, person), person.payee, 3, "wrong answer", *_outcome(rng, True)) for _ in range(3)]
        if person.payee == MIS_SELLER:
            rows += [(_day(rng, person), person.payee, 2, "unsuitable sale", *_outcome(rng, True)) for _ in range(5)]
    columns = ["opened_on", "about", "severity", "reason", "upheld", "goodwill"]
    return _table(rows, columns, "complaint_id", "R")


def tickets(rng: Random, people: Sequence[Payee]) -> pl.DataFrame:
    """One row per closed ticket: a technician's visit or a back-office case."""
    rows: list[Row] = []
    for person in _workers(people, "Field service"):
        rows += [_visit(rng, person) for _ in range(_about(rng, 36 * person.present))]
    for person in _workers(people, "Back office"):
        rows += [_case(rng, person) for _ in range(_about(rng, 60 * person.present))]
    columns = ["closed_on", "opened_on", "kind", "owner_id", "visits_needed", "minutes_late", "times_reopened",
               "work_points", "hours"]  # fmt: skip
    return _table(rows, columns, "ticket_id", "D")


def _visit(rng: Random, person: Payee) -> Row:
    closed = _day(rng, person)
    visits = 1 if rng.random() < 0.81 + 0.05 * person.skill else rng.choice((2, 2, 3))
    late = int(rng.expovariate(1 / 20)) if rng.random() < 0.27 - 0.04 * person.quality else 0
    opened = closed - dt.timedelta(days=rng.randrange(1, 12))
    return (
        closed,
        opened,
        "visit",
        person.payee,
        visits,
        late,
        None,
        *_work(rng, person, (0.5, 1.0, 1.5, 2.0, 3.0, 4.0), 1.2),
    )


def _case(rng: Random, person: Payee) -> Row:
    closed = _day(rng, person)
    opened = closed - dt.timedelta(days=1 + int(rng.expovariate(1 / (5.2 * (1 - 0.09 * person.skill)))))
    reopened = 0 if rng.random() > 0.068 - 0.014 * person.skill - 0.012 * person.quality else rng.choice((1, 1, 2))
    return (
        closed,
        opened,
        "case",
        person.payee,
        None,
        None,
        reopened,
        *_work(rng, person, (1.0, 1.0, 2.0, 3.0, 5.0), 2.0),
    )


def _work(rng: Random, person: Payee, points: Sequence[float], pace: float) -> tuple[float, float]:
    """Work points and hours of one ticket."""
    done = rng.choice(points)
    return done, max(round(done / pace * (1 - 0.06 * person.skill) * rng.uniform(0.7, 1.3), 2), 0.1)


def _outcome(rng: Random, upheld: bool) -> tuple[str, float]:
    """Whether a complaint was upheld, and what the customer was given."""
    return ("yes", rng.randrange(20, 260) / 2) if upheld else ("no", 0.0)


def _answers(rng: Random, person: Payee) -> int:
    if person.payee == THREE_ANSWERS:
        return 3
    usual = _about(rng, _ANSWERS[person.department] * person.present)
    return min(usual, rng.randrange(5)) if rng.random() < 0.02 else usual


def _grade(rng: Random, value: float, low: int, high: int, missing: float) -> int | None:
    return None if rng.random() < missing else min(max(round(value), low), high)


def _workers(people: Iterable[Payee], department: str | None = None) -> list[Payee]:
    """Who meets customers: everybody at work in the quarter but the team leads."""
    return [person for person in people if person.days and not person.leads and department in (None, person.department)]


def _about(rng: Random, mean: float) -> int:
    return max(round(mean * (1 + 0.15 * rng.gauss(0, 1))), 0)


def _day(rng: Random, person: Payee) -> dt.date:
    """A working day of the quarter on which the person was there."""
    return rng.choice(_working_days(*(person.days or (START, END))))


@cache
def _working_days(first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
    days = tuple(first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    return tuple(day for day in days if day.weekday() < 6) or days


def _table(rows: Sequence[Row], columns: Sequence[str], key: str, letter: str) -> pl.DataFrame:
    cells = zip(*rows, strict=True)
    return _numbered(pl.DataFrame(dict(zip(columns, map(list, cells), strict=True))), key, letter)


def _numbered(frame: pl.DataFrame, key: str, letter: str) -> pl.DataFrame:
    """The rows in order of time, the first column, numbered like documents."""
    ordered = frame.sort(frame.columns[0], maintain_order=True).with_row_index(key, offset=1)
    number = pl.col(key).cast(pl.String).str.zfill(6)
    return ordered.with_columns(pl.format("{}{}", pl.lit(letter), number).alias(key))
